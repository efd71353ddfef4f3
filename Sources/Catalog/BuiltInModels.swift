import TurnpikeConfiguration

/// The models of each kind of provider by the provider's own name, as its documentation listed them in November 2026.
enum BuiltInModels {
    static func names(_ kind: ProviderKind) -> [String] {
        switch kind {
        case .openai: openAI
        case .mistral:
            [
                "mistral-large-latest", "mistral-medium-latest", "mistral-small-latest", "codestral-latest",
                "devstral-medium-latest", "magistral-medium-latest", "magistral-small-latest", "ministral-8b-latest",
                "ministral-3b-latest", "pixtral-large-latest", "open-mistral-nemo",
            ]
        case .deepseek: ["deepseek-chat", "deepseek-reasoner"]
        case .xai: ["grok-4", "grok-4-fast", "grok-3", "grok-3-mini", "grok-code-fast-1"]
        case .perplexity: ["sonar", "sonar-pro", "sonar-reasoning-pro", "sonar-deep-research"]
        case .groq:
            [
                "llama-3.3-70b-versatile", "llama-3.1-8b-instant", "openai/gpt-oss-120b", "openai/gpt-oss-20b",
                "moonshotai/kimi-k2-instruct", "qwen/qwen3-32b",
            ]
        case .cerebras: ["llama3.1-8b", "llama-3.3-70b", "gpt-oss-120b", "qwen-3-32b"]
        case .demo, .anthropic, .gemini, .vertex, .bedrock, .azureOpenAI, .ollama, .cohere, .together, .fireworks,
            .openrouter, .nvidia, .huggingface:
            []
        }
    }

    private static let openAI = [
        "gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-5.1", "gpt-5-chat-latest", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano",
        "gpt-4o", "gpt-4o-mini", "gpt-4o-2024-11-20", "gpt-4o-mini-2024-07-18", "chatgpt-4o-latest",
        "gpt-4o-audio-preview", "gpt-4o-search-preview", "gpt-4o-mini-search-preview", "gpt-4-turbo", "gpt-4",
        "gpt-3.5-turbo", "gpt-3.5-turbo-instruct", "o1", "o3", "o3-mini", "o4-mini", "text-embedding-3-small",
        "text-embedding-3-large", "text-embedding-ada-002",
    ]
}
