import Core
import Dialects
import JSON
import Testing

struct ChatRequestEncoderTests {
    static func encode(
        _ request: CanonicalRequest,
        quirks: ChatQuirks = .openAI,
        strict: Bool = false,
        _ change: (inout ModelTraits) -> Void = { _ in }
    ) throws -> (body: JSONValue, encoded: EncodedRequest, notes: TranslationNotes) {
        var traits = ModelTraits()
        change(&traits)
        var target = TranslationTarget(model: "real", traits: traits)
        target.quirks = quirks
        var notes = TranslationNotes(isStrict: strict)
        let encoded = try ChatRequestEncoder.encode(request, for: target, notes: &notes)
        return (try JSONValue(parsing: encoded.body), encoded, notes)
    }

    /// A request by a client of another dialect.
    static func foreign(_ messages: [Message] = [Message(.user, [.text("hi")])]) -> CanonicalRequest {
        var request = CanonicalRequest(dialect: .anthropicMessages, model: "alias")
        request.messages = messages
        return request
    }

    @Test(arguments: [
        (
            #"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"x","name":"eve"}],"#
                + #""temperature":0.50,"top_k":3,"max_tokens":9,"stop":"a","seed":1,"extra":{"b":1.0}}"#,
            #"{"model":"real","messages":[{"role":"system","content":"s"},{"role":"user","name":"eve","content":"x"}],"#
                + #""temperature":0.50,"top_k":3,"seed":1,"max_tokens":9,"stop":["a"],"extra":{"b":1.0}}"#
        ),
        (
            #"{"model":"m","stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"see"},"#
                + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ==","detail":"high"}},"#
                + #"{"type":"input_audio","input_audio":{"data":"Qg==","format":"mp3"}},"#
                + #"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,Qw=="}}]}]}"#,
            #"{"model":"real","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","#
                + #""content":[{"type":"text","text":"see"},"#
                + #"{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ==","detail":"high"}},"#
                + #"{"type":"input_audio","input_audio":{"data":"Qg==","format":"mp3"}},"#
                + #"{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,Qw=="}}]}]}"#
        ),
        (
            #"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":["#
                + #"{"id":"a","type":"function","function":{"name":"f","arguments":"{\"n\":1.0}"}}]},"#
                + #"{"role":"tool","tool_call_id":"a","content":"r"}],"tools":[{"type":"function","function":{"name":"f","#
                + #""description":"d","parameters":{"z":1,"a":2},"strict":true}}],"tool_choice":"required","#
                + #""parallel_tool_calls":false,"response_format":{"type":"json_object"},"reasoning_effort":"low"}"#,
            #"{"model":"real","messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":["#
                + #"{"id":"a","type":"function","function":{"name":"f","arguments":"{\"n\":1.0}"}}]},"#
                + #"{"role":"tool","tool_call_id":"a","content":"r"}],"tools":[{"type":"function","function":{"name":"f","#
                + #""description":"d","parameters":{"z":1,"a":2},"strict":true}}],"tool_choice":"required","#
                + #""parallel_tool_calls":false,"response_format":{"type":"json_object"},"reasoning_effort":"low"}"#
        ),
    ])
    func writesWhatAClientOfTheSameDialectSaid(client: String, upstream: String) throws {
        let (_, encoded, notes) = try Self.encode(try decodeChat(client))
        #expect(text(encoded.body) == upstream)
        #expect(notes.entries.isEmpty)
        #expect(encoded.plan.isPlain)
    }

