import Core
import Dialects
import Foundation
import JSON
import TestSupport
import Testing

/// Recorded exchanges with AI Studio and Vertex give what their raw text holds.
@Suite(.enabled(if: !GeminiRecording.all.isEmpty, "no folder of recordings"))
struct GeminiRecordingTests {
    static let whole = GeminiRecording.all.filter { $0.status == 200 && !$0.isStream }
    static let streams = GeminiRecording.all.filter { $0.status == 200 && $0.isStream }

    /// What an answer or a stream shows, read in the plainest way.
    private struct Plain {
        var text = ""
        var calls = 0
        var finish: String?
        var signatures = 0
        var usage: [String: Any]?

        init(_ answers: [[String: Any]]) {
            for answer in answers {
                self.usage = answer["usageMetadata"] as? [String: Any] ?? self.usage
                let candidate = (answer["candidates"] as? [[String: Any]])?.first ?? [:]
                self.finish = candidate["finishReason"] as? String ?? self.finish
                for part in (candidate["content"] as? [String: Any])?["parts"] as? [[String: Any]] ?? [] {
                    if part["thought"] as? Bool != true { self.text += part["text"] as? String ?? "" }
                    if (part["functionCall"] as? [String: Any])?["name"] is String { self.calls += 1 }
                    if part["thoughtSignature"] is String, part["executableCode"] == nil { self.signatures += 1 }
                }
            }
        }

        func expect(_ usage: Usage?) throws {
            let raw = self.usage ?? [:]
            func count(_ name: String) -> Int { raw[name] as? Int ?? 0 }
            guard raw["totalTokenCount"] != nil else {
                #expect(usage == nil)
                return
            }
            let usage = try #require(usage)
            #expect(usage.total == count("totalTokenCount"))
            #expect(usage.input == count("promptTokenCount") + count("toolUsePromptTokenCount"))
            #expect(usage.output == count("candidatesTokenCount") + count("thoughtsTokenCount"))
            #expect(usage.reasoning == count("thoughtsTokenCount"))
            #expect(usage.cacheRead == count("cachedContentTokenCount"))
        }
    }

    @Test(arguments: whole)
    func answersGiveTheirFacts(recording: GeminiRecording) throws {
        let plain = Plain(recording.answers)
        let answer = try Gemini.decodeAnswer(text(recording.body))
        #expect(answer.choices.count == 1)
        let parts = answer.choices[0].parts
        #expect(parts.compactMap(\.text).joined() == plain.text)
        #expect(answer.model == recording.answers[0]["modelVersion"] as? String)
        #expect(answer.id == recording.answers[0]["responseId"] as? String)
        try plain.expect(answer.usage)
        switch recording.name {
        case "gemini/safety-block":
            #expect(answer.choices[0].stop == .contentFilter)
            #expect(parts.isEmpty)
        case "vertex/prompt-blocked":
            #expect(answer.choices[0].stop == .contentFilter)
            // Why a prompt was blocked is told as a refusal.
            guard case .refusal(let why)? = parts.first?.content else {
                Issue.record("the explanation is lost")
                return
            }
            #expect(!why.isEmpty && parts.count == 1)
        case "gemini/max-tokens-no-content":
            #expect(answer.choices[0].stop == .length)
            #expect(parts.isEmpty)
        case "vertex/logprobs":
            let tokens = answer.choices[0].logprobs?["content"]?.asArray ?? []
            #expect(tokens.compactMap { $0["token"]?.asString }.joined() == "2 + 2 = 4")
            #expect(tokens.allSatisfy { $0["top_logprobs"]?.asArray?.count == 5 })
        default: #expect(plain.finish == "STOP")
        }
    }

    @Test(arguments: streams)
    func streamsGiveTheirFacts(recording: GeminiRecording) throws {
        let plain = Plain(recording.answers)
        let (events, failure) = try Gemini.decodeStream(try recording.frames)
        #expect(failure == nil)
        let shown = Gemini.shown(events)
        #expect(shown.text == plain.text)
        #expect(shown.calls.count == plain.calls)
        var usage: Usage?
        var signatures = 0
        for event in events {
            if case .usage(let new) = event { usage = new }
            if case .start(_, _, let new) = event { usage = new }
            if case .delta(_, .signature(let signature)) = event {
                signatures += 1
                #expect(signature.family == .gemini)
            }
        }
        #expect(signatures == plain.signatures)
        try plain.expect(usage)
        let words = Gemini.words(events)
        #expect(words.suffix(1) == ["end"])
        #expect(words.contains("finish 0: \(plain.calls > 0 ? "toolCalls" : "stop")"))
        #expect(words.filter { $0.hasPrefix("begin") }.count == words.filter { $0.hasPrefix("end ") }.count)
        if recording.name == "vertex/stream-partial-args" {
            #expect(shown.calls == [#"getWeather{"location":"Boston"}"#, #"getWeather{"location":"San Francisco"}"#])
        }
        if recording.name == "gemini/stream-google-search" {
            #expect(usage?.searches == 1)
            try Self.expectCitations(events, of: recording, in: shown.text)
        }
    }

