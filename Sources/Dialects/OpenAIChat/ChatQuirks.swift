package import JSON

/// How a server that speaks OpenAI's Chat dialect differs from OpenAI itself, as data.
///
/// Deviations that every reader tolerates for every server (usage on any chunk, repeated roles, several finish chunks,
/// changing chunk ids, numeric error codes, flat error strings) need no switch. The defaults are OpenAI's own behaviour as
/// far as others share it.
package struct ChatQuirks: Sendable, Hashable {
    /// Whether the server takes `stream_options`. Where it does not, it sends usage unasked, and `stream_options` is
    /// never added to a request.
    package var acceptsStreamOptions: Bool
    /// Whether a whole stream ends with `data: [DONE]`. Where it need not, a clean end after every begun choice has its
    /// `finish_reason` counts as complete too.
    package var sendsDone: Bool
    /// Whether `completion_tokens` leaves reasoning tokens out. A `total_tokens` that decides the question wins over
    /// this.
    package var reasoningOutsideCompletion: Bool
    /// Whether the server wants the `reasoning_content` of earlier turns back (DeepSeek refuses a turn of tool calls
    /// without it, https://api-docs.deepseek.com/guides/thinking_mode).
    package var replaysReasoning: Bool
    /// How the server is asked to reason.
    package var reasoning: ReasoningParameter
    /// The ids of calls the server takes.
    package var callIDs: CallID.Rule
    /// Fields of a request the server refuses; `name` is that of a message. They are left out of requests that are
    /// written for it.
    package var refuses: Set<String>
    /// Whether the server knows what so far only OpenAI does: custom tools, a choice among allowed tools, refusals in the
    /// history, `verbosity`.
    package var knowsCustomTools: Bool
    /// Whether the server takes the parameters of sampling that OpenAI does not have: `top_k`, `min_p`,
    /// `repetition_penalty`.
    package var takesMoreSampling: Bool
    /// The field of the number that makes answers repeatable.
    package var seedField = "seed"
    /// The word by which some tool must be called (`any` at Mistral).
    package var requiredChoice = "required"
    /// Whether `tool_choice` is taken at all; where it is not, tools are left out to the same end.
    package var takesToolChoice = true
    /// Whether a tool may be forced while the model reasons.
    package var forcesToolsWhileReasoning = true
    /// Whether tools are taken at all.
    package var takesTools = true
    /// Whether a format of the answer may stand beside tools.
    package var formatWithTools = true
    /// The highest temperature taken, as it is written; nil where the model's own limit is the only one.
    package var highestTemperature: JSONNumber?
    /// What a temperature of 0 is written as, where 0 is refused.
    package var zeroTemperature: JSONNumber?
    /// Fields that models refuse which reason.
    package var refusesWhenReasoning: Set<String> = []
    /// Whether `max_tokens` limits the answer of every model.
    package var alwaysMaxTokens = false
    /// The member of the last message that makes it the beginning of the answer, where it must be said.
    package var prefillField: String?
    /// Whether a user's message right behind the result of a tool is refused.
    package var separatesResults = false
    /// Whether the user's messages and the assistant's must take turns, the user's first.
    package var alternates = false
    /// How reasoning goes back, where it does (``replaysReasoning``).
    package var replay = ReasoningReplay.field
    /// Whether marks for caches (`cache_control`) are passed on to the model's own provider.
    package var passesCacheHints = false

    /// Where the reasoning of earlier turns stands in a message.
    package enum ReasoningReplay: Sendable, Hashable {
        /// In `reasoning_content`, as text.
        case field
        /// In a part of the content of the type `thinking` (Mistral), as text.
        case content
        /// In `reasoning_details` (OpenRouter), with the signatures of the model's own provider.
        case details
    }

    /// Fields by which servers are asked to reason.
    package enum ReasoningParameter: Sendable, Hashable {
        /// `reasoning_effort`, a word.
        case effort
        /// OpenRouter's `reasoning`, an object.
        case object
        /// `thinking`, which is enabled or disabled (DeepSeek, Z.ai).
        case thinking
        /// `reasoning_effort` where the model has efforts to choose from, else Mistral's `prompt_mode`.
        case promptMode
        /// None.
        case none
    }

    /// Quirks that differ from OpenAI's behaviour in what is given.
    package init(
        acceptsStreamOptions: Bool = true,
        sendsDone: Bool = true,
        reasoningOutsideCompletion: Bool = false,
        replaysReasoning: Bool = false,
        reasoning: ReasoningParameter = .effort,
        callIDs: CallID.Rule = .chat,
        refuses: Set<String> = [],
        knowsCustomTools: Bool = false,
        takesMoreSampling: Bool = false
    ) {
        self.acceptsStreamOptions = acceptsStreamOptions
        self.sendsDone = sendsDone
        self.reasoningOutsideCompletion = reasoningOutsideCompletion
        self.replaysReasoning = replaysReasoning
        self.reasoning = reasoning
        self.callIDs = callIDs
        self.refuses = refuses
        self.knowsCustomTools = knowsCustomTools
        self.takesMoreSampling = takesMoreSampling
    }

    /// The same with what `change` changes.
    package func with(_ change: (inout ChatQuirks) -> Void) -> ChatQuirks {
        var quirks = self
        change(&quirks)
        return quirks
    }

    /// OpenAI itself, and any server about which nothing else is known.
    package static let openAI = ChatQuirks()
}
