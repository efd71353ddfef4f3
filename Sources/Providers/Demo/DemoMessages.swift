internal import JSON

/// The messages of a chat request, checked, and what of them the answer is made from.
struct DemoMessages {
    /// A tool's result.
    struct Result {
        var name: String
        var text: String
    }

    /// The text of the last user message, its parts joined.
    var question = ""
    /// What the last user message holds besides text, each as a sentence.
    var attachments: [String] = []
    /// The tool results at the end of the conversation, empty where the last message is none.
    var results: [Result] = []
    /// The tokens of all messages.
    var tokens = 0

    private static let roles: Set<String> = ["system", "developer", "user", "assistant", "tool", "function"]

    /// Reads and checks the `messages` of a request.
    init(_ value: JSONValue?) throws(DemoFault) {
        guard let value else {
            throw DemoFault.bad("messages", "'messages' is missing.", code: "missing_required_parameter")
        }
        guard case .array(let list) = value else {
            throw DemoFault.bad("messages", "'messages' must be an array.", code: "invalid_type")
        }
        guard !list.isEmpty else {
            throw DemoFault.bad("messages", "'messages' must not be empty.", code: "empty_array")
        }
        var open: [(id: String, name: String)] = []
        var answered: Set<String> = []
        for (index, element) in list.enumerated() {
            let path = "messages[\(index)]"
            guard case .object(let message) = element else {
                throw DemoFault.bad(path, "'\(path)' must be an object.", code: "invalid_type")
            }
            guard case .string(let role)? = message["role"] else {
                throw DemoFault.bad(
                    "\(path).role",
                    "'\(path).role' must be a string.",
                    code: "missing_required_parameter"
                )
            }
            guard Self.roles.contains(role) else {
                throw DemoFault.bad(
                    "\(path).role",
                    "'\(path).role' must be one of \(Self.roles.sorted().joined(separator: ", "))."
                )
            }
            if role != "tool" {
                try Self.checkAnswered(open, answered, before: path)
                open = []
                answered = []
                self.results = []
            }
            let content = try DemoContent(message, role: role, path: path)
            self.tokens += content.tokens
            switch role {
            case "user":
                self.question = content.text
                self.attachments = content.attachments
            case "assistant":
                open = try self.readCalls(message, path: path)
            case "tool":
                guard case .string(let id)? = message["tool_call_id"] else {
                    throw DemoFault.bad(
                        "\(path).tool_call_id",
                        "'\(path).tool_call_id' is missing.",
                        code: "missing_required_parameter"
                    )
                }
                guard let call = open.first(where: { $0.id == id }) else {
                    throw DemoFault.bad(
                        "\(path).tool_call_id",
                        "'\(path)' must answer one of the 'tool_calls' of the assistant message before it."
                    )
                }
                answered.insert(id)
                self.results.append(Result(name: call.name, text: content.text))
            case "function":
                var name = "function"
                if case .string(let text)? = message["name"] { name = text }
                self.results = [Result(name: name, text: content.text)]
            default: break
            }
        }
        try Self.checkAnswered(open, answered, before: "messages[\(list.count)]")
    }

    /// Every call of an assistant message must have its result before anything else is said.
    private static func checkAnswered(
        _ open: [(id: String, name: String)],
        _ answered: Set<String>,
        before path: String
    ) throws(DemoFault) {
        guard let missing = open.first(where: { !answered.contains($0.id) }) else { return }
        throw DemoFault.bad(
            "messages",
            "The tool call '\(missing.id.prefix(80))' has no answer: a 'tool' message must follow before \(path)."
        )
    }

    private mutating func readCalls(
        _ message: JSONObject,
        path: String
    ) throws(DemoFault) -> [(id: String, name: String)] {
        guard let value = DemoRequest.present(message["tool_calls"]) else { return [] }
        guard case .array(let list) = value else {
            throw DemoFault.bad("\(path).tool_calls", "'\(path).tool_calls' must be an array.", code: "invalid_type")
        }
        var calls: [(id: String, name: String)] = []
        for (index, element) in list.enumerated() {
            let place = "\(path).tool_calls[\(index)]"
            guard case .object(let call) = element, case .string(let id)? = call["id"] else {
                throw DemoFault.bad(
                    "\(place).id",
                    "'\(place).id' must be a string.",
                    code: "missing_required_parameter"
                )
            }
            let key = call["custom"] == nil ? "function" : "custom"
            guard case .object(let function)? = call[key], case .string(let name)? = function["name"] else {
                throw DemoFault.bad("\(place).\(key).name", "'\(place).\(key).name' must be a string.")
            }
            if case .string(let arguments)? = function["arguments"] { self.tokens += DemoTokens.count(arguments) }
            calls.append((id, name))
        }
        return calls
    }
}

