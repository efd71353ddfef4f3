/// How requests to a model have to be shaped: what the encoders of the dialects ask before they write a field.
///
/// The defaults are those of an unknown model: everything may be said, nothing is assumed. The catalogue fills them from
/// its entry of the model and from the rules of the model's family.
package struct ModelTraits: Sendable, Hashable {
    /// Which sampling parameters are honoured.
    package var sampling = Sampling.full
    /// Whether sampling parameters are taken after all where the request turns reasoning off (effort `none`).
    package var samplesWithoutReasoning = false
    /// Whether `top_k` is taken.
    package var topK = true
    /// Whether frequency and presence penalties are taken.
    package var penalties = true
    /// Whether stop sequences are taken.
    package var stop = true
    /// The highest temperature that is taken.
    package var temperatureLimit = 2
    /// How reasoning is asked for.
    package var reasoning = Reasoning.none
    /// The efforts or levels that may be asked for, in rising order; empty where there are none to choose.
    package var efforts: [String] = []
    /// The effort the model uses where none is asked for; nil where it is not known.
    package var defaultEffort: String?
    /// Whether the model reasons whatever the request says, so that turning it off is an error.
    package var reasoningAlwaysOn = false
    /// The token budgets of reasoning that may be asked for; nil where a budget is not taken. 0 turns reasoning off.
    package var budgetRange: ClosedRange<Int>?
    /// Whether a tool may be forced (`required`, or one by name).
    package var forcedToolChoice = true
    /// Whether a tool may be forced while the model reasons.
    package var forcedToolWithReasoning = true
    /// Whether the request may end with the beginning of the answer.
    package var prefill = false
    /// Whether system messages may stand between the others.
    package var midSystem = false
    /// Whether an answer can be held to a JSON Schema by the provider itself.
    package var nativeJSONSchema = true
    /// Whether tools and a JSON Schema may stand in one request.
    package var schemaWithTools = true
    /// Whether there is a field that keeps the model to one call at a time.
    package var parallelToolSwitch = true
    /// The field that limits the answer.
    package var tokenParameter = TokenParameter.maxTokens
    /// The role of instructions at the head of the conversation.
    package var systemRole = SystemRole.system
    /// Whether it takes images.
    package var images = true
    /// Whether it takes audio.
    package var audio = true
    /// Whether it takes documents such as PDF.
    package var documents = true
    /// Whether it takes video.
    package var video = true
    /// Whether images may be given by their address, for the provider to fetch.
    package var imageURLs = false
    /// Whether the result of a tool may hold images.
    package var toolResultImages = false
    /// The version of Anthropic's API the model is best asked with; what matters only where that API is spoken.
    package var anthropicVersion = AnthropicVersion.v2023
    /// Whether only OpenAI's Responses API serves the model.
    package var responsesOnly = false
    /// The most tokens it answers with; nil where that is not known.
    package var outputLimit: Int?

    /// Whether the model is best asked with Anthropic's newest version.
    package var newestAnthropicVersion: Bool {
        get { self.anthropicVersion == .v2026 }
        set { self.anthropicVersion = newValue ? .v2026 : .v2023 }
    }

    /// The defaults of an unknown model.
    package init() {}
}

extension ModelTraits {
    /// Which sampling parameters are honoured.
    package enum Sampling: String, Sendable, Hashable {
        /// None: they are refused, even with their default values.
        case none
        /// Temperature or top-p, not both.
        case temperatureOrTopP
        /// All of them.
        case full
    }

    /// How reasoning is asked for.
    package enum Reasoning: String, Sendable, Hashable {
        /// Not at all: the model does not reason, or cannot be told how.
        case none
        /// By a word (`reasoning_effort`).
        case effort
        /// By a number of tokens.
        case budget
        /// By Gemini's thinking level.
        case level
        /// By Claude's adaptive thinking with an effort.
        case adaptive
        /// On or off.
        case toggle
    }

    /// The field that limits the answer.
    package enum TokenParameter: String, Sendable, Hashable {
        /// `max_tokens`, which every OpenAI-compatible server knows.
        case maxTokens = "max_tokens"
        /// `max_completion_tokens`, which OpenAI's reasoning models insist on.
        case maxCompletionTokens = "max_completion_tokens"
    }

    /// The role of instructions at the head of the conversation.
    package enum SystemRole: String, Sendable, Hashable {
        /// `system`.
        case system
        /// `developer`, at OpenAI's reasoning models.
        case developer
        /// `user`: the model knows no instructions but takes them as a user's message.
        case user
        /// None: the model refuses them.
        case none
    }

    /// A version of Anthropic's API (the header `anthropic-version`).
    package enum AnthropicVersion: String, Sendable, Hashable {
        /// The version that takes sampling parameters.
        case v2023 = "2023-06-01"
        /// The version that refuses them, which newer models go with.
        case v2026 = "2026-10-21"
    }
}
