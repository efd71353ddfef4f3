package import Core
internal import JSON

/// Reads whole answers of Converse
/// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax).
package enum ConverseAnswerDecoder {
    /// The answer in `body`, which came with status 200.
    ///
    /// - Throws: the error the body says, or that it is no answer of Converse.
    package static func decode(
        _ body: UnsafeRawBufferPointer,
        from source: ReplySource
    ) throws(GatewayError) -> CanonicalAnswer {
        guard let value = try? JSONValue(parsing: body), case .object(let answer) = value,
            let content = answer["output"]?["message"]?["content"]?.asArray
        else { throw UpstreamErrors.inBand(body) }
        var parts: [Part] = []
        var reader = ConversePartReader(family: source.family, seed: source.seed)
        for block in content { reader.append(block, to: &parts) }
        let callsTools = parts.contains { if case .toolCall = $0.content { true } else { false } }
        let sequence = answer["additionalModelResponseFields"]?["stop_sequence"]?.asString
        let stop = StopReason(converse: answer["stopReason"]?.asString ?? "end_turn", sequence: sequence)
        var decoded = CanonicalAnswer(
            model: answer["trace"]?["promptRouter"]?["invokedModelId"]?.asString,
            choices: [.init(parts: parts, stop: stop.derived(callsTools: callsTools))],
            usage: Usage(converse: answer["usage"])
        )
        decoded.serviceTier = answer["serviceTier"]?["type"]?.asString
        return decoded
    }
}

/// Reads the content blocks of an answer.
struct ConversePartReader {
    let family: SignatureFamily?
    /// What ids of calls are made from where there are none.
    let seed: String
    private var callCount = 0

    init(family: SignatureFamily?, seed: String) {
        self.family = family
        self.seed = seed
    }

    /// Appends what a block says; a block nobody knows stays as it is.
    mutating func append(_ block: JSONValue, to parts: inout [Part]) {
        guard case .object(let object) = block, let (kind, value) = object.members.first else { return }
        switch kind {
        case "text":
            guard let text = value.asString, !text.isEmpty else { return }
            parts.append(.text(text))
        case "toolUse":
            guard value["type"]?.asString != "server_tool_use" else { return parts.append(Self.opaque(block)) }
            parts.append(Part(.toolCall(self.call(value))))
        case "reasoningContent": self.appendReasoning(value, to: &parts)
        case "citationsContent":
            let text = (value["content"]?.asArray ?? []).compactMap { $0["text"]?.asString }.joined()
            guard !text.isEmpty else { return }
            var part = Part.text(text)
            part.citations = (value["citations"]?.asArray ?? []).map { Opaque(.bedrockConverse, $0) }
            parts.append(part)
        case "image":
            guard let format = value["format"]?.asString, let data = value["source"]?["bytes"]?.asString else {
                return parts.append(Self.opaque(block))
            }
            parts.append(Part(.image(Media(.base64(data), type: ConverseFormat.imageType(format)))))
        default: parts.append(Self.opaque(block))
        }
    }

    private static func opaque(_ block: JSONValue) -> Part { Part(.opaque(Opaque(.bedrockConverse, block))) }

    private mutating func call(_ value: JSONValue) -> ToolCall {
        let position = self.callCount
        self.callCount += 1
        let id = value["toolUseId"]?.asString ?? ""
        return ToolCall(
            id: id.isEmpty ? CallID.made(seed: self.seed, position: position) : id,
            name: value["name"]?.asString ?? "",
            arguments: value["input"]?.text ?? "{}"
        )
    }

    private func appendReasoning(_ value: JSONValue, to parts: inout [Part]) {
        if let reasoning = value["reasoningText"] {
            let signature = reasoning["signature"]?.asString.map { Signature($0, family: self.family) }
            let text = reasoning["text"]?.asString ?? ""
            guard signature != nil || !text.isEmpty else { return }
            parts.append(Part(.thinking(text), signature: signature))
        } else if let blob = value["redactedContent"]?.asString {
            parts.append(Part(.redactedThinking, signature: Signature(blob: blob, family: self.family)))
        }
    }
}
