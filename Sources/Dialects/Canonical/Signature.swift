internal import Glibc

/// What a provider puts beside reasoning or a call to know it again: opaque, and an error when sent to anyone else.
package struct Signature: Sendable, Hashable {
    /// The text as the provider wrote it.
    package var value: String
    /// Whose it is; nil where the client did not say, and it cannot be known.
    package var family: SignatureFamily?

    /// A signature.
    package init(_ value: String, family: SignatureFamily?) {
        self.value = value
        self.family = family
    }

    /// Reads what a client sent back: our own wrapping says whose it is; without it, it belongs to `native`.
    package init(carried text: String, native: SignatureFamily?) {
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "tp1", let value = Base64URL.decodedText(parts[2]) else {
            self.init(text, family: native)
            return
        }
        self.init(value, family: SignatureFamily(String(parts[1])))
    }

    /// The text for a client whose dialect carries signatures of `native` as they are: any other is wrapped as
    /// `tp1.<family>.<base64url>`, so that it finds its way home.
    package func carried(native: SignatureFamily?) -> String {
        guard let family = self.family, family != native else { return self.value }
        return "tp1.\(family.name).\(Base64URL.encoded(self.value))"
    }
}

extension Signature {
    /// Whether a JSON text holds a string that is a wrapped signature: `"tp1.…`, or what Responses clients carry for other
    /// parts (`tpr.`, `tpt.`, `tpc.`).
    package static func isWrapped(within json: UnsafeRawBufferPointer) -> Bool {
        guard let base = json.baseAddress else { return false }
        var at = 0
        while at < json.count, let quote = memchr(base + at, 0x22, json.count - at) {
            at = quote - UnsafeMutableRawPointer(mutating: base) + 1
            guard at + 4 <= json.count, json[at] == UInt8(ascii: "t"), json[at + 1] == UInt8(ascii: "p"),
                json[at + 3] == UInt8(ascii: ".")
            else { continue }
            switch json[at + 2] {
            case UInt8(ascii: "1"), UInt8(ascii: "r"), UInt8(ascii: "t"), UInt8(ascii: "c"): return true
            default: continue
            }
        }
        return false
    }
}

/// The models that understand one another's signatures. Claude's are good at Anthropic, Bedrock and Vertex alike
/// (https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking).
package struct SignatureFamily: Sendable, Hashable {
    /// Lower-case letters, digits and hyphens.
    package var name: String

    /// A family by its name.
    package init(_ name: String) { self.name = name }

    package static let anthropic = SignatureFamily("anthropic")
    package static let gemini = SignatureFamily("gemini")
    package static let openAI = SignatureFamily("openai")
}

/// Base64 for URLs without padding (RFC 4648 §5), of texts.
enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encoded(_ text: String) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count * 4 / 3 + 4)
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
        return String(decoding: out, as: UTF8.self)
    }

    /// nil where `text` is not base64 of UTF-8.
    static func decodedText(_ text: Substring) -> String? {
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count * 3 / 4)
        var bits: UInt32 = 0
        var held = 0
        for byte in text.utf8 {
            let value: UInt32
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(byte - UInt8(ascii: "A"))
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(byte - UInt8(ascii: "a")) + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(byte - UInt8(ascii: "0")) + 52
            case UInt8(ascii: "-"): value = 62
            case UInt8(ascii: "_"): value = 63
            default: return nil
            }
            bits = bits << 6 | value
            held += 6
            if held >= 8 {
                held -= 8
                out.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        return String(validating: out, as: UTF8.self)
    }
}
