import Core
import Dialects
import JSON
import Testing

/// Whole answers and errors as Anthropic clients get them.
struct AnthropicAnswerEncoderTests {
    @Test func anAnswerOfAnotherProviderIsAMessage() throws {
        var usage = Usage(freshInput: 5, cacheRead: 3, cacheWrite: 4, output: 9, reasoning: 2)
        usage.cacheWriteHour = 1
        usage.searches = 1
        let parts = [
            Part(.thinking("why")),
            Part.text("Hello"),
            Part(.toolCall(ToolCall(id: "call_1", name: "f", arguments: #"{"b":1.0,"a":2}"#))),
            Part(.toolCall(ToolCall(id: "call_2", name: "g", arguments: "not json"))),
            Part(.toolCall(ToolCall(id: "call_3", name: "h", arguments: ""))),
            Part(.opaque(Opaque(.gemini, ["x": 1]))),
        ]
        let answer = CanonicalAnswer(
            id: "chatcmpl-9",
            model: "gpt",
            choices: [
                CanonicalAnswer.Choice(index: 1, parts: [.text("second")], stop: .stop),
                CanonicalAnswer.Choice(index: 0, parts: parts, stop: .toolCalls),
            ],
            usage: usage
        )
        let body = String(decoding: AnthropicAnswerEncoder.encode(answer, Anthropic.style), as: UTF8.self)
        #expect(
            body == #"""
                {"id":"msg_01ABC","type":"message","role":"assistant","model":"gpt","content":[\#
                {"type":"thinking","thinking":"why","signature":""},{"type":"text","text":"Hello"},\#
                {"type":"tool_use","id":"call_1","name":"f","input":{"b":1.0,"a":2}},\#
                {"type":"tool_use","id":"call_2","name":"g","input":{"_raw":"not json"}},\#
                {"type":"tool_use","id":"call_3","name":"h","input":{}}],\#
                "stop_reason":"tool_use","stop_sequence":null,\#
                "usage":{"input_tokens":5,"cache_creation_input_tokens":4,"cache_read_input_tokens":3,"output_tokens":9,\#
                "output_tokens_details":{"thinking_tokens":2},\#
                "server_tool_use":{"web_search_requests":1,"web_fetch_requests":0},\#
                "cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":1}}}
                """#
        )
        let again = try Anthropic.decode(answer: Array(body.utf8))
        #expect(again.usage == usage)
    }

    @Test func aRefusedPartIsAReason() throws {
        let answer = CanonicalAnswer(choices: [CanonicalAnswer.Choice(parts: [Part(.refusal("No."))], stop: .stop)])
        let body = try JSONValue(parsing: AnthropicAnswerEncoder.encode(answer, Anthropic.style))
        #expect(body["content"] == [["type": "text", "text": "No."]])
        #expect(body["stop_reason"] == "refusal")
        #expect(body["stop_details"] == ["type": "refusal", "category": nil, "explanation": "No."])
    }

    @Test func anErrorInsideASuccessIsFound() {
        let body = Array(#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#.utf8)
        let error = #expect(throws: GatewayError.self) { try Anthropic.decode(answer: body) }
        #expect(error?.code == .rateLimit)
    }

    // MARK: Errors

    private static func write(_ error: GatewayError) throws -> (status: Int, type: String?, message: String?) {
        let (status, body, fields) = AnthropicErrors.write(error, request: nil)
        let value = try JSONValue(parsing: body)
        #expect(value["type"] == "error")
        #expect(fields.isEmpty)
        return (status, value["error"]?["type"]?.asString, value["error"]?["message"]?.asString)
    }

    @Test(arguments: [
        (GatewayError.Code.badRequest, 400, "invalid_request_error"), (.authentication, 401, "authentication_error"),
        (.billing, 402, "billing_error"), (.permission, 403, "permission_error"),
        (.modelNotFound, 404, "not_found_error"), (.bodyTooLarge, 413, "request_too_large"),
        (.rateLimit, 429, "rate_limit_error"), (.gatewayFault, 500, "api_error"),
        (.upstreamAuthentication, 502, "api_error"), (.deadline, 504, "timeout_error"),
        (.overloaded, 529, "overloaded_error"),
    ])
    func everyKindHasItsStatusAndItsType(code: GatewayError.Code, status: Int, type: String) throws {
        let written = try Self.write(GatewayError(code, origin: .gateway, "m"))
        #expect(written.status == status)
        #expect(written.type == type)
        #expect(written.message == "m")
    }

    @Test func theFieldAtFaultLeadsTheMessage() throws {
        #expect(
            try Self.write(GatewayError(.badRequest, origin: .client, "is bad", field: "max_tokens")).message
                == "max_tokens: is bad"
        )
        #expect(
            try Self.write(GatewayError(.badRequest, origin: .client, "max_tokens: bad", field: "max_tokens")).message
                == "max_tokens: bad"
        )
    }

    @Test func theRequestIsNamed() throws {
        var source = RequestIDSource()
        let id = source.next()
        let (_, body, fields) = AnthropicErrors.write(GatewayError(.rateLimit, origin: .gateway, "m"), request: id)
        #expect(try JSONValue(parsing: body)["request_id"]?.asString == id.description)
        #expect(fields.map(\.name) == ["request-id"])
        #expect(fields.map(\.value) == [id.description])
    }

    @Test(arguments: [
        (
            "This model's maximum context length is 8192 tokens. However, you requested 12000 tokens (11000 in the messages, 1000 in the completion).",
            "prompt is too long: 12000 tokens > 8192 maximum"
        ),
        ("prompt is too long: 210000 tokens > 200000 maximum", "prompt is too long: 210000 tokens > 200000 maximum"),
        (
            "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
            "prompt is too long: 1200000 tokens > 1048576 maximum"
        ),
        (
            "This endpoint's maximum context length is 131,072 tokens. However, you requested about 140,001 tokens.",
            "prompt is too long: 140001 tokens > 131072 maximum"
        ),
        (
            "Input is too long for requested model.",
            "prompt is too long: Input is too long for requested model."
        ),
        ("Prompt is too long", "Prompt is too long"),
        (
            "claude-3-5-sonnet-20241022 takes no more",
            "prompt is too long: claude-3-5-sonnet-20241022 takes no more"
        ),
    ])
    func anOverflowIsSaidAsClientsLookForIt(message: String, expected: String) throws {
        #expect(try Self.write(GatewayError(.contextLength, origin: .client, message)).message == expected)
    }
}
