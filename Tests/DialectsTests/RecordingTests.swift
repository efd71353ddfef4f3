import Core
import Dialects
import Foundation
import JSON
import Testing

/// Every recorded exchange of the kinds that speak OpenAI's Chat dialect gives the facts its raw text holds.
@Suite(.enabled(if: !Recording.all.isEmpty, "no folder of recordings"))
struct RecordingTests {
    /// What the kinds of the recordings differ in, as far as it shows in them.
    static func quirks(_ recording: Recording) -> ChatQuirks {
        switch recording.provider {
        case "perplexity": ChatQuirks(acceptsStreamOptions: false, sendsDone: false)
        case "xai": ChatQuirks(reasoningOutsideCompletion: true)
        default: .openAI
        }
    }

    static let streams = Recording.all.filter(\.streams)
    static let wholeStreams = Self.streams.filter { $0.name != "groq/stream-err-tool-use-failed" }
    static let answers = Recording.all.filter {
        !$0.isStream && $0.status == 200 && $0.name != "azure/err-content-policy"
    }

    @Test(arguments: wholeStreams)
    func streamsAreCompleteAndGiveTheirFacts(recording: Recording) throws {
        let reading = StreamReading(recording.body, quirks: Self.quirks(recording))
        #expect(reading.failure?.message == nil)
        let chunks = recording.chunks
        let choices = chunks.flatMap { $0["choices"] as? [[String: Any]] ?? [] }
        let usage = chunks.compactMap { $0["usage"] as? [String: Any] }.last
        try Self.expectUsage(reading.reader.usage, usage)
        let first = choices.filter { $0["index"] as? Int ?? 0 == 0 }
        let finish = first.compactMap { $0["finish_reason"] as? String }.last
        let calls = choices.contains { (($0["delta"] as? [String: Any])?["tool_calls"] as? [Any])?.isEmpty == false }
        #expect(reading.reader.finishReason == (calls && finish == "stop" ? "tool_calls" : finish))
        #expect(reading.reader.model == chunks.compactMap { $0["model"] as? String }.first { !$0.isEmpty })
        #expect(reading.reader.isComplete)
    }

    @Test(arguments: wholeStreams)
    func everyEventIsForwardedAsItCame(recording: Recording) {
        let reading = StreamReading(recording.body, quirks: Self.quirks(recording))
        for (data, verdict) in reading.verdicts {
            switch verdict {
            case .forward(let isContent): #expect(isContent == Self.isContent(text(data)), "\(text(data))")
            case .end: #expect(text(data) == "[DONE]")
            case .hide, .replace, .failed: Issue.record("not forwarded: \(text(data))")
            }
        }
    }

    @Test(arguments: wholeStreams)
    func onlyUsageThatWasNotAskedForIsHidden(recording: Recording) {
        let reading = StreamReading(recording.body, quirks: Self.quirks(recording), hidesUsage: true)
        for (data, verdict) in reading.verdicts {
            let object = Recording.object(text(data))
            let isUsageOnly =
                (object?["choices"] as? [Any])?.isEmpty == true && object?["usage"] as? [String: Any] != nil
            if case .hide = verdict {
                #expect(isUsageOnly, "\(text(data))")
            } else {
                #expect(!isUsageOnly, "\(text(data))")
            }
        }
        #expect(reading.isComplete)
    }

    /// A cut anywhere in the body must show, up to the end of the data of the last event.
    @Test(arguments: streams)
    func aStreamCutAtAnyByteIsNeverComplete(recording: Recording) throws {
        let quirks = Self.quirks(recording)
        let marker = recording.events.last == "[DONE]" ? "[DONE]" : "}"
        let end = try #require(text(recording.body).range(of: marker, options: .backwards))
        let last = text(recording.body).utf8.distance(from: text(recording.body).startIndex, to: end.upperBound)
        // The finish of a stream that needs no [DONE] may come before its last event.
        let finish = quirks.sendsDone ? last : Self.firstFinish(recording)
        // The reader as it was behind the last whole event reads what is left of the cut stream.
        let states = StreamReading(recording.body, quirks: quirks).states
        var whole = 0
        for cut in 0..<finish {
            while whole < states.count, states[whole].end <= cut { whole += 1 }
            let start = whole == 0 ? 0 : states[whole - 1].end
            let fresh = ChatStreamReader(quirks: quirks, hidesUsage: false)
            let reading = StreamReading(
                recording.body[start..<cut],
                reader: whole == 0 ? fresh : states[whole - 1].reader
            )
            if reading.isComplete { Issue.record("complete when cut at \(cut) of \(recording.body.count)") }
        }
    }

    @Test(arguments: wholeStreams)
    func aStreamWithoutItsLastBlankLineIsComplete(recording: Recording) {
        let body = recording.body.reversed().drop { $0 == 10 || $0 == 13 }.reversed()
        #expect(StreamReading(body, quirks: Self.quirks(recording)).isComplete)
    }

