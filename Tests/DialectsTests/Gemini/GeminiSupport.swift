import Core
import Dialects
import Foundation
import JSON
import Testing

/// What tests of the Gemini codec write and read with.
enum Gemini {
    static let source = ReplySource(model: "gemini-test", family: .gemini, seed: "seed")
    static let style = ReplyStyle(id: "req_1", model: "asked", created: 0)

    /// A target with the traits of a family of models.
    static func target(
        _ reasoning: ModelTraits.Reasoning = .none,
        isVertex: Bool = false,
        _ change: (inout ModelTraits) -> Void = { _ in }
    ) -> TranslationTarget {
        var traits = ModelTraits()
        traits.reasoning = reasoning
        change(&traits)
        var target = TranslationTarget(model: "gemini-test", traits: traits, family: .gemini)
        target.isVertex = isVertex
        return target
    }

    /// A request of a Chat client that says `text`.
    static func request(_ text: String = "hi") -> CanonicalRequest {
        var request = CanonicalRequest(dialect: .openAIChat, model: "m")
        request.messages = [Message(.user, [.text(text)])]
        return request
    }

    /// A conversation with a call and its result.
    static func toolTurns(
        _ call: ToolCall,
        signature: Signature? = nil,
        result: ToolResult? = nil
    ) -> [Message] {
        [
            Message(.user, [.text("go")]), Message(.assistant, [Part(.toolCall(call), signature: signature)]),
            Message(.user, [Part(.toolResult(result ?? ToolResult(callID: call.id, parts: [.text("3")])))]),
        ]
    }

    static func encode(
        _ request: CanonicalRequest,
        for target: TranslationTarget = Gemini.target(),
        notes: inout TranslationNotes
    ) throws -> JSONValue {
        try JSONValue(parsing: GeminiRequestEncoder.encode(request, for: target, notes: &notes).body)
    }

    static func encode(
        _ request: CanonicalRequest,
        for target: TranslationTarget = Gemini.target()
    ) throws -> JSONValue {
        var notes = TranslationNotes()
        return try Self.encode(request, for: target, notes: &notes)
    }

    static func decodeRequest(_ body: String, model: String? = "m", stream: Bool? = false) throws -> CanonicalRequest {
        try Array(body.utf8).withUnsafeBytes { bytes in
            try GeminiRequestDecoder.decode(bytes, model: model, stream: stream)
        }
    }

    static func decodeAnswer(_ body: String) throws -> CanonicalAnswer {
        try Array(body.utf8).withUnsafeBytes { try GeminiAnswerDecoder.decode($0, from: Self.source) }
    }

    /// What a stream of these data comes to, and how it ends.
    static func decodeStream(_ frames: [[UInt8]]) throws -> (events: [CanonicalEvent], failure: GatewayError?) {
        var decoder = GeminiStreamDecoder(from: Self.source)
        var events: [CanonicalEvent] = []
        for frame in frames {
            try frame.withUnsafeBytes { try decoder.receive(StreamFrame(data: $0), into: &events) }
        }
        let failure = decoder.close(into: &events)
        return (events, failure)
    }

    static func decodeStream(_ frames: [String]) throws -> (events: [CanonicalEvent], failure: GatewayError?) {
        try Self.decodeStream(frames.map { Array($0.utf8) })
    }

    /// One event of a stream with these parts.
    static func chunk(_ parts: String, finish: String? = nil, index: Int? = nil) -> String {
        let reason = finish.map { ",\"finishReason\":\"\($0)\"" } ?? ""
        let place = index.map { ",\"index\":\($0)" } ?? ""
        return "{\"candidates\":[{\"content\":{\"parts\":[\(parts)],\"role\":\"model\"}\(reason)\(place)}]}"
    }

