import Core
import Dialects
import JSON
import Testing

/// Requests of OpenAI clients as Anthropic gets them.
struct AnthropicRequestEncoderTests {
    /// The body for a request that `change` makes of one user's turn "Hi".
    private static func body(
        _ target: TranslationTarget = Anthropic.target(),
        _ change: (inout CanonicalRequest) -> Void = { _ in }
    ) throws -> JSONValue {
        try Anthropic.encode(Anthropic.request(change), target).body
    }

    private static func notes(
        _ target: TranslationTarget = Anthropic.target(),
        _ change: (inout CanonicalRequest) -> Void = { _ in }
    ) throws -> [String] {
        try Anthropic.encode(Anthropic.request(change), target).notes
    }

    private static let hi: JSONValue = [["role": "user", "content": "Hi"]]

    @Test func theLeastRequestHasALimit() throws {
        #expect(
            try Self.body() == ["model": "claude-x", "max_tokens": 4096, "messages": Self.hi]
        )
    }

    @Test func theModelsOwnLimitStandsInForTheClients() throws {
        let target = Anthropic.target { $0.outputLimit = 64_000 }
        #expect(try Self.body(target)["max_tokens"] == 64_000)
        #expect(try Self.body(target) { $0.maxOutput = 7 }["max_tokens"] == 7)
        #expect(try Self.body(target) { $0.maxOutput = 100_000 }["max_tokens"] == 64_000)
        #expect(try Self.notes(target) { $0.maxOutput = 100_000 } == ["clamped_value;max_tokens"])
    }

    @Test func aWholeConversationKeepsItsOrderAndItsArguments() throws {
        let body = try Self.body { request in
            request.stream = true
            request.system = [.text("Be brief.")]
            request.messages = [
                Message(.user, [.text("Weather?"), Part(.image(Media(.base64("QUJD"), type: "image/png")))]),
                Message(
                    .assistant,
                    [
                        .text("Looking."),
                        Part(
                            .toolCall(
                                ToolCall(
                                    id: "call/1",
                                    name: "weather",
                                    arguments: #"{"b": 1.0,"a":12345678901234567890}"#
                                )
                            )
                        ),
                        Part(.toolCall(ToolCall(id: "c2", name: "weather", arguments: ""))),
                    ]
                ),
                Message(.user, [Part(.toolResult(ToolResult(callID: "c2", parts: [.text("rain")])))]),
                Message(
                    .user,
                    [
                        Part(
                            .toolResult(
                                ToolResult(
                                    callID: "call/1",
                                    parts: [.text("sun"), Part(.image(Media(.url("https://a.b/c.png"), type: "")))],
                                    isError: true
                                )
                            )
                        )
                    ]
                ),
                Message(.user, [.text("And?")]),
            ]
            request.tools = [
                Tool(
                    .function(
                        FunctionTool(
                            name: "weather",
                            description: "Tells",
                            parameters: [
                                "type": "object", "properties": ["z": ["type": "string"], "a": ["type": "number"]],
                            ]
                        )
                    )
                )
            ]
        }
        let id = JSONValue.string(CallID.fitted("call/1", to: .anthropic))
        #expect(
            body == [
                "model": "claude-x", "max_tokens": 4096, "stream": true,
                "tools": [
                    [
                        "name": "weather", "description": "Tells",
                        "input_schema": [
                            "type": "object", "properties": ["z": ["type": "string"], "a": ["type": "number"]],
                        ],
                    ]
                ],
                "system": "Be brief.",
                "messages": [
                    [
                        "role": "user",
                        "content": [
                            ["type": "text", "text": "Weather?"],
                            [
                                "type": "image",
                                "source": ["type": "base64", "media_type": "image/png", "data": "QUJD"],
                            ],
                        ],
                    ],
                    [
                        "role": "assistant",
                        "content": [
                            ["type": "text", "text": "Looking."],
                            [
                                "type": "tool_use", "id": id, "name": "weather",
                                "input": try JSONValue(parsing: #"{"b":1.0,"a":12345678901234567890}"#),
                            ],
                            ["type": "tool_use", "id": "c2", "name": "weather", "input": [:]],
                        ],
                    ],
                    [
                        "role": "user",
                        "content": [
                            [
                                "type": "tool_result", "tool_use_id": id,
                                "content": [
                                    ["type": "text", "text": "sun"],
                                    ["type": "image", "source": ["type": "url", "url": "https://a.b/c.png"]],
                                ],
                                "is_error": true,
                            ],
                            ["type": "tool_result", "tool_use_id": "c2", "content": "rain"],
                            ["type": "text", "text": "And?"],
                        ],
                    ],
                ],
            ]
        )
    }

    @Test func theSameRequestIsTheSameBytes() throws {
        var notes = TranslationNotes()
        let request = Anthropic.request { $0.tools = [Tool(.function(FunctionTool(name: "f")))] }
        let first = try AnthropicRequestEncoder.encode(request, for: Anthropic.target(), notes: &notes).body
        let second = try AnthropicRequestEncoder.encode(request, for: Anthropic.target(), notes: &notes).body
        #expect(first == second)
    }

    // MARK: Thinking

    @Test func ownThinkingIsSentBackAndForeignIsNot() throws {
        let body = try Self.body { request in
            request.messages.append(
                Message(
                    .assistant,
                    [
                        Part(.thinking(""), signature: Signature("S1", family: .anthropic)),
                        Part(.redactedThinking, signature: Signature("BLOB", family: .anthropic)),
                        Part(.thinking("gemini's"), signature: Signature("S2", family: .gemini)),
                        Part(.thinking("unsigned")),
                        .text("Yes"),
                    ]
                )
            )
            request.messages.append(Message(.user, [.text("Go on")]))
        }
        #expect(
            body["messages"]?[1]?["content"] == [
                ["type": "thinking", "thinking": "", "signature": "S1"],
                ["type": "redacted_thinking", "data": "BLOB"],
                ["type": "text", "text": "Yes"],
            ]
        )
    }

    private static func reasoning(
        _ kind: ModelTraits.Reasoning,
        limit: Int? = nil,
        alwaysOn: Bool = false,
        efforts: [String] = []
    ) -> TranslationTarget {
        Anthropic.target { traits in
            traits.reasoning = kind
            traits.outputLimit = limit
            traits.reasoningAlwaysOn = alwaysOn
            traits.efforts = efforts
        }
    }

    @Test(arguments: [
        (ReasoningRequest.Effort.minimal, 1024), (.low, 2000), (.medium, 5000), (.high, 8000), (.xhigh, 9500),
        (.max, 9500),
    ])
    func anEffortIsAShareOfTheOutput(effort: ReasoningRequest.Effort, budget: Int) throws {
        let body = try Self.body(Self.reasoning(.budget)) { request in
            request.maxOutput = 10_000
            request.reasoning.effort = effort
        }
        #expect(body["thinking"] == ["type": "enabled", "budget_tokens": .number(JSONNumber(budget))])
        #expect(body["max_tokens"] == 10_000)
    }

    @Test func aBudgetOverTheLimitRaisesTheLimit() throws {
        let body = try Self.body(Self.reasoning(.budget, limit: 64_000)) { request in
            request.maxOutput = 1000
            request.reasoning.budget = 5000
        }
        #expect(body["thinking"]?["budget_tokens"] == 5000)
        #expect(body["max_tokens"] == 6000)
    }

    @Test func aLimitTooSmallForThinkingWins() throws {
        let target = Self.reasoning(.budget)
        let ask = { (request: inout CanonicalRequest) in
            request.maxOutput = 500
            request.reasoning.effort = .high
        }
        #expect(try Self.body(target, ask)["thinking"] == nil)
        #expect(try Self.notes(target, ask) == ["clamped_value;reasoning_effort"])
    }

    @Test func adaptiveThinkingIsGuidedByAnEffort() throws {
        let body = try Self.body(Self.reasoning(.adaptive)) { $0.reasoning.effort = .medium }
        #expect(body["thinking"] == ["type": "adaptive", "display": "summarized"])
        #expect(body["output_config"] == ["effort": "medium"])
    }

    @Test func anEffortTheModelLacksBecomesTheNextLower() throws {
        let target = Self.reasoning(.adaptive, efforts: ["low", "medium", "high"])
        #expect(try Self.body(target) { $0.reasoning.effort = .max }["output_config"]?["effort"] == "high")
        #expect(try Self.notes(target) { $0.reasoning.effort = .max } == ["clamped_value;reasoning_effort"])
    }

    @Test func noEffortTurnsThinkingOff() throws {
        #expect(
            try Self.body(Self.reasoning(.adaptive)) { $0.reasoning.effort = .some(.none) }["thinking"] == [
                "type": "disabled"
            ]
        )
        #expect(try Self.body(Self.reasoning(.budget)) { $0.reasoning.effort = .some(.none) }["thinking"] == nil)
        let always = Self.reasoning(.adaptive, alwaysOn: true)
        #expect(try Self.body(always) { $0.reasoning.effort = .some(.none) }["thinking"] == nil)
        #expect(try Self.notes(always) { $0.reasoning.effort = .some(.none) } == ["clamped_value;reasoning_effort"])
    }

    @Test func aModelThatDoesNotReasonIsNotAskedTo() throws {
        #expect(try Self.notes { $0.reasoning.effort = .high } == ["unsupported_parameter;reasoning_effort"])
    }

    @Test func thinkingExcludesForcedCallsAndSampling() throws {
        let encoded = try Anthropic.encode(
            Anthropic.request { request in
                request.maxOutput = 10_000
                request.reasoning.effort = .high
                request.tools = [Tool(.function(FunctionTool(name: "f")))]
                request.toolChoice = .required
                request.sampling.temperature = JSONNumber(text: "0.5")
                request.sampling.topP = JSONNumber(text: "0.5")
                request.sampling.topK = JSONNumber(5)
            },
            Self.reasoning(.budget)
        )
        #expect(encoded.body["tool_choice"] == ["type": "auto"])
        #expect(encoded.body["temperature"] == nil)
        #expect(encoded.body["top_p"] == nil)
        #expect(encoded.body["top_k"] == nil)
        #expect(
            Set(encoded.notes) == [
                "clamped_value;tool_choice", "unsupported_parameter;temperature", "unsupported_parameter;top_p",
                "unsupported_parameter;top_k",
            ]
        )
    }

    @Test func callsWithoutTheirThinkingGoOnWithoutIt() throws {
        func conversation(_ request: inout CanonicalRequest, signed: Bool) {
            request.maxOutput = 10_000
            request.reasoning.effort = .high
            var parts = [Part(.toolCall(ToolCall(id: "a", name: "f", arguments: "{}")))]
            if signed { parts.insert(Part(.thinking("t"), signature: Signature("S", family: .anthropic)), at: 0) }
            request.messages.append(Message(.assistant, parts))
            request.messages.append(Message(.user, [Part(.toolResult(ToolResult(callID: "a", parts: [.text("r")])))]))
            request.tools = [Tool(.function(FunctionTool(name: "f")))]
        }
        let target = Self.reasoning(.budget)
        #expect(try Self.body(target) { conversation(&$0, signed: false) }["thinking"] == nil)
        #expect(try Self.body(target) { conversation(&$0, signed: true) }["thinking"]?["type"] == "enabled")
    }

    // MARK: Sampling and versions

    @Test func modelsWithoutSamplingGetNone() throws {
        let target = Anthropic.target { traits in
            traits.sampling = .none
            traits.newestAnthropicVersion = true
        }
        let encoded = try Anthropic.encode(
            Anthropic.request { request in
                request.sampling.temperature = JSONNumber(1)
                request.sampling.topP = JSONNumber(1)
                request.sampling.topK = JSONNumber(1)
            },
            target
        )
        #expect(encoded.body == ["model": "claude-x", "max_tokens": 4096, "messages": Self.hi])
        #expect(encoded.fields == ["anthropic-version": "2026-10-21"])
        #expect(encoded.notes.count == 3)
    }

    @Test func samplingAsksForTheOldVersion() throws {
        let target = Anthropic.target { $0.newestAnthropicVersion = true }
        let encoded = try Anthropic.encode(
            Anthropic.request { $0.sampling.temperature = JSONNumber(text: "1.7") },
            target
        )
        #expect(encoded.body["temperature"] == 1)
        #expect(encoded.notes == ["clamped_value;temperature"])
        #expect(encoded.fields == ["anthropic-version": "2023-06-01"])
    }

    @Test func whatTheNewVersionRefusesAsksForTheOldOne() throws {
        let target = Anthropic.target { $0.newestAnthropicVersion = true }
        let pdf = Part(.document(Document(.media(Media(.base64("QQ=="), type: "application/pdf")))))
        func version(_ change: (inout CanonicalRequest) -> Void) throws -> String? {
            try Anthropic.encode(Anthropic.request(change), target).fields["anthropic-version"]
        }
        #expect(try version { _ in } == "2026-10-21")
        #expect(try version { $0.messages[0].parts.append(pdf) } == "2026-10-21")
        #expect(
            try version { $0.messages += [Message(.assistant, [pdf]), Message(.user, [.text("b")])] } == "2023-06-01"
        )
        #expect(
            try version { request in
                request.messages[0].parts[0].citations = [Opaque(.anthropicMessages, ["type": "char_location"])]
            } == "2023-06-01"
        )
        #expect(try Anthropic.encode(Anthropic.request()).fields == ["anthropic-version": "2023-06-01"])
    }

    @Test func oneOfTemperatureAndTopPIsEnough() throws {
        let target = Anthropic.target { $0.sampling = .temperatureOrTopP }
        let body = try Self.body(target) { request in
            request.sampling.temperature = JSONNumber(text: "0.50")
            request.sampling.topP = JSONNumber(text: "0.9")
        }
        #expect(body["temperature"]?.text == "0.50")
        #expect(body["top_p"] == nil)
        #expect(try Self.body(target) { $0.sampling.topP = JSONNumber(text: "0.9") }["top_p"]?.text == "0.9")
    }

    @Test func whatHasNoPlaceIsNamed() throws {
        let notes = try Self.notes { request in
            request.choices = 2
            request.logprobs = true
            request.sampling.seed = JSONNumber(1)
            request.sampling.logitBias = ["5": 1]
            request.sampling.frequencyPenalty = JSONNumber(1)
            request.sampling.presencePenalty = JSONNumber(1)
            request.verbosity = "low"
            request.stop = [" \n"]
            request.extras = ["prediction": [:]]
            request.messages[0].name = "Ann"
            request.user = "u"
            request.metadata = ["a": "b"]
            request.messages[0].parts[0].cache = CacheHint()
        }
        #expect(
            notes == [
                "unsupported_parameter;n", "unsupported_parameter;frequency_penalty",
                "unsupported_parameter;presence_penalty", "unsupported_parameter;seed",
                "unsupported_parameter;logit_bias", "unsupported_parameter;logprobs",
                "unsupported_parameter;verbosity", "unsupported_parameter;messages.name", "clamped_value;stop",
                "unknown_parameter;prediction",
            ]
        )
    }

    @Test(arguments: ["seed", "n"])
    func aStrictClientIsRefused(field: String) throws {
        let request = Anthropic.request { request in
            if field == "seed" { request.sampling.seed = JSONNumber(1) } else { request.choices = 2 }
        }
        let error = #expect(throws: GatewayError.self) { try Anthropic.encode(request, isStrict: true) }
        #expect(error?.code == .unsupported)
        #expect(error?.field == field)
    }

    // MARK: The rest

    @Test func onlyTheLastFourBreakpointsAreKept() throws {
        let body = try Self.body { request in
            request.tools = [Tool(.function(FunctionTool(name: "f")), cache: CacheHint())]
            request.system = [Part(.text("a"), cache: CacheHint()), Part(.text("b"), cache: CacheHint(ttl: "1h"))]
            request.messages = (1...4).flatMap { turn in
                [
                    Message(
                        .user,
                        [Part(.text("u\(turn)"), cache: turn > 1 ? CacheHint(ttl: turn == 2 ? "30m" : "1h") : nil)]
                    ),
                    Message(.assistant, [.text("a\(turn)")]),
                ]
            }
            request.messages.append(Message(.user, [.text("end")]))
        }
        #expect(body["tools"]?[0]?["cache_control"] == nil)
        #expect(body["system"]?[0]?["cache_control"] == nil)
        #expect(body["system"]?[1]?["cache_control"] == ["type": "ephemeral", "ttl": "1h"])
        let marks = body["messages"]?.asArray?.map { $0["content"]?[0]?["cache_control"] } ?? []
        // Behind a mark for minutes none may be for an hour.
        let short: JSONValue = ["type": "ephemeral"]
        #expect(marks == [nil, nil, short, nil, short, nil, short, nil, nil])
    }

    @Test func documentsGoAsTheyAre() throws {
        var document = Document(.media(Media(.base64("JVBERg=="), type: "application/pdf")), name: "a.pdf")
        document.context = "c"
        document.citations = true
        let body = try Self.body { request in
            request.messages[0].parts = [
                Part(.document(document)),
                Part(.document(Document(.media(Media(.base64("w6Q/"), type: "text/plain; charset=utf-8"))))),
                Part(.document(Document(.text("plain")))),
                Part(.document(Document(.media(Media(.url("https://a.b/c.pdf"), type: "application/pdf"))))),
            ]
        }
        #expect(
            body["messages"]?[0]?["content"] == [
                [
                    "type": "document",
                    "source": ["type": "base64", "media_type": "application/pdf", "data": "JVBERg=="],
                    "title": "a.pdf", "context": "c", "citations": ["enabled": true],
                ],
                ["type": "document", "source": ["type": "text", "media_type": "text/plain", "data": "ä?"]],
                ["type": "document", "source": ["type": "text", "media_type": "text/plain", "data": "plain"]],
                ["type": "document", "source": ["type": "url", "url": "https://a.b/c.pdf"]],
            ]
        )
    }

    @Test(arguments: [
        Part(.audio(Media(.base64("QQ=="), type: "audio/wav"))),
        Part(.video(Media(.base64("QQ=="), type: "video/mp4"))),
        Part(.image(Media(.base64("QQ=="), type: "image/tiff"))),
        Part(.image(Media(.file("file-1"), type: ""))),
        Part(.document(Document(.media(Media(.base64("QQ=="), type: "application/msword"))))),
    ])
    func whatCannotBeSaidIsRefused(part: Part) throws {
        let error = #expect(throws: GatewayError.self) {
            try Anthropic.encode(Anthropic.request { $0.messages[0].parts.append(part) })
        }
        #expect(error?.code == .unsupported)
        #expect(error?.origin == .client)
        #expect(error?.field == "messages.content")
    }

    @Test func instructionsBetweenTheTurnsStayThere() throws {
        let change = { (request: inout CanonicalRequest) in
            request.messages += [
                Message(.assistant, [.text("a")]), Message(.user, [.text("b")]), Message(.system, [.text("rule")]),
            ]
        }
        #expect(
            try Self.body(Anthropic.target { $0.midSystem = true }, change)["messages"]?[3]
                == ["role": "system", "content": "rule"]
        )
        #expect(
            try Self.body(Anthropic.target(), change)["messages"]?[2]?["content"]?[1]?["text"]
                == "<system>rule</system>"
        )
    }

    @Test func aBegunAnswerIsGoneOnWithWhereThatIsPossible() throws {
        let change = { (request: inout CanonicalRequest) in
            request.messages.append(Message(.assistant, [.text("It is \n")]))
        }
        #expect(
            try Self.body(Anthropic.target { $0.prefill = true }, change)["messages"]?[1]
                == ["role": "assistant", "content": "It is"]
        )
        #expect(try Self.body(Anthropic.target(), change)["messages"] == Self.hi)
    }

    @Test(arguments: [
        ("auto", "auto" as JSONValue?), ("priority", "auto"), ("default", "standard_only"), ("flex", nil),
    ])
    func theTierIsTranslated(tier: String, expected: JSONValue?) throws {
        #expect(try Self.body { $0.serviceTier = tier }["service_tier"] == expected)
    }

    @Test func theUserIsNamedToTheProvider() throws {
        #expect(try Self.body { $0.user = "u1" }["metadata"] == ["user_id": "u1"])
    }

    @Test func aRequestOfItsOwnDialectKeepsItsOwnFields() throws {
        let original: JSONValue = [
            "model": "claude-x", "max_tokens": 100,
            "thinking": ["type": "between_tools"],
            "output_config": ["effort": "low", "novel": 1],
            "metadata": ["user_id": "u"],
            "tools": [
                ["type": "web_search_20260209", "name": "web_search", "max_uses": 3],
                ["type": "bash_20250124", "name": "bash"],
            ],
            "messages": [
                [
                    "role": "user",
                    "content": [["type": "image", "source": ["type": "file", "file_id": "f1"]]],
                ],
                [
                    "role": "assistant",
                    "content": [
                        ["type": "server_tool_use", "id": "s", "name": "web_search", "input": ["q": 1]],
                        ["type": "web_search_tool_result", "tool_use_id": "s", "content": []],
                    ],
                ],
                ["role": "user", "content": "More"],
            ],
            "container": "c1",
        ]
        let target = Anthropic.target { $0.reasoning = .adaptive }
        let encoded = try Anthropic.encode(try Anthropic.decode(request: original), target)
        #expect(encoded.body.isEquivalent(to: original), "\(encoded.body)")
        #expect(encoded.fields["anthropic-beta"] == "files-api-2025-04-14")
        #expect(encoded.notes.isEmpty)
    }
}
