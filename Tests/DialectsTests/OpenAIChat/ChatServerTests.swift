import Core
import Dialects
import JSON
import Testing

/// What a translated request looks like at the servers that differ from OpenAI's.
struct ChatServerTests {
    private static func encode(
        _ json: String,
        _ quirks: ChatQuirks,
        model: String = "real",
        _ change: (inout ModelTraits) -> Void = { _ in }
    ) throws -> (body: String, notes: String?) {
        try Self.encode(try decodeChat(json), quirks, model: model, change)
    }

    private static func encode(
        _ request: CanonicalRequest,
        _ quirks: ChatQuirks,
        model: String = "real",
        _ change: (inout ModelTraits) -> Void = { _ in }
    ) throws -> (body: String, notes: String?) {
        var traits = ModelTraits()
        change(&traits)
        var target = TranslationTarget(model: model, traits: traits)
        target.quirks = quirks
        var notes = TranslationNotes()
        let encoded = try ChatRequestEncoder.encode(request, for: target, notes: &notes)
        return (text(encoded.body), notes.headerValue)
    }

    private static func said(_ members: String) -> String {
        #"{"model":"m","messages":[{"role":"user","content":"x","name":"eve"}],\#(members)}"#
    }

    /// A request for these servers holds what is on the right; `name` is the only other thing that may be lost.
    @Test(
        arguments: [
            ("mistral", #""seed":7,"user":"u""#, #""random_seed":7}"#, nil),
            ("mistral", #""temperature":1.8"#, #""temperature":1.5}"#, "clamped_value;temperature"),
            ("mistral", #""logit_bias":{"1":2}"#, "}", "unsupported_parameter;logit_bias"),
            (
                "mistral", #""top_k":3,"stream":true"#,
                #""stream":true,"messages":[{"role":"user","content":"x"}],"top_k":3}"#, nil
            ),
            ("mistral", #""max_completion_tokens":5"#, #""max_tokens":5}"#, nil),
            ("groq", #""temperature":0"#, #""temperature":1e-8}"#, nil),
            (
                "groq", #""n":2,"logprobs":true,"logit_bias":{"1":1}"#, #""content":"x"}]}"#,
                "unsupported_parameter;logit_bias, unsupported_parameter;n, unsupported_parameter;logprobs"
            ),
            (
                "cerebras", #""frequency_penalty":1,"presence_penalty":1"#, #""content":"x"}]}"#,
                "unsupported_parameter;frequency_penalty, unsupported_parameter;presence_penalty"
            ),
            (
                "openRouter", #""reasoning_effort":"low""#, #""content":"x"}]}"#,
                "unsupported_parameter;reasoning_effort"
            ),
            ("together", #""min_p":0.1,"top_k":2"#, #""top_k":2,"min_p":0.1}"#, nil),
            (
                "perplexity", #""stream":true,"seed":1"#, #""stream":true,"messages":[{"role":"user","content":"x"}]}"#,
                "unsupported_parameter;seed"
            ),
            ("nvidia", #""user":"u","n":2"#, #""content":"x"}]}"#, "unsupported_parameter;n"),
            ("huggingFace", #""user":"u","max_completion_tokens":5"#, #""max_tokens":5}"#, nil),
            ("ollama", #""logit_bias":{"1":1},"user":"u""#, #""content":"x"}]}"#, "unsupported_parameter;logit_bias"),
            ("fireworks", #""top_k":2"#, #""top_k":2}"#, nil),
            ("deepSeek", #""seed":2"#, #""content":"x"}]}"#, "unsupported_parameter;seed"),
        ] as [(String, String, String, String?)]
    )
    func parametersAreWrittenAsTheServerTakesThem(
        server: String,
        members: String,
        written: String,
        header: String?
    ) throws {
        var request = try decodeChat(Self.said(members))
        // A client of another dialect, so that nothing passes for being its own.
        request.dialect = .anthropicMessages
        let quirks = try #require(Self.servers[server])
        let (body, notes) = try Self.encode(request, quirks)
        #expect(body.replacing(#""name":"eve","#, with: "").hasSuffix(written))
        #expect(notes == header)
    }

    static let servers: [String: ChatQuirks] = [
        "mistral": .mistral, "groq": .groq, "deepSeek": .deepSeek, "openRouter": .openRouter, "perplexity": .perplexity,
        "together": .together, "fireworks": .fireworks, "cerebras": .cerebras, "nvidia": .nvidia,
        "huggingFace": .huggingFace, "ollama": .ollama,
    ]

    private static let tools = #""tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required""#

    @Test(arguments: [
        ("mistral", #""tool_choice":"any""#), ("fireworks", #""tool_choice":"any""#),
        ("groq", #""tool_choice":"required""#),
    ])
    func aCallIsDemandedInTheServersWords(server: String, written: String) throws {
        #expect(
            try Self.encode(Self.said(Self.tools), try #require(Self.servers[server])).body.hasSuffix(written + "}")
        )
    }

    @Test func aServerWithoutTheChoiceIsNotTold() throws {
        let (body, notes) = try Self.encode(Self.said(Self.tools), .ollama)
        #expect(!body.contains("tool_choice") && body.contains(#""name":"f""#))
        #expect(notes == "clamped_value;tool_choice")
    }

    @Test func noCallIsDemandedOfADeepSeekModelThatReasons() throws {
        let (plain, _) = try Self.encode(Self.said(Self.tools), .deepSeek)
        #expect(plain.hasSuffix(#""tool_choice":"required"}"#))
        let (body, notes) = try Self.encode(Self.said(Self.tools), .deepSeek) {
            $0.reasoning = .toggle
            $0.reasoningAlwaysOn = true
        }
        #expect(body.hasSuffix(#""tool_choice":"auto"}"#))
        #expect(notes == "clamped_value;tool_choice")
    }

    @Test func reasoningModelsOfXAITakeNoStopsAndPenalties() throws {
        let members = #""stop":"a","presence_penalty":1"#
        #expect(try Self.encode(Self.said(members), .xAI).body.hasSuffix(#""presence_penalty":1,"stop":["a"]}"#))
        let (body, notes) = try Self.encode(Self.said(members), .xAI) { $0.reasoning = .effort }
        #expect(body.hasSuffix(#""content":"x"}]}"#))
        #expect(notes == "unsupported_parameter;presence_penalty, unsupported_parameter;stop")
    }

    @Test func toolsAreRefusedWhereThereAreNone() {
        #expect {
            try Self.encode(Self.said(Self.tools), .perplexity)
        } throws: { error in
            (error as? GatewayError)?.code == .unsupported && (error as? GatewayError)?.field == "tools"
        }
    }

    @Test func turnsAlternateAtPerplexity() throws {
        let request =
            #"{"model":"m","messages":[{"role":"assistant","content":"a"},{"role":"user","content":"x"},"#
            + #"{"role":"system","content":"s"},{"role":"user","content":"y"}]}"#
        #expect(
            try Self.encode(request, .perplexity).body
                == #"{"model":"real","messages":[{"role":"user","content":"."},{"role":"assistant","content":"a"},"#
                + #"{"role":"user","content":"x\n<system>s</system>\ny"}]}"#
        )
    }

    private static let turns: [Message] = [
        Message(.user, [.text("x")]),
        Message(
            .assistant,
            [
                Part(.thinking("hm")), .text("a"),
                Part(.toolCall(ToolCall(id: "call_1234567890", name: "f", arguments: "{}"))),
            ]
        ),
        Message(.user, [Part(.toolResult(ToolResult(callID: "call_1234567890", parts: [.text("r")])))]),
        Message(.user, [.text("y")]),
    ]

    private static func conversation(_ turns: [Message] = Self.turns) -> CanonicalRequest {
        var request = CanonicalRequest(dialect: .anthropicMessages, model: "m")
        request.messages = turns
        return request
    }

    @Test func mistralGetsItsIdsItsReasoningAndATurnBetween() throws {
        let (body, notes) = try Self.encode(Self.conversation(), .mistral) { $0.reasoning = .toggle }
        let id = CallID.fitted("call_1234567890", to: .mistral)
        #expect(id.utf8.count == 9)
        #expect(
            body
                == #"{"model":"real","messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"thinking","#
                + #""thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a"}],"tool_calls":[{"id":"\#(id)","#
                + #""type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"\#(id)","#
                + #""content":"r"},{"role":"assistant","content":"OK."},{"role":"user","content":"y"}]}"#
        )
        #expect(notes == "emulated;messages.role")
        #expect(try !Self.encode(Self.conversation(), .mistral).body.contains("thinking"))
    }

    @Test func mistralIsToldThatTheLastMessageIsABeginning() throws {
        let turns = [Message(.user, [.text("x")]), Message(.assistant, [.text("a")])]
        let (body, notes) = try Self.encode(Self.conversation(turns), .mistral) { $0.prefill = true }
        #expect(body.hasSuffix(#"{"role":"assistant","content":"a","prefix":true}]}"#))
        #expect(notes == nil)
        let (without, dropped) = try Self.encode(Self.conversation(turns), .mistral)
        #expect(without.hasSuffix(#""messages":[{"role":"user","content":"x"}]}"#))
        #expect(dropped == "changed_content;messages[1]")
    }

    @Test(arguments: [
        ([String](), #""prompt_mode":"reasoning"}"#), (["none", "high"], #""reasoning_effort":"high"}"#),
    ])
    func mistralReasonsByModeOrByEffort(efforts: [String], written: String) throws {
        let (body, _) = try Self.encode(Self.said(#""reasoning_effort":"high""#), .mistral) {
            $0.reasoning = .effort
            $0.efforts = efforts
        }
        #expect(body.hasSuffix(written))
    }

    @Test func deepSeekGetsItsReasoningBack() throws {
        #expect(
            try Self.encode(Self.conversation(), .deepSeek).body
                .contains(#""content":"a","reasoning_content":"hm","tool_calls":["#)
        )
    }

    @Test func openRouterGetsTheReasoningOfTheModelsOwnProvider() throws {
        var turns = Self.turns
        turns[1].parts[0].signature = Signature("sig", family: .anthropic)
        turns[1].parts.insert(Part(.redactedThinking, signature: Signature("blob", family: .anthropic)), at: 1)
        let (body, _) = try Self.encode(Self.conversation(turns), .openRouter, model: "anthropic/claude-x")
        #expect(
            body.contains(
                #""content":"a","reasoning_details":[{"type":"reasoning.text","index":0,"format":"anthropic-claude-v1","#
                    + #""text":"hm","signature":"sig"},{"type":"reasoning.encrypted","index":1,"#
                    + #""format":"anthropic-claude-v1","data":"blob"}],"tool_calls":["#
            )
        )
        // At another maker's model the signature is foreign, and a blob is worth nothing.
        let (other, _) = try Self.encode(Self.conversation(turns), .openRouter, model: "google/gemini-x")
        #expect(!other.contains("sig") && !other.contains("blob"))
    }

    @Test func openRouterGetsTheMarksForCaches() throws {
        var request = Self.conversation([Message(.user, [Part(.text("x"), cache: CacheHint(ttl: "1h")), .text("y")])])
        request.system = [Part(.text("s"), cache: CacheHint())]
        #expect(
            try Self.encode(request, .openRouter).body
                == #"{"model":"real","messages":[{"role":"system","content":[{"type":"text","text":"s","cache_control":"#
                + #"{"type":"ephemeral"}}]},{"role":"user","content":[{"type":"text","text":"x","cache_control":"#
                + #"{"type":"ephemeral","ttl":"1h"}},{"type":"text","text":"y"}]}]}"#
        )
        #expect(try !Self.encode(request, .openAI).body.contains("cache_control"))
    }

    @Test(arguments: ["groq", "together"])
    func aFormatBesideToolsGoesIntoTheInstructions(server: String) throws {
        let members = #""tools":[{"type":"function","function":{"name":"f"}}],"response_format":{"type":"json_object"}"#
        let (body, _) = try Self.encode(Self.said(members), try #require(Self.servers[server]))
        #expect(!body.contains("response_format"))
        #expect(body.contains(#"{"role":"system","content":"Answer with one JSON object"#))
        #expect(
            try Self.encode(Self.said(members), .openAI).body.hasSuffix(#""response_format":{"type":"json_object"}}"#)
        )
    }
}