    @Test func writesARequestOfAnotherDialect() throws {
        var request = Self.foreign([
            Message(.user, [.text("a"), .text("b")]),
            Message(
                .assistant,
                [
                    Part(.thinking("why"), signature: Signature("s", family: .anthropic)), .text("T"),
                    Part(.toolCall(ToolCall(id: "toolu_1", name: "f", arguments: ""))),
                    Part(.toolCall(ToolCall(id: "toolu_2", name: "f", arguments: "{}"))),
                ]
            ),
            Message(
                .user,
                [
                    Part(.toolResult(ToolResult(callID: "toolu_2", parts: [.text("no")], isError: true))),
                    Part(
                        .toolResult(
                            ToolResult(
                                callID: "toolu_1",
                                parts: [.text("ok"), Part(.image(Media(.base64("QQ=="), type: "image/png")))]
                            )
                        )
                    ), .text("and"),
                ]
            ),
        ])
        request.system = [.text("one"), .text("two")]
        request.tools = [Tool(.function(FunctionTool(name: "f")))]
        request.maxOutput = 5
        request.extras = ["container": "x"]
        let (body, _, notes) = try Self.encode(request) { traits in
            traits.tokenParameter = .maxCompletionTokens
            traits.systemRole = .developer
        }
        #expect(
            body["messages"]?.text
                == #"[{"role":"developer","content":"one\n\ntwo"},{"role":"user","content":"a\nb"},"#
                + #"{"role":"assistant","content":"T","tool_calls":[{"id":"toolu_1","type":"function","function":{"name":"f","#
                + #""arguments":"{}"}},{"id":"toolu_2","type":"function","function":{"name":"f","arguments":"{}"}}]},"#
                + #"{"role":"tool","tool_call_id":"toolu_1","content":"ok\n[attachment 1 below]"},"#
                + #"{"role":"tool","tool_call_id":"toolu_2","content":"Error: no"},"#
                + #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}}]},"#
                + #"{"role":"user","content":"and"}]"#
        )
        #expect(body["max_completion_tokens"] == 5)
        #expect(notes.entries.map(\.field) == ["messages.content", "container"])
    }

    @Test func reasoningGoesBackOnlyToThoseWhoWantIt() throws {
        let turns = [
            Message(.user, [.text("x")]), Message(.assistant, [Part(.thinking("why")), .text("T")]),
            Message(.user, [.text("y")]),
        ]
        let kept = try Self.encode(Self.foreign(turns), quirks: ChatQuirks(replaysReasoning: true)).body
        #expect(kept["messages"]?[1]?["reasoning_content"] == "why")
        let left = try Self.encode(Self.foreign(turns)).body
        #expect(left["messages"]?[1]?.text == #"{"role":"assistant","content":"T"}"#)
    }

    @Test func idsAndNamesAreFittedBothWays() throws {
        let id = "call|" + String(repeating: "x", count: 60)
        let turns = [
            Message(.user, [.text("x")]),
            Message(.assistant, [Part(.toolCall(ToolCall(id: id, name: "a.b", arguments: "{}")))]),
            Message(.user, [Part(.toolResult(ToolResult(callID: id, parts: [.text("r")])))]),
        ]
        var request = Self.foreign(turns)
        request.tools = [Tool(.function(FunctionTool(name: "a.b")))]
        let (body, encoded, _) = try Self.encode(request, quirks: ChatQuirks(callIDs: .mistral))
        let sent = try #require(body["messages"]?[1]?["tool_calls"]?[0]?["id"]?.asString)
        #expect(sent.utf8.count == 9)
        #expect(body["messages"]?[2]?["tool_call_id"]?.asString == sent)
        let name = try #require(body["tools"]?[0]?["function"]?["name"]?.asString)
        #expect(!name.contains("."))
        #expect(body["messages"]?[1]?["tool_calls"]?[0]?["function"]?["name"]?.asString == name)
        #expect(encoded.plan.names.known(name) == "a.b")
    }

    @Test func samplingIsLeftOutWhereTheModelTakesNone() throws {
        var request = Self.foreign()
        request.sampling.temperature = JSONNumber(1)
        request.sampling.topK = JSONNumber(5)
        request.sampling.logitBias = ["1": 2]
        request.logprobs = true
        let (body, _, notes) = try Self.encode(request) { $0.sampling = .none }
        #expect(body.asObject?.keys == ["model", "messages"])
        #expect(notes.entries.map(\.field) == ["temperature", "top_k", "logit_bias", "logprobs"])
        let error = #expect(throws: GatewayError.self) {
            try Self.encode(request, strict: true) { $0.sampling = .none }
        }
        #expect(error?.field == "temperature")
        request.reasoning.isOn = false
        let free = try Self.encode(request) { traits in
            traits.sampling = .none
            traits.samplesWithoutReasoning = true
        }
        #expect(free.body["temperature"] == 1)
    }

    @Test func fieldsAServerRefusesAreLeftOut() throws {
        var request = Self.foreign([Message(.user, [.text("x")], name: "eve")])
        request.sampling.seed = JSONNumber(1)
        request.user = "u"
        let quirks = ChatQuirks(acceptsStreamOptions: false, refuses: ["seed", "user", "name"])
        request.stream = true
        let (_, encoded, notes) = try Self.encode(request, quirks: quirks)
        #expect(text(encoded.body) == #"{"model":"real","stream":true,"messages":[{"role":"user","content":"x"}]}"#)
        #expect(notes.entries.map(\.field) == ["seed"])
    }

    @Test(arguments: [
        (ChatQuirks.ReasoningParameter.effort, #"{"effort":"high"}"#, "reasoning_effort", #""high""#),
        (.effort, #"{"max_tokens":4000}"#, "reasoning_effort", #""medium""#),
        (.effort, #"{"enabled":false}"#, "reasoning_effort", #""none""#),
        (.object, #"{"effort":"high","exclude":true}"#, "reasoning", #"{"effort":"high","exclude":true}"#),
        (.object, #"{"max_tokens":4000}"#, "reasoning", #"{"max_tokens":4000}"#),
        (.object, #"{"enabled":false}"#, "reasoning", #"{"enabled":false}"#),
        (.thinking, #"{"effort":"high"}"#, "thinking", #"{"type":"enabled"}"#),
        (.thinking, #"{"enabled":false}"#, "thinking", #"{"type":"disabled"}"#),
    ])
    func asksForReasoningInTheServersWay(
        parameter: ChatQuirks.ReasoningParameter,
        asked: String,
        field: String,
        written: String
    ) throws {
        let request = try decodeChat(
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"reasoning":\#(asked)}"#
        )
        let (body, _, _) = try Self.encode(request, quirks: ChatQuirks(reasoning: parameter))
        #expect(body[field]?.text == written)
        #expect(body.asObject?.keys == ["model", "messages", field])
    }

    @Test(arguments: [("minimal", "low"), ("max", "high"), ("none", "low"), ("medium", "medium")])
    func effortIsTheNearestTheModelTakes(asked: String, sent: String) throws {
        let request = try decodeChat(
            #"{"model":"m","messages":[{"role":"user","content":"x"}],"reasoning_effort":"\#(asked)"}"#
        )
        let (body, _, notes) = try Self.encode(request) {
            $0.efforts = ["none", "low", "medium", "high"].filter { $0 != "none" }
        }
        #expect(body["reasoning_effort"]?.asString == sent)
        #expect(notes.entries.isEmpty == (asked == sent))
    }

    @Test func aSchemaBecomesAToolOrAnInstruction() throws {
        var request = Self.foreign()
        request.output = .jsonSchema(JSONSchemaFormat(schema: ["type": "object"]))
        let native = try Self.encode(request)
        #expect(
            native.body["response_format"]?.text
                == #"{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"}}}"#
        )
        let tool = try Self.encode(request) { $0.nativeJSONSchema = false }
        #expect(tool.encoded.plan.schemaTool == SchemaTool.name)
        #expect(tool.body["tool_choice"]?["function"]?["name"]?.asString == SchemaTool.name)
        #expect(tool.body["response_format"] == nil)
        let told = try Self.encode(request) { traits in
            traits.nativeJSONSchema = false
            traits.forcedToolChoice = false
        }
        #expect(told.body["response_format"]?["type"] == "json_object")
        #expect(told.body["messages"]?[0]?["content"]?.asString?.contains(#"{"type":"object"}"#) == true)
    }

    @Test func customToolsAreFunctionsWhereTheyAreNotKnown() throws {
        let request = try decodeChat(
            """
            {"model":"m","messages":[{"role":"user","content":"x"},
            {"role":"assistant","tool_calls":[{"id":"a","type":"custom","custom":{"name":"c","input":"free"}}]},
            {"role":"tool","tool_call_id":"a","content":"r"}],"tools":[{"type":"custom","custom":{"name":"c"}}]}
            """
        )
        let emulated = try Self.encode(request)
        #expect(emulated.encoded.plan.customTools == ["c"])
        #expect(emulated.body["tools"]?[0]?["type"] == "function")
        let call = emulated.body["messages"]?[1]?["tool_calls"]?[0]
        #expect(call?["function"]?["arguments"] == #"{"input":"free"}"#)
        let known = try Self.encode(request, quirks: ChatQuirks(knowsCustomTools: true))
        #expect(known.encoded.plan.isPlain)
        #expect(known.body["messages"]?[1]?["tool_calls"]?[0]?["custom"]?["input"] == "free")
    }

    @Test func documentsOfTextAreInlined() throws {
        let parts = [
            Part(.document(Document(.media(Media(.base64("w6khCg=="), type: "text/plain")), name: "n.txt"))),
            Part(.document(Document(.text("plain"), name: "p"))),
        ]
        let (body, _, _) = try Self.encode(Self.foreign([Message(.user, parts)]))
        let texts = (body["messages"]?[0]?["content"]?.asArray ?? []).map { $0["text"]?.asString }
        #expect(
            texts == ["<document name=\"n.txt\">\né!\n\n</document>", "<document name=\"p\">\nplain\n</document>"]
        )
    }

    @Test(arguments: [
        Part(.document(Document(.media(Media(.base64("QQ=="), type: "application/msword"))))),
        Part(.document(Document(.media(Media(.file("f"), type: ""))))),
        Part(.image(Media(.file("f"), type: ""))), Part(.video(Media(.url("https://a"), type: ""))),
        Part(.audio(Media(.url("https://a"), type: ""))),
    ])
    func mediaThatCannotBeSentAreRefused(part: Part) {
        let error = #expect(throws: GatewayError.self) { try Self.encode(Self.foreign([Message(.user, [part])])) }
        #expect(error?.code == .unsupported)
        #expect(error?.origin == .client)
    }

    @Test func toolsAProviderRunsCrossOnlyWhereTheyHaveALike() throws {
        var request = Self.foreign()
        request.tools = [Tool(.server(.webSearch, Opaque(.anthropicMessages, ["type": "web_search_20250305"])))]
        #expect(try Self.encode(request).body["web_search_options"]?.text == "{}")
        request.tools = [Tool(.server(.other, Opaque(.anthropicMessages, ["type": "bash_20250124"])))]
        let error = #expect(throws: GatewayError.self) { try Self.encode(request) }
        #expect(error?.field == "tools")
    }

    @Test(arguments: [
        #"{"model":"m","web_search_options":{"search_context_size":"low"},"messages":[{"role":"user","content":"x"}]}"#,
        #"{"model":"m","tools":[{"type":"browser_search"}],"messages":[{"role":"user","content":"x"}]}"#,
    ])
    func toolsOfTheOwnDialectPassAsTheyAre(client: String) throws {
        let sent = try Self.encode(try decodeChat(client)).body
        let asked = try JSONValue(parsing: client)
        #expect(sent["web_search_options"] == asked["web_search_options"])
        #expect(sent["tools"] == asked["tools"])
    }
}
