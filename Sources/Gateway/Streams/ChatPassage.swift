import Core
import Dialects
import JSON
import Transport

/// A stream of OpenAI's Chat dialect to a client of the same dialect: events pass as they came, and are only judged.
struct ChatPassage: StreamPassage {
    private let quirks: ChatQuirks
    private var reader: ChatStreamReader
    private var scanner = SSEScanner()
    private(set) var hasContent = false
    /// Whether the upstream sent the terminal event, which not every server does.
    private var sawDone = false

    init(quirks: ChatQuirks, hidesUsage: Bool) {
        self.quirks = quirks
        self.reader = ChatStreamReader(quirks: quirks, hidesUsage: hidesUsage)
    }

    var usage: Usage? { self.reader.usage }
    var finishReason: String? { self.reader.finishReason }

    func isJSON(first: UInt8) -> Bool { first == UInt8(ascii: "{") }

    mutating func receive(
        _ bytes: UnsafeRawBufferPointer,
        isHolding: Bool,
        into out: inout ChunkBuffer
    ) -> PassageStep {
        var at = 0
        while let event = self.scanner.next(in: UnsafeRawBufferPointer(rebasing: bytes[at...])) {
            let raw = UnsafeRawBufferPointer(rebasing: bytes[at..<at + event.length])
            if let step = self.judge(event, raw, isHolding, &out) { return step }
            at += event.length
        }
        return .more(taken: at)
    }

    mutating func close(_ rest: UnsafeRawBufferPointer, into out: inout ChunkBuffer) -> GatewayError? {
        if let event = self.scanner.finish(in: rest) {
            let raw = UnsafeRawBufferPointer(rebasing: rest[..<event.length])
            let step = self.judge(event, raw, false, &out)
            // Its blank line never came, and what we write next must not be read as a part of it.
            if !out.isEmpty { out.append("\n\n") }
            if case .failed(let error) = step { return error }
        }
        return self.reader.ended()
    }

    /// Judges one event; nil where the stream goes on.
    private mutating func judge(
        _ event: SSEEventView,
        _ raw: UnsafeRawBufferPointer,
        _ isHolding: Bool,
        _ out: inout ChunkBuffer
    ) -> PassageStep? {
        guard let data = event.data else {
            // Comments keep a connection awake; before the first content nothing may go out.
            if !isHolding { out.append(raw) }
            return nil
        }
        let name = event.name.map { UnsafeRawBufferPointer(rebasing: raw[$0]) }
        let verdict =
            event.dataLines > 1
            ? event.joinedData(in: raw).withUnsafeBytes { self.reader.receive(name: name, data: $0) }
            : self.reader.receive(name: name, data: UnsafeRawBufferPointer(rebasing: raw[data]))
        switch verdict {
        case .forward(let isContent):
            out.append(raw)
            if isContent { self.hasContent = true }
        case .hide:
            break
        case .replace(let bytes):
            out.append(bytes)
        case .failed(let error):
            return .failed(error)
        case .end:
            self.sawDone = true
            // Asked of the reader, because a stream of nothing but [DONE] is no success.
            return self.reader.ended().map { .failed($0) } ?? .ended
        }
        return nil
    }

    func fault(of json: UnsafeRawBufferPointer) -> GatewayError {
        do throws(GatewayError) {
            _ = try ChatAnswerReader.read(json, quirks: self.quirks)
            return Self.wholeAnswer
        } catch {
            return error
        }
    }

    mutating func writeHeartbeat(into out: inout ChunkBuffer) { out.append(": keep-alive\n\n") }

    // The event as it came may lack its blank line where it is the last thing the upstream sent.
    mutating func writeEnd(into out: inout ChunkBuffer) {
        if self.sawDone { out.append("data: [DONE]\n\n") }
    }

    mutating func writeError(_ error: GatewayError, request: RequestID, into out: inout ChunkBuffer) {
        out.append(ChatErrors.event(error, request: request))
    }
}
