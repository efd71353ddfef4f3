/// What an encoder of requests must know of the model it writes for: which parameters it takes, and how it wants them.
///
/// The defaults are those of a model nothing is known of: everything is sent as the client wrote it.
package struct ModelTraits: Sendable, Hashable {
    /// Which sampling parameters are honoured.
    package enum Sampling: Sendable, Hashable {
        /// None: to send one is an error (reasoning models of OpenAI, Claude from 4.7 on).
        case none
        /// `temperature` or `top_p`, not both.
        case temperatureOrTopP
        case full
    }

    /// How the model is asked to reason.
    package enum Reasoning: Sendable, Hashable {
        /// It cannot, or takes no say.
        case none
        /// By a word of effort (`reasoning_effort` and its like).
        case effort
        /// By a budget of tokens (Claude before adaptive thinking, Gemini 2.5).
        case budget
        /// By a level (Gemini 3).
        case level
        /// It decides by itself, guided by an effort (Claude's adaptive thinking).
        case adaptive
        /// On or off, nothing between.
        case toggle
    }

    /// The name of the output limit in OpenAI's dialect.
    package enum TokenParameter: Sendable, Hashable {
        case maxTokens
        case maxCompletionTokens
    }

    /// Under which role a model takes its instructions in OpenAI's dialect.
    package enum SystemRole: Sendable, Hashable {
        case system
        case developer
        case user
    }

    package var sampling = Sampling.full
    package var topK = true
    package var reasoning = Reasoning.none
    /// The words of effort it takes, weakest first; empty where they are not known.
    package var efforts: [String] = []
    /// Whether it reasons whatever it is told.
    package var reasoningAlwaysOn = false
    /// The least and the most tokens of a reasoning budget.
    package var budgetRange: ClosedRange<Int>?
    /// Whether a request may force a tool call.
    package var forcedToolChoice = true
    /// Whether it goes on from an assistant message at the end.
    package var prefill = false
    /// Whether it takes system messages between the others.
    package var midSystem = false
    /// Whether it keeps to a JSON Schema by itself.
    package var nativeJSONSchema = true
    /// Whether it takes a schema for its answer beside tools.
    package var schemaWithTools = true
    package var tokenParameter = TokenParameter.maxTokens
    package var systemRole = SystemRole.system
    /// Whether it takes images by URL.
    package var imageURLs = false
    /// Whether it takes images inside tool results.
    package var toolResultImages = false
    /// Whether Anthropic's API version 2026-10-21 is the one to ask it with.
    package var newestAnthropicVersion = false
    /// Whether it is served by OpenAI's Responses API alone.
    package var responsesOnly = false
    /// The most tokens it answers with; nil where that is not known.
    package var outputLimit: Int?

    /// A model nothing is known of.
    package init() {}
}
