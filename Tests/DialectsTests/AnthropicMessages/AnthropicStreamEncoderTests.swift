import Core
import Dialects
import JSON
import TestSupport
import Testing

/// Streams as Anthropic clients get them.
struct AnthropicStreamEncoderTests {
    /// The data of the events, each checked against its name.
    private static func written(_ events: [CanonicalEvent]) throws -> [JSONValue] {
        try Anthropic.frames(Anthropic.write(events)).map { event in
            let value = try JSONValue(parsing: event.data)
            #expect(value["type"]?.asString == event.name)
            return value
        }
    }

    /// The blocks as a client puts them together; an error is recorded where the order is not that of the dialect.
    private static func blocks(_ events: [CanonicalEvent]) throws -> [String] {
        var blocks: [JSONValue] = []
        var open = false
        for event in try Self.written(events) {
            switch event["type"] {
            case "content_block_start":
                #expect(!open)
                #expect(event["index"]?.asInt == blocks.count)
                open = true
                blocks.append(event["content_block"] ?? .null)
            case "content_block_delta":
                #expect(open)
                #expect(event["index"]?.asInt == blocks.count - 1)
                for key in ["text", "thinking", "signature", "partial_json"] {
                    guard let piece = event["delta"]?[key]?.asString else { continue }
                    let before = blocks[blocks.count - 1][key]?.asString ?? ""
                    blocks[blocks.count - 1][key] = .string(before + piece)
                }
            case "content_block_stop":
                #expect(open)
                #expect(event["index"]?.asInt == blocks.count - 1)
                open = false
            default: break
            }
        }
        #expect(!open)
        return blocks.map { block in
            switch block["type"] {
            case "text": "text \(block["text"]?.asString ?? "?")"
            case "thinking": "thinking \(block["thinking"]?.asString ?? "?") \(block["signature"]?.asString ?? "?")"
            case "tool_use":
                "call \(block["id"]?.asString ?? "?") \(block["name"]?.asString ?? "?") \(block["partial_json"]?.asString ?? "")"
            default: block.text
            }
        }
    }

    private static func call(_ block: Int, _ id: String, kind: ToolCall.Kind = .function) -> CanonicalEvent {
        .blockStart(block: block, choice: 0, .toolCall(id: id, name: "f", kind: kind))
    }

