internal import Core
internal import JSON

/// Writes whole answers for clients of Ollama's `/api/chat` and `/api/generate`.
///
/// The dialect has one answer and no place for signatures: of several choices the first is kept.
package enum OllamaAnswerEncoder {
    /// The body of the answer.
    ///
    /// - Parameter isGenerate: whether the client asked `/api/generate`, whose answer is a text and no message.
    package static func encode(_ answer: CanonicalAnswer, _ style: ReplyStyle, isGenerate: Bool = false) -> [UInt8] {
        let choice = answer.choices.first { $0.index == 0 } ?? answer.choices.first
        var text = ""
        var thinking = ""
        var images: [String] = []
        var calls: [ToolCall] = []
        for part in choice?.parts ?? [] {
            switch part.content {
            case .text(let more), .refusal(let more): text += more
            case .thinking(let more): thinking += more
            case .toolCall(let call): calls.append(call)
            case .image(let media): if case .base64(let data) = media.source { images.append(data) }
            case .redactedThinking, .opaque, .audio, .video, .document, .toolResult: break
            }
        }
        if text.isEmpty, case .refusal(let words)? = choice?.stop { text = ChatReply.refusal(words) }
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        OllamaReply.writeHead(model: answer.model ?? style.model, created: style.created, to: &writer)
        if !isGenerate {
            writer.key("message")
            writer.beginObject()
            writer.key("role")
            writer.string("assistant")
        }
        writer.key(isGenerate ? "response" : "content")
        writer.string(text)
        if !thinking.isEmpty {
            writer.key("thinking")
            writer.string(thinking)
        }
        if !isGenerate {
            if !images.isEmpty {
                writer.key("images")
                writer.beginArray()
                for image in images { writer.string(image) }
                writer.endArray()
            }
            if !calls.isEmpty {
                var notes = TranslationNotes()
                writer.key("tool_calls")
                writer.beginArray()
                for call in calls { OllamaReply.write(call, name: call.name, notes: &notes, to: &writer) }
                writer.endArray()
            }
            writer.endObject()
        }
        if let logprobs = choice?.logprobs.flatMap(OllamaReply.logprobs) {
            writer.key("logprobs")
            writer.value(logprobs)
        }
        OllamaReply.writeEnd(choice?.stop ?? .stop, answer.usage, to: &writer)
        writer.endObject()
        return writer.bytes
    }
}
