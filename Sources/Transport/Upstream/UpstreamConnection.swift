import Core
import HTTP1
import NIOCore
import NIOSSL
import NIOTLS

/// One connection to an upstream: sends a request at a time and takes the framing off its answer. Lives on its event
/// loop, and in the pool while it is idle.
final class UpstreamConnection: ChannelDuplexHandler, DeadlineHolder {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let endpoint: Endpoint
    private let pool: UpstreamPool
    private let sweeper: DeadlineSweeper
    private let turn: TurnQueue
    private var context: ChannelHandlerContext?
    /// Fulfilled when requests may be sent: after the TLS handshake, where there is one.
    private var readyPromise: EventLoopPromise<Void>?

    private var call: UpstreamCall?
    private var inbound = ByteBuffer()
    private var scanner = HeadScanner()
    private var head = ResponseHead()
    private var headIsRead = false
    private var decoder = BodyDecoder(.none)
    private var readsWithheld = false
    private(set) var isActive = false
    private var isGivenUp = false
    private(set) var isReused = false
    private(set) var receivedAnything = false

    private static let limits = HTTPLimits(head: 128 * 1024, fields: 256)

    var deadline: Instant?
    var sweeperIndex = 0

    init(endpoint: Endpoint, pool: UpstreamPool, sweeper: DeadlineSweeper, turn: TurnQueue) {
        self.endpoint = endpoint
        self.pool = pool
        self.sweeper = sweeper
        self.turn = turn
    }

    /// Succeeds when the connection can carry requests. Ask after the channel is made.
    var ready: EventLoopFuture<Void> {
        guard let promise = self.readyPromise else {
            preconditionFailure("the handler was added before the channel was made")
        }
        return promise.futureResult
    }

    // MARK: Requests out

    func send(_ request: UpstreamRequest, for call: UpstreamCall) {
        guard let context = self.context else {
            call.connectionFailed(self, UpstreamConnection.closed(receivedAnything: false))
            return
        }
        self.call = call
        self.headIsRead = false
        self.receivedAnything = false
        self.scanner = HeadScanner()
        context.write(self.wrapOutboundOut(request.first), promise: nil)
        if let rest = request.rest { context.write(self.wrapOutboundOut(rest), promise: nil) }
        self.turn.flush(context)
    }

    /// It waits in the pool, where its far end may close it unseen.
    func parked(until deadline: Instant) {
        self.isReused = true
        self.deadline = deadline
    }

    func close() {
        self.isActive = false
        self.context?.close(promise: nil)
    }

    /// The call wants no more of its answer: the rest of it would have to be read to reuse the connection.
    func abandon() {
        self.call = nil
        self.close()
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.readyPromise = context.eventLoop.makePromise()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        // The channel of an earlier address goes when that of a later one is already here.
        guard self.context == nil || self.context === context else { return }
        self.context = nil
        self.readyPromise?.fail(ConnectFault.closedEarly)
    }

    /// Nobody waits for this connection any more, should it still be made.
    func giveUp() {
        self.isGivenUp = true
        self.close()
    }

