import Core
import Dialects
import Foundation
import JSON
import TestSupport
import Testing

struct ConverseStreamDecoderTests {
    private static let end: [(String, String)] = [
        ("messageStop", #"{"stopReason":"end_turn"}"#),
        ("metadata", #"{"usage":{"inputTokens":3,"outputTokens":4,"totalTokens":7},"metrics":{"latencyMs":1}}"#),
    ]

    @Test
    func beginsBlocksThatDoNotAnnounceThemselves() {
        let stream = ConverseStream(
            [
                ("messageStart", #"{"p":"ab","role":"assistant"}"#),
                ("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"text":""},"p":"a"}"#),
                ("contentBlockStop", #"{"contentBlockIndex":0}"#),
                ("contentBlockDelta", #"{"contentBlockIndex":1,"delta":{"reasoningContent":{"text":"hm"}}}"#),
                ("contentBlockDelta", #"{"contentBlockIndex":1,"delta":{"reasoningContent":{"signature":"si"}}}"#),
                ("contentBlockDelta", #"{"contentBlockIndex":1,"delta":{"reasoningContent":{"signature":"g"}}}"#),
                ("contentBlockStop", #"{"contentBlockIndex":1}"#),
                (
                    "contentBlockDelta",
                    #"{"delta":{"reasoningContent":{"redactedContent":"RXFRQkNn"}},"contentBlockIndex":2}"#
                ),
                ("contentBlockStop", #"{"contentBlockIndex":2}"#),
                ("contentBlockDelta", #"{"contentBlockIndex":3,"delta":{"citation":{"title":"t"}}}"#),
                ("contentBlockDelta", #"{"contentBlockIndex":3,"delta":{"text":"Gr\u00fc\u00dfe"}}"#),
                ("contentBlockStop", #"{"contentBlockIndex":3}"#),
            ] + Self.end
        )
        #expect(stream.failure == nil)
        #expect(
            stream.lines == [
                "start", "0 thinking", "0 + hm", "0 # sig", "0 stop", "1 redacted", "1 # EqQBCg", "1 stop", "2 text",
                #"2 @ {"title":"t"}"#, "2 + Grüße", "2 stop", "finish stop", "usage 3 0 0 4", "end",
            ]
        )
    }

    @Test
    func readsCallsAndWhatTheProviderRanItself() {
        let stream = ConverseStream(
            [
                ("messageStart", #"{"role":"assistant"}"#),
                (
                    "contentBlockStart",
                    #"{"contentBlockIndex":0,"start":{"toolUse":{"name":"py","toolUseId":"s","type":"server_tool_use"}}}"#
                ),
                ("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{\"a\":"}}}"#),
                ("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"toolUse":{"input":"1.0}"}}}"#),
                ("contentBlockStop", #"{"contentBlockIndex":0}"#),
                ("contentBlockStart", #"{"contentBlockIndex":1,"start":{"toolResult":{"toolUseId":"s","type":"r"}}}"#),
                ("contentBlockDelta", #"{"contentBlockIndex":1,"delta":{"toolResult":[{"json":{"out":"1"}}]}}"#),
                ("contentBlockStop", #"{"contentBlockIndex":1}"#),
                ("contentBlockStart", #"{"contentBlockIndex":2,"start":{"toolUse":{"name":"f","toolUseId":"t"}}}"#),
                ("contentBlockDelta", #"{"contentBlockIndex":2,"delta":{"toolUse":{"input":""}}}"#),
                ("contentBlockDelta", #"{"contentBlockIndex":2,"delta":{"toolUse":{"input":"{\"b\":2}"}}}"#),
                ("contentBlockStop", #"{"contentBlockIndex":2}"#),
                ("contentBlockStart", #"{"contentBlockIndex":3,"start":{"image":{"format":"png"}}}"#),
                ("contentBlockDelta", #"{"contentBlockIndex":3,"delta":{"image":{"source":{"bytes":"iVBO"}}}}"#),
                ("contentBlockStop", #"{"contentBlockIndex":3}"#),
            ] + Self.end
        )
        #expect(
            stream.lines == [
                "start",
                #"0 whole {"toolUse":{"name":"py","toolUseId":"s","type":"server_tool_use","input":{"a":1.0}}} of 0"#,
                "0 stop", #"1 whole {"toolResult":{"toolUseId":"s","type":"r","content":[{"json":{"out":"1"}}]}} of 0"#,
                "1 stop", "2 call t f", #"2 ~ {"b":2}"#, "2 stop", #"3 whole image/png base64("iVBO") of 0"#, "3 stop",
                "finish toolCalls", "usage 3 0 0 4", "end",
            ]
        )
    }

    @Test
    func stopsEveryBlockBeforeItFinishes() {
        let stream = ConverseStream(
            [("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"text":"a"}}"#)] + Self.end
        )
        #expect(stream.lines == ["start", "0 text", "0 + a", "0 stop", "finish stop", "usage 3 0 0 4", "end"])
    }

    @Test
    func passesOverWhatItDoesNotKnow() {
        let stream = ConverseStream(
            [
                ("messageStart", #"{"role":"assistant","future":[1]}"#), ("heartbeat", "not even JSON"),
                ("contentBlockStart", #"{"contentBlockIndex":0,"start":{"novelty":{}}}"#),
                ("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"novelty":{"text":"a"}}}"#),
                ("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{}}"#),
                ("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}}"#),
                ("contentBlockStop", #"{"contentBlockIndex":9}"#),
            ] + Self.end
        )
        #expect(stream.lines == ["start", "finish stop", "usage 3 0 0 4", "end"])
    }

    @Test
    func passesOverContentBehindTheEndOfTheMessage() {
        let late = [("contentBlockDelta", #"{"contentBlockIndex":0,"delta":{"text":"late"}}"#), Self.end[0]]
        let stream = ConverseStream([Self.end[0]] + late + [Self.end[1]] + late)
        #expect(stream.lines == ["start", "finish stop", "usage 3 0 0 4", "end"])
    }

    @Test
    func endsOnlyWithTheUsageBehindTheStop() {
        let cut = ConverseStream([Self.end[0]])
        #expect(cut.failure?.code == .truncatedStream)
        #expect(cut.failure?.retry == .sameTarget)
        #expect(!cut.hasEnd)
        let swapped = ConverseStream([Self.end[1], Self.end[0]])
        #expect(swapped.lines == ["start", "usage 3 0 0 4", "finish stop", "end"])
        let empty = ConverseStream([(String, String)]())
        #expect(empty.failure?.code == .upstreamError)
    }

    @Test(
        arguments: [
            ("throttlingException", #"{"message":"Too many tokens"}"#, .rateLimit, "Too many tokens"),
            (
                "modelStreamErrorException", #"{"message":"Broken","originalStatusCode":500}"#, .upstreamError, "Broken"
            ),
            ("serviceUnavailableException", #"{"message":"Busy"}"#, .overloaded, "Busy"),
            ("validationException", #"{"message":"Input is too long"}"#, .contextLength, "Input is too long"),
            ("InternalFailure", "boom", .upstreamError, "boom"),
        ] as [(String, String, GatewayError.Code, String)]
    )
    func throwsWhatTheProviderThrows(name: String, payload: String, code: GatewayError.Code, message: String) {
        let stream = ConverseStream([
            ConverseFrame(name: "messageStart", payload: "{}"),
            ConverseFrame(isException: true, name: name, payload: payload),
        ])
        #expect(stream.failure?.code == code)
        #expect(stream.failure?.message == message)
        #expect(!stream.hasEnd)
    }

    @Test(arguments: ["", "{", "[]", #"{"contentBlockIndex":0,"delta":{"text":"\ud8"}}"#])
    func refusesDeltasThatAreNoJSON(payload: String) {
        let stream = ConverseStream([("contentBlockDelta", payload)])
        #expect(stream.failure?.code == .upstreamError)
    }

    @Test
    func readsErrorsOfTheFramingByTheirHeaders() throws {
        var bytes: [UInt8] = []
        EventStreamEncoder.append(
            headers: [
                (":message-type", .string("error")), (":error-code", .string("throttlingException")),
                (":error-message", .string("Slow down")),
            ],
            payload: [],
            to: &bytes
        )
        let stream = ConverseStream(try ConverseFrame.all(in: bytes))
        #expect(stream.failure?.code == .rateLimit)
        #expect(stream.failure?.message == "Slow down")
    }

    // MARK: Recordings

    @Test(arguments: ConverseRecording.streams)
    func readsRecordings(recording: ConverseRecording) throws {
        let frames = try ConverseFrame.all(in: recording.body)
        let stream = ConverseStream(frames, family: recording.family)
        #expect(stream.failure == nil)
        #expect(stream.hasEnd)
        let answer = stream.answer
        // Counted anew from the raw events.
        var text = ""
        var thinking = ""
        var inputs = ""
        var blobs: [String] = []
        var signatures = ""
        var names: [String] = []
        var servers: Set<Int> = []
        for frame in frames {
            let value = frame.value
            let index = value["contentBlockIndex"]?.asInt ?? -1
            if let call = value["start"]?["toolUse"] {
                if call["type"]?.asString == "server_tool_use" {
                    servers.insert(index)
                } else {
                    names.append(call["name"]?.asString ?? "")
                }
            }
            let delta = value["delta"]
            text += delta?["text"]?.asString ?? ""
            thinking += delta?["reasoningContent"]?["text"]?.asString ?? ""
            signatures += delta?["reasoningContent"]?["signature"]?.asString ?? ""
            if let blob = delta?["reasoningContent"]?["redactedContent"]?.asString { blobs.append(blob) }
            if !servers.contains(index) { inputs += delta?["toolUse"]?["input"]?.asString ?? "" }
        }
        let parts = answer.choices[0].parts
        #expect(parts.compactMap(\.text).joined() == text)
        #expect(parts.map { if case .thinking(let text) = $0.content { text } else { "" } }.joined() == thinking)
        let calls = parts.compactMap { part -> ToolCall? in
            if case .toolCall(let call) = part.content { call } else { nil }
        }
        #expect(calls.map(\.name) == names)
        #expect(calls.map(\.arguments).joined() == inputs)
        let redacted = parts.filter { if case .redactedThinking = $0.content { true } else { false } }
        #expect(
            redacted.compactMap { $0.signature.map { Data($0.value.utf8).base64EncodedString() } } == blobs
        )
        let signed = parts.filter { if case .thinking = $0.content { $0.signature != nil } else { false } }
        #expect(signed.compactMap(\.signature?.value).joined() == signatures)
        let last = try #require(frames.last)
        #expect(last.name == "metadata")
        #expect(answer.usage?.freshInput == last.value["usage"]?["inputTokens"]?.asInt)
        #expect(answer.usage?.output == last.value["usage"]?["outputTokens"]?.asInt)
        #expect((answer.choices[0].stop == .toolCalls) == !calls.isEmpty)
    }

    @Test(arguments: ConverseRecording.streams)
    func neverEndsACutStream(recording: ConverseRecording) throws {
        let frames = try ConverseFrame.all(in: recording.body)
        for count in 0..<frames.count {
            let stream = ConverseStream(Array(frames[..<count]), family: recording.family)
            #expect(!stream.hasEnd)
            #expect(stream.failure?.code == (count == 0 ? .upstreamError : .truncatedStream))
        }
    }

    @Test(arguments: 0..<60)
    func neverCrashesOnMutations(seed: Int) throws {
        let recordings = ConverseRecording.streams
        guard !recordings.isEmpty else { return }
        var random = SeededGenerator(seed: seed)
        let recording = recordings[Int.random(in: 0..<recordings.count, using: &random)]
        var frames = try ConverseFrame.all(in: recording.body)
        for _ in 0..<10 {
            let at = Int.random(in: 0..<frames.count, using: &random)
            var bytes = Array(frames[at].payload.utf8)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
            case 1:
                bytes[Int.random(in: 0..<max(1, bytes.count), using: &random)] = UInt8.random(
                    in: 32..<127,
                    using: &random
                )
            case 2: frames.swapAt(at, Int.random(in: 0..<frames.count, using: &random))
            default: frames[at].name = frames[Int.random(in: 0..<frames.count, using: &random)].name
            }
            if !bytes.isEmpty { frames[at].payload = String(decoding: bytes, as: UTF8.self) }
        }
        let stream = ConverseStream(frames, family: recording.family)
        // Whatever comes, blocks begin before they go on, and nothing stays open at the end.
        var open: Set<Int> = []
        for event in stream.events {
            switch event {
            case .blockStart(let block, _, _): #expect(open.insert(block).inserted)
            case .delta(let block, _): #expect(open.contains(block))
            case .blockStop(let block): #expect(open.remove(block) != nil)
            case .finish: #expect(open.isEmpty)
            default: break
            }
        }
        #expect(!stream.hasEnd || open.isEmpty)
    }
}

struct ConverseStreamEncoderTests {
    private static func write(_ events: [CanonicalEvent]) throws -> [ConverseFrame] {
        var encoder = ConverseStreamEncoder(ReplyStyle(id: "r", model: "m", created: 1))
        var bytes: [UInt8] = []
        for event in events {
            encoder.write(event, into: &bytes)
            encoder.writeHeartbeat(into: &bytes)
        }
        encoder.writeEnd(into: &bytes)
        return try ConverseFrame.all(in: bytes)
    }

    @Test
    func writesOneBlockAfterTheOther() throws {
        let frames = try Self.write([
            .start(id: "x", model: "y", usage: nil), .heartbeat, .blockStart(block: 0, choice: 0, .text),
            .blockStart(block: 3, choice: 0, .toolCall(id: "a", name: "f", kind: .function)),
            .blockStart(block: 5, choice: 1, .text), .delta(block: 5, .text("another choice")),
            .delta(block: 3, .arguments("{\"a\"")), .delta(block: 0, .text("He")),
            .blockStart(block: 7, choice: 0, .toolCall(id: "b", name: "g", kind: .function)), .blockStop(block: 7),
            .delta(block: 3, .arguments(":1}")), .delta(block: 0, .text("y")), .blockStop(block: 0),
            .blockStop(block: 3), .blockStop(block: 5), .finish(choice: 1, .stop), .finish(choice: 0, .toolCalls),
            .usage(Usage(freshInput: 1, output: 2)),
        ])
        let lines = frames.map { "\($0.name) \($0.payload)" }
        #expect(
            lines == [
                #"messageStart {"role":"assistant"}"#,
                #"contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"He"}}"#,
                #"contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"y"}}"#,
                #"contentBlockStop {"contentBlockIndex":0}"#,
                #"contentBlockStart {"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"a","name":"f"}}}"#,
                #"contentBlockDelta {"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"a\":1}"}}}"#,
                #"contentBlockStop {"contentBlockIndex":1}"#,
                #"contentBlockStart {"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"b","name":"g"}}}"#,
                #"contentBlockDelta {"contentBlockIndex":2,"delta":{"toolUse":{"input":"{}"}}}"#,
                #"contentBlockStop {"contentBlockIndex":2}"#, #"messageStop {"stopReason":"tool_use"}"#,
                #"metadata {"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3},"metrics":{"latencyMs":0}}"#,
            ]
        )
    }

    @Test
    func writesReasoningAndSkipsBlocksWithoutAWord() throws {
        let frames = try Self.write([
            .blockStart(block: 0, choice: 0, .text), .delta(block: 0, .text("")), .blockStop(block: 0),
            .blockStart(block: 1, choice: 0, .thinking), .delta(block: 1, .text("hm")),
            .delta(block: 1, .signature(Signature("s", family: .anthropic))), .blockStop(block: 1),
            .blockStart(block: 2, choice: 0, .redactedThinking),
            .delta(block: 2, .signature(Signature("EqQBCg", family: .anthropic))), .blockStop(block: 2),
            .blockStart(block: 3, choice: 0, .refusal), .delta(block: 3, .text("No.")), .blockStop(block: 3),
            .finish(choice: 0, .refusal("No.")),
        ])
        #expect(
            frames.filter { $0.name == "contentBlockDelta" }.map { $0.value["delta"]?.text } == [
                #"{"reasoningContent":{"text":"hm"}}"#, #"{"reasoningContent":{"signature":"s"}}"#,
                #"{"reasoningContent":{"redactedContent":"RXFRQkNn"}}"#, #"{"text":"No."}"#,
            ]
        )
        #expect(frames.compactMap { $0.value["contentBlockIndex"]?.asInt } == [0, 0, 0, 1, 1, 2, 2])
        #expect(frames[frames.count - 2].value == ["stopReason": "content_filtered"])
    }

    @Test
    func closesWhatWasLeftOpenAndEndsEvenAnEmptyStream() throws {
        let open = try Self.write([.blockStart(block: 0, choice: 0, .text), .delta(block: 0, .text("a"))])
        #expect(
            open.map(\.name) == ["messageStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"]
        )
        let empty = try Self.write([])
        #expect(empty.map(\.name) == ["messageStart", "messageStop", "metadata"])
    }

    @Test(arguments: ConverseRecording.streams)
    func readsBackWhatItWritesOfRecordings(recording: ConverseRecording) throws {
        let first = ConverseStream(try ConverseFrame.all(in: recording.body), family: .anthropic)
        let frames = try Self.write(first.events)
        let second = ConverseStream(frames, family: .anthropic)
        #expect(second.failure == nil)
        #expect(second.lines == first.lines)
    }

    /// Several blocks that begin, go on and end in any order, and what of each must come out.
    @Test(arguments: 0..<100)
    func losesNothingOfBlocksInAnyInterleaving(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        var events: [CanonicalEvent] = [.start(id: nil, model: nil, usage: nil)]
        var expected: [String] = []
        var open: [Int] = []
        var next = 0
        for step in 0..<80 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0:
                let isCall = Bool.random(using: &random)
                let kind: CanonicalEvent.BlockKind =
                    isCall ? .toolCall(id: "\(next)", name: "f", kind: .function) : .text
                events.append(.blockStart(block: next * 2, choice: 0, kind))
                open.append(next)
                expected.append(isCall ? "~" : "+")
                next += 1
            case 1:
                guard let block = open.randomElement(using: &random) else { continue }
                events.append(.blockStop(block: block * 2))
                open.removeAll { $0 == block }
            default:
                guard let block = open.randomElement(using: &random) else { continue }
                let isCall = expected[block].hasPrefix("~")
                events.append(.delta(block: block * 2, isCall ? .arguments("\(step),") : .text("\(step),")))
                expected[block] += "\(step),"
            }
        }
        for block in open { events.append(.blockStop(block: block * 2)) }
        events.append(.finish(choice: 0, .stop))
        let frames = try Self.write(events)
        var found: [String] = []
        for frame in frames where frame.name == "contentBlockDelta" {
            let index = try #require(frame.value["contentBlockIndex"]?.asInt)
            #expect(index == found.count || index == found.count - 1)
            let text = frame.value["delta"]?["text"]?.asString
            let input = frame.value["delta"]?["toolUse"]?["input"]?.asString
            if index == found.count { found.append(text == nil ? "~" : "+") }
            found[index] += text ?? input ?? ""
        }
        let written = expected.map { $0 == "~" ? "~{}" : $0 }.filter { $0 != "+" }
        #expect(found == written)
    }
}
