internal import Core
internal import JSON

/// Reads the messages of a request, one after another.
struct ChatMessageDecoder {
    /// What the system and developer messages at the head say.
    private(set) var system: [Part] = []
    private(set) var messages: [Message] = []
    private var isHead = true
    /// Whether the last turn holds results, and a further one belongs to it.
    private var holdsResults = false
    /// The id made for the last call of each function that was called the old way, which has none.
    private var legacyCalls: [String: String] = [:]

    /// What stands for an id that is empty, in calls and results alike, so that they still find each other.
    private static let blankID = "call"

    /// Reads the message at `index`.
    mutating func read(_ value: JSONValue, at index: Int) throws(GatewayError) {
        let message = try ChatField.object(value, "messages[\(index)]")
        let role = try ChatField.required(message, "role", in: "messages[\(index)]")
        switch try ChatField.string(role, "messages[\(index)].role") {
        case "system", "developer": try self.readSystem(message, index)
        case "user": try self.readUser(message, index)
        case "assistant": try self.readAssistant(message, index)
        case "tool": try self.readResult(message, index)
        case "function": try self.readLegacyResult(message, index)
        default:
            throw ChatField.wrong(
                "messages[\(index)].role",
                "'system', 'developer', 'user', 'assistant', 'tool' or 'function'"
            )
        }
    }

    private mutating func append(_ message: Message) {
        self.isHead = false
        self.holdsResults = false
        self.messages.append(message)
    }

    private mutating func readSystem(_ message: JSONObject, _ index: Int) throws(GatewayError) {
        let content = try ChatField.required(message, "content", in: "messages[\(index)]")
        var parts = try ChatContentDecoder.parts(content, in: .system) { "messages[\(index)].content" }
        Self.mark(&parts, by: message)
        if self.isHead {
            self.system.append(contentsOf: parts)
        } else {
            let name = try ChatField.string(message, "name", in: "messages[\(index)]")
            self.append(Message(.system, parts, name: name))
        }
    }

    private mutating func readUser(_ message: JSONObject, _ index: Int) throws(GatewayError) {
        let content = try ChatField.required(message, "content", in: "messages[\(index)]")
        var parts = try ChatContentDecoder.parts(content, in: .user) { "messages[\(index)].content" }
        Self.mark(&parts, by: message)
        let name = try ChatField.string(message, "name", in: "messages[\(index)]")
        self.append(Message(.user, parts, name: name))
    }

    /// A hint beside the content is one on its last part.
    private static func mark(_ parts: inout [Part], by message: JSONObject) {
        guard !parts.isEmpty, let hint = ChatField.cacheHint(message) else { return }
        parts[parts.count - 1].cache = hint
    }
}

// MARK: Results of tools

extension ChatMessageDecoder {
    private mutating func readResult(_ message: JSONObject, _ index: Int) throws(GatewayError) {
        let value = try ChatField.required(message, "tool_call_id", in: "messages[\(index)]")
        let id = try ChatField.string(value, "messages[\(index)].tool_call_id")
        let content = try ChatField.required(message, "content", in: "messages[\(index)]")
        let parts = try ChatContentDecoder.parts(content, in: .tool) { "messages[\(index)].content" }
        self.append(
            ToolResult(
                callID: id.isEmpty ? Self.blankID : id,
                name: try ChatField.string(message, "name", in: "messages[\(index)]"),
                parts: parts
            ),
            cache: ChatField.cacheHint(message) ?? parts.last?.cache
        )
    }

    private mutating func readLegacyResult(_ message: JSONObject, _ index: Int) throws(GatewayError) {
        let value = try ChatField.required(message, "name", in: "messages[\(index)]")
        let name = try ChatField.word(value, "messages[\(index)].name")
        var parts: [Part] = []
        if let content = ChatField.value(message, "content") {
            parts = try ChatContentDecoder.parts(content, in: .tool) { "messages[\(index)].content" }
        }
        // Without a call before it, the result stands alone under an id of its own.
        let id = self.legacyCalls.removeValue(forKey: name) ?? Self.legacyID(name, index)
        self.append(ToolResult(callID: id, name: name, parts: parts), cache: ChatField.cacheHint(message))
    }

    private static func legacyID(_ name: String, _ index: Int) -> String { CallID.made(seed: name, position: index) }

    /// Results that follow one another are one turn.
    private mutating func append(_ result: ToolResult, cache: CacheHint?) {
        let part = Part(.toolResult(result), cache: cache)
        if self.holdsResults {
            self.messages[self.messages.count - 1].parts.append(part)
        } else {
            self.append(Message(.user, [part]))
            self.holdsResults = true
        }
    }
}

// MARK: The assistant's turns

