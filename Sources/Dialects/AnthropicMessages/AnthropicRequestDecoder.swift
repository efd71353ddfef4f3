package import Core
internal import JSON

/// Reads requests of clients of Anthropic's Messages API, of either version of it.
///
/// Source: https://docs.anthropic.com/en/api/messages, https://docs.anthropic.com/en/api/versioning
package enum AnthropicRequestDecoder {
    /// The request in `body`.
    ///
    /// - Parameters:
    ///   - model: The model where the path names it (Bedrock, Vertex), which then counts.
    ///   - stream: Whether a stream is asked for, where the path says it.
    /// - Throws: `badRequest` naming the field that is malformed.
    package static func decode(
        _ body: UnsafeRawBufferPointer,
        model: String?,
        stream: Bool?
    ) throws(GatewayError) -> CanonicalRequest {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: body)
        } catch {
            throw GatewayError(.badRequest, origin: .client, "The body is not JSON: \(error).")
        }
        guard case .object(let object) = value else {
            throw GatewayError(.badRequest, origin: .client, "The body must be a JSON object.")
        }
        var reader = AnthropicRequestReader(model: model, stream: stream)
        try reader.read(object)
        return reader.request
    }
}

/// The reading of one request.
struct AnthropicRequestReader {
    private(set) var request: CanonicalRequest
    private let hasModel: Bool
    private let hasStream: Bool

    init(model: String?, stream: Bool?) {
        self.request = CanonicalRequest(dialect: .anthropicMessages, model: model ?? "")
        self.request.stream = stream ?? false
        self.hasModel = model != nil
        self.hasStream = stream != nil
    }

    /// An error that names the field at fault.
    static func wrong(_ field: String, _ expected: String) -> GatewayError {
        GatewayError(.badRequest, origin: .client, "\(field): \(expected)", field: field)
    }

    mutating func read(_ object: JSONObject) throws(GatewayError) {
        var hasMessages = false
        for (key, value) in object {
            // The API takes null for a field that is not given.
            if value.isNull, key != "messages", key != "model" { continue }
            if key == "messages" {
                self.request.messages = try Self.messages(value)
                hasMessages = true
            } else if try !self.readField(key, value) {
                self.request.extras[key] = value
            }
        }
        guard hasMessages else { throw Self.wrong("messages", "Field required") }
        guard !self.request.model.isEmpty else { throw Self.wrong("model", "Field required") }
    }

    /// Reads one field that has a place in the exchange.
    ///
    /// - Returns: whether it has one.
    private mutating func readField(_ key: String, _ value: JSONValue) throws(GatewayError) -> Bool {
        switch key {
        case "model":
            let model = try Self.text(key, value)
            if !self.hasModel { self.request.model = model }
        case "stream":
            guard let stream = value.asBool else { throw Self.wrong(key, "Input should be a valid boolean") }
            if !self.hasStream { self.request.stream = stream }
        case "max_tokens":
            guard let most = value.asInt, most >= 0 else {
                throw Self.wrong(key, "Input should be a non-negative integer")
            }
            self.request.maxOutput = most
        case "system": self.request.system = try Self.system(value)
        case "temperature": self.request.sampling.temperature = try Self.number(key, value)
        case "top_p": self.request.sampling.topP = try Self.number(key, value)
        case "top_k": self.request.sampling.topK = try Self.number(key, value)
        case "stop_sequences": self.request.stop = try Self.stops(value)
        case "tools": try self.readTools(value)
        case "tool_choice": try self.readToolChoice(value)
        case "thinking": return try self.readThinking(value)
        case "output_config": try self.readOutputConfig(value)
        case "output_format": try self.readFormat(value, at: key)
        case "metadata": try self.readMetadata(value)
        case "service_tier":
            let tier = try Self.text(key, value)
            self.request.serviceTier = tier == "standard_only" ? "default" : tier
        // Where the dialect is served by others, the version and the beta features stand in the body.
        case "anthropic_version", "anthropic_beta": break
        default: return false
        }
        return true
    }

    static func text(_ field: String, _ value: JSONValue?) throws(GatewayError) -> String {
        guard let text = value?.asString else { throw Self.wrong(field, "Input should be a valid string") }
        return text
    }

    private static func number(_ field: String, _ value: JSONValue) throws(GatewayError) -> JSONNumber {
        guard case .number(let number) = value else { throw Self.wrong(field, "Input should be a valid number") }
        return number
    }

    static func list(_ field: String, _ value: JSONValue?) throws(GatewayError) -> [JSONValue] {
        guard case .array(let elements)? = value else { throw Self.wrong(field, "Input should be a valid list") }
        return elements
    }

    static func object(_ field: String, _ value: JSONValue?) throws(GatewayError) -> JSONObject {
        guard case .object(let object)? = value else { throw Self.wrong(field, "Input should be an object") }
        return object
    }

    private static func stops(_ value: JSONValue) throws(GatewayError) -> [String] {
        var stops: [String] = []
        for (at, stop) in try Self.list("stop_sequences", value).enumerated() {
            stops.append(try Self.text("stop_sequences.\(at)", stop))
        }
        return stops
    }

    private static func system(_ value: JSONValue) throws(GatewayError) -> [Part] {
        if let text = value.asString { return text.isEmpty ? [] : [.text(text)] }
        return try AnthropicBlock.requestParts(value, at: "system")
    }

