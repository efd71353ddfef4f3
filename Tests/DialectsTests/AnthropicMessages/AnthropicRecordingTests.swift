import Core
import Dialects
import Foundation
import JSON
import TestSupport
import Testing

/// Every recorded answer of Anthropic, and of Claude at Bedrock, says in the exchange what its raw text says.
@Suite(.enabled(if: !AnthropicRecording.all.isEmpty, "no folder of recordings"))
struct AnthropicRecordingTests {
    static let streams = AnthropicRecording.all.filter { $0.isStream && $0.status == 200 }
    static let answers = AnthropicRecording.all.filter {
        !$0.isStream && $0.status == 200 && $0.name != "anthropic/count-tokens"
    }

    @Test func theRecordingsAreThere() {
        #expect(Self.streams.count >= 11)
        #expect(Self.answers.count >= 2)
    }

    /// What the raw events add up to, worked out without the code under test.
    private static func expected(_ recording: AnthropicRecording) -> (outline: [String], usage: [String: Int]) {
        var blocks: [[String: Any]] = []
        var inputs: [Int: String] = [:]
        var stop = ""
        var usage: [String: Any] = [:]
        for event in recording.events {
            let index = event["index"] as? Int ?? -1
            switch event["type"] as? String {
            case "message_start":
                usage = (event["message"] as? [String: Any])?["usage"] as? [String: Any] ?? [:]
            case "content_block_start":
                blocks.append(event["content_block"] as? [String: Any] ?? [:])
                #expect(index == blocks.count - 1)
            case "content_block_delta":
                let delta = event["delta"] as? [String: Any] ?? [:]
                for key in ["text", "thinking", "signature"] {
                    guard let piece = delta[key] as? String else { continue }
                    blocks[index][key] = (blocks[index][key] as? String ?? "") + piece
                }
                if let piece = delta["partial_json"] as? String { inputs[index, default: ""] += piece }
                if let content = delta["content"] as? String { blocks[index]["content"] = content }
                if let citation = delta["citation"] {
                    blocks[index]["citations"] = (blocks[index]["citations"] as? [Any] ?? []) + [citation]
                }
            case "message_delta":
                stop = (event["delta"] as? [String: Any])?["stop_reason"] as? String ?? ""
                usage.merge(event["usage"] as? [String: Any] ?? [:]) { $1 }
            default: break
            }
        }
        for (index, text) in inputs where !text.isEmpty {
            blocks[index]["input"] = try? JSONSerialization.jsonObject(with: Data(text.utf8))
        }
        return (blocks.map(Self.outline) + ["stop \(stop)"], Self.counts(usage))
    }

    private static func outline(_ block: [String: Any]) -> String {
        switch block["type"] as? String {
        case "text": "text \(block["text"] ?? "") \((block["citations"] as? [Any])?.count ?? 0)"
        case "thinking": "thinking \(block["thinking"] ?? "") \(block["signature"] ?? "")"
        case "redacted_thinking": "redacted \(block["data"] ?? "")"
        case "tool_use": "call \(block["id"] ?? "") \(block["name"] ?? "") \(Self.canonical(block["input"]))"
        default: "opaque \(Self.canonical(block))"
        }
    }

