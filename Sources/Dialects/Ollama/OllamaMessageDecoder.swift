internal import Core
internal import JSON

/// Reads the messages of a conversation.
///
/// Clients of the dialect need give no ids: a result names its tool alone. Calls without an id get one from their place in
/// the conversation, which is the same on every turn, and a result goes to the first call of its name that has none yet.
struct OllamaMessageDecoder {
    /// The instructions before the first turn.
    private(set) var system: [Part] = []
    private(set) var messages: [Message] = []
    /// Calls of the last turn of the assistant that have no result yet.
    private var open: [(id: String, name: String)] = []
    private var callCount = 0
    /// Whether the last message is one of results.
    private var holdsResults = false

    /// Nothing read yet.
    init() {}

    /// Reads the message at `index`.
    ///
    /// - Throws: `badRequest` naming the field.
    mutating func read(_ value: JSONValue, at index: Int) throws(GatewayError) {
        let message = try ChatField.object(value, "messages[\(index)]")
        let role = try ChatField.required(message, "role", in: "messages[\(index)]")
        let content = try ChatField.string(message, "content", in: "messages[\(index)]") ?? ""
        switch try ChatField.string(role, "messages[\(index)].role") {
        case "system":
            if self.messages.isEmpty {
                if !content.isEmpty { self.system.append(.text(content)) }
            } else {
                self.append(Message(.system, [.text(content)]))
            }
        case "user":
            var parts = try Self.images(message, index)
            if !content.isEmpty || parts.isEmpty { parts.append(.text(content)) }
            self.append(Message(.user, parts))
        case "assistant": try self.readAssistant(message, content, index)
        case "tool": try self.readResult(message, content, index)
        default: throw ChatField.wrong("messages[\(index)].role", "'system', 'user', 'assistant' or 'tool'")
        }
    }

    private mutating func append(_ message: Message) {
        self.messages.append(message)
        self.holdsResults = false
    }

    private mutating func readAssistant(
        _ message: JSONObject,
        _ content: String,
        _ index: Int
    ) throws(GatewayError) {
        var parts: [Part] = []
        if let thinking = try ChatField.string(message, "thinking", in: "messages[\(index)]"), !thinking.isEmpty {
            parts.append(Part(.thinking(thinking)))
        }
        if !content.isEmpty { parts.append(.text(content)) }
        parts += try Self.images(message, index)
        if self.messages.last?.role != .assistant { self.open = [] }
        if let calls = ChatField.value(message, "tool_calls") {
            for (position, call) in try ChatField.array(calls, "messages[\(index)].tool_calls").enumerated() {
                let call = try self.call(call, "messages[\(index)].tool_calls[\(position)]")
                self.open.append((call.id, call.name))
                parts.append(Part(.toolCall(call)))
            }
        }
        self.append(Message(.assistant, parts))
    }

    private mutating func call(_ value: JSONValue, _ path: String) throws(GatewayError) -> ToolCall {
        let object = try ChatField.object(value, path)
        let function = try ChatField.object(
            try ChatField.required(object, "function", in: path),
            "\(path).function"
        )
        let name = try ChatField.word(
            try ChatField.required(function, "name", in: "\(path).function"),
            "\(path).function.name"
        )
        let arguments: String
        switch function["arguments"] {
        case .object?: arguments = function["arguments"]?.text ?? "{}"
        case .string(let text)?: arguments = text
        case nil, .null?: arguments = "{}"
        default: throw ChatField.wrong("\(path).function.arguments", "an object")
        }
        let position = self.callCount
        self.callCount += 1
        let id = try ChatField.string(object, "id", in: path) ?? ""
        return ToolCall(
            id: id.isEmpty ? CallID.made(seed: "ollama", position: position) : id,
            name: name,
            arguments: arguments
        )
    }

    private mutating func readResult(
        _ message: JSONObject,
        _ content: String,
        _ index: Int
    ) throws(GatewayError) {
        let path = "messages[\(index)]"
        let id = try ChatField.string(message, "tool_call_id", in: path) ?? ""
        var name = try ChatField.string(message, "tool_name", in: path)
        if name == nil { name = try ChatField.string(message, "name", in: path) }
        var place: Int?
        if !id.isEmpty { place = self.open.firstIndex { $0.id == id } }
        // A tool that is not named answers the call that waits longest.
        if id.isEmpty { place = self.open.firstIndex { name == nil || $0.name == name } }
        let call = place.map { self.open.remove(at: $0) }
        var parts: [Part] = [.text(content)]
        parts += try Self.images(message, index)
        let result = ToolResult(
            // What no call asked for keeps a name of its own, so that it is seen to be so.
            callID: call?.id ?? (id.isEmpty ? "\(name ?? "tool")_\(index)" : id),
            name: call?.name ?? name,
            parts: parts
        )
        if self.holdsResults {
            self.messages[self.messages.count - 1].parts.append(Part(.toolResult(result)))
        } else {
            self.append(Message(.user, [Part(.toolResult(result))]))
            self.holdsResults = true
        }
    }

    // MARK: Images

    private static func images(_ message: JSONObject, _ index: Int) throws(GatewayError) -> [Part] {
        guard let images = ChatField.value(message, "images") else { return [] }
        return try Self.images(images) { "messages[\(index)].images" }
    }

    /// A list of images as base64 of their bytes, which say themselves of what type they are.
    static func images(_ value: JSONValue, _ path: () -> String) throws(GatewayError) -> [Part] {
        var parts: [Part] = []
        for (position, element) in try ChatField.array(value, path()).enumerated() {
            let text = try ChatField.word(element, "\(path())[\(position)]")
            if let media = try ChatContentDecoder.data(text, "\(path())[\(position)]") {
                parts.append(Part(.image(media)))
            } else {
                parts.append(Part(.image(Media(.base64(text), type: Self.type(of: text)))))
            }
        }
        return parts
    }

    /// The media type of an image by its first bytes; the commonest where they do not tell.
    private static func type(of base64: String) -> String {
        if base64.hasPrefix("iVBORw0KGgo") { return "image/png" }
        if base64.hasPrefix("R0lGOD") { return "image/gif" }
        if base64.hasPrefix("UklGR") { return "image/webp" }
        return "image/jpeg"
    }
}
