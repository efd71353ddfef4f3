package import Core
internal import JSON

/// Reads whole answers of Anthropic's Messages API.
///
/// Source: https://docs.anthropic.com/en/api/messages
package enum AnthropicAnswerDecoder {
    /// The answer in `body`, which came with the status 200.
    ///
    /// - Throws: the error a provider hid in a success, or `upstreamError` where the body is no answer of this dialect.
    package static func decode(
        _ body: UnsafeRawBufferPointer,
        from source: ReplySource
    ) throws(GatewayError) -> CanonicalAnswer {
        guard let value = try? JSONValue(parsing: body), case .object(let object) = value,
            case .array(let blocks)? = object["content"], object["type"]?.asString != "error"
        else {
            throw UpstreamErrors.inBand(body)
        }
        var parts: [Part] = []
        parts.reserveCapacity(blocks.count)
        var calls = 0
        for block in blocks {
            guard var part = AnthropicBlock.answerPart(block, family: source.family) else { continue }
            if case .toolCall(var call) = part.content {
                if call.id.isEmpty {
                    call.id = CallID.made(seed: source.seed, position: calls)
                    part.content = .toolCall(call)
                }
                calls += 1
            }
            parts.append(part)
        }
        let reason = AnthropicStop.decode(
            object["stop_reason"]?.asString,
            sequence: object["stop_sequence"]?.asString,
            details: object["stop_details"]
        )
        var counts = AnthropicUsage()
        if let usage = object["usage"] { counts.merge(usage) }
        var answer = CanonicalAnswer(
            id: object["id"]?.asString,
            model: object["model"]?.asString,
            choices: [CanonicalAnswer.Choice(parts: parts, stop: reason.derived(callsTools: calls > 0))],
            usage: counts.isKnown ? counts.usage : nil
        )
        answer.serviceTier = object["usage"]?["service_tier"]?.asString
        return answer
    }
}
