package import JSON

/// A chat request in no dialect: what every decoder of requests makes, and every encoder writes from.
///
/// Nothing a client said is lost on the way in: what has no place of its own stands in ``extras`` or in an opaque part.
/// What the target cannot take is said in the ``TranslationNotes`` on the way out.
package struct CanonicalRequest: Sendable {
    /// The dialect the client speaks.
    package var dialect: Dialect
    /// The name the client asked for.
    package var model: String
    package var stream = false
    /// The instructions at the head of the conversation.
    package var system: [Part] = []
    package var messages: [Message] = []
    package var tools: [Tool] = []
    /// nil where the client did not say.
    package var toolChoice: ToolChoice?
    /// Whether several calls may stand in one answer; nil where the client did not say.
    package var parallelToolCalls: Bool?
    package var sampling = Sampling()
    /// The most tokens of output, reasoning included.
    package var maxOutput: Int?
    package var stop: [String] = []
    /// How many answers are wanted; nil is one.
    package var choices: Int?
    /// Whether the likelihood of tokens is wanted, and of how many alternatives.
    package var logprobs = false
    package var topLogprobs: Int?
    package var output = OutputFormat.text
    /// `low`, `medium` or `high`.
    package var verbosity: String?
    package var reasoning = ReasoningRequest()
    /// Who the end user is, opaque.
    package var user: String?
    /// What requests of one conversation have in common, by which a provider may find its cache (`prompt_cache_key`): a
    /// hint, left out without a word where there is no place for it.
    package var cacheKey: String?
    /// The client's own labels.
    package var metadata = JSONObject()
    package var serviceTier: String?
    /// The kinds of output wanted beyond text (`audio`, `image`).
    package var modalities: [String] = []
    /// Fields of the client's dialect that have no place here, in the client's order and spelling.
    package var extras = JSONObject()

    /// An empty request.
    package init(dialect: Dialect, model: String) {
        self.dialect = dialect
        self.model = model
    }
}

/// One turn. Tool results are parts of a user's turn, whatever the client's dialect makes of them.
package struct Message: Sendable {
    package enum Role: Sendable, Hashable {
        /// Instructions between the turns.
        case system
        case user
        case assistant
    }

    package var role: Role
    package var parts: [Part]
    /// The name of the one who speaks, in dialects that have it.
    package var name: String?

    /// A turn.
    package init(_ role: Role, _ parts: [Part], name: String? = nil) {
        self.role = role
        self.parts = parts
        self.name = name
    }
}

/// How the next token is chosen. Numbers keep the client's text.
package struct Sampling: Sendable, Hashable {
    package var temperature: JSONNumber?
    package var topP: JSONNumber?
    /// A count: clients that know no integers write `20.0`, which is kept as `20`, the only form some providers read.
    package var topK: JSONNumber? {
        didSet { self.topK = self.topK.map(Self.count) }
    }
    package var minP: JSONNumber?
    package var frequencyPenalty: JSONNumber?
    package var presencePenalty: JSONNumber?
    package var repetitionPenalty: JSONNumber?
    package var seed: JSONNumber?
    /// Token ids and their bias.
    package var logitBias: JSONObject?

    /// The provider's own defaults.
    package init() {}

    /// `number` as an integer where it is a whole one within reason, else as it is.
    private static func count(_ number: JSONNumber) -> JSONNumber {
        guard number.int == nil, let value = number.double, value.magnitude < 1e15, value.rounded() == value else {
            return number
        }
        return JSONNumber(Int(value))
    }
}

/// What the answer must look like.
package enum OutputFormat: Sendable, Hashable {
    case text
    /// JSON of any shape.
    case jsonObject
    case jsonSchema(JSONSchemaFormat)
}

/// A JSON Schema an answer must keep to.
package struct JSONSchemaFormat: Sendable, Hashable {
    /// A name, where the dialect has one.
    package var name: String?
    package var description: String?
    /// The schema, members in the client's order.
    package var schema: JSONValue
    /// Whether the schema must be kept to exactly; nil where the client did not say.
    package var strict: Bool?

    /// A format.
    package init(name: String? = nil, description: String? = nil, schema: JSONValue, strict: Bool? = nil) {
        self.name = name
        self.description = description
        self.schema = schema
        self.strict = strict
    }
}

/// How much the model is to reason.
package struct ReasoningRequest: Sendable, Hashable {
    package enum Effort: String, Sendable, Hashable, CaseIterable {
        case none, minimal, low, medium, high, xhigh, max
    }

    /// Whether reasoning is wanted at all; nil where the client did not say.
    package var isOn: Bool?
    package var effort: Effort?
    /// The most tokens to reason with.
    package var budget: Int?
    /// Whether the reasoning's text, or a summary of it, is wanted in the answer; nil where the client did not say.
    package var isShown: Bool?

    /// The model's own default.
    package init() {}

    /// Whether the client said anything of it.
    package var isSaid: Bool { self.isOn != nil || self.effort != nil || self.budget != nil || self.isShown != nil }
}
