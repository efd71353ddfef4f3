import Core
import NIOCore
import Transport

/// Passes a stream on: holds everything back until the first content, then writes what its passage makes of it, and keeps
/// the end in hand until the exchange has settled.
///
/// Only whole events are ever passed on, so a stream that breaks leaves the client with whole events and our error.
final class StreamRelay<Passage: StreamPassage>: StreamSink {
    /// What became of the stream before anything was sent to the client.
    enum Opening {
        /// There is content, or the whole stream is there: the head may go out.
        case content
        /// Nothing yet, and the client has waited long enough for a head.
        case stillWaiting
        case failed(GatewayError)
    }

    private enum Stage {
        case holding
        case forwarding
    }

    /// What the body turned out to be: content types are often wrong, the first byte is not.
    private enum Kind {
        case unknown
        case stream
        /// An answer that ignored `stream`, or an error under a 200.
        case json
    }

    private let call: UpstreamCall
    private let request: ServerRequest
    private let heartbeat: Delay

    private(set) var passage: Passage
    /// The beginning of a message whose end has not arrived.
    private var carry: [UInt8] = []
    private var kind = Kind.unknown
    private var out = ChunkBuffer(capacity: 4096)
    private var stage = Stage.holding
    /// Whether the call was told that the content has begun.
    private var announcedContent = false
    private var outcome: Result<Void, GatewayError>?
    private var opening: UnsafeContinuation<Void, Never>?
    private var closing: UnsafeContinuation<Void, Never>?

    /// The longest message, and the most that is held back before the first content.
    private static var bound: Int { 32 << 20 }

    init(_ passage: Passage, call: UpstreamCall, request: ServerRequest, heartbeat: Delay) {
        self.passage = passage
        self.call = call
        self.request = request
        self.heartbeat = heartbeat
    }

    // MARK: For the exchange

    /// Waits for the first content.
    func open(commitAt: Instant) async -> Opening {
        self.call.setAlarm(at: commitAt)
        self.call.relay(to: self)
        if self.outcome == nil, !self.passage.hasContent { await withUnsafeContinuation { self.opening = $0 } }
        if case .failure(let error)? = self.outcome, !self.passage.hasContent { return .failed(error) }
        return self.passage.hasContent || self.outcome != nil ? .content : .stillWaiting
    }

    /// Sends what was held back and everything that follows, and waits for the end.
    ///
    /// The caller has begun the answer. Returns with the terminal event in hand, not yet written.
    func forward() async -> Result<Void, GatewayError> {
        self.stage = .forwarding
        self.request.onWritable = { [call] in call.resume() }
        if self.outcome == nil {
            if self.passage.hasContent { self.announceContent() } else { self.beat() }
            self.readCompleted()
            // Writing may have found the client gone, which ends the stream at once.
            if self.outcome == nil { await withUnsafeContinuation { self.closing = $0 } }
        }
        guard let outcome = self.outcome else { preconditionFailure("the waiter is resumed with the outcome") }
        return outcome
    }

    /// Writes what is left and the terminal event, after the exchange has settled.
    func finish() {
        // What is left of the upstream's framing may be read now, so that its connection can serve again.
        self.call.resume()
        self.passage.writeEnd(into: &self.out)
        self.request.end(self.takeOut())
    }

    /// Writes what is left and the error, and breaks the answer off.
    func breakOff(_ error: GatewayError) {
        self.passage.writeError(error, request: self.request.id, into: &self.out)
        self.request.abort(self.takeOut())
    }

    // MARK: From the upstream

    func received(_ payload: UnsafeRawBufferPointer) {
        guard self.outcome == nil, !payload.isEmpty else { return }
        if self.kind == .unknown { self.sniff(payload) }
        if self.kind == .json {
            self.carry.append(contentsOf: payload)
        } else if self.carry.isEmpty {
            let taken = self.pass(payload)
            if taken < payload.count { self.carry.append(contentsOf: payload[taken...]) }
        } else {
            self.carry.append(contentsOf: payload)
            let taken = self.carry.withUnsafeBytes { self.pass($0) }
            self.carry.removeFirst(taken)
        }
        if self.carry.count > Self.bound || self.stage == .holding && self.out.count > Self.bound {
            let error = Passage.malformed("a message is over \(Self.bound) bytes")
            self.conclude(.failure(error))
            self.call.cancel(error)
        }
    }

    func readCompleted() {
        guard self.stage == .forwarding, self.outcome == nil else {
            if self.passage.hasContent { self.wakeOpening() }
            return
        }
        guard !self.out.isEmpty else { return }
        self.request.write(self.takeOut())
        self.request.flush()
        if !self.request.isWritable { self.call.pause() }
    }

    func alarm() {
        if self.stage == .forwarding {
            self.beat()
            self.readCompleted()
        } else {
            self.wakeOpening()
        }
    }

    func ended(_ ending: UpstreamEnding) {
        guard self.outcome == nil else { return }
        switch ending {
        case .failed(let error):
            self.conclude(.failure(error))
        case .complete where self.kind == .json:
            self.conclude(.failure(self.carry.withUnsafeBytes { self.passage.fault(of: $0) }))
        case .complete:
            let error = self.carry.withUnsafeBytes { self.passage.close($0, into: &self.out) }
            self.conclude(error.map { .failure($0) } ?? .success(()))
        }
    }

    /// Hands `bytes` to the passage and returns how many it took.
    private func pass(_ bytes: UnsafeRawBufferPointer) -> Int {
        let step = self.passage.receive(bytes, isHolding: self.stage == .holding, into: &self.out)
        if self.stage == .forwarding, self.passage.hasContent { self.announceContent() }
        switch step {
        case .more(let taken): return taken
        case .ended: self.conclude(.success(()))
        case .failed(let error):
            self.conclude(.failure(error))
            self.call.cancel(error)
        }
        return bytes.count
    }

    private func announceContent() {
        guard !self.announcedContent else { return }
        self.announcedContent = true
        self.call.contentBegan()
    }

    private func sniff(_ payload: UnsafeRawBufferPointer) {
        guard let first = payload.first(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d }) else { return }
        self.kind = self.passage.isJSON(first: first) ? .json : .stream
    }

    private func beat() {
        self.passage.writeHeartbeat(into: &self.out)
        self.call.setAlarm(at: Instant.now.advanced(by: self.heartbeat))
    }

    private func takeOut() -> ChunkBuffer {
        let full = self.out
        // The next turn mostly brings as much as this one.
        self.out = ChunkBuffer(capacity: min(full.count, 16_384), in: self.request.context.buffers)
        return full
    }

    private func conclude(_ outcome: Result<Void, GatewayError>) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        self.wakeOpening()
        self.closing?.resume()
        self.closing = nil
    }

    private func wakeOpening() {
        self.opening?.resume()
        self.opening = nil
    }
}
