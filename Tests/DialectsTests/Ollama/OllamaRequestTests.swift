import Core
import Dialects
import JSON
import TestSupport
import Testing

struct OllamaRequestTests {
    @Test func readsEveryPartOfAChat() throws {
        let request = try Ollama.decode(
            #"""
            {"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"see",
            "images":["iVBORw0KGgoAAA==","data:image/gif;base64,R0lG"]},{"role":"assistant","content":"","thinking":"hm",
            "tool_calls":[{"function":{"name":"f","arguments":{"z":1.0,"a":12345678901234567890}}}]},
            {"role":"tool","tool_name":"f","content":"r"}],"tools":[{"type":"function","function":{"name":"f",
            "description":"d","parameters":{"type":"object"}}}],"format":{"type":"object"},"think":"high",
            "keep_alive":"5m","options":{"temperature":0.50,"num_predict":9,"top_k":3,"min_p":0.0,"repeat_penalty":1.1,
            "seed":7,"stop":["a"],"num_ctx":4096}}
            """#
        )
        #expect(request.stream)
        #expect(request.system.map(\.text) == ["s"])
        #expect(request.messages.map(\.role) == [.user, .assistant, .user])
        guard case .image(let png) = request.messages[0].parts[0].content,
            case .image(let gif) = request.messages[0].parts[1].content
        else {
            Issue.record("no images")
            return
        }
        #expect(png == Media(.base64("iVBORw0KGgoAAA=="), type: "image/png"))
        #expect(gif == Media(.base64("R0lG"), type: "image/gif"))
        guard case .toolCall(let call) = request.messages[1].parts[1].content,
            case .toolResult(let result) = request.messages[2].parts[0].content
        else {
            Issue.record("no call")
            return
        }
        #expect(call.arguments == #"{"z":1.0,"a":12345678901234567890}"#)
        #expect(CallID.isMade(call.id))
        #expect(result.callID == call.id)
        #expect(request.output == .jsonSchema(JSONSchemaFormat(schema: ["type": "object"])))
        #expect(request.reasoning.effort == .high && request.reasoning.isOn == true)
        #expect(request.sampling.temperature?.text == "0.50")
        #expect(request.sampling.minP == nil)
        #expect(request.sampling.repetitionPenalty?.text == "1.1")
        #expect(request.maxOutput == 9 && request.stop == ["a"])
        #expect(request.extras == ["options": ["num_ctx": 4096]])
    }

    @Test func resultsGoToTheCallsOfTheirNamesInOrder() throws {
        let request = try Ollama.decode(
            #"""
            {"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[
            {"function":{"name":"f","arguments":{}}},{"function":{"name":"g","arguments":{}}},
            {"id":"own","function":{"name":"f","arguments":{}}}]},{"role":"tool","tool_name":"g","content":"G"},
            {"role":"tool","tool_name":"f","content":"F1"},{"role":"tool","tool_call_id":"own","content":"F2"},
            {"role":"tool","tool_name":"h","content":"H"}]}
            """#
        )
        let calls = request.messages[1].parts.compactMap { part -> ToolCall? in
            if case .toolCall(let call) = part.content { call } else { nil }
        }
        let results = request.messages[2].parts.compactMap { part -> ToolResult? in
            if case .toolResult(let result) = part.content { result } else { nil }
        }
        #expect(Set(calls.map(\.id)).count == 3)
        #expect(results.map(\.callID) == [calls[1].id, calls[0].id, "own", "h_5"])
        #expect(results.compactMap { $0.parts[0].text } == ["G", "F1", "F2", "H"])
    }

    @Test func idsStayTheSameWhenTheConversationGrows() throws {
        let turn = #"{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]}"#
        let short = try Ollama.decode(#"{"model":"m","messages":[\#(turn)]}"#)
        let long = try Ollama.decode(
            #"{"model":"m","messages":[\#(turn),{"role":"tool","content":"r"},{"role":"user","content":"y"}]}"#
        )
        guard case .toolCall(let one) = short.messages[1].parts[0].content,
            case .toolCall(let other) = long.messages[1].parts[0].content
        else {
            Issue.record("no call")
            return
        }
        #expect(one.id == other.id)
    }

    @Test func readsARequestToGenerate() throws {
        let request = try Ollama.decode(
            #"{"model":"m","prompt":"p","system":"s","images":["/9j/A"],"stream":false,"format":"json","suffix":"","#
                + #""template":"t","raw":true,"think":false}"#
        )
        #expect(!request.stream)
        #expect(request.system.map(\.text) == ["s"])
        #expect(request.messages.count == 1)
        #expect(request.messages[0].parts.last?.text == "p")
        #expect(request.messages[0].parts.count == 2)
        #expect(request.output == .jsonObject)
        #expect(request.reasoning.isOn == false)
        #expect(request.extras.keys == ["raw"])
    }

    @Test(arguments: [
        (#"{"messages":[{"role":"user","content":"x"}]}"#, "model"), (#"{"model":"m"}"#, "messages"),
        (#"{"model":"m","messages":[]}"#, "messages"),
        (#"{"model":"m","messages":[{"role":"x"}]}"#, "messages[0].role"),
        (#"{"model":"m","messages":[{"role":"user","content":1}]}"#, "messages[0].content"),
        (#"{"model":"m","prompt":"x","think":"loud"}"#, "think"), (#"{"model":"m","prompt":"x","format":3}"#, "format"),
        (#"{"model":"m","prompt":"x","options":{"top_p":"1"}}"#, "options.top_p"),
        (#"{"model":"m","prompt":"x","tools":[{}]}"#, "tools[0].function"),
    ])
    func namesTheFieldThatIsWrong(body: String, field: String) {
        #expect {
            try Ollama.decode(body)
        } throws: { error in
            guard let error = error as? GatewayError else { return false }
            return error.code == .badRequest && error.origin == .client && error.field == field
        }
    }

    @Test func writesARequestOfAnotherDialect() throws {
        let request = try decodeChat(
            #"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"see"},"#
                + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}}]},{"role":"assistant","content":null,"#
                + #""tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"n\":1.0}"}}]},"#
                + #"{"role":"tool","tool_call_id":"a","content":"r"}],"tools":[{"type":"function","function":{"name":"f","#
                + #""description":"d","parameters":{"z":1,"a":2}}}],"temperature":0.50,"max_tokens":9,"stop":"x","#
                + #""logprobs":true,"top_logprobs":2}"#
        )
        let (body, _, notes) = try Ollama.encode(request)
        #expect(
            body
                == #"{"model":"real","messages":[{"role":"system","content":"s"},{"role":"user","content":"see","images":["QQ=="]},"#
                + #"{"role":"assistant","content":"","tool_calls":[{"id":"a","function":{"name":"f","arguments":{"n":1.0}}}]},"#
                + #"{"role":"tool","content":"r","tool_name":"f","tool_call_id":"a"}],"tools":[{"type":"function","function":"#
                + #"{"name":"f","description":"d","parameters":{"z":1,"a":2}}}],"stream":false,"#
                + #""options":{"temperature":0.50,"num_predict":9,"stop":["x"]},"logprobs":true,"top_logprobs":2}"#
        )
        #expect(notes.entries.isEmpty)
    }

    @Test(arguments: [
        (#""tool_choice":"none""#, [String](), "emulated;tool_choice"),
        (
            #""tool_choice":{"type":"function","function":{"name":"g"}}"#, ["g"],
            "emulated;tool_choice, clamped_value;tool_choice"
        ),
        (#""tool_choice":"required""#, ["f", "g"], "clamped_value;tool_choice"),
        (#""parallel_tool_calls":false"#, ["f", "g"], "emulated;parallel_tool_calls"),
    ])
    func makesUpForTheChoiceItCannotSend(choice: String, tools: [String], header: String) throws {
        let request = try decodeChat(
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f"}},"#
                + #"{"type":"function","function":{"name":"g"}}],\#(choice)}"#
        )
        let (body, encoded, notes) = try Ollama.encode(request)
        let sent = try JSONValue(parsing: body)["tools"]?.asArray ?? []
        #expect(sent.compactMap { $0["function"]?["name"]?.asString } == tools)
        #expect(notes.headerValue == header)
        #expect(encoded.plan.firstCallOnly == choice.hasPrefix("\"parallel"))
        #expect(!body.contains("tool_choice"))
    }

    @Test(arguments: [
        (#"{"type":"image_url","image_url":{"url":"https://e.x/a.png"}}"#, "image"),
        (#"{"type":"input_audio","input_audio":{"data":"QQ==","format":"mp3"}}"#, "Audio"),
        (#"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,QQ=="}}"#, "Documents"),
    ])
    func refusesWhatItCannotCarry(part: String, word: String) throws {
        let request = try decodeChat(#"{"model":"m","messages":[{"role":"user","content":[\#(part)]}]}"#)
        #expect {
            try Ollama.encode(request)
        } throws: { error in
            guard let error = error as? GatewayError else { return false }
            return error.code == .unsupported && error.message.contains(word) && error.field == "messages"
        }
    }

    @Test(
        arguments: [
            (ModelTraits.Reasoning.none, "high", nil, "unsupported_parameter;reasoning_effort"),
            (.effort, "high", #""think":"high""#, nil),
            (.effort, "minimal", #""think":"low""#, "clamped_value;reasoning_effort"),
            (.effort, "max", #""think":"high""#, "clamped_value;reasoning_effort"),
            (.effort, "none", #""think":false"#, nil),
            (.toggle, "low", #""think":true"#, "clamped_value;reasoning_effort"),
            (.toggle, "none", #""think":false"#, nil),
            (.none, "none", nil, nil),
        ] as [(ModelTraits.Reasoning, String, String?, String?)]
    )
    func asksForReasoningAsTheModelTakesIt(
        kind: ModelTraits.Reasoning,
        effort: String,
        written: String?,
        header: String?
    ) throws {
        let request = try decodeChat(
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"reasoning_effort":"\#(effort)"}"#
        )
        let (body, _, notes) = try Ollama.encode(request) { $0.reasoning = kind }
        if let written { #expect(body.contains(written)) } else { #expect(!body.contains("think")) }
        #expect(notes.headerValue == header)
    }

    @Test func whatAClientOfTheDialectSaidArrivesAsItWas() throws {
        let sample = #"""
            {"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"see","images":["QQ=="]},{"role":"assistant","content":"c","thinking":"hm","tool_calls":[{"id":"a","function":{"name":"f","arguments":{"n":1.0}}}]},{"role":"tool","content":"r","tool_name":"f","tool_call_id":"a"}],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}],"format":"json","think":true,"stream":true,"options":{"temperature":0.5,"num_predict":9,"num_ctx":8192}}
            """#
        let once = try Ollama.encode(try Ollama.decode(sample)).body
        #expect(once == sample.replacing("\"m\"", with: "\"real\""))
        #expect(try Ollama.encode(try Ollama.decode(once)).body == once)
    }

    @Test func aStrictClientIsRefusedWhatWouldBeLost() throws {
        let request = try decodeChat(
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"logit_bias":{"1":2},"n":2}"#
        )
        let (_, _, notes) = try Ollama.encode(request)
        #expect(notes.entries.map(\.field) == ["logit_bias", "n"])
        #expect(throws: GatewayError.self) { try Ollama.encode(request, strict: true) }
    }

    @Test(arguments: 1...40)
    func aDamagedRequestIsReadOrRefused(seed: Int) {
        let sample = #"""
            {"model":"m","messages":[{"role":"user","content":"see","images":["QQ=="]},{"role":"assistant","content":"c",
            "tool_calls":[{"function":{"name":"f","arguments":{"n":1.0}}}]},{"role":"tool","content":"r","tool_name":"f"}],
            "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"format":{"type":"object"},
            "think":"low","stream":true,"options":{"temperature":0.5,"num_predict":9,"stop":["x"]}}
            """#
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            do throws(GatewayError) {
                let request = try Ollama.decode(damaged(Array(sample.utf8), using: &generator))
                var notes = TranslationNotes()
                _ = try OllamaRequestEncoder.encode(request, for: TranslationTarget(model: "r"), notes: &notes)
                _ = try ChatRequestEncoder.encode(request, for: TranslationTarget(model: "r"), notes: &notes)
            } catch {
                #expect(error.origin == .client)
            }
        }
    }
}
