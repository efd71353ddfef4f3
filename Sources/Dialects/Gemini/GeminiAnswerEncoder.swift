internal import Core
internal import JSON

/// Writes a whole answer for a client of `generateContent`.
package enum GeminiAnswerEncoder {
    /// The body of the answer.
    package static func encode(_ answer: CanonicalAnswer, _ style: ReplyStyle) -> [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.key("candidates")
        writer.beginArray()
        for choice in answer.choices { Self.write(choice, to: &writer) }
        writer.endArray()
        GeminiReplyWriter.writeTail(usage: answer.usage, model: answer.model ?? style.model, id: style.id, to: &writer)
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ choice: CanonicalAnswer.Choice, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("content")
        writer.beginObject()
        writer.key("parts")
        writer.beginArray()
        for part in choice.parts { _ = GeminiReplyWriter.write(part, to: &writer) }
        writer.endArray()
        writer.key("role")
        writer.string("model")
        writer.endObject()
        writer.key("finishReason")
        writer.string(GeminiFinishReason.word(choice.stop))
        writer.key("index")
        writer.number(choice.index)
        GeminiReplyWriter.write(citations: choice.parts.flatMap(\.citations), to: &writer)
        if let logprobs = choice.logprobs, let result = GeminiLogprobs.gemini(logprobs) {
            writer.key("logprobsResult")
            writer.value(result)
        }
        writer.endObject()
    }
}
