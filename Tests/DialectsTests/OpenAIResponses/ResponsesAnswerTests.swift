import Core
import Dialects
import JSON
import TestSupport
import Testing

struct ResponsesAnswerTests {
    @Test func writesItemsInTheOrderOfTheParts() throws {
        let response = try Responses.encode(
            [
                Part(.thinking("Hm"), signature: Signature(#"{"id":"rs_7","encrypted_content":"b"}"#, family: .openAI)),
                Part(.redactedThinking, signature: Signature("r", family: .anthropic)), .text("Hi"),
                Part(.toolCall(ToolCall(id: "call:1", name: "f", arguments: ""))),
                Part(.opaque(Opaque(.anthropicMessages, ["type": "x"]))),
                Part(.image(Media(.base64("QQ=="), type: "image/png"))),
            ],
            stop: .toolCalls
        )
        let output = response["output"]?.asArray ?? []
        #expect(
            output.map { $0["type"]?.asString } == [
                "reasoning", "reasoning", "message", "function_call", "image_generation_call",
            ]
        )
        // An item of OpenAI's own is itself again.
        let own: JSONValue = [
            "id": "rs_7", "type": "reasoning", "summary": [["type": "summary_text", "text": "Hm"]],
            "encrypted_content": "b",
        ]
        #expect(output[0] == own)
        #expect(output[3]["arguments"] == "{}")
        // An id of other characters than the dialect's is made to fit, and the same each time.
        #expect(output[3]["call_id"]?.asString == CallID.fitted("call:1", to: .init(punctuation: "_-", longest: 64)))
        #expect(Set(output.map { $0["id"]?.asString }).count == output.count)
        #expect(response["status"] == "completed")
    }

    @Test func marksTheItemAnAnswerBrokeOffIn() throws {
        let response = try Responses.encode([.text("Hi")], stop: .length)
        #expect(response["status"] == "incomplete")
        #expect(response["incomplete_details"] == ["reason": "max_output_tokens"])
        #expect(response["output"]?[0]?["status"] == "incomplete")
    }

    @Test func readsARefusal() throws {
        let body =
            #"{"status":"completed","output":[{"type":"message","content":[{"type":"refusal","refusal":"No"}]}]}"#
        let answer = try Responses.decode(answer: Array(body.utf8))
        #expect(answer.lines == ["refusal No"])
        #expect(answer.choices[0].stop == .refusal("No"))
    }

    @Test func countsWhatCameFromCachesAndSearches() throws {
        let body =
            #"{"status":"completed","output":[{"type":"web_search_call","action":{"type":"search"}},{"type":"web_search_call","action":{"type":"open_page"}}],"#
            + #""usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":3},"output_tokens":5,"#
            + #""output_tokens_details":{"reasoning_tokens":2}}}"#
        let usage = try #require(try Responses.decode(answer: Array(body.utf8)).usage)
        #expect(usage.freshInput == 3)
        #expect(usage.cacheRead == 4)
        #expect(usage.cacheWrite == 3)
        #expect(usage.output == 5)
        #expect(usage.reasoning == 2)
        #expect(usage.searches == 1)
    }

    @Test(
        arguments: [
            (
                #"{"status":"failed","error":{"code":"rate_limit_exceeded","message":"x"},"output":[]}"#,
                GatewayError.Code.rateLimit
            ),
            (#"{"error":{"message":"x","type":"server_error"}}"#, .upstreamError),
            (#"{"status":"cancelled","output":[]}"#, .upstreamError),
            (#"{"status":"queued","output":[]}"#, .upstreamError),
            ("{}", .upstreamError), ("<html>", .upstreamError),
        ]
    )
    func aResponseThatFailedIsAnError(_ body: String, _ code: GatewayError.Code) {
        let error = #expect(throws: GatewayError.self) { try Responses.decode(answer: Array(body.utf8)) }
        #expect(error?.code == code)
        #expect(error?.origin == .upstream)
    }

    @Test func writesErrorsAsChatDoes() {
        let error = GatewayError(.modelNotFound, origin: .client, "No such model", field: "model")
        let (status, body, fields) = ResponsesErrors.write(error, request: nil)
        #expect(status == 404)
        #expect(body == ChatErrors.write(error, request: nil).body)
        #expect(fields.isEmpty)
    }
}
