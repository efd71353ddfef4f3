import Core
import Dialects
import JSON
import TestSupport
import Testing

struct ResponsesRequestDecoderTests {
    @Test func readsATextAsTheUsersTurn() throws {
        let request = try Responses.decode(request: ["model": "m", "input": "Hi", "instructions": "Be brief"])
        #expect(request.dialect == .openAIResponses)
        #expect(request.system.map(\.summary) == ["text Be brief"])
        #expect(request.messages.map(\.summary) == [#"user: ["text Hi"]"#])
    }

    @Test func readsEveryParameter() throws {
        let request = try Responses.decode(request: [
            "model": "m", "input": "Hi", "stream": true, "temperature": 0.50, "top_p": 1, "max_output_tokens": 99,
            "top_logprobs": 3, "include": ["message.output_text.logprobs", "reasoning.encrypted_content"],
            "text": [
                "format": [
                    "type": "json_schema", "name": "n", "schema": ["type": "object"], "strict": true,
                    "description": "d",
                ],
                "verbosity": "low",
            ],
            "reasoning": ["effort": "high", "summary": "auto"], "parallel_tool_calls": false,
            "metadata": ["a": "b"], "user": "u", "safety_identifier": "s", "prompt_cache_key": "k",
            "service_tier": "flex", "truncation": "disabled", "store": true, "background": false,
            "previous_response_id": nil, "stream_options": ["include_obfuscation": false],
        ])
        #expect(request.stream)
        #expect(request.sampling.temperature?.double == 0.5)
        #expect(request.sampling.topP?.text == "1")
        #expect(request.maxOutput == 99)
        #expect(request.logprobs)
        #expect(request.topLogprobs == 3)
        let format = JSONSchemaFormat(name: "n", description: "d", schema: ["type": "object"], strict: true)
        #expect(request.output == .jsonSchema(format))
        #expect(request.verbosity == "low")
        #expect(request.reasoning.effort == .high)
        #expect(request.reasoning.isOn == true)
        #expect(request.reasoning.isShown == true)
        #expect(request.parallelToolCalls == false)
        #expect(request.metadata == ["a": "b"])
        #expect(request.user == "s")
        #expect(request.serviceTier == "flex")
        #expect(request.extras.isEmpty)
    }

