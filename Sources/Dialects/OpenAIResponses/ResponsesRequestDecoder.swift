package import Core
internal import JSON

/// Reads a client's request in OpenAI's Responses dialect.
///
/// What the gateway keeps by itself is its own affair and not part of the request: `store`, and `previous_response_id`, which
/// must have been resolved before (``ResponsesState``). A conversation or a prompt that OpenAI keeps, and work in the
/// background, cannot be carried over to anyone else.
///
/// Source: https://platform.openai.com/docs/api-reference/responses/create
package enum ResponsesRequestDecoder {
    /// The request in `body`, one JSON object. A field that is `null` is as good as absent.
    ///
    /// - Parameters:
    ///   - model: the name asked for, where the path has it; else it is read from the body.
    ///   - stream: whether a stream is asked for, where the path says so; else it is read from the body.
    /// - Throws: a client error that names the field and never quotes it.
    package static func decode(
        _ body: UnsafeRawBufferPointer,
        model: String? = nil,
        stream: Bool? = nil
    ) throws(GatewayError) -> CanonicalRequest {
        let root: JSONValue
        do {
            root = try JSONValue(parsing: body)
        } catch {
            throw .badRequest("The request body is not valid JSON: \(error.message) at byte \(error.offset).")
        }
        guard case .object(let object) = root else { throw .badRequest("The request body must be a JSON object.") }
        var reading = ResponsesRequestReading(model: model, stream: stream)
        for (key, value) in object.members {
            if case .null = value { continue }
            try reading.take(key, value)
        }
        return try reading.finish()
    }
}

/// A request while its members are read, in whatever order they come.
struct ResponsesRequestReading {
    var request: CanonicalRequest
    private let hasModel: Bool
    private let hasStream: Bool
    private var input: JSONValue?
    private var instructions: String?
    private var safetyID: String?
    var toolChoice: JSONValue?

    init(model: String?, stream: Bool?) {
        self.request = CanonicalRequest(dialect: .openAIResponses, model: model ?? "")
        self.hasModel = model != nil
        self.hasStream = stream != nil
        self.request.stream = stream ?? false
    }

    /// Notes one member that is not null. Of two with the same name the last one counts.
    mutating func take(_ key: String, _ value: JSONValue) throws(GatewayError) {
        switch key {
        case "model":
            if !self.hasModel { self.request.model = try ChatField.word(value, key) }
        case "stream":
            if !self.hasStream { self.request.stream = try ChatField.bool(value, key) }
        case "input": self.input = value
        case "instructions": self.instructions = try ChatField.string(value, key)
        case "tools": try self.readTools(value)
        case "tool_choice": self.toolChoice = value
        case "parallel_tool_calls": self.request.parallelToolCalls = try ChatField.bool(value, key)
        default:
            if try self.takeOutput(key, value) { return }
            if try self.takeIdentity(key, value) { return }
            if try self.takeState(key, value) { return }
            self.request.extras.members.append((key, value))
        }
    }

    /// The whole request.
    mutating func finish() throws(GatewayError) -> CanonicalRequest {
        guard !self.request.model.isEmpty else { throw ChatField.missing("model") }
        guard let input = self.input else { throw ChatField.missing("input") }
        var decoder = ResponsesInputDecoder()
        if let instructions = self.instructions, !instructions.isEmpty { decoder.system.append(.text(instructions)) }
        switch input {
        case .string(let text): decoder.messages = [Message(.user, [.text(text)])]
        case .array(let items):
            guard !items.isEmpty else { throw ChatField.wrong("input", "a string or an array, and not empty") }
            for (index, item) in items.enumerated() { try decoder.read(item, at: index) }
        default: throw ChatField.wrong("input", "a string or an array of items")
        }
        self.request.system = decoder.system
        self.request.messages = decoder.messages
        self.request.user = self.safetyID ?? self.request.user
        if let choice = self.toolChoice { self.request.toolChoice = try self.choice(choice) }
        return self.request
    }
}

extension ResponsesRequestReading {
    private mutating func takeOutput(_ key: String, _ value: JSONValue) throws(GatewayError) -> Bool {
        switch key {
        case "temperature": self.request.sampling.temperature = try ChatField.number(value, key)
        case "top_p": self.request.sampling.topP = try ChatField.number(value, key)
        case "max_output_tokens": self.request.maxOutput = try ChatField.integer(value, least: 1, key)
        case "top_logprobs":
            let count = try ChatField.integer(value, least: 0, key)
            self.request.topLogprobs = count == 0 ? nil : count
        case "text": try self.takeText(try ChatField.object(value, key))
        case "reasoning": try self.takeReasoning(try ChatField.object(value, key))
        case "include": try self.takeInclude(try ChatField.array(value, key))
        default: return false
        }
        return true
    }

