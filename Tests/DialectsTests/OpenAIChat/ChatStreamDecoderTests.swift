import Core
import Dialects
import JSON
import Testing

struct ChatStreamDecoderTests {
    /// A chunk with this delta.
    static func chunk(_ delta: String, finish: String? = nil, index: Int = 0) -> String {
        let finish = finish.map { "\"\($0)\"" } ?? "null"
        return #"{"id":"c","model":"up","choices":[{"index":\#(index),"delta":\#(delta),"finish_reason":\#(finish)}]}"#
    }

    static func calls(_ list: String) -> String { Self.chunk(#"{"tool_calls":[\#(list)]}"#) }

    /// What a stream of these deltas, a finish and `[DONE]` comes to.
    static func parts(_ chunks: [String], finish: String = "stop") -> (parts: [String], stop: StopReason?) {
        let stream = DecodedStream(chunks + [Self.chunk("{}", finish: finish), "[DONE]"])
        #expect(stream.failure?.message == nil)
        #expect(stream.hasEnd)
        return (stream.answer.choices.first?.parts.map(\.summary) ?? [], stream.answer.choices.first?.stop)
    }

    @Test func readsTextReasoningAndRefusal() {
        let (parts, stop) = Self.parts([
            Self.chunk(#"{"role":"assistant","content":""}"#), Self.chunk(#"{"reasoning_content":"w"}"#),
            Self.chunk(#"{"reasoning":"hy"}"#), Self.chunk(#"{"content":"T","role":"assistant"}"#),
            Self.chunk(#"{"content":"é\n","refusal":null,"tool_calls":null}"#), Self.chunk(#"{"refusal":"no"}"#),
        ])
        #expect(parts == ["thinking why", "text Té\n", "refusal no"])
        #expect(stop == .refusal("no"))
    }

    @Test func sameReasoningUnderTwoNamesCountsOnce() {
        let (parts, _) = Self.parts([
            Self.chunk(
                #"{"reasoning":"a","reasoning_content":"a","reasoning_details":[{"type":"reasoning.text","text":"a"}]}"#
            ), Self.chunk(#"{"reasoning_details":[{"type":"reasoning.text","signature":"s","index":0}]}"#),
        ])
        #expect(parts == ["thinking a [?:s]"])
    }

    @Test func encryptedReasoningIsABlockOrACallsSignature() {
        let (parts, _) = Self.parts([
            Self.calls(#"{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}"#),
            Self.chunk(#"{"reasoning_details":[{"type":"reasoning.encrypted","data":"x","id":"a"}]}"#),
            Self.chunk(#"{"reasoning_details":[{"type":"reasoning.encrypted","data":"y"}]}"#),
        ])
        #expect(parts == ["function a f {} [?:x]", "redacted [?:y]"])
    }

    @Test(arguments: [
        // As OpenAI sends them, interleaved.
        [
            #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}"#,
            #"{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":""}}"#,
            #"{"index":1,"function":{"arguments":"[2"}}"#, #"{"index":0,"function":{"arguments":"[1"}}"#,
            #"{"index":0,"function":{"arguments":"]"}}"#, #"{"index":1,"function":{"arguments":"]"}}"#,
        ],
        // Whole, without an index.
        [
            #"{"id":"a","function":{"name":"f","arguments":"[1]"}}"#,
            #"{"id":"b","function":{"name":"g","arguments":"[2]"}}"#,
        ],
        // Every call under the index 0.
        [
            #"{"index":0,"id":"a","function":{"name":"f","arguments":"[1]"}}"#,
            #"{"index":0,"id":"b","function":{"name":"g","arguments":"[2]"}}"#,
        ],
        // Id and name repeated, or empty.
        [
            #"{"index":0,"id":"a","function":{"name":"f","arguments":"[1"}}"#,
            #"{"index":0,"id":"a","function":{"name":"f","arguments":"]"}}"#,
            #"{"index":1,"id":"b","function":{"name":"g","arguments":"[2"}}"#,
            #"{"index":1,"id":"","function":{"name":"","arguments":"]"}}"#,
        ],
        // The id first, the name behind the first arguments, and no index.
        [
            #"{"id":"a","function":{"arguments":"["}}"#, #"{"id":"a","function":{"name":"f","arguments":"1"}}"#,
            #"{"function":{"arguments":"]"}}"#, #"{"id":"b","function":{"name":"g","arguments":[]}}"#,
            #"{"function":{"arguments":"[2]"}}"#,
        ],
    ])
    func gathersCallsHoweverTheyCome(fragments: [String]) {
        let (parts, stop) = Self.parts(fragments.map(Self.calls))
        #expect(parts == ["function a f [1]", "function b g [2]"])
        #expect(stop == .toolCalls)
    }

    @Test func callsWithoutAnIDOrWithTheSameGetTheirOwn() {
        let (parts, _) = Self.parts([
            Self.calls(#"{"index":0,"function":{"name":"f","arguments":"{}"}}"#),
            Self.calls(#"{"index":1,"id":"x","function":{"name":"g","arguments":"{}"}}"#),
            Self.calls(#"{"index":2,"id":"x","function":{"name":"h","arguments":{"a":1.0}}}"#),
        ])
        let made = [0, 2].map { CallID.made(seed: "seed/0", position: $0) }
        #expect(parts == ["function \(made[0]) f {}", "function x g {}", #"function \#(made[1]) h {"a":1.0}"#])
    }

    @Test func readsCustomAndLegacyCalls() {
        let (custom, _) = Self.parts([
            Self.calls(#"{"index":0,"id":"a","type":"custom","custom":{"name":"f","input":"x"}}"#),
            Self.calls(#"{"index":0,"custom":{"input":"y"}}"#),
        ])
        #expect(custom == ["custom a f xy"])
        let (legacy, stop) = Self.parts(
            [
                Self.chunk(#"{"function_call":{"name":"f","arguments":""}}"#),
                Self.chunk(#"{"function_call":{"arguments":"{}"}}"#),
            ],
            finish: "function_call"
        )
        #expect(legacy == ["function \(CallID.made(seed: "seed/0", position: 0)) f {}"])
        #expect(stop == .toolCalls)
    }

    @Test func contentMayBeAListOfParts() {
        let (parts, _) = Self.parts([
            Self.chunk(#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"w"}]}]}"#),
            Self.chunk(#"{"content":[{"type":"text","text":"T"}]}"#), Self.chunk(#"{"content":"U"}"#),
        ])
        #expect(parts == ["thinking w", "text TU"])
    }

    @Test func aMessageBesideTheDeltaIsNotReadTwice() {
        let both = #"{"choices":[{"index":0,"delta":{"content":"b"},"message":{"content":"ab"},"finish_reason":null}]}"#
        #expect(Self.parts([Self.chunk(#"{"content":"a"}"#), both]).parts == ["text ab"])
        let alone = #"{"choices":[{"index":0,"message":{"content":"ab"},"finish_reason":null}]}"#
        #expect(Self.parts([alone]).parts == ["text ab"])
    }

    @Test func contentBehindAFinishStillCounts() {
        let (parts, stop) = Self.parts(
            [Self.chunk(#"{"content":"a"}"#, finish: "stop"), Self.chunk(#"{"content":"b"}"#)],
            finish: "length"
        )
        #expect(parts == ["text ab"])
        #expect(stop == .length)
    }

    @Test func everyUsageReplacesTheOneBefore() {
        let stream = DecodedStream([
            #"{"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":2,"completion_tokens":2}}]}"#,
            #"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":2}}}"#,
            "[DONE]",
        ])
        #expect(stream.answer.usage == Usage(freshInput: 1, cacheRead: 2, output: 9))
    }

    @Test func severalChoicesStayApart() {
        let stream = DecodedStream([
            Self.chunk(#"{"content":"a"}"#), Self.chunk(#"{"content":"x"}"#, index: 1),
            Self.chunk(#"{"content":"b"}"#), Self.chunk("{}", finish: "stop", index: 1),
            Self.chunk("{}", finish: "length"), "[DONE]",
        ])
        #expect(stream.answer.text(0) == "ab")
        #expect(stream.answer.text(1) == "x")
        #expect(stream.answer.choices.map(\.stop) == [.length, .stop])
    }

    @Test func annotationsAndSourcesBecomeCitations() {
        let stream = DecodedStream([
            #"{"search_results":[{"title":"S","url":"https://s.t"}],"choices":[{"index":0,"delta":{"content":"a"}}]}"#,
            Self.chunk(#"{"annotations":[{"type":"url_citation","url_citation":{"url":"https://a.b","title":"A"}}]}"#),
            Self.chunk("{}", finish: "stop"), "[DONE]",
        ])
        let urls = stream.answer.choices[0].parts[0].citations.map { $0.value["url_citation"]?["url"]?.asString }
        #expect(urls == ["https://a.b", "https://s.t"])
    }

    @Test(arguments: [
        (#"{"error":{"message":"slow down","code":429}}"#, GatewayError.Code.rateLimit),
        (#"{"error":"broken"}"#, .upstreamError),
        (#"{"choices":[],"x_groq":{"id":"r","error":"over capacity"}}"#, .upstreamError),
        (#"{"id":"c","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}"#, .upstreamError),
        ("not json", .upstreamError),
        (#"[{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}}]"#, .badRequest),
    ])
    func errorsInTheStreamAreThrown(frame: String, code: GatewayError.Code) {
        let stream = DecodedStream([Self.chunk(#"{"content":"a"}"#), frame])
        #expect(stream.failure?.code == code)
        #expect(!stream.hasEnd)
    }

    @Test func anErrorEventIsAnError() {
        let data = Array(#"{"error":{"message":"no","type":"invalid_request_error"}}"#.utf8)
        #expect(DecodedStream([SSEEvent(name: "error", data: data)]).failure?.code == .badRequest)
    }

    @Test(arguments: [
        [], ["[DONE]"], [#"{"choices":[]}"#, "[DONE]"], [Self.chunk(#"{"role":"assistant"}"#), "[DONE]"],
        [#"{"choices":null}"#],
    ])
    func aStreamOfNothingIsAnError(frames: [String]) {
        let stream = DecodedStream(frames)
        #expect(stream.failure?.code == .upstreamError)
        #expect(stream.failure?.retry == .sameTarget)
        #expect(!stream.hasEnd)
    }

    @Test func aStreamWithoutItsEndIsTruncated() {
        let frames = [Self.chunk(#"{"content":"a"}"#), Self.chunk("{}", finish: "stop")]
        let stream = DecodedStream(frames)
        #expect(stream.failure?.code == .truncatedStream)
        #expect(!stream.hasEnd)
        var source = chatSource
        source.quirks = ChatQuirks(sendsDone: false)
        #expect(DecodedStream(frames, from: source).hasEnd)
        #expect(DecodedStream(Array(frames[..<1]), from: source).failure?.code == .truncatedStream)
    }

    @Test func aChoiceThatNeverSaysWhyStops() {
        let stream = DecodedStream([Self.chunk(#"{"content":"a"}"#), "[DONE]"])
        #expect(stream.answer.choices.map(\.stop) == [.stop])
    }

    @Test func framesBehindTheEndAreLeftOut() {
        let stream = DecodedStream([Self.chunk(#"{"content":"a"}"#, finish: "stop"), "[DONE]", "rubbish"])
        #expect(stream.failure == nil)
    }

    /// Two megabytes of arguments in pieces of a few bytes: a quadratic reader would take minutes.
    @Test(.timeLimit(.minutes(1))) func longArgumentsTakeLinearTime() {
        var frames = [Self.calls(#"{"index":0,"id":"a","function":{"name":"f","arguments":""}}"#)]
        frames += Array(repeating: Self.calls(#"{"index":0,"function":{"arguments":"0123456789"}}"#), count: 20_000)
        let stream = DecodedStream(frames + [Self.chunk("{}", finish: "tool_calls"), "[DONE]"])
        let count = stream.events.reduce(0) { count, event in
            if case .delta(_, .arguments(let text)) = event { count + text.utf8.count } else { count }
        }
        #expect(count == 200_000)
        #expect(encodeStream(stream.events).count > 200_000)
    }
}
