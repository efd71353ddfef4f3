/// Standard base64 with padding (RFC 4648 §4), of bytes and to bytes.
enum Base64Bytes {
    private static let alphabet: [UInt8] = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )

    /// What each letter stands for: 255 for what is none. The letters for URLs count as those they stand for.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, letter) in Self.alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        values[Int(UInt8(ascii: "-"))] = 62
        values[Int(UInt8(ascii: "_"))] = 63
        return values
    }()

    /// Appends the base64 of `bytes`.
    static func append(_ bytes: [UInt8], to out: inout [UInt8]) {
        bytes.withUnsafeBytes { Self.append($0, to: &out) }
    }

    /// Appends the base64 of `bytes`.
    static func append(_ bytes: UnsafeRawBufferPointer, to out: inout [UInt8]) {
        let text = [UInt8](unsafeUninitializedCapacity: (bytes.count &+ 2) / 3 &* 4) { buffer, count in
            Self.alphabet.withUnsafeBufferPointer { letters in
                var to = 0
                var from = 0
                while from &+ 3 <= bytes.count {
                    let bits = UInt32(bytes[from]) << 16 | UInt32(bytes[from &+ 1]) << 8 | UInt32(bytes[from &+ 2])
                    buffer[to] = letters[Int(bits >> 18)]
                    buffer[to &+ 1] = letters[Int(bits >> 12 & 63)]
                    buffer[to &+ 2] = letters[Int(bits >> 6 & 63)]
                    buffer[to &+ 3] = letters[Int(bits & 63)]
                    from &+= 3
                    to &+= 4
                }
                let rest = bytes.count &- from
                if rest > 0 {
                    let bits = UInt32(bytes[from]) << 16 | (rest == 2 ? UInt32(bytes[from &+ 1]) << 8 : 0)
                    buffer[to] = letters[Int(bits >> 18)]
                    buffer[to &+ 1] = letters[Int(bits >> 12 & 63)]
                    buffer[to &+ 2] = rest == 2 ? letters[Int(bits >> 6 & 63)] : UInt8(ascii: "=")
                    buffer[to &+ 3] = UInt8(ascii: "=")
                    to &+= 4
                }
                count = to
            }
        }
        out.append(contentsOf: text)
    }

    /// Whether `text` holds nothing but letters of base64 and padding.
    static func isAlphabet(_ text: [UInt8]) -> Bool {
        text.allSatisfy { Self.values[Int($0)] < 64 || $0 == UInt8(ascii: "=") }
    }

    /// The bytes that `text` says; padding may be missing. Nil where it is not base64.
    static func bytes(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        var end = text.count
        while end > 0, end > text.count &- 2, text[end &- 1] == UInt8(ascii: "=") { end &-= 1 }
        guard end % 4 != 1 else { return nil }
        var isWhole = true
        let bytes = [UInt8](unsafeUninitializedCapacity: end / 4 &* 3 &+ 3) { buffer, count in
            Self.values.withUnsafeBufferPointer { values in
                var bits: UInt32 = 0
                var held = 0
                for at in 0..<end {
                    let value = values[Int(text[at])]
                    guard value < 64 else {
                        isWhole = false
                        return
                    }
                    bits = bits << 6 | UInt32(value)
                    held &+= 6
                    if held >= 8 {
                        held &-= 8
                        buffer[count] = UInt8(truncatingIfNeeded: bits >> UInt32(held))
                        count &+= 1
                    }
                }
            }
        }
        return isWhole ? bytes : nil
    }
}
