import Core
import Dialects
import Foundation
import JSON
import Testing

/// A recorded exchange with Bedrock's Converse, from the folder TURNPIKE_RECORDINGS names, or from
/// ../shared/wire/recordings beside the package. Where there is none, the tests over recordings are skipped.
struct ConverseRecording: Sendable, CustomTestStringConvertible {
    var name: String
    var model: String
    var status: Int
    var isStream: Bool
    var request: [UInt8]
    var body: [UInt8]

    var testDescription: String { self.name }

    var family: SignatureFamily? {
        self.model.contains("anthropic.") ? .anthropic : SignatureFamily("bedrock")
    }

    static let all: [ConverseRecording] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder =
            ProcessInfo.processInfo.environment["TURNPIKE_RECORDINGS"].map { URL(filePath: $0) }
            ?? root.deletingLastPathComponent().appending(path: "shared/wire/recordings")
        let bedrock = folder.appending(path: "bedrock")
        let files = (try? FileManager.default.contentsOfDirectory(atPath: bedrock.path)) ?? []
        return files.filter { $0.hasPrefix("converse") && $0.hasSuffix(".json") }.sorted().compactMap { file in
            guard let data = try? Data(contentsOf: bedrock.appending(path: file)),
                let value = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                let response = value["response"] as? [String: Any], let status = response["status"] as? Int,
                let request = value["request"] as? [String: Any], let asked = request["body"],
                let requestBytes = try? JSONSerialization.data(withJSONObject: asked)
            else { return nil }
            let text = (response["body"] as? String).map { Array($0.utf8) }
            let raw = (response["body_base64"] as? String).flatMap { Data(base64Encoded: $0) }.map { Array($0) }
            guard let body = text ?? raw else { return nil }
            return ConverseRecording(
                name: String(file.dropLast(5)),
                model: value["model"] as? String ?? "",
                status: status,
                isStream: value["stream"] as? Bool ?? false,
                request: Array(requestBytes),
                body: body
            )
        }
    }()

    static let streams = all.filter { $0.isStream && $0.status == 200 }
    static let answers = all.filter { !$0.isStream && $0.status == 200 }
}

/// One message of a stream with its own memory.
struct ConverseFrame: Sendable, Hashable {
    var isException = false
    var name: String
    var payload: String

    /// The payload, where it is an object.
    var value: JSONValue { (try? JSONValue(parsing: self.payload)) ?? .null }

    /// The messages in `bytes`, which must be whole ones and nothing else.
    static func all(in bytes: [UInt8]) throws -> [ConverseFrame] {
        var frames: [ConverseFrame] = []
        var scanner = EventStreamScanner()
        var at = 0
        try bytes.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) throws in
            while at < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[at...])
                let view = try #require(try scanner.next(in: rest))
                let frame = StreamFrame(view, in: rest)
                frames.append(
                    ConverseFrame(
                        isException: frame.kind == .exception,
                        name: frame.name.map { String(decoding: $0, as: UTF8.self) } ?? "",
                        payload: String(decoding: frame.data, as: UTF8.self)
                    )
                )
                at += view.length
            }
        }
        return frames
    }
}

/// What became of a list of messages.
struct ConverseStream {
    var events: [CanonicalEvent] = []
    var failure: GatewayError?

    init(_ frames: [ConverseFrame], family: SignatureFamily? = .anthropic) {
        var decoder = ConverseStreamDecoder(from: ReplySource(model: "m", family: family, seed: "seed"))
        for frame in frames where self.failure == nil {
            var name = frame.name
            var payload = frame.payload
            name.withUTF8 { name in
                payload.withUTF8 { payload in
                    let frame = StreamFrame(
                        kind: frame.isException ? .exception : .event,
                        name: UnsafeRawBufferPointer(name),
                        data: UnsafeRawBufferPointer(payload)
                    )
                    do throws(GatewayError) {
                        try decoder.receive(frame, into: &self.events)
                    } catch {
                        self.failure = error
                    }
                }
            }
        }
        if self.failure == nil { self.failure = decoder.close(into: &self.events) }
    }

    /// Messages given as name and payload.
    init(_ messages: [(String, String)], family: SignatureFamily? = .anthropic) {
        self.init(messages.map { ConverseFrame(name: $0.0, payload: $0.1) }, family: family)
    }

    var hasEnd: Bool { self.events.contains { if case .end = $0 { true } else { false } } }

    /// The events in a form that can be compared.
    var lines: [String] { self.events.map(Self.line) }

