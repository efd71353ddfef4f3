/// A kind of provider: what it speaks and where its key is usually found.
package enum ProviderKind: String, Sendable, Hashable, CaseIterable {
    case openai
    case anthropic
    case gemini
    case vertex
    case bedrock
    case azureOpenAI = "azure-openai"
    case ollama
    case cohere
    case mistral
    case groq
    case deepseek
    case xai
    case together
    case fireworks
    case openrouter
    case perplexity
    case cerebras
    case nvidia
    case huggingface
    case demo

    /// The kind as the file writes it.
    package var name: String { self.rawValue }

    /// The environment variables the provider's own SDKs read its key from, the most usual first.
    package var keyVariables: [String] {
        switch self {
        case .openai: ["OPENAI_API_KEY"]
        case .anthropic: ["ANTHROPIC_API_KEY"]
        case .gemini: ["GEMINI_API_KEY", "GOOGLE_API_KEY"]
        case .vertex: []
        case .bedrock: ["AWS_BEARER_TOKEN_BEDROCK"]
        case .azureOpenAI: ["AZURE_OPENAI_API_KEY"]
        case .ollama: ["OLLAMA_API_KEY"]
        case .cohere: ["CO_API_KEY", "COHERE_API_KEY"]
        case .mistral: ["MISTRAL_API_KEY"]
        case .groq: ["GROQ_API_KEY"]
        case .deepseek: ["DEEPSEEK_API_KEY"]
        case .xai: ["XAI_API_KEY"]
        case .together: ["TOGETHER_API_KEY"]
        case .fireworks: ["FIREWORKS_API_KEY"]
        case .openrouter: ["OPENROUTER_API_KEY"]
        case .perplexity: ["PERPLEXITY_API_KEY", "PPLX_API_KEY"]
        case .cerebras: ["CEREBRAS_API_KEY"]
        case .nvidia: ["NVIDIA_API_KEY"]
        case .huggingface: ["HF_TOKEN", "HUGGINGFACE_API_KEY"]
        case .demo: []
        }
    }

    /// Whether its own endpoint refuses requests without a key.
    package var needsKey: Bool {
        switch self {
        case .vertex, .bedrock, .ollama, .demo: false
        default: true
        }
    }

    /// Whether every answer is free of charge unless the file says otherwise.
    package var isFree: Bool { self == .ollama || self == .demo }
}
