package import Core
package import HTTP1
package import NIOCore

/// A request as bytes: a head with the beginning of its body, and what follows without being copied.
package struct UpstreamRequest {
    package var first: ByteBuffer
    package var rest: ByteBuffer?

    package init(first: ByteBuffer, rest: ByteBuffer? = nil) {
        self.first = first
        self.rest = rest
    }
}

/// How long an upstream may take.
package struct UpstreamTimes: Sendable {
    /// To make a connection, TLS included.
    package var connect: Duration
    /// From sending the request to what the caller calls the answer: a whole body, or a stream's first content.
    package var answer: Delay
    /// From one read of a stream to the next, once the content has begun.
    package var betweenChunks: Delay
    /// When the whole request must be over, whatever else holds.
    package var total: Instant

    package init(connect: Duration, answer: Delay, betweenChunks: Delay, total: Instant) {
        self.connect = connect
        self.answer = answer
        self.betweenChunks = betweenChunks
        self.total = total
    }
}

/// How an answer's body ended.
package enum UpstreamEnding: Sendable {
    /// At its proper end.
    case complete
    case failed(GatewayError)
}

/// What a streamed body is handed to, on the event loop, as it arrives.
package protocol StreamSink: AnyObject {
    func received(_ payload: UnsafeRawBufferPointer)
    /// Everything that arrived together has been handed over: the moment to write.
    func readCompleted()
    /// The alarm set with ``UpstreamCall/setAlarm(at:)`` went off.
    func alarm()
    /// Called once, last.
    func ended(_ ending: UpstreamEnding)
}

