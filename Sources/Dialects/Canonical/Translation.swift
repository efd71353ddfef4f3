package import Core
package import JSON

/// The model a request is written for.
package struct TranslationTarget: Sendable {
    /// The provider's own name of the model.
    package var model: String
    package var traits: ModelTraits
    /// Whose signatures the model understands; nil where it has none.
    package var family: SignatureFamily?
    /// Whether Gemini is asked by Vertex, which differs in details.
    package var isVertex = false
    /// How an OpenAI-compatible server differs from OpenAI.
    package var quirks = ChatQuirks.openAI

    /// A target.
    package init(model: String, traits: ModelTraits = ModelTraits(), family: SignatureFamily? = nil) {
        self.model = model
        self.traits = traits
        self.family = family
    }
}

/// A request as it goes to a target.
package struct EncodedRequest: Sendable {
    /// The JSON body.
    package var body: [UInt8]
    /// Header fields the body asks for, such as `anthropic-version`; names in lower case.
    package var fields: [(name: String, value: String)] = []
    /// What the reply must be shaped by.
    package var plan: ReplyPlan

    /// An encoded request.
    package init(body: [UInt8], fields: [(name: String, value: String)] = [], plan: ReplyPlan = ReplyPlan()) {
        self.body = body
        self.fields = fields
        self.plan = plan
    }
}

/// What was done to a request and must be undone in its reply (``ReplyShaper`` does).
package struct ReplyPlan: Sendable {
    /// Names of tools as they were sent, and as the client knows them, where the two differ.
    package var names = NameTable()
    /// The tool that stands in for structured output: its arguments are the answer's text.
    package var schemaTool: String?
    /// Tools the client calls custom: their one argument `input` is their text.
    package var customTools: Set<String> = []
    /// Whether only the first call of an answer is passed on.
    package var firstCallOnly = false
    /// Stop sequences the target does not heed: the answer is cut at the first of them.
    package var stops: [String] = []

    /// Nothing to undo.
    package init() {}

    /// Whether the reply passes as it is.
    package var isPlain: Bool {
        self.names.isEmpty && self.schemaTool == nil && self.customTools.isEmpty && !self.firstCallOnly
            && self.stops.isEmpty
    }
}

/// Where a reply comes from.
package struct ReplySource: Sendable {
    /// The model as it was asked for upstream.
    package var model: String
    /// Whose signatures the reply carries.
    package var family: SignatureFamily?
    /// What ids of calls are made from where the provider gives none: unique for each request.
    package var seed: String
    package var quirks = ChatQuirks.openAI

    /// A source.
    package init(model: String, family: SignatureFamily? = nil, seed: String) {
        self.model = model
        self.family = family
        self.seed = seed
    }
}

/// How a reply is written for the client.
package struct ReplyStyle: Sendable {
    /// Our id of the request: what the reply's own id is made from.
    package var id: String
    /// The model the reply names where the provider did not say.
    package var model: String
    /// Now, in seconds since 1970.
    package var created: Int
    /// Whether a Chat client asked for usage in its stream.
    package var includesUsage = true
    /// Whether a Gemini client wants its stream as one JSON array.
    package var isJSONArray = false
    /// Whether an Ollama client asked for a completion, whose answer is a text and no message.
    package var isGenerate = false
    /// Fields of the request that a Responses client finds again in the reply.
    package var echo: JSONObject?

    /// A style.
    package init(id: String, model: String, created: Int) {
        self.id = id
        self.model = model
        self.created = created
    }
}

/// How the messages of a stream stand in its bytes.
package enum StreamFraming: Sendable, Hashable {
    /// `text/event-stream` (https://html.spec.whatwg.org/multipage/server-sent-events.html).
    case serverSentEvents
    /// `application/vnd.amazon.eventstream`.
    case awsEventStream
    /// `application/x-ndjson`: one JSON text a line.
    case jsonLines
}

/// One message of a streamed reply, taken out of its framing: a server-sent event, an AWS event-stream message, a line.
///
/// The pointers are good for the call they are passed to.
package struct StreamFrame {
    package enum Kind: Sendable, Hashable {
        case event
        /// An AWS exception or error message.
        case exception
    }

    package var kind: Kind
    /// The event's name (`event:`, `:event-type`, `:exception-type`).
    package var name: UnsafeRawBufferPointer?
    package var data: UnsafeRawBufferPointer

    /// A frame.
    package init(kind: Kind = .event, name: UnsafeRawBufferPointer? = nil, data: UnsafeRawBufferPointer) {
        self.kind = kind
        self.name = name
        self.data = data
    }
}

/// Reads a streamed reply: a pure state machine, fed whole frames.
package protocol StreamDecoding: Sendable {
    /// Appends what `frame` says to `events`.
    ///
    /// - Throws: the error the provider sent inside the stream, or what makes the stream no stream of this dialect.
    mutating func receive(_ frame: StreamFrame, into events: inout [CanonicalEvent]) throws(GatewayError)

    /// Asked when the provider closed the connection without an error: what the stream lacks, or nil where it was whole.
    /// May append what the dialect leaves to the end of the stream (an `end` where there is no terminal event).
    mutating func close(into events: inout [CanonicalEvent]) -> GatewayError?
}

/// Writes a streamed reply: a pure state machine, fed every event of a stream in order, save ``CanonicalEvent/end``.
package protocol StreamEncoding: Sendable {
    /// Appends the bytes that tell the client of `event`, framing included.
    mutating func write(_ event: CanonicalEvent, into bytes: inout [UInt8])

    /// Appends what ends the stream as a success: called once, after the answer was accounted for.
    mutating func writeEnd(into bytes: inout [UInt8])

    /// Appends the dialect's own error event; nothing follows it.
    mutating func writeError(_ error: GatewayError, request: RequestID?, into bytes: inout [UInt8])

    /// Appends what keeps the client waiting without telling it anything; nothing where the dialect has no such thing.
    mutating func writeHeartbeat(into bytes: inout [UInt8])
}
