import Core
import Dialects
import JSON
import Testing

/// Tools and schemas of OpenAI clients as Anthropic gets them.
struct AnthropicToolsTests {
    /// The body for a request that `change` makes of one user's turn "Hi".
    private static func body(
        _ target: TranslationTarget = Anthropic.target(),
        _ change: (inout CanonicalRequest) -> Void = { _ in }
    ) throws -> JSONValue {
        try Anthropic.encode(Anthropic.request(change), target).body
    }

    // MARK: Tools

    @Test(
        arguments: [
            (ToolChoice?.some(.auto), true, ["type": "auto"] as JSONValue),
            (.required, true, ["type": "any"]),
            (.named("f"), true, ["type": "tool", "name": "f"]),
            (.some(.none), true, ["type": "none"]),
            (.auto, false, ["type": "auto", "disable_parallel_tool_use": true]),
            (.required, false, ["type": "any", "disable_parallel_tool_use": true]),
            (.some(.none), false, ["type": "none"]),
            (nil, false, ["type": "auto", "disable_parallel_tool_use": true]),
            (.allowed(["f"], required: true), true, ["type": "any"]),
        ] as [(ToolChoice?, Bool, JSONValue)]
    )
    func theChoiceOfToolsIsTranslated(choice: ToolChoice?, parallel: Bool, expected: JSONValue) throws {
        let body = try Self.body { request in
            request.tools = [Tool(.function(FunctionTool(name: "f")))]
            request.toolChoice = choice
            request.parallelToolCalls = parallel
        }
        #expect(body["tool_choice"] == expected)
    }

    @Test func aFunctionWithoutParametersTakesAnEmptyObject() throws {
        let body = try Self.body { $0.tools = [Tool(.function(FunctionTool(name: "f")))] }
        #expect(body["tools"] == [["name": "f", "input_schema": ["type": "object", "properties": [:]]]])
        #expect(body["tool_choice"] == nil)
    }

