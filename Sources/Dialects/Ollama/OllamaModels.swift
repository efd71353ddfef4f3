internal import JSON

/// The answers to clients of Ollama that ask about the server and its models: routes stand where models do.
///
/// A route has no file, so that its size is 0, and its digest is made from its name: clients cut digests to twelve
/// characters and would fail on shorter ones.
///
/// Source: https://docs.ollama.com/api and the types of the `ollama` SDK.
package enum OllamaModels {
    /// The version of the server whose behaviour is spoken here. Clients compare it with the least they need.
    private static let servedVersion = "0.12.6"
    /// A name here is a route, which has no date.
    private static let noDate = "1970-01-01T00:00:00Z"

    /// The answer of `GET /api/tags`.
    package static func tags(_ names: [String]) -> [UInt8] {
        Self.list(names) { writer in
            writer.key("modified_at")
            writer.string(Self.noDate)
        }
    }

    /// The answer of `GET /api/ps`: a route is always ready.
    package static func ps(_ names: [String]) -> [UInt8] {
        Self.list(names) { writer in
            writer.key("expires_at")
            // So far away that the command-line client says `Forever`.
            writer.string("2300-01-01T00:00:00Z")
            writer.key("size_vram")
            writer.number(0)
            writer.key("context_length")
            writer.number(0)
        }
    }

    /// The answer of `GET /api/version`.
    package static func version() -> [UInt8] { JSONValue.object(["version": .string(Self.servedVersion)]).bytes }

    /// The answer of `POST /api/show`.
    ///
    /// - Parameters:
    ///   - capabilities: what the route can do: `completion`, `tools`, `vision`, `thinking`, `embedding`.
    ///   - contextLength: the most tokens of a prompt, where that is known.
    package static func show(
        _ name: String,
        capabilities: [String] = ["completion", "tools"],
        contextLength: Int? = nil
    ) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        for key in ["license", "modelfile", "parameters", "template"] {
            writer.key(key)
            writer.string("")
        }
        Self.writeDetails(to: &writer)
        writer.key("model_info")
        writer.beginObject()
        writer.key("general.architecture")
        writer.string("turnpike")
        writer.key("general.basename")
        writer.string(name)
        if let contextLength {
            writer.key("turnpike.context_length")
            writer.number(contextLength)
        }
        writer.endObject()
        writer.key("capabilities")
        writer.beginArray()
        for capability in capabilities { writer.string(capability) }
        writer.endArray()
        writer.key("modified_at")
        writer.string(Self.noDate)
        writer.endObject()
        return writer.bytes
    }

    private static func list(_ names: [String], _ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(capacity: 360 * names.count + 32)
        writer.beginObject()
        writer.key("models")
        writer.beginArray()
        for name in names {
            writer.beginObject()
            writer.key("name")
            writer.string(name)
            writer.key("model")
            writer.string(name)
            writer.key("size")
            writer.number(0)
            writer.key("digest")
            writer.string(Self.digest(of: name))
            Self.writeDetails(to: &writer)
            members(&writer)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static func writeDetails(to writer: inout JSONWriter) {
        writer.key("details")
        writer.beginObject()
        for key in ["parent_model", "format", "family"] {
            writer.key(key)
            writer.string("")
        }
        writer.key("families")
        writer.beginArray()
        writer.endArray()
        for key in ["parameter_size", "quantization_level"] {
            writer.key(key)
            writer.string("")
        }
        writer.endObject()
    }

    /// 64 hexadecimal digits that depend on the name (FNV-1a over four lanes; it is a name, not a proof).
    private static func digest(of name: String) -> String {
        (UInt64(0)..<4).map { lane in
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325 &+ lane
            for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            let digits = String(hash, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
