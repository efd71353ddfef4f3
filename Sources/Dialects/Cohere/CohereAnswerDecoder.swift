package import Core
internal import JSON

/// Reads whole answers of Cohere's `/v2/chat` (https://docs.cohere.com/reference/chat).
package enum CohereAnswerDecoder {
    /// The answer in `body`, which came with status 200.
    ///
    /// - Throws: the error the body says, or that it is no answer of the dialect.
    package static func decode(
        _ body: UnsafeRawBufferPointer,
        from source: ReplySource
    ) throws(GatewayError) -> CanonicalAnswer {
        guard let value = try? JSONValue(parsing: body), let message = value["message"], message.asObject != nil else {
            throw UpstreamErrors.inBand(body)
        }
        let word = value["finish_reason"]?.asString
        if word == "TIMEOUT" { throw CohereReply.timeout }
        var parts = Self.content(message)
        // What the model means to do with its tools, said before it calls them.
        if let plan = message["tool_plan"]?.asString, !plan.isEmpty { parts.append(.text(plan)) }
        var callsTools = false
        for (position, call) in (message["tool_calls"]?.asArray ?? []).enumerated() {
            guard let function = call["function"], let name = function["name"]?.asString, !name.isEmpty else {
                continue
            }
            let id = call["id"]?.asString ?? ""
            callsTools = true
            parts.append(
                Part(
                    .toolCall(
                        ToolCall(
                            id: id.isEmpty ? CallID.made(seed: source.seed, position: position) : id,
                            name: name,
                            arguments: function["arguments"]?.asString ?? "{}"
                        )
                    )
                )
            )
        }
        var choice = CanonicalAnswer.Choice(
            parts: parts,
            stop: StopReason(cohere: word).derived(callsTools: callsTools)
        )
        let logprobs = (value["logprobs"]?.asArray ?? []).compactMap { CohereReply.logprobs($0) }
        if !logprobs.isEmpty { choice.logprobs = ["content": .array(logprobs)] }
        return CanonicalAnswer(
            id: value["id"]?.asString,
            choices: [choice],
            usage: Usage(cohere: value["usage"])
        )
    }

    /// The texts and the reasoning, with the citations where they belong.
    private static func content(_ message: JSONValue) -> [Part] {
        var parts: [Part] = []
        /// The place of a block among the parts, by its place in the content.
        var places: [Int: Int] = [:]
        for (index, block) in (message["content"]?.asArray ?? []).enumerated() {
            switch block["type"]?.asString {
            case "text":
                guard let text = block["text"]?.asString, !text.isEmpty else { continue }
                places[index] = parts.count
                parts.append(.text(text))
            case "thinking":
                guard let text = block["thinking"]?.asString, !text.isEmpty else { continue }
                parts.append(Part(.thinking(text)))
            default:
                parts.append(Part(.opaque(Opaque(.cohere, block))))
            }
        }
        for citation in message["citations"]?.asArray ?? [] {
            let place = places[citation["content_index"]?.asInt ?? 0] ?? parts.firstIndex { $0.text != nil }
            guard let place else { continue }
            parts[place].citations.append(Opaque(.cohere, citation))
        }
        return parts
    }
}
