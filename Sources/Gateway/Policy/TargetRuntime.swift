import Core
import Credentials
import Dialects
import JSON
import NIOCore
import Providers
import Transport
import TurnpikeConfiguration

/// One target as it is asked: everything of the upstream request that is the same every time, as bytes.
final class TargetRuntime: Sendable {
    /// `provider/model`.
    let name: String
    /// The name the provider knows the model by.
    let model: String
    let provider: ProviderRuntime
    /// What encoders of requests must know of the model.
    let translation: TranslationTarget
    /// The field lines of every answer that comes from here: `x-turnpike-target` and `x-turnpike-route`.
    let answerLines: [UInt8]
    private let heads: [UpstreamOperation: Head]
    private let apis: [Dialect: UpstreamAPI]

    /// How the target is asked for a client that speaks `client`; found out once, as it depends on nothing else.
    func api(for client: Dialect) -> UpstreamAPI {
        self.apis[client] ?? self.provider.api(for: client, model: self.model, self.translation.traits)
    }

    /// What an encoder must know to write for this target in `dialect`.
    func translation(in dialect: Dialect) -> TranslationTarget {
        var translation = self.translation
        translation.family = self.provider.upstream.profile.family(of: self.model, in: dialect)
        return translation
    }

    /// The request line and fields that never change.
    private struct Head: Sendable {
        /// Up to where the credential, what depends on the request and `content-length` follow.
        var bytes: [UInt8]
        /// What a signature covers.
        var target: [UInt8]
        var authority: String
    }

    /// - Parameter model: the name the provider knows the target's model by.
    init(_ target: Target, sentAs model: String, route: String, provider: ProviderRuntime, traits: ModelTraits) {
        self.name = target.description
        self.model = model
        self.provider = provider
        var translation = TranslationTarget(model: model, traits: traits)
        translation.isVertex = provider.upstream.profile.paths == .vertex
        translation.quirks = provider.quirks
        self.translation = translation
        self.answerLines = AnswerHead.lines([("x-turnpike-target", target.description), ("x-turnpike-route", route)])
        var heads: [UpstreamOperation: Head] = [:]
        for operation in UpstreamOperation.allCases {
            heads[operation] = TargetRuntime.head(of: model, operation, provider)
        }
        self.heads = heads
        var apis: [Dialect: UpstreamAPI] = [:]
        for dialect in Dialect.allCases { apis[dialect] = provider.api(for: dialect, model: model, traits) }
        self.apis = apis
    }

    private static func head(of model: String, _ operation: UpstreamOperation, _ provider: ProviderRuntime) -> Head {
        let plan = provider.upstream.plan(model: model, operation: operation)
        let path = plan?.target ?? Array("/v1/\(operation.demoPath)".utf8)
        var head = Array("POST ".utf8)
        head.append(contentsOf: path)
        head.append(contentsOf: " HTTP/1.1\r\nhost: \(plan?.authority ?? "demo")\r\n".utf8)
        head.append(contentsOf: "content-type: application/json\r\naccept: */*\r\naccept-encoding: identity\r\n".utf8)
        head.append(contentsOf: "user-agent: turnpike/\(GatewayVersion.text)\r\n".utf8)
        for field in plan?.fields ?? [] { head.append(contentsOf: FieldLine.bytes(of: field)) }
        return Head(bytes: head, target: path, authority: plan?.authority ?? "demo")
    }

