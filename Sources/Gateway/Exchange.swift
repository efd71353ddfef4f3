import Core
import Dialects
import HTTP1
import Identity
import NIOCore
import Routing
import Transport

/// One request from its head to its settled end: the way of a request, top to bottom.
///
/// Each step is one call into one room and either passes the exchange on or ends it with a typed error. Nothing jumps
/// back. The steps that are still to come (admission, guardrails, caching, budgets) stand where they will be called.
final class Exchange {
    private let gateway: Gateway
    private let policy: GatewayPolicy
    private let request: ServerRequest
    private let settlement: Settlement

    init(_ request: ServerRequest, gateway: Gateway) {
        self.gateway = gateway
        self.policy = gateway.policy
        self.request = request
        self.settlement = Settlement(request: request)
    }

    func run() async {
        do throws(GatewayError) {
            // 1  Head: the path decides surface and dialect.
            let surface = try self.surface()
            self.settlement.dialect = surface.dialect
            if self.answerProbe(surface) { return }

            // 2  Authenticate on the head, before a byte of the body is waited for.
            let caller = try self.authenticate()
            let principal = caller.principal

            guard case .generate(let generation) = surface else {
                try self.answerModels(surface, for: principal)
                return
            }

            // 3  Body, buffered within its bounds; a signed request is proven by it.
            let body = try await caller.body(of: self.request)
            self.settlement.principal = principal

            // 4  Peek: what the gateway must know, without a tree.
            let asked = try self.peek(body, generation)

            // 5  Admit: request rate and concurrency of the accounts above the key.
            // 6  Guard the input.

            // 7  Decide: name → route → candidates.
            let resolution = try self.decide(asked.facts.model, for: principal)
            self.settlement.route = resolution.route

            // 8  Cache.

            // 9  Attempt, until one is good; 10 relay; 11 settle.
            try await self.attempt(resolution, asked)
        } catch {
            self.fail(error)
        }
    }

    // MARK: Steps
    //
    // What does not wait stands in functions of its own, kept out of line: the variables of an asynchronous function
    // live on the heap, for as long as it does.

    @inline(never)
    private func surface() throws(GatewayError) -> Surface {
        try self.request.headBytes.withBytes { bytes throws(GatewayError) in
            // An error before the surface is known is written in the dialect its path belongs to.
            self.settlement.dialect = Surface.dialect(
                of: UnsafeRawBufferPointer(rebasing: bytes[self.request.head.path])
            )
            return try Surface.of(self.request.head, bytes)
        }
    }

    @inline(never)
    private func authenticate() throws(GatewayError) -> Caller {
        let caller = try self.gateway.authenticate(self.request, policy: self.policy)
        self.settlement.principal = caller.provenPrincipal
        return caller
    }

    @inline(never)
    private func peek(_ body: ByteBuffer, _ generation: Surface.Generation) throws(GatewayError) -> ClientRequest {
        let asked = try ClientRequest(generation, body: body, request: self.request)
        self.settlement.model = asked.facts.model
        self.settlement.stream = asked.facts.stream
        return asked
    }

    /// Probes need no key and say nothing but whether the gateway serves.
    @inline(never)
    private func answerProbe(_ surface: Surface) -> Bool {
        let ready: Bool
        switch surface {
        case .health: ready = true
        case .readiness: ready = self.gateway.isReady
        case .ollama(let page):
            self.answerOllama(page)
            return true
        case .generate, .models, .model: return false
        }
        var head = AnswerHead(status: ready ? 200 : 503)
        head.field("content-type", "text/plain; charset=utf-8")
        self.request.answer(head, body: ByteBuffer(string: ready ? "ok\n" : "draining\n"))
        return true
    }

    /// Pages of an Ollama server that say nothing of anyone's: its greeting and its version.
    @inline(never)
    private func answerOllama(_ page: Surface.OllamaPage) {
        var head = AnswerHead(status: 200)
        head.field("content-type", page == .greeting ? "text/plain; charset=utf-8" : "application/json")
        let body = page == .greeting ? Array("Ollama is running".utf8) : OllamaModels.version()
        self.request.answer(head, body: ByteBuffer(bytes: body))
    }

    @inline(never)
    private func answerModels(_ surface: Surface, for principal: Principal?) throws(GatewayError) {
        let names = self.policy.router.names.filter { principal?.mayUse(route: $0) ?? true }
        let body: [UInt8]
        if case .model(let name, _) = surface {
            guard names.contains(name) else { throw ModelsList.notFound(name) }
            body = self.settlement.dialect.model(name)
        } else {
            body = self.settlement.dialect.modelList(names)
        }
        var head = AnswerHead(status: 200)
        head.field("content-type", "application/json")
        self.request.id.withCharacters { head.field("x-turnpike-request", checked: $0) }
        self.settle(status: 200)
        self.request.answer(head, body: ByteBuffer(bytes: body))
    }

    @inline(never)
    private func decide(_ model: String, for principal: Principal?) throws(GatewayError) -> Resolution {
        if let principal, !principal.mayUse(route: model) {
            throw GatewayError(
                .permission,
                origin: .client,
                "this key may not use '\(model.prefix(200))'; GET /v1/models lists what it may",
                field: "model"
            )
        }
        return try self.policy.resolve(model)
    }

