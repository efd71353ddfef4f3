import Core
import Dialects
import JSON
import TestSupport
import Testing

/// Requests of Anthropic clients.
struct AnthropicRequestDecoderTests {
    private static let full: JSONValue = [
        "model": "claude-asked", "max_tokens": 500, "stream": true, "temperature": 0.50, "top_p": 0.9, "top_k": 5,
        "stop_sequences": ["END"],
        "system": [["type": "text", "text": "Be brief.", "cache_control": ["type": "ephemeral", "ttl": "1h"]]],
        "metadata": ["user_id": "u1"], "service_tier": "standard_only",
        "thinking": ["type": "enabled", "budget_tokens": 2000, "display": "omitted"],
        "output_config": ["effort": "high", "format": ["type": "json_schema", "schema": ["type": "object"]]],
        "tools": [
            [
                "name": "f", "description": "d", "input_schema": ["type": "object"], "strict": true,
                "cache_control": ["type": "ephemeral"],
            ],
            ["type": "web_search_20250305", "name": "web_search"],
            ["type": "code_execution_20260120", "name": "code_execution"],
            ["type": "memory_20250818", "name": "memory"],
        ],
        "tool_choice": ["type": "tool", "name": "f", "disable_parallel_tool_use": true],
        "messages": [
            [
                "role": "user",
                "content": [
                    ["type": "text", "text": "a"],
                    ["type": "image", "source": ["type": "base64", "media_type": "image/png", "data": "QQ=="]],
                    ["type": "image", "source": ["type": "url", "url": "https://a.b/c"]],
                    [
                        "type": "document", "source": ["type": "text", "media_type": "text/plain", "data": "d"],
                        "title": "t", "citations": ["enabled": true],
                    ],
                    [
                        "type": "document",
                        "source": [
                            "type": "content",
                            "content": [["type": "text", "text": "x"], ["type": "text", "text": "y"]],
                        ],
                    ],
                    [
                        "type": "search_result", "source": "s", "title": "r",
                        "content": [["type": "text", "text": "found"]],
                    ],
                    ["type": "novel", "x": 1],
                ],
            ],
            [
                "role": "assistant",
                "content": [
                    ["type": "thinking", "thinking": "t", "signature": "S"],
                    ["type": "redacted_thinking", "data": "B"],
                    ["type": "thinking", "thinking": "no", "signature": ""],
                    ["type": "tool_use", "id": "i", "name": "f", "input": ["z": 1.0, "a": 2]],
                ],
            ],
            [
                "role": "user",
                "content": [["type": "tool_result", "tool_use_id": "i", "is_error": true, "content": "r"]],
            ],
            ["role": "system", "content": "rule"],
        ],
    ]

