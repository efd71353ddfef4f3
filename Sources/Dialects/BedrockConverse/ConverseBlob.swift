/// Texts that travel as blobs.
///
/// A blob is base64 on the wire. Claude's encrypted reasoning is text already where Anthropic itself gives it
/// (`redacted_thinking.data`), and Bedrock's blob is that text: with this one layer taken off, the same reasoning can go
/// back to Bedrock and to Anthropic alike.
enum ConverseBlob {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Standard base64 with padding (RFC 4648 §4) of the UTF-8 of `text`.
    static func encoded(_ text: String) -> String {
        var out: [UInt8] = []
        out.reserveCapacity((text.utf8.count + 2) / 3 * 4)
        var bits: UInt32 = 0
        var held = 0
        for byte in text.utf8 {
            bits = bits << 8 | UInt32(byte)
            held += 8
            while held >= 6 {
                held -= 6
                out.append(Self.alphabet[Int(bits >> UInt32(held) & 63)])
            }
        }
        if held > 0 { out.append(Self.alphabet[Int(bits << UInt32(6 - held) & 63)]) }
        while out.count % 4 != 0 { out.append(UInt8(ascii: "=")) }
        return String(decoding: out, as: UTF8.self)
    }

    /// The text that ``encoded(_:)`` makes `blob` of; nil where there is none.
    static func text(_ blob: String) -> String? {
        guard blob.utf8.count % 4 == 0 else { return nil }
        var out: [UInt8] = []
        out.reserveCapacity(blob.utf8.count / 4 * 3)
        var bits: UInt32 = 0
        var held = 0
        var padding = 0
        for byte in blob.utf8 {
            let value: UInt32
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(byte - UInt8(ascii: "A"))
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(byte - UInt8(ascii: "a")) + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(byte - UInt8(ascii: "0")) + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="):
                padding += 1
                continue
            default: return nil
            }
            guard padding == 0 else { return nil }
            bits = bits << 6 | value
            held += 6
            if held >= 8 {
                held -= 8
                out.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        // Bits that no encoder writes would be lost on the way back.
        guard padding <= 2, bits & ((1 << UInt32(held)) - 1) == 0 else { return nil }
        return String(validating: out, as: UTF8.self)
    }
}

extension Signature {
    /// Encrypted reasoning as a provider's blob; the blob itself where it is not Claude's text.
    init(blob: String, family: SignatureFamily?) {
        let text = family == .anthropic ? ConverseBlob.text(blob) : nil
        self.init(text ?? blob, family: family)
    }

    /// The blob for a provider of the signature's own family.
    var blob: String { self.family == .anthropic ? ConverseBlob.encoded(self.value) : self.value }
}
