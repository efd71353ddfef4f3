import Core
import Dialects
import HTTP1
import NIOCore
import Providers
import Transport

/// One request to one target, from sending it to the moment its answer can be called good.
final class Attempt {
    let target: TargetRuntime
    private let asked: ClientRequest
    private let request: ServerRequest
    /// How the target is asked.
    private let api: UpstreamAPI
    private let began = Instant.now
    private let deadline: Instant
    private var call: UpstreamCall?
    private var signIn = SignIn(proof: .line([]))
    /// What the reply is shaped by; nil where it passes as it comes.
    private var plan: ReplyPlan?
    /// What the translation could not carry over.
    private(set) var notes: TranslationNotes
    /// How the upstream itself named an error of the caller's making.
    private(set) var words: ChatErrorWords?

    /// What the operator has to know of a failure and the client must not.
    private(set) var detail: String?

    /// The longest whole answer that is taken, and the longest error.
    private static let answerBound = 64 << 20
    private static let errorBound = 256 << 10

    init(_ target: TargetRuntime, _ asked: ClientRequest, request: ServerRequest) {
        self.target = target
        self.asked = asked
        self.request = request
        self.api = target.api(for: asked.dialect)
        self.notes = TranslationNotes(isStrict: asked.isStrict)
        let configured = target.provider.delays.total
        let total = asked.timeout.map { min(Delay($0), configured) } ?? configured
        self.deadline = request.received.advanced(by: total)
    }

    /// How long the attempt has taken so far, in nanoseconds.
    var nanoseconds: UInt64 { Instant.now.nanoseconds(since: self.began) }

    /// Whether what the target says has to be told anew: it speaks another dialect than the client, or its stream stands in
    /// another framing.
    var isTranslated: Bool {
        self.api.dialect != self.asked.dialect || self.asked.facts.stream && self.api.framing != self.asked.framing
            || self.asked.isGenerate || self.asked.carriesForeignSignatures
    }

    private var quirks: ChatQuirks { self.target.provider.quirks }

    /// Sends the request and waits for the answer's head.
    ///
    /// - Throws: what the upstream's refusal means, or why there was no answer.
    func open() async throws(GatewayError) {
        guard self.request.isOpen else {
            throw GatewayError(.clientCancelled, origin: .client, "the client went away")
        }
        let encoded = try self.encoded()
        if let held = self.target.provider.credential.held { self.signIn = held } else { try await self.authorize() }
        let call = self.makeCall(encoded)
        try await call.open()
        if let coding = call.field("content-encoding"), coding != "identity" {
            throw self.refuse("the upstream compressed its answer though asked not to")
        }
        if call.head.status != 200 { try await self.readError(call) }
    }

    /// Out of line, so that nothing of it has a place in the asynchronous frame.
    @inline(never)
    private func makeCall(_ encoded: EncodedRequest?) -> UpstreamCall {
        let delays = self.target.provider.delays
        let times = UpstreamTimes(
            connect: delays.connect,
            answer: self.asked.facts.stream ? delays.firstContent : delays.response,
            betweenChunks: delays.betweenChunks,
            total: self.deadline
        )
        let call = UpstreamCall(
            to: self.target.provider.endpoint,
            self.upstreamRequest(encoded),
            times: times,
            context: self.request.context
        )
        self.call = call
        self.request.onClientGone = {
            call.cancel(GatewayError(.clientCancelled, origin: .client, "the client went away"))
        }
        return call
    }

    private func authorize() async throws(GatewayError) {
        do throws(GatewayError) {
            self.signIn = try await self.target.provider.credential.signIn()
        } catch {
            // Which token service was asked, and what it said, is the operator's business.
            guard error.code == .upstreamAuthentication else { throw error }
            self.detail = error.message
            var shown = error
            shown.message = "the gateway has no valid credential for the provider '\(self.target.provider.name)'"
            throw shown
        }
    }

