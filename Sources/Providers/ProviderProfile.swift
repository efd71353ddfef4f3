package import Dialects

/// What differs from provider to provider, as data: one row for each kind the configuration knows.
///
/// A kind that speaks a dialect already built needs nothing but its row in ``all``.
package struct ProviderProfile: Sendable, Hashable {
    /// The kind, as the configuration file spells it.
    package var kind: String
    /// What its endpoint speaks.
    package var speech: Speech
    /// What the provider's own SDK takes as its base URL; nil where every customer has their own.
    package var baseURL: String?
    /// How the paths of its operations hang on the base URL.
    package var paths: Paths
    /// Where the key goes.
    package var credential: Credential
    /// How its server differs from OpenAI's.
    package var quirks: ChatQuirks
    /// Header fields every request carries besides the usual ones.
    package var fields: [UpstreamField]
    /// The provider's API reference, from which the row was written.
    package var reference: String

    /// A row of the table.
    package init(
        _ kind: String,
        speaks speech: Speech = .dialect(.openAIChat),
        baseURL: String?,
        paths: Paths = .appended,
        credential: Credential = .bearer,
        quirks: ChatQuirks = .openAI,
        fields: [UpstreamField] = [],
        reference: String
    ) {
        self.kind = kind
        self.speech = speech
        self.baseURL = baseURL
        self.paths = paths
        self.credential = credential
        self.quirks = quirks
        self.fields = fields
        self.reference = reference
    }
}

extension ProviderProfile {
    /// What an endpoint speaks.
    package enum Speech: Sendable, Hashable {
        case dialect(Dialect)
        /// The built-in demo: OpenAI's Chat Completions, asked without a connection.
        case demo
    }

    /// How a path hangs on the base URL.
    package enum Paths: Sendable, Hashable {
        /// The base URL holds the version: `{base}/chat/completions`.
        case appended
        /// The base URL holds no version: `{base}/v1/chat/completions`; one that ends in `/v1` is taken as it is.
        case versioned
        /// Azure: `{base}/openai/v1/chat/completions` for the API version `v1`, else
        /// `{base}/openai/deployments/{model}/chat/completions?api-version={version}`.
        case azure
        /// `{base}/v1/messages`; a base URL that ends in `/v1` is taken as it is.
        case anthropic
        /// `{base}/v1beta/models/{model}:generateContent`; a base URL that ends in a version is taken as it is.
        case gemini
        /// `{base}/v1/projects/{project}/locations/{location}/publishers/google/models/{model}:generateContent`.
        case vertex
        /// `{base}/model/{model}/converse`.
        case bedrock
        /// `{base}/v2/chat`.
        case cohere
    }

    /// Where the key goes.
    package enum Credential: Sendable, Hashable {
        /// `Authorization: Bearer {key}`.
        case bearer
        /// A header field of its own.
        case field(String)
        /// An AWS signature (Signature Version 4) for `service`; a key, where there is one, is sent as a bearer token.
        case aws(service: String)
        /// A Google access token as a bearer token.
        case google
        /// No key is sent.
        case none
    }
}

extension ProviderProfile {
    /// The dialect its endpoint speaks.
    package var dialect: Dialect {
        switch self.speech {
        case .dialect(let dialect): dialect
        case .demo: .openAIChat
        }
    }

    /// Whose signatures `model` understands at a provider of this kind, asked in `dialect`; nil where it makes none.
    package func family(of model: String, in dialect: Dialect) -> SignatureFamily? {
        switch dialect {
        case .openAIResponses: .openAI
        case .anthropicMessages: .anthropic
        case .gemini: .gemini
        case .bedrockConverse: model.contains("anthropic.") ? .anthropic : SignatureFamily("bedrock")
        case .openAIChat, .ollama, .cohere: nil
        }
    }

    /// The row of `kind`, or nil for a kind that is not known.
    package static func named(_ kind: String) -> ProviderProfile? { Self.all.first { $0.kind == kind } }

