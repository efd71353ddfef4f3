import Glibc

/// The character classes of RFC 9110 §5 as bit sets over ASCII, so that a test is a shift and a mask.
enum CharacterClass {
    /// `tchar`: what a method or a field name is made of (RFC 9110 §5.6.2).
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        // Low half: ! # $ % & ' * + - . and the digits. High half: letters ^ _ ` | ~.
        if byte < 64 { return (0x03ff_6cfa_0000_0000 as UInt64 >> UInt64(byte)) & 1 == 1 }
        if byte < 128 { return (0x57ff_ffff_c7ff_fffe as UInt64 >> UInt64(byte & 63)) & 1 == 1 }
        return false
    }

    /// What a registered name is made of (RFC 3986 §3.2.2): unreserved characters, sub-delimiters and percent signs.
    @inline(__always)
    static func isName(_ byte: UInt8) -> Bool {
        // ! $ % & ' ( ) * + , - . digits ; = and letters _ ~.
        if byte < 64 { return (0x2bff_7ff2_0000_0000 as UInt64 >> UInt64(byte)) & 1 == 1 }
        if byte < 128 { return (0x47ff_fffe_87ff_fffe as UInt64 >> UInt64(byte & 63)) & 1 == 1 }
        return false
    }

    /// What stands in the brackets of an IPv6 address: hexadecimal digits, colons, dots.
    @inline(__always)
    static func isAddress(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 6 || byte == 0x3a || byte == 0x2e
    }

    /// The offset of the first byte from `start` on that no token holds; the bytes must hold one.
    ///
    /// Letters, digits and the hyphen, of which nearly every field name is made, are passed over eight at a time; what
    /// else a token may hold, one at a time.
    @inline(__always)
    static func endOfToken(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var at = start
        while at &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let low = word & ~ByteWord.tops
            // Sums of two numbers below 128 do not carry into the next byte.
            let plain =
                ByteWord.within(low | 0x20 &* ByteWord.ones, UInt8(ascii: "a"), UInt8(ascii: "z"))
                | ByteWord.within(low, UInt8(ascii: "0"), UInt8(ascii: "9"))
                | ByteWord.within(low, UInt8(ascii: "-"), UInt8(ascii: "-"))
            let other = ~(plain & ~word) & ByteWord.tops
            guard other != 0 else {
                at &+= 8
                continue
            }
            at &+= other.trailingZeroBitCount >> 3
            guard isToken(bytes[at]) else { return at }
            at &+= 1
        }
        while isToken(bytes[at]) { at &+= 1 }
        return at
    }

    /// `field-vchar`, space, tab or `obs-text`: what a field value may hold (RFC 9110 §5.5).
    @inline(__always)
    static func isFieldValue(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7f || byte == 0x09 }

    /// The offset of the first byte from `start` on that no field value may hold; the bytes must hold one.
    ///
    /// Eight at a time: in the mask, the lowest set bit stands in the first byte below space or the first DEL. A tab,
    /// which is allowed, is stepped over.
    @inline(__always)
    static func endOfFieldValue(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        let ones = ByteWord.ones
        var at = start
        while at &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            let control = (word &- ones &* 0x20) & ~word
            let delete = word ^ (ones &* 0x7f)
            let mask = (control | ((delete &- ones) & ~delete)) & ByteWord.tops
            if mask == 0 {
                at &+= 8
                continue
            }
            at &+= mask.trailingZeroBitCount >> 3
            if bytes[at] != 0x09 { return at }
            at &+= 1
        }
        while isFieldValue(bytes[at]) { at &+= 1 }
        return at
    }

    /// Visible ASCII: what a request target may hold.
    @inline(__always)
    static func isTarget(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7f }
}

/// Eight bytes in one number, looked at together.
enum ByteWord {
    static let ones: UInt64 = 0x0101_0101_0101_0101
    static let tops: UInt64 = 0x8080_8080_8080_8080

    /// The top bit of every byte of `low` in `first...last`, all of them below 128; the other bits mean nothing.
    @inline(__always)
    static func within(_ low: UInt64, _ first: UInt8, _ last: UInt8) -> UInt64 {
        (low &+ Self.ones &* UInt64(0x80 &- first)) & ~(low &+ Self.ones &* UInt64(0x7f &- last))
    }

    /// `word` with its ASCII letters in lower case.
    @inline(__always)
    static func lowered(_ word: UInt64) -> UInt64 {
        let upper = self.within(word & ~Self.tops, UInt8(ascii: "A"), UInt8(ascii: "Z")) & ~word & Self.tops
        // A letter's top bit, two places down, is the bit that tells its cases apart.
        return word | upper >> 2
    }
}

extension UnsafeRawBufferPointer {
    /// The offset of the next `byte` at or after `start`.
    @inline(__always)
    package func firstOffset(of byte: UInt8, from start: Int) -> Int? {
        guard start < self.count, let base = self.baseAddress,
            let found = memchr(base + start, Int32(byte), self.count - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// Whether `range` spells `name` (lower case ASCII), ignoring case.
    @inline(__always)
    package func spells(_ name: StaticString, in range: Range<Int>) -> Bool {
        let length = name.utf8CodeUnitCount
        guard range.count == length else { return false }
        let expected = UnsafeRawBufferPointer(start: name.utf8Start, count: length)
        let start = range.lowerBound
        if length >= 8 {
            // The last eight bytes may overlap the ones before.
            var at = 0
            while at < length {
                let place = Swift.min(at, length &- 8)
                let word = self.loadUnaligned(fromByteOffset: start &+ place, as: UInt64.self)
                let wanted = expected.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                if ByteWord.lowered(word) != wanted { return false }
                at &+= 8
            }
            return true
        }
        for index in 0..<length {
            let byte = self[start &+ index]
            let lowered = byte &- 0x41 < 26 ? byte | 0x20 : byte
            if lowered != expected[index] { return false }
        }
        return true
    }

    /// Whether the bytes from `start` on are exactly `text`.
    @inline(__always)
    package func equals(_ text: StaticString, at start: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard start + length <= self.count, let base = self.baseAddress else { return false }
        return memcmp(base + start, text.utf8Start, length) == 0
    }

    /// `range` without the spaces and tabs around it.
    @inline(__always)
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, self[start] == 0x20 || self[start] == 0x09 { start &+= 1 }
        while end > start, self[end &- 1] == 0x20 || self[end &- 1] == 0x09 { end &-= 1 }
        return start..<end
    }
}
