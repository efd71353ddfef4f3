internal import JSON

/// The answers of `GET /v1/models` and `GET /v1/models/{id}` to clients of Anthropic's API.
///
/// Source: https://docs.anthropic.com/en/api/models-list
enum AnthropicModels {
    /// The list of `names`, whole on one page.
    static func list(_ names: [String]) -> [UInt8] {
        var json = JSONWriter(capacity: 128 * names.count + 64)
        json.beginObject()
        json.key("data")
        json.beginArray()
        for name in names { Self.write(name, to: &json) }
        json.endArray()
        json.key("has_more")
        json.bool(false)
        json.key("first_id")
        if let first = names.first { json.string(first) } else { json.null() }
        json.key("last_id")
        if let last = names.last { json.string(last) } else { json.null() }
        json.endObject()
        return json.bytes
    }

    /// One model.
    static func model(_ name: String) -> [UInt8] {
        var json = JSONWriter(capacity: 160)
        Self.write(name, to: &json)
        return json.bytes
    }

    private static func write(_ name: String, to json: inout JSONWriter) {
        json.beginObject()
        json.key("type")
        json.string("model")
        json.key("id")
        json.string(name)
        json.key("display_name")
        json.string(name)
        // A name here is a route, which has no date; clients require one.
        json.key("created_at")
        json.string("1970-01-01T00:00:00Z")
        json.endObject()
    }
}