/// The content of one message: a string, or a list of parts.
private struct DemoContent {
    /// The text of all its parts.
    var text = ""
    /// A sentence on each part that is no text.
    var attachments: [String] = []
    /// The tokens of all its parts.
    var tokens = 0

    /// Reads the content of a message of `role` at `path`.
    init(_ message: JSONObject, role: String, path: String) throws(DemoFault) {
        switch DemoRequest.present(message["content"]) {
        case nil:
            // An assistant that calls tools, or refuses, says nothing.
            guard role == "assistant" || role == "function" else {
                throw DemoFault.bad(
                    "\(path).content",
                    "'\(path).content' is missing.",
                    code: "missing_required_parameter"
                )
            }
        case .string(let text)?:
            self.text = text
            self.tokens = DemoTokens.count(text)
        case .array(let parts)?:
            for (index, part) in parts.enumerated() { try self.read(part, path: "\(path).content[\(index)]") }
        default:
            throw DemoFault.bad(
                "\(path).content",
                "'\(path).content' must be a string or an array of parts.",
                code: "invalid_type"
            )
        }
    }

    private mutating func read(_ value: JSONValue, path: String) throws(DemoFault) {
        guard case .object(let part) = value, case .string(let type)? = part["type"] else {
            throw DemoFault.bad("\(path).type", "'\(path).type' must be a string.", code: "missing_required_parameter")
        }
        switch type {
        case "text":
            let text = try Self.string(part, "text", path: path)
            self.text += self.text.isEmpty ? text : "\n\(text)"
            self.tokens += DemoTokens.count(text)
        case "refusal":
            self.tokens += DemoTokens.count(try Self.string(part, "refusal", path: path))
        case "image_url":
            let url = try Self.string(try Self.object(part, "image_url", path: path), "url", path: "\(path).image_url")
            self.attachments.append(try DemoMedia.image(url, path: "\(path).image_url.url"))
            self.tokens += DemoTokens.image
        case "input_audio":
            let audio = try Self.object(part, "input_audio", path: path)
            let data = try Self.string(audio, "data", path: "\(path).input_audio")
            let format = try Self.string(audio, "format", path: "\(path).input_audio")
            let size = DemoMedia.size(ofBase64: data.utf8)
            self.attachments.append("I hear \(format) audio of \(size) bytes.")
            self.tokens += (size + 3) / 4
        case "file":
            self.readFile(try Self.object(part, "file", path: path))
        default:
            throw DemoFault.bad(
                "\(path).type",
                "'\(path).type' must be one of text, image_url, input_audio, file, refusal; not '\(type.prefix(40))'."
            )
        }
    }

    private mutating func readFile(_ file: JSONObject) {
        var name = "without a name"
        if case .string(let text)? = file["filename"] { name = "'\(text)'" }
        if case .string(let data)? = file["file_data"] {
            let size = DemoMedia.size(ofBase64: DemoMedia.payload(of: data))
            self.attachments.append("I have a file \(name) of \(size) bytes.")
            self.tokens += (size + 3) / 4
        } else if case .string(let id)? = file["file_id"] {
            self.attachments.append("I was pointed to the file '\(id)'.")
        }
    }

    private static func object(_ part: JSONObject, _ key: String, path: String) throws(DemoFault) -> JSONObject {
        guard case .object(let object)? = part[key] else {
            throw DemoFault.bad(
                "\(path).\(key)",
                "'\(path).\(key)' must be an object.",
                code: "missing_required_parameter"
            )
        }
        return object
    }

    private static func string(_ part: JSONObject, _ key: String, path: String) throws(DemoFault) -> String {
        guard case .string(let text)? = part[key] else {
            throw DemoFault.bad(
                "\(path).\(key)",
                "'\(path).\(key)' must be a string.",
                code: "missing_required_parameter"
            )
        }
        return text
    }
}
