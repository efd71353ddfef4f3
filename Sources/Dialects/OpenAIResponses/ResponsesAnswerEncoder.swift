internal import Core
internal import JSON

/// Writes a whole answer for a client of OpenAI's Responses API.
///
/// The dialect has one answer: of several choices the first is written.
///
/// Source: https://platform.openai.com/docs/api-reference/responses/object
package enum ResponsesAnswerEncoder {
    /// The response object.
    package static func encode(_ answer: CanonicalAnswer, _ style: ReplyStyle) -> [UInt8] {
        let choice = answer.choices.first { $0.index == 0 } ?? answer.choices.first
        let stop = choice?.stop ?? .stop
        let outcome = ResponsesEnvelope.Outcome(stop)
        var items = ResponsesItems(style)
        for part in choice?.parts ?? [] { items.append(part) }
        if let logprobs = choice?.logprobs { items.append(logprobs: logprobs) }
        if case .refusal(let explanation) = stop { items.refuse(ChatReply.refusal(explanation)) }
        if case .incomplete = outcome { items.markIncomplete() }
        var writer = JSONWriter(capacity: 2048)
        ResponsesEnvelope(style, model: answer.model)
            .write(outcome, items.list, usage: answer.usage, tier: answer.serviceTier, to: &writer)
        return writer.bytes
    }
}

/// The items of a whole answer, made from its parts in order.
struct ResponsesItems {
    private let style: ReplyStyle
    private(set) var list: [ResponsesItem] = []
    private var refuses = false

    init(_ style: ReplyStyle) { self.style = style }

    /// Appends what becomes of `part`. Texts that stand together are parts of one message.
    mutating func append(_ part: Part) {
        switch part.content {
        case .text(let text):
            if !text.isEmpty { self.say(text, isRefusal: false, part.citations) }
            self.carry(part.signature, of: .text)
        case .refusal(let text):
            self.refuses = true
            self.say(text, isRefusal: true, [])
        case .thinking(let text): self.think(text, part.signature, .thinking)
        case .redactedThinking: self.think("", part.signature, .redactedThinking)
        case .toolCall(let call):
            var item = self.begin(ResponsesItem.kind(of: call))
            item.text = ResponsesItem.escaped(ChatReply.arguments(call))
            item.status = .completed
            self.list.append(item)
            self.carry(part.signature, of: .call(CallID.fitted(call.id, to: ResponsesItem.callIDs)))
        case .image(let media):
            guard case .base64(let data) = media.source else { return }
            var item = self.begin(.image(data))
            item.status = .completed
            self.list.append(item)
        case .opaque(let opaque):
            guard opaque.dialect == .openAIResponses else { return }
            self.list.append(self.begin(.whole(opaque.value)))
        // The dialect's answers hold no such thing.
        case .audio, .video, .document, .toolResult: return
        }
    }

    /// Says `text` as a refusal, unless the answer refuses already.
    mutating func refuse(_ text: String) {
        if !self.refuses { self.append(Part(.refusal(text))) }
    }

    /// Notes that the answer broke off in its last item.
    mutating func markIncomplete() {
        guard let last = self.list.indices.last else { return }
        self.list[last].status = .incomplete
    }

    /// Puts likelihoods beside the first text.
    mutating func append(logprobs: JSONValue) {
        guard case .array(let tokens)? = logprobs["content"] else { return }
        for at in self.list.indices {
            guard let content = self.list[at].contents.firstIndex(where: { !$0.isRefusal }) else { continue }
            self.list[at].contents[content].logprobs = tokens
            return
        }
    }

    private func begin(_ kind: ResponsesItem.Kind) -> ResponsesItem {
        ResponsesItem(kind, id: ResponsesItem.id(kind, self.style, at: self.list.count))
    }

    private mutating func say(_ text: String, isRefusal: Bool, _ citations: [Opaque]) {
        if case .message? = self.list.last?.kind {
        } else {
            var item = self.begin(.message)
            item.status = .completed
            self.list.append(item)
        }
        var content = ResponsesItem.Content(isRefusal: isRefusal, text: ResponsesItem.escaped(text))
        if !citations.isEmpty {
            let range = 0..<ChatAnnotation.length(of: text)
            content.annotations = citations.compactMap { ResponsesAnnotation.value($0, of: range) }
        }
        self.list[self.list.count - 1].contents.append(content)
    }

    private mutating func think(_ text: String, _ signature: Signature?, _ owner: ResponsesCarrier.Owner) {
        guard !text.isEmpty || signature != nil else { return }
        var item = self.begin(.reasoning)
        item.text = ResponsesItem.escaped(text)
        if let signature {
            // An item of OpenAI's own keeps its id, without which its content is worth nothing.
            if signature.family == .openAI, owner == .thinking, let id = ResponsesSignature(signature.value).id {
                item.id = id
            }
            item.encrypted = ResponsesCarrier(signature, of: owner).text(id: item.id)
        }
        self.list.append(item)
    }

    /// Appends an item that carries the signature of the one before it.
    private mutating func carry(_ signature: Signature?, of owner: ResponsesCarrier.Owner) {
        guard let signature else { return }
        var item = self.begin(.reasoning)
        item.encrypted = ResponsesCarrier(signature, of: owner).text(id: item.id)
        self.list.append(item)
    }
}
