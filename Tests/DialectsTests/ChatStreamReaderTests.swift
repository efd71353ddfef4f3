import Core
import Dialects
import JSON
import TestSupport
import Testing

struct ChatStreamReaderTests {
    private static let role =
        #"{"id":"x","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#
    private static func content(_ text: String, index: Int = 0) -> String {
        #"{"id":"x","model":"m","choices":[{"index":\#(index),"delta":{"content":\#(text)},"finish_reason":null}],"usage":null}"#
    }
    private static func finish(_ reason: String = "stop", index: Int = 0) -> String {
        #"{"id":"x","choices":[{"index":\#(index),"delta":{},"finish_reason":"\#(reason)"}]}"#
    }
    private static let usage =
        #"{"id":"x","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#

    @Test
    func readsAPlainStream() {
        let reading = StreamReading(
            events: [Self.role, Self.content("\"a\""), Self.content("\"bcd\""), Self.finish(), Self.usage, "[DONE]"]
        )
        #expect(reading.isComplete)
        #expect(reading.reader.finishReason == "stop")
        #expect(reading.reader.usage == Usage(freshInput: 3, output: 2))
        #expect(reading.reader.hasContent)
        #expect(reading.reader.model == "m")
        let contents = reading.verdicts.map { verdict in
            if case .forward(true) = verdict.verdict { true } else { false }
        }
        #expect(contents == [false, true, true, false, false, false])
    }

    @Test(arguments: [
        [Self.role, Self.content("\"a\"")],
        [Self.role, Self.content("\"a\""), Self.finish()],
        [Self.role],
        [Self.role, Self.content("\"a\""), Self.finish(), Self.usage],
    ])
    func isTruncatedWithoutDone(events: [String]) {
        #expect(StreamReading(events: events).failure?.code == .truncatedStream)
    }

    @Test(arguments: [
        [], ["[DONE]"], [role, "[DONE]"], [usage, "[DONE]"], [#"{"type":"ping"}"#], [#"{"choices":[]}"#],
    ])
    func isAnErrorWithoutAnAnswer(events: [String]) {
        let failure = StreamReading(events: events).failure
        #expect(failure?.code == .upstreamError)
        #expect(failure?.origin == .upstream)
    }

    @Test
    func needsNoDoneWhereTheServerSendsNone() {
        let quirks = ChatQuirks(sendsDone: false)
        #expect(StreamReading(events: [Self.content("\"a\""), Self.finish()], quirks: quirks).isComplete)
        #expect(!StreamReading(events: [Self.content("\"a\"")], quirks: quirks).isComplete)
        let two = [Self.content("\"a\""), Self.content("\"b\"", index: 1), Self.finish()]
        #expect(!StreamReading(events: two, quirks: quirks).isComplete)
        #expect(StreamReading(events: two + [Self.finish(index: 1)], quirks: quirks).isComplete)
        #expect(!StreamReading(events: [], quirks: quirks).isComplete)
    }

    @Test(arguments: [
        #"{"error":{"message":"boom","type":"server_error","code":"x"}}"#,
        #"{"error":"boom"}"#,
        #"[{"error":{"code":503,"message":"boom","status":"UNAVAILABLE"}}]"#,
        #"{"object":"error","message":"boom","code":40303}"#,
        #"{"detail":"boom"}"#,
        #"{"id":"x","error":{"code":502,"message":"boom"},"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}"#,
        #"{"id":"x","choices":[],"x_groq":{"id":"r","error":"boom"}}"#,
        #"{"id":"x","choices":[{"delta":"#, "nonsense", "null", "7", "\"text\"", #"{"choices":[}"#, "[]",
    ])
    func failsOnErrorsAndOnWhatIsNoJSON(event: String) throws {
        for events in [[event], [Self.role, Self.content("\"a\""), event, Self.finish(), "[DONE]"]] {
            let reading = StreamReading(events: events)
            let failure = try #require(reading.failure)
            guard case .failed = reading.verdicts[events.count == 1 ? 0 : 2].verdict else {
                Issue.record("not failed")
                continue
            }
            #expect(failure.origin == .upstream)
            if event.contains("boom"), !event.contains("x_groq") { #expect(failure.message == "boom") }
            #expect(!reading.reader.isComplete)
        }
    }

    @Test(arguments: [
        #"{"error":null,"choices":[{"index":0,"delta":{"content":"a"}}]}"#, #"{"error":"","choices":[]}"#,
    ])
    func doesNotMindAnErrorThatIsNone(event: String) {
        #expect(StreamReading(events: [event, Self.content("\"a\""), "[DONE]"]).isComplete)
    }

    @Test
    func failsOnAnEventNamedError() throws {
        let stream = "event: error\ndata: {\"error\":{\"message\":\"slow down\",\"type\":\"rate_limit_error\"}}\n\n"
        let failure = try #require(StreamReading(stream.utf8).failure)
        #expect(failure.code == .rateLimit)
        #expect(failure.retry == .sameTarget)
    }

    @Test(arguments: [
        "event: ping\ndata: {\"type\":\"ping\"}\n\n", "data:\n\n", "data: \n\n", "data: {}\n\n",
        "data: {\"choices\":null}\n\n",
    ])
    func hidesWhatClientsDieOf(event: String) throws {
        let stream = "data: \(Self.content("\"a\""))\n\n" + event + "data: \(Self.finish())\n\ndata: [DONE]\n\n"
        let reading = StreamReading(stream.utf8)
        #expect(reading.isComplete)
        guard case .hide = reading.verdicts[1].verdict else {
            Issue.record("not hidden")
            return
        }
    }

