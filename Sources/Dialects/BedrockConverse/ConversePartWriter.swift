internal import JSON

/// Content blocks that look the same in requests and in answers.
enum ConversePartWriter {
    /// A call: its input is a JSON object as text, which goes out as it is.
    static func writeCall(id: String, name: String, input: String, into json: inout JSONWriter) {
        json.beginObject()
        json.key("toolUse")
        json.beginObject()
        json.key("toolUseId")
        json.string(id)
        json.key("name")
        json.string(name)
        json.key("input")
        var text = input
        text.withUTF8 { json.raw(UnsafeRawBufferPointer($0)) }
        json.endObject()
        json.endObject()
    }

    static func writeThinking(_ text: String, signature: String?, into json: inout JSONWriter) {
        json.beginObject()
        json.key("reasoningContent")
        json.beginObject()
        json.key("reasoningText")
        json.beginObject()
        json.key("text")
        json.string(text)
        if let signature {
            json.key("signature")
            json.string(signature)
        }
        json.endObject()
        json.endObject()
        json.endObject()
    }

    static func writeRedacted(_ blob: String, into json: inout JSONWriter) {
        json.beginObject()
        json.key("reasoningContent")
        json.beginObject()
        json.key("redactedContent")
        json.string(blob)
        json.endObject()
        json.endObject()
    }

    /// A text with what it rests on.
    static func writeCited(_ text: String, _ citations: [Opaque], into json: inout JSONWriter) {
        json.beginObject()
        json.key("citationsContent")
        json.beginObject()
        json.key("content")
        json.beginArray()
        json.beginObject()
        json.key("text")
        json.string(text)
        json.endObject()
        json.endArray()
        json.key("citations")
        json.beginArray()
        for citation in citations { json.value(citation.value) }
        json.endArray()
        json.endObject()
        json.endObject()
    }
}
