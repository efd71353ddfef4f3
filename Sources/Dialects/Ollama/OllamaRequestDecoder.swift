package import Core
internal import JSON

/// Reads a client's request to Ollama's `/api/chat` or `/api/generate`.
///
/// A body without `messages` but with what only `/api/generate` has is read as that: one turn of the user. What has no
/// place in the canonical request stands in its extras, what is no option known here under `options`. How long a model is
/// kept in memory (`keep_alive`) and what its prompt is made by (`template`) is no one's affair but a local server's.
///
/// Source: https://docs.ollama.com/api and the types of the `ollama` SDK.
package enum OllamaRequestDecoder {
    /// - Parameters:
    ///   - model: the model where the path names it; else it is read from the body.
    ///   - stream: whether a stream is asked for where the path says so; else it is read from the body, where it is the
    ///     default.
    /// - Throws: `badRequest` naming the field.
    package static func decode(
        _ body: UnsafeRawBufferPointer,
        model: String? = nil,
        stream: Bool? = nil
    ) throws(GatewayError) -> CanonicalRequest {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: body)
        } catch {
            throw .badRequest("The body is not JSON: \(error.message) at byte \(error.offset).", field: nil)
        }
        guard case .object(let object) = value else { throw .badRequest("The body must be a JSON object.", field: nil) }
        var reading = OllamaRequestReading(model: model, stream: stream)
        for (key, value) in object {
            if case .null = value { continue }
            try reading.take(key, value)
        }
        return try reading.finish()
    }
}

/// A request while it is read.
private struct OllamaRequestReading {
    private var request: CanonicalRequest
    private let hasModel: Bool
    private let hasStream: Bool
    private var messages: [JSONValue]?
    /// What `/api/generate` says.
    private var prompt: String?
    private var instructions: String?
    private var images: JSONValue?

    init(model: String?, stream: Bool?) {
        self.request = CanonicalRequest(dialect: .ollama, model: model ?? "")
        self.request.stream = stream ?? true
        self.hasModel = model != nil
        self.hasStream = stream != nil
    }

    /// Notes one member that is not null.
    mutating func take(_ key: String, _ value: JSONValue) throws(GatewayError) {
        switch key {
        case "model": if !self.hasModel { self.request.model = try ChatField.word(value, key) }
        case "stream": if !self.hasStream { self.request.stream = try ChatField.bool(value, key) }
        case "messages": self.messages = try ChatField.array(value, key)
        case "prompt": self.prompt = try ChatField.string(value, key)
        case "system": self.instructions = try ChatField.string(value, key)
        case "images": self.images = value
        case "tools": try self.readTools(value)
        case "format": try self.readFormat(value)
        case "think": try self.readThink(value)
        case "options": try self.readOptions(try ChatField.object(value, key))
        case "logprobs": self.request.logprobs = try ChatField.bool(value, key)
        case "top_logprobs": self.request.topLogprobs = try ChatField.integer(value, least: 0, key)
        case "keep_alive", "template": break
        // What is empty or false asks for nothing.
        case "suffix" where value == "", "raw" where value == false: break
        default: self.request.extras.members.append((key, value))
        }
    }

    /// The whole request.
    mutating func finish() throws(GatewayError) -> CanonicalRequest {
        guard !self.request.model.isEmpty else { throw ChatField.missing("model") }
        if let messages = self.messages {
            guard !messages.isEmpty else { throw ChatField.wrong("messages", "an array, and not empty") }
            var decoder = OllamaMessageDecoder()
            for (index, message) in messages.enumerated() { try decoder.read(message, at: index) }
            self.request.system = decoder.system
            self.request.messages = decoder.messages
            return self.request
        }
        guard self.prompt != nil || self.images != nil else { throw ChatField.missing("messages") }
        var parts: [Part] = []
        if let images = self.images { parts = try OllamaMessageDecoder.images(images) { "images" } }
        if let prompt = self.prompt, !prompt.isEmpty { parts.append(.text(prompt)) }
        guard !parts.isEmpty else { throw ChatField.wrong("prompt", "a string, and not empty") }
        if let instructions = self.instructions, !instructions.isEmpty { self.request.system = [.text(instructions)] }
        self.request.messages = [Message(.user, parts)]
        return self.request
    }