    /// The request as it goes to the target, where that is not the client's own body with the model's name put in.
    private func encoded() throws(GatewayError) -> EncodedRequest? {
        guard self.isTranslated else { return try self.enveloped() }
        let encoded = try self.translated()
        return try self.api.envelope?.wrap(encoded, stream: self.asked.facts.stream) ?? encoded
    }

    /// A Claude client's own body in the envelope of the cloud it goes to; nil where there is none.
    private func enveloped() throws(GatewayError) -> EncodedRequest? {
        guard let envelope = self.api.envelope else { return nil }
        let version = self.request.field("anthropic-version")
        let betas = self.request.field("anthropic-beta")
        let stream = self.asked.facts.stream
        let body = try self.asked.body.withBytes { bytes throws(GatewayError) in
            try envelope.wrap(bytes, version: version, betas: ClaudeEnvelope.betas(betas), stream: stream)
        }
        var encoded = EncodedRequest(body: body)
        if envelope == .vertex, let betas { encoded.fields.append(("anthropic-beta", betas)) }
        return encoded
    }

    /// The client's request in the target's dialect.
    private func translated() throws(GatewayError) -> EncodedRequest {
        let request = try self.asked.canonical()
        do throws(GatewayError) {
            let encoded = try self.api.dialect.encodeRequest(
                request,
                for: self.target.translation(in: self.api.dialect),
                notes: &self.notes
            )
            self.plan = encoded.plan
            return encoded
        } catch {
            var error = error
            // What this target cannot take, another may.
            if error.code == .unsupported { error.retry = .otherTarget }
            throw error
        }
    }

    private func upstreamRequest(_ encoded: EncodedRequest?) -> UpstreamRequest {
        let operation = UpstreamOperation(self.asked.facts, self.api)
        let forwarded = ForwardedFields.of(self.request, to: encoded == nil ? self.asked.dialect : nil)
        guard let encoded else {
            return self.target.request(
                operation,
                body: self.asked.body,
                splices: self.asked.facts.splices(model: self.target.model, quirks: self.quirks),
                signIn: self.signIn,
                forwarding: forwarded,
                in: self.request.context.buffers
            )
        }
        return self.target.request(operation, encoded: encoded, signIn: self.signIn, forwarding: forwarded)
    }

    private func readError(_ call: UpstreamCall) async throws(GatewayError) {
        let body = try await call.body(limit: Self.errorBound)
        let error = body.withUnsafeReadableBytes { bytes in
            if !self.isTranslated, self.asked.dialect == .openAIChat { self.words = ChatErrors.words(bytes) }
            return UpstreamErrors.read(
                status: call.head.status,
                header: { name in call.field(named: name) },
                body: bytes,
                credentials: self.target.provider.secrets
            )
        }
        throw error
    }

    /// Whether another key of the same provider is worth a try after `error`.
    func mayTryAnotherKey(after error: GatewayError) -> Bool {
        self.target.provider.credential.refused(self.signIn, error)
    }

    /// The whole answer as the upstream sent it.
    func wholeBody() async throws(GatewayError) -> ByteBuffer { try await self.opened.body(limit: Self.answerBound) }

    /// The whole answer, judged and in the client's dialect.
    func wholeAnswer(_ body: ByteBuffer) throws(GatewayError) -> (ByteBuffer, ChatAnswerFacts) {
        if !self.isTranslated, self.api.dialect == .openAIChat {
            let facts = try body.withBytes { bytes throws(GatewayError) in
                try ChatAnswerReader.read(bytes, quirks: self.quirks, endpoint: self.asked.facts.endpoint)
            }
            return (body, facts)
        }
        let decoded = try body.withBytes { bytes throws(GatewayError) in
            try self.api.dialect.decodeAnswer(bytes, from: self.source)
        }
        var shaper = ReplyShaper(self.plan ?? ReplyPlan())
        let answer = shaper.shape(decoded)
        let facts = ChatAnswerFacts(
            usage: answer.usage,
            finishReason: answer.choices.first?.stop.word,
            model: answer.model,
            choices: answer.choices.count
        )
        guard self.isTranslated else { return (body, facts) }
        return (ByteBuffer(bytes: self.asked.dialect.encodeAnswer(answer, self.style)), facts)
    }

