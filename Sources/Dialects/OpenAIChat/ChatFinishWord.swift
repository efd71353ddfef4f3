internal import Core

/// The words servers end an answer with.
enum ChatFinishWord {
    /// What `word` means; nil is a server that says nothing.
    ///
    /// - Throws: an upstream error for the words of answers that were given up.
    static func reason(_ word: String?) throws(GatewayError) -> StopReason {
        switch word {
        case nil, "", "stop", "eos", "end_turn", "stop_sequence": .stop
        case "length", "max_tokens": .length
        // Mistral's word.
        case "model_length": .contextWindow
        case "tool_calls", "function_call", "tool_use": .toolCalls
        // Z.ai's word is `sensitive`.
        case "content_filter", "sensitive", "safety": .contentFilter
        // OpenRouter's, Z.ai's and DeepSeek's words for an answer that broke off.
        case "error", "network_error", "insufficient_system_resource":
            throw GatewayError(
                .upstreamError,
                origin: .upstream,
                retry: .sameTarget,
                "The provider gave the answer up before its end.",
                upstreamStatus: 200
            )
        case .some(let word): .other(String(word.prefix(64)))
        }
    }
}
