import Core
import Dialects
import JSON
import TestSupport
import Testing

struct ConverseRequestDecoderTests {
    @Test
    func readsAWholeRequest() throws {
        let request = try converseRequest(
            """
            {"system":[{"text":"Be brief."},{"cachePoint":{"type":"default","ttl":"1h"}}],\
            "messages":[{"role":"user","content":[{"text":"x"},{"image":{"format":"jpeg","source":{"bytes":"/9j/"}}},\
            {"document":{"format":"pdf","name":"d","source":{"s3Location":{"uri":"s3://b/d.pdf"}},\
            "citations":{"enabled":true},"context":"c"}},{"cachePoint":{"type":"default"}}]},\
            {"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"hm","signature":"sig"}}},\
            {"reasoningContent":{"redactedContent":"RXFRQkNn"}},{"toolUse":{"toolUseId":"t","name":"f","input":{"z":1.0}}}]},\
            {"role":"user","content":[{"toolResult":{"toolUseId":"t","content":[{"json":{"b":1,"a":2.0}},{"text":"t"}],\
            "status":"error"}}]}],\
            "inferenceConfig":{"maxTokens":5,"temperature":0.10,"topP":1,"stopSequences":["S"]},\
            "toolConfig":{"tools":[{"toolSpec":{"name":"f","description":"d","inputSchema":{"json":{"type":"object"}},\
            "strict":true}},{"cachePoint":{"type":"default"}},{"systemTool":{"name":"nova_grounding"}}],\
            "toolChoice":{"tool":{"name":"f"}}},\
            "additionalModelRequestFields":{"top_k":5,"thinking":{"type":"enabled","budget_tokens":2000},\
            "tool_choice":{"type":"auto","disable_parallel_tool_use":true},"other":1},\
            "outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"name":"n",\
            "schema":"{\\"type\\":\\"object\\"}"}}}},\
            "requestMetadata":{"k":"v"},"serviceTier":{"type":"flex"},"guardrailConfig":{"guardrailIdentifier":"g"}}
            """,
            model: "anthropic.claude"
        )
        #expect(request.dialect == .bedrockConverse)
        #expect(request.model == "anthropic.claude")
        #expect(request.system.map(\.text) == ["Be brief."])
        #expect(request.system[0].cache == CacheHint(ttl: "1h"))
        let user = request.messages[0].parts
        try #require(user.count == 3)
        guard case .image(let image) = user[1].content, case .document(let document) = user[2].content else {
            Issue.record("the parts are of other kinds")
            return
        }
        #expect(image == Media(.base64("/9j/"), type: "image/jpeg"))
        #expect(document.body == .media(Media(.url("s3://b/d.pdf"), type: "application/pdf")))
        #expect(document.name == "d" && document.context == "c" && document.citations == true)
        #expect(user[2].cache == CacheHint())
        let assistant = request.messages[1].parts
        guard case .thinking("hm") = assistant[0].content, case .redactedThinking = assistant[1].content,
            case .toolCall(let call) = assistant[2].content,
            case .toolResult(let result) = request.messages[2].parts[0].content
        else {
            Issue.record("the parts are of other kinds")
            return
        }
        #expect(assistant[0].signature == Signature("sig", family: .anthropic))
        #expect(assistant[1].signature == Signature("EqQBCg", family: .anthropic))
        #expect(call == ToolCall(id: "t", name: "f", arguments: #"{"z":1.0}"#))
        #expect(result.isError && result.callID == "t")
        #expect(result.parts.map(\.text) == [#"{"b":1,"a":2.0}"#, "t"])
        #expect(request.maxOutput == 5)
        #expect(request.sampling.temperature?.text == "0.10")
        #expect(request.sampling.topK?.int == 5)
        #expect(request.stop == ["S"])
        #expect(request.tools.map(\.name) == ["f", nil])
        #expect(request.tools[0].cache == CacheHint())
        #expect(request.toolChoice == .named("f"))
        #expect(request.parallelToolCalls == false)
        #expect(request.reasoning.isOn == true && request.reasoning.budget == 2000)
        #expect(
            request.output == .jsonSchema(JSONSchemaFormat(name: "n", schema: ["type": "object"], strict: true))
        )
        #expect(request.metadata == ["k": "v"])
        #expect(request.serviceTier == "flex")
        #expect(
            request.extras
                == ["additionalModelRequestFields": ["other": 1], "guardrailConfig": ["guardrailIdentifier": "g"]]
        )
    }

    @Test(
        arguments: [
            ("[]", nil), ("{", nil), ("{}", "messages"), (#"{"messages":[]}"#, "messages"),
            (#"{"messages":{}}"#, "messages"), (#"{"messages":[1]}"#, "messages[0]"),
            (#"{"messages":[{"role":"bot","content":[]}]}"#, "messages[0].role"),
            (#"{"messages":[{"role":"user"}]}"#, "messages[0].content"),
            (#"{"messages":[{"role":"user","content":"x"}]}"#, "messages[0].content"),
            (#"{"messages":[{"role":"user","content":[{}]}]}"#, "messages[0].content[0]"),
            (#"{"messages":[{"role":"user","content":[{"text":1}]}]}"#, "messages[0].content[0].text"),
            (#"{"messages":[{"role":"user","content":[{"image":{}}]}]}"#, "messages[0].content[0].image.format"),
            (
                #"{"messages":[{"role":"user","content":[{"image":{"format":"png"}}]}]}"#,
                "messages[0].content[0].image.source"
            ),
            (#"{"messages":[{"role":"user","content":[{"toolUse":{}}]}]}"#, "messages[0].content[0].toolUse.toolUseId"),
            (
                #"{"messages":[{"role":"user","content":[{"toolResult":{"toolUseId":"a"}}]}]}"#,
                "messages[0].content[0].toolResult.content"
            ),
            (
                #"{"messages":[{"role":"user","content":[{"text":"x"}]}],"inferenceConfig":{"maxTokens":0}}"#,
                "inferenceConfig.maxTokens"
            ),
            (
                #"{"messages":[{"role":"user","content":[{"text":"x"}]}],"inferenceConfig":{"temperature":"1"}}"#,
                "inferenceConfig.temperature"
            ),
            (#"{"messages":[{"role":"user","content":[{"text":"x"}]}],"toolConfig":{}}"#, "toolConfig.tools"),
            (
                #"{"messages":[{"role":"user","content":[{"text":"x"}]}],"toolConfig":{"tools":[{}]}}"#,
                "toolConfig.tools[0]"
            ),
            (
                #"{"messages":[{"role":"user","content":[{"text":"x"}]}],"outputConfig":{"textFormat":{}}}"#,
                "outputConfig.textFormat.structure.jsonSchema.schema"
            ),
        ] as [(String, String?)]
    )
    func namesWhatIsWrong(body: String, field: String?) {
        let error = #expect(throws: GatewayError.self) { try converseRequest(body) }
        #expect(error?.code == .badRequest)
        #expect(error?.origin == .client)
        #expect(error?.field == field)
    }

    @Test
    func needsAModel() {
        let error = #expect(throws: GatewayError.self) {
            try converseRequest(#"{"messages":[{"role":"user","content":[{"text":"x"}]}]}"#, model: nil)
        }
        #expect(error?.field == "modelId")
    }

    @Test
    func readsContentThatOtherDialectsHaveNoNameFor() throws {
        let request = try converseRequest(
            """
            {"messages":[{"role":"user","content":[{"guardContent":{"text":{"text":"g","qualifiers":["query"]}}},\
            {"searchResult":{"source":"s","title":"t","content":[{"text":"a"},{"text":"b"}]}},\
            {"toolAddition":{"tool":{"name":"n"}}}]},{"role":"assistant","content":[\
            {"toolUse":{"toolUseId":"i","name":"py","input":{},"type":"server_tool_use"}},\
            {"citationsContent":{"content":[{"text":"c"}],"citations":[{"title":"t"}]}}]}]}
            """
        )
        let user = request.messages[0].parts
        guard case .document(let document) = user[1].content, case .opaque(let addition) = user[2].content,
            case .opaque(let call) = request.messages[1].parts[0].content
        else {
            Issue.record("the parts are of other kinds")
            return
        }
        #expect(user[0].text == "g")
        #expect(document.body == .text("a\nb"))
        #expect(document.name == "t" && document.context == "s")
        #expect(addition.value == ["toolAddition": ["tool": ["name": "n"]]])
        #expect(call.value["toolUse"]?["name"] == "py")
        #expect(request.messages[1].parts[1].text == "c")
        #expect(request.messages[1].parts[1].citations.count == 1)
    }

    @Test(
        arguments: [
            (#"{"thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"low"}}"#, "low", true),
            (#"{"reasoning_effort":"high"}"#, "high", nil), (#"{"reasoning_config":"low"}"#, "low", nil),
            (#"{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"medium"}}"#, "medium", true),
            (#"{"thinking":{"type":"disabled"}}"#, nil, false), (#"{"reasoning":{"effort":"xhigh"}}"#, "xhigh", nil),
        ] as [(String, String?, Bool?)]
    )
    func readsHowMuchToReason(fields: String, effort: String?, isOn: Bool?) throws {
        let body = #"{"messages":[{"role":"user","content":[{"text":"x"}]}],"additionalModelRequestFields":\#(fields)}"#
        let request = try converseRequest(body)
        #expect(request.reasoning.effort?.rawValue == effort)
        #expect(request.reasoning.isOn == isOn)
        #expect(request.extras.isEmpty)
    }

    @Test(arguments: ConverseRecording.all)
    func keepsTheMeaningOfRecordedRequests(recording: ConverseRecording) throws {
        let request = try converseRequest(String(decoding: recording.request, as: UTF8.self))
        let family: SignatureFamily? = recording.family
        var target = TranslationTarget(model: recording.model, family: family)
        target.traits.reasoning = .budget
        var notes = TranslationNotes(isStrict: true)
        let encoded = try ConverseRequestEncoder.encode(request, for: target, notes: &notes)
        let sent = try JSONValue(parsing: encoded.body)
        let recorded = try JSONValue(parsing: recording.request)
        // Names of documents are made to fit what the service documents, which takes more than it says.
        let asked = try converseTree(recorded.text.replacing("company_policy", with: "company-policy"))
        for key in ["messages", "inferenceConfig", "additionalModelRequestFields"] {
            let expected = asked[key] ?? [:]
            #expect((sent[key] ?? [:]).isEquivalent(to: expected), "\(key)")
        }
        let names = { (value: JSONValue) in
            (value["toolConfig"]?["tools"]?.asArray ?? []).map { $0["toolSpec"]?["name"] ?? $0["systemTool"]?["name"] }
        }
        #expect(names(sent) == names(recorded))
    }

    @Test(arguments: 0..<60)
    func neverCrashesOnMutations(seed: Int) throws {
        let recordings = ConverseRecording.all
        guard !recordings.isEmpty else { return }
        var random = SeededGenerator(seed: seed)
        var bytes = recordings[Int.random(in: 0..<recordings.count, using: &random)].request
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[at] = UInt8.random(in: 32..<127, using: &random)
            case 1: bytes.remove(at: at)
            default:
                bytes.insert(
                    contentsOf: Array("[{\"n".utf8.dropFirst(Int.random(in: 0..<4, using: &random)).prefix(1)),
                    at: at
                )
            }
        }
        guard let request = try? converseRequest(String(decoding: bytes, as: UTF8.self)) else { return }
        _ = try? converse(request)
        _ = try? converse(request, model: "us.amazon.nova-pro-v1:0")
        _ = try? converse(request, model: "mistral.mistral-large-2407-v1:0")
    }
}