    private mutating func takeText(_ text: JSONObject) throws(GatewayError) {
        var rest = JSONObject()
        for (key, value) in text.members {
            if case .null = value { continue }
            switch key {
            case "format": self.request.output = try Self.format(try ChatField.object(value, "text.format"))
            case "verbosity": self.request.verbosity = try ChatField.word(value, "text.verbosity")
            default: rest.members.append((key, value))
            }
        }
        if !rest.isEmpty { self.request.extras.members.append(("text", .object(rest))) }
    }

    private static func format(_ format: JSONObject) throws(GatewayError) -> OutputFormat {
        switch try ChatField.required(format, "type", in: "text.format").asString {
        case "text": return .text
        case "json_object": return .jsonObject
        case "json_schema":
            let schema = try ChatField.required(format, "schema", in: "text.format")
            var strict: Bool?
            if let value = ChatField.value(format, "strict") {
                strict = try ChatField.bool(value, "text.format.strict")
            }
            return .jsonSchema(
                JSONSchemaFormat(
                    name: try ChatField.string(format, "name", in: "text.format"),
                    description: try ChatField.string(format, "description", in: "text.format"),
                    schema: .object(try ChatField.object(schema, "text.format.schema")),
                    strict: strict
                )
            )
        default: throw ChatField.wrong("text.format.type", "'text', 'json_object' or 'json_schema'")
        }
    }

    private mutating func takeReasoning(_ reasoning: JSONObject) throws(GatewayError) {
        var rest = JSONObject()
        for (key, value) in reasoning.members {
            if case .null = value { continue }
            switch key {
            case "effort":
                guard let effort = ReasoningRequest.Effort(rawValue: try ChatField.word(value, "reasoning.effort"))
                else {
                    rest.members.append((key, value))
                    continue
                }
                self.request.reasoning.effort = effort
                self.request.reasoning.isOn = effort != .none
            // Without a summary the answer shows no reasoning; how long it is to be is OpenAI's own affair.
            case "summary", "generate_summary": self.request.reasoning.isShown = true
            // What every model does by itself.
            case "context" where value == .string("auto"): break
            case "mode" where value == .string("standard"): break
            default: rest.members.append((key, value))
            }
        }
        if !rest.isEmpty { self.request.extras.members.append(("reasoning", .object(rest))) }
    }

    private mutating func takeInclude(_ list: [JSONValue]) throws(GatewayError) {
        var rest: [JSONValue] = []
        for (index, element) in list.enumerated() {
            switch try ChatField.word(element, "include[\(index)]") {
            // Answers always carry what reasoning needs to be handed back.
            case "reasoning.encrypted_content": break
            case "message.output_text.logprobs": self.request.logprobs = true
            default: rest.append(element)
            }
        }
        if !rest.isEmpty { self.request.extras.members.append(("include", .array(rest))) }
    }

    private mutating func takeIdentity(_ key: String, _ value: JSONValue) throws(GatewayError) -> Bool {
        switch key {
        case "user": self.request.user = try ChatField.string(value, key)
        case "safety_identifier": self.safetyID = try ChatField.string(value, key)
        case "metadata": self.request.metadata = try ChatField.object(value, key)
        case "service_tier": self.request.serviceTier = try ChatField.word(value, key)
        // Hints where a cache may look: without them an answer costs more and says the same.
        case "prompt_cache_key": self.request.cacheKey = try ChatField.string(value, key)
        case "prompt_cache_options", "prompt_cache_retention": break
        // About the framing of the stream alone.
        case "stream_options": break
        case "truncation" where value == .string("disabled"): break
        default: return false
        }
        return true
    }

    private mutating func takeState(_ key: String, _ value: JSONValue) throws(GatewayError) -> Bool {
        switch key {
        case "store": _ = try ChatField.bool(value, key)
        case "background":
            guard try ChatField.bool(value, key) else { return true }
            throw Self.unsupported(key, "Work in the background is not done here; leave 'background' out.")
        case "previous_response_id":
            throw Self.unsupported(
                key,
                "The response this one goes on from is not kept here; send the conversation's items in 'input' instead."
            )
        case "conversation":
            throw Self.unsupported(key, "Conversations are not kept here; send their items in 'input' instead.")
        case "prompt":
            throw Self.unsupported(key, "Prompts kept at OpenAI cannot be carried over; send 'instructions' instead.")
        default: return false
        }
        return true
    }

    static func unsupported(_ field: String, _ message: String) -> GatewayError {
        GatewayError(.unsupported, origin: .client, message, field: field)
    }
}
