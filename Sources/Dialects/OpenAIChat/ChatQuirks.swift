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

    /// Fields by which servers are asked to reason.
    package enum ReasoningParameter: Sendable, Hashable {
        /// `reasoning_effort`, a word.
        case effort
        /// OpenRouter's `reasoning`, an object.
        case object
        /// `thinking`, which is enabled or disabled (DeepSeek, Z.ai).
        case thinking
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

    /// OpenAI itself, and any server about which nothing else is known.
    package static let openAI = ChatQuirks()
}
