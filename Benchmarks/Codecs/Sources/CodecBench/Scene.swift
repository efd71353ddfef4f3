import Core
import Dialects
import JSON

/// One translation that can be done again and again.
struct Scene {
    let name: String
    /// The bytes that are read in one turn.
    let bytes: Int
    /// Does it once; answers the bytes written, so that nothing is optimised away.
    let turn: () -> Int

    /// The names of all scenes.
    static func names() -> [String] {
        var names: [String] = []
        for dialect in Dialect.allCases where dialect != .openAIChat {
            for kind in ["picture", "text", "turns", "tools", "arguments"] {
                names += ["request \(kind) openai>\(dialect.rawValue)", "request \(kind) \(dialect.rawValue)>openai"]
            }
        }
        for kind in ["text", "thoughts", "arguments"] {
            for dialect in Dialect.allCases where dialect != .openAIChat {
                names += ["answer \(kind) \(dialect.rawValue)>openai", "answer \(kind) openai>\(dialect.rawValue)"]
                names += ["stream \(kind) \(dialect.rawValue)>openai", "stream \(kind) openai>\(dialect.rawValue)"]
            }
        }
        return names
    }

    /// The scene `name` at `size`, or why there is none.
    init(_ name: String, size: Int) throws(GatewayError) {
        let words = name.split(separator: " ").map(String.init)
        let ends = (words.last ?? "").split(separator: ">").map(String.init)
        guard words.count == 3, ends.count == 2, let from = Dialect(rawValue: ends[0]),
            let to = Dialect(rawValue: ends[1])
        else { throw GatewayError(.gatewayFault, origin: .gateway, "no such scene: \(name)") }
        self.name = name
        switch words[0] {
        case "request":
            let body = try Self.body(Materials.request(words[1], size), in: from)
            self.bytes = body.count
            self.turn = { Self.request(body, from, to) }
            _ = try Self.translated(body, from, to)
        case "answer":
            let body = from.encodeAnswer(Materials.answer(words[1], size), Self.style)
            self.bytes = body.count
            self.turn = { Self.answer(body, from, to) }
        default:
            var stream: [UInt8] = []
            var encoder = from.streamEncoder(Self.style)
            for event in Materials.events(Materials.answer(words[1], size)) { encoder.write(event, into: &stream) }
            encoder.writeEnd(into: &stream)
            self.bytes = stream.count
            self.turn = { [stream] in Self.stream(stream, from, to) }
        }
    }

    private static let style = ReplyStyle(id: "req_1", model: "model-1", created: 1_700_000_000)

    private static func target(_ dialect: Dialect) -> TranslationTarget {
        TranslationTarget(
            model: dialect == .bedrockConverse ? "us.anthropic.claude-sonnet-4-5-20250929-v1:0" : "model-1"
        )
    }

    private static func body(_ request: CanonicalRequest, in dialect: Dialect) throws(GatewayError) -> [UInt8] {
        var request = request
        request.dialect = dialect
        var notes = TranslationNotes()
        return try dialect.encodeRequest(request, for: Self.target(dialect), notes: &notes).body
    }

    private static func translated(_ body: [UInt8], _ from: Dialect, _ to: Dialect) throws(GatewayError) -> Int {
        let isInPath = from == .gemini || from == .bedrockConverse
        let request = try body.withUnsafeBytesOf { bytes throws(GatewayError) in
            try from.decodeRequest(bytes, model: isInPath ? "model-1" : nil, stream: isInPath ? false : nil)
        }
        var notes = TranslationNotes()
        return try to.encodeRequest(request, for: Self.target(to), notes: &notes).body.count
    }

    private static func request(_ body: [UInt8], _ from: Dialect, _ to: Dialect) -> Int {
        (try? Self.translated(body, from, to)) ?? 0
    }

    private static func answer(_ body: [UInt8], _ from: Dialect, _ to: Dialect) -> Int {
        let source = ReplySource(model: "model-1", seed: "s")
        let answer = body.withUnsafeBytes { try? from.decodeAnswer($0, from: source) }
        return answer.map { to.encodeAnswer($0, Self.style).count } ?? 0
    }

    /// Reads a stream as the gateway does, in reads of 16 KB.
    private static func stream(_ stream: [UInt8], _ from: Dialect, _ to: Dialect) -> Int {
        var decoder = from.streamDecoder(from: ReplySource(model: "model-1", seed: "s"))
        var encoder = to.streamEncoder(Self.style)
        var text = SSEScanner()
        var binary = EventStreamScanner()
        var events: [CanonicalEvent] = []
        var written: [UInt8] = []
        var total = 0
        stream.withUnsafeBytes { bytes in
            var start = 0
            var end = 0
            while end < bytes.count {
                end = min(bytes.count, end + 16384)
                while start < end {
                    let window = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                    guard let (frame, length) = Self.frame(from.framing, &text, &binary, window) else { break }
                    start += length
                    events.removeAll(keepingCapacity: true)
                    try? decoder.receive(frame, into: &events)
                    for event in events {
                        if case .end = event { continue }
                        encoder.write(event, into: &written)
                    }
                }
                total += written.count
                written.removeAll(keepingCapacity: true)
            }
        }
        events.removeAll(keepingCapacity: true)
        _ = decoder.close(into: &events)
        for event in events {
            if case .end = event { continue }
            encoder.write(event, into: &written)
        }
        encoder.writeEnd(into: &written)
        return total + written.count
    }

    private static func frame(
        _ framing: StreamFraming,
        _ text: inout SSEScanner,
        _ binary: inout EventStreamScanner,
        _ window: UnsafeRawBufferPointer
    ) -> (StreamFrame, Int)? {
        switch framing {
        case .serverSentEvents:
            guard let event = text.next(in: window) else { return nil }
            let name = event.name.map { UnsafeRawBufferPointer(rebasing: window[$0]) }
            let data = event.data.map { UnsafeRawBufferPointer(rebasing: window[$0]) }
            return (StreamFrame(name: name, data: data ?? .init(start: nil, count: 0)), event.length)
        case .awsEventStream:
            guard let message = (try? binary.next(in: window)) ?? nil else { return nil }
            return (StreamFrame(message, in: window), message.length)
        }
    }
}

extension [UInt8] {
    /// The bytes in place, for a body that throws this one type.
    fileprivate func withUnsafeBytesOf<Result>(
        _ body: (UnsafeRawBufferPointer) throws(GatewayError) -> Result
    ) throws(GatewayError) -> Result {
        var result: Swift.Result<Result, GatewayError>?
        self.withUnsafeBytes { bytes in
            do throws(GatewayError) {
                result = .success(try body(bytes))
            } catch {
                result = .failure(error)
            }
        }
        guard let result else { throw GatewayError(.gatewayFault, origin: .gateway, "not reached") }
        return try result.get()
    }
}
