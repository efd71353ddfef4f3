internal import Core
internal import JSON

/// Reads the items of a request's `input`, one after another.
///
/// Items that a model made stand in one turn as long as nothing comes between them; so do results.
///
/// Source: the `ResponseInputItem` types of OpenAI's API reference.
struct ResponsesInputDecoder {
    /// The instructions, and what the system and developer messages at the head say.
    var system: [Part] = []
    var messages: [Message] = []
    private var isHead = true
    /// Whether the last turn consists of results, and a further one belongs to it.
    private var holdsResults = false

    /// Reads the item at `index`.
    mutating func read(_ value: JSONValue, at index: Int) throws(GatewayError) {
        let item = try ChatField.object(value, "input[\(index)]")
        let type = try ChatField.string(item, "type", in: "input[\(index)]")
        switch type ?? (item["role"] != nil ? "message" : item["id"] != nil ? "item_reference" : "message") {
        case "message": try self.readMessage(item, index)
        case "reasoning": try self.readReasoning(item, index)
        case "function_call": try self.readCall(item, "arguments", .function, index)
        case "custom_tool_call": try self.readCall(item, "input", .custom, index)
        case "function_call_output", "custom_tool_call_output": try self.readResult(item, index)
        case "item_reference":
            throw ResponsesRequestReading.unsupported(
                "input[\(index)]",
                "Items kept elsewhere cannot be referred to; send the item itself."
            )
        default: self.readOther(value, type ?? "")
        }
    }

    private mutating func append(_ message: Message) {
        self.isHead = false
        self.holdsResults = false
        self.messages.append(message)
    }

    /// Appends to the assistant's turn.
    private mutating func append(own parts: [Part]) {
        guard !parts.isEmpty else { return }
        if let last = self.messages.indices.last, self.messages[last].role == .assistant {
            self.messages[last].parts.append(contentsOf: parts)
        } else {
            self.append(Message(.assistant, parts))
        }
    }

    private mutating func readMessage(_ item: JSONObject, _ index: Int) throws(GatewayError) {
        let role = try ChatField.required(item, "role", in: "input[\(index)]")
        let content = try ChatField.required(item, "content", in: "input[\(index)]")
        func parts(_ isAssistant: Bool) throws(GatewayError) -> [Part] {
            try ResponsesContentDecoder.parts(content, isAssistant: isAssistant) { "input[\(index)].content" }
        }
        switch try ChatField.string(role, "input[\(index)].role") {
        case "user": self.append(Message(.user, try parts(false)))
        case "assistant":
            var parts = try parts(true)
            if let phase = try ChatField.string(item, "phase", in: "input[\(index)]") {
                for at in parts.indices { parts[at].phase = phase }
            }
            self.append(own: parts)
        case "system", "developer":
            let parts = try parts(false)
            if self.isHead { self.system.append(contentsOf: parts) } else { self.append(Message(.system, parts)) }
        default:
            throw ChatField.wrong("input[\(index)].role", "'user', 'assistant', 'system' or 'developer'")
        }
    }

    /// An item only this dialect knows: made by the model, or (what ends in `output` or answers a question) for it.
    private mutating func readOther(_ value: JSONValue, _ type: String) {
        let part = Part(.opaque(Opaque(.openAIResponses, value)))
        if type.hasSuffix("_output") || type == "mcp_approval_response" {
            self.append(Message(.user, [part]))
        } else {
            self.append(own: [part])
        }
    }
}

// MARK: Calls and results

extension ResponsesInputDecoder {
    private mutating func readCall(
        _ item: JSONObject,
        _ key: String,
        _ kind: ToolCall.Kind,
        _ index: Int
    ) throws(GatewayError) {
        let id = try ChatField.required(item, "call_id", in: "input[\(index)]")
        let name = try ChatField.required(item, "name", in: "input[\(index)]")
        let call = ToolCall(
            id: try ChatField.word(id, "input[\(index)].call_id"),
            name: try ChatField.word(name, "input[\(index)].name"),
            arguments: try ChatField.string(item, key, in: "input[\(index)]") ?? "",
            kind: kind
        )
        self.append(own: [Part(.toolCall(call))])
    }

