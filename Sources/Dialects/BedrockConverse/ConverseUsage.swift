internal import Core
internal import JSON

/// `TokenUsage`: what counts as input here are the tokens no cache had to do with
/// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html).
extension Usage {
    /// No real count comes near this; a larger one is cut to it, so that sums cannot overflow.
    private static let mostConverse = 1 << 40

    /// Reads the object; nil where it is none.
    init?(converse value: JSONValue?) {
        guard case .object(let object)? = value else { return nil }
        func count(_ name: String) -> Int { min(max(0, object[name]?.asInt ?? 0), Self.mostConverse) }
        self.init(
            freshInput: count("inputTokens"),
            cacheRead: count("cacheReadInputTokens"),
            cacheWrite: count("cacheWriteInputTokens"),
            output: count("outputTokens")
        )
        for detail in object["cacheDetails"]?.asArray ?? [] where detail["ttl"]?.asString == "1h" {
            let hour = max(0, detail["inputTokens"]?.asInt ?? 0)
            self.cacheWriteHour = min(self.cacheWrite, self.cacheWriteHour + min(hour, self.cacheWrite))
        }
    }

    /// Writes the object.
    func writeConverse(into json: inout JSONWriter) {
        json.beginObject()
        json.key("inputTokens")
        json.number(self.freshInput)
        json.key("outputTokens")
        json.number(self.output)
        json.key("totalTokens")
        json.number(self.total)
        if self.cacheRead > 0 || self.cacheWrite > 0 {
            json.key("cacheReadInputTokens")
            json.number(self.cacheRead)
            json.key("cacheWriteInputTokens")
            json.number(self.cacheWrite)
        }
        if self.cacheWriteHour > 0 {
            json.key("cacheDetails")
            json.beginArray()
            for (ttl, tokens) in [("1h", self.cacheWriteHour), ("5m", self.cacheWrite - self.cacheWriteHour)]
            where tokens > 0 {
                json.beginObject()
                json.key("ttl")
                json.string(ttl)
                json.key("inputTokens")
                json.number(tokens)
                json.endObject()
            }
            json.endArray()
        }
        json.endObject()
    }
}

/// `stopReason`.
extension StopReason {
    /// Reads a word; with `sequence`, the stop sequence where the model named it.
    init(converse word: String, sequence: String? = nil) {
        switch word {
        case "end_turn": self = .stop
        case "tool_use": self = .toolCalls
        case "max_tokens": self = .length
        case "stop_sequence": self = .stopSequence(sequence)
        case "guardrail_intervened", "content_filtered": self = .contentFilter
        case "model_context_window_exceeded": self = .contextWindow
        case "malformed_model_output", "malformed_tool_use": self = .malformed
        default: self = .other(word)
        }
    }

    /// The word for a client.
    var converse: String {
        switch self {
        case .stop, .pauseTurn, .other: "end_turn"
        case .toolCalls: "tool_use"
        case .length: "max_tokens"
        case .stopSequence: "stop_sequence"
        case .contentFilter, .refusal: "content_filtered"
        case .contextWindow: "model_context_window_exceeded"
        case .malformed: "malformed_model_output"
        }
    }
}