    func channelActive(context: ChannelHandlerContext) {
        guard !self.isGivenUp else {
            context.close(promise: nil)
            return
        }
        self.isActive = true
        self.sweeper.add(self)
        if self.endpoint.tls == nil { self.readyPromise?.succeed() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSUserEvent, case .handshakeCompleted = event { self.readyPromise?.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.isActive = false
        self.context = nil
        self.sweeper.remove(self)
        self.readyPromise?.fail(ConnectFault.closedEarly)
        if let call = self.call {
            if self.headIsRead, self.decoder.endsWithConnection {
                self.call = nil
                call.bodyEnded(.complete)
            } else {
                self.fail(call, UpstreamConnection.closed(receivedAnything: self.receivedAnything))
            }
        } else {
            self.pool.forget(self)
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.readyPromise?.fail(error)
        if let call = self.call {
            self.fail(call, UpstreamConnection.closed(receivedAnything: self.receivedAnything))
        }
        self.close()
    }

    func read(context: ChannelHandlerContext) {
        if let call = self.call, call.isPaused {
            self.readsWithheld = true
        } else {
            context.read()
        }
    }

    func resumeReading() {
        if self.readsWithheld {
            self.readsWithheld = false
            self.context?.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = self.unwrapInboundIn(data)
        guard let call = self.call else {
            // Bytes that answer no request: whatever they are, the next request must not be answered with them.
            self.close()
            return
        }
        self.receivedAnything = true
        if !self.headIsRead {
            if self.inbound.readableBytes > 0 {
                self.inbound.writeBuffer(&bytes)
                bytes = self.inbound
                self.inbound = ByteBuffer()
            }
            guard self.readHead(&bytes, for: call) else { return }
        }
        self.receiveBody(&bytes, for: call)
    }

    /// Asks for the next read from here: left to the channel, the question comes the whole way through the pipeline.
    func channelReadComplete(context: ChannelHandlerContext) {
        self.call?.readCompleted()
        self.read(context: context)
    }

    // MARK: Answers in

    /// Whether the final head is read; `bytes` then begins with the body.
    private func readHead(_ bytes: inout ByteBuffer, for call: UpstreamCall) -> Bool {
        while true {
            let outcome: Result<Int?, HTTPFault> = bytes.withUnsafeReadableBytes { input in
                do throws(HTTPFault) {
                    guard let length = try self.scanner.end(in: input, limit: Self.limits.head) else {
                        return .success(nil)
                    }
                    let head = UnsafeRawBufferPointer(rebasing: input[..<length])
                    try self.head.read(head, length: length, limits: Self.limits)
                    return .success(length)
                } catch {
                    return .failure(error)
                }
            }
            switch outcome {
            case .failure(let fault):
                self.failMalformed(call, fault)
                return false
            case .success(nil):
                self.inbound = bytes
                return false
            case .success(let length?):
                guard let headBytes = bytes.readSlice(length: length) else {
                    preconditionFailure("the scanner found the head in these bytes")
                }
                if self.head.isInterim { continue }
                self.headIsRead = true
                self.decoder = BodyDecoder(self.head.framing)
                call.receivedHead(self.head, headBytes)
                return self.call != nil
            }
        }
    }

    private func receiveBody(_ bytes: inout ByteBuffer, for call: UpstreamCall) {
        if let length = self.decoder.takeRest(available: bytes.readableBytes),
            let rest = bytes.readSlice(length: length)
        {
            call.receivedRest(rest)
        } else if bytes.readableBytes > 0 {
            let outcome: Result<Int, HTTPFault> = bytes.withUnsafeReadableBytes { input in
                do throws(HTTPFault) {
                    return .success(try self.decoder.decode(input) { call.receivedBody($0) })
                } catch {
                    return .failure(error)
                }
            }
            switch outcome {
            case .failure(let fault): return self.failMalformed(call, fault)
            case .success(let taken): bytes.moveReaderIndex(forwardBy: taken)
            }
        }
        // The receiver may have had enough while it was given the payload.
        guard self.call != nil, self.decoder.isEnded else { return }
        self.call = nil
        let reusable = self.head.keepAlive && bytes.readableBytes == 0 && self.isActive
        if reusable {
            self.pool.park(self)
        } else {
            self.close()
        }
        call.bodyEnded(.complete)
    }

    private func failMalformed(_ call: UpstreamCall, _ fault: HTTPFault) {
        let message = "the upstream's answer is not valid HTTP/1.1: \(fault.reason)"
        self.fail(call, GatewayError(.upstreamError, origin: .upstream, retry: .otherTarget, message))
        self.close()
    }

    private func fail(_ call: UpstreamCall, _ error: GatewayError) {
        self.call = nil
        if self.headIsRead { call.bodyEnded(.failed(error)) } else { call.connectionFailed(self, error) }
    }

    private static func closed(receivedAnything: Bool) -> GatewayError {
        GatewayError(
            receivedAnything ? .truncatedStream : .network,
            origin: .upstream,
            retry: .otherTarget,
            receivedAnything
                ? "the upstream closed the connection before its answer was whole"
                : "the upstream closed the connection without an answer"
        )
    }

    func deadlinePassed() {
        self.deadline = nil
        if let call = self.call {
            call.deadlinePassed(self)
        } else {
            self.close()
        }
    }
}
