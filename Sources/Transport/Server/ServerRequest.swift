package import Core
package import HTTP1
package import NIOCore

/// What a request is handed to: on the connection's event loop, in a task of its own, once for each request.
///
/// It must answer; a request that comes back unanswered gets a 500. It never throws.
package protocol RequestHandler: Sendable {
    func handle(_ request: ServerRequest) async

    /// The body and content type of an answer to a message that is not acceptable HTTP, before any handler saw it.
    func faultBody(_ fault: HTTPFault) -> (contentType: StaticString, body: [UInt8])
}

/// One request on a client connection, and the way to answer it. Stays on the connection's event loop.
package final class ServerRequest {
    package let id: RequestID
    package let context: LoopContext
    /// When the head was complete.
    package let received: Instant
    package let head: RequestHead
    /// The bytes that ``head``'s ranges refer to.
    package let headBytes: ByteBuffer

    /// Called once if the client goes away before the answer is complete.
    package var onClientGone: (() -> Void)?
    /// Called when the client takes bytes again after ``isWritable`` was false.
    package var onWritable: (() -> Void)?

    enum BodyState {
        case none
        case reading(ByteBuffer)
        case complete(ByteBuffer)
        case failed(GatewayError)
    }

    enum AnswerState {
        case awaited
        case streaming
        case complete
    }

    var bodyState: BodyState
    var answerState = AnswerState.awaited
    /// Bytes taken from the allowance for bodies in flight.
    var allowanceTaken = 0
    private var bodyWaiter: UnsafeContinuation<Void, Never>?
    /// Until the answer is complete or the client is gone.
    private var connection: ServerConnection?

    init(
        context: LoopContext,
        head: RequestHead,
        headBytes: ByteBuffer,
        bodyState: BodyState,
        connection: ServerConnection
    ) {
        self.id = context.nextRequestID()
        self.context = context
        self.received = .now
        self.head = head
        self.headBytes = headBytes
        self.bodyState = bodyState
        self.connection = connection
    }

    // MARK: Reading

    /// The text of the first field named `name` (lower case).
    package func field(_ name: StaticString) -> String? {
        self.headBytes.withUnsafeReadableBytes { self.head.table.text(name, in: $0) }
    }

    /// The whole body, where it has arrived with the head, as it mostly does: there is nothing to wait for then.
    package var arrivedBody: ByteBuffer? {
        if case .complete(let buffer) = self.bodyState { buffer } else { nil }
    }

    /// The whole body, once it is there. Sends `100 Continue` where the client waits for it.
    ///
    /// - Throws: 400 for broken framing, 408 for a body that came too slowly, 413 and 503 where a bound is passed.
    package func body() async throws(GatewayError) -> ByteBuffer {
        if case .reading = self.bodyState {
            self.connection?.sendContinueIfAwaited(for: self)
            await withUnsafeContinuation { self.bodyWaiter = $0 }
        }
        switch self.bodyState {
        case .none: return ByteBuffer()
        case .complete(let buffer): return buffer
        case .failed(let error): throw error
        case .reading: preconditionFailure("the waiter is resumed when the body is complete or has failed")
        }
    }

    func bodyCompleted(_ state: BodyState) {
        self.bodyState = state
        self.bodyWaiter?.resume()
        self.bodyWaiter = nil
    }

    // MARK: Answering

    /// Whether the client still listens and the answer is not complete.
    package var isOpen: Bool { self.connection != nil && self.answerState != .complete }
    /// Whether a head has been sent.
    package var hasBegun: Bool { self.answerState != .awaited }
    /// False while the client's connection holds more unsent bytes than it should.
    package var isWritable: Bool { self.connection?.isWritable ?? true }

    /// Sends a whole answer.
    package func answer(_ head: consuming AnswerHead, body: ByteBuffer) {
        precondition(self.answerState == .awaited, "a request is answered once")
        self.answerState = .complete
        self.connection?.send(head, body: body, for: self)
    }

    /// Sends the head of an answer whose length is not known yet; ``write(_:)`` and ``end(_:)`` follow.
    package func begin(_ head: consuming AnswerHead) {
        precondition(self.answerState == .awaited, "a request is answered once")
        self.answerState = .streaming
        self.connection?.begin(head, for: self)
    }

    /// Queues payload; it leaves with the next ``flush()``.
    package func write(_ chunk: consuming ChunkBuffer) {
        precondition(self.answerState == .streaming, "payload follows a head")
        self.connection?.write(chunk, for: self)
    }

    package func flush() { self.connection?.flush() }

    /// Ends the answer properly, with `last` as its last payload.
    package func end(_ last: consuming ChunkBuffer) {
        precondition(self.answerState == .streaming, "an end follows a head")
        self.answerState = .complete
        self.connection?.end(last, for: self)
    }

    /// Sends `last` and closes the connection without a proper end, so that no client can take the answer for whole.
    package func abort(_ last: consuming ChunkBuffer) {
        precondition(self.answerState == .streaming, "only an answer that began can break off")
        self.answerState = .complete
        self.connection?.abort(last, for: self)
    }

    /// Closes the connection without an answer, or in the middle of one.
    package func drop() {
        self.answerState = .complete
        self.connection?.drop(self)
    }

    /// Waits until the client is gone.
    package func clientGone() async {
        guard self.connection != nil else { return }
        await withUnsafeContinuation { (waiter: UnsafeContinuation<Void, Never>) in
            self.onClientGone = { waiter.resume() }
        }
    }

    /// The connection is gone: nothing that is sent from now on arrives.
    func connectionClosed() {
        self.connection = nil
        if case .reading = self.bodyState {
            let message = "the client went away before its request was whole"
            self.bodyCompleted(.failed(GatewayError(.clientCancelled, origin: .client, message)))
        }
        let gone = self.onClientGone
        self.onClientGone = nil
        self.onWritable = nil
        if self.answerState != .complete { gone?() }
    }

    /// The answer is complete: what was held for it can go.
    func release() {
        self.connection = nil
        self.onClientGone = nil
        self.onWritable = nil
    }
}
