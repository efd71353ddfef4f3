import Core
import Dialects
import HTTP1
import NIOCore
import Providers
import Transport

/// One request to one target, from sending it to the moment its answer can be called good.
final class Attempt {
    let target: TargetRuntime
    private let facts: ChatRequestFacts
    private let request: ServerRequest
    private let began = Instant.now
    private let deadline: Instant
    private var call: UpstreamCall?
    /// How the upstream itself named an error of the caller's making.
    private(set) var words: ChatErrorWords?

    /// The longest whole answer that is taken, and the longest error.
    private static let answerBound = 64 << 20
    private static let errorBound = 256 << 10

    /// - Parameter timeout: how long the client lets the whole request take, where it says so.
    init(_ target: TargetRuntime, facts: ChatRequestFacts, timeout: Duration?, request: ServerRequest) {
        self.target = target
        self.facts = facts
        self.request = request
        let configured = target.provider.delays.total
        let total = timeout.map { min(Delay($0), configured) } ?? configured
        self.deadline = request.received.advanced(by: total)
    }

    /// How long the attempt has taken so far, in nanoseconds.
    var nanoseconds: UInt64 { Instant.now.nanoseconds(since: self.began) }

    private var quirks: ChatQuirks { self.target.provider.quirks }

    /// Sends the request and waits for the answer's head.
    ///
    /// - Throws: what the upstream's refusal means, or why there was no answer.
    func open(body: ByteBuffer) async throws(GatewayError) {
        guard self.request.isOpen else {
            throw GatewayError(.clientCancelled, origin: .client, "the client went away")
        }
        let delays = self.target.provider.delays
        let times = UpstreamTimes(
            connect: delays.connect,
            answer: self.facts.stream ? delays.firstContent : delays.response,
            betweenChunks: delays.betweenChunks,
            total: self.deadline
        )
        let call = UpstreamCall(
            to: self.target.provider.endpoint,
            self.target.request(
                self.facts.endpoint,
                body: body,
                splices: self.facts.splices(model: self.target.model, quirks: self.quirks),
                forwarding: ForwardedFields.of(self.request)
            ),
            times: times,
            context: self.request.context
        )
        self.call = call
        self.request.onClientGone = {
            call.cancel(GatewayError(.clientCancelled, origin: .client, "the client went away"))
        }
        try await call.open()
        if let coding = call.field("content-encoding"), coding != "identity" {
            throw self.refuse("the upstream compressed its answer though asked not to")
        }
        if call.head.status != 200 { try await self.readError(call) }
    }

    private func readError(_ call: UpstreamCall) async throws(GatewayError) {
        let body = try await call.body(limit: Self.errorBound)
        let error = body.withUnsafeReadableBytes { bytes in
            self.words = ChatErrors.words(bytes)
            return ChatErrors.read(
                status: call.head.status,
                header: { name in call.field(named: name) },
                body: bytes,
                credentials: self.target.provider.keys
            )
        }
        throw error
    }

    /// The whole answer, judged.
    func wholeAnswer() async throws(GatewayError) -> (ByteBuffer, ChatAnswerFacts) {
        let call = self.opened
        let body = try await call.body(limit: Self.answerBound)
        let facts = try body.withBytes { bytes throws(GatewayError) in
            try ChatAnswerReader.read(bytes, quirks: self.quirks, endpoint: self.facts.endpoint)
        }
        return (body, facts)
    }

    /// The streamed answer, at its first content.
    func streamedAnswer() async throws(GatewayError) -> StreamRelay {
        let call = self.opened
        let delays = self.target.provider.delays
        let relay = StreamRelay(
            call: call,
            request: self.request,
            hidesUsage: self.facts.hidesUsage,
            heartbeat: delays.commitAfter
        )
        switch await relay.open(commitAt: self.request.received.advanced(by: delays.commitAfter)) {
        case .content, .stillWaiting: return relay
        case .failed(let error): throw error
        }
    }

    /// Repeats what the upstream says of its own handling and is nobody's secret: `openai-…` and `x-request-id`.
    func forwardFields(into head: inout AnswerHead) {
        let call = self.opened
        call.headBytes.withUnsafeReadableBytes { bytes in
            for field in call.head.table.fields {
                let name = UnsafeRawBufferPointer(rebasing: bytes[field.name])
                guard bytes.spells("x-request-id", in: field.name) || ForwardedFields.isOpenAI(name) else { continue }
                head.field(checked: name, UnsafeRawBufferPointer(rebasing: bytes[field.value]))
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
