import Core
import Dialects
import JSON
import Testing

struct ChatRequestDecoderTests {
    @Test func readsEveryParameter() throws {
        let request = try decodeChat(
            """
            {"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}],"temperature":0.70,"top_p":1e-1,
            "top_k":40,"min_p":0.05,"frequency_penalty":-2,"presence_penalty":2,"repetition_penalty":1.1,
            "seed":12345678901234567890,"logit_bias":{"50256":-100},"max_tokens":5,"max_completion_tokens":7,"n":2,
            "stop":["a","b"],"logprobs":true,"top_logprobs":3,"verbosity":"low","modalities":["text","audio"],
            "user":"u","safety_identifier":"s","metadata":{"k":"v"},"service_tier":"flex","parallel_tool_calls":false,
            "audio":{"voice":"alloy","format":"mp3"},"store":true,"prediction":{"type":"content","content":"x"},
            "prompt_cache_key":"k","stream_options":{"include_usage":true},"x_unknown":[1,2.50]}
            """
        )
        #expect(request.model == "m")
        #expect(request.stream)
        #expect(request.sampling.temperature?.text == "0.70")
        #expect(request.sampling.topP?.text == "1e-1")
        #expect(request.sampling.topK?.int == 40)
        #expect(request.sampling.minP?.text == "0.05")
        #expect(request.sampling.frequencyPenalty?.int == -2)
        #expect(request.sampling.presencePenalty?.int == 2)
        #expect(request.sampling.repetitionPenalty?.text == "1.1")
        #expect(request.sampling.seed?.text == "12345678901234567890")
        #expect(request.sampling.logitBias == ["50256": -100])
        #expect(request.maxOutput == 7)
        #expect(request.choices == 2)
        #expect(request.stop == ["a", "b"])
        #expect(request.logprobs)
        #expect(request.topLogprobs == 3)
        #expect(request.verbosity == "low")
        #expect(request.modalities == ["audio"])
        #expect(request.user == "s")
        #expect(request.metadata == ["k": "v"])
        #expect(request.serviceTier == "flex")
        #expect(request.parallelToolCalls == false)
        #expect(request.extras.keys == ["audio", "store", "prediction", "x_unknown"])
        #expect(JSONValue.object(request.extras)["x_unknown"]?.text == "[1,2.50]")
    }