    @Test(arguments: [
        #"{"id":"x","usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
        #"{"choices":null,"usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
    ])
    func givesUsageWithoutChoicesAnEmptyList(event: String) throws {
        let events = [Self.content("\"a\""), event, "[DONE]"]
        let asked = StreamReading(events: events)
        guard case .replace(let bytes) = asked.verdicts[1].verdict else {
            Issue.record("not replaced")
            return
        }
        let shown = text(bytes)
        #expect(shown.hasPrefix("data: {") && shown.hasSuffix("}\n\n"))
        let value = try JSONValue(parsing: String(shown.dropFirst(6)))
        #expect(value["choices"] == .array([]))
        #expect(value["usage"]?["prompt_tokens"] == 3)
        #expect(asked.reader.usage == Usage(freshInput: 3, output: 2))
        let hidden = StreamReading(events: events, hidesUsage: true)
        if case .hide = hidden.verdicts[1].verdict {} else { Issue.record("not hidden") }
        #expect(hidden.reader.usage == Usage(freshInput: 3, output: 2))
    }

    @Test
    func hidesNothingAfterTheLastEventButWhatFollowsDone() {
        let reading = StreamReading(events: [Self.content("\"a\""), "[DONE]", Self.content("\"b\""), "rubbish"])
        #expect(reading.isComplete)
        #expect(reading.verdicts.count == 4)
        for index in 2...3 {
            if case .hide = reading.verdicts[index].verdict {} else { Issue.record("forwarded after the end") }
        }
    }

    @Test
    func takesTheLastUsageAndNeverASum() {
        let chunk = { (prompt: Int, completion: Int) in
            #"{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":\#(prompt),"completion_tokens":\#(completion)}}"#
        }
        let reading = StreamReading(events: [chunk(9, 1), chunk(8, 2), chunk(7, 3), Self.finish(), "[DONE]"])
        #expect(reading.reader.usage == Usage(freshInput: 7, output: 3))
    }

    @Test(arguments: [
        #"{"choices":[],"x_groq":{"id":"r","usage":{"prompt_tokens":4,"completion_tokens":5}}}"#,
        #"{"choices":[{"index":0,"delta":{},"usage":{"prompt_tokens":4,"completion_tokens":5}}]}"#,
        #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":4,"completion_tokens":5}}"#,
        #"{"\u0063hoices":[],"\u0075sage":{"prompt_tokens":4,"completion_tokens":5}}"#,
    ])
    func findsUsageWhereverItStands(event: String) {
        let reading = StreamReading(events: [Self.content("\"a\""), event, "[DONE]"])
        #expect(reading.reader.usage == Usage(freshInput: 4, output: 5))
    }

