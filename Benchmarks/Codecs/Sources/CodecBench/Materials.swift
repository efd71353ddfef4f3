import Core
import Dialects
import JSON

/// Bodies and streams of any size, in no dialect.
enum Materials {
    private static let sentence =
        "A traveller asked the keeper: \"which road is short?\"\nand wrote the answer down – at last.\n"

    static func text(_ size: Int) -> String {
        var text = ""
        text.reserveCapacity(size + 128)
        while text.utf8.count < size { text += Self.sentence }
        return text
    }

    static func base64(_ size: Int) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var state: UInt64 = 1
        let bytes = (0..<(size / 4 * 4)).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return alphabet[Int(state >> 58)]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A JSON object of about `size` bytes with nested values and numbers.
    static func arguments(_ size: Int) -> String {
        var rows: [JSONValue] = []
        var length = 0
        while length < size {
            let row: JSONValue = [
                "row": .number(JSONNumber(rows.count)), "path": "src/a \"b\".swift", "on": true, "w": 0.25,
            ]
            length += row.text.utf8.count + 1
            rows.append(row)
        }
        return JSONValue.object(["rows": .array(rows)]).text
    }

    private static let tool = Tool(
        .function(
            FunctionTool(
                name: "edit_file",
                description: "Edits a file.",
                parameters: ["type": "object", "properties": ["rows": ["type": "array", "items": ["type": "object"]]]]
            )
        )
    )

    /// A request whose bulk is a picture, one text, arguments of one call, turns or tools.
    static func request(_ kind: String, _ size: Int) -> CanonicalRequest {
        var request = CanonicalRequest(dialect: .openAIChat, model: "model-1")
        request.maxOutput = 1024
        request.system = [.text("You are a helpful assistant.")]
        switch kind {
        case "picture":
            let media = Media(.base64(Self.base64(size)), type: "image/png")
            request.messages = [Message(.user, [.text("What is this?"), Part(.image(media))])]
        case "turns":
            request.tools = [Self.tool]
            var length = 0
            while length < size {
                let id = "call_\(request.messages.count)"
                let call = ToolCall(id: id, name: "edit_file", arguments: #"{"rows":[{"row":1}]}"#)
                let result = ToolResult(callID: id, parts: [.text("done, and well")])
                request.messages += [
                    Message(.user, [.text("And then?")]), Message(.assistant, [Part(.toolCall(call))]),
                    Message(.user, [Part(.toolResult(result))]), Message(.assistant, [.text(Self.sentence)]),
                ]
                length += 500
            }
            request.messages.append(Message(.user, [.text("So?")]))
        case "tools":
            request.messages = [Message(.user, [.text("Hello")])]
            var length = 0
            while length < size {
                let description = JSONValue.string(Self.sentence)
                let schema: JSONValue = [
                    "type": "object",
                    "properties": [
                        "path": ["type": "string", "description": description],
                        "mode": ["type": ["string", "null"], "enum": ["a", "b"]],
                    ], "required": ["path"], "additionalProperties": false,
                ]
                let name = "tool_\(request.tools.count)"
                request.tools.append(
                    Tool(.function(FunctionTool(name: name, description: "Does it.", parameters: schema)))
                )
                length += 330
            }
        case "arguments":
            request.tools = [Self.tool]
            let call = ToolCall(id: "call_1", name: "edit_file", arguments: Self.arguments(size))
            request.messages = [
                Message(.user, [.text("Do it")]), Message(.assistant, [Part(.toolCall(call))]),
                Message(.user, [Part(.toolResult(ToolResult(callID: "call_1", parts: [.text("done")])))]),
            ]
        default: request.messages = [Message(.user, [.text(Self.text(size))])]
        }
        return request
    }

    /// An answer whose bulk is text, thoughts or the arguments of a call.
    static func answer(_ kind: String, _ size: Int) -> CanonicalAnswer {
        var parts: [Part] = []
        var stop = StopReason.stop
        switch kind {
        case "thoughts":
            parts = [
                Part(.thinking(Self.text(size)), signature: Signature("c2ln", family: .anthropic)), .text("So be it."),
            ]
        case "arguments":
            parts = [Part(.toolCall(ToolCall(id: "call_1", name: "edit_file", arguments: Self.arguments(size))))]
            stop = .toolCalls
        default: parts = [.text(Self.text(size))]
        }
        let usage = Usage(freshInput: 100, output: size / 4)
        return CanonicalAnswer(id: "id_1", model: "model-1", choices: [.init(parts: parts, stop: stop)], usage: usage)
    }

    /// A stream that says `answer` in pieces of about 20 bytes.
    static func events(_ answer: CanonicalAnswer) -> [CanonicalEvent] {
        var events: [CanonicalEvent] = [.start(id: answer.id, model: answer.model, usage: nil)]
        for (block, part) in answer.choices[0].parts.enumerated() {
            switch part.content {
            case .thinking(let text):
                events.append(.blockStart(block: block, choice: 0, .thinking))
                events += Self.pieces(of: text).map { .delta(block: block, .text($0)) }
                if let signature = part.signature { events.append(.delta(block: block, .signature(signature))) }
            case .toolCall(let call):
                events.append(
                    .blockStart(block: block, choice: 0, .toolCall(id: call.id, name: call.name, kind: .function))
                )
                events += Self.pieces(of: call.arguments).map { .delta(block: block, .arguments($0)) }
            case .text(let text):
                events.append(.blockStart(block: block, choice: 0, .text))
                events += Self.pieces(of: text).map { .delta(block: block, .text($0)) }
            default: continue
            }
            events.append(.blockStop(block: block))
        }
        events.append(.finish(choice: 0, answer.choices[0].stop))
        if let usage = answer.usage { events.append(.usage(usage)) }
        return events
    }

    private static func pieces(of text: String) -> [String] {
        var pieces: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            pieces.append(String(rest.prefix(20)))
            rest = rest.dropFirst(20)
        }
        return pieces
    }
}