    private mutating func readResult(_ item: JSONObject, _ index: Int) throws(GatewayError) {
        let id = try ChatField.required(item, "call_id", in: "input[\(index)]")
        let output = try ChatField.required(item, "output", in: "input[\(index)]")
        let parts = try ResponsesContentDecoder.parts(output, isAssistant: false) { "input[\(index)].output" }
        let result = ToolResult(
            callID: try ChatField.word(id, "input[\(index)].call_id"),
            name: try ChatField.string(item, "name", in: "input[\(index)]"),
            parts: parts
        )
        let part = Part(.toolResult(result), cache: parts.last?.cache)
        if self.holdsResults {
            self.messages[self.messages.count - 1].parts.append(part)
        } else {
            self.append(Message(.user, [part]))
            self.holdsResults = true
        }
    }
}

// MARK: Reasoning

extension ResponsesInputDecoder {
    private mutating func readReasoning(_ item: JSONObject, _ index: Int) throws(GatewayError) {
        let path = "input[\(index)]"
        var text = ""
        // Open models say what they think; OpenAI's say it in a summary.
        for key in ["content", "summary"] where text.isEmpty {
            guard let list = ChatField.value(item, key) else { continue }
            for (at, element) in try ChatField.array(list, "\(path).\(key)").enumerated() {
                guard let piece = element["text"]?.asString else {
                    throw ChatField.missing("\(path).\(key)[\(at)].text")
                }
                if !text.isEmpty { text += "\n\n" }
                text += piece
            }
        }
        let id = try ChatField.string(item, "id", in: path)
        guard let blob = try ChatField.string(item, "encrypted_content", in: path), !blob.isEmpty else {
            if !text.isEmpty { self.append(own: [Part(.thinking(text))]) }
            return
        }
        let carrier = ResponsesCarrier(blob, id: id)
        switch carrier.owner {
        case .thinking: self.append(own: [Part(.thinking(text), signature: carrier.signature)])
        case .redactedThinking: self.append(own: [Part(.redactedThinking, signature: carrier.signature)])
        case .text: self.sign(carrier.signature, after: text)
        case .call(let id): self.sign(call: id, carrier.signature)
        }
    }

    /// Gives the text before its signature.
    private mutating func sign(_ signature: Signature, after text: String) {
        guard let last = self.messages.indices.last, self.messages[last].role == .assistant,
            let part = self.messages[last].parts.indices.last, self.messages[last].parts[part].text != nil,
            self.messages[last].parts[part].signature == nil
        else { return self.append(own: [Part(.text(text), signature: signature)]) }
        self.messages[last].parts[part].signature = signature
    }

    /// Gives the call its signature. It stands in the turn the model has just made; where the client has thrown it away, its
    /// signature is worth nothing.
    private mutating func sign(call id: String, _ signature: Signature) {
        guard let last = self.messages.lastIndex(where: { $0.role == .assistant }) else { return }
        for at in self.messages[last].parts.indices.reversed() {
            guard case .toolCall(let call) = self.messages[last].parts[at].content, call.id == id else { continue }
            self.messages[last].parts[at].signature = signature
            return
        }
    }
}

/// Reads the content of a message, or the output of a call: a string, or a list of parts.
///
/// Source: the `ResponseInputContent` and `ResponseOutputMessage` types of OpenAI's API reference.
enum ResponsesContentDecoder {
    /// The parts of `value`. `path` is where it stands, made for an error only.
    static func parts(_ value: JSONValue, isAssistant: Bool, _ path: () -> String) throws(GatewayError) -> [Part] {
        if case .string(let text) = value { return [.text(text)] }
        guard case .array(let list) = value else { throw ChatField.wrong(path(), "a string or an array of parts") }
        var parts: [Part] = []
        parts.reserveCapacity(list.count)
        for (index, element) in list.enumerated() {
            let object = try ChatField.object(element, "\(path())[\(index)]")
            var part = try Self.part(object, isAssistant: isAssistant) { "\(path())[\(index)]" }
            if let hint = ChatField.cacheHint(object) { part.cache = hint }
            parts.append(part)
        }
        return parts
    }

