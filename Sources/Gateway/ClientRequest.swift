import Core
import Dialects
import JSON
import NIOCore
import Transport

/// What the client asks, whichever target it goes to: its bytes, what is known of them, and their canonical form once a
/// target of another dialect needs it.
final class ClientRequest {
    let facts: RequestFacts
    let body: ByteBuffer
    /// How long the client lets the whole request take, where it says so.
    let timeout: Duration?
    /// Whether the client would rather be refused than answered without something it asked for.
    let isStrict: Bool
    /// Whether a Gemini client wants its stream as one JSON array.
    let isJSONArray: Bool
    private var decoded: CanonicalRequest?

    /// Whether an Ollama client asked for a completion, whose answer is a text and no message.
    let isGenerate: Bool
    /// The cloud whose envelope a Claude client's messages stand in.
    private let envelope: ClaudeEnvelope?

    /// - Throws: `badRequest` where the body, or a field of the head that steers the gateway, is malformed.
    init(_ generation: Surface.Generation, body: ByteBuffer, request: ServerRequest) throws(GatewayError) {
        self.envelope = generation.envelope
        self.body = generation.envelope == nil ? body : try Self.unwrapped(body, generation)
        self.facts = try self.body.withBytes { bytes throws(GatewayError) in
            try RequestFacts.read(
                bytes,
                dialect: generation.dialect,
                endpoint: generation.endpoint,
                model: generation.envelope == nil ? generation.model : nil,
                stream: generation.envelope == nil ? generation.stream : nil
            )
        }
        self.isJSONArray = generation.isJSONArray
        self.isGenerate = generation.isGenerate
        self.timeout = try RequestTimeout.read(request)
        self.isStrict = try StrictField.read(request)
    }

    /// A body out of its cloud's envelope, as Anthropic itself takes it.
    private static func unwrapped(
        _ body: ByteBuffer,
        _ generation: Surface.Generation
    ) throws(GatewayError) -> ByteBuffer {
        let unwrapped = try body.withBytes { bytes throws(GatewayError) in
            try ClaudeEnvelope.unwrap(bytes, model: generation.model, stream: generation.stream)
        }
        return ByteBuffer(bytes: unwrapped.body)
    }

    /// Whether the conversation holds signatures another provider gave and we wrapped: sent on as they are, they would be
    /// refused. OpenAI's Chat has no place of its own for signatures, so its bodies are not searched.
    lazy var carriesForeignSignatures: Bool = {
        guard self.dialect != .openAIChat else { return false }
        return self.body.withUnsafeReadableBytes { Signature.isWrapped(within: $0) }
    }()

    /// How the client takes its stream.
    var framing: StreamFraming? { self.isJSONArray ? nil : self.envelope?.framing ?? self.dialect.framing }

    /// What writes the client's stream.
    func streamEncoder(_ style: ReplyStyle) -> any StreamEncoding {
        self.envelope?.streamEncoder(style) ?? self.dialect.streamEncoder(style)
    }

    /// The content type of the client's stream.
    func streamContentType(_ style: ReplyStyle) -> StaticString {
        self.envelope == .bedrock
            ? Dialect.bedrockConverse.streamContentType(style) : self.dialect.streamContentType(style)
    }

    /// The dialect the client speaks.
    var dialect: Dialect { self.facts.dialect }

    /// Fields of the request that a Responses client finds again in the reply.
    var echo: JSONObject? {
        guard self.dialect == .openAIResponses else { return nil }
        return self.body.withUnsafeReadableBytes { ResponsesState.echo(of: $0) }
    }

    /// The request in no dialect, decoded once.
    func canonical() throws(GatewayError) -> CanonicalRequest {
        if let decoded = self.decoded { return decoded }
        guard self.facts.endpoint == .chat else {
            throw GatewayError(
                .unsupported,
                origin: .client,
                "this target is asked in another dialect, which /v1/\(self.facts.endpoint.path) is not translated to",
                field: "model"
            )
        }
        let (model, stream) = (self.facts.model, self.facts.stream)
        let decoded = try self.body.withBytes { bytes throws(GatewayError) in
            try self.dialect.decodeRequest(bytes, model: model, stream: stream)
        }
        self.decoded = decoded
        return decoded
    }
}

/// The `x-turnpike-strict` field.
enum StrictField {
    /// - Throws: `badRequest` for anything but `true` and `false`.
    static func read(_ request: ServerRequest) throws(GatewayError) -> Bool {
        switch request.field("x-turnpike-strict") {
        case nil, "false", "0": return false
        case "true", "1": return true
        default:
            throw GatewayError(
                .badRequest,
                origin: .client,
                "x-turnpike-strict is true or false",
                field: "x-turnpike-strict"
            )
        }
    }
}