    private mutating func readTools(_ value: JSONValue) throws(GatewayError) {
        for (index, element) in try ChatField.array(value, "tools").enumerated() {
            let tool = try ChatField.object(element, "tools[\(index)]")
            let path = "tools[\(index)].function"
            let function = try ChatField.object(
                try ChatField.required(tool, "function", in: "tools[\(index)]"),
                path
            )
            let name = try ChatField.word(try ChatField.required(function, "name", in: path), "\(path).name")
            var parameters = ChatField.value(function, "parameters")
            if let schema = parameters { parameters = .object(try ChatField.object(schema, "\(path).parameters")) }
            self.request.tools.append(
                Tool(
                    .function(
                        FunctionTool(
                            name: name,
                            description: try ChatField.string(function, "description", in: path),
                            parameters: parameters
                        )
                    )
                )
            )
        }
    }

    private mutating func readFormat(_ value: JSONValue) throws(GatewayError) {
        switch value {
        case .string(""): break
        case .string("json"): self.request.output = .jsonObject
        case .object: self.request.output = .jsonSchema(JSONSchemaFormat(schema: value))
        default: throw ChatField.wrong("format", "'json' or a JSON Schema")
        }
    }

    private mutating func readThink(_ value: JSONValue) throws(GatewayError) {
        if case .bool(let isOn) = value {
            self.request.reasoning.isOn = isOn
        } else if let effort = value.asString.flatMap({ ReasoningRequest.Effort(rawValue: $0) }) {
            self.request.reasoning.isOn = effort != .none
            self.request.reasoning.effort = effort
        } else {
            throw ChatField.wrong("think", "true, false or a level such as 'low', 'medium' or 'high'")
        }
        if self.request.reasoning.isOn == true { self.request.reasoning.isShown = true }
    }

    private mutating func readOptions(_ options: JSONObject) throws(GatewayError) {
        var rest = JSONObject()
        for (key, value) in options {
            if case .null = value { continue }
            let path = "options.\(key)"
            switch key {
            case "temperature": self.request.sampling.temperature = try ChatField.number(value, path)
            case "top_p": self.request.sampling.topP = try ChatField.number(value, path)
            case "top_k": self.request.sampling.topK = try ChatField.number(value, path)
            case "min_p": self.request.sampling.minP = try Self.unless(0, value, path)
            case "frequency_penalty": self.request.sampling.frequencyPenalty = try Self.unless(0, value, path)
            case "presence_penalty": self.request.sampling.presencePenalty = try Self.unless(0, value, path)
            case "repeat_penalty": self.request.sampling.repetitionPenalty = try Self.unless(1, value, path)
            case "seed": self.request.sampling.seed = try ChatField.number(value, path)
            case "num_predict":
                // Below zero it sets no limit.
                let most = try ChatField.integer(value, path)
                if most > 0 { self.request.maxOutput = most }
            case "stop":
                if case .string(let one) = value {
                    self.request.stop = [one]
                } else {
                    var stop: [String] = []
                    for (index, element) in try ChatField.array(value, path).enumerated() {
                        stop.append(try ChatField.string(element, "\(path)[\(index)]"))
                    }
                    self.request.stop = stop
                }
            default: rest.members.append((key, value))
            }
        }
        if !rest.isEmpty { self.request.extras.members.append(("options", .object(rest))) }
    }

    /// The number, or nil where it is the one that asks for nothing.
    private static func unless(
        _ neutral: Double,
        _ value: JSONValue,
        _ path: String
    ) throws(GatewayError) -> JSONNumber? {
        let number = try ChatField.number(value, path)
        return number.double == neutral ? nil : number
    }
}
