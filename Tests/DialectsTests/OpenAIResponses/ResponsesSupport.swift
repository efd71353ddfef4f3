import Core
import Dialects
import Foundation
import JSON
import Testing

/// What the Responses codec made of something, in forms that are easy to compare.
enum Responses {
    static let source = ReplySource(model: "gpt", family: .openAI, seed: "seed")
    static let style = ReplyStyle(id: "01ABC", model: "asked", created: 1_790_000_000)

    /// A target that reasons, with traits as `change` leaves them.
    static func target(
        family: SignatureFamily? = .openAI,
        _ change: (inout ModelTraits) -> Void = { _ in }
    ) -> TranslationTarget {
        var traits = ModelTraits()
        traits.reasoning = .effort
        change(&traits)
        return TranslationTarget(model: "gpt-x", traits: traits, family: family)
    }

    /// A request of a Chat client with one user's turn.
    static func request(_ change: (inout CanonicalRequest) -> Void = { _ in }) -> CanonicalRequest {
        var request = CanonicalRequest(dialect: .openAIChat, model: "asked")
        request.messages = [Message(.user, [.text("Hi")])]
        change(&request)
        return request
    }

    static func decode(request body: JSONValue) throws -> CanonicalRequest {
        try Self.decode(requestBytes: body.bytes)
    }

    static func decode(requestBytes bytes: [UInt8]) throws -> CanonicalRequest {
        try bytes.withUnsafeBytes { try ResponsesRequestDecoder.decode($0) }
    }

    /// Decodes a request that holds nothing but a model and this input.
    static func decode(input: JSONValue) throws -> CanonicalRequest {
        try Self.decode(request: ["model": "m", "input": input])
    }

    /// The request as it is written, and what was noted.
    static func encode(
        _ request: CanonicalRequest,
        _ target: TranslationTarget = Responses.target(),
        isStrict: Bool = false
    ) throws -> (body: JSONValue, plan: ReplyPlan, notes: [String]) {
        var notes = TranslationNotes(isStrict: isStrict)
        let encoded = try ResponsesRequestEncoder.encode(request, for: target, notes: &notes)
        let said = notes.entries.map { "\($0.reason.rawValue);\($0.field)" }
        return (try JSONValue(parsing: encoded.body), encoded.plan, said)
    }

    static func decode(
        answer body: [UInt8],
        from source: ReplySource = Responses.source
    ) throws -> CanonicalAnswer {
        try body.withUnsafeBytes { try ResponsesAnswerDecoder.decode($0, from: source) }
    }

    static func encode(
        _ parts: [Part],
        stop: StopReason = .stop,
        _ style: ReplyStyle = Responses.style
    ) throws -> JSONValue {
        let answer = CanonicalAnswer(choices: [.init(parts: parts, stop: stop)])
        return try JSONValue(parsing: ResponsesAnswerEncoder.encode(answer, style))
    }

    /// The events of a stream given as the data of its server-sent events, after which the connection closed.
    static func read(_ frames: [String], from source: ReplySource = Responses.source) -> ResponsesReading {
        ResponsesReading(frames.map { SSEEvent(data: Array($0.utf8)) }, from: source)
    }

    /// The bytes of a stream of `events`, with its end.
    static func write(_ events: [CanonicalEvent], _ style: ReplyStyle = Responses.style) -> [UInt8] {
        var encoder = ResponsesStreamEncoder(style)
        var bytes: [UInt8] = []
        for event in events {
            if case .end = event { continue }
            encoder.write(event, into: &bytes)
        }
        encoder.writeEnd(into: &bytes)
        return bytes
    }

    /// The server-sent events in `bytes`.
    static func frames(_ bytes: [UInt8]) throws -> [SSEEvent] {
        var decoder = SSEDecoder(limit: 1 << 26)
        var events: [SSEEvent] = []
        try bytes.withUnsafeBytes { bytes in try decoder.receive(bytes) { events.append($0) } }
        try decoder.finish { events.append($0) }
        return events
    }

