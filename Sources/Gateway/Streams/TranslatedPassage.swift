import Core
import Dialects
import Providers
import Transport

/// A stream of one dialect to a client of another: taken out of its framing, decoded, shaped, encoded.
struct TranslatedPassage: StreamPassage {
    private var reader: FrameReader
    private var decoder: any StreamDecoding
    private var shaper: ReplyShaper
    private var encoder: any StreamEncoding
    private let upstream: UpstreamAPI
    private let framing: StreamFraming
    private let source: ReplySource
    private(set) var hasContent = false
    private(set) var usage: Usage?
    private(set) var finishReason: String?
    /// Reused from read to read.
    private var decoded: [CanonicalEvent] = []
    private var shaped: [CanonicalEvent] = []
    private var written: [UInt8] = []

    init(from upstream: UpstreamAPI, _ source: ReplySource, to encoder: any StreamEncoding, plan: ReplyPlan) {
        self.upstream = upstream
        self.source = source
        self.framing = upstream.framing
        self.reader = FrameReader(upstream.framing)
        self.decoder = upstream.streamDecoder(from: source)
        self.shaper = ReplyShaper(plan)
        self.encoder = encoder
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
            if let (frame, _) = self.reader.finish(in: rest), try self.take(frame) {
                self.flush(into: &out)
                return nil
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
        while let (frame, length) = try self.reader.next(in: UnsafeRawBufferPointer(rebasing: bytes[at...])) {
            at += length
            if try self.take(frame) { return (at, true) }
        }
        return (at, false)
    }

    /// Decodes one message; true where it ended the stream.
    private mutating func take(_ frame: FrameReader.Frame?) throws(GatewayError) -> Bool {
        switch frame {
        case nil: return false
        case .whole(let frame)?: return try self.take(frame)
        case .joined(let name, let data)?:
            return try data.withBytes { bytes throws(GatewayError) in
                try self.take(StreamFrame(name: name, data: bytes))
            }
        }
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
            _ = try self.upstream.dialect.decodeAnswer(json, from: self.source)
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
