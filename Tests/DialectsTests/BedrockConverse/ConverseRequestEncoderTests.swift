import Core
import Dialects
import JSON
import Testing

struct ConverseRequestEncoderTests {
    static let weather = Tool(
        .function(
            FunctionTool(
                name: "get_weather",
                description: "The weather.",
                parameters: ["type": "object", "properties": ["zip": ["type": "string"], "at": ["type": "number"]]]
            )
        )
    )

    @Test
    func writesAWholeConversation() throws {
        let request = converseTurns([
            Message(.user, [.text("What is it like in Berlin?")]),
            Message(
                .assistant,
                [
                    .text("One moment."),
                    Part(
                        .toolCall(ToolCall(id: "call_1", name: "get_weather", arguments: #"{"zip":"10115","at":1.0}"#))
                    ),
                ]
            ),
            Message(.user, [Part(.toolResult(ToolResult(callID: "call_1", parts: [.text("18 °C")])))]),
            Message(.user, [.text("And tomorrow?")]),
        ]) {
            $0.system = [.text("Be brief.")]
            $0.tools = [Self.weather]
            $0.maxOutput = 300
            $0.sampling.temperature = JSONNumber(text: "0.70")
            $0.sampling.topP = JSONNumber(text: "0.9")
            $0.stop = ["END"]
            $0.metadata = ["team": "a", "n": 1, "bad": "{}"]
            $0.user = "u-1"
            $0.serviceTier = "flex"
        }
        let (body, notes, plan) = try converse(request)
        let expected = try converseTree(
            """
            {"toolConfig":{"tools":[{"toolSpec":{"name":"get_weather","description":"The weather.","inputSchema":{"json":\
            {"type":"object","properties":{"zip":{"type":"string"},"at":{"type":"number"}}}}}}]},\
            "system":[{"text":"Be brief."}],\
            "messages":[{"role":"user","content":[{"text":"What is it like in Berlin?"}]},\
            {"role":"assistant","content":[{"text":"One moment."},{"toolUse":{"toolUseId":"call_1","name":"get_weather",\
            "input":{"zip":"10115","at":1.0}}}]},\
            {"role":"user","content":[{"toolResult":{"toolUseId":"call_1","content":[{"text":"18 °C"}]}},\
            {"text":"And tomorrow?"}]}],\
            "inferenceConfig":{"maxTokens":300,"temperature":0.70,"topP":0.9,"stopSequences":["END"]},\
            "serviceTier":{"type":"flex"},"requestMetadata":{"team":"a","user":"u-1"}}
            """
        )
        #expect(body == expected)
        #expect(notes == [])
        #expect(plan.isPlain)
    }

    @Test
    func givesTheSameBytesEveryTime() throws {
        let request = converseTurns([Message(.user, [.text("Hi")])]) { $0.tools = [Self.weather] }
        #expect(try converse(request).body.bytes == converse(request).body.bytes)
    }

    @Test
    func keepsTheOrderOfKeysAndTheTextOfNumbersInArguments() throws {
        let arguments = #"{"z":1.0,"a":12345678901234567890,"m":{"b":1e2,"a":[]}}"#
        let call = Part(.toolCall(ToolCall(id: "c", name: "f", arguments: arguments)))
        let request = converseTurns([Message(.user, [.text("x")]), Message(.assistant, [call])])
        let block = try converse(request).body["messages"]?[1]?["content"]?[0]?["toolUse"]
        #expect(block?["input"]?.text == arguments)
    }

    @Test(
        arguments: [
            ("", "{}"), (" \n", "{}"), ("[1]", #"{"_raw":"[1]"}"#), (#"{"a""#, #"{"_raw":"{\"a\""}"#),
        ]
    )
    func makesAnObjectOfEveryArguments(arguments: String, input: String) throws {
        let call = Part(.toolCall(ToolCall(id: "c", name: "f", arguments: arguments)))
        let request = converseTurns([Message(.user, [.text("x")]), Message(.assistant, [call])])
        #expect(try converse(request).body["messages"]?[1]?["content"]?[0]?["toolUse"]?["input"]?.text == input)
    }

    @Test
    func answersEveryCallAndSaysWhatFailed() throws {
        let request = converseTurns([
            Message(.user, [.text("x")]),
            Message(
                .assistant,
                [
                    Part(.toolCall(ToolCall(id: "a", name: "f", arguments: "{}"))),
                    Part(.toolCall(ToolCall(id: "b", name: "f", arguments: "{}"))),
                ]
            ),
            Message(.user, [Part(.toolResult(ToolResult(callID: "b", parts: [.text(" ")], isError: true)))]),
        ])
        let (body, notes, _) = try converse(request)
        #expect(
            body["messages"]?[2]?["content"]
                == (try converseTree(
                    """
                    [{"toolResult":{"toolUseId":"a","content":[{"text":"[no output]"}],"status":"error"}},\
                    {"toolResult":{"toolUseId":"b","content":[{"text":"[no output]"}],"status":"error"}}]
                    """
                ))
        )
        #expect(notes.contains("changed_content;messages.tool_calls"))
        // A history with calls needs tools.
        #expect(body["toolConfig"]?["tools"]?[0]?["toolSpec"]?["name"] == "f")
    }

    @Test
    func fitsIdsAndNamesAndSaysHowTheyWereCalled() throws {
        let id = String(repeating: "i", count: 65)
        let request = converseTurns([
            Message(.user, [.text("x")]),
            Message(.assistant, [Part(.toolCall(ToolCall(id: id, name: "a.b", arguments: "{}")))]),
            Message(.user, [Part(.toolResult(ToolResult(callID: id, parts: [.text("1")])))]),
        ]) { $0.tools = [Tool(.function(FunctionTool(name: "a.b", description: " ")))] }
        let (body, _, plan) = try converse(request)
        let call = body["messages"]?[1]?["content"]?[0]?["toolUse"]
        let spec = body["toolConfig"]?["tools"]?[0]?["toolSpec"]
        let sent = try #require(call?["name"]?.asString)
        #expect(sent != "a.b" && sent.hasPrefix("a_b"))
        #expect(spec?["name"]?.asString == sent)
        #expect(plan.names.known(sent) == "a.b")
        // A description must say something, and a schema must be an object.
        #expect(spec?["description"] == "a.b")
        #expect(spec?["inputSchema"]?["json"]?.text == #"{"type":"object","properties":{}}"#)
        #expect(call?["toolUseId"]?.asString?.utf8.count == 24)
        #expect(body["messages"]?[2]?["content"]?[0]?["toolResult"]?["toolUseId"] == call?["toolUseId"])
    }

    // MARK: Choice

    @Test(
        arguments: [
            (.auto, nil), (.required, #"{"any":{}}"#), (.named("get_weather"), #"{"tool":{"name":"get_weather"}}"#),
            (.allowed(["get_weather"], required: true), #"{"any":{}}"#),
        ] as [(ToolChoice, String?)]
    )
    func saysTheChoice(choice: ToolChoice, expected: String?) throws {
        let request = converseTurns([Message(.user, [.text("x")])]) {
            $0.tools = [Self.weather]
            $0.toolChoice = choice
        }
        let config = try converse(request).body["toolConfig"]
        #expect(config?["toolChoice"]?.text == expected)
        #expect(config?["tools"]?.asArray?.count == 1)
    }

    @Test
    func forbidsCallsInClaudesWordsAndElsewhereNamesNoTools() throws {
        let request = converseTurns([Message(.user, [.text("x")])]) {
            $0.tools = [Self.weather]
            $0.toolChoice = ToolChoice.none
        }
        let claude = try converse(request)
        #expect(claude.body["toolConfig"]?["toolChoice"] == nil)
        #expect(claude.body["toolConfig"]?["tools"]?.asArray?.count == 1)
        #expect(claude.body["additionalModelRequestFields"] == ["tool_choice": ["type": "none"]])
        let nova = try converse(request, model: "us.amazon.nova-pro-v1:0")
        #expect(nova.body["toolConfig"] == nil)
        #expect(nova.notes == ["emulated;tool_choice"])
    }

    @Test
    func keepsToOneCallInClaudesWordsAndElsewhereByThePlan() throws {
        let request = converseTurns([Message(.user, [.text("x")])]) {
            $0.tools = [Self.weather]
            $0.toolChoice = .required
            $0.parallelToolCalls = false
        }
        let claude = try converse(request)
        #expect(claude.body["toolConfig"]?["toolChoice"] == nil)
        #expect(
            claude.body["additionalModelRequestFields"]?["tool_choice"]
                == ["type": "any", "disable_parallel_tool_use": true]
        )
        #expect(!claude.plan.firstCallOnly)
        let nova = try converse(request, model: "amazon.nova-pro-v1:0")
        #expect(nova.body["toolConfig"]?["toolChoice"] == ["any": [:]])
        #expect(nova.plan.firstCallOnly)
    }

    // MARK: Caches

    @Test
    func putsCachePointsBehindWhatIsMarked() throws {
        let hour = CacheHint(ttl: "1h")
        let request = converseTurns([
            Message(.user, [Part(.text("a"), cache: CacheHint()), .text("b")]),
            Message(.assistant, [.text("c")]), Message(.user, [Part(.text("d"), cache: hour)]),
        ]) {
            $0.system = [Part(.text("s"), cache: hour)]
            $0.tools = [Tool(Self.weather.kind, cache: hour)]
        }
        let body = try converse(request).body
        let long: JSONValue = ["cachePoint": ["type": "default", "ttl": "1h"]]
        let short: JSONValue = ["cachePoint": ["type": "default"]]
        #expect(body["toolConfig"]?["tools"]?[1] == long)
        #expect(body["system"] == [["text": "s"], long])
        #expect(body["messages"]?[0]?["content"] == [["text": "a"], short, ["text": "b"]])
        // What lasts longer may not follow what lasts shorter.
        #expect(body["messages"]?[2]?["content"] == [["text": "d"], short])
        let mistral = try converse(request, model: "mistral.mistral-large-2407-v1:0").body
        #expect(!mistral.text.contains("cachePoint"))
    }

    @Test
    func keepsTheLastFourCachePoints() throws {
        let parts = (0..<6).map { Part(.text("\($0)"), cache: CacheHint()) }
        let body = try converse(converseTurns([Message(.user, parts)])).body
        let blocks = try #require(body["messages"]?[0]?["content"]?.asArray)
        let kinds = blocks.map { $0["text"]?.asString ?? "*" }.joined()
        #expect(kinds == "012*3*4*5*")
    }

    // MARK: Media

    @Test
    func writesImagesByTheirFirstBytes() throws {
        let jpeg = Media(.base64("/9j/4AAQ"), type: "image/png", detail: "high")
        let stored = Media(.url("s3://bucket/key.png"), type: "")
        let request = converseTurns([Message(.user, [.text("x"), Part(.image(jpeg)), Part(.image(stored))])])
        let (body, notes, _) = try converse(request)
        #expect(
            body["messages"]?[0]?["content"]?.text
                == #"[{"text":"x"},{"image":{"format":"jpeg","source":{"bytes":"/9j/4AAQ"}}},"#
                + #"{"image":{"format":"png","source":{"s3Location":{"uri":"s3://bucket/key.png"}}}}]"#
        )
        #expect(notes == ["unsupported_parameter;messages.content.image_url.detail"])
    }

    @Test(
        arguments: [
            Media(.url("https://example.com/a.png"), type: "image/png"), Media(.file("file-1"), type: "image/png"),
            Media(.base64("AAAA"), type: "image/tiff"), Media(.base64("AAAA"), type: ""),
        ]
    )
    func refusesImagesItCannotCarry(media: Media) {
        let request = converseTurns([Message(.user, [.text("x"), Part(.image(media))])])
        let error = #expect(throws: GatewayError.self) { try converse(request) }
        #expect(error?.code == .unsupported)
        #expect(error?.origin == .client)
        #expect(error?.field == "messages.content")
    }

    @Test
    func namesDocumentsAsConverseWantsAndPutsATextBesideThem() throws {
        func pdf(_ name: String?) -> Part {
            Part(.document(Document(.media(Media(.base64("JVBERi0x"), type: "application/pdf")), name: name)))
        }
        let request = converseTurns([
            Message(.user, [pdf("My  report_(1).PDF"), pdf(nil), pdf("..."), pdf("My report-(1)")])
        ])
        let blocks = try #require(try converse(request).body["messages"]?[0]?["content"]?.asArray)
        #expect(
            blocks.compactMap { $0["document"]?["name"]?.asString }
                == ["My report-(1)", "document", "document 2", "My report-(1) 2"]
        )
        #expect(blocks.last == ["text": "."])
        #expect(blocks[0]["document"]?["format"] == "pdf")
    }

    @Test
    func carriesTextDocumentsWithWhatIsToBeCited() throws {
        var document = Document(.text("Grüße"), name: "notes.txt")
        let plain = converseTurns([Message(.user, [.text("x"), Part(.document(document))])])
        #expect(
            try converse(plain).body["messages"]?[0]?["content"]?[1]?.text
                == #"{"document":{"format":"txt","name":"notes","source":{"bytes":"R3LDvMOfZQ=="}}}"#
        )
        document.citations = true
        document.context = "Handbook"
        let cited = converseTurns([Message(.user, [.text("x"), Part(.document(document))])])
        #expect(
            try converse(cited).body["messages"]?[0]?["content"]?[1]?.text
                == #"{"document":{"format":"txt","name":"notes","source":{"text":"Grüße"},"context":"Handbook","#
                + #""citations":{"enabled":true}}}"#
        )
        #expect(
            try converse(cited, model: "meta.llama3-1-8b-instruct-v1:0").notes.contains { $0.contains("citations") }
        )
    }

    @Test
    func writesFilmsAndSounds() throws {
        let request = converseTurns([
            Message(
                .user,
                [
                    .text("x"), Part(.video(Media(.base64("AAAA"), type: "video/mp4"))),
                    Part(.audio(Media(.base64("BBBB"), type: "audio/wav"))),
                ]
            )
        ])
        #expect(
            try converse(request).body["messages"]?[0]?["content"]?.text
                == #"[{"text":"x"},{"video":{"format":"mp4","source":{"bytes":"AAAA"}}},"#
                + #"{"audio":{"format":"wav","source":{"bytes":"BBBB"}}}]"#
        )
    }

    // MARK: Reasoning and signatures of the past

    @Test
    func sendsOwnReasoningBackAndForeignReasoningNot() throws {
        let parts = [
            Part(.thinking("hm"), signature: Signature("sig", family: .anthropic)),
            Part(.thinking(""), signature: Signature("empty", family: .anthropic)),
            Part(.redactedThinking, signature: Signature("EqQBCg", family: .anthropic)),
            Part(.thinking("other"), signature: Signature("g", family: .gemini)), Part(.thinking("unsigned")),
            .text("Hello"),
        ]
        let request = converseTurns([
            Message(.user, [.text("x")]), Message(.assistant, parts), Message(.user, [.text("y")]),
        ])
        let content = try converse(request).body["messages"]?[1]?["content"]
        #expect(
            content?.text
                == #"[{"reasoningContent":{"reasoningText":{"text":"hm","signature":"sig"}}},"#
                + #"{"reasoningContent":{"reasoningText":{"text":"","signature":"empty"}}},"#
                + #"{"reasoningContent":{"redactedContent":"RXFRQkNn"}},{"text":"Hello"}]"#
        )
        let nova = try converse(request, model: "amazon.nova-lite-v1:0").body["messages"]?[1]?["content"]
        #expect(nova == [["text": "Hello"]])
    }

    // MARK: What is lost

    @Test
    func saysWhatItLeavesOut() throws {
        let request = converseTurns([Message(.user, [.text("x")], name: "Ann")]) {
            $0.sampling.seed = JSONNumber(1)
            $0.sampling.minP = JSONNumber(0)
            $0.sampling.frequencyPenalty = JSONNumber(1)
            $0.sampling.presencePenalty = JSONNumber(1)
            $0.sampling.repetitionPenalty = JSONNumber(1)
            $0.sampling.logitBias = ["1": 2]
            $0.sampling.temperature = JSONNumber(text: "1.5")
            $0.logprobs = true
            $0.topLogprobs = 3
            $0.choices = 2
            $0.verbosity = "low"
            $0.serviceTier = "fast"
            $0.stop = [" "]
            $0.extras = ["prediction": [:]]
        }
        let (body, notes, _) = try converse(request)
        #expect(body["inferenceConfig"] == ["temperature": 1])
        let expected = [
            "unsupported_parameter;min_p", "unsupported_parameter;frequency_penalty",
            "unsupported_parameter;presence_penalty", "unsupported_parameter;repetition_penalty",
            "unsupported_parameter;seed", "unsupported_parameter;logit_bias", "unsupported_parameter;logprobs",
            "unsupported_parameter;top_logprobs", "unsupported_parameter;n", "unsupported_parameter;verbosity",
            "unsupported_parameter;messages.name", "unknown_parameter;prediction", "clamped_value;temperature",
            "clamped_value;stop", "clamped_value;service_tier",
        ]
        #expect(notes == expected)
        let error = #expect(throws: GatewayError.self) { try converse(request, isStrict: true) }
        #expect(error?.field == "min_p")
    }

    @Test
    func asksWhichStopSequenceItWasForClientsThatAreTold() throws {
        var request = converseTurns([Message(.user, [.text("x")])]) { $0.stop = ["END"] }
        #expect(try converse(request).body["additionalModelResponseFieldPaths"] == nil)
        request.dialect = .anthropicMessages
        #expect(try converse(request).body["additionalModelResponseFieldPaths"] == ["/stop_sequence"])
        #expect(
            try converse(request, model: "amazon.nova-pro-v1:0").body["additionalModelResponseFieldPaths"] == nil
        )
    }

    @Test
    func refusesOutputItCannotHave() {
        let request = converseTurns([Message(.user, [.text("x")])]) { $0.modalities = ["text", "audio"] }
        let error = #expect(throws: GatewayError.self) { try converse(request) }
        #expect(error?.field == "modalities")
    }

    @Test
    func leavesOutWhatOnlyAnotherDialectKnows() throws {
        let opaque = Part(.opaque(Opaque(.anthropicMessages, ["type": "compaction"])))
        let own = Part(.opaque(Opaque(.bedrockConverse, ["toolUse": ["type": "server_tool_use"]])))
        let request = converseTurns([
            Message(.user, [.text("x")]), Message(.assistant, [opaque, own]), Message(.user, [.text("y")]),
        ])
        let (body, notes, _) = try converse(request)
        #expect(body["messages"]?[1]?["content"] == [["toolUse": ["type": "server_tool_use"]]])
        #expect(notes == ["changed_content;messages.content"])
    }

    @Test
    func writesThroughWhatABedrockClientSays() throws {
        let request = try converseRequest(
            """
            {"messages":[{"role":"user","content":[{"text":"x"}]}],"guardrailConfig":{"guardrailIdentifier":"g"},\
            "additionalModelRequestFields":{"top_k":5,"anthropic_beta":["b"]},"performanceConfig":{"latency":"optimized"}}
            """
        )
        let body = try converse(request).body
        #expect(body["guardrailConfig"] == ["guardrailIdentifier": "g"])
        #expect(body["performanceConfig"] == ["latency": "optimized"])
        #expect(body["additionalModelRequestFields"] == ["anthropic_beta": ["b"], "top_k": 5])
    }
}
