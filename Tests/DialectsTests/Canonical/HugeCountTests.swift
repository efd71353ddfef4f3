import Core
import Dialects
import JSON
import Testing

/// Counts of tokens no model can have come to, which must not end the gateway.
struct HugeCountTests {
    @Test(arguments: [
        #"{"inputTokens":9223372036854775807,"cacheReadInputTokens":1,"outputTokens":1}"#,
        #"{"inputTokens":9223372036854775807,"cacheReadInputTokens":9223372036854775807,"cacheWriteInputTokens":9223372036854775807,"outputTokens":9223372036854775807}"#,
    ])
    func bedrocksCountsAddUp(usage: String) throws {
        let body =
            #"{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"end_turn","usage":\#(usage)}"#
        let answer = try converseAnswer(Array(body.utf8))
        let read = try #require(answer.usage)
        #expect(read.input >= read.cacheRead)
        #expect(read.total > 1 << 39)
        let stream = ConverseStream([
            ("messageStart", #"{"role":"assistant"}"#), ("messageStop", #"{"stopReason":"end_turn"}"#),
            ("metadata", #"{"usage":\#(usage),"metrics":{"latencyMs":1}}"#),
        ])
        #expect(stream.answer.usage == read)
    }

    @Test func anthropicsIterationsAddUp() throws {
        let iteration: JSONValue = [
            "input_tokens": 281_474_976_710_656, "cache_read_input_tokens": 281_474_976_710_656,
            "cache_creation_input_tokens": 281_474_976_710_656, "output_tokens": 281_474_976_710_656,
        ]
        let usage: JSONValue = [
            "input_tokens": 1, "output_tokens": 1, "iterations": .array(Array(repeating: iteration, count: 32_768)),
        ]
        let body: JSONValue = [
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [],
            "stop_reason": "end_turn", "usage": usage,
        ]
        let read = try #require(try Anthropic.decode(answer: body.bytes).usage)
        #expect(read.input >= read.cacheRead + read.cacheWrite)
        #expect(read.total > 281_474_976_710_656)
    }
}
