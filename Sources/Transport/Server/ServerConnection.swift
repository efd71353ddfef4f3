import Core
import HTTP1
import NIOCore

/// One client connection: HTTP/1.1 framing, requests answered in order, bounds and deadlines.
///
/// One request is in hand at a time; what a pipelining client sends meanwhile waits, within a bound. Lives on its event
/// loop.
final class ServerConnection: ChannelDuplexHandler, DeadlineHolder {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Between requests, or in the middle of a head.
        case head
        /// The handler has the request; its body is still arriving.
        case body(ServerRequest)
        /// The handler has the request; the connection reads nothing for it any more.
        case busy(ServerRequest)
        /// Answered and closing; what the client still sends is thrown away so that it can read the answer.
        case lingering
        case closed
    }

    let loopContext: LoopContext
    private let handler: any RequestHandler
    let limits: ServerLimits
    let allowance: BodyAllowance
    let gate: ConnectionGate

    var phase = Phase.head
    var inbound = ByteBuffer()
    private var scanner = HeadScanner()
    private var parsed = RequestHead()
    private var decoder = BodyDecoder(.none)
    var channelContext: ChannelHandlerContext?
    private var isParsing = false
    var keepAlive = true
    var isVersion10 = false
    private var continueAwaited = false
    private var bodyDeadline: Instant?
    private var readsWithheld = false
    /// Whether the first bytes of a head have come.
    private var headBegun = false
    /// Whether an empty line before the head has been passed over; there may be one.
    private var emptyLineSkipped = false
    /// Bytes a pipelining client may send ahead.
    private static let pipelineBound = 64 * 1024

    var deadline: Instant?
    var sweeperIndex = 0

    init(
        context: LoopContext,
        handler: any RequestHandler,
        limits: ServerLimits,
        allowance: BodyAllowance,
        gate: ConnectionGate
    ) {
        self.loopContext = context
        self.handler = handler
        self.limits = limits
        self.allowance = allowance
        self.gate = gate
    }

    /// Whether less is waiting to be sent than should; told by the channel, which is costly to ask.
    private(set) var isWritable = true

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) { self.channelContext = context }

    func channelActive(context: ChannelHandlerContext) {
        self.gate.opened(self)
        self.loopContext.sweeper.add(self)
        self.deadline = Instant.now.advanced(by: self.limits.headTime)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.gate.closed(self)
        self.loopContext.sweeper.remove(self)
        self.deadline = nil
        let phase = self.phase
        self.phase = .closed
        self.channelContext = nil
        switch phase {
        case .body(let request), .busy(let request):
            self.returnAllowance(of: request)
            self.gate.requestEnded()
            request.connectionClosed()
        case .head, .lingering, .closed:
            break
        }
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = self.unwrapInboundIn(data)
        switch self.phase {
        case .lingering, .closed:
            return
        case .body(let request):
            self.receiveBody(&bytes, for: request)
            if bytes.readableBytes > 0 { self.keep(bytes) }
            self.parseRequests()
        case .head:
            self.keep(bytes)
            self.parseRequests()
        case .busy:
            self.keep(bytes)
        }
    }

    func read(context: ChannelHandlerContext) {
        switch self.phase {
        case .busy where self.inbound.readableBytes > Self.pipelineBound: self.readsWithheld = true
        case .head where !self.isWritable: self.readsWithheld = true
        default: context.read()
        }
    }

    /// Asks for the next read from here: left to the channel, the question comes the whole way through the pipeline.
    func channelReadComplete(context: ChannelHandlerContext) { self.read(context: context) }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.isWritable = context.channel.isWritable
        switch self.phase {
        case .busy(let request) where self.isWritable:
            self.deadline = nil
            request.onWritable?()
        case .busy:
            self.deadline = Instant.now.advanced(by: self.limits.idle)
        case .head where self.isWritable:
            self.deadline = Instant.now.advanced(by: self.limits.idle)
            self.parseRequests()
            self.resumeReading(context)
        case .head, .body, .lingering, .closed:
            break
        }
        context.fireChannelWritabilityChanged()
    }

    func resumeReading(_ context: ChannelHandlerContext) {
        guard self.readsWithheld else { return }
        self.readsWithheld = false
        context.read()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A reset, a TLS fault, bytes that are no TLS: nothing can be said to this client any more.
        context.close(promise: nil)
    }

    private func keep(_ bytes: ByteBuffer) {
        if self.inbound.readableBytes == 0 {
            self.inbound = bytes
        } else {
            var bytes = bytes
            self.inbound.writeBuffer(&bytes)
        }
    }

    // MARK: Requests in

    /// Reads requests until one is in hand or the bytes run out.
    func parseRequests() {
        guard !self.isParsing else { return }
        self.isParsing = true
        defer { self.isParsing = false }
        // A client that does not read its answers gets no more of them made.
        while case .head = self.phase, self.isWritable, self.parseHead() {}
    }

    /// Whether a request was begun, so that another may follow.
    private func parseHead() -> Bool {
        self.skipEmptyLine()
        guard self.inbound.readableBytes > 0 else {
            self.inbound = ByteBuffer()
            return false
        }
        // Half of an empty line: the other half decides.
        if !self.headBegun, self.inbound.readableBytes == 1,
            self.inbound.getInteger(at: self.inbound.readerIndex, as: UInt8.self) == 0x0d
        {
            return false
        }
        do throws(HTTPFault) {
            guard let length = try self.readHead() else {
                // The clock for a head starts with its first byte and is not wound up again by the next ones.
                if !self.headBegun {
                    self.headBegun = true
                    self.deadline = Instant.now.advanced(by: self.limits.headTime)
                }
                return false
            }
            self.begin(headLength: length)
            return true
        } catch {
            self.refuse(error)
            return false
        }
    }

    /// RFC 9112 §2.2: one empty line before a request line is ignored (old clients end a body with one).
    private func skipEmptyLine() {
        guard !self.headBegun, !self.emptyLineSkipped else { return }
        if self.inbound.readableBytes >= 2,
            self.inbound.getInteger(at: self.inbound.readerIndex, as: UInt16.self) == 0x0d0a
        {
            self.inbound.moveReaderIndex(forwardBy: 2)
            self.emptyLineSkipped = true
        }
    }

    private func readHead() throws(HTTPFault) -> Int? {
        let limits = self.limits.http
        let outcome: Result<Int?, HTTPFault> = self.inbound.withUnsafeReadableBytes { bytes in
            do throws(HTTPFault) {
                guard let length = try self.scanner.end(in: bytes, limit: limits.head) else { return .success(nil) }
                let head = UnsafeRawBufferPointer(rebasing: bytes[..<length])
                try self.parsed.read(head, length: length, limits: limits)
                return .success(length)
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    private func begin(headLength: Int) {
        self.headBegun = false
        self.emptyLineSkipped = false
        guard let headBytes = self.inbound.readSlice(length: headLength) else {
            preconditionFailure("the scanner found the head in these bytes")
        }
        self.keepAlive = self.parsed.keepAlive && !self.gate.isDraining
        self.isVersion10 = self.parsed.isVersion10
        self.continueAwaited = self.parsed.expectsContinue
        let request = ServerRequest(
            context: self.loopContext,
            head: self.parsed,
            headBytes: headBytes,
            bodyState: .none,
            connection: self
        )
        self.gate.requestBegan()
        self.beginBody(of: request)
        let handler = self.handler
        let bound = NIOLoopBound(request, eventLoop: self.loopContext.loop)
        Task.immediate(executorPreference: self.loopContext.executor) {
            let request = bound.value
            await handler.handle(request)
            if !request.hasBegun, request.isOpen {
                let fault = handler.faultBody(HTTPFault(500, "the request was not answered"))
                var head = AnswerHead(status: 500)
                head.field("content-type", fault.contentType)
                request.answer(head, body: ByteBuffer(bytes: fault.body))
            }
        }
    }

    private func beginBody(of request: ServerRequest) {
        switch self.parsed.framing {
        case .none, .untilClose:
            self.setBusy(request)
        case .length(let length):
            guard self.admit(length, for: request) else { return }
            if self.inbound.readableBytes >= length, let body = self.inbound.readSlice(length: length) {
                // The common case: head and body came in one read, and the body is a slice of it.
                request.bodyState = .complete(body)
                self.continueAwaited = false
                self.setBusy(request)
            } else {
                self.awaitBody(of: request, capacity: length)
            }
        case .chunked:
            self.awaitBody(of: request, capacity: min(16_384, self.limits.body))
        }
    }

    private func awaitBody(of request: ServerRequest, capacity: Int) {
        self.decoder = BodyDecoder(self.parsed.framing)
        request.bodyState = .reading(ByteBufferAllocator().buffer(capacity: capacity))
        self.phase = .body(request)
        let now = Instant.now
        self.bodyDeadline = now.advanced(by: self.limits.bodyTime(length: capacity))
        self.deadline = now.advanced(by: self.limits.bodyStall)
        var bytes = self.inbound
        self.inbound = ByteBuffer()
        if bytes.readableBytes > 0 {
            self.receiveBody(&bytes, for: request)
            self.inbound = bytes
        }
    }

    private func setBusy(_ request: ServerRequest) {
        self.phase = .busy(request)
        self.deadline = nil
        self.bodyDeadline = nil
        if self.inbound.readableBytes == 0 { self.inbound = ByteBuffer() }
    }

    /// Takes `length` bytes from the bounds on bodies; where they do not fit, the body is failed and not read.
    private func admit(_ length: Int, for request: ServerRequest) -> Bool {
        if request.allowanceTaken + length > self.limits.body {
            self.failBody(
                of: request,
                GatewayError(.bodyTooLarge, origin: .client, "the request body is over \(self.limits.body) bytes")
            )
            return false
        }
        guard self.allowance.take(length) else {
            let message = "the request bodies in flight fill their bound; try again in a moment"
            self.failBody(
                of: request,
                GatewayError(.overloaded, origin: .gateway, retry: .sameTarget, message, retryAfter: .seconds(1))
            )
            return false
        }
        request.allowanceTaken += length
        return true
    }

    private func failBody(of request: ServerRequest, _ error: GatewayError) {
        self.keepAlive = false
        self.setBusy(request)
        self.inbound = ByteBuffer()
        request.bodyCompleted(.failed(error))
    }

    private func receiveBody(_ bytes: inout ByteBuffer, for request: ServerRequest) {
        guard case .reading(var body) = request.bodyState else { return }
        request.bodyState = .none
        let before = body.readableBytes
        let outcome: Result<Int, HTTPFault> = bytes.withUnsafeReadableBytes { input in
            do throws(HTTPFault) {
                return .success(try self.decoder.decode(input) { body.writeBytes($0) })
            } catch {
                return .failure(error)
            }
        }
        request.bodyState = .reading(body)
        switch outcome {
        case .failure(let fault):
            self.failBody(of: request, GatewayError(.badRequest, origin: .client, fault.reason))
        case .success(let taken):
            bytes.moveReaderIndex(forwardBy: taken)
            if case .chunked = self.parsed.framing, !self.admit(body.readableBytes - before, for: request) { return }
            if self.decoder.isEnded {
                self.setBusy(request)
                request.bodyCompleted(.complete(body))
            } else {
                let stall = Instant.now.advanced(by: self.limits.bodyStall)
                self.deadline = self.bodyDeadline.map { min($0, stall) } ?? stall
            }
        }
    }

    func sendContinueIfAwaited(for request: ServerRequest) {
        guard self.continueAwaited, let context = self.channelContext else { return }
        self.continueAwaited = false
        var interim = context.channel.allocator.buffer(capacity: 32)
        interim.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
        context.writeAndFlush(self.wrapOutboundOut(interim), promise: nil)
    }

    /// Answers a message that is not acceptable HTTP, and closes: where its end is, nobody can know.
    private func refuse(_ fault: HTTPFault) {
        self.inbound = ByteBuffer()
        guard let context = self.channelContext else { return }
        let answer = self.handler.faultBody(fault)
        var head = AnswerHead(status: fault.status)
        head.field("content-type", answer.contentType)
        self.loopContext.nextRequestID().withCharacters { head.field("x-turnpike-request", checked: $0) }
        self.keepAlive = false
        let room = answer.body.count
        var bytes = self.finished(head, framing: .length(room), room: room)
        bytes.writeBytes(answer.body)
        context.writeAndFlush(self.wrapOutboundOut(bytes), promise: nil)
        self.linger(context)
    }

    // MARK: Time and drain

    func deadlinePassed() {
        self.deadline = nil
        switch self.phase {
        case .head:
            if self.headBegun {
                self.refuse(HTTPFault(408, "the request head did not arrive in time"))
            } else {
                self.channelContext?.close(promise: nil)
            }
        case .body(let request):
            self.failBody(
                of: request,
                GatewayError(.requestTimeout, origin: .client, "the request body did not arrive in time")
            )
        case .busy, .lingering, .closed:
            self.channelContext?.close(promise: nil)
        }
    }

    /// The drain's limit has passed: whatever is in hand ends here.
    func closeNow() { self.channelContext?.close(promise: nil) }

    /// Draining: closes now if no request is in hand, else after its answer.
    func closeWhenIdle() {
        self.keepAlive = false
        if case .head = self.phase, let context = self.channelContext {
            // The last answer may still be on its way.
            context.flush()
            self.linger(context)
        }
    }
}