    /// The bytes of a request to this target: the client's body with `splices` in place.
    ///
    /// The body from the last splice on is a slice of the client's, unless it is small enough that one write is cheaper.
    func request(
        _ operation: UpstreamOperation,
        body: ByteBuffer,
        splices: [Splice],
        signIn: SignIn,
        forwarding fields: ByteBuffer?,
        in pool: BufferPool
    ) -> UpstreamRequest {
        if case .signature = signIn.proof {
            // A signature covers the body, so the body has to be one.
            let body = body.withUnsafeReadableBytes { Splice.apply(splices, to: $0) }
            let whole = EncodedRequest(body: body)
            return self.request(operation, encoded: whole, signIn: signIn, forwarding: fields)
        }
        let head = self.heads[operation]
        let length = splices.reduce(body.readableBytes) { $0 + $1.replacement.count - $1.range.count }
        let lastEdit = splices.last?.range.upperBound ?? 0
        let tail = body.readableBytes - lastEdit
        let inlinesTail = tail <= 8192
        let edited = length - tail
        var first = pool.take(
            capacity: (head?.bytes.count ?? 0) + (fields?.readableBytes ?? 0) + 256 + edited + (inlinesTail ? tail : 0)
        )
        if let head { first.writeBytes(head.bytes) }
        if case .line(let line) = signIn.proof { first.writeBytes(line) }
        if let fields { first.writeImmutableBuffer(fields) }
        first.writeStaticString("content-length: ")
        first.writeDecimal(length)
        first.writeStaticString("\r\n\r\n")
        body.withUnsafeReadableBytes { bytes in
            var at = 0
            for splice in splices {
                first.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[at..<splice.range.lowerBound]))
                first.writeBytes(splice.replacement)
                at = splice.range.upperBound
            }
            if inlinesTail { first.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[at...])) }
        }
        let rest = inlinesTail ? nil : body.getSlice(at: body.readerIndex + lastEdit, length: tail)
        return UpstreamRequest(first: first, rest: rest)
    }

    /// The bytes of a request to this target with a body of the gateway's own.
    func request(
        _ operation: UpstreamOperation,
        encoded: EncodedRequest,
        signIn: SignIn,
        forwarding fields: ByteBuffer?
    ) -> UpstreamRequest {
        let head = self.heads[operation]
        var bytes = head?.bytes ?? []
        bytes.reserveCapacity(bytes.count + encoded.body.count + 1024)
        switch signIn.proof {
        case .line(let line): bytes.append(contentsOf: line)
        case .signature(let pair, let signer):
            encoded.body.withUnsafeBytes { body in
                signer.sign(
                    method: "POST",
                    target: head?.target ?? [],
                    host: head?.authority ?? "",
                    contentType: "application/json",
                    body: [body],
                    credentials: pair,
                    now: Int64(unixMilliseconds() / 1000),
                    into: &bytes
                )
            }
        }
        for field in encoded.fields { bytes.append(contentsOf: "\(field.name): \(field.value)\r\n".utf8) }
        if let fields { bytes.append(contentsOf: fields.readableBytesView) }
        bytes.append(contentsOf: "content-length: \(encoded.body.count)\r\n\r\n".utf8)
        bytes.append(contentsOf: encoded.body)
        return UpstreamRequest(first: ByteBuffer(bytes: bytes))
    }
}

extension UpstreamOperation {
    /// The path of the demo, which is asked without a plan.
    fileprivate var demoPath: String {
        switch self {
        case .chat, .chatStream: ChatEndpoint.chat.path
        case .completions: ChatEndpoint.completions.path
        case .embeddings: ChatEndpoint.embeddings.path
        case .responses: "responses"
        case .ollamaChat, .claude, .claudeStream: ""
        }
    }

    /// What is asked of a provider by way of `api`.
    init(_ facts: RequestFacts, _ api: UpstreamAPI) {
        self =
            switch facts.endpoint {
            case .chat where api.dialect == .openAIResponses: .responses
            case .chat where api.dialect == .ollama: .ollamaChat
            case .chat where api.envelope != nil: facts.stream ? .claudeStream : .claude
            case .chat: facts.stream ? .chatStream : .chat
            case .completions: .completions
            case .embeddings: .embeddings
            }
    }
}

/// The version the gateway names itself with.
package enum GatewayVersion {
    package static let text = "0.1.0"
}
