import Core
import Dialects
import JSON
import Transport

/// A stream of one dialect to a client of another: taken out of its framing, decoded, shaped, encoded.
struct TranslatedPassage: StreamPassage {
    private var framing: Framing
    private var decoder: any StreamDecoding
    private var shaper: ReplyShaper
    private var encoder: any StreamEncoding
    private let upstream: Dialect
    private let source: ReplySource
    private(set) var hasContent = false
    private(set) var usage: Usage?
    private(set) var finishReason: String?
    /// Reused from read to read.
    private var decoded: [CanonicalEvent] = []
    private var shaped: [CanonicalEvent] = []
    private var written: [UInt8] = []

    /// How messages stand in the bytes of a stream.
    private enum Framing {
        case serverSentEvents(SSEScanner)
        case eventStream(EventStreamScanner)
    }

    init(from upstream: Dialect, _ source: ReplySource, to client: Dialect, _ style: ReplyStyle, plan: ReplyPlan) {
        self.upstream = upstream
        self.source = source
        self.framing =
            upstream == .bedrockConverse ? .eventStream(EventStreamScanner()) : .serverSentEvents(SSEScanner())
        self.decoder = upstream.streamDecoder(from: source)
        self.shaper = ReplyShaper(plan)
        self.encoder = client.streamEncoder(style)
    }

    static func isJSON(first: UInt8) -> Bool { first == UInt8(ascii: "{") || first == UInt8(ascii: "[") }

    mutating func receive(
        _ bytes: UnsafeRawBufferPointer,
        isHolding: Bool,
        into out: inout ChunkBuffer
    ) -> PassageStep {
        do throws(GatewayError) {
            let (taken, ended) = try self.frames(of: bytes)
            self.flush(into: &out)
            return ended ? .ended : .more(taken: taken)
        } catch {
            // What came before the fault is the client's.
            self.flush(into: &out)
            return .failed(error)
        }
    }

    mutating func close(_ rest: UnsafeRawBufferPointer, into out: inout ChunkBuffer) -> GatewayError? {
        do throws(GatewayError) {
            if case .serverSentEvents(var scanner) = self.framing, let event = scanner.finish(in: rest) {
                if try self.take(event, UnsafeRawBufferPointer(rebasing: rest[..<event.length])) {
                    self.flush(into: &out)
                    return nil
                }
            }
            self.decoded.removeAll(keepingCapacity: true)
            let error = self.decoder.close(into: &self.decoded)
            _ = self.encodeDecoded()
            self.flush(into: &out)
            return error
        } catch {
            self.flush(into: &out)
            return error
        }
    }

    /// Decodes every whole message; says how many bytes they took, and whether the last one ended the stream.
    private mutating func frames(of bytes: UnsafeRawBufferPointer) throws(GatewayError) -> (taken: Int, ended: Bool) {
        var at = 0
        switch self.framing {
        case .serverSentEvents(var scanner):
            defer { self.framing = .serverSentEvents(scanner) }
            while let event = scanner.next(in: UnsafeRawBufferPointer(rebasing: bytes[at...])) {
                let raw = UnsafeRawBufferPointer(rebasing: bytes[at..<at + event.length])
                at += event.length
                if try self.take(event, raw) { return (at, true) }
            }
        case .eventStream(var scanner):
            defer { self.framing = .eventStream(scanner) }
            while let message = try Self.next(&scanner, UnsafeRawBufferPointer(rebasing: bytes[at...])) {
                let raw = UnsafeRawBufferPointer(rebasing: bytes[at..<at + message.length])
                at += message.length
                if try self.take(message, raw) { return (at, true) }
            }
        }
        return (at, false)
    }

    private static func next(
        _ scanner: inout EventStreamScanner,
        _ bytes: UnsafeRawBufferPointer
    ) throws(GatewayError) -> EventStreamMessageView? {
        do throws(EventStreamFault) {
            return try scanner.next(in: bytes)
        } catch {
            throw Self.malformed("\(error)")
        }
    }

    /// Decodes one server-sent event; true where it ended the stream.
    private mutating func take(_ event: SSEEventView, _ raw: UnsafeRawBufferPointer) throws(GatewayError) -> Bool {
        guard let data = event.data else { return false }
        let name = event.name.map { UnsafeRawBufferPointer(rebasing: raw[$0]) }
        guard event.dataLines > 1 else {
            return try self.take(StreamFrame(name: name, data: UnsafeRawBufferPointer(rebasing: raw[data])))
        }
        let joined = event.joinedData(in: raw)
        return try joined.withBytes { bytes throws(GatewayError) in
            try self.take(StreamFrame(name: name, data: bytes))
        }
    }

    /// Decodes one message of an AWS event stream; true where it ended the stream.
    private mutating func take(
        _ message: EventStreamMessageView,
        _ raw: UnsafeRawBufferPointer
    ) throws(GatewayError) -> Bool {
        func text(_ range: Range<Int>?) -> UnsafeRawBufferPointer? {
            range.map { UnsafeRawBufferPointer(rebasing: raw[$0]) }
        }
        let kind = text(message.messageType)
        let isEvent = kind.map { String(decoding: $0, as: UTF8.self) == "event" } ?? false
        let name = isEvent ? message.eventType : message.exceptionType ?? message.errorCode
        return try self.take(
            StreamFrame(
                kind: isEvent ? .event : .exception,
                name: text(name),
                data: UnsafeRawBufferPointer(rebasing: raw[message.payload])
            )
        )
    }

    private mutating func take(_ frame: StreamFrame) throws(GatewayError) -> Bool {
        self.decoded.removeAll(keepingCapacity: true)
        try self.decoder.receive(frame, into: &self.decoded)
        return self.encodeDecoded()
    }

    /// Notes, shapes and encodes what was decoded; true where the end was among it.
    private mutating func encodeDecoded() -> Bool {
        for event in self.decoded {
            switch event {
            case .end: return true
            case .start(_, _, let usage): self.usage = usage ?? self.usage
            case .usage(let usage): self.usage = usage
            default: break
            }
            if event.isContent { self.hasContent = true }
            guard !self.shaper.isPlain else {
                self.encode(event)
                continue
            }
            self.shaped.removeAll(keepingCapacity: true)
            self.shaper.shape(event, into: &self.shaped)
            for event in self.shaped { self.encode(event) }
        }
        return false
    }

    private mutating func encode(_ event: CanonicalEvent) {
        if case .finish(let choice, let reason) = event, choice == 0 { self.finishReason = reason.word }
        self.encoder.write(event, into: &self.written)
    }

    /// Hands over what was encoded.
    private mutating func flush(into out: inout ChunkBuffer) {
        guard !self.written.isEmpty else { return }
        out.append(self.written)
        self.written.removeAll(keepingCapacity: true)
    }

    func fault(of json: UnsafeRawBufferPointer) -> GatewayError {
        do throws(GatewayError) {
            _ = try self.upstream.decodeAnswer(json, from: self.source)
            return Self.wholeAnswer
        } catch {
            return error
        }
    }

    mutating func writeHeartbeat(into out: inout ChunkBuffer) {
        self.encoder.writeHeartbeat(into: &self.written)
        self.flush(into: &out)
    }

    mutating func writeEnd(into out: inout ChunkBuffer) {
        self.encoder.writeEnd(into: &self.written)
        self.flush(into: &out)
    }

    mutating func writeError(_ error: GatewayError, request: RequestID, into out: inout ChunkBuffer) {
        self.encoder.writeError(error, request: request, into: &self.written)
        self.flush(into: &out)
    }
}