    @Test func keepsWhatItDoesNotKnow() throws {
        let request = try Responses.decode(request: [
            "model": "m", "input": "Hi", "truncation": "auto", "max_tool_calls": 3,
            "include": ["web_search_call.action.sources"], "reasoning": ["context": "all_turns"],
        ])
        #expect(
            JSONValue.object(request.extras)
                == [
                    "truncation": "auto", "max_tool_calls": 3, "include": ["web_search_call.action.sources"],
                    "reasoning": ["context": "all_turns"],
                ]
        )
    }

    @Test func readsAConversationOfItems() throws {
        let request = try Responses.decode(input: [
            ["role": "developer", "content": "Rules"],
            ["type": "message", "role": "user", "content": [["type": "input_text", "text": "Hi"]]],
            ["type": "reasoning", "id": "rs_1", "summary": [["type": "summary_text", "text": "Hm"]]],
            [
                "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                "content": [
                    ["type": "output_text", "text": "Wait", "annotations": []], ["type": "refusal", "refusal": "No"],
                ],
            ],
            ["type": "function_call", "call_id": "c1", "name": "f", "arguments": "{\"a\":1.0}"],
            ["type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "raw"],
            ["type": "function_call_output", "call_id": "c1", "output": "5"],
            [
                "type": "custom_tool_call_output", "call_id": "c2",
                "output": [
                    ["type": "input_text", "text": "see"],
                    ["type": "input_image", "image_url": "data:image/png;base64,QUJD", "detail": "low"],
                ],
            ],
            ["role": "system", "content": "Later"],
            ["role": "user", "content": "Go on"],
        ])
        #expect(request.system.map(\.summary) == ["text Rules"])
        #expect(
            request.messages.map(\.summary) == [
                #"user: ["text Hi"]"#,
                #"assistant: ["thinking Hm", "text Wait", "refusal No", "function c1 f {\"a\":1.0}", "custom c2 g raw"]"#,
                #"user: ["result c1 [\"text 5\"]", "result c2 [\"text see\", \"image image/png base64 QUJD\"]"]"#,
                #"system: ["text Later"]"#,
                #"user: ["text Go on"]"#,
            ]
        )
    }

    @Test func readsFilesOfEveryKind() throws {
        let request = try Responses.decode(input: [
            [
                "role": "user",
                "content": [
                    ["type": "input_image", "image_url": "https://x/y.png", "detail": "high"],
                    ["type": "input_image", "file_id": "file-1", "detail": "auto"],
                    ["type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,QQ=="],
                    ["type": "input_file", "file_url": "https://x/b.txt"],
                    ["type": "input_file", "file_id": "file-2"],
                    ["type": "input_audio", "input_audio": ["data": "QQ==", "format": "mp3"]],
                ],
            ]
        ])
        #expect(
            request.messages[0].parts.map(\.summary) == [
                "image  url https://x/y.png", "image  file file-1", "document a.pdf application/pdf base64 QQ==",
                "document  text/plain url https://x/b.txt", "document   file file-2", "audio audio/mpeg base64 QQ==",
            ]
        )
    }

    @Test func readsTools() throws {
        let open: JSONValue = ["type": "object", "properties": ["a": ["type": "string"]]]
        let closed: JSONValue = [
            "type": "object", "properties": ["a": ["type": "string"]], "required": ["a"], "additionalProperties": false,
        ]
        let request = try Responses.decode(request: [
            "model": "m", "input": "x", "tool_choice": ["type": "custom", "name": "g"],
            "tools": [
                ["type": "function", "name": "f", "parameters": open],
                ["type": "function", "name": "h", "description": "d", "parameters": closed],
                ["type": "function", "name": "i", "parameters": closed, "strict": false],
                ["type": "custom", "name": "g", "format": ["type": "grammar", "syntax": "lark", "definition": "x"]],
                ["type": "web_search"], ["type": "code_interpreter", "container": ["type": "auto"]], ["type": "mcp"],
            ],
        ])
        var strict: [Bool?] = []
        var others: [String] = []
        for tool in request.tools {
            switch tool.kind {
            case .function(let function): strict.append(function.strict)
            case .custom(let name, _, let format): others.append("\(name) \(format?.text ?? "")")
            case .server(let kind, let opaque): others.append("\(kind.rawValue) \(opaque.dialect.rawValue)")
            }
        }
        // Strict by default, but only where that can be kept.
        #expect(strict == [false, true, false])
        let grammar = #"{"type":"grammar","grammar":{"syntax":"lark","definition":"x"}}"#
        let own = Dialect.openAIResponses.rawValue
        #expect(others == ["g \(grammar)", "web_search \(own)", "code_execution \(own)", "other \(own)"])
        #expect(request.toolChoice == .named("g"))
    }

    @Test(
        arguments: [
            ("auto", ToolChoice.auto), ("none", ToolChoice.none), ("required", .required),
            (["type": "function", "name": "f"], .named("f")),
            (
                [
                    "type": "allowed_tools", "mode": "required",
                    "tools": [["type": "function", "name": "f"], ["type": "mcp", "server_label": "x"]],
                ], .allowed(["f"], required: true)
            ),
        ] as [(JSONValue, ToolChoice)]
    )
    func readsChoices(_ value: JSONValue, _ choice: ToolChoice) throws {
        let request = try Responses.decode(request: ["model": "m", "input": "x", "tool_choice": value])
        #expect(request.toolChoice == choice)
    }

    @Test func readsTheOnlyServerToolAsRequired() throws {
        let request = try Responses.decode(request: [
            "model": "m", "input": "x", "tools": [["type": "web_search"]], "tool_choice": ["type": "web_search"],
        ])
        #expect(request.toolChoice == .required)
    }

    @Test func knowsWhoseReasoningIsBroughtBack() throws {
        let foreign = Signature("sig", family: .anthropic).carried(native: nil)
        let request = try Responses.decode(input: [
            ["role": "user", "content": "x"],
            ["type": "reasoning", "id": "rs_9", "summary": [], "encrypted_content": "gAAA"],
            [
                "type": "reasoning", "summary": [["type": "summary_text", "text": "Hm"]],
                "encrypted_content": .string(foreign),
            ],
            ["type": "reasoning", "summary": [], "encrypted_content": .string("tpr." + foreign)],
            ["type": "message", "role": "assistant", "content": "Hi"],
            ["type": "reasoning", "summary": [], "encrypted_content": .string("tpt." + foreign)],
            ["type": "function_call", "call_id": "a", "name": "f", "arguments": ""],
            ["type": "function_call", "call_id": "b", "name": "f", "arguments": ""],
            ["type": "reasoning", "summary": [], "encrypted_content": .string("tpc.a." + foreign)],
        ])
        #expect(
            request.messages[1].parts.map(\.summary) == [
                #"thinking  [openai:{"id":"rs_9","encrypted_content":"gAAA"}]"#, "thinking Hm [anthropic:sig]",
                "redacted [anthropic:sig]", "text Hi [anthropic:sig]", "function a f  [anthropic:sig]", "function b f ",
            ]
        )
    }

    @Test func keepsItemsOnlyItsDialectKnows() throws {
        let search: JSONValue = ["type": "web_search_call", "id": "ws_1", "status": "completed"]
        let output: JSONValue = ["type": "shell_call_output", "call_id": "s", "output": []]
        let request = try Responses.decode(input: [["role": "user", "content": "x"], search, output])
        #expect(request.messages.map(\.role) == [.user, .assistant, .user])
        #expect(
            request.messages[1].parts.map(\.summary) == ["opaque \(Dialect.openAIResponses.rawValue) \(search.text)"]
        )
    }

    @Test(
        arguments: [
            ("input[0].content[0].type", ["input": [["role": "user", "content": [["type": "x"]]]]]),
            ("input[0].role", ["input": [["type": "message", "role": "x", "content": ""]]]),
            ("input[0].call_id", ["input": [["type": "function_call", "name": "f"]]]),
            ("input[0].output", ["input": [["type": "function_call_output", "call_id": "f"]]]),
            ("input", ["input": 3]), ("input", [:]), ("input", ["input": []]),
            ("temperature", ["input": "x", "temperature": "hot"]),
            ("max_output_tokens", ["input": "x", "max_output_tokens": 0]),
            ("text.format.type", ["input": "x", "text": ["format": ["type": "xml"]]]),
            ("tools[0].name", ["input": "x", "tools": [["type": "function"]]]),
            ("tool_choice", ["input": "x", "tool_choice": "x"]),
            ("reasoning", ["input": "x", "reasoning": 1]),
        ] as [(String, JSONValue)]
    )
    func namesTheFieldThatIsWrong(_ field: String, _ body: JSONValue) throws {
        var body = body
        body["model"] = "m"
        let error = #expect(throws: GatewayError.self) { try Responses.decode(request: body) }
        #expect(error?.code == .badRequest)
        #expect(error?.field == field)
    }

    @Test(
        arguments: [
            ("background", true), ("previous_response_id", "resp_1"), ("conversation", "conv_1"),
            ("prompt", ["id": "p"]),
        ] as [(String, JSONValue)]
    )
    func refusesWhatOnlyOpenAIKeeps(_ field: String, _ value: JSONValue) throws {
        let body = JSONValue.object(JSONObject([("model", "m"), ("input", "x"), (field, value)]))
        let error = #expect(throws: GatewayError.self) { try Responses.decode(request: body) }
        #expect(error?.code == .unsupported)
        #expect(error?.field == field)
    }

    @Test func refusesReferencesToItems() throws {
        let error = #expect(throws: GatewayError.self) {
            try Responses.decode(input: [["type": "item_reference", "id": "rs_1"]])
        }
        #expect(error?.code == .unsupported)
        #expect(error?.field == "input[0]")
    }

    @Test(arguments: 0..<200)
    func mutatedRequestsNeverCrash(_ seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        let requests = ResponsesRecording.all.map(\.request).filter { !$0.isEmpty }
        let plain = Array(#"{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"é"}]}]}"#.utf8)
        var bytes = requests.randomElement(using: &generator) ?? plain
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let at = Int.random(in: 0..<bytes.count, using: &generator)
            bytes[at] = UInt8.random(in: 0...255, using: &generator)
        }
        do {
            let request = try Responses.decode(requestBytes: bytes)
            #expect(request.dialect == .openAIResponses)
        } catch {
            #expect((error as? GatewayError)?.origin == .client)
        }
    }
}