    @Test(arguments: streams.filter { $0.name == "groq/stream-err-tool-use-failed" })
    func anErrorEventFailsTheStream(recording: Recording) throws {
        let failure = try #require(StreamReading(recording.body).failure)
        #expect(failure.code == .badRequest)
        #expect(failure.message.hasPrefix("Tool call validation failed"))
    }

    @Test(arguments: answers)
    func answersGiveTheirFacts(recording: Recording) throws {
        let facts = try readAnswer(text(recording.body), quirks: Self.quirks(recording))
        let answer = try #require(recording.answer)
        try Self.expectUsage(facts.usage, answer["usage"] as? [String: Any])
        let choice = (answer["choices"] as? [[String: Any]])?.first
        let calls = ((choice?["message"] as? [String: Any])?["tool_calls"] as? [Any])?.isEmpty == false
        let finish = choice?["finish_reason"] as? String
        #expect(facts.finishReason == (calls && finish == "stop" ? "tool_calls" : finish))
        #expect(facts.model == answer["model"] as? String)
    }

    @Test(arguments: [
        ("azure/err-429", GatewayError.Code.rateLimit, GatewayError.Retry.sameTarget, nil as String?),
        ("groq/err-400-tool-use-failed", .badRequest, .never, nil),
        ("mistral/err-401", .upstreamAuthentication, .otherTarget, nil),
        ("openai/chat-err-400", .badRequest, .never, "max_tokens"),
        ("openai/chat-err-401", .upstreamAuthentication, .otherTarget, nil),
        ("openai/chat-err-404-model", .modelNotFound, .otherTarget, "model"),
        ("openrouter/err-429", .rateLimit, .sameTarget, nil),
        ("perplexity/err-400-context", .contextLength, .otherTarget, nil),
        ("xai/err-400-auth", .upstreamAuthentication, .otherTarget, nil),
    ])
    func errorsAreClassified(
        name: String,
        code: GatewayError.Code,
        retry: GatewayError.Retry,
        field: String?
    ) throws {
        let recording = try #require(Recording.all.first { $0.name == name })
        let error = readError(recording.status, text(recording.body), headers: recording.headers)
        #expect(error.code == code)
        #expect(error.retry == retry)
        #expect(error.field == field)
        #expect(error.upstreamStatus == recording.status)
        #expect(!error.message.contains("http"))
        if name == "azure/err-429" { #expect(error.retryAfter == .zero) }
    }

    @Test(arguments: Recording.all.filter { $0.name == "azure/err-content-policy" })
    func aRefusalInsideATwoHundredIsAContentFilter(recording: Recording) {
        let error = #expect(throws: GatewayError.self) { try readAnswer(text(recording.body)) }
        #expect(error?.code == .contentFilter)
        #expect(error?.field == "prompt")
        #expect(error?.origin == .client)
    }
}

extension RecordingTests {
    /// The offset behind the first event that finishes a choice.
    private static func firstFinish(_ recording: Recording) -> Int {
        let body = text(recording.body)
        for event in recording.events {
            let choices = Recording.object(event)?["choices"] as? [[String: Any]] ?? []
            guard choices.contains(where: { $0["finish_reason"] is String }) else { continue }
            guard let range = body.range(of: event) else { continue }
            return body.utf8.distance(from: body.startIndex, to: range.upperBound)
        }
        return recording.body.count
    }

    /// Whether a chunk holds anything to show, read in the plainest way.
    private static func isContent(_ data: String) -> Bool {
        guard let object = Recording.object(data) else { return false }
        for choice in object["choices"] as? [[String: Any]] ?? [] {
            if let text = choice["text"] as? String, !text.isEmpty { return true }
            for key in ["delta", "message"] {
                let delta = choice[key] as? [String: Any] ?? [:]
                for field in ["content", "reasoning", "reasoning_content", "refusal"] {
                    if let text = delta[field] as? String, !text.isEmpty { return true }
                }
                for field in ["tool_calls", "reasoning_details"] {
                    if let list = delta[field] as? [Any], !list.isEmpty { return true }
                }
            }
        }
        return false
    }

    /// Compares with the raw `usage`: input and output, and how they divide.
    private static func expectUsage(_ usage: Usage?, _ raw: [String: Any]?) throws {
        guard let raw else {
            #expect(usage == nil)
            return
        }
        let usage = try #require(usage)
        let prompt = raw["prompt_tokens_details"] as? [String: Any] ?? [:]
        let completion = raw["completion_tokens_details"] as? [String: Any] ?? [:]
        let total = try #require(raw["total_tokens"] as? Int)
        #expect(usage.input == raw["prompt_tokens"] as? Int)
        #expect(usage.total == total)
        #expect(usage.cacheRead == prompt["cached_tokens"] as? Int ?? raw["prompt_cache_hit_tokens"] as? Int ?? 0)
        #expect(usage.cacheWrite == prompt["cache_write_tokens"] as? Int ?? 0)
        #expect(usage.reasoning == completion["reasoning_tokens"] as? Int ?? 0)
        #expect(usage.freshInput == usage.input - usage.cacheRead - usage.cacheWrite)
    }
}