    /// A stream of OpenAI's to a client of the same dialect, at its first content.
    func chatStream() async throws(GatewayError) -> StreamRelay<ChatPassage> {
        try await self.atContent(self.chatRelay())
    }

    /// A stream of another dialect to a client of the same, at its first content.
    func forwardedStream() async throws(GatewayError) -> StreamRelay<ForwardPassage> {
        try await self.atContent(self.forwardingRelay())
    }

    /// A translated stream, at its first content.
    func translatedStream() async throws(GatewayError) -> StreamRelay<TranslatedPassage> {
        try await self.atContent(self.translatingRelay())
    }

    private func atContent<Passage: StreamPassage>(
        _ relay: StreamRelay<Passage>
    ) async throws(GatewayError) -> StreamRelay<Passage> {
        let commitAt = self.request.received.advanced(by: self.target.provider.delays.commitAfter)
        switch await relay.open(commitAt: commitAt) {
        case .content, .stillWaiting: return relay
        case .failed(let error): throw error
        }
    }

    // Passages are large: out of line, none of them has a place in an asynchronous frame.

    @inline(never)
    private func chatRelay() -> StreamRelay<ChatPassage> {
        self.relay(ChatPassage(quirks: self.quirks, hidesUsage: !self.asked.facts.includesUsage))
    }

    @inline(never)
    private func forwardingRelay() -> StreamRelay<ForwardPassage> {
        self.relay(ForwardPassage(self.asked.dialect, self.source, self.style))
    }

    @inline(never)
    private func translatingRelay() -> StreamRelay<TranslatedPassage> {
        let passage = TranslatedPassage(
            from: self.api,
            self.source,
            to: self.asked.streamEncoder(self.style),
            plan: self.plan ?? ReplyPlan()
        )
        return self.relay(passage)
    }

    private func relay<Passage: StreamPassage>(_ passage: Passage) -> StreamRelay<Passage> {
        let heartbeat = self.target.provider.delays.commitAfter
        return StreamRelay(passage, call: self.opened, request: self.request, heartbeat: heartbeat)
    }

    private var source: ReplySource {
        var source = ReplySource(
            model: self.target.model,
            family: self.target.translation(in: self.api.dialect).family,
            seed: self.request.id.description
        )
        source.quirks = self.quirks
        return source
    }

    /// How a reply is written for the client.
    var style: ReplyStyle {
        var style = ReplyStyle(
            id: self.request.id.description,
            model: self.target.model,
            created: Int(unixMilliseconds() / 1000)
        )
        style.includesUsage = self.asked.facts.includesUsage
        style.isJSONArray = self.asked.isJSONArray
        style.isGenerate = self.asked.isGenerate
        style.echo = self.asked.echo
        return style
    }

    /// Repeats what the upstream says of its own handling and is nobody's secret: `openai-…` and the request's name there,
    /// the latter as every OpenAI client reads it.
    func forwardFields(into head: inout AnswerHead) {
        let call = self.opened
        call.headBytes.withUnsafeReadableBytes { bytes in
            for field in call.head.table.fields {
                let name = UnsafeRawBufferPointer(rebasing: bytes[field.name])
                let value = UnsafeRawBufferPointer(rebasing: bytes[field.value])
                if bytes.spells("x-request-id", in: field.name) || ForwardedFields.isOpenAI(name) {
                    head.field(checked: name, value)
                } else if self.isTranslated, ForwardedFields.isRequestName(name) {
                    head.field("x-request-id", checked: value)
                }
            }
        }
    }

    private var opened: UpstreamCall {
        guard let call = self.call else { preconditionFailure("an attempt is opened before its answer is read") }
        return call
    }

    private func refuse(_ message: String) -> GatewayError {
        let error = GatewayError(.upstreamError, origin: .upstream, retry: .otherTarget, message)
        self.call?.cancel(error)
        return error
    }
}