    private static func messages(_ value: JSONValue) throws(GatewayError) -> [Message] {
        let elements = try Self.list("messages", value)
        var messages: [Message] = []
        messages.reserveCapacity(elements.count)
        for (at, element) in elements.enumerated() {
            let object = try Self.object("messages.\(at)", element)
            let role: Message.Role
            switch object["role"]?.asString {
            case "user": role = .user
            case "assistant": role = .assistant
            case "system": role = .system
            default: throw Self.wrong("messages.\(at).role", "Input should be 'user', 'assistant' or 'system'")
            }
            guard let content = object["content"] else {
                throw Self.wrong("messages.\(at).content", "Field required")
            }
            let parts: [Part]
            if let text = content.asString {
                parts = [.text(text)]
            } else {
                parts = try AnthropicBlock.requestParts(content, at: "messages.\(at).content")
            }
            messages.append(Message(role, parts))
        }
        return messages
    }
}

// MARK: Reasoning and output

extension AnthropicRequestReader {
    /// - Returns: whether the kind of thinking is one the exchange knows; another stays as it is.
    private mutating func readThinking(_ value: JSONValue) throws(GatewayError) -> Bool {
        let object = try Self.object("thinking", value)
        switch object["type"]?.asString {
        case "enabled":
            guard let budget = object["budget_tokens"]?.asInt, budget >= 0 else {
                throw Self.wrong("thinking.budget_tokens", "Input should be a valid integer")
            }
            self.request.reasoning.isOn = true
            self.request.reasoning.budget = budget
        case "adaptive": self.request.reasoning.isOn = true
        case "disabled": self.request.reasoning.isOn = false
        case nil: throw Self.wrong("thinking.type", "Field required")
        default: return false
        }
        switch object["display"]?.asString {
        case "summarized": self.request.reasoning.isShown = true
        case "omitted": self.request.reasoning.isShown = false
        default: break
        }
        return true
    }

    private mutating func readOutputConfig(_ value: JSONValue) throws(GatewayError) {
        var rest = JSONObject()
        for (key, value) in try Self.object("output_config", value) where !value.isNull {
            switch key {
            case "effort":
                let word = try Self.text("output_config.effort", value)
                guard let effort = ReasoningRequest.Effort(rawValue: word) else {
                    throw Self.wrong(
                        "output_config.effort",
                        "Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"
                    )
                }
                self.request.reasoning.effort = effort
            case "format": try self.readFormat(value, at: "output_config.format")
            default: rest.members.append((key, value))
            }
        }
        if !rest.isEmpty { self.request.extras["output_config"] = .object(rest) }
    }

    private mutating func readFormat(_ value: JSONValue, at field: String) throws(GatewayError) {
        let object = try Self.object(field, value)
        guard object["type"]?.asString == "json_schema" else {
            throw Self.wrong("\(field).type", "Input should be 'json_schema'")
        }
        let schema = try Self.object("\(field).schema", object["schema"])
        self.request.output = .jsonSchema(JSONSchemaFormat(schema: .object(schema), strict: true))
    }

    private mutating func readMetadata(_ value: JSONValue) throws(GatewayError) {
        for (key, value) in try Self.object("metadata", value) {
            if key == "user_id" {
                if !value.isNull { self.request.user = try Self.text("metadata.user_id", value) }
            } else {
                self.request.metadata.members.append((key, value))
            }
        }
    }
}

// MARK: Tools

extension AnthropicRequestReader {
    private static let toolFields: Set<String> = [
        "type", "name", "description", "input_schema", "strict", "cache_control",
    ]

    private mutating func readTools(_ value: JSONValue) throws(GatewayError) {
        for (at, element) in try Self.list("tools", value).enumerated() {
            let object = try Self.object("tools.\(at)", element)
            let type = object["type"]?.asString ?? "custom"
            let cache = AnthropicBlock.cache(object["cache_control"])
            guard type == "custom" else {
                let kind: ServerTool =
                    type.hasPrefix("web_search_")
                    ? .webSearch : type.hasPrefix("code_execution_") ? .codeExecution : .other
                let opaque = Opaque(.anthropicMessages, element)
                self.request.tools.append(Tool(.server(kind, opaque), cache: cache))
                continue
            }
            let name = try Self.text("tools.\(at).name", object["name"])
            guard !name.isEmpty else { throw Self.wrong("tools.\(at).name", "String should not be empty") }
            let function = FunctionTool(
                name: name,
                description: object["description"]?.asString,
                parameters: .object(try Self.object("tools.\(at).input_schema", object["input_schema"])),
                strict: object["strict"]?.asBool
            )
            self.request.tools.append(Tool(.function(function), cache: cache))
            // What the exchange has no place for is at least named where it gets lost.
            for (key, value) in object where !Self.toolFields.contains(key) && !value.isNull {
                self.request.extras.members.append(("tools.\(at).\(key)", value))
            }
        }
    }

    private mutating func readToolChoice(_ value: JSONValue) throws(GatewayError) {
        let object = try Self.object("tool_choice", value)
        switch object["type"]?.asString {
        case "auto": self.request.toolChoice = .auto
        case "any": self.request.toolChoice = .required
        case "none": self.request.toolChoice = ToolChoice.none
        case "tool": self.request.toolChoice = .named(try Self.text("tool_choice.name", object["name"]))
        default: throw Self.wrong("tool_choice.type", "Input should be 'auto', 'any', 'tool' or 'none'")
        }
        if let isSingle = object["disable_parallel_tool_use"]?.asBool { self.request.parallelToolCalls = !isSingle }
    }
}
