import Core
import Dialects
import JSON
import Testing

struct CohereRequestTests {
    @Test func writesARequestOfAnotherDialect() throws {
        let request = try decodeChat(
            #"{"model":"m","stream":true,"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","#
                + #""text":"see"},{"type":"image_url","image_url":{"url":"https://e.x/a.png","detail":"low"}}]},"#
                + #"{"role":"assistant","content":"I will look.","tool_calls":[{"id":"a","type":"function","function":"#
                + #"{"name":"f","arguments":"{\"n\":1.0}"}}]},{"role":"tool","tool_call_id":"a","content":"r"}],"#
                + #""tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"z":1,"a":2},"#
                + #""strict":true}}],"tool_choice":"required","temperature":0.50,"top_p":0.9,"top_k":3,"max_tokens":9,"#
                + #""stop":"x","seed":7}"#
        )
        let (body, _, notes) = try Cohere.encode(request)
        #expect(
            body
                == #"{"model":"command","stream":true,"messages":[{"role":"system","content":"s"},{"role":"user","content":["#
                + #"{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"https://e.x/a.png","detail":"low"}}]},"#
                + #"{"role":"assistant","tool_plan":"I will look.","tool_calls":[{"id":"a","type":"function","function":"#
                + #"{"name":"f","arguments":"{\"n\":1.0}"}}]},{"role":"tool","tool_call_id":"a","content":"r"}],"#
                + #""tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"z":1,"a":2}}}],"#
                + #""strict_tools":true,"tool_choice":"REQUIRED","temperature":0.50,"p":0.9,"k":3,"seed":7,"#
                + #""max_tokens":9,"stop_sequences":["x"]}"#
        )
        #expect(notes.entries.isEmpty)
    }

    @Test(
        arguments: [
            (#""temperature":1.5"#, #""temperature":1"#, "clamped_value;temperature"),
            (#""top_p":1"#, #""p":0.99"#, nil),
            (#""presence_penalty":-1"#, #""presence_penalty":0"#, "clamped_value;presence_penalty"),
            (#""stop":["1","2","3","4","5","6"]"#, #""stop_sequences":["1","2","3","4","5"]"#, "clamped_value;stop"),
            (#""logit_bias":{"1":1}"#, "", "unsupported_parameter;logit_bias"),
            (#""n":2"#, "", "unsupported_parameter;n"),
            (#""response_format":{"type":"json_object"}"#, #""response_format":{"type":"json_object"}"#, nil),
            (
                #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","required":["a"]}}}"#,
                #""response_format":{"type":"json_object","json_schema":{"type":"object","required":["a"]}}"#, nil
            ),
            (
                #""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"}}}"#,
                #""response_format":{"type":"json_object"}"#, "emulated;response_format"
            ),
        ] as [(String, String, String?)]
    )
    func fitsParametersToWhatIsTaken(said: String, written: String, header: String?) throws {
        let request = try decodeChat(#"{"model":"m","messages":[{"role":"user","content":"x"}],\#(said)}"#)
        let (body, _, notes) = try Cohere.encode(request)
        #expect(written.isEmpty || body.contains(written))
        #expect(notes.headerValue == header)
    }

    @Test func aFormatBesideToolsGoesIntoTheInstructions() throws {
        let request = try decodeChat(
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f"}}],"#
                + #""response_format":{"type":"json_object"}}"#
        )
        let body = try JSONValue(parsing: try Cohere.encode(request).body)
        #expect(body["response_format"] == nil)
        #expect(body["messages"]?[0]?["role"] == "system")
        #expect(body["messages"]?[0]?["content"]?.asString?.contains("JSON") == true)
    }

    @Test func aNamedChoiceLeavesTheOtherToolsOut() throws {
        let request = try decodeChat(
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f-1"}},"#
                + #"{"type":"function","function":{"name":"g"}}],"tool_choice":{"type":"function","function":{"name":"f-1"}}}"#
        )
        let (body, encoded, notes) = try Cohere.encode(request)
        let tools = try JSONValue(parsing: body)["tools"]?.asArray ?? []
        let name = try #require(tools.first?["function"]?["name"]?.asString)
        #expect(tools.count == 1)
        #expect(name.hasPrefix("f_1"))
        #expect(encoded.plan.names.known(name) == "f-1")
        #expect(body.contains(#""tool_choice":"REQUIRED""#))
        #expect(notes.headerValue == "emulated;tool_choice")
    }

    @Test(arguments: [
        (#""reasoning_effort":"none""#, #""thinking":{"type":"disabled"}"#),
        (#""reasoning":{"max_tokens":500}"#, #""thinking":{"type":"enabled","token_budget":500}"#),
        (#""reasoning_effort":"high""#, #""thinking":{"type":"enabled"}"#),
    ])
    func asksForReasoning(said: String, written: String) throws {
        let request = try decodeChat(#"{"model":"m","messages":[{"role":"user","content":"x"}],\#(said)}"#)
        #expect(try Cohere.encode(request) { $0.reasoning = .toggle }.body.contains(written))
        #expect(try !Cohere.encode(request).body.contains("thinking"))
    }

    @Test func reasoningGoesBackToAModelThatReasons() throws {
        var request = CanonicalRequest(dialect: .openAIChat, model: "m")
        request.messages = [
            Message(.user, [.text("x")]), Message(.assistant, [Part(.thinking("hm")), .text("a")]),
            Message(.user, [.text("y")]),
        ]
        #expect(
            try Cohere.encode(request) { $0.reasoning = .toggle }.body.contains(
                #"{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"a"}]}"#
            )
        )
        #expect(try Cohere.encode(request).body.contains(#"{"role":"assistant","content":"a"}"#))
    }
}