    @Test(arguments: [
        (#"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}"#, "stop", "tool_calls"),
        (#"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}"#, "length", "length"),
        (#"{"content":"a"}"#, "stop", "stop"),
        (#"{"content":"a"}"#, "sensitive", "sensitive"),
    ])
    func derivesToolCallsForTheFactsOnly(delta: String, finish: String, expected: String) {
        let first = #"{"choices":[{"index":0,"delta":\#(delta)}]}"#
        let reading = StreamReading(events: [first, Self.finish(finish), "[DONE]"])
        #expect(reading.reader.finishReason == expected)
        for (_, verdict) in reading.verdicts {
            if case .replace = verdict { Issue.record("rewrote an event") }
        }
    }

    @Test(arguments: [
        #"{"reasoning_content":"a"}"#, #"{"reasoning":"a"}"#, #"{"refusal":"a"}"#,
        #"{"reasoning_details":[{"text":"a"}]}"#,
        #"{"content":[{"type":"thinking","thinking":[]}]}"#, #"{"function_call":{"name":"f"}}"#,
        #"{"audio":{"data":"AA"}}"#,
        #"{"role":"assistant","content":null,"tool_calls":[{"id":"c"}]}"#,
    ])
    func countsEveryKindOfContent(delta: String) {
        let reading = StreamReading(events: [#"{"choices":[{"index":0,"delta":\#(delta)}]}"#, "[DONE]"])
        #expect(reading.reader.hasContent)
        if case .forward(true) = reading.verdicts[0].verdict {} else { Issue.record("not content") }
    }

    @Test(arguments: [
        #"{"role":"assistant"}"#, #"{"content":""}"#, #"{"content":null,"refusal":null}"#, #"{"tool_calls":[]}"#, "{}",
        #"{"reasoning_content":null}"#,
    ])
    func countsNothingAsContent(delta: String) {
        let reading = StreamReading(events: [#"{"choices":[{"index":0,"delta":\#(delta)}]}"#])
        #expect(!reading.reader.hasContent)
        if case .forward(false) = reading.verdicts[0].verdict {} else { Issue.record("content") }
    }

    @Test
    func readsLegacyCompletions() {
        let reading = StreamReading(
            events: [
                #"{"id":"c","object":"text_completion","model":"m","choices":[{"text":"a","index":0,"finish_reason":null}]}"#,
                #"{"id":"c","object":"text_completion","choices":[{"text":"","index":0,"finish_reason":"length"}]}"#,
                "[DONE]",
            ]
        )
        #expect(reading.isComplete && reading.reader.hasContent)
        #expect(reading.reader.finishReason == "length")
    }

    /// Streams of chunks that are nearly alike are judged as each chunk alone would be.
    @Test(arguments: 0..<200)
    func judgesAlikeChunksAsIfEachWereNew(seed: Int) {
        var random = SeededGenerator(seed: seed)
        let texts = [
            "a", "b", "", "hello world", "é日", #"\n"#, #"\""#, #"\\"#, #"a","finish_reason":"stop"#, "x}", "]}]}",
            #"a\"#,
            #"a"},"finish_reason":"length","x":{"y":""#, "a\u{1}",
        ]
        let frames: [(String) -> String] = [
            { Self.content("\"\($0)\"") },
            { Self.content("\"\($0)\"", index: 1) },
            { #"{"choices":[{"index":0,"delta":{"content":"\#($0)"},"finish_reason":"stop"}]}"# },
            {
                #"{"choices":[{"index":0,"delta":{"content":"\#($0)"}}],"usage":{"prompt_tokens":\#($0.count),"completion_tokens":1}}"#
            },
            { #"{"choices":[{"index":0,"delta":{"reasoning":"\#($0)"}},{"index":1,"delta":{"content":"a"}}]}"# },
            { #"{"choices":[{"index":0,"delta":{"content":"\#($0)"}}],"error":null}"# },
            { _ in #"{"choices":[],"usage":{"prompt_tokens":99,"completion_tokens":1}}"# },
            { #"{"choices":[{"index":0,"delta":{"content":"\#($0)","tool_calls":[{}]}}]}"# },
        ]
        var reader = ChatStreamReader(quirks: .openAI, hidesUsage: false)
        for _ in 0..<40 {
            let frame = frames[Int(random.next() % UInt64(frames.count)) * Int(random.next() % 2)]
            let event = Array(frame(texts[Int(random.next() % UInt64(texts.count))]).utf8)
            var fresh = ChatStreamReader(quirks: .openAI, hidesUsage: false)
            let alone = event.withUnsafeBytes { fresh.receive(name: nil, data: $0) }
            let together = event.withUnsafeBytes { reader.receive(name: nil, data: $0) }
            #expect("\(alone)" == "\(together)", "seed \(seed): \(text(event))")
            if case .failed = alone { break }
            if let usage = fresh.usage { #expect(reader.usage == usage) }
            if fresh.finishReason != nil { #expect(reader.finishReason != nil) }
        }
    }
}