    static func line(_ event: CanonicalEvent) -> String {
        switch event {
        case .start: "start"
        case .blockStart(let block, let choice, let kind):
            switch kind {
            case .text: "\(block) text"
            case .thinking: "\(block) thinking"
            case .redactedThinking: "\(block) redacted"
            case .refusal: "\(block) refusal"
            case .toolCall(let id, let name, _): "\(block) call \(id) \(name)"
            case .whole(let part): "\(block) whole \(Self.text(part)) of \(choice)"
            }
        case .delta(let block, let delta):
            switch delta {
            case .text(let text): "\(block) + \(text)"
            case .arguments(let text): "\(block) ~ \(text)"
            case .signature(let signature): "\(block) # \(signature.value)"
            case .citation(let citation): "\(block) @ \(citation.value.text)"
            case .logprobs: "\(block) logprobs"
            }
        case .blockStop(let block): "\(block) stop"
        case .finish(_, let reason): "finish \(reason)"
        case .usage(let usage): "usage \(usage.freshInput) \(usage.cacheRead) \(usage.cacheWrite) \(usage.output)"
        case .heartbeat: "heartbeat"
        case .end: "end"
        }
    }

    private static func text(_ part: Part) -> String {
        switch part.content {
        case .opaque(let opaque): opaque.value.text
        case .image(let media): "\(media.type) \(media.source)"
        default: "\(part.content)"
        }
    }

    /// The answer the events make.
    var answer: CanonicalAnswer {
        var parts: [Int: Part] = [:]
        var answer = CanonicalAnswer(choices: [.init(parts: [], stop: .stop)])
        for event in self.events {
            switch event {
            case .blockStart(let block, _, let kind):
                switch kind {
                case .text: parts[block] = .text("")
                case .thinking: parts[block] = Part(.thinking(""))
                case .redactedThinking: parts[block] = Part(.redactedThinking)
                case .refusal: parts[block] = Part(.refusal(""))
                case .toolCall(let id, let name, let kind):
                    parts[block] = Part(.toolCall(ToolCall(id: id, name: name, arguments: "", kind: kind)))
                case .whole(let part): parts[block] = part
                }
            case .delta(let block, .text(let more)):
                switch parts[block]?.content {
                case .text(let text)?: parts[block]?.content = .text(text + more)
                case .thinking(let text)?: parts[block]?.content = .thinking(text + more)
                default: Issue.record("text for a block of another kind")
                }
            case .delta(let block, .arguments(let more)):
                guard case .toolCall(var call)? = parts[block]?.content else {
                    Issue.record("arguments without a call")
                    continue
                }
                call.arguments += more
                parts[block]?.content = .toolCall(call)
            case .delta(let block, .signature(let signature)): parts[block]?.signature = signature
            case .delta(let block, .citation(let citation)): parts[block]?.citations.append(citation)
            case .finish(_, let reason): answer.choices[0].stop = reason
            case .usage(let usage): answer.usage = usage
            default: break
            }
        }
        answer.choices[0].parts = parts.keys.sorted().compactMap { parts[$0] }
        return answer
    }
}

/// A request in the making, encoded for a model.
func converse(
    _ request: CanonicalRequest,
    model: String = "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    isStrict: Bool = false,
    _ traits: (inout ModelTraits) -> Void = { _ in }
) throws(GatewayError) -> (body: JSONValue, notes: [String], plan: ReplyPlan) {
    var target = TranslationTarget(model: model, family: model.contains("anthropic.") ? .anthropic : nil)
    traits(&target.traits)
    var notes = TranslationNotes(isStrict: isStrict)
    let encoded = try ConverseRequestEncoder.encode(request, for: target, notes: &notes)
    let body = (try? JSONValue(parsing: encoded.body)) ?? .null
    return (body, notes.entries.map { "\($0.reason.rawValue);\($0.field)" }, encoded.plan)
}

/// A request of a Chat client with these turns.
func converseTurns(_ messages: [Message], _ change: (inout CanonicalRequest) -> Void = { _ in }) -> CanonicalRequest {
    var request = CanonicalRequest(dialect: .openAIChat, model: "m")
    request.messages = messages
    change(&request)
    return request
}

/// A Converse client's request, decoded.
func converseRequest(_ body: String, model: String? = "m") throws(GatewayError) -> CanonicalRequest {
    let bytes = Array(body.utf8)
    let result = bytes.withUnsafeBytes { bytes in
        Result<CanonicalRequest, GatewayError> { () throws(GatewayError) in
            try ConverseRequestDecoder.decode(bytes, model: model, stream: false)
        }
    }
    return try result.get()
}

/// A whole answer of Converse, decoded.
func converseAnswer(
    _ body: [UInt8],
    family: SignatureFamily? = .anthropic
) throws(GatewayError) -> CanonicalAnswer {
    let result = body.withUnsafeBytes { bytes in
        Result<CanonicalAnswer, GatewayError> { () throws(GatewayError) in
            try ConverseAnswerDecoder.decode(bytes, from: ReplySource(model: "m", family: family, seed: "seed"))
        }
    }
    return try result.get()
}

/// JSON written in a test.
func converseTree(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }
