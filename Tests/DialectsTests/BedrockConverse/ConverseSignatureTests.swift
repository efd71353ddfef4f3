import Core
import Dialects
import JSON
import Testing

/// Signatures of calls, which Converse has no place for, on their way through a Converse client.
struct ConverseSignatureTests {
    private static let signature = Signature("CpQB+/==", family: .gemini)
    private static let call = ToolCall(id: "call-1", name: "weather", arguments: #"{"city":"Oslo"}"#)

    /// The request a client makes that sends `message` back.
    private static func replayed(_ message: JSONValue) throws -> [Part] {
        let body: JSONValue = [
            "messages": [["role": "user", "content": [["text": "go"]]], message]
        ]
        return try #require(try converseRequest(body.text).messages.last).parts
    }

    private static func check(_ parts: [Part]) throws {
        try #require(parts.count == 3)
        guard case .thinking("hm") = parts[0].content, case .toolCall(let first) = parts[1].content,
            case .toolCall(let second) = parts[2].content
        else {
            Issue.record("other parts: \(parts)")
            return
        }
        #expect(first == Self.call)
        #expect(parts[1].signature == Self.signature)
        #expect(second.id == "call-2")
        #expect(parts[2].signature == nil)
    }

    private static var second: ToolCall { ToolCall(id: "call-2", name: "weather", arguments: "{}") }

    @Test func comeBackFromAWholeAnswer() throws {
        let parts = [
            Part(.thinking("hm")), Part(.toolCall(Self.call), signature: Self.signature), Part(.toolCall(Self.second)),
        ]
        let answer = CanonicalAnswer(choices: [.init(parts: parts, stop: .toolCalls)])
        let body = ConverseAnswerEncoder.encode(answer, ReplyStyle(id: "r", model: "m", created: 1))
        let message = try #require(try JSONValue(parsing: body)["output"]?["message"])
        try Self.check(try Self.replayed(message))
    }

    @Test func comeBackFromAStream() throws {
        var encoder = ConverseStreamEncoder(ReplyStyle(id: "r", model: "m", created: 1))
        var bytes: [UInt8] = []
        let events: [CanonicalEvent] = [
            .start(id: nil, model: nil, usage: nil), .blockStart(block: 0, choice: 0, .thinking),
            .delta(block: 0, .text("hm")),
            .blockStart(block: 1, choice: 0, .toolCall(id: Self.call.id, name: Self.call.name, kind: .function)),
            .delta(block: 1, .signature(Self.signature)), .delta(block: 1, .arguments(Self.call.arguments)),
            .blockStop(block: 0), .blockStop(block: 1),
            .blockStart(block: 2, choice: 0, .toolCall(id: "call-2", name: "weather", kind: .function)),
            .blockStop(block: 2), .finish(choice: 0, .toolCalls),
        ]
        for event in events { encoder.write(event, into: &bytes) }
        encoder.writeEnd(into: &bytes)
        // The message as a client gathers it: blocks by number, texts and inputs joined.
        var blocks: [Int: JSONObject] = [:]
        for frame in try ConverseFrame.all(in: bytes) {
            guard let index = frame.value["contentBlockIndex"]?.asInt else { continue }
            if let call = frame.value["start"]?["toolUse"] {
                var call = call
                call["input"] = ""
                #expect(blocks[index] == nil)
                blocks[index] = ["toolUse": call]
            }
            if let delta = frame.value["delta"]?["toolUse"]?["input"]?.asString {
                let input = (blocks[index]?["toolUse"]?["input"]?.asString ?? "") + delta
                var call = try #require(blocks[index]?["toolUse"])
                call["input"] = .string(input)
                blocks[index] = ["toolUse": call]
            }
            if let delta = frame.value["delta"]?["reasoningContent"]?.asObject {
                var reasoning = blocks[index]?["reasoningContent"]?["reasoningText"]?.asObject ?? JSONObject()
                for (key, value) in delta {
                    reasoning[key] = .string((reasoning[key]?.asString ?? "") + (value.asString ?? ""))
                }
                blocks[index] = ["reasoningContent": ["reasoningText": .object(reasoning)]]
            }
        }
        #expect(blocks.keys.sorted() == [0, 1, 2, 3])
        let content = try blocks.keys.sorted().compactMap { blocks[$0] }.map { block -> JSONValue in
            guard var call = block["toolUse"], let input = call["input"]?.asString else { return .object(block) }
            call["input"] = try JSONValue(parsing: input)
            return ["toolUse": call]
        }
        try Self.check(try Self.replayed(["role": "assistant", "content": .array(content)]))
    }

    @Test func claudesEmptyThoughtsStayThoughts() throws {
        let message: JSONValue = [
            "role": "assistant",
            "content": [
                ["reasoningContent": ["reasoningText": ["text": "", "signature": "EqQB"]]],
                ["toolUse": ["toolUseId": "call-1", "name": "weather", "input": [:]]],
            ],
        ]
        let parts = try Self.replayed(message)
        #expect(parts.count == 2)
        #expect(parts.first?.signature == Signature("EqQB", family: .anthropic))
        #expect(parts.last?.signature == nil)
    }
}