    private static func canonical(_ value: Any?) -> String {
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .fragmentsAllowed]
        return (try? JSONSerialization.data(withJSONObject: value ?? NSNull(), options: options))
            .map { String(decoding: $0, as: UTF8.self) } ?? "?"
    }

    private static func counts(_ usage: [String: Any]) -> [String: Int] {
        let iterations = usage["iterations"] as? [[String: Any]] ?? []
        func count(_ key: String) -> Int {
            iterations.isEmpty ? usage[key] as? Int ?? 0 : iterations.reduce(0) { $0 + ($1[key] as? Int ?? 0) }
        }
        return [
            "fresh": count("input_tokens"), "read": count("cache_read_input_tokens"),
            "write": count("cache_creation_input_tokens"), "output": count("output_tokens"),
            "searches": (usage["server_tool_use"] as? [String: Any])?["web_search_requests"] as? Int ?? 0,
        ]
    }

    private static func counts(_ usage: Usage?) -> [String: Int] {
        [
            "fresh": usage?.freshInput ?? 0, "read": usage?.cacheRead ?? 0, "write": usage?.cacheWrite ?? 0,
            "output": usage?.output ?? 0, "searches": usage?.searches ?? 0,
        ]
    }

    private static func outline(_ answer: CanonicalAnswer) -> [String] {
        answer.choices[0].parts.map { part in
            switch part.content {
            case .text(let text): "text \(text) \(part.citations.count)"
            case .thinking(let text): "thinking \(text) \(part.signature?.value ?? "")"
            case .redactedThinking: "redacted \(part.signature?.value ?? "")"
            case .toolCall(let call): "call \(call.id) \(call.name) \(Self.canonical(Recording.object(call.arguments)))"
            case .opaque(let opaque): "opaque \(Self.canonical(Recording.object(opaque.value.text)))"
            default: "unexpected"
            }
        }
    }

    private static func word(_ stop: StopReason) -> String {
        switch stop {
        case .stop: "end_turn"
        case .toolCalls: "tool_use"
        case .pauseTurn: "pause_turn"
        case .refusal: "refusal"
        case .length: "max_tokens"
        default: "\(stop)"
        }
    }

    @Test(arguments: streams)
    func aStreamSaysWhatItsRawEventsSay(recording: AnthropicRecording) throws {
        let reading = Anthropic.read(recording.frames)
        #expect(reading.failure == nil)
        #expect(reading.isEnded)
        let answer = try #require(reading.answer)
        let expected = Self.expected(recording)
        #expect(Self.outline(answer) + ["stop \(Self.word(answer.choices[0].stop))"] == expected.outline)
        #expect(Self.counts(reading.usage) == expected.usage)
        let start = recording.events.first?["message"] as? [String: Any]
        #expect(answer.id == start?["id"] as? String)
        #expect(answer.model == start?["model"] as? String)
    }

    @Test(arguments: answers)
    func anAnswerSaysWhatItsBodySays(recording: AnthropicRecording) throws {
        let answer = try Anthropic.decode(answer: recording.body)
        let body = try #require(Recording.object(String(decoding: recording.body, as: UTF8.self)))
        let blocks = body["content"] as? [[String: Any]] ?? []
        #expect(Self.outline(answer) == blocks.map(Self.outline))
        #expect(Self.word(answer.choices[0].stop) == body["stop_reason"] as? String)
        #expect(Self.counts(answer.usage) == Self.counts(body["usage"] as? [String: Any] ?? [:]))
    }

    @Test(arguments: streams)
    func aStreamCutIntoAnyPiecesGivesTheSameEvents(recording: AnthropicRecording) throws {
        let whole = Anthropic.read(recording.frames).lines
        for seed in 0..<4 {
            var generator = SeededGenerator(seed: seed)
            var decoder = SSEDecoder(limit: 1 << 26)
            var frames: [SSEEvent] = []
            for piece in randomCuts(recording.body, using: &generator) {
                try Array(piece).withUnsafeBytes { bytes in try decoder.receive(bytes) { frames.append($0) } }
            }
            try decoder.finish { frames.append($0) }
            #expect(AnthropicReading(frames).lines == whole)
        }
    }

    @Test(arguments: streams)
    func aStreamThatEndsEarlyIsNeverWhole(recording: AnthropicRecording) {
        let frames = recording.frames
        for count in 0..<frames.count {
            let reading = Anthropic.read(Array(frames.prefix(count)))
            #expect(!reading.isEnded)
            #expect(reading.failure?.code == (reading.events.isEmpty ? .upstreamError : .truncatedStream))
            #expect(reading.failure?.origin == .upstream)
        }
    }

    @Test(arguments: streams)
    func aStreamWrittenForAClientReadsTheSame(recording: AnthropicRecording) throws {
        let reading = Anthropic.read(recording.frames)
        let written = Anthropic.write(reading.events)
        let again = AnthropicReading(try Anthropic.frames(written))
        #expect(again.failure == nil)
        let before = try #require(reading.answer)
        let after = try #require(again.answer)
        // A text block without text is not written again; the API itself refuses it when it comes back.
        func kept(_ answer: CanonicalAnswer) -> [String] { answer.outline.filter { $0 != "text " } }
        #expect(kept(after) == kept(before))
        #expect(Self.counts(again.usage) == Self.counts(reading.usage))
        #expect(after.id == before.id)
        #expect(after.model == before.model)
    }

    @Test(arguments: answers)
    func anAnswerWrittenForAClientReadsTheSame(recording: AnthropicRecording) throws {
        let answer = try Anthropic.decode(answer: recording.body)
        let again = try Anthropic.decode(answer: AnthropicAnswerEncoder.encode(answer, Anthropic.style))
        #expect(again.outline == answer.outline)
        #expect(again.usage == answer.usage)
        #expect(again.id == answer.id)
    }

    /// A recorded request with what may be said in two ways said in one.
    private static func plain(_ body: JSONValue) -> JSONValue {
        guard case .object(let object) = body else {
            guard case .array(let elements) = body else { return body }
            return .array(elements.map(Self.plain))
        }
        var plain = JSONObject()
        for (key, value) in object {
            switch (key, value) {
            case ("anthropic_version", _), (_, .null), ("is_error", false): continue
            case ("stream", false): continue
            case ("tool_choice", _) where value["type"] == "auto" && value["disable_parallel_tool_use"] != true:
                continue
            case ("content", .array(let blocks)) where blocks.count == 1,
                ("system", .array(let blocks)) where blocks.count == 1:
                let isText = blocks[0]["type"] == "text" && blocks[0].asObject?.count == 2
                plain[key] = isText ? blocks[0]["text"] : Self.plain(value)
            default: plain[key] = Self.plain(value)
            }
        }
        return .object(plain)
    }

    @Test(arguments: AnthropicRecording.all.filter { !$0.request.isEmpty && $0.name != "anthropic/count-tokens" })
    func aRequestGoesThroughTheExchangeUnchanged(recording: AnthropicRecording) throws {
        var original = try JSONValue(parsing: recording.request)
        // Bedrock has the model in the path, and its streams at a path of their own.
        if original["model"] == nil { original["model"] = "claude-x" }
        let request = try Anthropic.decode(request: original)
        var target = Anthropic.target { traits in
            traits.reasoning = original["thinking"]?["type"] == "enabled" ? .budget : .adaptive
            traits.midSystem = true
            traits.prefill = true
        }
        target.model = request.model
        let encoded = try Anthropic.encode(request, target)
        var sent = encoded.body
        var wanted = original
        // Thinking that adapts is shown to be of use, and a schema is closed.
        sent["thinking"]?["display"] = nil
        for key in ["output_config", "output_format"] {
            sent[key] = nil
            wanted[key] = nil
        }
        #expect(Self.plain(sent).isEquivalent(to: Self.plain(wanted)), "\(sent)\n\(wanted)")
        #expect(encoded.notes.isEmpty)
    }

    @Test(arguments: AnthropicRecording.all.filter { $0.status != 200 })
    func aRecordedErrorIsNoAnswer(recording: AnthropicRecording) {
        #expect(throws: GatewayError.self) { try Anthropic.decode(answer: recording.body) }
    }

    @Test(arguments: AnthropicRecording.all, 0..<30)
    func spoiltBytesAreErrorsAndNeverMore(recording: AnthropicRecording, seed: Int) throws {
        guard recording.body.count < 200_000 else { return }
        var generator = SeededGenerator(seed: seed)
        var bytes = recording.body
        guard !bytes.isEmpty else { return }
        for _ in 0..<Int.random(in: 1...12, using: &generator) {
            let at = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: at)
            case 2: bytes.insert(UInt8(ascii: "\""), at: at)
            default: bytes.removeSubrange(at..<min(bytes.count, at + 20))
            }
            if bytes.isEmpty { return }
        }
        if recording.isStream {
            let reading = AnthropicReading(try Anthropic.frames(bytes))
            // Whatever came of it holds together.
            #expect(reading.failure != nil || reading.answer != nil)
            let written = Anthropic.write(reading.events)
            #expect(AnthropicReading(try Anthropic.frames(written)).isEnded)
        } else if let answer = try? Anthropic.decode(answer: bytes) {
            let again = AnthropicAnswerEncoder.encode(answer, Anthropic.style)
            #expect(throws: Never.self) { try JSONValue(parsing: again) }
        }
    }
}
