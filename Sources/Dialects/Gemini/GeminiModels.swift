internal import JSON

/// The answers of `GET /v1beta/models` and `GET /v1beta/models/{id}` to clients of Google's API.
///
/// Source: https://ai.google.dev/api/models
enum GeminiModels {
    /// The list of `names`, whole on one page.
    static func list(_ names: [String]) -> [UInt8] {
        var json = JSONWriter(capacity: 160 * names.count + 64)
        json.beginObject()
        json.key("models")
        json.beginArray()
        for name in names { Self.write(name, to: &json) }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    /// One model.
    static func model(_ name: String) -> [UInt8] {
        var json = JSONWriter(capacity: 192)
        Self.write(name, to: &json)
        return json.bytes
    }

    private static func write(_ name: String, to json: inout JSONWriter) {
        json.beginObject()
        json.key("name")
        json.string("models/\(name)")
        json.key("displayName")
        json.string(name)
        json.key("supportedGenerationMethods")
        json.beginArray()
        json.string("generateContent")
        json.endArray()
        json.endObject()
    }
}
