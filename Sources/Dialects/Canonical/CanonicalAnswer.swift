package import Core
package import JSON

/// A whole answer in no dialect.
package struct CanonicalAnswer: Sendable {
    /// The provider's id of the answer; nil where it gave none.
    package var id: String?
    /// The model that answered, in the provider's words; nil where it did not say.
    package var model: String?
    package var choices: [Choice]
    /// nil where the provider did not say.
    package var usage: Usage?
    package var serviceTier: String?

    package struct Choice: Sendable {
        package var index: Int
        package var parts: [Part]
        package var stop: StopReason
        /// The likelihood of tokens in OpenAI's shape (`{"content":[…]}`).
        package var logprobs: JSONValue?

        /// A choice.
        package init(index: Int = 0, parts: [Part], stop: StopReason) {
            self.index = index
            self.parts = parts
            self.stop = stop
        }
    }

    /// An answer.
    package init(id: String? = nil, model: String? = nil, choices: [Choice], usage: Usage? = nil) {
        self.id = id
        self.model = model
        self.choices = choices
        self.usage = usage
    }
}

/// Why an answer ended.
package enum StopReason: Sendable, Hashable {
    case stop
    /// One of the request's stop sequences, where the provider says which.
    case stopSequence(String?)
    case length
    /// The context window was full.
    case contextWindow
    case toolCalls
    case contentFilter
    /// The model itself refused; the text is the provider's explanation.
    case refusal(String?)
    /// A long turn of server tools paused; the client sends it back as it is.
    case pauseTurn
    /// The model wrote a call or text that the provider could not read.
    case malformed
    /// A word no one knows; treated as a stop.
    case other(String)

    /// The reason with what the answer holds taken into account: providers say `stop` beside calls.
    package func derived(callsTools: Bool) -> StopReason {
        switch self {
        case .stop, .other: callsTools ? .toolCalls : self
        case .toolCalls: callsTools ? self : .stop
        default: self
        }
    }
}

/// A step of a streamed answer in no dialect.
///
/// Blocks are numbered by the decoder from 0 in the order they begin, whatever choice they belong to. Several may be open
/// at once (OpenAI interleaves calls). A decoder begins a block before its first delta and stops every block before
/// ``finish(choice:_:)``.
package enum CanonicalEvent: Sendable {
    /// The first event: the provider's id and model, and the usage it already knows (Anthropic's input).
    case start(id: String?, model: String?, usage: Usage?)
    case blockStart(block: Int, choice: Int, BlockKind)
    case delta(block: Int, BlockDelta)
    case blockStop(block: Int)
    case finish(choice: Int, StopReason)
    /// Everything so far, not what came on top; the last one counts.
    case usage(Usage)
    /// The provider said it is still there.
    case heartbeat
    /// The dialect's terminal event: from here on an end is a success.
    case end

    package enum BlockKind: Sendable {
        case text
        case thinking
        /// Encrypted reasoning, whole; the blob comes as a signature delta.
        case redactedThinking
        case refusal
        /// A call; its arguments come as deltas.
        case toolCall(id: String, name: String, kind: ToolCall.Kind)
        /// A part that comes whole: an image, audio, a block only its dialect knows.
        case whole(Part)
    }

    package enum BlockDelta: Sendable {
        /// Text of a text, thinking or refusal block.
        case text(String)
        /// A piece of a call's arguments.
        case arguments(String)
        case signature(Signature)
        case citation(Opaque)
        /// Likelihoods in OpenAI's shape.
        case logprobs(JSONValue)
    }

    /// Whether a client would see something of it: what makes a stream worth beginning.
    package var isContent: Bool {
        switch self {
        case .delta(_, .text(let text)): !text.isEmpty
        case .delta(_, .arguments(let text)): !text.isEmpty
        case .blockStart(_, _, .toolCall), .blockStart(_, _, .whole): true
        default: false
        }
    }
}

extension StopReason {
    /// The reason in OpenAI's words, which records and metrics use for every dialect.
    package var word: String {
        switch self {
        case .stop, .stopSequence, .pauseTurn, .malformed, .other, .refusal: "stop"
        case .length, .contextWindow: "length"
        case .toolCalls: "tool_calls"
        case .contentFilter: "content_filter"
        }
    }
}