    /// Every kind, in the order of the documentation.
    package static let all: [ProviderProfile] = [
        ProviderProfile(
            "openai",
            baseURL: "https://api.openai.com/v1",
            reference: "https://platform.openai.com/docs/api-reference/chat"
        ),
        ProviderProfile(
            "azure-openai",
            baseURL: nil,
            paths: .azure,
            credential: .field("api-key"),
            reference: "https://learn.microsoft.com/azure/ai-services/openai/reference"
        ),
        ProviderProfile(
            "ollama",
            baseURL: "http://127.0.0.1:11434",
            paths: .versioned,
            quirks: .ollama,
            reference: "https://github.com/ollama/ollama/blob/main/docs/openai.md"
        ),
        ProviderProfile(
            "mistral",
            baseURL: "https://api.mistral.ai/v1",
            quirks: .mistral,
            reference: "https://docs.mistral.ai/api/#tag/chat"
        ),
        ProviderProfile(
            "groq",
            baseURL: "https://api.groq.com/openai/v1",
            quirks: .groq,
            reference: "https://console.groq.com/docs/api-reference#chat"
        ),
        ProviderProfile(
            "deepseek",
            baseURL: "https://api.deepseek.com",
            quirks: .deepSeek,
            reference: "https://api-docs.deepseek.com/api/create-chat-completion"
        ),
        ProviderProfile(
            "xai",
            baseURL: "https://api.x.ai/v1",
            quirks: .xAI,
            reference: "https://docs.x.ai/docs/api-reference#chat-completions"
        ),
        ProviderProfile(
            "together",
            baseURL: "https://api.together.xyz/v1",
            quirks: .together,
            reference: "https://docs.together.ai/reference/chat-completions-1"
        ),
        ProviderProfile(
            "fireworks",
            baseURL: "https://api.fireworks.ai/inference/v1",
            quirks: .fireworks,
            reference: "https://docs.fireworks.ai/api-reference/post-chatcompletions"
        ),
        ProviderProfile(
            "openrouter",
            baseURL: "https://openrouter.ai/api/v1",
            quirks: .openRouter,
            reference: "https://openrouter.ai/docs/api-reference/chat-completion"
        ),
        ProviderProfile(
            "perplexity",
            baseURL: "https://api.perplexity.ai",
            quirks: .perplexity,
            reference: "https://docs.perplexity.ai/api-reference/chat-completions-post"
        ),
        ProviderProfile(
            "cerebras",
            baseURL: "https://api.cerebras.ai/v1",
            quirks: .cerebras,
            reference: "https://inference-docs.cerebras.ai/api-reference/chat-completions"
        ),
        ProviderProfile(
            "nvidia",
            baseURL: "https://integrate.api.nvidia.com/v1",
            quirks: .nvidia,
            reference: "https://docs.api.nvidia.com/nim/reference/llm-apis"
        ),
        ProviderProfile(
            "huggingface",
            baseURL: "https://router.huggingface.co/v1",
            quirks: .huggingFace,
            reference: "https://huggingface.co/docs/inference-providers/tasks/chat-completion"
        ),
        ProviderProfile(
            "demo",
            speaks: .demo,
            baseURL: nil,
            credential: .none,
            reference: "https://platform.openai.com/docs/api-reference/chat"
        ),
        ProviderProfile(
            "anthropic",
            speaks: .dialect(.anthropicMessages),
            baseURL: "https://api.anthropic.com",
            paths: .anthropic,
            credential: .field("x-api-key"),
            reference: "https://docs.anthropic.com/en/api/messages"
        ),
        ProviderProfile(
            "gemini",
            speaks: .dialect(.gemini),
            baseURL: "https://generativelanguage.googleapis.com",
            paths: .gemini,
            credential: .field("x-goog-api-key"),
            reference: "https://ai.google.dev/api/generate-content"
        ),
        ProviderProfile(
            "vertex",
            speaks: .dialect(.gemini),
            baseURL: nil,
            paths: .vertex,
            credential: .google,
            reference: "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference"
        ),
        ProviderProfile(
            "bedrock",
            speaks: .dialect(.bedrockConverse),
            baseURL: nil,
            paths: .bedrock,
            credential: .aws(service: "bedrock"),
            reference: "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html"
        ),
        ProviderProfile(
            "cohere",
            speaks: .dialect(.cohere),
            baseURL: "https://api.cohere.com",
            paths: .cohere,
            reference: "https://docs.cohere.com/reference/chat"
        ),
    ]
}