    /// The events as plain words, one each, to compare whole streams by.
    static func words(_ events: [CanonicalEvent]) -> [String] {
        events.map { event in
            switch event {
            case .start(let id, let model, _): "start \(id ?? "-") \(model ?? "-")"
            case .blockStart(let block, let choice, let kind): "begin \(block) of \(choice): \(Self.word(kind))"
            case .delta(let block, .text(let text)): "text \(block): \(text)"
            case .delta(let block, .arguments(let text)): "arguments \(block): \(text)"
            case .delta(let block, .signature(let signature)):
                "signature \(block): \(signature.value) of \(signature.family?.name ?? "-")"
            case .delta(let block, .citation(let opaque)): "citation \(block): \(opaque.value)"
            case .delta(let block, .logprobs(let value)): "logprobs \(block): \(value)"
            case .blockStop(let block): "end \(block)"
            case .finish(let choice, let stop): "finish \(choice): \(stop)"
            case .usage(let usage): "usage \(usage.input) \(usage.output)"
            case .heartbeat: "heartbeat"
            case .end: "end"
            }
        }
    }

    private static func word(_ kind: CanonicalEvent.BlockKind) -> String {
        switch kind {
        case .text: "text"
        case .thinking: "thinking"
        case .redactedThinking: "redacted"
        case .refusal: "refusal"
        case .toolCall(let id, let name, _): "call \(id) \(name)"
        case .whole(let part):
            switch part.content {
            case .image(let media): "image \(media.type)"
            case .audio(let media): "audio \(media.type)"
            case .opaque(let opaque): "opaque \(opaque.value)"
            default: "whole"
            }
        }
    }

    /// What a client shows of a stream: the text of a choice, its reasoning, its calls as `name(arguments)`.
    static func shown(_ events: [CanonicalEvent], choice: Int = 0) -> (text: String, thinking: String, calls: [String])
    {
        var kinds: [Int: String] = [:]
        var calls: [Int: String] = [:]
        var text = ""
        var thinking = ""
        for event in events {
            switch event {
            case .blockStart(let block, choice, .text): kinds[block] = "text"
            case .blockStart(let block, choice, .thinking): kinds[block] = "thinking"
            case .blockStart(let block, choice, .toolCall(_, let name, _)): calls[block] = name
            case .delta(let block, .text(let more)):
                if kinds[block] == "text" { text += more }
                if kinds[block] == "thinking" { thinking += more }
            case .delta(let block, .arguments(let more)): calls[block]? += more
            default: break
            }
        }
        return (text, thinking, calls.sorted { $0.key < $1.key }.map(\.value))
    }
}

/// A recorded exchange with Gemini, from the folder the other recordings are in.
struct GeminiRecording: Sendable, CustomTestStringConvertible {
    var name: String
    var status: Int
    var isStream: Bool
    var body: [UInt8]

    var testDescription: String { self.name }

    /// The data of its events.
    var frames: [[UInt8]] {
        get throws {
            var frames: [[UInt8]] = []
            var decoder = SSEDecoder(limit: 1 << 20)
            try self.body.withUnsafeBytes { try decoder.receive($0) { frames.append($0.data) } }
            try decoder.finish { frames.append($0.data) }
            return frames
        }
    }

    /// Its answers as plain trees: one, or one for each event.
    var answers: [[String: Any]] {
        let texts =
            self.isStream
            ? text(self.body).replacingOccurrences(of: "\r\n", with: "\n").components(separatedBy: "\n\n")
                .filter { $0.hasPrefix("data:") }.map { String($0.dropFirst(5)) }
            : [text(self.body)]
        return texts.compactMap { Recording.object($0) }
    }

    static let all: [GeminiRecording] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder =
            ProcessInfo.processInfo.environment["TURNPIKE_RECORDINGS"].map { URL(filePath: $0) }
            ?? root.deletingLastPathComponent().appending(path: "shared/wire/recordings")
        var recordings: [GeminiRecording] = []
        for provider in ["gemini", "vertex"] {
            let place = folder.appending(path: provider)
            for file in ((try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []).sorted() {
                guard let data = try? Data(contentsOf: place.appending(path: file)),
                    let value = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                    let api = value["api"] as? String, api.lowercased().hasSuffix("generatecontent"),
                    let response = value["response"] as? [String: Any], let status = response["status"] as? Int,
                    let body = response["body"] as? String
                else { continue }
                recordings.append(
                    GeminiRecording(
                        name: "\(provider)/\(file.dropLast(5))",
                        status: status,
                        isStream: value["stream"] as? Bool ?? false,
                        body: Array(body.utf8)
                    )
                )
            }
        }
        return recordings
    }()
}
