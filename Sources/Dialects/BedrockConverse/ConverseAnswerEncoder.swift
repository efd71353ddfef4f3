internal import Core
internal import JSON

/// Writes whole answers for clients that speak Converse
/// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax).
package enum ConverseAnswerEncoder {
    /// The body of `answer`. Converse knows one choice; the first is written.
    ///
    /// `metrics.latencyMs`, which clients expect, is 0: how long the answer took is the gateway's to know.
    package static func encode(_ answer: CanonicalAnswer, _ style: ReplyStyle) -> [UInt8] {
        var json = JSONWriter(capacity: 1024)
        let choice = answer.choices.first
        json.beginObject()
        json.key("output")
        json.beginObject()
        json.key("message")
        json.beginObject()
        json.key("role")
        json.string("assistant")
        json.key("content")
        json.beginArray()
        for part in choice?.parts ?? [] { Self.write(part, into: &json) }
        json.endArray()
        json.endObject()
        json.endObject()
        json.key("stopReason")
        json.string((choice?.stop ?? .stop).converse)
        json.key("usage")
        (answer.usage ?? Usage()).writeConverse(into: &json)
        json.key("metrics")
        json.value(["latencyMs": 0])
        if let tier = answer.serviceTier, ["priority", "default", "flex", "reserved"].contains(tier) {
            json.key("serviceTier")
            json.value(["type": .string(tier)])
        }
        json.endObject()
        return json.bytes
    }

    private static func write(_ part: Part, into json: inout JSONWriter) {
        switch part.content {
        case .text(let text):
            let cited = part.citations.filter { $0.dialect == .bedrockConverse }
            if cited.isEmpty {
                json.value(["text": .string(text)])
            } else {
                ConversePartWriter.writeCited(text, cited, into: &json)
            }
        case .refusal(let text): json.value(["text": .string(text)])
        case .thinking(let text):
            let signature = part.signature?.carried(native: .anthropic)
            guard signature != nil || !text.isEmpty else { return }
            ConversePartWriter.writeThinking(text, signature: signature, into: &json)
        case .redactedThinking:
            guard let signature = part.signature else { return }
            let blob = ConverseBlob.encoded(signature.carried(native: .anthropic))
            ConversePartWriter.writeRedacted(blob, into: &json)
        case .toolCall(let call):
            // A call has no place for a signature; an empty thought in front of it has.
            if let signature = part.signature?.carried(native: .anthropic) {
                ConversePartWriter.writeThinking("", signature: signature, into: &json)
            }
            var notes = TranslationNotes()
            ConversePartWriter.writeCall(
                id: CallID.fitted(call.id, to: .bedrock),
                name: call.name,
                input: call.objectText(notes: &notes),
                into: &json
            )
        case .image(let media): Self.write("image", media, ConverseFormat.image(media), into: &json)
        case .audio(let media): Self.write("audio", media, ConverseFormat.audio(media), into: &json)
        case .opaque(let opaque): if opaque.dialect == .bedrockConverse { json.value(opaque.value) }
        // No answer holds these.
        case .video, .document, .toolResult: break
        }
    }

    private static func write(_ kind: String, _ media: Media, _ format: String?, into json: inout JSONWriter) {
        guard let format, case .base64(let data) = media.source else { return }
        let source: JSONValue = ["bytes": .string(data)]
        json.value(.object([kind: ["format": .string(format), "source": source]]))
    }
}
