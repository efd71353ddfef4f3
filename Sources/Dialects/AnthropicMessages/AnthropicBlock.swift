internal import Core
internal import JSON

/// Blocks of Anthropic's Messages API as parts, for answers and for what clients send back of them.
enum AnthropicBlock {
    /// The part a block of an answer is; a block of an unknown kind is opaque. Nil where it is no block.
    ///
    /// - Parameter family: whose signatures the answer carries.
    static func answerPart(_ block: JSONValue, family: SignatureFamily?) -> Part? {
        guard case .object(let object) = block, let type = object["type"]?.asString else { return nil }
        switch type {
        case "text":
            var part = Part(.text(object["text"]?.asString ?? ""))
            part.citations = Self.citations(object["citations"])
            return part
        case "thinking":
            var part = Part(.thinking(object["thinking"]?.asString ?? ""))
            if let signature = object["signature"]?.asString, !signature.isEmpty {
                part.signature = Signature(signature, family: family)
            }
            return part
        case "redacted_thinking":
            return Part(.redactedThinking, signature: Signature(object["data"]?.asString ?? "", family: family))
        case "tool_use":
            guard let name = object["name"]?.asString else { return nil }
            let call = ToolCall(
                id: object["id"]?.asString ?? "",
                name: name,
                arguments: (object["input"] ?? .object(JSONObject())).text
            )
            return Part(.toolCall(call))
        default:
            return Part(.opaque(Opaque(.anthropicMessages, block)))
        }
    }

    static func citations(_ value: JSONValue?) -> [Opaque] {
        (value?.asArray ?? []).map { Opaque(.anthropicMessages, $0) }
    }
}
