import Core
import Dialects
import JSON
import Testing

struct ResponsesRequestEncoderTests {
    @Test func writesAWholeRequest() throws {
        let request = Responses.request { request in
            request.stream = true
            request.system = [.text("Rules"), .text("More")]
            request.maxOutput = 500
            request.sampling.temperature = JSONNumber(text: "0.70")
            request.metadata = ["a": "b"]
            request.user = "u"
            request.serviceTier = "flex"
            request.verbosity = "low"
            request.reasoning.effort = .low
            request.reasoning.isOn = true
            request.reasoning.isShown = true
            request.output = .jsonSchema(JSONSchemaFormat(name: "n", schema: ["type": "object"]))
            request.logprobs = true
            request.topLogprobs = 2
        }
        let (body, plan, notes) = try Responses.encode(request)
        let text =
            #"{"model":"gpt-x","stream":true,"store":false,"instructions":"Rules\n\nMore","#
            + #""input":[{"type":"message","role":"user","content":"Hi"}],"temperature":0.70,"max_output_tokens":500,"#
            + #""top_logprobs":2,"include":["reasoning.encrypted_content","message.output_text.logprobs"],"#
            + #""text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":false},"verbosity":"low"},"#
            + #""reasoning":{"effort":"low","summary":"auto"},"user":"u","metadata":{"a":"b"},"service_tier":"flex"}"#
        #expect(body.text == text)
        #expect(plan.isPlain)
        #expect(notes.isEmpty)
    }

