internal import JSON

/// Strings that fit the string keywords of a schema.
enum DemoStrings {
    /// The text that repeats `name` where nothing else is asked; `variant` tells several of them apart.
    static func make(_ schema: JSONObject, name: String, variant: Int) -> String {
        if case .string(let format)? = schema["format"], let text = Self.formatted(format, variant: variant) {
            return text
        }
        let least = DemoSchema.count(schema["minLength"]) ?? 0
        let most = DemoSchema.count(schema["maxLength"]) ?? .max
        if case .string(let pattern)? = schema["pattern"],
            let text = DemoPattern.text(for: pattern, least: least, most: most)
        {
            return text
        }
        var text = variant == 0 ? name : "\(name) \(variant + 1)"
        let length = text.unicodeScalars.count
        if length < least { text += String(repeating: "x", count: min(least - length, 100_000)) }
        if length > most {
            // What tells several texts apart stands at the end, and stays.
            let end = variant == 0 ? [] : Array("\(variant)".unicodeScalars.suffix(most))
            var view = String.UnicodeScalarView(text.unicodeScalars.prefix(most - end.count))
            view.append(contentsOf: end)
            text = String(view)
        }
        return text
    }

    /// An example of a format, or nil for one that asks nothing.
    ///
    /// Source: JSON Schema validation §7.3.
    private static func formatted(_ format: String, variant: Int) -> String? {
        let digit = variant % 10
        switch format {
        case "date-time": return "2026-01-02T03:04:0\(digit)Z"
        case "date": return "2026-01-\(10 + variant % 18)"
        case "time": return "03:04:0\(digit)Z"
        case "duration": return "P\(variant + 1)D"
        case "email", "idn-email": return "user\(variant == 0 ? "" : "\(variant)")@example.com"
        case "hostname", "idn-hostname": return "host\(variant).example.com"
        case "ipv4": return "192.0.2.\(1 + variant % 250)"
        case "ipv6": return "2001:db8::\(1 + digit)"
        case "uuid": return "00000000-0000-4000-8000-00000000000\(digit)"
        case "uri", "iri", "url": return "https://example.com/\(variant)"
        case "uri-reference", "iri-reference": return "/\(variant)"
        case "uri-template": return "https://example.com/{id}"
        case "json-pointer": return "/\(variant)"
        case "relative-json-pointer": return "\(variant)"
        case "regex": return "^a{\(variant + 1)}$"
        case "byte", "binary": return "ZGVtbw=="
        default: return nil
        }
    }
}