    /// The data of the events in `bytes`.
    static func events(_ bytes: [UInt8]) throws -> [JSONValue] {
        try Self.frames(bytes).map { try JSONValue(parsing: $0.data) }
    }
}

/// What became of a stream that was read to its end.
struct ResponsesReading {
    var events: [CanonicalEvent] = []
    var failure: GatewayError?

    init(_ frames: [SSEEvent], from source: ReplySource = Responses.source) {
        var decoder = ResponsesStreamDecoder(from: source)
        for frame in frames {
            let name = frame.name.map { Array($0.utf8) }
            do {
                try frame.data.withUnsafeBytes { data in
                    try (name ?? []).withUnsafeBytes { name in
                        let view = StreamFrame(name: name.isEmpty ? nil : name, data: data)
                        try decoder.receive(view, into: &self.events)
                    }
                }
            } catch {
                self.failure = error as? GatewayError
                return
            }
        }
        self.failure = decoder.close(into: &self.events)
    }

    var hasEnd: Bool {
        self.events.contains { event in
            if case .end = event { true } else { false }
        }
    }

    var answer: CanonicalAnswer { CanonicalAnswer(gathering: self.events) }

    /// Whether every block begins once, says nothing outside its time, and is stopped before the end.
    var isOrderly: Bool {
        var begun: Set<Int> = []
        var open: Set<Int> = []
        for event in self.events {
            switch event {
            case .blockStart(let block, _, _):
                guard block == begun.count, begun.insert(block).inserted else { return false }
                open.insert(block)
            case .delta(let block, _): guard open.contains(block) else { return false }
            case .blockStop(let block): guard open.remove(block) != nil else { return false }
            case .finish: guard open.isEmpty else { return false }
            default: break
            }
        }
        return true
    }
}

extension CanonicalAnswer {
    /// The parts of the first choice in lines that can be compared.
    var lines: [String] { self.choices.first?.parts.map(\.summary) ?? [] }
}

/// A recorded exchange in OpenAI's Responses dialect.
struct ResponsesRecording: Sendable, CustomTestStringConvertible {
    var name: String
    var status: Int
    var isStream: Bool
    var body: [UInt8]
    /// The request's body; empty where it was not kept.
    var request: [UInt8] = []

    var testDescription: String { self.name }

    /// The data of the stream's events by a plain reading of the text, unlike that of the code under test.
    var frames: [String] {
        let text = String(decoding: self.body, as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n")
        return text.components(separatedBy: "\n").filter { $0.hasPrefix("data:") }
            .map { String($0.dropFirst(5).drop { $0 == " " }) }
    }
    /// The response object the stream ends with, or that is the answer.
    var response: [String: Any]? {
        guard self.isStream else { return Recording.object(String(decoding: self.body, as: UTF8.self)) }
        return self.frames.compactMap(Recording.object).last { $0["response"] != nil }?["response"] as? [String: Any]
    }

    static let all: [ResponsesRecording] = {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let folder =
            ProcessInfo.processInfo.environment["TURNPIKE_RECORDINGS"].map { URL(filePath: $0) }
            ?? root.deletingLastPathComponent().appending(path: "shared/wire/recordings")
        let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(".json") }.sorted().compactMap { path in
            guard let data = try? Data(contentsOf: folder.appending(path: path)),
                let value = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                value["api"] as? String == "responses",
                let response = value["response"] as? [String: Any], let status = response["status"] as? Int,
                let body = response["body"] as? String
            else { return nil }
            var recording = ResponsesRecording(
                name: String(path.dropLast(5)),
                status: status,
                isStream: value["stream"] as? Bool ?? false,
                body: Array(body.utf8)
            )
            if let request = (value["request"] as? [String: Any])?["body"] as? [String: Any],
                let data = try? JSONSerialization.data(withJSONObject: request)
            {
                recording.request = Array(data)
            }
            return recording
        }
    }()

    static let streams = Self.all.filter { $0.isStream && $0.status == 200 }
}
