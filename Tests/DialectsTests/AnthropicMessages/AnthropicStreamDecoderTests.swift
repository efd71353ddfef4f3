import Core
import Dialects
import JSON
import Testing

/// Streams that no recording holds.
struct AnthropicStreamDecoderTests {
    private static let start =
        #"{"type":"message_start","message":{"id":"msg_1","model":"claude","usage":{"input_tokens":9,"cache_read_input_tokens":4,"cache_creation_input_tokens":6,"cache_creation":{"ephemeral_1h_input_tokens":2,"ephemeral_5m_input_tokens":4},"output_tokens":1}}}"#
    private static let stop = #"{"type":"message_stop"}"#

    private static func end(_ reason: String, _ usage: String = #"{"output_tokens":5}"#) -> String {
        #"{"type":"message_delta","delta":{"stop_reason":"\#(reason)","stop_sequence":null},"usage":\#(usage)}"#
    }

    private static func block(_ index: Int, _ block: String) -> String {
        #"{"type":"content_block_start","index":\#(index),"content_block":\#(block)}"#
    }

    private static func delta(_ index: Int, _ delta: String) -> String {
        #"{"type":"content_block_delta","index":\#(index),"delta":\#(delta)}"#
    }

    private static func blockStop(_ index: Int) -> String { #"{"type":"content_block_stop","index":\#(index)}"# }

    @Test func aCallWithoutDeltasHasTheInputOfItsStart() throws {
        let reading = Anthropic.read([
            Self.start,
            Self.block(0, #"{"type":"tool_use","id":"a","name":"f","input":{"x":1.0,"y":12345678901234567890}}"#),
            Self.blockStop(0),
            Self.block(1, #"{"type":"tool_use","id":"b","name":"g","input":{}}"#),
            Self.delta(1, #"{"type":"input_json_delta","partial_json":""}"#),
            Self.blockStop(1),
            Self.end("end_turn"), Self.stop,
        ])
        let answer = try #require(reading.answer)
        #expect(
            answer.outline == [
                #"call a f {"x":1.0,"y":12345678901234567890}"#, "call b g {}", "stop toolCalls",
            ]
        )
    }

    @Test func deltasCountMoreThanTheInputOfTheStart() throws {
        let reading = Anthropic.read([
            Self.start,
            Self.block(0, #"{"type":"tool_use","id":"a","name":"f","input":{"old":1}}"#),
            Self.delta(0, #"{"type":"input_json_delta","partial_json":"{\"new\""}"#),
            Self.delta(0, #"{"type":"input_json_delta","partial_json":":2}"}"#),
            Self.blockStop(0), Self.end("tool_use"), Self.stop,
        ])
        #expect(try #require(reading.answer).outline == [#"call a f {"new":2}"#, "stop toolCalls"])
    }

    @Test func theUsageOfTheEndReplacesWhatItNamesOfTheStart() {
        let reading = Anthropic.read([
            Self.start, Self.block(0, #"{"type":"text","text":""}"#), Self.blockStop(0),
            Self.end(
                "end_turn",
                #"{"input_tokens":null,"cache_read_input_tokens":3,"output_tokens":50,"output_tokens_details":{"thinking_tokens":70}}"#
            ),
            Self.stop,
        ])
        var expected = Usage(freshInput: 9, cacheRead: 3, cacheWrite: 6, output: 50, reasoning: 50)
        expected.cacheWriteHour = 2
        #expect(reading.usage == expected)
    }

    @Test func whatSeveralPassesCostIsTheirSum() {
        let passes = """
            {"input_tokens":181,"output_tokens":8,"cache_read_input_tokens":1,"iterations":[\
            {"type":"compaction","input_tokens":100,"output_tokens":83,"cache_read_input_tokens":50},\
            {"type":"message","input_tokens":181,"output_tokens":8,"cache_read_input_tokens":1}]}
            """
        let reading = Anthropic.read([Self.start, Self.end("end_turn", passes), Self.stop])
        #expect(reading.usage == Usage(freshInput: 281, cacheRead: 51, cacheWrite: 0, output: 91))
    }

    @Test func countsBelowZeroAreNone() {
        let reading = Anthropic.read([
            Self.start, Self.end("end_turn", #"{"input_tokens":-5,"output_tokens":9223372036854775807}"#), Self.stop,
        ])
        #expect(reading.usage?.freshInput == 0)
        #expect((reading.usage?.total ?? 0) > 0)
    }

    @Test func aPingIsASignOfLife() {
        let reading = Anthropic.read([#"{"type": "ping"}"#])
        #expect(reading.lines == ["heartbeat"])
        #expect(reading.failure?.code == .upstreamError)
    }

    @Test func anErrorEventIsTheErrorItNames() {
        let reading = Anthropic.read([
            Self.start, #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        ])
        #expect(reading.failure?.code == .overloaded)
        #expect(reading.failure?.retry == .sameTarget)
        #expect(reading.failure?.message == "Overloaded")
    }

    @Test func anExceptionOfTheFramingIsTheErrorItNames() {
        let frames = [(name: Optional("throttlingException"), data: Array(#"{"message":"slow"}"#.utf8))]
        #expect(AnthropicReading(frames, kind: .exception).failure?.code == .rateLimit)
    }

    @Test func aSecondStartOfTheSameMessageSaysNothing() throws {
        let reading = Anthropic.read([Self.start, Self.start, Self.end("end_turn"), Self.stop])
        #expect(reading.failure == nil)
        #expect(reading.events.count { if case .start = $0 { true } else { false } } == 1)
    }

    @Test func theStartOfAnotherMessageIsAnError() {
        let other = #"{"type":"message_start","message":{"id":"msg_2","usage":{}}}"#
        #expect(Anthropic.read([Self.start, other]).failure?.code == .upstreamError)
    }

    @Test func whatNoOneKnowsIsPassedOver() throws {
        let reading = Anthropic.read([
            Self.start, #"{"type":"novelty","x":[1]}"#,
            Self.block(0, #"{"type":"text","text":"a"}"#), Self.delta(0, #"{"type":"novelty_delta","text":"no"}"#),
            Self.delta(7, #"{"type":"text_delta","text":"nowhere"}"#), Self.blockStop(0), Self.blockStop(9),
            Self.end("novel_reason"), Self.stop, "[DONE]",
        ])
        #expect(reading.failure == nil)
        #expect(try #require(reading.answer).outline == ["text a", #"stop other("novel_reason")"#])
    }

    @Test func aBlockLeftOpenIsStoppedBeforeTheFinish() throws {
        let reading = Anthropic.read([
            Self.start, Self.block(0, #"{"type":"text","text":""}"#),
            Self.delta(0, #"{"type":"text_delta","text":"a"}"#), Self.end("max_tokens"), Self.stop,
        ])
        #expect(try #require(reading.answer).outline == ["text a", "stop length"])
    }

    @Test func anEmptyThoughtKeepsItsSignature() throws {
        let reading = Anthropic.read([
            Self.start, Self.block(0, #"{"type":"thinking","thinking":"","signature":""}"#),
            Self.delta(0, #"{"type":"signature_delta","signature":"SIG"}"#), Self.blockStop(0),
            Self.end("end_turn"), Self.stop,
        ])
        #expect(try #require(reading.answer).outline == ["thinking  ~SIG@anthropic", "stop stop"])
    }

    @Test func aStopSequenceIsNamed() {
        let reading = Anthropic.read([
            Self.start,
            #"{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END"},"usage":{"output_tokens":1}}"#,
            Self.stop,
        ])
        #expect(reading.stop == .stopSequence("END"))
    }

    @Test(arguments: ["", "nonsense", "[1]", "\"text\"", "{\"type\":"])
    func dataThatIsNoEventIsAnError(data: String) {
        let reading = Anthropic.read([Self.start, data])
        #expect(reading.failure?.origin == .upstream)
        #expect(reading.failure?.code == .upstreamError)
    }

    @Test func aLongInputInSmallPiecesIsReadInOneGo() throws {
        var frames = [Self.start, Self.block(0, #"{"type":"tool_use","id":"a","name":"f","input":{}}"#)]
        frames.append(Self.delta(0, #"{"type":"input_json_delta","partial_json":"{\"x\":\""}"#))
        for _ in 0..<20_000 {
            frames.append(Self.delta(0, #"{"type":"input_json_delta","partial_json":"0123456789"}"#))
        }
        frames.append(Self.delta(0, #"{"type":"input_json_delta","partial_json":"\"}"}"#))
        frames += [Self.blockStop(0), Self.end("tool_use"), Self.stop]
        let answer = try #require(Anthropic.read(frames).answer)
        guard case .toolCall(let call) = answer.choices[0].parts[0].content else {
            Issue.record("no call")
            return
        }
        #expect(call.arguments.utf8.count == 200_000 + 8)
    }
}
