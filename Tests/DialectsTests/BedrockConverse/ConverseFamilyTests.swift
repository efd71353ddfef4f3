import Core
import Dialects
import JSON
import Testing

/// What differs from vendor to vendor behind Converse.
struct ConverseFamilyTests {
    private static let plain = converseTurns([Message(.user, [.text("x")])])

    private static func reasoning(
        _ model: String,
        _ kind: ModelTraits.Reasoning,
        _ wish: (inout ReasoningRequest) -> Void,
        _ change: (inout CanonicalRequest) -> Void = { _ in }
    ) throws -> (body: JSONValue, notes: [String], plan: ReplyPlan) {
        var request = self.plain
        wish(&request.reasoning)
        change(&request)
        return try converse(request, model: model) {
            $0.reasoning = kind
            $0.efforts = kind == .adaptive ? ["low", "medium", "high", "max"] : []
        }
    }

    private static let claude = "global.anthropic.claude-sonnet-4-6"

    @Test(
        arguments: [
            (.low, 10_000, 2000), (.medium, 10_000, 5000), (.high, 10_000, 8000), (.max, 10_000, 9500),
            (.minimal, 4000, 1024), (.high, 1100, 1024),
        ] as [(ReasoningRequest.Effort, Int, Int)]
    )
    func givesClaudeABudget(effort: ReasoningRequest.Effort, limit: Int, budget: Int) throws {
        let (body, notes, _) = try Self.reasoning(Self.claude, .budget) {
            $0.effort = effort
        } _: {
            $0.maxOutput = limit
            $0.sampling.temperature = JSONNumber(text: "0.5")
            $0.sampling.topP = JSONNumber(text: "0.5")
            $0.sampling.topK = JSONNumber(5)
        }
        #expect(
            body["additionalModelRequestFields"]
                == ["thinking": ["type": "enabled", "budget_tokens": .number(JSONNumber(budget))]]
        )
        #expect(body["inferenceConfig"] == ["maxTokens": .number(JSONNumber(limit))])
        #expect(
            notes == [
                "unsupported_parameter;temperature", "unsupported_parameter;top_p", "unsupported_parameter;top_k",
            ]
        )
    }

    @Test
    func leavesABudgetOutWhereThereIsNoRoomForIt() throws {
        let (body, notes, _) = try Self.reasoning(Self.claude, .budget) {
            $0.effort = .high
        } _: {
            $0.maxOutput = 1024
        }
        #expect(body["additionalModelRequestFields"] == nil)
        #expect(notes == ["clamped_value;reasoning_effort"])
    }

    @Test
    func addsABudgetTheClientNamesToTheLimit() throws {
        let (body, _, _) = try Self.reasoning(Self.claude, .budget) {
            $0.budget = 4000
        } _: {
            $0.maxOutput = 1000
        }
        #expect(body["additionalModelRequestFields"]?["thinking"]?["budget_tokens"] == 4000)
        #expect(body["inferenceConfig"] == ["maxTokens": 5000])
    }

    @Test
    func doesNotThinkOnFromCallsMadeWithoutThought() throws {
        var request = converseTurns([
            Message(.user, [.text("x")]), Message(.assistant, [Self.call]), Message(.user, [Self.result()]),
        ])
        request.reasoning.effort = .high
        let without = try converse(request) { $0.reasoning = .budget }
        #expect(without.body["additionalModelRequestFields"] == nil)
        #expect(without.notes == ["clamped_value;reasoning_effort"])
        let thought = Part(.thinking("hm"), signature: Signature("s", family: .anthropic))
        request.messages[1].parts.insert(thought, at: 0)
        let with = try converse(request) { $0.reasoning = .budget }
        #expect(with.body["additionalModelRequestFields"]?["thinking"]?["type"] == "enabled")
    }

    @Test
    func tellsAdaptiveClaudeAnEffort() throws {
        let shown = try Self.reasoning(Self.claude, .adaptive) {
            $0.effort = .xhigh
            $0.isShown = true
        }
        #expect(
            shown.body["additionalModelRequestFields"]?.text
                == #"{"thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"max"}}"#
        )
        let budgeted = try Self.reasoning(Self.claude, .adaptive) { $0.budget = 3000 }
        #expect(budgeted.body["additionalModelRequestFields"]?["output_config"] == ["effort": "medium"])
        let off = try Self.reasoning(Self.claude, .adaptive) { $0.effort = ReasoningRequest.Effort.none }
        #expect(off.body["additionalModelRequestFields"] == ["thinking": ["type": "disabled"]])
    }

    @Test
    func doesNotTurnThoughtOnToShowIt() throws {
        let shown = try Self.reasoning(Self.claude, .adaptive) { $0.isShown = true }
        #expect(shown.body["additionalModelRequestFields"] == nil)
        var request = Self.plain
        request.reasoning.isShown = true
        let anyway = try converse(request) {
            $0.reasoning = .adaptive
            $0.reasoningAlwaysOn = true
        }
        #expect(
            anyway.body["additionalModelRequestFields"] == ["thinking": ["type": "adaptive", "display": "summarized"]]
        )
    }

    @Test(
        arguments: [
            ("openai.gpt-oss-120b-1:0", .medium, #"{"reasoning_effort":"medium"}"#),
            ("openai.gpt-oss-120b-1:0", .max, #"{"reasoning_effort":"high"}"#),
            ("openai.gpt-oss-120b-1:0", .minimal, #"{"reasoning_effort":"low"}"#),
            ("us.openai.gpt-6-sol", .xhigh, #"{"reasoning":{"effort":"xhigh"}}"#),
            ("us.openai.gpt-6-sol", .some(.none), #"{"reasoning":{"effort":"none"}}"#),
            ("qwen.qwen3-32b-v1:0", .medium, #"{"reasoning_config":"high"}"#),
            ("qwen.qwen3-32b-v1:0", .some(.none), #"{"reasoning_config":"none"}"#),
            ("deepseek.v3.2", .low, #"{"reasoning_effort":"high"}"#),
            ("zai.glm-5.3", .max, #"{"reasoning_effort":"max"}"#),
            ("xai.grok-4.6", .max, #"{"reasoning":{"effort":"xhigh"}}"#),
            (
                "us.amazon.nova-2-lite-v1:0", .medium,
                #"{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"medium"}}"#
            ),
            ("us.amazon.nova-2-lite-v1:0", .some(.none), #"{"reasoningConfig":{"type":"disabled"}}"#),
        ] as [(String, ReasoningRequest.Effort?, String)]
    )
    func saysTheEffortInTheFamilysWords(model: String, effort: ReasoningRequest.Effort?, fields: String) throws {
        let body = try Self.reasoning(model, .effort) { $0.effort = effort }.body
        #expect(body["additionalModelRequestFields"]?.text == fields)
    }

    @Test
    func asksNovaForItsBestWithoutAnythingElse() throws {
        let (body, notes, _) = try Self.reasoning("amazon.nova-2-lite-v1:0", .effort) {
            $0.effort = .high
        } _: {
            $0.maxOutput = 10
            $0.sampling.temperature = JSONNumber(0)
        }
        #expect(body["inferenceConfig"] == nil)
        #expect(notes == ["unsupported_parameter;max_tokens", "unsupported_parameter;temperature"])
    }

    @Test
    func leavesReasoningOutWhereTheModelHasNoSay() throws {
        let asked = try Self.reasoning("meta.llama3-1-8b-instruct-v1:0", .effort) { $0.effort = .low }
        #expect(asked.body["additionalModelRequestFields"] == nil)
        #expect(asked.notes == ["unsupported_parameter;reasoning_effort"])
        let refused = try Self.reasoning("meta.llama3-1-8b-instruct-v1:0", .none) { $0.isOn = false }
        #expect(refused.notes == [])
    }

    @Test(
        arguments: [
            ("anthropic.claude-3-haiku-20240307-v1:0", #"{"top_k":7}"#),
            ("amazon.nova-pro-v1:0", #"{"inferenceConfig":{"topK":7}}"#), ("meta.llama3-1-8b-instruct-v1:0", nil),
            ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0", #"{"top_k":7}"#),
            (
                "arn:aws:bedrock:us-east-1:1:inference-profile/us.amazon.nova-pro-v1:0",
                #"{"inferenceConfig":{"topK":7}}"#
            ),
            ("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc", nil),
        ] as [(String, String?)]
    )
    func putsTopKWhereTheFamilyWantsIt(model: String, fields: String?) throws {
        var request = Self.plain
        request.sampling.topK = JSONNumber(7)
        let (body, notes, _) = try converse(request, model: model)
        #expect(body["additionalModelRequestFields"]?.text == fields)
        #expect(notes == (fields == nil ? ["unsupported_parameter;top_k"] : []))
    }

    private static let call = Part(.toolCall(ToolCall(id: "c", name: "f", arguments: "{}")))
    private static func result(_ parts: [Part] = [.text("r")], isError: Bool = false) -> Part {
        Part(.toolResult(ToolResult(callID: "c", parts: parts, isError: isError)))
    }

    @Test(arguments: [
        ("mistral.mistral-large-2407-v1:0", true), ("us.meta.llama4-maverick-17b-instruct-v1:0", true),
        ("writer.palmyra-x5-v1:0", true), ("amazon.nova-pro-v1:0", false), ("anthropic.claude-opus-4-8", false),
    ])
    func leavesResultsAloneWhereTheyMustBe(model: String, isAlone: Bool) throws {
        let request = converseTurns([
            Message(.user, [.text("x")]), Message(.assistant, [Self.call]),
            Message(.user, [Self.result(), .text("and?")]),
        ])
        let messages = try #require(try converse(request, model: model).body["messages"]?.asArray)
        #expect(messages.count == (isAlone ? 5 : 3))
        #expect(messages[2]["content"]?.asArray?.count == (isAlone ? 1 : 2))
        #expect(messages.last?["content"]?.asArray?.last == ["text": "and?"])
        #expect(
            messages.map { $0["role"]?.asString } == (0..<messages.count).map { $0 % 2 == 0 ? "user" : "assistant" }
        )
    }

    @Test
    func takesDocumentsFromBesideClaudesResults() throws {
        let pdf = Part(.document(Document(.media(Media(.base64("JVBERi0x"), type: "application/pdf")))))
        let request = converseTurns([
            Message(.user, [.text("x")]), Message(.assistant, [Self.call]),
            Message(.user, [Self.result(), .text("read"), pdf]),
        ])
        let messages = try #require(try converse(request).body["messages"]?.asArray)
        #expect(messages.count == 5)
        #expect(messages[4]["content"]?[1]?["document"]?["name"] == "document")
    }

    @Test
    func carriesImagesInsideResultsOnlyWhereTheyMayBe() throws {
        let image = Part(.image(Media(.base64("iVBORw0KGgo"), type: "image/png")))
        let request = converseTurns([
            Message(.user, [.text("x")]), Message(.assistant, [Self.call]), Message(.user, [Self.result([image])]),
        ])
        let claude = try converse(request).body["messages"]?[2]?["content"]
        #expect(claude?[0]?["toolResult"]?["content"]?[0]?["image"] != nil)
        let qwen = try converse(request, model: "qwen.qwen3-vl-235b-a22b").body["messages"]?[2]?["content"]
        #expect(qwen?[0]?["toolResult"]?["content"]?[0]?["text"] == "[attachment 1 below]")
        #expect(qwen?[1]?["image"] != nil)
    }

    @Test
    func tellsWriterOfFailureInWords() throws {
        let request = converseTurns([
            Message(.user, [.text("x")]), Message(.assistant, [Self.call]),
            Message(.user, [Self.result(isError: true)]),
        ])
        let result = try converse(request, model: "writer.palmyra-x5-v1:0").body["messages"]?[2]?["content"]?[0]
        #expect(result?["toolResult"]?["status"] == nil)
        #expect(result?["toolResult"]?["content"] == [["text": "Error:"], ["text": "r"]])
    }

    @Test
    func opensWithTheInstructionsWhereThereIsNoOtherPlace() throws {
        var request = Self.plain
        request.system = [.text("Be brief.")]
        let (body, notes, _) = try converse(request, model: "amazon.titan-text-express-v1")
        #expect(body["system"] == nil)
        #expect(body["messages"] == [["role": "user", "content": [["text": "Be brief."], ["text": "x"]]]])
        #expect(notes == ["emulated;messages[0]"])
    }

    @Test(arguments: ["amazon.titan-text-express-v1", "deepseek.r1-v1:0", "mistral.mixtral-8x7b-instruct-v0:1"])
    func refusesToolsWhereTheModelTakesNone(model: String) {
        var request = Self.plain
        request.tools = [ConverseRequestEncoderTests.weather]
        let error = #expect(throws: GatewayError.self) { try converse(request, model: model) }
        #expect(error?.code == .unsupported)
        #expect(error?.field == "tools")
    }

    @Test
    func beginsWithTheAssistantOnlyWhereThatIsAllowed() throws {
        let request = converseTurns([Message(.assistant, [.text("Hello")]), Message(.user, [.text("x")])])
        #expect(try converse(request).body["messages"]?.asArray?.count == 2)
        #expect(try converse(request, model: "amazon.nova-pro-v1:0").body["messages"]?.asArray?.count == 3)
    }

    @Test
    func carriesSystemMessagesWhereTheyStandIfTheModelKnowsThem() throws {
        let request = converseTurns([
            Message(.user, [.text("x")]), Message(.assistant, [.text("y")]), Message(.user, [.text("z")]),
            Message(.system, [.text("Now in French.")]),
        ])
        let native = try converse(request) { $0.midSystem = true }.body["messages"]
        #expect(native?[3] == ["role": "system", "content": [["text": "Now in French."]]])
        let other = try converse(request).body["messages"]
        #expect(other?[2]?["content"]?[1] == ["text": "<system>Now in French.</system>"])
    }

    // MARK: Tools the provider runs

    @Test
    func runsNovasOwnToolsAndRefusesAllOthers() throws {
        func asking(_ kind: ServerTool) -> CanonicalRequest {
            var request = Self.plain
            request.tools = [Tool(.server(kind, Opaque(.openAIChat, [:])))]
            return request
        }
        let nova = "us.amazon.nova-2-lite-v1:0"
        #expect(
            try converse(asking(.webSearch), model: nova).body["toolConfig"]?["tools"]
                == [["systemTool": ["name": "nova_grounding"]]]
        )
        #expect(
            try converse(asking(.codeExecution), model: nova).body["toolConfig"]?["tools"]
                == [["systemTool": ["name": "nova_code_interpreter"]]]
        )
        #expect(throws: GatewayError.self) { try converse(asking(.other), model: nova) }
        #expect(throws: GatewayError.self) { try converse(asking(.webSearch)) }
    }

    // MARK: Structured output

    private static let format = JSONSchemaFormat(
        name: "answer",
        description: "An answer.",
        schema: ["type": "object", "properties": ["z": ["type": "integer", "minimum": 1], "a": ["type": "string"]]]
    )

    @Test
    func sendsASchemaAsAString() throws {
        var request = Self.plain
        request.output = .jsonSchema(Self.format)
        let claude = try converse(request)
        #expect(claude.notes == [])
        #expect(claude.body["outputConfig"]?["textFormat"]?["type"] == "json_schema")
        let definition = try #require(claude.body["outputConfig"]?["textFormat"]?["structure"]?["jsonSchema"])
        #expect(definition["name"] == "answer")
        #expect(definition["description"] == "An answer.")
        // Closed, without the bounds Claude's decoding does not know, in the client's order.
        let closed = try converseTree(try #require(definition["schema"]?.asString))
        #expect(closed["additionalProperties"] == false)
        #expect(closed["properties"]?.asObject?.keys == ["z", "a"])
        #expect(closed["properties"]?["z"]?["minimum"] == nil)
        let qwen = try converse(request, model: "qwen.qwen3-32b-v1:0").body["outputConfig"]
        let sent = qwen?["textFormat"]?["structure"]?["jsonSchema"]?["schema"]?.asString
        #expect(sent == Self.format.schema.text)
    }

    @Test
    func makesASchemaAToolWhereTheModelKeepsToNone() throws {
        var request = Self.plain
        request.output = .jsonSchema(Self.format)
        let (body, notes, plan) = try converse(request, model: "amazon.nova-pro-v1:0")
        #expect(body["outputConfig"] == nil)
        #expect(body["toolConfig"]?["toolChoice"] == ["tool": ["name": "json_output"]])
        #expect(plan.schemaTool == "json_output")
        #expect(notes == ["emulated;response_format"])
    }

    @Test
    func putsASchemaIntoTheInstructionsWhereNoToolCanBeForced() throws {
        var request = Self.plain
        request.output = .jsonSchema(Self.format)
        let (body, _, plan) = try converse(request, model: "meta.llama3-1-8b-instruct-v1:0")
        #expect(body["toolConfig"] == nil)
        #expect(plan.schemaTool == nil)
        #expect(body["system"]?[0]?["text"]?.asString?.contains(Self.format.schema.text) == true)
        // Nor beside a budget of thought, which excludes a forced call.
        request.reasoning.effort = .low
        let claude = try converse(request) {
            $0.reasoning = .budget
            $0.nativeJSONSchema = false
        }
        #expect(claude.body["toolConfig"] == nil)
        #expect(claude.body["system"] != nil)
    }

    @Test
    func asksForAnObjectInTheInstructions() throws {
        var request = Self.plain
        request.output = .jsonObject
        request.system = [.text("Be brief.")]
        let (body, notes, _) = try converse(request)
        #expect(body["system"]?.asArray?.count == 2)
        #expect(notes == ["emulated;response_format"])
    }

    @Test
    func sendsStrictOnlyWhereItIsKept() throws {
        var request = Self.plain
        let parameters: JSONValue = ["type": "object", "properties": ["a": ["type": "string"]]]
        request.tools = [Tool(.function(FunctionTool(name: "f", parameters: parameters, strict: true)))]
        let claude = try converse(request).body["toolConfig"]?["tools"]?[0]?["toolSpec"]
        #expect(claude?["strict"] == true)
        #expect(claude?["inputSchema"]?["json"]?["additionalProperties"] == false)
        let nova = try converse(request, model: "amazon.nova-pro-v1:0")
        #expect(nova.body["toolConfig"]?["tools"]?[0]?["toolSpec"]?["strict"] == nil)
        #expect(nova.notes == ["unsupported_parameter;tools.function.strict"])
    }

    @Test
    func writesNovasSchemasWithoutReferences() throws {
        var request = Self.plain
        let parameters = try converseTree(
            """
            {"$schema":"s","$defs":{"P":{"type":"object","properties":{"next":{"$ref":"#/$defs/P"},"n":{"type":"number"}}}},\
            "title":"T","properties":{"p":{"$ref":"#/$defs/P"}},"required":["p"],"additionalProperties":false}
            """
        )
        request.tools = [Tool(.function(FunctionTool(name: "f", parameters: parameters)))]
        let sent = try converse(request, model: "amazon.nova-pro-v1:0").body["toolConfig"]?["tools"]?[0]
        #expect(
            sent?["toolSpec"]?["inputSchema"]?["json"]?.text
                == #"{"type":"object","properties":{"p":{"type":"object","properties":{"next":{"type":"object"},"#
                + #""n":{"type":"number"}}}},"required":["p"]}"#
        )
    }
}