    @Test func everyFunctionSaysWhetherItIsStrict() throws {
        let (body, _, _) = try Responses.encode(
            Responses.request { request in
                request.tools = [
                    Tool(.function(FunctionTool(name: "f", parameters: ["type": "object"]))),
                    Tool(.function(FunctionTool(name: "g", strict: true))),
                    Tool(
                        .custom(
                            name: "c",
                            description: "d",
                            format: ["type": "grammar", "grammar": ["syntax": "lark"]]
                        )
                    ),
                    Tool(
                        .server(.webSearch, Opaque(.openAIChat, ["web_search_options": ["search_context_size": "low"]]))
                    ),
                    Tool(.server(.codeExecution, Opaque(.gemini, ["codeExecution": [:]]))),
                ]
                request.toolChoice = .allowed(["f", "c"], required: true)
                request.parallelToolCalls = false
            }
        )
        #expect(
            body["tools"] == [
                ["type": "function", "name": "f", "parameters": ["type": "object"], "strict": false],
                [
                    "type": "function", "name": "g", "parameters": ["type": "object", "properties": [:]],
                    "strict": true,
                ],
                ["type": "custom", "name": "c", "description": "d", "format": ["type": "grammar", "syntax": "lark"]],
                ["type": "web_search", "search_context_size": "low"],
                ["type": "code_interpreter", "container": ["type": "auto"]],
            ]
        )
        let choice: JSONValue = [
            "type": "allowed_tools", "mode": "required",
            "tools": [["type": "function", "name": "f"], ["type": "custom", "name": "c"]],
        ]
        #expect(body["tool_choice"] == choice)
        #expect(body["parallel_tool_calls"] == false)
    }

    @Test func refusesServerToolsNoOneElseHas() {
        let request = Responses.request {
            $0.tools = [Tool(.server(.other, Opaque(.anthropicMessages, ["type": "bash"])))]
        }
        let error = #expect(throws: GatewayError.self) { try Responses.encode(request) }
        #expect(error?.code == .unsupported)
    }

    @Test func replaysReasoningBeforeWhatItLedTo() throws {
        let own = Signature(#"{"id":"rs_1","encrypted_content":"blob"}"#, family: .openAI)
        let (body, _, notes) = try Responses.encode(
            Responses.request { request in
                request.messages += [
                    Message(
                        .assistant,
                        [
                            Part(.thinking("Foreign"), signature: Signature("x", family: .anthropic)),
                            Part(.thinking("Sum"), signature: own),
                            Part(.toolCall(ToolCall(id: "c", name: "f", arguments: ""))),
                            Part(.toolCall(ToolCall(id: "d", name: "g", arguments: "raw", kind: .custom))),
                            Part(.thinking("without a follower"), signature: own),
                        ]
                    ),
                    Message(
                        .user,
                        [
                            Part(.toolResult(ToolResult(callID: "c", parts: [.text("bad")], isError: true))),
                            Part(
                                .toolResult(
                                    ToolResult(
                                        callID: "d",
                                        parts: [.text("see"), Part(.image(Media(.base64("QQ=="), type: "image/png")))]
                                    )
                                )
                            ),
                        ]
                    ),
                    Message(.system, [.text("Later")]), Message(.user, [.text("Go on")]),
                ]
            }
        )
        #expect(
            body["input"]?.asArray?.dropFirst().map(\.text) == [
                #"{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Sum"}],"encrypted_content":"blob"}"#,
                #"{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}"#,
                #"{"type":"custom_tool_call","call_id":"d","name":"g","input":"raw"}"#,
                #"{"type":"function_call_output","call_id":"c","output":"Error: bad"}"#,
                #"{"type":"custom_tool_call_output","call_id":"d","output":[{"type":"input_text","text":"see"},{"type":"input_image","image_url":"data:image/png;base64,QQ==","detail":"auto"}]}"#,
                #"{"type":"message","role":"developer","content":"Later"}"#,
                #"{"type":"message","role":"user","content":"Go on"}"#,
            ]
        )
        #expect(notes.isEmpty)
    }

    @Test func dropsWhatTheDialectDoesNotHaveAndSaysSo() throws {
        let request = Responses.request { request in
            request.stop = ["x"]
            request.choices = 2
            request.sampling.seed = JSONNumber(1)
            request.sampling.frequencyPenalty = JSONNumber(text: "0.5")
            request.sampling.logitBias = ["1": 2]
            request.extras = ["prediction": ["type": "content"]]
        }
        let (body, _, notes) = try Responses.encode(request)
        #expect(Set(body.asObject?.keys ?? []) == ["model", "store", "input", "include"])
        #expect(
            notes == [
                "unsupported_parameter;frequency_penalty", "unsupported_parameter;seed",
                "unsupported_parameter;logit_bias", "emulated;stop", "unsupported_parameter;n",
                "unknown_parameter;prediction",
            ]
        )
        #expect(throws: GatewayError.self) { try Responses.encode(request, isStrict: true) }
    }

    @Test func valuesThatAskForNothingAreNoLoss() throws {
        let request = Responses.request { request in
            request.choices = 1
            request.sampling.frequencyPenalty = JSONNumber(0)
            request.sampling.presencePenalty = JSONNumber(text: "0.0")
            request.sampling.repetitionPenalty = JSONNumber(1)
        }
        #expect(try Responses.encode(request, isStrict: true).notes.isEmpty)
    }

    @Test func keepsSamplingFromModelsThatRefuseIt() throws {
        let request = Responses.request { $0.sampling.temperature = JSONNumber(1) }
        let (body, _, notes) = try Responses.encode(request, Responses.target { $0.sampling = .none })
        #expect(body["temperature"] == nil)
        #expect(notes == ["unsupported_parameter;temperature"])
    }

    @Test func asksForNothingSmallerThanTheApiTakes() throws {
        let (body, _, notes) = try Responses.encode(Responses.request { $0.maxOutput = 5 })
        #expect(body["max_output_tokens"] == 16)
        #expect(notes == ["clamped_value;max_completion_tokens"])
    }

    @Test func asksModelsThatDoNotReasonForNoReasoning() throws {
        let request = Responses.request { $0.reasoning.effort = .high }
        let (body, _, notes) = try Responses.encode(request, Responses.target { $0.reasoning = .none })
        #expect(body["reasoning"] == nil)
        #expect(body["include"] == nil)
        #expect(notes == ["unsupported_parameter;reasoning_effort"])
    }

    @Test func takesTheNearestEffort() throws {
        let request = Responses.request { $0.reasoning.effort = .max }
        let target = Responses.target { $0.efforts = ["none", "low", "high"] }
        let (body, _, notes) = try Responses.encode(request, target)
        #expect(body["reasoning"] == ["effort": "high"])
        #expect(notes == ["clamped_value;reasoning_effort"])
    }

    @Test func makesFunctionsOfFreeTextToolsForOtherServers() throws {
        let request = Responses.request { $0.tools = [Tool(.custom(name: "c", description: nil, format: nil))] }
        let (body, plan, _) = try Responses.encode(request, Responses.target(family: nil))
        #expect(body["tools"]?[0]?["type"] == "function")
        #expect(plan.customTools == ["c"])
    }

    @Test func writesItsOwnDialectBackAsItWas() throws {
        let search: JSONValue = ["type": "web_search_call", "id": "ws_1", "status": "completed"]
        let request = try Responses.decode(request: [
            "model": "m", "tools": [["type": "mcp", "server_label": "x"]], "max_tool_calls": 3,
            "reasoning": ["effort": "low", "context": "all_turns"], "include": ["web_search_call.action.sources"],
            "input": [
                ["role": "user", "content": "x"],
                ["type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "b"], search,
                ["role": "user", "content": [["type": "input_file", "file_id": "file-1"]]],
            ],
        ])
        let (body, _, notes) = try Responses.encode(request, isStrict: true)
        let reasoning: JSONValue = ["type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "b"]
        #expect(body["input"]?[1] == reasoning)
        #expect(body["input"]?[2] == search)
        #expect(body["input"]?[3]?["content"] == [["type": "input_file", "file_id": "file-1"]])
        #expect(body["tools"] == [["type": "mcp", "server_label": "x"]])
        #expect(body["reasoning"] == ["effort": "low", "context": "all_turns"])
        #expect(body["include"] == ["reasoning.encrypted_content", "web_search_call.action.sources"])
        #expect(body["max_tool_calls"] == 3)
        #expect(notes.isEmpty)
    }

    @Test func storesOnlyWhereTheClientAskedForIt() throws {
        let (body, _, notes) = try Responses.encode(Responses.request { $0.extras = ["store": true] })
        #expect(body["store"] == true)
        #expect(notes.isEmpty)
    }

    @Test(
        arguments: [
            .image(Media(.file("file-1"), type: "")), .audio(Media(.base64("QQ=="), type: "audio/wav")),
            .video(Media(.url("https://x/v.mp4"), type: "video/mp4")),
        ] as [Part.Content]
    )
    func refusesMediaItCannotSend(_ content: Part.Content) {
        let request = Responses.request { $0.messages = [Message(.user, [Part(content)])] }
        let error = #expect(throws: GatewayError.self) { try Responses.encode(request) }
        #expect(error?.code == .unsupported)
    }

    @Test func sendsDocumentsByWhatTheyAre() throws {
        let request = Responses.request { request in
            request.messages = [
                Message(
                    .user,
                    [
                        Part(
                            .document(Document(.media(Media(.base64("QQ=="), type: "application/pdf")), name: "a.pdf"))
                        ),
                        Part(.document(Document(.media(Media(.url("https://x/b.pdf"), type: "application/pdf"))))),
                        Part(.document(Document(.text("plain"), name: "c"))),
                    ]
                )
            ]
        }
        #expect(
            try Responses.encode(request).body["input"]?[0]?["content"] == [
                ["type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,QQ=="],
                ["type": "input_file", "file_url": "https://x/b.pdf"],
                ["type": "input_text", "text": "<document name=\"c\">\nplain\n</document>"],
            ]
        )
    }
}