    @Test func nullIsAsGoodAsAbsent() throws {
        let keys = [
            "temperature", "max_tokens", "stop", "tools", "tool_choice", "response_format", "reasoning_effort", "user",
            "metadata", "stream", "n", "functions", "function_call", "modalities", "logit_bias", "web_search_options",
            "anything_else",
        ]
        let fields = keys.map { ",\"\($0)\":null" }.joined()
        let request = try decodeChat(#"{"model":"m","messages":[{"role":"user","content":"x"}]\#(fields)}"#)
        #expect(request.extras.isEmpty)
        #expect(request.sampling == Sampling())
        #expect(!request.reasoning.isSaid)
        #expect(!request.stream)
        #expect(request.tools.isEmpty)
    }

    @Test func thePathsModelAndStreamWin() throws {
        let body = Array(#"{"model":"body","stream":false,"messages":[{"role":"user","content":"x"}]}"#.utf8)
        let request = try body.withUnsafeBytes { try ChatRequestDecoder.decode($0, model: "path", stream: true) }
        #expect(request.model == "path")
        #expect(request.stream)
    }

    @Test(arguments: [
        (#""reasoning_effort":"high""#, true as Bool?, "high" as String?, nil as Int?, nil as Bool?),
        (#""reasoning_effort":"none""#, false, "none", nil, nil),
        (#""reasoning":{"effort":"low","exclude":true}"#, true, "low", nil, false),
        (#""reasoning":{"max_tokens":2000}"#, true, nil, 2000, nil),
        (#""reasoning":{"enabled":false}"#, false, nil, nil, nil),
        (#""thinking":{"type":"enabled","budget_tokens":1024}"#, true, nil, 1024, nil),
        (#""thinking":{"type":"adaptive","display":"summarized"}"#, true, nil, nil, true),
        (#""thinking":{"type":"disabled"}"#, false, nil, nil, nil),
        (#""include_reasoning":false"#, nil, nil, nil, false),
    ])
    func readsReasoningInEverySpelling(
        field: String,
        isOn: Bool?,
        effort: String?,
        budget: Int?,
        isShown: Bool?
    ) throws {
        let request = try decodeChat(#"{"model":"m","messages":[{"role":"user","content":"x"}],\#(field)}"#)
        #expect(request.reasoning.isOn == isOn)
        #expect(request.reasoning.effort?.rawValue == effort)
        #expect(request.reasoning.budget == budget)
        #expect(request.reasoning.isShown == isShown)
        #expect(request.extras.isEmpty)
    }

    @Test func aWordOfEffortNoOneKnowsIsKept() throws {
        let request = try decodeChat(
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"reasoning_effort":"ultra"}"#
        )
        #expect(request.extras["reasoning_effort"] == "ultra")
        #expect(!request.reasoning.isSaid)
    }

    @Test func readsToolsOfEveryKind() throws {
        let request = try decodeChat(
            """
            {"model":"m","messages":[{"role":"user","content":"x"}],"tools":[
            {"type":"function","function":{"name":"f","description":"d","parameters":{"z":1,"a":{"b":2.0}},"strict":true},
            "cache_control":{"type":"ephemeral","ttl":"1h"}},
            {"type":"custom","custom":{"name":"c","format":{"type":"text"}}},
            {"type":"browser_search"},{"type":"code_interpreter"}],
            "web_search_options":{"search_context_size":"low"},
            "tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required",
            "tools":[{"type":"function","function":{"name":"f"}},{"type":"custom","custom":{"name":"c"}}]}}}
            """
        )
        #expect(request.tools.count == 5)
        guard case .function(let function) = request.tools[0].kind else { return #expect(Bool(false)) }
        #expect(function.name == "f")
        #expect(function.description == "d")
        #expect(function.parameters?.text == #"{"z":1,"a":{"b":2.0}}"#)
        #expect(function.strict == true)
        #expect(request.tools[0].cache == CacheHint(ttl: "1h"))
        guard case .custom("c", nil, let format) = request.tools[1].kind else { return #expect(Bool(false)) }
        #expect(format == ["type": "text"])
        let kinds = request.tools[2...].map { tool -> ServerTool? in
            guard case .server(let kind, _) = tool.kind else { return nil }
            return kind
        }
        #expect(kinds == [.other, .codeExecution, .webSearch])
        #expect(request.toolChoice == .allowed(["f", "c"], required: true))
    }

    @Test(arguments: [
        (#""auto""#, ToolChoice.auto), (#""none""#, .none), (#""required""#, .required),
        (#"{"type":"function","function":{"name":"f"}}"#, .named("f")),
        (#"{"type":"custom","custom":{"name":"c"}}"#, .named("c")),
    ])
    func readsToolChoices(text: String, choice: ToolChoice) throws {
        let request = try decodeChat(
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"tool_choice":\#(text)}"#
        )
        #expect(request.toolChoice == choice)
    }

    @Test func readsFunctionsOfOld() throws {
        let request = try decodeChat(
            """
            {"model":"m","functions":[{"name":"f","parameters":{}}],"function_call":{"name":"f"},"messages":[
            {"role":"user","content":"x"},
            {"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},
            {"role":"function","name":"f","content":"r"}]}
            """
        )
        #expect(request.tools.map(\.name) == ["f"])
        #expect(request.toolChoice == .named("f"))
        let id = CallID.made(seed: "f", position: 1)
        #expect(request.messages[1].parts.map(\.summary) == ["function \(id) f {}"])
        #expect(request.messages[2].parts.map(\.summary) == [#"result \#(id) ["text r"]"#])
    }

    @Test(arguments: [
        (#"{"type":"text"}"#, OutputFormat.text),
        (#"{"type":"json_object"}"#, .jsonObject),
        (
            #"{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},"strict":true}}"#,
            .jsonSchema(JSONSchemaFormat(name: "n", schema: ["type": "object"], strict: true))
        ),
        (#"{"type":"json_object","schema":{"a":1}}"#, .jsonSchema(JSONSchemaFormat(schema: ["a": 1]))),
    ])
    func readsFormats(text: String, format: OutputFormat) throws {
        let request = try decodeChat(
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":\#(text)}"#
        )
        #expect(request.output == format)
    }

    @Test(arguments: [
        (#"{"messages":[{"role":"user","content":"x"}]}"#, "model"),
        (#"{"model":"","messages":[]}"#, "model"),
        (#"{"model":"m"}"#, "messages"),
        (#"{"model":"m","messages":[]}"#, "messages"),
        (#"{"model":"m","messages":{}}"#, "messages"),
        (#"{"model":"m","messages":["x"]}"#, "messages[0]"),
        (#"{"model":"m","messages":[{"content":"x"}]}"#, "messages[0].role"),
        (#"{"model":"m","messages":[{"role":"king","content":"x"}]}"#, "messages[0].role"),
        (#"{"model":"m","messages":[{"role":"user"}]}"#, "messages[0].content"),
        (#"{"model":"m","messages":[{"role":"user","content":1}]}"#, "messages[0].content"),
        (#"{"model":"m","messages":[{"role":"user","content":[{"text":"x"}]}]}"#, "messages[0].content[0].type"),
        (#"{"model":"m","messages":[{"role":"user","content":[{"type":"odd"}]}]}"#, "messages[0].content[0].type"),
        (#"{"model":"m","messages":[{"role":"user","content":[{"type":"text"}]}]}"#, "messages[0].content[0].text"),
        (
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},"#
                + #"{"type":"image_url","image_url":{"url":"ftp://secret"}}]}]}"#,
            "messages[0].content[1].image_url.url"
        ),
        (
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]}"#,
            "messages[0].content[0].image_url.url"
        ),
        (
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"file","file":{"filename":"f"}}]}]}"#,
            "messages[0].content[0].file.file_data"
        ),
        (#"{"model":"m","messages":[{"role":"tool","content":"x"}]}"#, "messages[0].tool_call_id"),
        (
            #"{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{}}]}]}"#,
            "messages[0].tool_calls[0].function.name"
        ),
        (#"{"model":"m","messages":[{"role":"user","content":"x"}],"temperature":"hot"}"#, "temperature"),
        (#"{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":1.5}"#, "max_tokens"),
        (#"{"model":"m","messages":[{"role":"user","content":"x"}],"n":0}"#, "n"),
        (#"{"model":"m","messages":[{"role":"user","content":"x"}],"stop":[1]}"#, "stop[0]"),
        (
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function"}]}"#,
            "tools[0].function"
        ),
        (
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{}}]}"#,
            "tools[0].function.name"
        ),
        (#"{"model":"m","messages":[{"role":"user","content":"x"}],"tool_choice":"perhaps"}"#, "tool_choice"),
        (
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":{"type":"yaml"}}"#,
            "response_format.type"
        ),
        (#"{"model":"m","messages":[{"role":"user","content":"x"}],"reasoning":{"effort":3}}"#, "reasoning.effort"),
    ])
    func namesTheFieldAtFault(body: String, field: String) {
        let error = #expect(throws: GatewayError.self) { try decodeChat(body) }
        #expect(error?.code == .badRequest)
        #expect(error?.origin == .client)
        #expect(error?.field == field)
        #expect(error?.message.contains("secret") == false)
    }

    @Test(arguments: ["", "[]", "{", "nul", #"{"model":"m","messages":[{"role":"user","content":"\#u{1}"}]}"#])
    func refusesWhatIsNoObject(body: String) {
        let error = #expect(throws: GatewayError.self) { try decodeChat(body) }
        #expect(error?.code == .badRequest)
    }
}
