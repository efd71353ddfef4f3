package import Core
internal import JSON

/// Reads a client's request in OpenAI's Chat dialect.
///
/// Source: https://platform.openai.com/docs/api-reference/chat/create, and the extensions that servers compatible with it
/// have in common (`top_k`, `reasoning`, `thinking`, `cache_control`).
package enum ChatRequestDecoder {
    /// The request in `body`, one JSON object. A field that is `null` is as good as absent.
    ///
    /// `stream_options` is not part of what is asked of a provider, and is left to the caller.
    ///
    /// - Parameters:
    ///   - model: the name asked for, where the path has it; else it is read from the body.
    ///   - stream: whether a stream is asked for, where the path says so; else it is read from the body.
    /// - Throws: a client error (400) that names the field and never quotes it.
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
        var reading = ChatRequestReading(model: model, stream: stream)
        for (key, value) in object.members {
            if case .null = value { continue }
            try reading.take(key, value)
        }
        return try reading.finish()
    }
}

/// A request while its members are read, in whatever order they come.
struct ChatRequestReading {
    var request: CanonicalRequest
    private let hasModel: Bool
    private let hasStream: Bool
    private var messages: JSONValue?
    private var maxTokens: Int?
    private var safetyID: String?
    var tools: JSONValue?
    var functions: JSONValue?
    var functionCall: JSONValue?
    var webSearch: JSONValue?
    /// A hint at the top of the request stands for one at its end.
    private var cache: CacheHint?

    init(model: String?, stream: Bool?) {
        self.request = CanonicalRequest(dialect: .openAIChat, model: model ?? "")
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
        case "messages": self.messages = value
        // The gateway's own affair.
        case "stream_options": break
        default:
            if try self.takeSampling(key, value) { return }
            if try self.takeOutput(key, value) { return }
            if try self.takeReasoning(key, value) { return }
            if try self.takeTools(key, value) { return }
            if try self.takeIdentity(key, value) { return }
            self.request.extras.members.append((key, value))
        }
    }

    /// The whole request.
    mutating func finish() throws(GatewayError) -> CanonicalRequest {
        guard !self.request.model.isEmpty else { throw ChatField.missing("model") }
        guard let messages = self.messages else { throw ChatField.missing("messages") }
        let list = try ChatField.array(messages, "messages")
        guard !list.isEmpty else { throw ChatField.wrong("messages", "an array, and not empty") }
        var decoder = ChatMessageDecoder()
        for (index, message) in list.enumerated() { try decoder.read(message, at: index) }
        self.request.system = decoder.system
        self.request.messages = decoder.messages
        if let cache = self.cache { self.markEnd(cache) }
        self.request.maxOutput = self.request.maxOutput ?? self.maxTokens
        self.request.user = self.safetyID ?? self.request.user
        try self.readTools()
        return self.request
    }

    private mutating func markEnd(_ cache: CacheHint) {
        let last = self.request.messages.count - 1
        guard last >= 0 else { return }
        let part = self.request.messages[last].parts.count - 1
        guard part >= 0, self.request.messages[last].parts[part].cache == nil else { return }
        self.request.messages[last].parts[part].cache = cache
    }
}

extension ChatRequestReading {
    private mutating func takeSampling(_ key: String, _ value: JSONValue) throws(GatewayError) -> Bool {
        switch key {
        case "temperature": self.request.sampling.temperature = try ChatField.number(value, key)
        case "top_p": self.request.sampling.topP = try ChatField.number(value, key)
        case "top_k": self.request.sampling.topK = try ChatField.number(value, key)
        case "min_p": self.request.sampling.minP = try ChatField.number(value, key)
        case "frequency_penalty": self.request.sampling.frequencyPenalty = try Self.unless(0, value, key)
        case "presence_penalty": self.request.sampling.presencePenalty = try Self.unless(0, value, key)
        case "repetition_penalty": self.request.sampling.repetitionPenalty = try Self.unless(1, value, key)
        case "seed": self.request.sampling.seed = try ChatField.number(value, key)
        case "logit_bias":
            let bias = try ChatField.object(value, key)
            self.request.sampling.logitBias = bias.isEmpty ? nil : bias
        default: return false
        }
        return true
    }

    /// The number, or nil where it is the one that asks for nothing: clients spell it out, and it is no loss.
    private static func unless(_ neutral: Double, _ value: JSONValue, _ key: String) throws(GatewayError) -> JSONNumber?
    {
        let number = try ChatField.number(value, key)
        return number.double == neutral ? nil : number
    }

    private mutating func takeOutput(_ key: String, _ value: JSONValue) throws(GatewayError) -> Bool {
        switch key {
        case "max_completion_tokens": self.request.maxOutput = try ChatField.integer(value, least: 1, key)
        case "max_tokens": self.maxTokens = try ChatField.integer(value, least: 1, key)
        case "stop": self.request.stop = try Self.stop(value)
        case "n":
            let count = try ChatField.integer(value, least: 1, key)
            self.request.choices = count == 1 ? nil : count
        case "logprobs": self.request.logprobs = try ChatField.bool(value, key)
        case "top_logprobs": self.request.topLogprobs = try ChatField.integer(value, least: 0, key)
        case "response_format": self.request.output = try Self.format(value)
        case "verbosity": self.request.verbosity = try ChatField.word(value, key)
        case "modalities":
            var modalities: [String] = []
            for (index, modality) in try ChatField.array(value, key).enumerated() {
                let word = try ChatField.word(modality, "modalities[\(index)]")
                if word != "text" { modalities.append(word) }
            }
            self.request.modalities = modalities
        default: return false
        }
        return true
    }