extension ChatMessageDecoder {
    private mutating func readAssistant(_ message: JSONObject, _ index: Int) throws(GatewayError) {
        var parts: [Part] = []
        if let content = ChatField.value(message, "content") {
            parts = try ChatContentDecoder.parts(content, in: .assistant) { "messages[\(index)].content" }
            // An empty text only says that there is none: streams begin with one.
            if parts.count == 1, parts[0].text == "" { parts = [] }
        }
        if let refusal = try ChatField.string(message, "refusal", in: "messages[\(index)]") {
            parts.append(Part(.refusal(refusal)))
        }
        if let images = ChatField.value(message, "images") {
            parts += try ChatContentDecoder.parts(images, in: .assistant) { "messages[\(index)].images" }
        }
        if let audio = ChatField.value(message, "audio") {
            let object = try ChatField.object(audio, "messages[\(index)].audio")
            let id = try ChatField.required(object, "id", in: "messages[\(index)].audio")
            let file = try ChatField.word(id, "messages[\(index)].audio.id")
            parts.append(Part(.audio(Media(.file(file), type: ""))))
        }
        let firstCall = parts.count
        if let calls = ChatField.value(message, "tool_calls") {
            let list = try ChatField.array(calls, "messages[\(index)].tool_calls")
            parts.reserveCapacity(parts.count + list.count)
            for (position, call) in list.enumerated() {
                parts.append(try Self.call(call, "messages[\(index)].tool_calls[\(position)]"))
            }
        }
        if let call = ChatField.value(message, "function_call") {
            parts.append(try self.legacyCall(call, index))
        }
        parts = try Self.withReasoning(parts, firstCall: firstCall, message, index)
        Self.mark(&parts, by: message)
        self.append(Message(.assistant, parts, name: try ChatField.string(message, "name", in: "messages[\(index)]")))
    }

    /// The parts with the reasoning that came beside them in its place.
    private static func withReasoning(
        _ parts: [Part],
        firstCall: Int,
        _ message: JSONObject,
        _ index: Int
    ) throws(GatewayError) -> [Part] {
        var said: String?
        for key in ["reasoning_content", "reasoning"] where said == nil {
            said = try ChatField.string(message, key, in: "messages[\(index)]")
        }
        var details = ChatReasoningDetails()
        if let list = ChatField.value(message, "reasoning_details") {
            try details.read(list) { "messages[\(index)].reasoning_details" }
        }
        if let blocks = message["provider_specific_fields"]?["blocks"]?.asArray { details.readBlocks(blocks) }
        guard !details.isEmpty else {
            guard let said, !said.isEmpty else { return parts }
            return [Part(.thinking(said))] + parts
        }
        details.fill(with: said)
        return details.arranged(among: parts, firstCall: firstCall)
    }

    private static func call(_ value: JSONValue, _ path: @autoclosure () -> String) throws(GatewayError) -> Part {
        let object = try ChatField.object(value, path())
        let id = try ChatField.string(object, "id", in: path()) ?? ""
        let isCustom = object["type"]?.asString == "custom"
        let key = isCustom ? "custom" : "function"
        let member = try ChatField.required(object, key, in: path())
        let function = try ChatField.object(member, "\(path()).\(key)")
        let name = try ChatField.required(function, "name", in: "\(path()).\(key)")
        let call = ToolCall(
            id: id.isEmpty ? Self.blankID : id,
            name: try ChatField.word(name, "\(path()).\(key).name"),
            arguments: try Self.arguments(function[isCustom ? "input" : "arguments"]) {
                "\(path()).\(key).\(isCustom ? "input" : "arguments")"
            },
            kind: isCustom ? .custom : .function
        )
        var part = Part(.toolCall(call), cache: ChatField.cacheHint(object))
        // https://ai.google.dev/gemini-api/docs/thought-signatures: the place Google gives signatures in this dialect.
        if let signature = object["extra_content"]?["google"]?["thought_signature"]?.asString, !signature.isEmpty {
            part.signature = Signature(carried: signature, native: .gemini)
        }
        return part
    }

    /// The text of arguments; servers that send an object where a string belongs get it back from their clients.
    private static func arguments(_ value: JSONValue?, _ path: () -> String) throws(GatewayError) -> String {
        switch value {
        case .string(let text): return text
        case .object: return value?.text ?? ""
        case nil, .null: return ""
        default: throw ChatField.wrong(path(), "a string")
        }
    }

    private mutating func legacyCall(_ value: JSONValue, _ index: Int) throws(GatewayError) -> Part {
        let path = "messages[\(index)].function_call"
        let object = try ChatField.object(value, path)
        let name = try ChatField.word(try ChatField.required(object, "name", in: path), "\(path).name")
        let arguments = try Self.arguments(object["arguments"]) { "\(path).arguments" }
        let id = Self.legacyID(name, index)
        self.legacyCalls[name] = id
        return Part(.toolCall(ToolCall(id: id, name: name, arguments: arguments)))
    }
}
