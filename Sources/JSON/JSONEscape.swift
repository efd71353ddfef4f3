/// Decoding of the escapes of JSON strings.
enum JSONEscape {
    /// The value of a hexadecimal digit in either case.
    @inline(__always)
    static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte &- UInt8(ascii: "A") &+ 10)
        default: nil
        }
    }

    /// The character the escape at `offset` (a backslash) stands for, and the offset after it. Two `\u` escapes that form a
    /// surrogate pair are one character; a surrogate without its partner is U+FFFD. Nil where the escape is malformed or
    /// does not end before `end`.
    static func decode(_ base: UnsafePointer<UInt8>, at offset: Int, end: Int) -> (scalar: UInt32, next: Int)? {
        guard offset &+ 1 < end else { return nil }
        let scalar: UInt32
        switch base[offset &+ 1] {
        case UInt8(ascii: "\""): scalar = 0x22
        case UInt8(ascii: "\\"): scalar = 0x5C
        case UInt8(ascii: "/"): scalar = 0x2F
        case UInt8(ascii: "b"): scalar = 0x08
        case UInt8(ascii: "f"): scalar = 0x0C
        case UInt8(ascii: "n"): scalar = 0x0A
        case UInt8(ascii: "r"): scalar = 0x0D
        case UInt8(ascii: "t"): scalar = 0x09
        case UInt8(ascii: "u"):
            guard let unit = Self.unit(base, at: offset, end: end) else { return nil }
            guard unit & 0xF800 == 0xD800 else { return (unit, offset &+ 6) }
            guard unit < 0xDC00, let low = Self.unit(base, at: offset &+ 6, end: end), low & 0xFC00 == 0xDC00 else {
                return (0xFFFD, offset &+ 6)
            }
            return (0x10000 &+ (unit &- 0xD800) &<< 10 &+ (low &- 0xDC00), offset &+ 12)
        default: return nil
        }
        return (scalar, offset &+ 2)
    }

    /// The UTF-16 unit of the `\uXXXX` at `offset`, or nil where there is none.
    @inline(__always)
    private static func unit(_ base: UnsafePointer<UInt8>, at offset: Int, end: Int) -> UInt32? {
        guard offset &+ 6 <= end, base[offset] == UInt8(ascii: "\\"), base[offset &+ 1] == UInt8(ascii: "u"),
            let first = Self.hexDigit(base[offset &+ 2]), let second = Self.hexDigit(base[offset &+ 3]),
            let third = Self.hexDigit(base[offset &+ 4]), let fourth = Self.hexDigit(base[offset &+ 5])
        else { return nil }
        return first &<< 12 | second &<< 8 | third &<< 4 | fourth
    }

    /// The UTF-8 form of `scalar` (not a surrogate): up to four bytes, the first one lowest, and their number.
    @inline(__always)
    static func utf8(_ scalar: UInt32) -> (bytes: UInt32, count: Int) {
        if scalar < 0x80 { return (scalar, 1) }
        let last = 0x80 | scalar & 0x3F
        let middle = 0x80 | scalar &>> 6 & 0x3F
        if scalar < 0x800 { return (0xC0 | scalar &>> 6 | last &<< 8, 2) }
        if scalar < 0x10000 { return (0xE0 | scalar &>> 12 | middle &<< 8 | last &<< 16, 3) }
        return (0xF0 | scalar &>> 18 | (0x80 | scalar &>> 12 & 0x3F) &<< 8 | middle &<< 16 | last &<< 24, 4)
    }

    /// Whether the string content in `range`, decoded, equals the `count` bytes at `name`. Allocates nothing.
    static func decodes(
        _ base: UnsafePointer<UInt8>,
        _ range: Range<Int>,
        to name: UnsafePointer<UInt8>,
        count: Int
    ) -> Bool {
        var at = range.lowerBound
        var matched = 0
        while at < range.upperBound {
            guard base[at] == UInt8(ascii: "\\") else {
                guard matched < count, base[at] == name[matched] else { return false }
                at &+= 1
                matched &+= 1
                continue
            }
            guard let escape = Self.decode(base, at: at, end: range.upperBound) else { return false }
            var (bytes, left) = Self.utf8(escape.scalar)
            guard left <= count &- matched else { return false }
            while left > 0 {
                guard UInt8(truncatingIfNeeded: bytes) == name[matched] else { return false }
                bytes &>>= 8
                left &-= 1
                matched &+= 1
            }
            at = escape.next
        }
        return matched == count
    }

    /// The string content in `range`, decoded. The content must be well-formed UTF-8 with well-formed escapes; a malformed
    /// escape ends the text, which callers rule out beforehand.
    static func text(_ base: UnsafePointer<UInt8>, _ range: Range<Int>) -> String {
        // Decoding never lengthens: the shortest escape, two bytes, stands for one; six stand for at most three.
        String(unsafeUninitializedCapacity: range.count) { target in
            var at = range.lowerBound
            var written = 0
            while at < range.upperBound {
                guard base[at] == UInt8(ascii: "\\") else {
                    target[written] = base[at]
                    at &+= 1
                    written &+= 1
                    continue
                }
                guard let escape = Self.decode(base, at: at, end: range.upperBound) else { break }
                var (bytes, left) = Self.utf8(escape.scalar)
                while left > 0 {
                    target[written] = UInt8(truncatingIfNeeded: bytes)
                    bytes &>>= 8
                    left &-= 1
                    written &+= 1
                }
                at = escape.next
            }
            return written
        }
    }
}