/// One request to one upstream and its answer. Stays on its event loop.
package final class UpstreamCall {
    private let endpoint: Endpoint
    private let request: UpstreamRequest
    private let times: UpstreamTimes
    private let pool: UpstreamPool
    private let buffers: BufferPool

    private var connection: UpstreamConnection?
    private var opening: UnsafeContinuation<Result<Void, GatewayError>, Never>?
    private var collecting: UnsafeContinuation<Void, Never>?
    private var sink: (any StreamSink)?
    private var pending = ByteBuffer()
    /// Until the caller says what it takes, one turn's reads may come in, which the socket's buffer bounds.
    private var pendingBound = 64 << 20
    private var ending: UpstreamEnding?
    private var stageEnds = Instant(nanoseconds: 0)
    private var sentAt = Instant(nanoseconds: 0)
    private var alarmAt: Instant?
    private var contentHasBegun = false
    /// While true the connection reads no more: the client takes bytes more slowly than the upstream gives them.
    private(set) var isPaused = false

    package private(set) var head = ResponseHead()
    /// The bytes that ``head``'s ranges refer to.
    package private(set) var headBytes = ByteBuffer()

    package init(to endpoint: Endpoint, _ request: UpstreamRequest, times: UpstreamTimes, context: LoopContext) {
        self.endpoint = endpoint
        self.request = request
        self.times = times
        self.pool = context.pool
        self.buffers = context.buffers
    }

    // MARK: For the caller

    /// Sends the request and waits for the head of the answer.
    ///
    /// A kept connection that turns out to be closed at once is replaced by a new one, once: its far end had most likely
    /// closed it before the request came.
    package func open() async throws(GatewayError) {
        let outcome = await withUnsafeContinuation {
            self.opening = $0
            self.start(fresh: false)
        }
        try outcome.get()
    }

    /// The text of the first field of the answer named `name` (lower case).
    package func field(_ name: StaticString) -> String? {
        self.headBytes.withUnsafeReadableBytes { self.head.table.text(name, in: $0) }
    }

    /// The text of the first field of the answer named `name` (lower case), where the name is not known beforehand.
    package func field(named name: String) -> String? {
        self.headBytes.withUnsafeReadableBytes { bytes in
            for field in self.head.table.fields where field.name.count == name.utf8.count {
                let text = String(decoding: bytes[field.name], as: UTF8.self)
                if text.lowercased() == name { return String(decoding: bytes[field.value], as: UTF8.self) }
            }
            return nil
        }
    }

    /// The whole body of the answer.
    ///
    /// - Throws: what ended the answer early, or `upstreamError` where it is over `limit` bytes.
    package func body(limit: Int) async throws(GatewayError) -> ByteBuffer {
        self.pendingBound = limit
        if self.pending.readableBytes > limit {
            self.refuseLongBody()
            throw Self.tooLong(limit)
        }
        if self.ending == nil { await withUnsafeContinuation { self.collecting = $0 } }
        if case .failed(let error)? = self.ending { throw error }
        return self.pending
    }

    /// Hands the body to `sink` from now on, beginning with what has arrived.
    package func relay(to sink: any StreamSink) {
        self.sink = sink
        let early = self.pending
        self.pending = ByteBuffer()
        if early.readableBytes > 0 { early.withUnsafeReadableBytes { sink.received($0) } }
        sink.readCompleted()
        if let ending = self.ending {
            self.sink = nil
            sink.ended(ending)
        }
    }

    /// The stream's content has begun: from now on the time between chunks counts.
    package func contentBegan() {
        self.contentHasBegun = true
        self.alarmAt = nil
        self.extendStage()
    }

    /// Asks for ``StreamSink/alarm()`` at `moment`.
    package func setAlarm(at moment: Instant?) {
        self.alarmAt = moment
        self.updateDeadline()
    }

    package func pause() { self.isPaused = true }

    package func resume() {
        guard self.isPaused else { return }
        self.isPaused = false
        // The upstream was not slow, we were.
        if self.contentHasBegun { self.extendStage() }
        self.connection?.resumeReading()
    }

    /// Wants no more: closes the connection unless the answer is complete. Whoever waits is told `error`.
    package func cancel(_ error: GatewayError) {
        guard self.ending == nil else { return }
        let connection = self.connection
        self.connection = nil
        connection?.abandon()
        self.conclude(.failed(error))
    }

    // MARK: From the connection

    private func start(fresh: Bool) {
        if !fresh, let connection = self.pool.takeIdle(self.endpoint) {
            self.attach(connection)
            return
        }
        let left = self.times.total.duration(since: .now)
        self.pool.connect(self.endpoint, timeout: min(self.times.connect, left)) { outcome in
            guard self.ending == nil else {
                // Cancelled meanwhile; the connection serves the next request.
                if case .success(let connection) = outcome { self.pool.park(connection) }
                return
            }
            switch outcome {
            case .success(let connection): self.attach(connection)
            case .failure(let error): self.conclude(.failed(error))
            }
        }
    }

    private func attach(_ connection: UpstreamConnection) {
        self.connection = connection
        self.sentAt = .now
        self.stageEnds = self.sentAt.advanced(by: self.times.answer)
        self.updateDeadline()
        connection.send(self.request, for: self)
    }

    func receivedHead(_ head: ResponseHead, _ bytes: ByteBuffer) {
        self.head = head
        self.headBytes = bytes
        self.opening?.resume(returning: .success(()))
        self.opening = nil
    }

    func receivedBody(_ payload: UnsafeRawBufferPointer) {
        if let sink = self.sink {
            if self.contentHasBegun { self.extendStage() }
            sink.received(payload)
        } else if self.ending == nil {
            self.pending.writeBytes(payload)
            if self.pending.readableBytes > self.pendingBound { self.refuseLongBody() }
        }
    }

    /// All that is left of the body, which is the whole body where it is short: kept as it is rather than copied.
    func receivedRest(_ rest: ByteBuffer) {
        if self.sink == nil, self.ending == nil, self.pending.readableBytes == 0 {
            self.pending = rest
            if rest.readableBytes > self.pendingBound { self.refuseLongBody() }
        } else {
            rest.withUnsafeReadableBytes { self.receivedBody($0) }
        }
    }

    func readCompleted() { self.sink?.readCompleted() }

    func bodyEnded(_ ending: UpstreamEnding) {
        self.connection = nil
        self.conclude(ending)
    }

    /// The connection broke before the head of the answer.
    func connectionFailed(_ connection: UpstreamConnection, _ error: GatewayError) {
        self.connection = nil
        let failedAtOnce = Instant.now.nanoseconds(since: self.sentAt) < 1_000_000_000
        if connection.isReused, !connection.receivedAnything, failedAtOnce {
            self.start(fresh: true)
        } else {
            self.conclude(.failed(error))
        }
    }

    func deadlinePassed(_ connection: UpstreamConnection) {
        let now = Instant.now
        if self.times.total <= now {
            self.cancel(GatewayError(.deadline, origin: .gateway, "the request's deadline passed"))
        } else if self.stageEnds <= now, !self.isPaused {
            let message =
                self.contentHasBegun ? "the upstream's stream stalled" : "the upstream took too long to answer"
            self.cancel(GatewayError(.upstreamTimeout, origin: .upstream, retry: .otherTarget, message))
        } else {
            if let alarm = self.alarmAt, alarm <= now {
                self.alarmAt = nil
                self.sink?.alarm()
            }
            self.updateDeadline()
        }
    }

    private func extendStage() {
        self.stageEnds = Instant.now.advanced(by: self.times.betweenChunks)
        self.updateDeadline()
    }

    private func updateDeadline() {
        var next = min(self.times.total, self.isPaused ? self.times.total : self.stageEnds)
        if let alarm = self.alarmAt { next = min(next, alarm) }
        self.connection?.deadline = next
    }

    private func refuseLongBody() { self.cancel(Self.tooLong(self.pendingBound)) }

    private static func tooLong(_ bound: Int) -> GatewayError {
        let message = "the upstream's answer is over \(bound) bytes"
        return GatewayError(.upstreamError, origin: .upstream, retry: .otherTarget, message)
    }

    private func conclude(_ ending: UpstreamEnding) {
        guard self.ending == nil else { return }
        self.ending = ending
        // Kept until now because it may have to be sent once more, on another connection.
        self.buffers.giveBack(self.request.first)
        if let opening = self.opening {
            self.opening = nil
            switch ending {
            case .complete: opening.resume(returning: .success(()))
            case .failed(let error): opening.resume(returning: .failure(error))
            }
        }
        self.collecting?.resume()
        self.collecting = nil
        if let sink = self.sink {
            self.sink = nil
            sink.ended(ending)
        }
    }
}
