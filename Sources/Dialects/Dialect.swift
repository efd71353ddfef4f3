/// The wire languages of chat: what a client speaks, and what a provider's endpoint speaks.
package enum Dialect: String, Sendable, Hashable, CaseIterable {
    /// OpenAI's Chat Completions, and every server compatible with it.
    case openAIChat = "openai"
    /// OpenAI's Responses.
    case openAIResponses = "openai-responses"
    /// Anthropic's Messages.
    case anthropicMessages = "anthropic"
    /// Google's generateContent, at AI Studio and at Vertex.
    case gemini
    /// Cohere's chat: of providers alone, no client is served in it.
    case cohere
    /// Ollama's own API.
    case ollama
    /// Amazon Bedrock's Converse.
    case bedrockConverse = "bedrock"
}
