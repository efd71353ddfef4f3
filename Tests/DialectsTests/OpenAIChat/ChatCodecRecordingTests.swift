import Core
import Dialects
import Foundation
import JSON
import TestSupport
import Testing

/// Every recorded exchange of this dialect, translated: held against the raw JSON, read in the plainest way.
@Suite(.enabled(if: !Recording.all.isEmpty, "no folder of recordings"))
struct ChatCodecRecordingTests {
    static let streams = RecordingTests.wholeStreams
    static let answers = RecordingTests.answers

    private static func source(_ recording: Recording) -> ReplySource {
        var source = chatSource
        source.quirks = RecordingTests.quirks(recording)
        return source
    }

    private static func frames(_ recording: Recording) -> [SSEEvent] {
        recording.events.map { SSEEvent(data: Array($0.utf8)) }
    }

    @Test(arguments: streams)
    func aStreamTellsWhatItsChunksHold(recording: Recording) throws {
        let stream = DecodedStream(Self.frames(recording), from: Self.source(recording))
        #expect(stream.failure?.message == nil)
        #expect(stream.hasEnd)
        let answer = stream.answer
        let deltas = recording.chunks.flatMap { $0["choices"] as? [[String: Any]] ?? [] }
        for index in Set(deltas.map { $0["index"] as? Int ?? 0 }) {
            let own = deltas.filter { $0["index"] as? Int ?? 0 == index }
            let plain = PlainMessage(
                own.compactMap { $0["delta"] as? [String: Any] ?? $0["message"] as? [String: Any] }
            )
            let choice = try #require(answer.choices.first { $0.index == index })
            #expect(choice.parts.compactMap(\.text).joined() == plain.text)
            #expect(choice.parts.compactMap(\.thought).joined() == plain.reasoning)
            #expect(choice.parts.compactMap(\.call).map { "\($0.name) \($0.arguments)" } == plain.calls)
            let ids = choice.parts.compactMap(\.call).map(\.id)
            #expect(Set(ids).count == ids.count)
            #expect(ids.allSatisfy { !$0.isEmpty })
            if Set(plain.ids).count == plain.ids.count, !plain.ids.contains("") { #expect(ids == plain.ids) }
            let word = own.compactMap { $0["finish_reason"] as? String }.last
            #expect(choice.stop == (plain.calls.isEmpty ? word == "length" ? .length : .stop : .toolCalls))
        }
        try Self.expectUsage(answer.usage, recording.chunks.compactMap { $0["usage"] as? [String: Any] }.last)
        #expect(answer.model == recording.chunks.compactMap { $0["model"] as? String }.first { !$0.isEmpty })
    }

    @Test(arguments: streams)
    func blocksBeginOnceInOrderAndStopBeforeTheirChoice(recording: Recording) {
        var open: [Int: Int] = [:]
        var next = 0
        var finished: Set<Int> = []
        for event in DecodedStream(Self.frames(recording), from: Self.source(recording)).events {
            switch event {
            case .blockStart(let block, let choice, _):
                #expect(block == next)
                #expect(!finished.contains(choice))
                next += 1
                open[block] = choice
            case .delta(let block, _): #expect(open[block] != nil)
            case .blockStop(let block): #expect(open.removeValue(forKey: block) != nil)
            case .finish(let choice, _):
                #expect(!open.values.contains(choice))
                #expect(finished.insert(choice).inserted)
            case .start, .usage, .heartbeat, .end: break
            }
        }
        #expect(open.isEmpty)
    }

    @Test(arguments: streams)
    func aStreamCutAfterAnyFrameNeverEnds(recording: Recording) {
        let frames = Self.frames(recording)
        let source = Self.source(recording)
        let first = frames.firstIndex { frame in
            let choices = Recording.object(frame.text)?["choices"] as? [[String: Any]] ?? []
            return choices.contains { $0["finish_reason"] is String }
        }
        // Without [DONE], a stream may be whole as soon as it said why it ended.
        let last = source.quirks.sendsDone ? frames.count - 1 : first ?? 0
        for count in 0...last {
            let stream = DecodedStream(Array(frames[..<count]), from: source)
            #expect(!stream.hasEnd)
            #expect(stream.failure != nil)
        }
    }

    @Test(arguments: streams)
    func howTheBytesWereCutDoesNotMatter(recording: Recording) throws {
        let whole = DecodedStream(Self.frames(recording), from: Self.source(recording))
        for seed in 1...3 {
            var generator = SeededGenerator(seed: seed)
            var decoder = SSEDecoder(limit: 1 << 20)
            var frames: [SSEEvent] = []
            for run in randomCuts(recording.body, using: &generator) {
                try Array(run).withUnsafeBytes { try decoder.receive($0) { frames.append($0) } }
            }
            try decoder.finish { frames.append($0) }
            let cut = DecodedStream(frames, from: Self.source(recording))
            #expect(cut.events.map { "\($0)" } == whole.events.map { "\($0)" })
        }
    }

    @Test(arguments: streams)
    func aStreamWrittenAgainTellsTheSame(recording: Recording) throws {
        let first = DecodedStream(Self.frames(recording), from: Self.source(recording))
        let bytes = encodeStream(first.events)
        var frames: [SSEEvent] = []
        var decoder = SSEDecoder(limit: 1 << 20)
        try bytes.withUnsafeBytes { try decoder.receive($0) { frames.append($0) } }
        let second = DecodedStream(frames)
        #expect(second.failure?.message == nil)
        #expect(
            second.answer.choices.map { $0.parts.map(\.summary) }
                == first.answer.choices.map { $0.parts.map(\.summary) }
        )
        #expect(second.answer.choices.map(\.stop) == first.answer.choices.map(\.stop))
        var usage = first.answer.usage
        usage?.searches = 0
        #expect(second.answer.usage == usage)
    }

