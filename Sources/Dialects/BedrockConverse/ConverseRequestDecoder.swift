package import Core
internal import JSON

/// Reads requests of clients that speak Converse
/// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_RequestSyntax).
package enum ConverseRequestDecoder {
    /// The request in `body`; the path names the model and says whether to stream.
    ///
    /// - Throws: `badRequest`, naming the member at fault.
    package static func decode(
        _ body: UnsafeRawBufferPointer,
        model: String?,
        stream: Bool?
    ) throws(GatewayError) -> CanonicalRequest {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: body)
        } catch {
            throw ConverseBlockReader.bad("The body is not valid JSON: \(error.message) at byte \(error.offset).", nil)
        }
        guard case .object(let object) = value else {
            throw ConverseBlockReader.bad("The body must be a JSON object.", nil)
        }
        guard let model = model ?? object["modelId"]?.asString, !model.isEmpty else {
            throw ConverseBlockReader.bad("The path names no model.", "modelId")
        }
        var request = CanonicalRequest(dialect: .bedrockConverse, model: model)
        request.stream = stream ?? false
        for (key, value) in object where !value.isNull {
            try Self.read(key, value, into: &request)
        }
        guard !request.messages.isEmpty || request.extras["promptVariables"] != nil else {
            throw ConverseBlockReader.bad("'messages' must hold at least one message.", "messages")
        }
        return request
    }

    private static func read(
        _ key: String,
        _ value: JSONValue,
        into request: inout CanonicalRequest
    ) throws(GatewayError) {
        switch key {
        case "modelId": break
        case "system": request.system = try ConverseBlockReader.parts(value, "system")
        case "messages": request.messages = try Self.messages(value)
        case "inferenceConfig": try Self.readInference(try Self.object(value, key), into: &request)
        case "toolConfig": try Self.readTools(try Self.object(value, key), into: &request)
        case "additionalModelRequestFields":
            // The document may be anything; only an object is known to hold something.
            guard case .object(let fields) = value else {
                request.extras[key] = value
                return
            }
            Self.readAdditional(fields, into: &request)
        case "outputConfig": try Self.readOutput(try Self.object(value, key), into: &request)
        case "requestMetadata": request.metadata = try Self.object(value, key)
        case "serviceTier": request.serviceTier = try Self.object(value, key)["type"]?.asString
        default: request.extras[key] = value
        }
    }

    private static func object(_ value: JSONValue, _ field: String) throws(GatewayError) -> JSONObject {
        guard case .object(let object) = value else {
            throw ConverseBlockReader.bad("'\(field)' must be an object.", field)
        }
        return object
    }

    private static func messages(_ value: JSONValue) throws(GatewayError) -> [Message] {
        guard case .array(let elements) = value else {
            throw ConverseBlockReader.bad("'messages' must be an array.", "messages")
        }
        var messages: [Message] = []
        messages.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            let field = "messages[\(index)]"
            let message = try Self.object(element, field)
            let role: Message.Role
            switch message["role"]?.asString {
            case "user": role = .user
            case "assistant": role = .assistant
            case "system": role = .system
            default:
                throw ConverseBlockReader.bad(
                    "'\(field).role' must be 'user', 'assistant' or 'system'.",
                    "\(field).role"
                )
            }
            guard let content = message["content"] else {
                throw ConverseBlockReader.bad("'\(field).content' is missing.", "\(field).content")
            }
            messages.append(Message(role, try ConverseBlockReader.parts(content, "\(field).content")))
        }
        return messages
    }

    private static func readInference(
        _ config: JSONObject,
        into request: inout CanonicalRequest
    ) throws(GatewayError) {
        for (key, value) in config where !value.isNull {
            let field = "inferenceConfig.\(key)"
            switch key {
            case "maxTokens":
                guard let most = value.asInt, most > 0 else {
                    throw ConverseBlockReader.bad("'\(field)' must be a positive integer.", field)
                }
                request.maxOutput = most
            case "temperature": request.sampling.temperature = try Self.number(value, field)
            case "topP": request.sampling.topP = try Self.number(value, field)
            case "stopSequences":
                guard let stop = value.asArray else {
                    throw ConverseBlockReader.bad("'\(field)' must be an array of strings.", field)
                }
                for element in stop {
                    guard let text = element.asString else {
                        throw ConverseBlockReader.bad("'\(field)' must be an array of strings.", field)
                    }
                    request.stop.append(text)
                }
            default: break
            }
        }
    }

    private static func number(_ value: JSONValue, _ field: String) throws(GatewayError) -> JSONNumber {
        guard case .number(let number) = value else {
            throw ConverseBlockReader.bad("'\(field)' must be a number.", field)
        }
        return number
    }

    // MARK: Tools

    private static func readTools(_ config: JSONObject, into request: inout CanonicalRequest) throws(GatewayError) {
        guard case .array(let tools)? = config["tools"] else {
            throw ConverseBlockReader.bad("'toolConfig.tools' must be an array.", "toolConfig.tools")
        }
        for (index, tool) in tools.enumerated() {
            let field = "toolConfig.tools[\(index)]"
            if let point = tool["cachePoint"] {
                if !request.tools.isEmpty {
                    request.tools[request.tools.count - 1].cache = CacheHint(ttl: point["ttl"]?.asString)
                }
            } else if let name = tool["systemTool"]?["name"]?.asString {
                let kind: ServerTool
                switch name {
                case "nova_grounding": kind = .webSearch
                case "nova_code_interpreter": kind = .codeExecution
                default: kind = .other
                }
                request.tools.append(Tool(.server(kind, Opaque(.bedrockConverse, tool))))
            } else if let spec = tool["toolSpec"] {
                guard let name = spec["name"]?.asString, !name.isEmpty else {
                    throw ConverseBlockReader.bad("'\(field).toolSpec.name' is missing.", "\(field).toolSpec.name")
                }
                let function = FunctionTool(
                    name: name,
                    description: spec["description"]?.asString,
                    parameters: spec["inputSchema"]?["json"],
                    strict: spec["strict"]?.asBool
                )
                request.tools.append(Tool(.function(function)))
            } else {
                throw ConverseBlockReader.bad("'\(field)' must be a toolSpec, a systemTool or a cachePoint.", field)
            }
        }
        guard let choice = config["toolChoice"]?.asObject?.members.first else { return }
        switch choice.key {
        case "auto": request.toolChoice = .auto
        case "any": request.toolChoice = .required
        case "tool":
            guard let name = choice.value["name"]?.asString else {
                throw ConverseBlockReader.bad(
                    "'toolConfig.toolChoice.tool.name' is missing.",
                    "toolConfig.toolChoice.tool.name"
                )
            }
            request.toolChoice = .named(name)
        default:
            throw ConverseBlockReader.bad(
                "'toolConfig.toolChoice' must be one of 'auto', 'any' and 'tool'.",
                "toolConfig.toolChoice"
            )
        }
    }

    // MARK: What models have of their own

    /// Takes over what other dialects have a word for; the rest goes to Bedrock alone.
    private static func readAdditional(_ fields: JSONObject, into request: inout CanonicalRequest) {
        var rest = fields
        func take(_ key: String) { rest[key] = nil }
        if case .number(let topK)? = fields["top_k"] {
            request.sampling.topK = topK
            take("top_k")
        }
        if case .object(var inference)? = fields["inferenceConfig"], case .number(let topK)? = inference["topK"] {
            request.sampling.topK = topK
            inference["topK"] = nil
            rest["inferenceConfig"] = inference.isEmpty ? nil : .object(inference)
        }
        if let thinking = fields["thinking"], let type = thinking["type"]?.asString {
            request.reasoning.isOn = type != "disabled"
            request.reasoning.budget = thinking["budget_tokens"]?.asInt
            if let display = thinking["display"]?.asString { request.reasoning.isShown = display != "omitted" }
            take("thinking")
        }
        if case .object(var config)? = fields["output_config"], Self.readEffort(config["effort"], into: &request) {
            config["effort"] = nil
            rest["output_config"] = config.isEmpty ? nil : .object(config)
        }
        if Self.readEffort(fields["reasoning_effort"], into: &request) { take("reasoning_effort") }
        if Self.readEffort(fields["reasoning_config"], into: &request) { take("reasoning_config") }
        if Self.readEffort(fields["reasoning"]?["effort"], into: &request) { take("reasoning") }
        if let config = fields["reasoningConfig"], let type = config["type"]?.asString {
            request.reasoning.isOn = type != "disabled"
            _ = Self.readEffort(config["maxReasoningEffort"], into: &request)
            take("reasoningConfig")
        }
        if case .object(let choice)? = fields["tool_choice"] {
            if choice["disable_parallel_tool_use"]?.asBool == true { request.parallelToolCalls = false }
            switch choice["type"]?.asString {
            case "none": request.toolChoice = ToolChoice.none
            case "any": request.toolChoice = .required
            case "tool": if let name = choice["name"]?.asString { request.toolChoice = .named(name) }
            default: break
            }
            take("tool_choice")
        }
        if !rest.isEmpty { request.extras["additionalModelRequestFields"] = .object(rest) }
    }

    private static func readEffort(_ value: JSONValue?, into request: inout CanonicalRequest) -> Bool {
        guard let word = value?.asString, let effort = ReasoningRequest.Effort(rawValue: word) else { return false }
        request.reasoning.effort = effort
        return true
    }

    private static func readOutput(_ config: JSONObject, into request: inout CanonicalRequest) throws(GatewayError) {
        _ = Self.readEffort(config["effort"], into: &request)
        guard let format = config["textFormat"] else { return }
        let field = "outputConfig.textFormat.structure.jsonSchema"
        guard let definition = format["structure"]?["jsonSchema"], let text = definition["schema"]?.asString,
            let schema = try? JSONValue(parsing: text)
        else {
            throw ConverseBlockReader.bad("'\(field).schema' must be a JSON Schema as a string.", "\(field).schema")
        }
        request.output = .jsonSchema(
            JSONSchemaFormat(
                name: definition["name"]?.asString,
                description: definition["description"]?.asString,
                schema: schema,
                strict: true
            )
        )
    }
}
