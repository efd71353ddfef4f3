package import Core
internal import JSON

/// Reads a client's request to `generateContent` or `streamGenerateContent`.
///
/// Keys may be in `camelCase` or `snake_case`, as Google's own servers take them. What has no place in the canonical
/// request stands in its extras, what is no part of `generationConfig` known here under that key.
package enum GeminiRequestDecoder {
    /// - Parameters:
    ///   - model: The model the path names; else it is read from the body.
    ///   - stream: Whether the path asks for a stream.
    /// - Throws: `badRequest` naming the field.
    package static func decode(
        _ body: UnsafeRawBufferPointer,
        model: String?,
        stream: Bool?
    ) throws(GatewayError) -> CanonicalRequest {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: body)
        } catch {
            throw Self.bad("The body is not JSON: \(error.message) at byte \(error.offset).", nil)
        }
        guard let object = GeminiKeys.members(value) else { throw Self.bad("The body must be a JSON object.", nil) }
        guard var name = model ?? object["model"]?.asString, !name.isEmpty else {
            throw Self.bad("The model is missing.", "model")
        }
        if model == nil, name.hasPrefix("models/") { name.removeFirst("models/".count) }
        var request = CanonicalRequest(dialect: .gemini, model: name)
        request.stream = stream ?? false
        var contents = GeminiContentReader()
        for (key, value) in object where !value.isNull {
            switch key {
            case "model": break
            case "contents": request.messages = try contents.messages(value)
            case "systemInstruction": request.system = try contents.instructions(value)
            case "tools": request.tools = try GeminiToolReader.tools(value)
            case "toolConfig": try Self.readToolConfig(value, into: &request)
            case "generationConfig": try GeminiConfigReader.read(value, into: &request)
            case "labels":
                guard case .object(let labels) = value else { throw Self.bad("'labels' must be an object.", "labels") }
                request.metadata = labels
            case "serviceTier":
                let tier = value.asString?.lowercased() ?? ""
                request.serviceTier = tier == "standard" ? "default" : tier == "unspecified" ? nil : tier
            default: request.extras[key] = value
            }
        }
        guard !request.messages.isEmpty else { throw Self.bad("'contents' must hold a turn at least.", "contents") }
        return request
    }

    private static func readToolConfig(
        _ value: JSONValue,
        into request: inout CanonicalRequest
    ) throws(GatewayError) {
        guard var config = GeminiKeys.members(value) else {
            throw Self.bad("'toolConfig' must be an object.", "toolConfig")
        }
        if let calling = GeminiKeys.members(config["functionCallingConfig"]) {
            config["functionCallingConfig"] = nil
            let names = (calling["allowedFunctionNames"]?.asArray ?? []).compactMap(\.asString)
            switch calling["mode"]?.asString?.uppercased() {
            case "ANY":
                if names.count == 1 {
                    request.toolChoice = .named(names[0])
                } else {
                    request.toolChoice = names.isEmpty ? .required : .allowed(names, required: true)
                }
            case "NONE": request.toolChoice = ToolChoice.none
            case "AUTO", "VALIDATED": request.toolChoice = names.isEmpty ? .auto : .allowed(names, required: false)
            default: break
            }
        }
        if !config.isEmpty { request.extras["toolConfig"] = .object(config) }
    }

    /// The error of a request that is malformed at `field`.
    static func bad(_ message: String, _ field: String?) -> GatewayError {
        GatewayError(.badRequest, origin: .client, message, field: field)
    }
}

/// Reads `tools`.
enum GeminiToolReader {
    /// The tools of the list, or of the one tool that stands in its place.
    static func tools(_ value: JSONValue) throws(GatewayError) -> [Tool] {
        var tools: [Tool] = []
        for (at, entry) in (value.asArray ?? [value]).enumerated() {
            guard let object = GeminiKeys.members(entry) else {
                throw GeminiRequestDecoder.bad("'tools[\(at)]' must be an object.", "tools[\(at)]")
            }
            // One tool may hold several kinds.
            for (key, value) in object where !value.isNull {
                if key == "functionDeclarations" {
                    for (place, declaration) in (value.asArray ?? [value]).enumerated() {
                        let field = "tools[\(at)].functionDeclarations[\(place)]"
                        tools.append(Tool(.function(try Self.function(declaration, field))))
                    }
                    continue
                }
                let kind: ServerTool
                switch key {
                case "googleSearch", "googleSearchRetrieval", "enterpriseWebSearch": kind = .webSearch
                case "codeExecution": kind = .codeExecution
                default: kind = .other
                }
                tools.append(Tool(.server(kind, Opaque(.gemini, .object(JSONObject([(key, value)]))))))
            }
        }
        return tools
    }