    /// Tries the targets in order, and each with as many keys as are worth it.
    private func attempt(_ resolution: Resolution, _ asked: ClientRequest) async throws(GatewayError) {
        var failure: GatewayError?
        targets: for target in resolution.targets {
            for _ in 0..<target.provider.credential.keyCount {
                self.settlement.begin(target)
                let attempt = Attempt(target, asked, request: self.request)
                do throws(GatewayError) {
                    try await attempt.open()
                    try await self.relay(attempt, asked)
                    return
                } catch {
                    self.settlement.words = attempt.words
                    self.settlement.detail = attempt.detail
                    failure = target.provider.scrubbed(error)
                    guard !self.request.hasBegun, self.request.isOpen else { break targets }
                    if attempt.mayTryAnotherKey(after: error) { continue }
                    guard error.retry != .never else { break targets }
                    break
                }
            }
        }
        throw failure ?? GatewayError(.gatewayFault, origin: .gateway, "the route has no target")
    }

    private func relay(_ attempt: Attempt, _ asked: ClientRequest) async throws(GatewayError) {
        if !asked.facts.stream {
            try await self.relayWhole(attempt)
        } else if attempt.isTranslated {
            await self.relayStream(try await attempt.translatedStream(), attempt, asked)
        } else if asked.dialect != .openAIChat {
            await self.relayStream(try await attempt.forwardedStream(), attempt, asked)
        } else {
            await self.relayStream(try await attempt.chatStream(), attempt, asked)
        }
    }

    private func relayWhole(_ attempt: Attempt) async throws(GatewayError) {
        try self.answer(try await attempt.wholeBody(), attempt)
    }

    @inline(never)
    private func answer(_ whole: ByteBuffer, _ attempt: Attempt) throws(GatewayError) {
        let (body, facts) = try attempt.wholeAnswer(whole)
        self.settlement.usage = facts.usage
        self.settlement.finishReason = facts.finishReason
        self.settlement.upstreamNanoseconds = attempt.nanoseconds
        self.settle(status: 200)
        var head = self.answerHead(200, attempt)
        head.field("content-type", "application/json")
        self.request.answer(head, body: body)
    }

    private func relayStream<Passage>(
        _ relay: StreamRelay<Passage>,
        _ attempt: Attempt,
        _ asked: ClientRequest
    ) async {
        self.beginStream(attempt, asked)
        let ending = await relay.forward()
        self.end(relay, ending, attempt)
    }

    @inline(never)
    private func beginStream(_ attempt: Attempt, _ asked: ClientRequest) {
        self.settlement.upstreamNanoseconds = attempt.nanoseconds
        var head = self.answerHead(200, attempt)
        head.field("content-type", asked.streamContentType(attempt.style))
        head.field("cache-control", "no-cache")
        self.request.begin(head)
    }

    @inline(never)
    private func end<Passage: StreamPassage>(
        _ relay: StreamRelay<Passage>,
        _ ending: Result<Void, GatewayError>,
        _ attempt: Attempt
    ) {
        self.settlement.usage = relay.passage.usage
        self.settlement.finishReason = relay.passage.finishReason
        switch ending {
        case .success:
            self.settle(status: 200)
            relay.finish()
        case .failure(let failure):
            let error = attempt.target.provider.scrubbed(failure)
            self.settlement.error = error
            self.settle(status: 200)
            relay.breakOff(error)
        }
    }

    // MARK: Ends

    private func answerHead(_ status: Int, _ attempt: Attempt) -> AnswerHead {
        var head = AnswerHead(status: status, in: self.request.context.buffers)
        self.request.id.withCharacters { head.field("x-turnpike-request", checked: $0) }
        head.lines(attempt.target.answerLines)
        head.field("x-turnpike-attempts", self.settlement.attempts)
        ServerTiming.write(self.settlement, into: &head)
        if let dropped = attempt.notes.headerValue { head.field("x-turnpike-dropped", dropped) }
        attempt.forwardFields(into: &head)
        return head
    }

    /// Ends the exchange with an error, in the asking dialect's shape.
    @inline(never)
    private func fail(_ error: GatewayError) {
        self.settlement.error = error
        let (status, body, fields) = self.settlement.dialect.writeError(
            error,
            request: self.request.id,
            words: self.settlement.words
        )
        self.settle(status: status)
        guard !self.request.hasBegun else { return }
        var head = AnswerHead(status: status)
        head.field("content-type", "application/json")
        for field in fields { head.field(name: field.name, field.value) }
        self.request.id.withCharacters { head.field("x-turnpike-request", checked: $0) }
        if let target = self.settlement.target {
            head.lines(target.answerLines)
            head.field("x-turnpike-attempts", self.settlement.attempts)
        }
        if error.origin == .upstream { head.field("proxy-status", ProxyStatus.text(error)) }
        if let wait = error.retryAfter {
            head.field("retry-after", Int(max(1, (wait.nanoseconds + 999_999_999) / 1_000_000_000)))
        }
        if Self.isPointlessToRetry(error, status: status) { head.field("x-should-retry", "false") }
        if error.code == .authentication { head.field("www-authenticate", "Bearer realm=\"turnpike\"") }
        if error.code == .methodNotAllowed {
            head.field(
                "allow",
                self.request.headBytes.withUnsafeReadableBytes { Surface.allowed(self.request.head, $0) }
            )
        }
        self.request.answer(head, body: ByteBuffer(bytes: body))
    }

    /// Whether an SDK would try again by itself, with nothing to be gained.
    private static func isPointlessToRetry(_ error: GatewayError, status: Int) -> Bool {
        let isRetried = status >= 500 || status == 429 || status == 408 || status == 409
        let isOperators = error.code == .quotaExhausted || error.code == .upstreamAuthentication
        return isRetried && (error.retry == .never || isOperators)
    }

    // 11  Settle, once, however the exchange ended, before the last byte is written.
    private func settle(status: Int) {
        self.settlement.status = status
        self.gateway.settle(self.settlement)
    }
}