    private static func part(
        _ object: JSONObject,
        isAssistant: Bool,
        _ path: () -> String
    ) throws(GatewayError) -> Part {
        let type = try ChatField.string(try ChatField.required(object, "type", in: path()), "\(path()).type")
        switch type {
        case "input_text", "output_text", "text":
            let text = try ChatField.required(object, "text", in: path())
            var part = Part.text(try ChatField.string(text, "\(path()).text"))
            for annotation in object["annotations"]?.asArray ?? [] {
                part.citations.append(Opaque(.openAIResponses, annotation))
            }
            return part
        case "refusal" where isAssistant:
            let refusal = try ChatField.required(object, "refusal", in: path())
            return Part(.refusal(try ChatField.string(refusal, "\(path()).refusal")))
        case "input_image": return Part(.image(try Self.image(object, path)))
        case "input_file": return Part(try Self.file(object, path))
        case "input_audio":
            let member = try ChatField.object(try ChatField.required(object, type, in: path()), "\(path()).input_audio")
            let data = try ChatField.required(member, "data", in: "\(path()).input_audio")
            let text = try ChatField.word(data, "\(path()).input_audio.data")
            let format = try ChatField.string(member, "format", in: "\(path()).input_audio") ?? ""
            return Part(.audio(Media(.base64(text), type: ChatMediaType.audio(format: format))))
        default:
            throw .badRequest(
                "The field '\(path()).type' names no kind of part that can stand here.",
                field: "\(path()).type"
            )
        }
    }

    private static func image(_ object: JSONObject, _ path: () -> String) throws(GatewayError) -> Media {
        let detail = try ChatField.string(object, "detail", in: path())
        if let id = try ChatField.string(object, "file_id", in: path()), !id.isEmpty {
            return Media(.file(id), type: "", detail: detail)
        }
        let value = try ChatField.required(object, "image_url", in: path())
        let url = try ChatField.string(value, "\(path()).image_url")
        var media = try Self.media(at: url, "\(path()).image_url")
        media.detail = detail
        return media
    }

    private static func media(at url: String, _ path: @autoclosure () -> String) throws(GatewayError) -> Media {
        if let media = try ChatContentDecoder.data(url, path()) { return media }
        guard ["https://", "http://", "gs://", "s3://"].contains(where: { url.hasPrefix($0) }) else {
            throw ChatField.wrong(path(), "a data: URL or an https: URL")
        }
        return Media(.url(url), type: "")
    }

    private static func file(_ object: JSONObject, _ path: () -> String) throws(GatewayError) -> Part.Content {
        let name = try ChatField.string(object, "filename", in: path())
        if let id = try ChatField.string(object, "file_id", in: path()), !id.isEmpty {
            return .document(Document(.media(Media(.file(id), type: "")), name: name))
        }
        var media: Media
        if let url = try ChatField.string(object, "file_url", in: path()), !url.isEmpty {
            media = try Self.media(at: url, "\(path()).file_url")
            if media.type.isEmpty { media.type = ChatMediaType.file(named: name ?? url) ?? "application/pdf" }
        } else {
            guard let member = ChatField.value(object, "file_data") else {
                throw ChatField.missing("\(path()).file_data")
            }
            let data = try ChatField.word(member, "\(path()).file_data")
            media = try ChatContentDecoder.data(data, "\(path()).file_data") ?? Media(.base64(data), type: "")
            if media.type.isEmpty || media.type == "application/octet-stream" {
                media.type = ChatMediaType.file(named: name ?? "") ?? "application/pdf"
            }
        }
        switch media.type.split(separator: "/").first {
        case "image": return .image(media)
        case "audio": return .audio(media)
        case "video": return .video(media)
        default: return .document(Document(.media(media), name: name))
        }
    }
}