    private static func function(_ value: JSONValue, _ field: String) throws(GatewayError) -> FunctionTool {
        guard let object = GeminiKeys.members(value), let name = object["name"]?.asString, !name.isEmpty else {
            throw GeminiRequestDecoder.bad("'\(field).name' is missing.", "\(field).name")
        }
        let schema = object["parametersJsonSchema"] ?? object["parameters"].map(GeminiSchema.jsonSchema)
        return FunctionTool(
            name: name,
            description: object["description"]?.asString,
            parameters: schema.flatMap { $0.isNull ? nil : $0 }
        )
    }
}

/// Reads `generationConfig`.
enum GeminiConfigReader {
    /// Takes over what `value` says.
    ///
    /// - Throws: `badRequest` naming the field.
    static func read(_ value: JSONValue, into request: inout CanonicalRequest) throws(GatewayError) {
        guard let config = GeminiKeys.members(value) else {
            throw GeminiRequestDecoder.bad("'generationConfig' must be an object.", "generationConfig")
        }
        var rest = JSONObject()
        for (key, value) in config where !value.isNull {
            switch key {
            case "temperature": request.sampling.temperature = try Self.number(value, key)
            case "topP": request.sampling.topP = try Self.number(value, key)
            case "topK": request.sampling.topK = try Self.number(value, key)
            case "presencePenalty": request.sampling.presencePenalty = try Self.number(value, key)
            case "frequencyPenalty": request.sampling.frequencyPenalty = try Self.number(value, key)
            case "seed": request.sampling.seed = try Self.number(value, key)
            case "candidateCount": request.choices = try Self.integer(value, key)
            case "maxOutputTokens": request.maxOutput = try Self.integer(value, key)
            case "logprobs": request.topLogprobs = try Self.integer(value, key)
            case "responseLogprobs": request.logprobs = value == .bool(true)
            case "stopSequences":
                let stops = (value.asArray ?? [value]).map(\.asString)
                guard stops.allSatisfy({ $0 != nil }) else {
                    throw Self.bad("must be a list of strings", key)
                }
                request.stop = stops.compactMap { $0 }
            case "responseModalities":
                request.modalities = (value.asArray ?? []).compactMap { $0.asString?.lowercased() }
            case "thinkingConfig": try Self.readThinking(value, into: &request)
            case "responseMimeType", "responseSchema", "responseJsonSchema", "_responseJsonSchema": break
            default: rest.members.append((key, value))
            }
        }
        Self.readFormat(config, into: &request, rest: &rest)
        if !rest.isEmpty { request.extras["generationConfig"] = .object(rest) }
    }

    private static func readFormat(
        _ config: JSONObject,
        into request: inout CanonicalRequest,
        rest: inout JSONObject
    ) {
        let type = config["responseMimeType"]?.asString
        guard type == nil || type == "text/plain" || type == "application/json" else {
            // An answer of one word out of some, which is nothing any other dialect knows.
            for key in ["responseMimeType", "responseSchema", "responseJsonSchema"] {
                if let value = config[key] { rest.members.append((key, value)) }
            }
            return
        }
        let given = config["responseJsonSchema"] ?? config["_responseJsonSchema"]
        if let schema = given ?? config["responseSchema"].map(GeminiSchema.jsonSchema), !schema.isNull {
            request.output = .jsonSchema(JSONSchemaFormat(schema: schema))
        } else if type == "application/json" {
            request.output = .jsonObject
        }
    }

    private static func readThinking(
        _ value: JSONValue,
        into request: inout CanonicalRequest
    ) throws(GatewayError) {
        guard let config = GeminiKeys.members(value) else { throw Self.bad("must be an object", "thinkingConfig") }
        if let shown = config["includeThoughts"]?.asBool { request.reasoning.isShown = shown }
        if let budget = config["thinkingBudget"], !budget.isNull {
            let tokens = try Self.integer(budget, "thinkingConfig.thinkingBudget")
            // -1 leaves it to the model.
            request.reasoning.isOn = tokens != 0
            if tokens > 0 { request.reasoning.budget = tokens }
        }
        switch config["thinkingLevel"]?.asString?.uppercased() {
        case "MINIMAL": request.reasoning.effort = .minimal
        case "LOW": request.reasoning.effort = .low
        case "MEDIUM": request.reasoning.effort = .medium
        case "HIGH": request.reasoning.effort = .high
        case "XHIGH": request.reasoning.effort = .xhigh
        default: break
        }
    }

    private static func bad(_ rule: String, _ key: String) -> GatewayError {
        GeminiRequestDecoder.bad("'generationConfig.\(key)' \(rule).", "generationConfig.\(key)")
    }

    private static func number(_ value: JSONValue, _ key: String) throws(GatewayError) -> JSONNumber {
        if case .number(let number) = value { return number }
        if let text = value.asString, let number = JSONNumber(text: text) { return number }
        throw Self.bad("must be a number", key)
    }

    private static func integer(_ value: JSONValue, _ key: String) throws(GatewayError) -> Int {
        let number = try Self.number(value, key)
        // A float without a fraction is an integer to protocol buffers.
        if let integer = number.int ?? number.double.flatMap({ Int(exactly: $0) }) { return integer }
        throw Self.bad("must be an integer", key)
    }
}