    @Test(arguments: answers)
    func anAnswerTellsWhatItHolds(recording: Recording) throws {
        let answer = try decodeChatAnswer(recording.body, from: Self.source(recording))
        let raw = try #require(recording.answer)
        for choice in raw["choices"] as? [[String: Any]] ?? [] {
            let read = try #require(answer.choices.first { $0.index == choice["index"] as? Int ?? 0 })
            let plain = PlainMessage([choice["message"] as? [String: Any] ?? [:]])
            #expect(read.parts.compactMap(\.text).joined() == plain.text)
            #expect(read.parts.compactMap(\.call).map { "\($0.name) \($0.arguments)" } == plain.calls)
            let word = choice["finish_reason"] as? String
            let expected: StopReason = word == "content_filter" ? .contentFilter : word == "length" ? .length : .stop
            #expect(read.stop == (plain.calls.isEmpty ? expected : .toolCalls))
        }
        try Self.expectUsage(answer.usage, raw["usage"] as? [String: Any])
        let again = try decodeChatAnswer(ChatAnswerEncoder.encode(answer, chatStyle))
        #expect(again.choices.map { $0.parts.map(\.summary) } == answer.choices.map { $0.parts.map(\.summary) })
        #expect(again.usage == answer.usage)
    }

    @Test(arguments: Recording.all.filter { $0.name == "groq/stream-err-tool-use-failed" })
    func anErrorEventIsThrown(recording: Recording) {
        #expect(DecodedStream(Self.frames(recording)).failure?.code == .badRequest)
    }

    /// Damaged streams and answers are refused or read, but never bring the process down, and never end without an end.
    @Test(arguments: Recording.all.filter { $0.status == 200 })
    func damageIsNeverACrash(recording: Recording) {
        var generator = SeededGenerator(seed: recording.body.count)
        for _ in 0..<60 {
            var body = recording.body
            for _ in 0..<Int.random(in: 1...6, using: &generator) where !body.isEmpty {
                let at = Int.random(in: 0..<body.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: body[at] = UInt8.random(in: 0...255, using: &generator)
                case 1: body.remove(at: at)
                case 2: body.insert(Array("{}[],:\"0n".utf8).randomElement(using: &generator) ?? 0, at: at)
                default: body.removeSubrange(at..<min(body.count, at + 30))
                }
            }
            _ = try? decodeChatAnswer(body)
            var frames: [SSEEvent] = []
            var decoder = SSEDecoder(limit: 1 << 20)
            try? body.withUnsafeBytes { try decoder.receive($0) { frames.append($0) } }
            let stream = DecodedStream(frames)
            #expect(stream.hasEnd == (stream.failure == nil))
            _ = encodeStream(stream.events)
        }
    }

    private static func expectUsage(_ usage: Usage?, _ raw: [String: Any]?) throws {
        guard let raw else { return #expect(usage == nil) }
        let usage = try #require(usage)
        #expect(usage.input == raw["prompt_tokens"] as? Int)
        #expect(usage.total == raw["total_tokens"] as? Int)
    }
}

extension Part {
    var thought: String? {
        guard case .thinking(let text) = self.content else { return nil }
        return text
    }

    var call: ToolCall? {
        guard case .toolCall(let call) = self.content else { return nil }
        return call
    }
}

/// A message put together from deltas in the plainest way.
private struct PlainMessage {
    var text = ""
    var reasoning = ""
    var calls: [String] { self.functions.map { "\($0.name) \($0.arguments)" } }
    var ids: [String] { self.functions.map(\.id) }
    private var functions: [(index: Int?, id: String, name: String, arguments: String)] = []

    init(_ deltas: [[String: Any]]) {
        for delta in deltas {
            if let content = delta["content"] as? String { self.text += content }
            for part in delta["content"] as? [[String: Any]] ?? [] { self.text += part["text"] as? String ?? "" }
            self.reasoning += delta["reasoning_content"] as? String ?? delta["reasoning"] as? String ?? ""
            for call in delta["tool_calls"] as? [[String: Any]] ?? [] { self.add(call) }
        }
    }

    private mutating func add(_ call: [String: Any]) {
        let id = call["id"] as? String ?? ""
        let index = call["index"] as? Int
        let function = call["function"] as? [String: Any] ?? [:]
        let arguments = function["arguments"] as? String ?? ""
        let isNew = !id.isEmpty && !self.functions.contains { $0.id == id }
        if let at = self.functions.lastIndex(where: { $0.index == index }), !isNew {
            self.functions[at].arguments += arguments
        } else {
            self.functions.append((index, id, function["name"] as? String ?? "", arguments))
        }
    }
}
