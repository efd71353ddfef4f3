import Core
import Dialects
import JSON
import Testing

/// Requests as they go to AI Studio and to Vertex.
struct GeminiRequestEncoderTests {
    @Test func writesTurnsInstructionsAndSettings() throws {
        var request = Gemini.request("hello")
        request.system = [.text("be brief"), .text(" ")]
        request.messages += [Message(.assistant, [.text("yes?")]), Message(.user, [.text("a"), .text("b")])]
        request.sampling.temperature = JSONNumber(text: "0.70")
        request.sampling.topP = JSONNumber(text: "1.0")
        request.sampling.topK = JSONNumber(40)
        request.sampling.seed = JSONNumber(7)
        request.sampling.frequencyPenalty = JSONNumber(text: "0.5")
        request.maxOutput = 100
        request.stop = ["x", "y"]
        request.choices = 2
        request.logprobs = true
        request.topLogprobs = 3
        var notes = TranslationNotes()
        let body = try GeminiRequestEncoder.encode(request, for: Gemini.target(), notes: &notes).body
        #expect(
            text(body)
                == #"{"contents":[{"role":"user","parts":[{"text":"hello"}]},"#
                + #"{"role":"model","parts":[{"text":"yes?"}]},{"role":"user","parts":[{"text":"a"},{"text":"b"}]}],"#
                + #""systemInstruction":{"parts":[{"text":"be brief"}]},"#
                + #""generationConfig":{"temperature":0.70,"topP":1.0,"topK":40,"frequencyPenalty":0.5,"seed":7,"#
                + #""maxOutputTokens":100,"stopSequences":["x","y"],"candidateCount":2,"responseLogprobs":true,"#
                + #""logprobs":3}}"#
        )
        #expect(notes.entries.isEmpty)
    }

    @Test func keepsTheTextOfArgumentsAndSchemas() throws {
        var request = Gemini.request()
        let schema = try JSONValue(
            parsing: ##"{"type":"object","properties":{"z":{"const":1.50},"a":{"$ref":"#/$defs/A"}}}"##
        )
        request.tools = [
            Tool(.function(FunctionTool(name: "f", description: "does", parameters: schema))),
            Tool(.function(FunctionTool(name: "g", parameters: ["type": "object", "properties": [:]]))),
        ]
        request.messages = Gemini.toolTurns(
            ToolCall(id: "call_1", name: "f", arguments: #"{"z": 1.0,"a":12345678901234567890}"#)
        )
        var notes = TranslationNotes()
        let body = text(try GeminiRequestEncoder.encode(request, for: Gemini.target(), notes: &notes).body)
        #expect(body.contains(#""args":{"z": 1.0,"a":12345678901234567890}"#))
        #expect(
            body.contains(
                #""tools":[{"functionDeclarations":[{"name":"f","description":"does","parametersJsonSchema":"#
                    + ##"{"type":"object","properties":{"z":{"const":1.50},"a":{"$ref":"#/$defs/A"}}}},{"name":"g"}]}]"##
            )
        )
        #expect(body == text(try GeminiRequestEncoder.encode(request, for: Gemini.target(), notes: &notes).body))
    }

    @Test(arguments: [
        (#"plain"#, false, #"{"output":"plain"}"#), (#"{"a": 1.0}"#, false, #"{"a":1.0}"#),
        (#"{"output":1}"#, false, #"{"output":{"output":1}}"#),
        (#"{"error":"x"}"#, false, #"{"output":{"error":"x"}}"#),
        (#"[1]"#, false, #"{"output":"[1]"}"#), (#"boom"#, true, #"{"error":"boom"}"#),
        (#"{"code":5}"#, true, #"{"error":{"code":5}}"#), ("", false, #"{"output":""}"#),
    ])
    func wrapsResults(result: String, isError: Bool, response: String) throws {
        var request = Gemini.request()
        request.messages = Gemini.toolTurns(
            ToolCall(id: "c", name: "f", arguments: ""),
            result: ToolResult(callID: "c", parts: [.text(result)], isError: isError)
        )
        let body = try Gemini.encode(request)
        let written = body["contents"]?[2]?["parts"]?[0]?["functionResponse"]
        #expect(written?["name"] == "f")
        #expect(written?["response"]?.text == response)
        // What a client of the dialect says so means the same again.
        let again = try Gemini.decodeRequest(body.text)
        guard case .toolResult(let read)? = again.messages.last?.parts.first?.content else {
            Issue.record("no result")
            return
        }
        #expect(read.isError == isError)
        let reference = (try? JSONValue(parsing: result))?.asObject.map { JSONValue.object($0).text } ?? result
        #expect(read.parts.first?.text == reference)
    }

    @Test(arguments: [
        (nil as Signature?, false, "id-1", nil as String?),
        (Signature("c2ln", family: .gemini), false, "id-1", "id-1"),
        (Signature("c2ln", family: .gemini), true, "id-1", nil),
        (Signature("c2ln", family: .anthropic), false, "id-1", nil),
        (Signature("c2ln", family: .gemini), false, CallID.made(seed: "s", position: 0), nil),
    ])
    func sendsOnlyIDsGeminiGave(signature: Signature?, isVertex: Bool, id: String, sent: String?) throws {
        var request = Gemini.request()
        request.messages = Gemini.toolTurns(ToolCall(id: id, name: "f", arguments: "{}"), signature: signature)
        let body = try Gemini.encode(request, for: Gemini.target(isVertex: isVertex))
        #expect(body["contents"]?[1]?["parts"]?[0]?["functionCall"]?["id"]?.asString == sent)
        #expect(body["contents"]?[2]?["parts"]?[0]?["functionResponse"]?["id"]?.asString == sent)
    }

    @Test(arguments: [
        (ModelTraits.Reasoning.level, nil as Signature?, "skip_thought_signature_validator" as String?),
        (.level, Signature("c2ln", family: .gemini), "c2ln"),
        (.level, Signature("c2ln", family: .anthropic), "skip_thought_signature_validator"),
        (.budget, nil, nil), (.budget, Signature("c2ln", family: .gemini), "c2ln"),
    ])
    func signsTheFirstCallOfAStep(reasoning: ModelTraits.Reasoning, signature: Signature?, sent: String?) throws {
        var request = Gemini.request()
        request.messages = Gemini.toolTurns(ToolCall(id: "a", name: "f", arguments: "{}"), signature: signature)
        request.messages[1].parts.append(Part(.toolCall(ToolCall(id: "b", name: "f", arguments: "{}"))))
        let parts = try Gemini.encode(request, for: Gemini.target(reasoning))["contents"]?[1]?["parts"]
        #expect(parts?[0]?["thoughtSignature"]?.asString == sent)
        #expect(parts?[1]?["functionCall"] != nil)
        #expect(parts?[1]?["thoughtSignature"] == nil)
    }

    @Test func keepsASignatureOfEmptyText() throws {
        var request = Gemini.request()
        request.messages.append(
            Message(
                .assistant,
                [
                    Part(.thinking("no signature")), .text("a"),
                    Part(.text(""), signature: Signature("c2ln", family: .gemini)),
                ]
            )
        )
        request.messages.append(Message(.user, [.text("and?")]))
        let parts = try Gemini.encode(request)["contents"]?[1]?["parts"]
        #expect(parts?.text == #"[{"text":"a"},{"text":"","thoughtSignature":"c2ln"}]"#)
    }

    @Test(arguments: [
        (ToolChoice.auto, #"{"mode":"AUTO"}"#), (ToolChoice.none, #"{"mode":"NONE"}"#),
        (.required, #"{"mode":"ANY"}"#), (.named("f"), #"{"mode":"ANY","allowedFunctionNames":["f"]}"#),
        (.allowed(["f", "g"], required: true), #"{"mode":"ANY","allowedFunctionNames":["f","g"]}"#),
        (.allowed(["f"], required: false), #"{"mode":"AUTO"}"#),
    ])
    func writesTheChoiceOfTools(choice: ToolChoice, config: String) throws {
        var request = Gemini.request()
        request.tools = ["f", "g"].map { Tool(.function(FunctionTool(name: $0))) }
        request.toolChoice = choice
        let body = try Gemini.encode(request)
        #expect(body["toolConfig"]?["functionCallingConfig"]?.text == config)
        let names = body["tools"]?[0]?["functionDeclarations"]?.asArray?.compactMap { $0["name"]?.asString }
        #expect(names == (choice == .allowed(["f"], required: false) ? ["f"] : ["f", "g"]))
    }

    @Test func mapsNamesGeminiRefusesAndPlansForOneCall() throws {
        var request = Gemini.request()
        request.tools = [Tool(.function(FunctionTool(name: "1 bad/name")))]
        request.parallelToolCalls = false
        request.toolChoice = .named("1 bad/name")
        var notes = TranslationNotes()
        let encoded = try GeminiRequestEncoder.encode(request, for: Gemini.target(), notes: &notes)
        let sent = try #require(
            try JSONValue(parsing: encoded.body)["tools"]?[0]?["functionDeclarations"]?[0]?["name"]?.asString
        )
        #expect(sent != "1 bad/name")
        #expect(encoded.plan.names.known(sent) == "1 bad/name")
        #expect(encoded.plan.firstCallOnly)
        #expect(text(encoded.body).contains("\"allowedFunctionNames\":[\"\(sent)\"]"))
        #expect(notes.headerValue == "emulated;parallel_tool_calls")
    }

    @Test func writesServerToolsInToolsOfTheirOwn() throws {
        var request = Gemini.request()
        request.tools = [
            Tool(.server(.webSearch, Opaque(.openAIChat, ["type": "web_search"]))),
            Tool(.function(FunctionTool(name: "f"))),
            Tool(.server(.codeExecution, Opaque(.gemini, ["codeExecution": ["x": 1]]))),
        ]
        let body = try Gemini.encode(request, for: Gemini.target(.level))
        #expect(
            body["tools"]?.text
                == #"[{"functionDeclarations":[{"name":"f"}]},{"googleSearch":{}},{"codeExecution":{"x":1}}]"#
        )
        #expect(body["toolConfig"]?.text == #"{"includeServerSideToolInvocations":true}"#)
        let error = #expect(throws: GatewayError.self) { try Gemini.encode(request, for: Gemini.target(.budget)) }
        #expect(error?.code == .unsupported)
        request.tools = [Tool(.server(.other, Opaque(.openAIChat, ["type": "file_search"])))]
        let refused = #expect(throws: GatewayError.self) { try Gemini.encode(request) }
        #expect(refused?.message.contains("file_search") == true)
        #expect(refused?.field == "tools")
    }

    @Test(arguments: [
        (ReasoningRequest.Effort.none, ["low", "high"], "LOW"), (.minimal, ["minimal", "low"], "MINIMAL"),
        (.low, [], "LOW"), (.medium, ["low", "high"], "HIGH"), (.high, [], "HIGH"),
        (.max, ["low", "medium"], "MEDIUM"),
        (.xhigh, ["high", "xhigh"], "XHIGH"),
    ])
    func reasonsByLevel(effort: ReasoningRequest.Effort, efforts: [String], level: String) throws {
        var request = Gemini.request()
        request.reasoning.effort = effort
        let config = try Gemini.encode(request, for: Gemini.target(.level) { $0.efforts = efforts })["generationConfig"]
        #expect(config?["thinkingConfig"]?["thinkingLevel"]?.asString == level)
        #expect(config?["thinkingConfig"]?["thinkingBudget"] == nil)
        #expect(config?["thinkingConfig"]?["includeThoughts"] == (effort == .none ? nil : true))
    }

    @Test(arguments: [
        (ReasoningRequest.Effort.none, false, nil as Int?, 0), (.none, true, nil, 128), (.low, true, nil, 1024),
        (.medium, false, nil, 8192), (.high, false, nil, 24_576), (.max, false, nil, 32_768),
        (.high, false, 1000, 800), (.high, false, 10, 128),
    ])
    func reasonsByBudget(effort: ReasoningRequest.Effort, isAlwaysOn: Bool, most: Int?, budget: Int) throws {
        var request = Gemini.request()
        request.reasoning.effort = effort
        request.maxOutput = most
        let target = Gemini.target(.budget) { traits in
            traits.reasoningAlwaysOn = isAlwaysOn
            traits.budgetRange = 128...32_768
        }
        let config = try Gemini.encode(request, for: target)["generationConfig"]?["thinkingConfig"]
        #expect(config?["thinkingBudget"]?.asInt == budget)
        #expect(config?["thinkingLevel"] == nil)
    }

    @Test func saysNothingOfReasoningThatWasNotAskedFor() throws {
        for reasoning in [ModelTraits.Reasoning.none, .level, .budget] {
            #expect(try Gemini.encode(Gemini.request(), for: Gemini.target(reasoning))["generationConfig"] == nil)
        }
        var request = Gemini.request()
        request.reasoning.effort = .high
        var notes = TranslationNotes()
        #expect(try Gemini.encode(request, notes: &notes)["generationConfig"] == nil)
        #expect(notes.headerValue == "unsupported_parameter;reasoning_effort")
    }

    @Test func asksForJSONNativelyOrOtherwise() throws {
        var request = Gemini.request()
        request.output = .jsonSchema(JSONSchemaFormat(name: "n", schema: ["type": "object"]))
        let native = try Gemini.encode(request)["generationConfig"]
        #expect(native?.text == #"{"responseMimeType":"application/json","responseJsonSchema":{"type":"object"}}"#)
        request.tools = [Tool(.function(FunctionTool(name: "f")))]
        let beside = try Gemini.encode(request, for: Gemini.target { $0.schemaWithTools = false })
        #expect(beside["generationConfig"] == nil)
        #expect(beside["systemInstruction"]?["parts"]?[0]?["text"]?.asString?.contains(#"{"type":"object"}"#) == true)
        request.tools = []
        var notes = TranslationNotes()
        let encoded = try GeminiRequestEncoder.encode(
            request,
            for: Gemini.target { $0.nativeJSONSchema = false },
            notes: &notes
        )
        #expect(encoded.plan.schemaTool == SchemaTool.name)
        #expect(text(encoded.body).contains(#""allowedFunctionNames":["json_output"]"#))
        request.output = .jsonObject
        #expect(try Gemini.encode(request)["generationConfig"]?.text == #"{"responseMimeType":"application/json"}"#)
    }

    @Test func writesMedia() throws {
        var request = Gemini.request()
        var document = Document(.text("words"), name: "a.txt")
        document.context = "old"
        request.messages[0].parts = [
            Part(.image(Media(.base64("iVBORw0K"), type: ""))),
            Part(.audio(Media(.base64("AAAA"), type: "audio/mp3"))),
            Part(.document(Document(.media(Media(.base64("JVBERi0="), type: "application/pdf"))))),
            Part(.document(document)), Part(.video(Media(.url("https://youtu.be/x"), type: ""))),
            Part(.image(Media(.url("gs://bucket/a.png"), type: ""))),
        ]
        #expect(
            try Gemini.encode(request)["contents"]?[0]?["parts"]?.text
                == #"[{"inlineData":{"mimeType":"image/png","data":"iVBORw0K"}},"#
                + #"{"inlineData":{"mimeType":"audio/mp3","data":"AAAA"}},"#
                + #"{"inlineData":{"mimeType":"application/pdf","data":"JVBERi0="}},{"text":"[a.txt]\nold\nwords"},"#
                + #"{"fileData":{"mimeType":"video/mp4","fileUri":"https://youtu.be/x"}},"#
                + #"{"fileData":{"mimeType":"image/png","fileUri":"gs://bucket/a.png"}}]"#
        )
        request.messages[0].parts = [Part(.image(Media(.url("https://example.com/a.png"), type: "")))]
        let error = #expect(throws: GatewayError.self) { try Gemini.encode(request) }
        #expect(error?.code == .unsupported)
        #expect(error?.field == "messages.content.image_url")
        let parts = try Gemini.encode(request, for: Gemini.target { $0.imageURLs = true })["contents"]?[0]?["parts"]
        #expect(parts?[0]?["fileData"]?["fileUri"]?.asString == "https://example.com/a.png")
        request.messages[0].parts = [Part(.document(Document(.media(Media(.file("file-1"), type: "")))))]
        #expect(#expect(throws: GatewayError.self) { try Gemini.encode(request) }?.field == "messages.content.file")
    }

    @Test(arguments: [true, false])
    func putsMediaOfResultsWhereTheModelTakesThem(inResults: Bool) throws {
        var request = Gemini.request()
        let image = Part(.image(Media(.base64("iVBORw0K"), type: "image/png")))
        request.messages = Gemini.toolTurns(
            ToolCall(id: "c", name: "f", arguments: "{}"),
            result: ToolResult(callID: "c", parts: [.text("see"), image])
        )
        let parts = try Gemini.encode(request, for: Gemini.target { $0.toolResultImages = inResults })["contents"]?[2]?[
            "parts"
        ]
        #expect((parts?[0]?["functionResponse"]?["parts"]?[0]?["inlineData"] != nil) == inResults)
        #expect((parts?[1]?["inlineData"] != nil) == !inResults)
    }

    @Test func saysWhatIsLeftOut() throws {
        var request = Gemini.request()
        request.sampling.logitBias = ["1": 2]
        request.sampling.minP = JSONNumber(text: "0.1")
        request.sampling.seed = JSONNumber(1 << 40)
        request.verbosity = "low"
        request.stop = ["a", "b", "c", "d", "e", "f"]
        request.choices = 9
        request.user = "u"
        request.serviceTier = "scale"
        request.metadata = ["team": "red"]
        request.extras = ["store": true]
        var notes = TranslationNotes()
        let body = try Gemini.encode(request, notes: &notes)
        #expect(
            notes.entries.map(\.field) == [
                "min_p", "logit_bias", "seed", "stop", "n", "verbosity", "service_tier", "store",
            ]
        )
        #expect(
            body["generationConfig"]?.text == #"{"seed":0,"stopSequences":["a","b","c","d","e"],"candidateCount":8}"#
        )
        #expect(body["labels"] == nil)
        var strict = TranslationNotes(isStrict: true)
        #expect(#expect(throws: GatewayError.self) { try Gemini.encode(request, notes: &strict) }?.field == "min_p")
    }

    @Test func writesLabelsAtVertexAndTheTier() throws {
        var request = Gemini.request()
        request.metadata = ["team": "red", "Bad Key": "x", "n": 1]
        request.serviceTier = "flex"
        let body = try Gemini.encode(request, for: Gemini.target(isVertex: true))
        #expect(body["labels"]?.text == #"{"team":"red"}"#)
        #expect(body["serviceTier"] == "flex")
    }

    @Test func leavesOutPenaltiesForGemini3AndSamplingWhereThereIsNone() throws {
        var request = Gemini.request()
        request.sampling.presencePenalty = JSONNumber(1)
        request.sampling.temperature = JSONNumber(1)
        var notes = TranslationNotes()
        let target = Gemini.target(.level) { $0.sampling = .none }
        #expect(try Gemini.encode(request, for: target, notes: &notes)["generationConfig"] == nil)
        #expect(notes.entries.map(\.field) == ["temperature", "presence_penalty"])
    }
}