    @Test func everythingFindsItsPlace() throws {
        let request = try Anthropic.decode(request: Self.full)
        #expect(request.dialect == .anthropicMessages)
        #expect(request.model == "claude-asked")
        #expect(request.maxOutput == 500)
        #expect(request.stream)
        #expect(request.sampling.topK?.int == 5)
        #expect(request.stop == ["END"])
        #expect(request.system.map(\.outline) == ["text Be brief."])
        #expect(request.system[0].cache == CacheHint(ttl: "1h"))
        #expect(request.user == "u1")
        #expect(request.serviceTier == "default")
        #expect(request.reasoning.isOn == true)
        #expect(request.reasoning.budget == 2000)
        #expect(request.reasoning.effort == .high)
        #expect(request.reasoning.isShown == false)
        #expect(request.output == .jsonSchema(JSONSchemaFormat(schema: ["type": "object"], strict: true)))
        #expect(request.toolChoice == .named("f"))
        #expect(request.parallelToolCalls == false)
        #expect(request.extras.isEmpty)
        let kinds = request.tools.map { tool in
            switch tool.kind {
            case .function(let function): "\(function.name) \(function.strict == true)"
            case .server(let kind, _): "\(kind)"
            case .custom: "custom"
            }
        }
        #expect(kinds == ["f true", "webSearch", "codeExecution", "other"])
        #expect(request.tools[0].cache == CacheHint())
        #expect(request.messages.map(\.role) == [.user, .assistant, .user, .system])
        let user = request.messages[0].parts
        #expect(user.count == 7)
        guard case .document(let document) = user[3].content, case .document(let blocks) = user[4].content,
            case .document(let found) = user[5].content
        else {
            Issue.record("no documents")
            return
        }
        #expect(document.body == .text("d"))
        #expect(document.name == "t")
        #expect(document.citations == true)
        #expect(blocks.body == .text("x\ny"))
        #expect(found.name == "r")
        #expect(found.context == "s")
        #expect(user[6].outline == #"opaque {"type":"novel","x":1}"#)
        #expect(
            request.messages[1].parts.map(\.outline) == [
                "thinking t", "redacted", "thinking no", #"call i f {"z":1.0,"a":2}"#,
            ]
        )
        #expect(request.messages[1].parts[0].signature == Signature("S", family: .anthropic))
        #expect(request.messages[1].parts[1].signature == Signature("B", family: .anthropic))
        #expect(request.messages[1].parts[2].signature == nil)
        #expect(request.messages[2].parts.map(\.outline) == ["result i true (text r)"])
    }

    @Test func thePathNamesModelAndStreamWhereItHasThem() throws {
        let body: JSONValue = ["anthropic_version": "2026-10-21", "anthropic_beta": ["x"], "messages": []]
        let bytes = body.bytes
        let request = try bytes.withUnsafeBytes {
            try AnthropicRequestDecoder.decode($0, model: "path-model", stream: true)
        }
        #expect(request.model == "path-model")
        #expect(request.stream)
        #expect(request.extras.isEmpty)
    }

    @Test func whatHasNoPlaceIsKept() throws {
        let request = try Anthropic.decode(request: [
            "model": "m", "messages": [], "container": "c", "temperature": nil,
            "output_config": ["novel": 1],
            "tools": [["name": "f", "input_schema": [:], "defer_loading": true]],
        ])
        #expect(request.extras == ["container": "c", "output_config": ["novel": 1], "tools.0.defer_loading": true])
    }

    @Test(
        arguments: [
            (["messages": []] as JSONValue, "model"),
            (["model": "m"], "messages"),
            (["model": 1, "messages": []], "model"),
            (["model": "m", "messages": [:]], "messages"),
            (["model": "m", "messages": [["role": "robot", "content": ""]]], "messages.0.role"),
            (["model": "m", "messages": [["role": "user"]]], "messages.0.content"),
            (["model": "m", "messages": [["role": "user", "content": 1]]], "messages.0.content"),
            (["model": "m", "messages": [["role": "user", "content": ["a"]]]], "messages.0.content.0"),
            (
                ["model": "m", "messages": [["role": "user", "content": [["type": "text"]]]]],
                "messages.0.content.0.text"
            ),
            (["model": "m", "messages": [["role": "user", "content": [["text": "a"]]]]], "messages.0.content.0.type"),
            (
                ["model": "m", "messages": [["role": "user", "content": [["type": "image"]]]]],
                "messages.0.content.0.source"
            ),
            (
                ["model": "m", "messages": [["role": "user", "content": [["type": "tool_result"]]]]],
                "messages.0.content.0.tool_use_id"
            ),
            (
                [
                    "model": "m",
                    "messages": [["role": "assistant", "content": [["type": "tool_use", "id": "i", "name": "f"]]]],
                ],
                "messages.0.content.0.input"
            ),
            (["model": "m", "messages": [], "max_tokens": -1], "max_tokens"),
            (["model": "m", "messages": [], "max_tokens": "1"], "max_tokens"),
            (["model": "m", "messages": [], "temperature": "1"], "temperature"),
            (["model": "m", "messages": [], "stream": 1], "stream"),
            (["model": "m", "messages": [], "stop_sequences": "a"], "stop_sequences"),
            (["model": "m", "messages": [], "tools": [["input_schema": [:]]]], "tools.0.name"),
            (["model": "m", "messages": [], "tools": [["name": "f"]]], "tools.0.input_schema"),
            (["model": "m", "messages": [], "tool_choice": "auto"], "tool_choice"),
            (["model": "m", "messages": [], "tool_choice": ["type": "tool"]], "tool_choice.name"),
            (["model": "m", "messages": [], "thinking": ["type": "enabled"]], "thinking.budget_tokens"),
            (["model": "m", "messages": [], "output_config": ["effort": "huge"]], "output_config.effort"),
            (["model": "m", "messages": [], "output_config": ["format": ["type": "x"]]], "output_config.format.type"),
        ] as [(JSONValue, String)]
    )
    func whatIsMalformedIsNamed(body: JSONValue, field: String) {
        let error = #expect(throws: GatewayError.self) { try Anthropic.decode(request: body) }
        #expect(error?.code == .badRequest)
        #expect(error?.field == field)
    }

    @Test(arguments: ["", "{", "[]", "{}", "nonsense", "{\"model\":\"m\",\"messages\":[]}x"])
    func whatIsNoRequestIsRefused(text: String) {
        let bytes = Array(text.utf8)
        let error = #expect(throws: GatewayError.self) {
            try bytes.withUnsafeBytes { try AnthropicRequestDecoder.decode($0, model: nil, stream: nil) }
        }
        #expect(error?.code == .badRequest)
    }

    @Test func aRequestSurvivesTheWayThroughTheExchange() throws {
        // Everything that is the same dialect on both sides.
        let target = Anthropic.target { traits in
            traits.reasoning = .budget
            traits.midSystem = true
        }
        var request = try Anthropic.decode(request: Self.full)
        request.maxOutput = 5000
        request.output = .text
        request.messages[0].parts.removeLast()
        request.messages.append(Message(.user, [.text("end")]))
        let encoded = try Anthropic.encode(request, target)
        let again = try Anthropic.decode(request: encoded.body)
        #expect(again.messages.map(\.role) == request.messages.map(\.role))
        // The thought without a signature is no one's.
        request.messages[1].parts.remove(at: 2)
        #expect(
            again.messages.flatMap { $0.parts.map(\.outline) } == request.messages.flatMap { $0.parts.map(\.outline) }
        )
        #expect(again.system.map(\.outline) == request.system.map(\.outline))
        #expect(again.reasoning.budget == request.reasoning.budget)
        #expect(again.reasoning.isShown == false)
        #expect(again.stop == request.stop)
        #expect(again.user == request.user)
        #expect(again.serviceTier == request.serviceTier)
        #expect(again.tools.count == request.tools.count)
    }

    @Test(arguments: 0..<300)
    func spoiltRequestsAreRefusedOrRead(seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        var bytes = Self.full.bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let at = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes[at] = [0x22, 0x7b, 0x5d, 0x30, 0x6e].randomElement(using: &generator) ?? 0
            case 1: bytes.remove(at: at)
            default: bytes.swapAt(at, Int.random(in: 0..<bytes.count, using: &generator))
            }
        }
        let read: CanonicalRequest
        do throws(GatewayError) {
            read = try Self.decode(bytes)
        } catch {
            #expect(error.code == .badRequest)
            return
        }
        let encoded = try? Anthropic.encode(read)
        #expect(encoded == nil || encoded?.body["messages"] != nil)
    }

    private static func decode(_ bytes: [UInt8]) throws(GatewayError) -> CanonicalRequest {
        let result = bytes.withUnsafeBytes { bytes in
            Result<CanonicalRequest, GatewayError> { () throws(GatewayError) in
                try AnthropicRequestDecoder.decode(bytes, model: nil, stream: nil)
            }
        }
        return try result.get()
    }
}
