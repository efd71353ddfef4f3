import Core
import Dialects
import JSON
import Transport

/// A stream of any dialect to a client of the same dialect: whole messages pass as they came, and are only judged.
///
/// OpenAI's Chat has a passage of its own, ``ChatPassage``, which judges without decoding.
struct ForwardPassage: StreamPassage {
    private var reader: FrameReader
    private var decoder: any StreamDecoding
    private var encoder: any StreamEncoding
    private let dialect: Dialect
    private let framing: StreamFraming
    private let source: ReplySource
    private(set) var hasContent = false
    private(set) var usage: Usage?
    private(set) var finishReason: String?
    private var decoded: [CanonicalEvent] = []
    /// The terminal message as it came, once it did; Gemini's streams have none.
    private var terminal: [UInt8] = []

    init(_ dialect: Dialect, _ source: ReplySource, _ style: ReplyStyle) {
        self.dialect = dialect
        self.source = source
        self.framing = dialect.framing
        self.reader = FrameReader(dialect.framing)
        self.decoder = dialect.streamDecoder(from: source)
        self.encoder = dialect.streamEncoder(style)
    }

    func isJSON(first: UInt8) -> Bool {
        // A stream of lines begins like a whole answer, and takes one for its first line.
        self.framing != .jsonLines && (first == UInt8(ascii: "{") || first == UInt8(ascii: "["))
    }

    mutating func receive(
        _ bytes: UnsafeRawBufferPointer,
        isHolding: Bool,
        into out: inout ChunkBuffer
    ) -> PassageStep {
        do throws(GatewayError) {
            var at = 0
            while let (frame, length) = try self.reader.next(in: UnsafeRawBufferPointer(rebasing: bytes[at...])) {
                let raw = UnsafeRawBufferPointer(rebasing: bytes[at..<at + length])
                at += length
                if try self.judge(frame, raw, isHolding, &out) { return .ended }
            }
            return .more(taken: at)
        } catch {
            return .failed(error)
        }
    }

    mutating func close(_ rest: UnsafeRawBufferPointer, into out: inout ChunkBuffer) -> GatewayError? {
        do throws(GatewayError) {
            if let (frame, length) = self.reader.finish(in: rest) {
                let raw = UnsafeRawBufferPointer(rebasing: rest[..<length])
                let ended = try self.judge(frame, raw, false, &out)
                // It lacked its end, and what we write next must not be read as a part of it.
                if !out.isEmpty { out.append(self.framing == .jsonLines ? "\n" : "\n\n") }
                if ended { return nil }
            }
            self.decoded.removeAll(keepingCapacity: true)
            let error = self.decoder.close(into: &self.decoded)
            _ = self.note()
            return error
        } catch {
            return error
        }
    }

    /// Judges one message and passes it on; true where it is the terminal one, which is held back.
    private mutating func judge(
        _ frame: FrameReader.Frame?,
        _ raw: UnsafeRawBufferPointer,
        _ isHolding: Bool,
        _ out: inout ChunkBuffer
    ) throws(GatewayError) -> Bool {
        guard let frame else {
            // Comments keep a connection awake; before the first content nothing may go out.
            if !isHolding { out.append(raw) }
            return false
        }
        self.decoded.removeAll(keepingCapacity: true)
        switch frame {
        case .whole(let frame): try self.decoder.receive(frame, into: &self.decoded)
        case .joined(let name, let data):
            try data.withBytes { bytes throws(GatewayError) in
                try self.decoder.receive(StreamFrame(name: name, data: bytes), into: &self.decoded)
            }
        }
        if self.note() {
            self.terminal = Array(raw)
            return true
        }
        out.append(raw)
        return false
    }

    /// Notes what was decoded; true where the end was among it.
    private mutating func note() -> Bool {
        for event in self.decoded {
            switch event {
            case .end: return true
            case .start(_, _, let usage): self.usage = usage ?? self.usage
            case .usage(let usage): self.usage = usage
            case .finish(let choice, let reason) where choice == 0: self.finishReason = reason.word
            default: break
            }
            if event.isContent { self.hasContent = true }
        }
        return false
    }

    func fault(of json: UnsafeRawBufferPointer) -> GatewayError {
        do throws(GatewayError) {
            _ = try self.dialect.decodeAnswer(json, from: self.source)
            return Self.wholeAnswer
        } catch {
            return error
        }
    }

    mutating func writeHeartbeat(into out: inout ChunkBuffer) {
        var bytes: [UInt8] = []
        self.encoder.writeHeartbeat(into: &bytes)
        out.append(bytes)
    }

    mutating func writeEnd(into out: inout ChunkBuffer) { out.append(self.terminal) }

    mutating func writeError(_ error: GatewayError, request: RequestID, into out: inout ChunkBuffer) {
        var bytes: [UInt8] = []
        self.encoder.writeError(error, request: request, into: &bytes)
        out.append(bytes)
    }
}
