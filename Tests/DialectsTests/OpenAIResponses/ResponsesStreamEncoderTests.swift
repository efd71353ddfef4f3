import Core
import Dialects
import JSON
import TestSupport
import Testing

struct ResponsesStreamEncoderTests {
    /// Types of events, with their numbers taken out of the way.
    private static func types(_ events: [JSONValue]) -> [String] {
        events.map { $0["type"]?.asString?.replacing("response.", with: "") ?? "?" }
    }

    @Test func tellsATextStepByStep() throws {
        let events = try Responses.events(
            Responses.write([
                .start(id: "up", model: "gpt", usage: nil), .blockStart(block: 0, choice: 0, .text),
                .delta(block: 0, .text("Hé")), .delta(block: 0, .text("llo \"you\"")), .blockStop(block: 0),
                .finish(choice: 0, .stop), .usage(Usage(freshInput: 3, cacheRead: 2, output: 7, reasoning: 1)),
            ])
        )
        #expect(
            Self.types(events) == [
                "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta",
                "output_text.delta", "output_text.done", "content_part.done", "output_item.done", "completed",
            ]
        )
        #expect(events.compactMap { $0["sequence_number"]?.asInt } == Array(0..<events.count))
        #expect(events[5]["delta"] == "llo \"you\"")
        #expect(events[6]["text"] == "Héllo \"you\"")
        let response = events.last?["response"]
        #expect(response?["id"] == "resp_01ABC")
        #expect(response?["model"] == "gpt")
        #expect(response?["status"] == "completed")
        #expect(response?["output"]?[0] == events[8]["item"])
        #expect(response?["output"]?[0]?["content"]?[0]?["text"] == "Héllo \"you\"")
        let usage: JSONValue = [
            "input_tokens": 5, "input_tokens_details": ["cached_tokens": 2, "cache_write_tokens": 0],
            "output_tokens": 7, "output_tokens_details": ["reasoning_tokens": 1], "total_tokens": 12,
        ]
        #expect(response?["usage"] == usage)
    }

    @Test func namesEveryEventByItsType() throws {
        let events = chatEvents(telling: [Part(.thinking("Hm")), .text("Hi")])
        for frame in try Responses.frames(Responses.write(events)) {
            #expect(frame.name == (try JSONValue(parsing: frame.data))["type"]?.asString)
        }
    }

    @Test func keepsParallelCallsApart() throws {
        let events = try Responses.events(
            Responses.write([
                .start(id: nil, model: nil, usage: nil),
                .blockStart(block: 0, choice: 0, .toolCall(id: "a", name: "f", kind: .function)),
                .blockStart(block: 1, choice: 0, .toolCall(id: "b", name: "g", kind: .custom)),
                .delta(block: 1, .arguments("r")), .delta(block: 0, .arguments("{\"x\":")),
                .delta(block: 1, .arguments("aw")), .delta(block: 0, .arguments("1.0}")), .blockStop(block: 0),
                .blockStart(block: 2, choice: 0, .toolCall(id: "c", name: "h", kind: .function)), .blockStop(block: 2),
                .blockStop(block: 1), .finish(choice: 0, .toolCalls),
            ])
        )
        let output = events.last?["response"]?["output"]
        #expect(output?[0]?["arguments"] == "{\"x\":1.0}")
        #expect(output?[0]?["call_id"] == "a")
        #expect(output?[1]?["type"] == "custom_tool_call")
        #expect(output?[1]?["input"] == "raw")
        // A function without arguments was called with an empty object.
        #expect(output?[2]?["arguments"] == "{}")
        let deltas = events.filter { $0["type"]?.asString?.hasSuffix(".delta") == true }
        #expect(deltas.map { $0["output_index"]?.asInt } == [1, 0, 1, 0, 2])
        for event in events where event["item_id"] != nil {
            #expect(event["item_id"] == output?[event["output_index"]?.asInt ?? -1]?["id"])
        }
    }

    @Test func showsReasoningAsASummary() throws {
        let signature = Signature("sig", family: .anthropic)
        let events = try Responses.events(
            Responses.write(chatEvents(telling: [Part(.thinking("Hmm"), signature: signature), .text("Hi")]))
        )
        #expect(
            Self.types(events).dropFirst(2).prefix(7) == [
                "output_item.added", "reasoning_summary_part.added", "reasoning_summary_text.delta",
                "reasoning_summary_text.delta", "reasoning_summary_text.done", "reasoning_summary_part.done",
                "output_item.done",
            ]
        )
        let item = events.last?["response"]?["output"]?[0]
        #expect(item?["summary"] == [["type": "summary_text", "text": "Hmm"]])
        #expect(item?["encrypted_content"]?.asString == signature.carried(native: nil))
    }

    @Test func keepsTextsThatStandTogetherInOneMessage() throws {
        let parts: [Part] = [.text("a"), .text("b"), Part(.toolCall(ToolCall(id: "c", name: "f", arguments: "{}")))]
        let events = try Responses.events(Responses.write(chatEvents(telling: parts + [.text("d")])))
        let output = events.last?["response"]?["output"]?.asArray
        #expect(output?.map { $0["type"]?.asString } == ["message", "function_call", "message"])
        #expect(output?[0]["content"]?.asArray?.map { $0["text"]?.asString } == ["a", "b"])
        // The message is done before the call begins.
        let done = events.firstIndex { $0["type"] == "response.output_item.done" } ?? .max
        let added = events.lastIndex { $0["type"] == "response.output_item.added" && $0["output_index"] == 1 } ?? -1
        #expect(done < added)
    }

    @Test func leavesOutBlocksThatSayNothing() throws {
        let events = try Responses.events(
            Responses.write([
                .start(id: nil, model: nil, usage: nil), .blockStart(block: 0, choice: 0, .thinking),
                .blockStop(block: 0),
                .blockStart(block: 3, choice: 0, .text), .delta(block: 3, .text("")), .blockStop(block: 3),
                .blockStart(block: 4, choice: 1, .text), .delta(block: 4, .text("other choice")), .blockStop(block: 4),
                .delta(block: 9, .text("nowhere")), .finish(choice: 0, .stop),
            ])
        )
        #expect(Self.types(events) == ["created", "in_progress", "completed"])
    }

    @Test(
        arguments: [
            (StopReason.length, "incomplete", "max_output_tokens"), (.contextWindow, "incomplete", "max_output_tokens"),
            (.contentFilter, "incomplete", "content_filter"), (.malformed, "failed", nil),
            (.pauseTurn, "completed", nil),
        ] as [(StopReason, String, String?)]
    )
    func saysWhyItEnded(_ reason: StopReason, _ status: String, _ detail: String?) throws {
        let events = try Responses.events(Responses.write(chatEvents(telling: [.text("Hi")], stop: reason)))
        let response = events.last?["response"]
        #expect(events.last?["type"]?.asString == "response.\(status)")
        #expect(response?["status"]?.asString == status)
        #expect(response?["incomplete_details"]?["reason"]?.asString == detail)
        #expect(response?["output"]?[0]?["status"] == (status == "incomplete" ? "incomplete" : "completed"))
    }

    @Test func writesARefusalInWords() throws {
        let events = try Responses.events(Responses.write(chatEvents(telling: [], stop: .refusal("Not that"))))
        #expect(events.contains { $0["type"] == "response.refusal.done" && $0["refusal"] == "Not that" })
        let content: JSONValue? = [["type": "refusal", "refusal": "Not that"]]
        #expect(events.last?["response"]?["output"]?[0]?["content"] == content)
    }

    @Test func annotatesTheTextThatRestsOnASource() throws {
        let citation = Opaque(.anthropicMessages, ["url": "https://a", "title": "A"])
        let events = try Responses.events(
            Responses.write([
                .start(id: nil, model: nil, usage: nil), .blockStart(block: 0, choice: 0, .text),
                .delta(block: 0, .text("Hé")), .delta(block: 0, .citation(citation)), .blockStop(block: 0),
                .finish(choice: 0, .stop),
            ])
        )
        let annotation: JSONValue = [
            "type": "url_citation", "start_index": 0, "end_index": 2, "url": "https://a", "title": "A",
        ]
        #expect(events.first { $0["annotation"] != nil }?["annotation"] == annotation)
        #expect(events.last?["response"]?["output"]?[0]?["content"]?[0]?["annotations"] == [annotation])
    }

    @Test func raisesAnErrorAndFails() throws {
        var encoder = ResponsesStreamEncoder(Responses.style)
        var bytes: [UInt8] = []
        encoder.write(.start(id: nil, model: nil, usage: nil), into: &bytes)
        encoder.write(.blockStart(block: 0, choice: 0, .text), into: &bytes)
        encoder.write(.delta(block: 0, .text("Hi")), into: &bytes)
        encoder.writeHeartbeat(into: &bytes)
        let error = GatewayError(.contextLength, origin: .upstream, "Too long")
        encoder.writeError(error, request: nil, into: &bytes)
        let frames = try Responses.frames(bytes).suffix(2).map { ($0.name, try JSONValue(parsing: $0.data)) }
        #expect(frames[0].0 == "error")
        #expect(frames[0].1["error"]?["code"] == "context_length_exceeded")
        #expect(frames[1].1["type"] == "response.failed")
        #expect(frames[1].1["response"]?["error"] == ["code": "context_length_exceeded", "message": "Too long"])
        #expect(frames[1].1["response"]?["output"]?[0]?["content"]?[0]?["text"] == "Hi")
        #expect(String(decoding: bytes, as: UTF8.self).contains("\n\n: keep-alive\n\n"))
    }

    @Test func repeatsTheRequestsFields() throws {
        var style = Responses.style
        style.echo = ["instructions": "Be brief", "temperature": 0.2, "text": ["verbosity": "low"], "tools": []]
        let response = try Responses.encode([.text("Hi")], style)
        #expect(response["instructions"] == "Be brief")
        #expect(response["temperature"] == 0.2)
        #expect(response["text"] == ["format": ["type": "text"], "verbosity": "low"])
        #expect(response["parallel_tool_calls"] == true)
        #expect(response["tool_choice"] == "auto")
    }

    @Test func keepsTheResponseThatEndsTheStream() throws {
        var encoder = ResponsesStreamEncoder(Responses.style)
        var bytes: [UInt8] = []
        for event in chatEvents(telling: [.text("Hi")]) { encoder.write(event, into: &bytes) }
        encoder.writeEnd(into: &bytes)
        #expect(try JSONValue(parsing: encoder.response) == Responses.events(bytes).last?["response"])
    }

    @Test(arguments: 0..<60)
    func whatIsWrittenIsReadBack(_ seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        var parts: [Part] = []
        for at in 0..<Int.random(in: 1...6, using: &generator) {
            let own = Signature(#"{"id":"rs_\#(at)","encrypted_content":"b\#(at)"}"#, family: .openAI)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: parts.append(.text("té\"xt \(at)\n"))
            case 1: parts.append(Part(.thinking("think \(at)"), signature: own))
            case 2: parts.append(Part(.toolCall(ToolCall(id: "c\(at)", name: "f", arguments: "{\"n\":\(at).0}"))))
            default:
                parts.append(Part(.toolCall(ToolCall(id: "c\(at)", name: "g", arguments: "raw", kind: .custom))))
            }
        }
        var events = chatEvents(telling: parts)
        events.append(.usage(Usage(freshInput: 1, cacheRead: 2, cacheWrite: 3, output: 9, reasoning: 4)))
        let callsTools = parts.contains { if case .toolCall = $0.content { true } else { false } }
        let whole = CanonicalAnswer(choices: [.init(parts: parts, stop: .stop)])
        let streamed = Responses.write(events)
        let reading = ResponsesReading(try Responses.frames(streamed))
        #expect(reading.failure == nil)
        #expect(reading.isOrderly)
        #expect(reading.answer.choices[0].stop == (callsTools ? .toolCalls : .stop))
        #expect(reading.answer.usage?.total == 15)
        let read = try Responses.decode(answer: ResponsesAnswerEncoder.encode(whole, Responses.style))
        #expect(read.lines == parts.map(\.summary))
        // A stream's items have ids of ours, around which the original is wrapped.
        #expect(reading.answer.lines.map { $0.prefix(9) } == parts.map { $0.summary.prefix(9) })
        // What a client hands back of the stream is what the model made.
        let items = try Responses.events(streamed).last?["response"]?["output"]?.asArray ?? []
        let request = try Responses.decode(input: .array([["role": "user", "content": "x"]] + items))
        #expect(request.messages.dropFirst().flatMap(\.parts).map(\.summary) == parts.map(\.summary))
    }
}