    /// Every pair of a segment and a source is told, its place counted in characters.
    private static func expectCitations(
        _ events: [CanonicalEvent],
        of recording: GeminiRecording,
        in text: String
    ) throws {
        let candidate = try #require((recording.answers.last?["candidates"] as? [[String: Any]])?.first)
        let grounding = try #require(candidate["groundingMetadata"] as? [String: Any])
        let supports = try #require(grounding["groundingSupports"] as? [[String: Any]])
        let quotes = supports.flatMap { support -> [String] in
            let quote = (support["segment"] as? [String: Any])?["text"] as? String ?? ""
            return ((support["groundingChunkIndices"] as? [Int]) ?? []).map { _ in quote }
        }
        let scalars = Array(text.unicodeScalars)
        var cited: [String] = []
        for event in events {
            guard case .delta(_, .citation(let opaque)) = event, let web = opaque.value["web"] else { continue }
            #expect(web["uri"]?.asString?.hasPrefix("https://") == true)
            let start = try #require(web["start_index"]?.asInt)
            let end = try #require(web["end_index"]?.asInt)
            cited.append(String(String.UnicodeScalarView(scalars[start..<end])))
        }
        #expect(quotes.contains { $0.contains("°") })
        #expect(cited == quotes)
    }

    @Test(arguments: streams)
    func aCutStreamIsNeverWhole(recording: GeminiRecording) throws {
        let frames = try recording.frames
        let last = try #require(frames.firstIndex { text($0).contains("finishReason") })
        for count in 0...last {
            let (events, failure) = try Gemini.decodeStream(Array(frames[..<count]))
            #expect(failure != nil)
            #expect(!Gemini.words(events).contains("end"))
        }
    }

    @Test(arguments: streams, 0..<8)
    func howTheBytesArriveChangesNothing(recording: GeminiRecording, seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        var frames: [[UInt8]] = []
        var decoder = SSEDecoder(limit: 1 << 20)
        for cut in randomCuts(recording.body, using: &generator) {
            try cut.withUnsafeBytes { try decoder.receive($0) { frames.append($0.data) } }
        }
        try decoder.finish { frames.append($0.data) }
        let (events, _) = try Gemini.decodeStream(frames)
        #expect(try Gemini.words(events) == Gemini.words(Gemini.decodeStream(recording.frames).events))
    }

    @Test(arguments: GeminiRecording.all, 0..<60)
    func damagedTextIsAnErrorOrAnAnswer(recording: GeminiRecording, seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        var frames = recording.isStream ? try recording.frames : [recording.body]
        for at in frames.indices where !frames[at].isEmpty {
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let place = Int.random(in: frames[at].indices, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: frames[at][place] = UInt8.random(in: 0...255, using: &generator)
                case 1: frames[at].remove(at: place)
                case 2: frames[at].insert(Array("{}[]\",:0".utf8).randomElement(using: &generator) ?? 0, at: place)
                default: frames[at].removeLast(frames[at].count - place)
                }
                if frames[at].isEmpty { break }
            }
        }
        // Whatever comes of it, it is an error of ours or events in their order: begun before they go on.
        guard let events = try? Gemini.decodeStream(frames).events else { return }
        var open: Set<Int> = []
        for event in events {
            switch event {
            case .blockStart(let block, _, _): open.insert(block)
            case .delta(let block, _): #expect(open.contains(block))
            case .blockStop(let block): #expect(open.remove(block) != nil)
            case .finish: #expect(open.isEmpty)
            default: break
            }
        }
    }

    @Test(arguments: streams)
    func aStreamWrittenAgainShowsTheSame(recording: GeminiRecording) throws {
        let (events, _) = try Gemini.decodeStream(try recording.frames)
        var encoder = GeminiStreamEncoder(Gemini.style)
        var bytes: [UInt8] = []
        for event in events { encoder.write(event, into: &bytes) }
        encoder.writeEnd(into: &bytes)
        let frames = text(bytes).components(separatedBy: "\r\n\r\n").dropLast().map { String($0.dropFirst(6)) }
        let (again, failure) = try Gemini.decodeStream(Array(frames))
        #expect(failure == nil)
        #expect(Gemini.shown(again).text == Gemini.shown(events).text)
        #expect(Gemini.shown(again).calls == Gemini.shown(events).calls)
        let signatures = Gemini.words(events).filter { $0.hasPrefix("signature") }.map { $0.split(separator: ":").last }
        #expect(
            Gemini.words(again).filter { $0.hasPrefix("signature") }.map { $0.split(separator: ":").last } == signatures
        )
    }
}
