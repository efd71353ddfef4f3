package import Core
package import Dialects
package import TurnpikeConfiguration

/// One of the ways a provider can be asked: a dialect, and for Claude at other clouds the envelope it stands in.
package struct UpstreamAPI: Sendable, Hashable {
    package var dialect: Dialect
    /// Whose envelope Anthropic's Messages stand in; nil where they stand in none.
    package var envelope: ClaudeEnvelope?

    /// A way to ask.
    package init(_ dialect: Dialect, in envelope: ClaudeEnvelope? = nil) {
        self.dialect = dialect
        self.envelope = envelope
    }

    /// How the messages of its streams stand in their bytes.
    package var framing: StreamFraming { self.envelope?.framing ?? self.dialect.framing }

    /// What reads its streams.
    package func streamDecoder(from source: ReplySource) -> any StreamDecoding {
        self.envelope?.streamDecoder(from: source) ?? self.dialect.streamDecoder(from: source)
    }
}

extension ProviderProfile {
    /// How a request of a client that speaks `client` is sent: the way of the provider's that loses least.
    ///
    /// - Parameters:
    ///   - model: the provider's own name.
    ///   - choice: the operator's, where there is one.
    ///   - isOwn: whether the endpoint is the provider's own, rather than a server that is compatible with it.
    package func api(
        for client: Dialect,
        model: String,
        _ traits: ModelTraits,
        choice: ProviderAPI?,
        isOwn: Bool
    ) -> UpstreamAPI {
        let isClaude = model.contains("claude")
        switch self.kind {
        case "openai", "azure-openai":
            switch choice {
            case .responses?: return UpstreamAPI(.openAIResponses)
            case .chat?: return UpstreamAPI(.openAIChat)
            default: break
            }
            let wantsResponses = traits.responsesOnly || client == .openAIResponses && isOwn
            return UpstreamAPI(wantsResponses ? .openAIResponses : .openAIChat)
        // Its compatible API cuts long prompts without a word; only a client of that dialect is passed through to it.
        case "ollama" where client != .openAIChat: return UpstreamAPI(.ollama)
        case "vertex" where isClaude: return UpstreamAPI(.anthropicMessages, in: .vertex)
        case "bedrock" where isClaude && choice != .converse && (choice == .invoke || client == .anthropicMessages):
            return UpstreamAPI(.anthropicMessages, in: .bedrock)
        default: return UpstreamAPI(self.dialect)
        }
    }
}
