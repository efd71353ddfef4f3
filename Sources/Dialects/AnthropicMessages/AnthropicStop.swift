internal import JSON

/// The stop reasons of Anthropic's Messages API.
///
/// Source: https://docs.anthropic.com/en/api/handling-stop-reasons
enum AnthropicStop {
    /// The reason a provider gave; a word no one knows becomes ``StopReason/other(_:)``.
    static func decode(_ reason: String?, sequence: String?, details: JSONValue?) -> StopReason {
        switch reason {
        case nil, "end_turn": .stop
        case "max_tokens": .length
        case "stop_sequence": .stopSequence(sequence)
        case "tool_use": .toolCalls
        case "pause_turn": .pauseTurn
        case "refusal": .refusal(details?["explanation"]?.asString)
        case "model_context_window_exceeded": .contextWindow
        case .some(let word): .other(word)
        }
    }

    /// Writes the members `stop_reason`, `stop_sequence` and, for a refusal, `stop_details`.
    static func write(_ reason: StopReason, into writer: inout JSONWriter) {
        writer.key("stop_reason")
        writer.string(Self.word(for: reason))
        writer.key("stop_sequence")
        if case .stopSequence(let sequence?) = reason { writer.string(sequence) } else { writer.null() }
        guard case .refusal(let explanation) = reason else { return }
        writer.key("stop_details")
        writer.beginObject()
        writer.key("type")
        writer.string("refusal")
        writer.key("category")
        writer.null()
        writer.key("explanation")
        if let explanation { writer.string(explanation) } else { writer.null() }
        writer.endObject()
    }

    private static func word(for reason: StopReason) -> String {
        switch reason {
        case .stop, .malformed, .other: "end_turn"
        case .stopSequence: "stop_sequence"
        case .length: "max_tokens"
        case .contextWindow: "model_context_window_exceeded"
        case .toolCalls: "tool_use"
        // The dialect has no filter but the model's own refusal.
        case .contentFilter, .refusal: "refusal"
        case .pauseTurn: "pause_turn"
        }
    }
}
