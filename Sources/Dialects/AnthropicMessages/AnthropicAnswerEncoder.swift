internal import Core
internal import JSON

/// Writes whole answers for clients of Anthropic's Messages API. The dialect has one choice: the first.
///
/// Source: https://docs.anthropic.com/en/api/messages
package enum AnthropicAnswerEncoder {
    /// The body of the answer.
    package static func encode(_ answer: CanonicalAnswer, _ style: ReplyStyle) -> [UInt8] {
        let choice = answer.choices.first { $0.index == 0 } ?? answer.choices.first
        var json = JSONWriter(capacity: 1024)
        json.beginObject()
        json.key("id")
        json.string(Self.id(answer.id, style))
        json.key("type")
        json.string("message")
        json.key("role")
        json.string("assistant")
        json.key("model")
        json.string(answer.model.flatMap { $0.isEmpty ? nil : $0 } ?? style.model)
        json.key("content")
        json.beginArray()
        var refusal: String?
        for part in choice?.parts ?? [] {
            if case .refusal(let text) = part.content { refusal = text }
            Self.write(part, into: &json)
        }
        json.endArray()
        AnthropicStop.write(Self.reason(choice?.stop ?? .stop, refusal: refusal), into: &json)
        json.key("usage")
        AnthropicUsage.write(answer.usage, serviceTier: answer.serviceTier, into: &json)
        json.endObject()
        return json.bytes
    }

    /// The provider's id where it is one of this dialect, else one made of ours.
    static func id(_ id: String?, _ style: ReplyStyle) -> String {
        if let id, id.hasPrefix("msg_") { return id }
        return style.id.hasPrefix("msg_") ? style.id : "msg_\(style.id)"
    }

    /// A refusal that is a part of the answer is this dialect's stop reason.
    static func reason(_ reason: StopReason, refusal: String?) -> StopReason {
        guard let refusal, reason == .stop || reason == .refusal(nil) else { return reason }
        return .refusal(refusal)
    }

    /// Whether the dialect has a block for `part`.
    static func hasBlock(_ part: Part) -> Bool {
        switch part.content {
        case .document, .toolResult: false
        case .opaque(let opaque): opaque.dialect == .anthropicMessages
        default: true
        }
    }

    /// Writes the block or blocks of `part`; nothing where the dialect has none for it.
    static func write(_ part: Part, into json: inout JSONWriter) {
        switch part.content {
        case .text(let text), .refusal(let text):
            json.beginObject()
            json.key("type")
            json.string("text")
            json.key("text")
            json.string(text)
            let citations = part.citations.filter { $0.dialect == .anthropicMessages }
            if !citations.isEmpty {
                json.key("citations")
                json.beginArray()
                for citation in citations { json.value(citation.value) }
                json.endArray()
            }
            json.endObject()
        case .thinking(let text):
            Self.writeThinking(text, part.signature, into: &json)
        case .redactedThinking:
            json.beginObject()
            json.key("type")
            json.string("redacted_thinking")
            json.key("data")
            json.string(part.signature?.carried(native: .anthropic) ?? "")
            json.endObject()
        case .toolCall(let call):
            // A call has no place for a signature; an empty thought in front of it has.
            if let signature = part.signature { Self.writeThinking("", signature, into: &json) }
            json.beginObject()
            json.key("type")
            json.string("tool_use")
            json.key("id")
            json.string(CallID.fitted(call.id, to: .anthropic))
            json.key("name")
            json.string(call.name)
            json.key("input")
            var notes = TranslationNotes()
            var input = call.objectText(notes: &notes)
            input.withUTF8 { json.raw(UnsafeRawBufferPointer($0)) }
            json.endObject()
        case .image(let media): Self.writeMedia("image", media, into: &json)
        case .audio(let media): Self.writeMedia("audio", media, into: &json)
        case .video(let media): Self.writeMedia("video", media, into: &json)
        case .opaque(let opaque):
            if opaque.dialect == .anthropicMessages { json.value(opaque.value) }
        case .document, .toolResult: break
        }
    }

    private static func writeThinking(_ text: String, _ signature: Signature?, into json: inout JSONWriter) {
        json.beginObject()
        json.key("type")
        json.string("thinking")
        json.key("thinking")
        json.string(text)
        json.key("signature")
        json.string(signature?.carried(native: .anthropic) ?? "")
        json.endObject()
    }

    /// Media in an answer: this dialect has no block for them, but its clients pass over what they do not know.
    private static func writeMedia(_ type: String, _ media: Media, into json: inout JSONWriter) {
        json.beginObject()
        json.key("type")
        json.string(type)
        json.key("source")
        json.beginObject()
        json.key("type")
        switch media.source {
        case .base64(let data):
            json.string("base64")
            json.key("media_type")
            json.string(media.type)
            json.key("data")
            json.string(data)
        case .url(let url):
            json.string("url")
            json.key("url")
            json.string(url)
        case .file(let id):
            json.string("file")
            json.key("file_id")
            json.string(id)
        }
        json.endObject()
        json.endObject()
    }
}
