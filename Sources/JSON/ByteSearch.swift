import Glibc

/// Searches over raw bytes, eight at a time: what makes scanning cheaper than looking at each byte.
///
/// The word tricks are exact for the lowest match in a word: a borrow can only spoil bytes above a true match.
@usableFromInline
enum ByteSearch {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    /// The eight bytes at `offset`, the first one lowest.
    @inlinable
    @inline(__always)
    static func word(_ base: UnsafePointer<UInt8>, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(base + offset).loadUnaligned(as: UInt64.self))
    }

    /// Whether `count` bytes are the same at both places, in as few loads as can be; where `count` is known when compiling,
    /// in nothing but loads.
    @inlinable
    @inline(__always)
    static func equal(_ first: UnsafePointer<UInt8>, _ second: UnsafePointer<UInt8>, count: Int) -> Bool {
        if count >= 8 {
            var at = 0
            while at &+ 8 < count {
                if Self.word(first, at) != Self.word(second, at) { return false }
                at &+= 8
            }
            // The last word overlaps the one before it.
            return Self.word(first, count &- 8) == Self.word(second, count &- 8)
        }
        if count >= 4 {
            return Self.half(first, 0) == Self.half(second, 0)
                && Self.half(first, count &- 4) == Self.half(second, count &- 4)
        }
        var at = 0
        while at < count {
            if first[at] != second[at] { return false }
            at &+= 1
        }
        return true
    }

    @inlinable
    @inline(__always)
    static func half(_ base: UnsafePointer<UInt8>, _ offset: Int) -> UInt32 {
        UnsafeRawPointer(base + offset).loadUnaligned(as: UInt32.self)
    }

    /// The top bit of every byte of `word` that equals `byte` (exact up to the lowest match).
    @inline(__always)
    private static func matches(_ word: UInt64, _ byte: UInt8) -> UInt64 {
        let difference = word ^ (Self.ones &* UInt64(byte))
        return (difference &- Self.ones) & ~difference & Self.tops
    }

    /// The offset of the first quote at or after `start`, or nil. Near quotes are found without a call, far ones by
    /// `memchr`, which is several times faster over long stretches.
    @inline(__always)
    static func firstQuote(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int? {
        var at = start
        let near = min(end, start &+ 136)
        if at &+ 8 <= near {
            let found = Self.matches(Self.word(base, at), UInt8(ascii: "\""))
            if found != 0 { return at &+ found.trailingZeroBitCount >> 3 }
            at &+= 8
        }
        while at &+ 32 <= near {
            let block = UnsafeRawPointer(base + at).loadUnaligned(as: SIMD32<UInt8>.self)
            let equal = block .== SIMD32<UInt8>(repeating: UInt8(ascii: "\""))
            let words = unsafeBitCast(equal, to: SIMD4<UInt64>.self)
            if (words[0] | words[1]) | (words[2] | words[3]) != 0 { break }
            at &+= 32
        }
        while at &+ 8 <= near {
            let found = Self.matches(Self.word(base, at), UInt8(ascii: "\""))
            if found != 0 { return at &+ found.trailingZeroBitCount >> 3 }
            at &+= 8
        }
        return Self.first(UInt8(ascii: "\""), base, from: at, to: end)
    }

    /// The offset of the first `byte` in `start..<end`, or nil, by `memchr`.
    @inline(__always)
    static func first(_ byte: UInt8, _ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int? {
        guard start < end, let found = memchr(base + start, Int32(byte), end &- start) else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }

    /// The offset of the quote that closes the string whose content starts at `start`, or nil.
    ///
    /// A quote closes unless an odd run of backslashes stands before it. The runs looked at never overlap, as each
    /// ends at the quote before it, so the work stays linear however the backslashes are laid out.
    @inline(__always)
    static func closingQuote(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int? {
        var from = start
        while let quote = Self.firstQuote(base, from: from, to: end) {
            var run = quote
            while run > start, base[run &- 1] == UInt8(ascii: "\\") { run &-= 1 }
            if (quote &- run) & 1 == 0 { return quote }
            from = quote &+ 1
        }
        return nil
    }

    /// The offset of the first byte in `start..<end` that may not stand as it is in a JSON string (quote, backslash,
    /// control character), or `end`. Every byte passed over is or-ed into `seen`, so that its top bit tells whether
    /// any of them was outside ASCII (bytes just past the returned offset may count too).
    @inline(__always)
    static func firstSpecial(
        _ base: UnsafePointer<UInt8>,
        from start: Int,
        to end: Int,
        seen: inout UInt64
    ) -> Int {
        var at = start
        while at &+ 8 <= end {
            let word = Self.word(base, at)
            seen |= word
            let control = (word &- Self.ones &* 0x20) & ~word & Self.tops
            let found = control | Self.matches(word, UInt8(ascii: "\"")) | Self.matches(word, UInt8(ascii: "\\"))
            if found != 0 { return at &+ found.trailingZeroBitCount >> 3 }
            at &+= 8
        }
        while at < end {
            let byte = base[at]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return at }
            seen |= UInt64(byte)
            at &+= 1
        }
        return end
    }

    /// Whether the `seen` of ``firstSpecial(_:from:to:seen:)`` holds nothing outside ASCII.
    @inline(__always)
    static func isASCII(_ seen: UInt64) -> Bool { seen & Self.tops == 0 }

    /// The offset of the first quote, bracket or brace in `start..<end`, or `end`.
    @inline(__always)
    static func firstStructural(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
        var at = start
        while at &+ 8 <= end {
            let word = Self.word(base, at)
            // Setting this bit maps the brackets onto the braces, and nothing else onto them but 5B and 5D.
            let folded = word | (Self.ones &* 0x20)
            let found =
                Self.matches(word, UInt8(ascii: "\"")) | Self.matches(folded, UInt8(ascii: "{"))
                | Self.matches(folded, UInt8(ascii: "}"))
            if found != 0 { return at &+ found.trailingZeroBitCount >> 3 }
            at &+= 8
        }
        while at < end {
            switch base[at] {
            case UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"):
                return at
            default: at &+= 1
            }
        }
        return end
    }

    /// The length of the ASCII prefix of `start..<end`, give or take the seven bytes before the first other byte: every
    /// byte before the returned offset is ASCII.
    @inline(__always)
    static func asciiEnd(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
        var at = start
        while at &+ 32 <= end {
            let words =
                Self.word(base, at) | Self.word(base, at &+ 8) | Self.word(base, at &+ 16) | Self.word(base, at &+ 24)
            if words & Self.tops != 0 { break }
            at &+= 32
        }
        while at &+ 8 <= end {
            let word = Self.word(base, at) & Self.tops
            if word != 0 { return at &+ word.trailingZeroBitCount >> 3 }
            at &+= 8
        }
        while at < end, base[at] < 0x80 { at &+= 1 }
        return at
    }
}
