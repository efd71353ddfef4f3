internal import Core
internal import JSON

/// Writes the pieces of a `GenerateContentResponse` that whole answers and streams have in common.
///
/// Source: `GenerateContentResponse` of https://ai.google.dev/api/generate-content.
enum GeminiReplyWriter {
    /// Writes a part of an answer; false where it is nothing this dialect can say.
    static func write(_ part: Part, to writer: inout JSONWriter) -> Bool {
        switch part.content {
        case .text(let text), .refusal(let text): Self.write(text: text, part.signature, to: &writer)
        case .thinking(let text): Self.write(text: text, isThought: true, part.signature, to: &writer)
        case .redactedThinking: Self.write(text: "", isThought: true, part.signature, to: &writer)
        case .toolCall(let call): Self.write(call, part.signature, to: &writer)
        case .image(let media), .audio(let media), .video(let media): Self.write(media, part.signature, to: &writer)
        case .document(let document):
            switch document.body {
            case .text(let text): Self.write(text: text, part.signature, to: &writer)
            case .media(let media): Self.write(media, part.signature, to: &writer)
            }
        case .toolResult: return false
        case .opaque(let opaque):
            guard opaque.dialect == .gemini else { return false }
            writer.value(opaque.value)
        }
        return true
    }

    /// Writes `{"text":…}`.
    static func write(
        text: String,
        isThought: Bool = false,
        _ signature: Signature? = nil,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.key("text")
        writer.string(text)
        if isThought {
            writer.key("thought")
            writer.bool(true)
        }
        Self.write(signature, to: &writer)
        writer.endObject()
    }

    /// Writes `{"functionCall":…}`. The arguments must be an object: SDKs fail on anything else.
    static func write(_ call: ToolCall, _ signature: Signature?, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("functionCall")
        writer.beginObject()
        writer.key("id")
        writer.string(call.id)
        writer.key("name")
        writer.string(call.name)
        writer.key("args")
        var notes = TranslationNotes()
        var arguments = call.objectText(notes: &notes)
        arguments.withUTF8 { bytes in
            let raw = UnsafeRawBufferPointer(bytes)
            // A line end inside the arguments would end a line of the event stream.
            if raw.contains(0x0a) || raw.contains(0x0d), let value = try? JSONValue(parsing: raw) {
                writer.value(value)
            } else {
                writer.raw(raw)
            }
        }
        writer.endObject()
        Self.write(signature, to: &writer)
        writer.endObject()
    }

    private static func write(_ media: Media, _ signature: Signature?, to writer: inout JSONWriter) {
        writer.beginObject()
        switch media.source {
        case .base64(let data):
            writer.key("inlineData")
            writer.beginObject()
            writer.key("mimeType")
            writer.string(media.type)
            writer.key("data")
            writer.string(data)
        case .url(let uri), .file(let uri):
            writer.key("fileData")
            writer.beginObject()
            writer.key("mimeType")
            writer.string(media.type)
            writer.key("fileUri")
            writer.string(uri)
        }
        writer.endObject()
        Self.write(signature, to: &writer)
        writer.endObject()
    }

    private static func write(_ signature: Signature?, to writer: inout JSONWriter) {
        guard let text = signature.flatMap(GeminiSignature.carried) else { return }
        writer.key("thoughtSignature")
        writer.string(text)
    }

    /// Writes the members `groundingMetadata` and `citationMetadata` of a candidate. The sources another dialect cites
    /// become grounding chunks, without their places in the text, which it counts in other units.
    static func write(citations: [Opaque], to writer: inout JSONWriter) {
        var own: [(String, JSONValue)] = []
        var sources: [JSONValue] = []
        for citation in citations {
            if citation.dialect == .gemini, case .object(let object) = citation.value {
                for (key, value) in object
                where GeminiCitations.isMember(key) && !own.contains(where: { $0.0 == key }) {
                    own.append((key, value))
                }
            } else if let source = Self.source(citation.value), !sources.contains(source) {
                sources.append(source)
            }
        }
        if !sources.isEmpty, !own.contains(where: { $0.0 == "groundingMetadata" }) {
            own.append(("groundingMetadata", .object(JSONObject([("groundingChunks", .array(sources))]))))
        }
        for (key, value) in own {
            writer.key(key)
            writer.value(value)
        }
    }

    private static func source(_ citation: JSONValue) -> JSONValue? {
        let inner = citation["url_citation"] ?? citation
        guard let uri = inner["url"]?.asString ?? inner["source"]?.asString, uri.contains("://") else { return nil }
        return ["web": ["uri": .string(uri), "title": .string(inner["title"]?.asString ?? uri)]]
    }

    /// Writes the members of an answer behind its candidates: usage, model and id.
    static func writeTail(usage: Usage?, model: String, id: String, to writer: inout JSONWriter) {
        if let usage {
            writer.key("usageMetadata")
            writer.beginObject()
            writer.key("promptTokenCount")
            writer.number(usage.input)
            writer.key("candidatesTokenCount")
            writer.number(max(usage.output - usage.reasoning, 0))
            writer.key("totalTokenCount")
            writer.number(usage.input + max(usage.output, usage.reasoning))
            if usage.cacheRead > 0 {
                writer.key("cachedContentTokenCount")
                writer.number(usage.cacheRead)
            }
            if usage.reasoning > 0 {
                writer.key("thoughtsTokenCount")
                writer.number(usage.reasoning)
            }
            writer.endObject()
        }
        writer.key("modelVersion")
        writer.string(model)
        writer.key("responseId")
        writer.string(id)
    }
}
