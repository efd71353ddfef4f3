import Core
import Dialects
import JSON
import Testing

struct ResponsesStateTests {
    private static func prepend(_ history: String, _ body: String) throws -> String {
        let bytes = Array(body.utf8)
        let result = try bytes.withUnsafeBytes { try ResponsesState.prepending(history: Array(history.utf8), to: $0) }
        return String(decoding: result, as: UTF8.self)
    }

    private static func items(_ body: String) throws -> JSONValue {
        let bytes = Array(body.utf8)
        return try JSONValue(parsing: bytes.withUnsafeBytes { try ResponsesState.inputItems(of: $0, seed: "01ABC") })
    }

    @Test func putsTheHistoryBeforeTheInput() throws {
        #expect(
            try Self.prepend(
                #"[{"a":1.0}, {"b":2}]"#,
                #"{"previous_response_id":"resp_1","input":"Hi \"you\"","n":1.00}"#
            )
                == #"{"n":1.00,"input":[{"a":1.0}, {"b":2},{"type":"message","role":"user","content":"Hi \"you\""}]}"#
        )
        #expect(try Self.prepend("[]", #"{"input":[ {"c":1} ],"model":"m"}"#) == #"{"model":"m","input":[{"c":1}]}"#)
        #expect(try Self.prepend(#"[{"a":1}]"#, #"{"input":[]}"#) == #"{"input":[{"a":1}]}"#)
        #expect(throws: GatewayError.self) { try Self.prepend("[]", #"{"model":"m"}"#) }
        #expect(throws: GatewayError.self) { try Self.prepend("[]", #"{"input":1}"#) }
    }

    @Test func listsEveryItemWithATypeAndAnId() throws {
        let text: JSONValue = [
            [
                "type": "message", "role": "user", "content": [["type": "input_text", "text": "Hi"]],
                "status": "completed", "id": "msg_01ABC_in0",
            ]
        ]
        #expect(try Self.items(#"{"input":"Hi"}"#) == text)
        let items = try Self.items(
            #"{"input":[{"role":"user","content":"Hi"},{"type":"function_call_output","call_id":"c","output":"5"},{"type":"reasoning","id":"rs_1"}]}"#
        )
        #expect(items[0] == text[0])
        #expect(items[1]?["id"] == "fco_01ABC_in1")
        #expect(items[2]?["id"] == "rs_1")
    }

    @Test func joinsTheResponsesOfAConversation() throws {
        func stored(_ input: String, _ output: String) -> StoredResponse {
            StoredResponse(id: "r", createdAt: 1, input: Array(input.utf8), output: Array(output.utf8), body: [])
        }
        let history = ResponsesState.history(of: [stored("[1,2]", "[ ]"), stored("[3]", "[4, 5]")])
        #expect(String(decoding: history, as: UTF8.self) == "[1,2,3,4, 5]")
        #expect(ResponsesState.history(of: []) == Array("[]".utf8))
    }

    @Test func readsWhatTheClientWantsKept() throws {
        func wish(_ body: String) throws -> ResponsesState.Wish {
            try Array(body.utf8).withUnsafeBytes { try ResponsesState.wish(of: $0) }
        }
        #expect(try wish("{}").store)
        #expect(try wish(#"{"store":false}"#).store == false)
        #expect(try wish(#"{"previous_response_id":"resp_1"}"#).previousID == "resp_1")
        #expect(try wish(#"{"previous_response_id":null}"#).previousID == nil)
        #expect(throws: GatewayError.self) { try wish(#"{"store":1}"#) }
        #expect(throws: GatewayError.self) { try wish("[]") }
    }

    @Test func aKeptConversationGoesOn() throws {
        // The first request, its streamed answer, and the request that goes on from it.
        var encoder = ResponsesStreamEncoder(Responses.style)
        var bytes: [UInt8] = []
        let call = ToolCall(id: "c", name: "f", arguments: "{\"x\":1.0}")
        let signature = Signature("sig", family: .gemini)
        for event in chatEvents(telling: [Part(.toolCall(call), signature: signature)]) {
            encoder.write(event, into: &bytes)
        }
        encoder.writeEnd(into: &bytes)
        let last = try #require(try Responses.frames(bytes).last).data
        let response = try #require(
            last.withUnsafeBytes { data in ResponsesState.response(inEvent: data).map { Array(data[$0]) } }
        )
        #expect(response == encoder.response)
        #expect(response.withUnsafeBytes { ResponsesState.id(of: $0) } == "resp_01ABC")
        let first = Array(#"{"model":"m","input":"Hi"}"#.utf8)
        let stored = StoredResponse(
            id: "resp_01ABC",
            createdAt: 1,
            input: try first.withUnsafeBytes { try ResponsesState.inputItems(of: $0, seed: "01ABC") },
            output: response.withUnsafeBytes { ResponsesState.outputItems(of: $0) },
            body: response
        )
        let next = Array(
            #"{"model":"m","previous_response_id":"resp_01ABC","input":[{"type":"function_call_output","call_id":"c","output":"5"}]}"#
                .utf8
        )
        let spliced = try next.withUnsafeBytes {
            try ResponsesState.prepending(history: ResponsesState.history(of: [stored]), to: $0)
        }
        let request = try Responses.decode(requestBytes: spliced)
        #expect(
            request.messages.map(\.summary) == [
                #"user: ["text Hi"]"#, #"assistant: ["function c f {\"x\":1.0} [gemini:sig]"]"#,
                #"user: ["result c [\"text 5\"]"]"#,
            ]
        )
    }

    @Test func findsTheFieldsThatAreRepeated() {
        let body = Array(#"{"model":"m","input":"x","temperature":0.20,"metadata":{"a":"b"}}"#.utf8)
        let echo = body.withUnsafeBytes { ResponsesState.echo(of: $0) }
        #expect(JSONValue.object(echo).text == #"{"temperature":0.20,"metadata":{"a":"b"}}"#)
    }
}
