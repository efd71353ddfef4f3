import Core
import Dialects
import JSON
import Testing

struct ChatAnswerDecoderTests {
    private func choice(_ message: String, finish: String = "\"stop\"") throws -> CanonicalAnswer.Choice {
        let body = #"{"id":"c","model":"up","choices":[{"index":0,"message":\#(message),"finish_reason":\#(finish)}]}"#
        return try #require(try decodeChatAnswer(Array(body.utf8)).choices.first)
    }

    @Test(arguments: [
        (#"{"content":"T","reasoning_content":"w","reasoning":"w"}"#, ["thinking w", "text T"]),
        (
            #"{"content":"T","reasoning":"w","reasoning_details":[{"type":"reasoning.text","text":"w","signature":"s"}]}"#,
            ["thinking w [?:s]", "text T"]
        ),
        (
            #"{"content":"T","reasoning":"w","reasoning_details":[{"type":"reasoning.encrypted","data":"e"}]}"#,
            ["thinking w", "redacted [?:e]", "text T"]
        ),
        (
            #"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"w"}]},{"type":"text","text":"T"}]}"#,
            ["thinking w", "text T"]
        ),
        (#"{"content":null,"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]}"#, ["function a f {}"]),
        (
            #"{"content":"","tool_calls":[{"id":"a","function":{"name":"f","arguments":{"n":1.0}},"#
                + #""extra_content":{"google":{"thought_signature":"g"}}}]}"#,
            [#"function a f {"n":1.0} [gemini:g]"#]
        ),
        (#"{"content":null,"tool_calls":[{"id":"a","custom":{"name":"f","input":"x"}}]}"#, ["custom a f x"]),
        (
            #"{"content":"T","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}}]}"#,
            ["text T", "image image/png base64 QQ=="]
        ),
        (
            #"{"content":null,"audio":{"id":"x","data":"QQ==","transcript":"said"}}"#,
            ["text said", "audio  base64 QQ=="]
        ),
        (#"{"content":null}"#, []),
        ("null", []),
    ])
    func readsMessages(message: String, parts: [String]) throws {
        #expect(try self.choice(message).parts.map(\.summary) == parts)
    }

    @Test func callsDecideTheReason() throws {
        let message = #"{"content":null,"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]}"#
        #expect(try self.choice(message).stop == .toolCalls)
        #expect(try self.choice(#"{"content":"x"}"#, finish: "\"tool_calls\"").stop == .stop)
        #expect(try self.choice(#"{"content":"x"}"#, finish: "null").stop == .stop)
        #expect(try self.choice(#"{"content":"x"}"#, finish: "\"model_length\"").stop == .contextWindow)
        #expect(try self.choice(#"{"refusal":"no"}"#).stop == .refusal("no"))
    }

    @Test(arguments: [
        (#"{"error":{"message":"slow","code":429}}"#, GatewayError.Code.rateLimit),
        (#"{"choices":null,"error":{"message":"x","type":"server_error"}}"#, .upstreamError),
        (#"{"choices":[]}"#, .upstreamError), ("{", .upstreamError), ("", .upstreamError),
        (#"[{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT"}}]"#, .badRequest),
    ])
    func errorsInATwoHundredAreThrown(body: String, code: GatewayError.Code) {
        let error = #expect(throws: GatewayError.self) { try decodeChatAnswer(Array(body.utf8)) }
        #expect(error?.code == code)
    }
}
