import Core
import Dialects
import JSON
import NIOCore
import Transport

/// Passes a stream on event by event: judges each, meters it, holds everything back until the first content, and keeps
/// the end in hand until the exchange has settled.
///
/// Only whole events are ever passed on, so a stream that breaks leaves the client with whole events and our error.
final class StreamRelay: StreamSink {
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
        case events
        /// An answer that ignored `stream`, or an error under a 200.
        case json
    }

    private let call: UpstreamCall
    private let request: ServerRequest
    private let heartbeat: Delay

    private let quirks: ChatQuirks
    private(set) var reader: ChatStreamReader
    private var scanner = SSEScanner()
    /// The beginning of an event whose end has not arrived.
    private var carry: [UInt8] = []
    private var kind = Kind.unknown
    private var out = ChunkBuffer(capacity: 4096)
    private var stage = Stage.holding
    private var hasContent = false
    /// The terminal event as it came, once it did.
    private var terminal: [UInt8] = []
    private var outcome: Result<Void, GatewayError>?
    private var opening: UnsafeContinuation<Void, Never>?
    private var closing: UnsafeContinuation<Void, Never>?

    /// The longest event, and the most that is held back before the first content.
    private static let bound = 16 << 20

    init(call: UpstreamCall, request: ServerRequest, quirks: ChatQuirks, hidesUsage: Bool, heartbeat: Delay) {
        self.call = call
        self.request = request
        self.quirks = quirks
        self.reader = ChatStreamReader(quirks: quirks, hidesUsage: hidesUsage)
        self.heartbeat = heartbeat
    }

    // MARK: For the exchange

    /// Waits for the first content.
    func open(commitAt: Instant) async -> Opening {
        self.call.setAlarm(at: commitAt)
        self.call.relay(to: self)
        if self.outcome == nil, !self.hasContent { await withUnsafeContinuation { self.opening = $0 } }
        if case .failure(let error)? = self.outcome, !self.hasContent { return .failed(error) }
        return self.hasContent || self.outcome != nil ? .content : .stillWaiting
    }

    /// Sends what was held back and everything that follows, and waits for the end.
    ///
    /// The caller has begun the answer. Returns with the terminal event in hand, not yet written.
    func forward() async -> Result<Void, GatewayError> {
        self.stage = .forwarding
        self.request.onWritable = { [call] in call.resume() }
        if self.outcome == nil {
            if self.hasContent { self.call.contentBegan() } else { self.beat() }
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
        self.out.append(self.terminal)
        self.request.end(self.takeOut())
    }

    /// Writes what is left and `event`, and breaks the answer off.
    func breakOff(_ event: [UInt8]) {
        self.out.append(event)
        self.request.abort(self.takeOut())
    }

    // MARK: From the upstream

    func received(_ payload: UnsafeRawBufferPointer) {
        guard self.outcome == nil, !payload.isEmpty else { return }
        if self.kind == .unknown { self.sniff(payload) }
        if self.kind == .json {
            self.carry.append(contentsOf: payload)
        } else if self.carry.isEmpty {
            let taken = self.scan(payload)
            if taken < payload.count { self.carry.append(contentsOf: payload[taken...]) }
        } else {
            self.carry.append(contentsOf: payload)
            let taken = self.carry.withUnsafeBytes { self.scan($0) }
            self.carry.removeFirst(taken)
        }
        if self.carry.count > Self.bound || self.stage == .holding && self.out.count > Self.bound {
            let error = Self.malformed("an event is over \(Self.bound) bytes")
            self.fail(error)
            self.call.cancel(error)
        }
    }

    func readCompleted() {
        guard self.stage == .forwarding, self.outcome == nil else {
            if self.hasContent { self.wakeOpening() }
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
            self.fail(error)
        case .complete where self.kind == .json:
            self.fail(self.jsonFault())
        case .complete:
            self.carry.withUnsafeBytes { bytes in
                guard let event = self.scanner.finish(in: bytes) else { return }
                self.judge(event, bytes, at: 0)
                // Its blank line never came, and what we write next must not be read as a part of it.
                if !self.out.isEmpty { self.out.append("\n\n") }
            }
            guard self.outcome == nil else { return }
            if let error = self.reader.ended() { self.fail(error) } else { self.conclude(.success(())) }
        }
    }

    // MARK: Judging

    /// Judges every whole event in `bytes` and returns how much of it they took.
    private func scan(_ bytes: UnsafeRawBufferPointer) -> Int {
        var at = 0
        while self.outcome == nil,
            let event = self.scanner.next(in: UnsafeRawBufferPointer(rebasing: bytes[at...]))
        {
            self.judge(event, bytes, at: at)
            at += event.length
        }
        return self.outcome == nil ? at : bytes.count
    }

    private func judge(_ event: SSEEventView, _ bytes: UnsafeRawBufferPointer, at start: Int) {
        let raw = UnsafeRawBufferPointer(rebasing: bytes[start..<start + event.length])
        guard let data = event.data else {
            // Comments keep a connection awake; before the first content nothing may go out.
            if self.stage == .forwarding { self.out.append(raw) }
            return
        }
        let name = event.name.map { UnsafeRawBufferPointer(rebasing: raw[$0]) }
        let verdict =
            event.dataLines > 1
            ? event.joinedData(in: raw).withUnsafeBytes { self.reader.receive(name: name, data: $0) }
            : self.reader.receive(name: name, data: UnsafeRawBufferPointer(rebasing: raw[data]))
        switch verdict {
        case .forward(let isContent):
            self.out.append(raw)
            if isContent, !self.hasContent {
                self.hasContent = true
                if self.stage == .forwarding { self.call.contentBegan() }
            }
        case .hide:
            break
        case .replace(let bytes):
            self.out.append(bytes)
        case .failed(let error):
            self.fail(error)
            self.call.cancel(error)
        case .end:
            // The event may lack its blank line where it is the last thing the upstream sent.
            self.terminal = Array("data: [DONE]\n\n".utf8)
            // Asked of the reader, because a stream of nothing but [DONE] is no success.
            if let error = self.reader.ended() { self.fail(error) } else { self.conclude(.success(())) }
        }
    }

    private func sniff(_ payload: UnsafeRawBufferPointer) {
        guard let first = payload.first(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d }) else { return }
        self.kind = first == UInt8(ascii: "{") ? .json : .events
    }

    /// Why a JSON body under a 200 is no stream.
    private func jsonFault() -> GatewayError {
        do throws(GatewayError) {
            _ = try self.carry.withBytes { bytes throws(GatewayError) in
                try ChatAnswerReader.read(bytes, quirks: self.quirks)
            }
            return Self.malformed("it is a whole answer where a stream was asked for")
        } catch {
            return error
        }
    }

    private func beat() {
        self.out.append(": keep-alive\n\n")
        self.call.setAlarm(at: Instant.now.advanced(by: self.heartbeat))
    }

    private func takeOut() -> ChunkBuffer {
        let full = self.out
        self.out = ChunkBuffer(capacity: 2048)
        return full
    }

    private func fail(_ error: GatewayError) { self.conclude(.failure(error)) }

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

    private static func malformed(_ message: String) -> GatewayError {
        GatewayError(
            .upstreamError,
            origin: .upstream,
            retry: .otherTarget,
            "the upstream's stream is malformed: \(message)"
        )
    }
}
