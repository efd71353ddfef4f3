import Core
import Dialects
import HTTP1

/// What a path of the data port is: the one place that knows the paths clients may ask.
enum Surface: Equatable {
    case generate(Generation)
    case models(Dialect)
    case model(String, Dialect)
    case ollama(OllamaPage)
    case health
    case readiness

    /// A page of an Ollama server that needs no key.
    enum OllamaPage: Equatable {
        case greeting
        case version
    }

    /// An answer of a model, or its like, is asked for.
    struct Generation: Equatable {
        var dialect: Dialect
        /// Which of OpenAI's endpoints; `chat` in every other dialect.
        var endpoint = ChatEndpoint.chat
        /// The model, where the path names it.
        var model: String?
        /// Whether a stream is asked for, where the path says so.
        var stream: Bool?
        /// Whether a Gemini stream is one JSON array rather than events.
        var isJSONArray = false
        /// Whether an Ollama client asks for a completion.
        var isGenerate = false
        /// The cloud whose envelope a Claude client's messages stand in.
        var envelope: ClaudeEnvelope?
    }

    /// - Throws: `notFound` with the paths that are served, `methodNotAllowed` with the method that is.
    static func of(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) throws(GatewayError) -> Surface {
        let path = UnsafeRawBufferPointer(rebasing: bytes[head.path])
        // The commonest path, without a look at the others.
        if path.isExactly("/v1/chat/completions"), head.method == .post {
            return .generate(Generation(dialect: .openAIChat))
        }
        guard let surface = try Self.named(path, head, bytes) else { throw Self.notFound(Self.dialect(of: path)) }
        guard surface.allows(head.method) else {
            throw GatewayError(.methodNotAllowed, origin: .client, "this path takes \(surface.allowed)")
        }
        return surface
    }

    private static func named(
        _ path: UnsafeRawBufferPointer,
        _ head: RequestHead,
        _ bytes: UnsafeRawBufferPointer
    ) throws(GatewayError) -> Surface? {
        if path.isExactly("/healthz") { return .health }
        if path.isExactly("/readyz") { return .readiness }
        if let surface = try OpenAIPaths.surface(path) { return surface }
        if path.isExactly("/v1/messages") || path.isExactly("/anthropic/v1/messages") {
            return .generate(Generation(dialect: .anthropicMessages))
        }
        if let surface = try GooglePaths.surface(path, head, bytes) { return surface }
        if let surface = try BedrockPaths.surface(path) { return surface }
        if let surface = OllamaPaths.surface(path) { return surface }
        // Three SDKs ask for their models at this path.
        if path.isExactly("/v1/models") { return .models(Self.listDialect(head, bytes)) }
        if path.equals("/v1/models/", at: 0), path.count > 11 {
            let name = try PathText.decoded(UnsafeRawBufferPointer(rebasing: path[11...]))
            return .model(name, Self.listDialect(head, bytes))
        }
        return nil
    }

    /// Who asks for a list of models: the field an Anthropic client sends with every request, or where a Google client puts
    /// its key.
    private static func listDialect(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) -> Dialect {
        if head.table.first("anthropic-version", in: bytes) != nil { return .anthropicMessages }
        if head.table.first("x-goog-api-key", in: bytes) != nil { return .gemini }
        if let query = head.query, PathText.parameter("key", in: UnsafeRawBufferPointer(rebasing: bytes[query])) != nil
        {
            return .gemini
        }
        return .openAIChat
    }

    /// The dialect a client most likely speaks that asks for `path`, served or not: what its error is written in.
    static func dialect(of path: UnsafeRawBufferPointer) -> Dialect {
        if path.equals("/v1/messages", at: 0) || path.equals("/anthropic/", at: 0) { return .anthropicMessages }
        if path.equals("/v1beta", at: 0) || path.equals("/v1/projects/", at: 0) { return .gemini }
        if path.equals("/model/", at: 0) { return .bedrockConverse }
        if path.equals("/api/", at: 0) { return .ollama }
        return .openAIChat
    }

    private static func notFound(_ dialect: Dialect) -> GatewayError {
        let served =
            switch dialect {
            case .openAIChat, .openAIResponses, .cohere:
                "POST /v1/chat/completions, /v1/responses, /v1/completions, /v1/embeddings and GET /v1/models are"
            case .anthropicMessages: "POST /v1/messages and GET /v1/models are"
            case .gemini:
                "POST /v1beta/models/MODEL:generateContent and :streamGenerateContent and GET /v1beta/models are"
            case .ollama: "POST /api/chat and /api/generate and GET /api/tags are"
            case .bedrockConverse:
                "POST /model/MODEL/converse, /converse-stream, /invoke and /invoke-with-response-stream are"
            }
        return GatewayError(.notFound, origin: .client, "nothing is served at this path; \(served)")
    }

    /// The dialect errors are written in.
    var dialect: Dialect {
        switch self {
        // A client of Bedrock reads errors as AWS writes them, whatever stands in the body.
        case .generate(let generation): generation.envelope == .bedrock ? .bedrockConverse : generation.dialect
        case .ollama: .ollama
        case .models(let dialect), .model(_, let dialect): dialect
        case .health, .readiness: .openAIChat
        }
    }

    /// The value of an `Allow` field.
    var allowed: String {
        switch self {
        case .generate: "POST"
        case .models, .model, .ollama, .health, .readiness: "GET, HEAD"
        }
    }

    private func allows(_ method: RequestHead.Method) -> Bool {
        switch self {
        case .generate: method == .post
        case .models, .model, .ollama, .health, .readiness: method == .get || method == .head
        }
    }

    /// The `Allow` field for a path whose method was refused.
    static func allowed(_ head: RequestHead, _ bytes: UnsafeRawBufferPointer) -> String {
        let path = UnsafeRawBufferPointer(rebasing: bytes[head.path])
        return (try? Self.named(path, head, bytes))??.allowed ?? "POST"
    }
}
