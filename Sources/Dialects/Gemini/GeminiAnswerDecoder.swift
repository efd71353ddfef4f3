package import Core
internal import JSON

/// Reads a whole answer of `generateContent`.
package enum GeminiAnswerDecoder {
    /// The answer in `body`, which came with status 200. A refused prompt is an answer without content that a content
    /// filter stopped.
    ///
    /// - Throws: the error that came in place of an answer, or `upstreamError` where the body is no answer.
    package static func decode(
        _ body: UnsafeRawBufferPointer,
        from source: ReplySource
    ) throws(GatewayError) -> CanonicalAnswer {
        // A whole answer is a stream of one event.
        var decoder = GeminiStreamDecoder(from: source)
        var events: [CanonicalEvent] = []
        try decoder.receive(StreamFrame(data: body), into: &events)
        guard !events.isEmpty else { throw UpstreamErrors.inBand(body) }
        decoder.finish(into: &events)
        return Self.answer(events)
    }

    /// A block while its text grows.
    private struct Block {
        var choice: Int
        var part: Part
        var text = ""
    }

    private static func answer(_ events: [CanonicalEvent]) -> CanonicalAnswer {
        var answer = CanonicalAnswer(choices: [])
        var blocks: [Block] = []
        var logprobs: [Int: [JSONValue]] = [:]
        for event in events {
            switch event {
            case .start(let id, let model, let usage):
                answer.id = id
                answer.model = model
                answer.usage = usage
            case .blockStart(_, let choice, let kind): blocks.append(Block(choice: choice, part: Self.part(kind)))
            case .delta(let block, .logprobs(let value)):
                logprobs[blocks[block].choice, default: []].append(contentsOf: value["content"]?.asArray ?? [])
            case .delta(let block, .text(let text)), .delta(let block, .arguments(let text)):
                blocks[block].text += text
            case .delta(let block, .signature(let signature)): blocks[block].part.signature = signature
            case .delta(let block, .citation(let citation)): blocks[block].part.citations.append(citation)
            case .blockStop(let block): Self.close(&blocks[block])
            case .finish(let choice, let stop):
                let parts = blocks.filter { $0.choice == choice }.map(\.part)
                var whole = CanonicalAnswer.Choice(index: choice, parts: Self.withoutEmptyText(parts), stop: stop)
                if let tokens = logprobs[choice] { whole.logprobs = .object(JSONObject([("content", .array(tokens))])) }
                answer.choices.append(whole)
            case .usage(let usage): answer.usage = usage
            case .heartbeat, .end: break
            }
        }
        return answer
    }

    /// The parts without the empty text that was begun for citations alone: they go to the text before it.
    private static func withoutEmptyText(_ parts: [Part]) -> [Part] {
        guard let last = parts.last, last.text == "", last.signature == nil else { return parts }
        var rest = Array(parts.dropLast())
        if last.citations.isEmpty { return rest }
        guard let place = rest.lastIndex(where: { $0.text != nil }) else { return parts }
        rest[place].citations.append(contentsOf: last.citations)
        return rest
    }

    private static func part(_ kind: CanonicalEvent.BlockKind) -> Part {
        switch kind {
        case .text: .text("")
        case .thinking: Part(.thinking(""))
        case .redactedThinking: Part(.redactedThinking)
        case .refusal: Part(.refusal(""))
        case .toolCall(let id, let name, let kind):
            Part(.toolCall(ToolCall(id: id, name: name, arguments: "", kind: kind)))
        case .whole(let part): part
        }
    }

    private static func close(_ block: inout Block) {
        switch block.part.content {
        case .text: block.part.content = .text(block.text)
        case .thinking: block.part.content = .thinking(block.text)
        case .refusal: block.part.content = .refusal(block.text)
        case .toolCall(var call):
            call.arguments = block.text
            block.part.content = .toolCall(call)
        default: break
        }
        block.text = ""
    }
}
