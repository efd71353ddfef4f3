import Core
import Dialects
import Foundation
import JSON
import Testing

/// What Anthropic's codec made of something, in forms that are easy to compare.
enum Anthropic {
    static let source: ReplySource = ReplySource(model: "claude", family: .anthropic, seed: "seed")
    static let style = ReplyStyle(id: "01ABC", model: "claude-asked", created: 1_790_000_000)

    /// A target with traits as `change` leaves them.
    static func target(_ change: (inout ModelTraits) -> Void = { _ in }) -> TranslationTarget {
        var traits = ModelTraits()
        traits.imageURLs = true
        change(&traits)
        return TranslationTarget(model: "claude-x", traits: traits, family: .anthropic)
    }

    /// A request of an OpenAI client with one user's turn.
    static func request(_ change: (inout CanonicalRequest) -> Void = { _ in }) -> CanonicalRequest {
        var request = CanonicalRequest(dialect: .openAIChat, model: "asked")
        request.messages = [Message(.user, [.text("Hi")])]
        change(&request)
        return request
    }

    /// The request as it is written, and what was noted.
    static func encode(
        _ request: CanonicalRequest,
        _ target: TranslationTarget = Anthropic.target(),
        isStrict: Bool = false
    ) throws -> (body: JSONValue, fields: [String: String], plan: ReplyPlan, notes: [String]) {
        var notes = TranslationNotes(isStrict: isStrict)
        let encoded = try AnthropicRequestEncoder.encode(request, for: target, notes: &notes)
        let fields = Dictionary(encoded.fields.map { ($0.name, $0.value) }) { $1 }
        let said = notes.entries.map { "\($0.reason.rawValue);\($0.field)" }
        return (try JSONValue(parsing: encoded.body), fields, encoded.plan, said)
    }

    static func decode(request body: JSONValue) throws -> CanonicalRequest {
        let bytes = body.bytes
        return try bytes.withUnsafeBytes { try AnthropicRequestDecoder.decode($0, model: nil, stream: nil) }
    }

    static func decode(answer body: [UInt8]) throws -> CanonicalAnswer {
        try body.withUnsafeBytes { try AnthropicAnswerDecoder.decode($0, from: Anthropic.source) }
    }

    /// The events of a stream given as the data of its server-sent events.
    static func read(_ frames: [String]) -> AnthropicReading {
        AnthropicReading(frames.map { (name: nil, data: Array($0.utf8)) })
    }

    /// The bytes of a stream of `events`, with its end.
    static func write(_ events: [CanonicalEvent]) -> [UInt8] {
        var encoder = AnthropicStreamEncoder(Anthropic.style)
        var bytes: [UInt8] = []
        for event in events {
            if case .end = event { continue }
            encoder.write(event, into: &bytes)
        }
        encoder.writeEnd(into: &bytes)
        return bytes
    }

    /// The events of server-sent `bytes`, by their names.
    static func frames(_ bytes: [UInt8]) throws -> [SSEEvent] {
        var decoder = SSEDecoder(limit: 1 << 26)
        var events: [SSEEvent] = []
        try bytes.withUnsafeBytes { bytes in try decoder.receive(bytes) { events.append($0) } }
        try decoder.finish { events.append($0) }
        return events
    }
}

/// What became of a stream that was read to its end.
struct AnthropicReading {
    var events: [CanonicalEvent] = []
    var failure: GatewayError?

    init(_ frames: [(name: String?, data: [UInt8])], kind: StreamFrame.Kind = .event) {
        var decoder = AnthropicStreamDecoder(from: Anthropic.source)
        for frame in frames {
            let name = Array((frame.name ?? "").utf8)
            name.withUnsafeBytes { name in
                frame.data.withUnsafeBytes { data in
                    do throws(GatewayError) {
                        try decoder.receive(StreamFrame(kind: kind, name: name, data: data), into: &self.events)
                    } catch {
                        self.failure = error
                    }
                }
            }
            if self.failure != nil { return }
        }
        self.failure = decoder.close(into: &self.events)
    }

    init(_ frames: [SSEEvent]) {
        self.init(frames.map { (name: $0.name, data: $0.data) })
    }

    /// The events one to a line, so that two readings can be compared.
    var lines: [String] { self.events.map { String(describing: $0) } }
    var isEnded: Bool { self.events.contains { if case .end = $0 { true } else { false } } }
    var usage: Usage? {
        var found: Usage?
        for event in self.events {
            if case .usage(let usage) = event { found = usage }
            if case .start(_, _, let usage?) = event { found = usage }
        }
        return found
    }
    var stop: StopReason? {
        for case .finish(0, let reason) in self.events { return reason }
        return nil
    }

