internal import Core
internal import JSON

/// Writes a whole answer for a client of OpenAI's Chat dialect.
///
/// Source: the chat completion object, https://platform.openai.com/docs/api-reference/chat/object. Reasoning stands in
/// `reasoning_content` (DeepSeek's name) for those who show it, and in `reasoning_details` (OpenRouter's) with what is
/// needed to send it back.
package enum ChatAnswerEncoder {
    /// The JSON of `answer`.
    package static func encode(_ answer: CanonicalAnswer, _ style: ReplyStyle) -> [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.key("id")
        writer.string("chatcmpl-\(style.id)")
        writer.key("object")
        writer.string("chat.completion")
        writer.key("created")
        writer.number(style.created)
        writer.key("model")
        writer.string(answer.model ?? style.model)
        writer.key("choices")
        writer.beginArray()
        for choice in answer.choices { Self.write(choice, style, to: &writer) }
        writer.endArray()
        if let usage = answer.usage {
            writer.key("usage")
            ChatReply.write(usage, to: &writer)
        }
        if let tier = answer.serviceTier {
            writer.key("service_tier")
            writer.string(tier)
        }
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ choice: CanonicalAnswer.Choice, _ style: ReplyStyle, to writer: inout JSONWriter) {
        let message = ChatReplyMessage(choice)
        writer.beginObject()
        writer.key("index")
        writer.number(choice.index)
        writer.key("message")
        message.write(style, to: &writer)
        writer.key("logprobs")
        if let logprobs = choice.logprobs { writer.value(logprobs) } else { writer.null() }
        writer.key("finish_reason")
        writer.string(ChatReply.finishReason(choice.stop, callsTools: !message.calls.isEmpty))
        writer.endObject()
    }
}

/// The parts of an answer sorted into the fields of a message, each with its place among them.
private struct ChatReplyMessage {
    private var content = ""
    private var hasText = false
    private var refusal: String?
    private var reasoning = ""
    /// The parts that leave an entry in `reasoning_details`.
    private var details: [(index: Int, part: Part)] = []
    private(set) var calls: [(call: ToolCall, signature: Signature?)] = []
    private var annotations: [ChatAnnotation] = []
    private var images: [Media] = []
    private var audio: Media?
    private var blocks: [(index: Int, opaque: Opaque)] = []
    private var pauses = false

    init(_ choice: CanonicalAnswer.Choice) {
        var length = 0
        for (index, part) in choice.parts.enumerated() {
            switch part.content {
            case .text(let text):
                if self.content.isEmpty { self.content = text } else { self.content += text }
                self.hasText = true
                if !part.citations.isEmpty || length > 0 || index + 1 < choice.parts.count {
                    let end = length + ChatAnnotation.length(of: text)
                    for citation in part.citations {
                        if let annotation = ChatAnnotation(citation, of: length..<end) {
                            self.annotations.append(annotation)
                        }
                    }
                    length = end
                }
                if part.signature != nil { self.details.append((index, part)) }
            case .thinking(let text):
                self.reasoning += text
                self.details.append((index, part))
            case .redactedThinking: self.details.append((index, part))
            case .refusal(let text): self.refusal = (self.refusal ?? "") + text
            case .toolCall(let call): self.calls.append((call, part.signature))
            case .image(let media): self.images.append(media)
            case .audio(let media): self.audio = media
            case .opaque(let opaque): self.blocks.append((index, opaque))
            case .video, .document, .toolResult: break
            }
        }
        if case .refusal(let explanation) = choice.stop, self.refusal == nil {
            self.refusal = ChatReply.refusal(explanation)
        }
        self.pauses = choice.stop == .pauseTurn
    }

    func write(_ style: ReplyStyle, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("role")
        writer.string("assistant")
        writer.key("content")
        let isSilent = self.content.isEmpty && (!self.calls.isEmpty || self.refusal != nil && !self.hasText)
        if isSilent { writer.null() } else { writer.string(self.content) }
        writer.key("refusal")
        if let refusal = self.refusal { writer.string(refusal) } else { writer.null() }
        self.writeReasoning(to: &writer)
        self.writeCalls(to: &writer)
        if !self.annotations.isEmpty {
            writer.key("annotations")
            writer.beginArray()
            for annotation in self.annotations { annotation.write(to: &writer) }
            writer.endArray()
        }
        if !self.images.isEmpty {
            writer.key("images")
            writer.beginArray()
            for (index, image) in self.images.enumerated() { ChatReply.writeImage(image, index: index, to: &writer) }
            writer.endArray()
        }
        if let audio = self.audio {
            writer.key("audio")
            ChatReply.writeAudio(audio, style, to: &writer)
        }
        self.writeExtension(to: &writer)
        writer.endObject()
    }

    private func writeReasoning(to writer: inout JSONWriter) {
        if !self.reasoning.isEmpty {
            writer.key("reasoning_content")
            writer.string(self.reasoning)
        }
        guard !self.details.isEmpty else { return }
        writer.key("reasoning_details")
        writer.beginArray()
        for (index, part) in self.details {
            switch part.content {
            case .thinking(let text): ChatReply.writeDetail(text, part.signature, index: index, to: &writer)
            default:
                guard let signature = part.signature else { continue }
                ChatReply.writeBlob(signature, forText: part.text != nil, index: index, to: &writer)
            }
        }
        writer.endArray()
    }

    private func writeCalls(to writer: inout JSONWriter) {
        guard !self.calls.isEmpty else { return }
        writer.key("tool_calls")
        writer.beginArray()
        for (call, signature) in self.calls {
            let isCustom = call.kind == .custom
            writer.beginObject()
            writer.key("id")
            writer.string(call.id)
            writer.key("type")
            writer.string(isCustom ? "custom" : "function")
            writer.key(isCustom ? "custom" : "function")
            writer.beginObject()
            writer.key("name")
            writer.string(call.name)
            writer.key(isCustom ? "input" : "arguments")
            writer.string(ChatReply.arguments(call))
            writer.endObject()
            if let signature { ChatReply.writeExtra(signature, to: &writer) }
            writer.endObject()
        }
        writer.endArray()
    }

    /// What has no place in the dialect: blocks of another one, which come back with the client's next request.
    private func writeExtension(to writer: inout JSONWriter) {
        guard !self.blocks.isEmpty || self.pauses else { return }
        writer.key("provider_specific_fields")
        writer.beginObject()
        if self.pauses {
            writer.key("stop_reason")
            writer.string("pause_turn")
        }
        if !self.blocks.isEmpty {
            writer.key("blocks")
            writer.beginArray()
            for (index, opaque) in self.blocks { ChatReply.writeBlock(opaque, index: index, to: &writer) }
            writer.endArray()
        }
        writer.endObject()
    }
}
