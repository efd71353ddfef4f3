package import Core
internal import JSON

/// Reads whole answers of Ollama's `/api/chat` and `/api/generate` (https://docs.ollama.com/api/chat).
package enum OllamaAnswerDecoder {
    /// The answer in `body`, which came with status 200.
    ///
    /// - Throws: the error the body says, or that it is no answer of the dialect.
    package static func decode(
        _ body: UnsafeRawBufferPointer,
        from source: ReplySource
    ) throws(GatewayError) -> CanonicalAnswer {
        guard let line = try? OllamaLine(body), line.isAnswer, !line.isError else {
            throw UpstreamErrors.inBand(body)
        }
        var parts: [Part] = []
        if let thinking = line.thinking, !thinking.isEmpty { parts.append(Part(.thinking(thinking))) }
        if let text = line.text, !text.isEmpty { parts.append(.text(text)) }
        for image in line.images { parts.append(Part(.image(Media(.base64(image), type: "image/png")))) }
        for (position, call) in line.calls.enumerated() {
            let id = call.id ?? CallID.made(seed: source.seed, position: position)
            parts.append(Part(.toolCall(ToolCall(id: id, name: call.name, arguments: call.arguments))))
        }
        let stop = StopReason(ollama: line.stop).derived(callsTools: !line.calls.isEmpty)
        var choice = CanonicalAnswer.Choice(parts: parts, stop: stop)
        choice.logprobs = line.logprobs
        return CanonicalAnswer(model: line.model, choices: [choice], usage: line.usage)
    }
}
