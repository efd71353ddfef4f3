/// Whether bytes are well-formed UTF-8 (Unicode 16, table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF.
enum UTF8Check {
    /// Whether `start..<end` is well-formed UTF-8. ASCII passes 32 bytes at a time.
    static func isValid(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Bool {
        var at = start
        while true {
            // Text outside ASCII mostly comes in runs: try one byte before going back to the fast search.
            if at < end, base[at] < 0x80 { at = ByteSearch.asciiEnd(base, from: at &+ 1, to: end) }
            guard at < end else { return true }
            let first = base[at]
            let left = end &- at
            switch first {
            case 0xC2...0xDF:
                guard left >= 2, Self.continues(base[at &+ 1]) else { return false }
                at &+= 2
            case 0xE0...0xEF:
                guard left >= 3, Self.continues(base[at &+ 1]), Self.continues(base[at &+ 2]) else { return false }
                if first == 0xE0, base[at &+ 1] < 0xA0 { return false }
                if first == 0xED, base[at &+ 1] > 0x9F { return false }
                at &+= 3
            case 0xF0...0xF4:
                guard left >= 4, Self.continues(base[at &+ 1]), Self.continues(base[at &+ 2]),
                    Self.continues(base[at &+ 3])
                else { return false }
                if first == 0xF0, base[at &+ 1] < 0x90 { return false }
                if first == 0xF4, base[at &+ 1] > 0x8F { return false }
                at &+= 4
            default: return false
            }
        }
    }

    @inline(__always)
    private static func continues(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
