import Core
import Glibc
import HTTP1
import NIOCore

/// Answers out: heads, payload, ends of every kind, and how a connection closes.
extension ServerConnection {
    /// The whole head as bytes, with room for `body` behind it.
    func finished(_ head: consuming AnswerHead, framing: BodyFraming, room: Int) -> ByteBuffer {
        self.loopContext.withDate { head.field("date", checked: $0) }
        switch framing {
        case .length(let length): head.field("content-length", length)
        case .chunked: head.field("transfer-encoding", "chunked")
        case .none, .untilClose: break
        }
        if !self.keepAlive {
            head.field("connection", "close")
        } else if self.isVersion10 {
            head.field("connection", "keep-alive")
        }
        return head.ended(room: room)
    }

    private func isCurrent(_ request: ServerRequest) -> Bool {
        switch self.phase {
        case .body(let current), .busy(let current): current === request
        case .head, .lingering, .closed: false
        }
    }

    func send(_ head: consuming AnswerHead, body: ByteBuffer, for request: ServerRequest) {
        guard self.isCurrent(request), let context = self.channelContext else { return }
        if case .body = self.phase { self.keepAlive = false }
        // RFC 9110 §9.3.2 and §15.3.5: HEAD and 204 have no body; HEAD still says how long it would be.
        let hasBody = request.head.method != .head && head.status != 204
        let framing = head.status == 204 ? BodyFraming.none : .length(body.readableBytes)
        let joins = hasBody && body.readableBytes <= 16_384
        var bytes = self.finished(head, framing: framing, room: joins ? body.readableBytes : 0)
        if joins { bytes.writeImmutableBuffer(body) }
        context.write(self.wrapOutboundOut(bytes), promise: nil)
        self.loopContext.buffers.giveBack(bytes)
        if hasBody, !joins { context.write(self.wrapOutboundOut(body), promise: nil) }
        self.answered(request, context)
    }

    func begin(_ head: consuming AnswerHead, for request: ServerRequest) {
        guard self.isCurrent(request), let context = self.channelContext else { return }
        if case .body = self.phase { self.keepAlive = false }
        if self.isVersion10 { self.keepAlive = false }
        let bytes = self.finished(head, framing: self.isVersion10 ? .untilClose : .chunked, room: 0)
        context.write(self.wrapOutboundOut(bytes), promise: nil)
    }

    func write(_ chunk: consuming ChunkBuffer, for request: ServerRequest) {
        guard self.isCurrent(request), let context = self.channelContext, !chunk.isEmpty else { return }
        let bytes = self.isVersion10 ? chunk.plain() : chunk.framed()
        context.write(self.wrapOutboundOut(bytes), promise: nil)
        self.loopContext.buffers.giveBack(bytes)
    }

    /// What was written leaves at the end of this turn of the loop.
    func flush() {
        if let context = self.channelContext { self.loopContext.turn.flush(context) }
    }

    func end(_ last: consuming ChunkBuffer, for request: ServerRequest) {
        guard self.isCurrent(request), let context = self.channelContext else { return }
        if self.isVersion10 {
            if !last.isEmpty { context.write(self.wrapOutboundOut(last.plain()), promise: nil) }
        } else {
            var bytes = last.isEmpty ? context.channel.allocator.buffer(capacity: 8) : last.framed()
            bytes.writeStaticString("0\r\n\r\n")
            context.write(self.wrapOutboundOut(bytes), promise: nil)
        }
        self.answered(request, context)
    }

    func abort(_ last: consuming ChunkBuffer, for request: ServerRequest) {
        self.write(last, for: request)
        guard self.isCurrent(request), let context = self.channelContext else { return }
        self.detach(request)
        if self.isVersion10 {
            // Without chunks only a reset tells a broken answer from a whole one.
            context.flush()
            if let socket = context.channel as? any SocketOptionProvider {
                _ = socket.setSoLinger(Glibc.linger(l_onoff: 1, l_linger: 0))
            }
            context.close(promise: nil)
        } else {
            context.flush()
            self.linger(context)
        }
    }

    func drop(_ request: ServerRequest) {
        guard self.isCurrent(request), let context = self.channelContext else { return }
        self.detach(request)
        self.phase = .lingering
        context.flush()
        context.close(promise: nil)
    }

    /// The request is done with: from here on a closing connection is none of its business.
    private func detach(_ request: ServerRequest) {
        self.phase = .lingering
        self.returnAllowance(of: request)
        request.release()
        self.gate.requestEnded()
    }

    /// The answer is written: go on with the next request, or close.
    private func answered(_ request: ServerRequest, _ context: ChannelHandlerContext) {
        self.detach(request)
        if self.keepAlive {
            self.phase = .head
            self.deadline = Instant.now.advanced(by: self.limits.idle)
            self.loopContext.turn.flush(context)
            self.resumeReading(context)
            if self.inbound.readableBytes > 0 { self.parseRequests() }
        } else {
            context.flush()
            self.linger(context)
        }
    }

    /// Closes in the order that lets the client read the last answer: no more bytes out, what still comes in is thrown
    /// away for a moment (closing with unread bytes would reset the connection under the answer), then the end.
    func linger(_ context: ChannelHandlerContext) {
        guard self.channelContext != nil else { return }
        self.phase = .lingering
        self.inbound = ByteBuffer()
        // First what is queued has to leave, at the client's pace; then a second for what it still sends.
        self.deadline = Instant.now.advanced(by: self.limits.idle)
        let written = context.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in
            if case .lingering = bound.value.phase { bound.value.deadline = Instant.now.advanced(by: .seconds(1)) }
        }
        context.close(mode: .output, promise: written)
    }

    func returnAllowance(of request: ServerRequest) {
        if request.allowanceTaken > 0 {
            self.allowance.giveBack(request.allowanceTaken)
            request.allowanceTaken = 0
        }
    }
}