    @Test func aPlainAnswerIsTheWholeDance() throws {
        let text = String(
            decoding: Anthropic.write([
                .start(id: "chatcmpl-1", model: nil, usage: Usage(freshInput: 7)),
                .blockStart(block: 0, choice: 0, .text), .delta(block: 0, .text("a\"b")), .heartbeat,
                .delta(block: 0, .text("c")), .blockStop(block: 0), .finish(choice: 0, .stop),
                .usage(Usage(freshInput: 8, cacheRead: 2, output: 3)),
            ]),
            as: UTF8.self
        )
        #expect(
            text == """
                event: message_start
                data: {"type":"message_start","message":{"id":"msg_01ABC","type":"message","role":"assistant","model":"claude-asked","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}}

                event: content_block_start
                data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

                event: content_block_delta
                data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\\"b"}}

                event: ping
                data: {"type":"ping"}

                event: content_block_delta
                data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"c"}}

                event: content_block_stop
                data: {"type":"content_block_stop","index":0}

                event: message_delta
                data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":8,"cache_creation_input_tokens":0,"cache_read_input_tokens":2,"output_tokens":3}}

                event: message_stop
                data: {"type":"message_stop"}


                """
        )
    }

    @Test func callsThatComeTogetherStandOneAfterAnother() throws {
        #expect(
            try Self.blocks([
                .start(id: nil, model: nil, usage: nil),
                .blockStart(block: 0, choice: 0, .text), .delta(block: 0, .text("Hm")),
                Self.call(2, "a"), Self.call(5, "b"),
                .delta(block: 5, .arguments("{\"y\":")), .delta(block: 2, .arguments("{\"x\":")),
                .delta(block: 0, .text("late")),
                .delta(block: 5, .arguments("2}")), .blockStop(block: 5), .delta(block: 2, .arguments("1}")),
                .blockStop(block: 2), .blockStop(block: 0), .finish(choice: 0, .toolCalls),
            ]) == ["text Hm", "call a f {\"x\":1}", "call b f {\"y\":2}", "text late"]
        )
    }

    @Test func blocksThatAreNeverStoppedAreWrittenAllTheSame() throws {
        #expect(
            try Self.blocks([
                Self.call(0, "a"), Self.call(1, "b"), .delta(block: 1, .arguments("{}")),
                .blockStart(block: 2, choice: 0, .text), .delta(block: 2, .text("t")), .finish(choice: 0, .stop),
            ]) == ["call a f ", "call b f {}", "text t"]
        )
    }

    @Test func textGivesWayToWhatComesNext() throws {
        #expect(
            try Self.blocks([
                .blockStart(block: 0, choice: 0, .thinking), .delta(block: 0, .text("t1")),
                .blockStart(block: 1, choice: 0, .text), .delta(block: 1, .text("a")),
                .delta(block: 0, .text("t2")), .delta(block: 0, .signature(Signature("S", family: .anthropic))),
                .delta(block: 1, .text("b")), .blockStop(block: 0), .blockStop(block: 1),
            ]) == ["thinking t1 ", "text a", "thinking t2 S", "text b"]
        )
    }

    @Test func aBlockThatSaysNothingIsNotWritten() throws {
        #expect(
            try Self.blocks([
                .blockStart(block: 0, choice: 0, .text), .delta(block: 0, .text("")), .blockStop(block: 0),
                .blockStart(block: 1, choice: 0, .thinking), .blockStop(block: 1),
                .blockStart(block: 2, choice: 0, .whole(Part(.opaque(Opaque(.gemini, ["x": 1]))))),
                .blockStop(block: 2),
                Self.call(3, "a"), .blockStop(block: 3),
                .blockStart(block: 4, choice: 1, .text), .delta(block: 4, .text("other choice")), .blockStop(block: 4),
            ]) == ["call a f "]
        )
    }

    @Test func aForeignSignatureFindsItsWayHome() throws {
        let gemini = Signature("sig+/=", family: .gemini)
        let events: [CanonicalEvent] = [
            .blockStart(block: 0, choice: 0, .thinking), .delta(block: 0, .text("t")),
            .delta(block: 0, .signature(gemini)), .blockStop(block: 0),
            Self.call(1, "a"), .delta(block: 1, .signature(gemini)), .delta(block: 1, .arguments("{}")),
            .blockStop(block: 1), .finish(choice: 0, .toolCalls),
        ]
        let wrapped = gemini.carried(native: .anthropic)
        #expect(try Self.blocks(events) == ["thinking t \(wrapped)", "thinking  \(wrapped)", "call a f {}"])
        let request = try Anthropic.decode(request: [
            "model": "m",
            "messages": [
                [
                    "role": "assistant",
                    "content": [
                        ["type": "thinking", "thinking": "t", "signature": .string(wrapped)],
                        ["type": "thinking", "thinking": "", "signature": .string(wrapped)],
                        ["type": "tool_use", "id": "a", "name": "f", "input": [:]],
                    ],
                ]
            ],
        ])
        let parts = request.messages[0].parts
        #expect(parts.map(\.outline) == ["thinking t", "call a f {}"])
        #expect(parts.map(\.signature) == [gemini, gemini])
    }

    @Test func freeTextIsTheOneArgument() throws {
        #expect(
            try Self.blocks([
                Self.call(0, "a", kind: .custom), .delta(block: 0, .arguments("say \"hi")),
                .delta(block: 0, .arguments("\"\n")), .blockStop(block: 0),
                Self.call(1, "b", kind: .custom), .blockStop(block: 1),
            ]) == [#"call a f {"input":"say \"hi\"\n"}"#, #"call b f {"input":""}"#]
        )
    }

    @Test(arguments: [
        (StopReason.stop, "end_turn"), (.stopSequence("X"), "stop_sequence"), (.length, "max_tokens"),
        (.contextWindow, "model_context_window_exceeded"), (.toolCalls, "tool_use"), (.contentFilter, "refusal"),
        (.refusal("no"), "refusal"), (.pauseTurn, "pause_turn"), (.malformed, "end_turn"), (.other("x"), "end_turn"),
    ])
    func everyReasonHasItsWord(reason: StopReason, word: String) throws {
        let events = try Self.written([.finish(choice: 0, reason)])
        let delta = events[1]["delta"]
        #expect(delta?["stop_reason"]?.asString == word)
        #expect(delta?["stop_sequence"]?.asString == (word == "stop_sequence" ? "X" : nil))
        let answer = CanonicalAnswer(choices: [CanonicalAnswer.Choice(parts: [], stop: reason)])
        let whole = try JSONValue(parsing: AnthropicAnswerEncoder.encode(answer, Anthropic.style))
        #expect(whole["stop_reason"] == delta?["stop_reason"])
        #expect(whole["stop_details"] == delta?["stop_details"])
    }

    @Test func aRefusalIsTextAndAReason() throws {
        let events = try Self.written([
            .blockStart(block: 0, choice: 0, .refusal), .delta(block: 0, .text("I will not.")), .blockStop(block: 0),
            .finish(choice: 0, .stop),
        ])
        #expect(events.contains { $0["delta"]?["text"] == "I will not." })
        #expect(events.contains { $0["delta"]?["stop_reason"] == "refusal" })
    }

    @Test func anErrorIsAnEventOfItsOwn() throws {
        var encoder = AnthropicStreamEncoder(Anthropic.style)
        var bytes: [UInt8] = []
        encoder.write(.start(id: nil, model: nil, usage: nil), into: &bytes)
        encoder.writeError(GatewayError(.overloaded, origin: .upstream, "busy"), request: nil, into: &bytes)
        let last = try #require(try Anthropic.frames(bytes).last)
        #expect(last.name == "error")
        #expect(
            last.text == #"{"type":"error","error":{"type":"overloaded_error","message":"busy"},"request_id":null}"#
        )
    }

    /// Any interleaving of the events of a few blocks gives each block's words in their order.
    @Test(arguments: 0..<200)
    func anyInterleavingIsTold(seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        let kinds = (0..<5).map { _ in Int.random(in: 0..<3, using: &generator) }
        var left = kinds.enumerated().map { block, kind -> [CanonicalEvent] in
            let deltas = (0..<Int.random(in: 0...4, using: &generator)).map { piece -> CanonicalEvent in
                kind == 2
                    ? .delta(block: block, .arguments("\(piece)")) : .delta(block: block, .text("\(block).\(piece) "))
            }
            let start: CanonicalEvent =
                kind == 2
                ? Self.call(block, "id\(block)") : .blockStart(block: block, choice: 0, kind == 0 ? .text : .thinking)
            return [start] + deltas + [.blockStop(block: block)]
        }
        var events: [CanonicalEvent] = []
        while let block = left.indices.filter({ !left[$0].isEmpty }).randomElement(using: &generator) {
            events.append(left[block].removeFirst())
        }
        let blocks = try Self.blocks(events)
        for (block, kind) in kinds.enumerated() {
            let said = events.compactMap { event -> String? in
                switch event {
                case .delta(block, .text(let text)), .delta(block, .arguments(let text)): text
                default: nil
                }
            }.joined()
            if kind == 2 {
                #expect(blocks.contains("call id\(block) f \(said)"))
            } else {
                let prefix = kind == 0 ? "text " : "thinking "
                let found = blocks.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count) }.joined()
                    .split(separator: " ").filter { $0.hasPrefix("\(block).") }
                #expect(found.joined(separator: " ") == said.dropLast())
            }
        }
    }
}