    @Test func aStrictFunctionIsClosedWhereItCanBe() throws {
        let open: JSONValue = ["type": "object", "properties": ["a": ["type": "object"]]]
        let encoded = try Anthropic.encode(
            Anthropic.request { request in
                request.tools = [
                    Tool(
                        .function(
                            FunctionTool(
                                name: "f",
                                parameters: [
                                    "type": "object", "properties": ["a": ["type": "integer", "minimum": 1]],
                                ],
                                strict: true
                            )
                        )
                    ),
                    Tool(.function(FunctionTool(name: "g", parameters: open, strict: true))),
                ]
            }
        )
        #expect(
            encoded.body["tools"]?[0] == [
                "name": "f",
                "input_schema": [
                    "type": "object",
                    "properties": ["a": ["type": "integer", "description": "{minimum: 1}"]],
                    "additionalProperties": false,
                ],
                "strict": true,
            ]
        )
        #expect(encoded.body["tools"]?[1] == ["name": "g", "input_schema": open])
        #expect(encoded.notes == ["clamped_value;tools[1].function.strict"])
    }

    @Test func parametersThatAreNoObjectAreRefused() throws {
        let request = Anthropic.request {
            $0.tools = [Tool(.function(FunctionTool(name: "f", parameters: ["type": "string"])))]
        }
        let error = #expect(throws: GatewayError.self) { try Anthropic.encode(request) }
        #expect(error?.field == "tools[0].function.parameters")
    }

    @Test func webSearchIsAnthropicsOwn() throws {
        let options: JSONValue = [
            "user_location": ["type": "approximate", "approximate": ["city": "Ulm", "country": "DE"]]
        ]
        let body = try Self.body { $0.tools = [Tool(.server(.webSearch, Opaque(.openAIChat, options)))] }
        #expect(
            body["tools"] == [
                [
                    "type": "web_search_20250305", "name": "web_search",
                    "user_location": ["type": "approximate", "city": "Ulm", "country": "DE"],
                ]
            ]
        )
    }

    @Test func otherServersToolsAreRefused() throws {
        let request = Anthropic.request { $0.tools = [Tool(.server(.other, Opaque(.openAIChat, ["type": "mcp"])))] }
        let error = #expect(throws: GatewayError.self) { try Anthropic.encode(request) }
        #expect(error?.code == .unsupported)
        #expect(error?.origin == .client)
    }

    @Test func callsOfThePastNameToolsThatAreNotToBeCalled() throws {
        let body = try Self.body { request in
            request.messages.append(
                Message(.assistant, [Part(.toolCall(ToolCall(id: "a", name: "f", arguments: "{}")))])
            )
            request.messages.append(Message(.user, [Part(.toolResult(ToolResult(callID: "a", parts: [.text("r")])))]))
        }
        #expect(body["tools"]?[0]?["name"] == "f")
        #expect(body["tool_choice"] == ["type": "none"])
    }

    @Test func namesThatAreRefusedAreMappedAndKnownAgain() throws {
        let encoded = try Anthropic.encode(
            Anthropic.request { request in
                request.tools = [Tool(.function(FunctionTool(name: "a.b")))]
                request.toolChoice = .named("a.b")
            }
        )
        let sent = try #require(encoded.body["tools"]?[0]?["name"]?.asString)
        #expect(sent != "a.b")
        #expect(encoded.body["tool_choice"]?["name"]?.asString == sent)
        #expect(encoded.plan.names.known(sent) == "a.b")
    }

    // MARK: Structured output

    private static let format = JSONSchemaFormat(
        name: "answer",
        schema: ["type": "object", "properties": ["n": ["type": "integer", "maximum": 3]], "required": ["n"]]
    )

    @Test func aSchemaIsKeptToByTheModelItself() throws {
        let encoded = try Anthropic.encode(Anthropic.request { $0.output = .jsonSchema(Self.format) })
        #expect(
            encoded.body["output_config"] == [
                "format": [
                    "type": "json_schema",
                    "schema": [
                        "type": "object", "properties": ["n": ["type": "integer", "description": "{maximum: 3}"]],
                        "required": ["n"], "additionalProperties": false,
                    ],
                ]
            ]
        )
        #expect(encoded.notes.isEmpty)
        #expect(encoded.plan.isPlain)
    }

    @Test func aSchemaTheModelCannotKeepToBecomesATool() throws {
        let target = Anthropic.target { $0.nativeJSONSchema = false }
        let encoded = try Anthropic.encode(Anthropic.request { $0.output = .jsonSchema(Self.format) }, target)
        #expect(encoded.body["output_config"] == nil)
        #expect(encoded.body["tools"]?[0]?["name"] == "json_output")
        #expect(encoded.body["tools"]?[0]?["input_schema"] == Self.format.schema)
        #expect(encoded.body["tool_choice"] == ["type": "tool", "name": "json_output"])
        #expect(encoded.plan.schemaTool == "json_output")
        #expect(encoded.notes == ["emulated;response_format"])
    }

    @Test func aSchemaBesideToolsIsAskedForInWords() throws {
        let target = Anthropic.target { $0.nativeJSONSchema = false }
        let encoded = try Anthropic.encode(
            Anthropic.request { request in
                request.output = .jsonSchema(Self.format)
                request.tools = [Tool(.function(FunctionTool(name: "f")))]
                request.system = [.text("Be brief.")]
            },
            target
        )
        #expect(encoded.body["tools"]?.asArray?.count == 1)
        #expect(encoded.body["system"]?[0]?["text"] == "Be brief.")
        #expect(encoded.body["system"]?[1]?["text"]?.asString?.hasSuffix(Self.format.schema.text) == true)
        #expect(encoded.notes == ["emulated;response_format"])
    }

    @Test(
        arguments: [["type": "array", "items": ["type": "string"]], true, ["anyOf": [["type": "null"]]]] as [JSONValue]
    )
    func aSchemaThatIsNoObjectIsAskedForInWords(schema: JSONValue) throws {
        let target = Anthropic.target { $0.nativeJSONSchema = false }
        let request = Anthropic.request { $0.output = .jsonSchema(JSONSchemaFormat(schema: schema)) }
        let encoded = try Anthropic.encode(request, target)
        #expect(encoded.body["tools"] == nil)
        #expect(encoded.plan.isPlain)
        #expect(encoded.body["system"]?.asString?.hasSuffix(schema.text) == true)
    }

    @Test func anyJSONIsAskedForInWords() throws {
        let encoded = try Anthropic.encode(Anthropic.request { $0.output = .jsonObject })
        #expect(encoded.body["system"]?.asString?.contains("JSON object") == true)
        #expect(encoded.notes == ["emulated;response_format"])
    }
}