    /// The stream as a whole answer; nil where an event stands where none may.
    var answer: CanonicalAnswer? {
        var parts: [Int: Part] = [:]
        var open: Set<Int> = []
        var answer = CanonicalAnswer(choices: [])
        var stop: StopReason?
        for (at, event) in self.events.enumerated() {
            switch event {
            case .start(let id, let model, _):
                answer.id = id
                answer.model = model
            case .blockStart(let block, _, let kind):
                guard parts[block] == nil, block == parts.count, stop == nil else { return nil }
                open.insert(block)
                switch kind {
                case .text: parts[block] = .text("")
                case .thinking: parts[block] = Part(.thinking(""))
                case .redactedThinking: parts[block] = Part(.redactedThinking)
                case .refusal: parts[block] = Part(.refusal(""))
                case .toolCall(let id, let name, let kind):
                    parts[block] = Part(.toolCall(ToolCall(id: id, name: name, arguments: "", kind: kind)))
                case .whole(let part): parts[block] = part
                }
            case .delta(let block, let delta):
                guard open.contains(block), var part = parts[block] else { return nil }
                switch (delta, part.content) {
                case (.text(let text), .text(let before)): part.content = .text(before + text)
                case (.text(let text), .thinking(let before)): part.content = .thinking(before + text)
                case (.arguments(let text), .toolCall(var call)):
                    call.arguments += text
                    part.content = .toolCall(call)
                case (.signature(let signature), _): part.signature = signature
                case (.citation(let citation), _): part.citations.append(citation)
                default: return nil
                }
                parts[block] = part
            case .blockStop(let block):
                guard open.remove(block) != nil else { return nil }
            case .finish(_, let reason):
                guard open.isEmpty, stop == nil else { return nil }
                stop = reason
            case .end:
                guard at == self.events.count - 1, stop != nil else { return nil }
            case .usage, .heartbeat: break
            }
        }
        answer.choices = [
            CanonicalAnswer.Choice(parts: parts.sorted { $0.key < $1.key }.map(\.value), stop: stop ?? .stop)
        ]
        answer.usage = self.usage
        return answer
    }
}

extension CanonicalAnswer {
    /// What the answer says, in lines that can be compared.
    var outline: [String] {
        self.choices.flatMap { choice in
            choice.parts.map { part in
                let signature = part.signature.map { " ~\($0.value)@\($0.family?.name ?? "?")" } ?? ""
                let citations = part.citations.map { " [\($0.value.text)]" }.joined()
                return part.outline + signature + citations
            } + ["stop \(choice.stop)"]
        }
    }
}

extension Part {
    var outline: String {
        switch self.content {
        case .text(let text): "text \(text)"
        case .thinking(let text): "thinking \(text)"
        case .redactedThinking: "redacted"
        case .refusal(let text): "refusal \(text)"
        case .toolCall(let call): "call \(call.id) \(call.name) \(call.arguments)"
        case .toolResult(let result):
            "result \(result.callID) \(result.isError) (\(result.parts.map(\.outline).joined(separator: ", ")))"
        case .image(let media): "image \(media.type) \(media.source)"
        case .document(let document): "document \(document)"
        case .opaque(let opaque): "opaque \(opaque.value.text)"
        case .audio, .video: "media"
        }
    }
}

/// A recorded exchange in Anthropic's Messages dialect.
struct AnthropicRecording: Sendable, CustomTestStringConvertible {
    var name: String
    var status: Int
    var isStream: Bool
    var body: [UInt8]
    /// The request's body; empty where it was not kept.
    var request: [UInt8] = []

    var testDescription: String { self.name }

    /// The frames of the stream by a plain reading of the text, unlike that of the code under test.
    var frames: [String] {
        let text = String(decoding: self.body, as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n")
        return text.components(separatedBy: "\n").filter { $0.hasPrefix("data:") }.map { String($0.dropFirst(6)) }
    }
    var events: [[String: Any]] { self.frames.compactMap(Recording.object) }

    static let all: [AnthropicRecording] = {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let folder =
            ProcessInfo.processInfo.environment["TURNPIKE_RECORDINGS"].map { URL(filePath: $0) }
            ?? root.deletingLastPathComponent().appending(path: "shared/wire/recordings")
        let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(".json") }.sorted().compactMap { path in
            guard path.hasPrefix("anthropic/") || path.hasPrefix("bedrock/invoke"),
                let data = try? Data(contentsOf: folder.appending(path: path)),
                let value = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                let response = value["response"] as? [String: Any], let status = response["status"] as? Int
            else { return nil }
            var body = (response["body"] as? String).map { Array($0.utf8) } ?? []
            if let framed = response["body_base64"] as? String, let data = Data(base64Encoded: framed) {
                body = Self.unframed(Array(data))
            }
            var recording = AnthropicRecording(
                name: String(path.dropLast(5)),
                status: status,
                isStream: value["stream"] as? Bool ?? false,
                body: body
            )
            if let request = (value["request"] as? [String: Any])?["body"] as? [String: Any],
                let text = try? JSONSerialization.data(withJSONObject: request)
            {
                recording.request = Array(text)
            }
            return recording
        }
    }()

    /// The events inside AWS's event-stream framing, as server-sent events.
    private static func unframed(_ bytes: [UInt8]) -> [UInt8] {
        var scanner = EventStreamScanner()
        var events: [UInt8] = []
        var at = 0
        bytes.withUnsafeBytes { all in
            while at < all.count {
                let rest = UnsafeRawBufferPointer(rebasing: all[at...])
                guard let message = try? scanner.next(in: rest) else { return }
                let payload = String(decoding: rest[message.payload], as: UTF8.self)
                if let encoded = Recording.object(payload)?["bytes"] as? String,
                    let data = Data(base64Encoded: encoded)
                {
                    SSEEncoder.append(data: Array(data), to: &events)
                }
                at += message.length
            }
        }
        return events
    }
}
