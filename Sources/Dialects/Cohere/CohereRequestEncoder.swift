package import Core
internal import JSON

/// Writes requests for Cohere's `/v2/chat`.
///
/// Source: https://docs.cohere.com/reference/chat and the types of the `cohere` SDK.
package enum CohereRequestEncoder {
    /// The body of the request to a model of `target`.
    ///
    /// - Throws: `unsupported` for a part the target cannot take, and what ``TranslationNotes/drop(_:_:)`` throws.
    package static func encode(
        _ request: CanonicalRequest,
        for target: TranslationTarget,
        notes: inout TranslationNotes
    ) throws(GatewayError) -> EncodedRequest {
        var body = try CohereRequestBody(request, target, notes: &notes)
        body.writer.beginObject()
        body.writer.key("model")
        body.writer.string(target.model)
        if request.stream {
            body.writer.key("stream")
            body.writer.bool(true)
        }
        try body.writeMessages(notes: &notes)
        try body.writeTools()
        body.writeFormat()
        try body.writeSampling(notes: &notes)
        try body.writeLimits(notes: &notes)
        try body.writeThinking(notes: &notes)
        try body.writeRest(notes: &notes)
        body.writer.endObject()
        return EncodedRequest(body: body.writer.bytes, plan: body.tools.plan)
    }
}

/// A request's body while it is written.
struct CohereRequestBody {
    let request: CanonicalRequest
    let target: TranslationTarget
    /// The tools as the target takes them, and what the reply must be shaped by.
    let tools: ShapedTools
    /// Whether the schema of the answer goes out as it is.
    let takesSchema: Bool
    var writer = JSONWriter(capacity: 1024)

    /// The most stop sequences taken.
    private static let mostStops = 5
    /// The highest `k` taken.
    private static let mostTopK = 500

    /// A body with nothing in it.
    init(
        _ request: CanonicalRequest,
        _ target: TranslationTarget,
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        self.request = request
        self.target = target
        // A format of the answer is refused beside tools, and so is a schema without a member that must be there
        // (https://docs.cohere.com/docs/structured-outputs).
        self.takesSchema = target.traits.nativeJSONSchema && request.tools.isEmpty && Self.fits(request.output)
        var rules = ToolRules()
        rules.takesChoiceNamed = false
        rules.takesParallelSwitch = false
        rules.namePunctuation = "_"
        rules.nameStartsWithLetter = true
        self.tools = try request.shapedTools(rules, for: target, emulatesSchema: !self.takesSchema, notes: &notes)
    }

    private static func fits(_ output: OutputFormat) -> Bool {
        guard case .jsonSchema(let format) = output else { return true }
        return format.schema["type"]?.asString == "object" && format.schema["required"]?.asArray?.isEmpty == false
    }

    // MARK: Tools

    /// The tools as functions; tools the client's provider runs itself have no like here.
    mutating func writeTools() throws(GatewayError) {
        guard !self.tools.tools.isEmpty else { return }
        self.writer.key("tools")
        self.writer.beginArray()
        var isStrict = true
        for tool in self.tools.tools {
            guard case .function(let function) = tool.kind else {
                throw GatewayError(
                    .unsupported,
                    origin: .client,
                    "A tool that the provider runs cannot be carried over to Cohere; remove it.",
                    field: "tools"
                )
            }
            isStrict = isStrict && function.strict == true
            self.writer.beginObject()
            self.writer.key("type")
            self.writer.string("function")
            self.writer.key("function")
            self.writer.beginObject()
            self.writer.key("name")
            self.writer.string(self.tools.plan.names.sent(function.name))
            if let description = function.description {
                self.writer.key("description")
                self.writer.string(description)
            }
            self.writer.key("parameters")
            self.writer.value(function.parameters ?? ["type": "object", "properties": [:]])
            self.writer.endObject()
            self.writer.endObject()
        }
        self.writer.endArray()
        if isStrict {
            // There is one switch for all tools.
            self.writer.key("strict_tools")
            self.writer.bool(true)
        }
        switch self.tools.choice {
        case .required?:
            self.writer.key("tool_choice")
            self.writer.string("REQUIRED")
        case ToolChoice.none?:
            self.writer.key("tool_choice")
            self.writer.string("NONE")
        // The model is free where nothing is said. The other choices were made ones of these.
        case .auto?, .named?, .allowed?, nil: break
        }
    }

    // MARK: The answer's form

    /// What the instructions say beside the client's: the form of the answer, where it can go nowhere else.
    var instruction: String? {
        switch self.request.output {
        case .text: nil
        case .jsonObject: self.tools.tools.isEmpty ? nil : SchemaTool.instruction(self.request.output)
        case .jsonSchema: self.takesSchema ? nil : SchemaTool.instruction(self.request.output)
        }
    }

