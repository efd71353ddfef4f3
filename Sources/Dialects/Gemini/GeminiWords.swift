internal import JSON

/// The spelling of keys: servers of protocol buffers take `snake_case` as well as `camelCase`.
enum GeminiKeys {
    /// The key in `camelCase`.
    static func camel(_ key: String) -> String {
        // A leading underscore is part of the name.
        guard key.utf8.dropFirst().contains(UInt8(ascii: "_")) else { return key }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(key.utf8.count)
        var raises = false
        for byte in key.utf8 {
            if byte == UInt8(ascii: "_"), !bytes.isEmpty {
                raises = true
            } else {
                let isLower = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                bytes.append(raises && isLower ? byte - 0x20 : byte)
                raises = false
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The object with its own keys in `camelCase`; what stands in its members is left alone.
    static func camel(_ object: JSONObject) -> JSONObject {
        guard object.contains(where: { $0.key.utf8.dropFirst().contains(UInt8(ascii: "_")) }) else { return object }
        return JSONObject(object.members.map { (Self.camel($0.key), $0.value) })
    }

    /// The object's members by `camelCase` keys; nil where `value` is none.
    static func members(_ value: JSONValue?) -> JSONObject? {
        guard case .object(let object)? = value else { return nil }
        return Self.camel(object)
    }
}

/// Base64 as Gemini clients write it: SDKs of some languages use the alphabet for URLs, and leave the padding out.
enum GeminiBase64 {
    /// The standard alphabet with padding.
    static func standard(_ text: String) -> String {
        let isStandard =
            text.utf8.count % 4 == 0 && !text.utf8.contains { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        if isStandard { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 3)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "-"): bytes.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): bytes.append(UInt8(ascii: "/"))
            default: bytes.append(byte)
            }
        }
        while bytes.count % 4 != 0 { bytes.append(UInt8(ascii: "=")) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The alphabet for URLs without padding.
    static func forURL(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: "-"))
            case UInt8(ascii: "/"): bytes.append(UInt8(ascii: "_"))
            case UInt8(ascii: "="): break
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Signatures as the dialect carries them. A `thoughtSignature` is bytes to an SDK, so that whatever stands there must be
/// base64: our wrapping of a foreign one is encoded once more.
enum GeminiSignature {
    /// The first letters of the base64 of `tp1.`, the mark of the wrapping.
    private static let mark = "dHAxL"

    /// What goes to a client; nil for one nobody would know again.
    static func carried(_ signature: Signature) -> String? {
        guard let family = signature.family, !signature.value.isEmpty else { return nil }
        if family == .gemini { return signature.value }
        return GeminiBase64.standard(Base64URL.encoded(signature.carried(native: .gemini)))
    }

    /// What a client sent back; nil for what says only that there is none.
    static func read(_ text: String) -> Signature? {
        if text.isEmpty || text == "skip_thought_signature_validator" || text == "context_engineering_is_the_way_to_go"
        {
            return nil
        }
        if text.utf8.starts(with: Self.mark.utf8),
            let wrapped = Base64URL.decodedText(Substring(GeminiBase64.forURL(text)))
        {
            return Signature(carried: wrapped, native: .gemini)
        }
        return Signature(text, family: .gemini)
    }
}