    private static func stop(_ value: JSONValue) throws(GatewayError) -> [String] {
        if case .string(let one) = value { return [one] }
        guard case .array(let list) = value else { throw ChatField.wrong("stop", "a string or an array of strings") }
        var stop: [String] = []
        for (index, element) in list.enumerated() { stop.append(try ChatField.string(element, "stop[\(index)]")) }
        return stop
    }

    private static func format(_ value: JSONValue) throws(GatewayError) -> OutputFormat {
        let format = try ChatField.object(value, "response_format")
        switch try ChatField.required(format, "type", in: "response_format").asString {
        case "text": return .text
        case "json_object":
            // Servers that take a schema here call it `schema`.
            guard let schema = ChatField.value(format, "schema") else { return .jsonObject }
            return .jsonSchema(
                JSONSchemaFormat(schema: .object(try ChatField.object(schema, "response_format.schema")))
            )
        case "json_schema":
            let path = "response_format.json_schema"
            let member = try ChatField.required(format, "json_schema", in: "response_format")
            let named = try ChatField.object(member, path)
            var strict: Bool?
            if let value = ChatField.value(named, "strict") { strict = try ChatField.bool(value, "\(path).strict") }
            var schema = JSONObject()
            if let value = ChatField.value(named, "schema") { schema = try ChatField.object(value, "\(path).schema") }
            return .jsonSchema(
                JSONSchemaFormat(
                    name: try ChatField.string(named, "name", in: path),
                    description: try ChatField.string(named, "description", in: path),
                    schema: .object(schema),
                    strict: strict
                )
            )
        default: throw ChatField.wrong("response_format.type", "'text', 'json_object' or 'json_schema'")
        }
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
        case "cache_control":
            let hint = try ChatField.object(value, key)
            self.cache = CacheHint(ttl: hint["ttl"]?.asString)
        // Nothing is stored where nothing is asked to be.
        case "store" where value == .bool(false): break
        default: return false
        }
        return true
    }
}

extension ChatRequestReading {
    private mutating func takeReasoning(_ key: String, _ value: JSONValue) throws(GatewayError) -> Bool {
        switch key {
        case "reasoning_effort":
            guard self.takeEffort(try ChatField.word(value, key)) else { return false }
        case "reasoning": try self.takeReasoning(try ChatField.object(value, key))
        case "include_reasoning": self.request.reasoning.isShown = try ChatField.bool(value, key)
        case "thinking": try self.takeThinking(try ChatField.object(value, key))
        case "enable_thinking": self.request.reasoning.isOn = try ChatField.bool(value, key)
        case "thinking_budget": self.request.reasoning.budget = try ChatField.integer(value, least: 0, key)
        default: return false
        }
        return true
    }

    /// Notes a word of effort; false where it is none that is known.
    private mutating func takeEffort(_ word: String) -> Bool {
        guard let effort = ReasoningRequest.Effort(rawValue: word) else { return false }
        self.request.reasoning.effort = effort
        if effort == .none {
            self.request.reasoning.isOn = false
        } else if self.request.reasoning.isOn == nil {
            self.request.reasoning.isOn = true
        }
        return true
    }

    /// OpenRouter's `reasoning` (https://openrouter.ai/docs/use-cases/reasoning-tokens).
    private mutating func takeReasoning(_ reasoning: JSONObject) throws(GatewayError) {
        var rest = JSONObject()
        for (key, value) in reasoning.members {
            if case .null = value { continue }
            switch key {
            case "effort":
                guard self.takeEffort(try ChatField.word(value, "reasoning.effort")) else {
                    rest.members.append((key, value))
                    continue
                }
            case "max_tokens":
                self.request.reasoning.budget = try ChatField.integer(value, least: 0, "reasoning.max_tokens")
                if self.request.reasoning.isOn == nil { self.request.reasoning.isOn = true }
            case "exclude": self.request.reasoning.isShown = !(try ChatField.bool(value, "reasoning.exclude"))
            case "enabled": self.request.reasoning.isOn = try ChatField.bool(value, "reasoning.enabled")
            default: rest.members.append((key, value))
            }
        }
        if !rest.isEmpty { self.request.extras.members.append(("reasoning", .object(rest))) }
    }

    /// The `thinking` that DeepSeek, Z.ai and others take over from Anthropic.
    private mutating func takeThinking(_ thinking: JSONObject) throws(GatewayError) {
        let type = try ChatField.required(thinking, "type", in: "thinking")
        switch try ChatField.string(type, "thinking.type") {
        case "enabled", "adaptive", "auto": self.request.reasoning.isOn = true
        case "disabled": self.request.reasoning.isOn = false
        default: throw ChatField.wrong("thinking.type", "'enabled', 'adaptive' or 'disabled'")
        }
        if let budget = ChatField.value(thinking, "budget_tokens") {
            self.request.reasoning.budget = try ChatField.integer(budget, least: 0, "thinking.budget_tokens")
        }
        if let display = try ChatField.string(thinking, "display", in: "thinking") {
            self.request.reasoning.isShown = display != "omitted"
        }
    }
}