    mutating func writeFormat() {
        guard self.tools.tools.isEmpty else { return }
        switch self.request.output {
        case .text: return
        case .jsonObject:
            self.writer.key("response_format")
            self.writer.value(["type": "json_object"])
        case .jsonSchema(let format):
            self.writer.key("response_format")
            self.writer.beginObject()
            self.writer.key("type")
            self.writer.string("json_object")
            if self.takesSchema {
                self.writer.key("json_schema")
                self.writer.value(format.schema)
            }
            self.writer.endObject()
        }
    }

    // MARK: Parameters

    mutating func writeSampling(notes: inout TranslationNotes) throws(GatewayError) {
        let sampling = self.request.sampling
        try self.write(sampling.temperature, "temperature", as: "temperature", 0...1, notes: &notes)
        try self.write(sampling.topP, "p", as: "top_p", 0.01...0.99, notes: &notes)
        try self.write(sampling.topK, "k", as: "top_k", 0...Double(Self.mostTopK), notes: &notes)
        try self.write(sampling.frequencyPenalty, "frequency_penalty", as: "frequency_penalty", 0...1, notes: &notes)
        try self.write(sampling.presencePenalty, "presence_penalty", as: "presence_penalty", 0...1, notes: &notes)
        if let seed = sampling.seed {
            self.writer.key("seed")
            self.writer.number(seed)
        }
        if sampling.minP != nil { try notes.drop("min_p") }
        if sampling.repetitionPenalty != nil { try notes.drop("repetition_penalty") }
        if sampling.logitBias != nil { try notes.drop("logit_bias") }
    }

    /// Writes a number within what is taken: the nearest, where the client's is outside.
    private mutating func write(
        _ number: JSONNumber?,
        _ key: String,
        as field: String,
        _ range: ClosedRange<Double>,
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        guard var number else { return }
        guard self.target.traits.sampling != .none else { return try notes.drop(field) }
        if let value = number.double, !range.contains(value) {
            // A probability of 1 keeps every token, as 0.99 nearly does.
            if field != "top_p" || value != 1 { try notes.drop(field, .clampedValue) }
            let nearest = min(max(value, range.lowerBound), range.upperBound)
            number = Int(exactly: nearest).map { JSONNumber($0) } ?? JSONNumber(nearest) ?? number
        }
        self.writer.key(key)
        self.writer.number(number)
    }

    mutating func writeLimits(notes: inout TranslationNotes) throws(GatewayError) {
        if var most = self.request.maxOutput {
            if let limit = self.target.traits.outputLimit, most > limit {
                notes.note("max_tokens", .clampedValue)
                most = limit
            }
            self.writer.key("max_tokens")
            self.writer.number(most)
        }
        let stops = self.request.stop.filter { !$0.isEmpty }
        if stops.count > Self.mostStops { try notes.drop("stop", .clampedValue) }
        if !stops.isEmpty {
            self.writer.key("stop_sequences")
            self.writer.beginArray()
            for stop in stops.prefix(Self.mostStops) { self.writer.string(stop) }
            self.writer.endArray()
        }
        if self.request.logprobs {
            self.writer.key("logprobs")
            self.writer.bool(true)
            if let top = self.request.topLogprobs, top > 0 { try notes.drop("top_logprobs") }
        }
    }

    /// `thinking`, which is on or off, with a budget of tokens (https://docs.cohere.com/docs/reasoning).
    mutating func writeThinking(notes: inout TranslationNotes) throws(GatewayError) {
        let reasoning = self.request.reasoning
        let isOff = reasoning.isOn == false
        guard isOff || reasoning.isOn == true || reasoning.effort != nil || reasoning.budget != nil else { return }
        guard self.target.traits.reasoning != .none else {
            if !isOff { try notes.drop("reasoning_effort") }
            return
        }
        self.writer.key("thinking")
        self.writer.beginObject()
        self.writer.key("type")
        self.writer.string(isOff ? "disabled" : "enabled")
        if !isOff, let budget = reasoning.budget, budget > 0 {
            self.writer.key("token_budget")
            self.writer.number(budget)
        }
        self.writer.endObject()
        if !isOff, reasoning.effort != nil, reasoning.budget == nil { notes.note("reasoning_effort", .clampedValue) }
    }

    /// What has no place, save for the fields of a client of this dialect.
    mutating func writeRest(notes: inout TranslationNotes) throws(GatewayError) {
        if let count = self.request.choices, count > 1 { try notes.drop("n") }
        if self.request.verbosity != nil { try notes.drop("verbosity") }
        if !self.request.modalities.isEmpty { try notes.drop("modalities") }
        if self.request.serviceTier != nil { notes.note("service_tier", .unsupportedParameter) }
        for (key, value) in self.request.extras {
            guard self.request.dialect == .cohere else {
                try notes.drop(key, .unknownParameter)
                continue
            }
            self.writer.key(key)
            self.writer.value(value)
        }
    }
}
