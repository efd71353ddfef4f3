package import Core
internal import JSON

/// Writes a request for a server that speaks OpenAI's Responses dialect.
///
/// Nothing is left for the server to keep: it is told not to store the answer unless the client asked for it, and reasoning is
/// replayed in full instead of by reference.
///
/// Source: https://platform.openai.com/docs/api-reference/responses/create
package enum ResponsesRequestEncoder {
    /// The body for `target`, with the plan its reply must be shaped by. What could not be carried over is in `notes`.
    ///
    /// - Throws: a client error naming the field, for what the target cannot do and must not ignore.
    package static func encode(
        _ request: CanonicalRequest,
        for target: TranslationTarget,
        notes: inout TranslationNotes
    ) throws(GatewayError) -> EncodedRequest {
        var writing = try ResponsesRequestWriting(request, target, notes: &notes)
        writing.writeHead()
        try writing.writeInput(notes: &notes)
        try writing.writeTools(notes: &notes)
        try writing.writeSampling(notes: &notes)
        try writing.writeOutput(notes: &notes)
        try writing.writeReasoning(notes: &notes)
        try writing.writeIdentity(notes: &notes)
        return writing.finish()
    }
}

/// A request while it is written.
struct ResponsesRequestWriting {
    let request: CanonicalRequest
    let target: TranslationTarget
    var writer = JSONWriter(capacity: 1024)
    var shaped: ShapedTools
    /// Whether the client speaks this dialect too, so that its own words may be written as they are.
    let isHome: Bool
    /// Whether the server knows what so far only OpenAI does: free-text tools, a choice among allowed tools.
    let knowsCustom: Bool
    /// The client's own words for fields that are written from several sources.
    private let extras: JSONObject
    private let takesSchema: Bool

    init(_ request: CanonicalRequest, _ target: TranslationTarget, notes: inout TranslationNotes) throws(GatewayError) {
        self.request = request
        self.target = target
        self.isHome = request.dialect == .openAIResponses
        self.extras = self.isHome ? request.extras : JSONObject()
        self.knowsCustom = target.quirks.knowsCustomTools || target.family == .openAI
        self.takesSchema = target.traits.nativeJSONSchema && (target.traits.schemaWithTools || request.tools.isEmpty)
        var rules = ToolRules()
        rules.takesCustom = self.knowsCustom
        rules.takesChoiceAllowed = self.knowsCustom
        rules.takesParallelSwitch =
            target.traits.parallelToolSwitch && !target.quirks.refuses.contains("parallel_tool_calls")
        self.shaped = try request.shapedTools(rules, for: target, emulatesSchema: !self.takesSchema, notes: &notes)
    }

    mutating func finish() -> EncodedRequest {
        self.writer.endObject()
        return EncodedRequest(body: self.writer.bytes, plan: self.shaped.plan)
    }

    mutating func writeHead() {
        self.writer.beginObject()
        self.writer.key("model")
        self.writer.string(self.target.model)
        if self.request.stream {
            self.writer.key("stream")
            self.writer.bool(true)
        }
        self.writer.key("store")
        self.writer.bool(self.request.dialect == .openAIChat && self.request.extras["store"] == .bool(true))
    }

    /// What the instructions say beside the client's: the schema, where it can go nowhere else.
    var instruction: String? {
        guard case .jsonSchema = self.request.output, !self.takesSchema, self.shaped.plan.schemaTool == nil else {
            return nil
        }
        return SchemaTool.instruction(self.request.output)
    }
}

// MARK: Parameters

extension ResponsesRequestWriting {
    mutating func writeSampling(notes: inout TranslationNotes) throws(GatewayError) {
        let sampling = self.request.sampling
        let isFree = self.takesSampling
        try self.write(try self.temperature(notes: &notes), "temperature", isFree, notes: &notes)
        let isAlone = self.target.traits.sampling != .temperatureOrTopP || sampling.temperature == nil
        try self.write(sampling.topP, "top_p", isFree && isAlone, notes: &notes)
        // The dialect has no place for any of these; a value that asks for nothing is no loss.
        if sampling.topK != nil { try notes.drop("top_k") }
        if let value = sampling.minP, value.double != 0 { try notes.drop("min_p") }
        if let value = sampling.frequencyPenalty, value.double != 0 { try notes.drop("frequency_penalty") }
        if let value = sampling.presencePenalty, value.double != 0 { try notes.drop("presence_penalty") }
        if let value = sampling.repetitionPenalty, value.double != 1 { try notes.drop("repetition_penalty") }
        if sampling.seed != nil { try notes.drop("seed") }
        if let bias = sampling.logitBias, !bias.isEmpty { try notes.drop("logit_bias") }
        try self.shaped.plan.emulate(stops: self.request.stop, notes: &notes)
        if let count = self.request.choices, count > 1 { try notes.drop("n") }
    }

    /// Whether the model takes parameters of sampling in this request.
    private var takesSampling: Bool {
        if self.target.traits.sampling != .none { return true }
        return self.target.traits.samplesWithoutReasoning && self.request.reasoning.isOn == false
    }

    /// The temperature, no higher than the model takes it.
    private func temperature(notes: inout TranslationNotes) throws(GatewayError) -> JSONNumber? {
        guard let temperature = self.request.sampling.temperature, let degrees = temperature.double else {
            return self.request.sampling.temperature
        }
        let limit = self.target.traits.temperatureLimit
        guard self.takesSampling, degrees > Double(limit) else { return temperature }
        try notes.drop("temperature", .clampedValue)
        return JSONNumber(limit)
    }

    private mutating func write(
        _ number: JSONNumber?,
        _ field: String,
        _ isTaken: Bool,
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        guard let number else { return }
        guard isTaken, !self.target.quirks.refuses.contains(field) else { return try notes.drop(field) }
        self.writer.key(field)
        self.writer.number(number)
    }

    /// The fewest tokens an answer may be held to.
    private static let leastOutput = 16

    mutating func writeOutput(notes: inout TranslationNotes) throws(GatewayError) {
        if let asked = self.request.maxOutput {
            var limit = max(asked, Self.leastOutput)
            if let most = self.target.traits.outputLimit { limit = min(limit, most) }
            if limit != asked { notes.note("max_completion_tokens", .clampedValue) }
            self.writer.key("max_output_tokens")
            self.writer.number(limit)
        }
        if self.request.logprobs {
            if !self.takesSampling {
                try notes.drop("logprobs")
            } else if let top = self.request.topLogprobs {
                self.writer.key("top_logprobs")
                self.writer.number(top)
            }
        }
        if !self.request.modalities.isEmpty { try notes.drop("modalities") }
        self.writeInclude()
        self.writeText()
    }

    /// Writes `include`: what reasoning needs to be handed back, and likelihoods.
    private mutating func writeInclude() {
        var include: [JSONValue] = []
        // A model that does not reason refuses to be asked for it.
        if self.target.family != nil, self.target.traits.reasoning != .none {
            include.append("reasoning.encrypted_content")
        }
        if self.request.logprobs, self.takesSampling { include.append("message.output_text.logprobs") }
        if case .array(let own)? = self.extras["include"] { include += own }
        guard !include.isEmpty else { return }
        self.writer.key("include")
        self.writer.value(.array(include))
    }

    private mutating func writeText() {
        var text = JSONObject()
        switch self.request.output {
        case .text: break
        case .jsonObject: text.members.append(("format", ["type": "json_object"]))
        case .jsonSchema(let format):
            if self.takesSchema {
                text.members.append(("format", Self.format(format)))
            } else if self.shaped.plan.schemaTool == nil, self.shaped.tools.isEmpty {
                // The mode keeps the answer JSON, the instructions say of what shape; beside tools it is refused.
                text.members.append(("format", ["type": "json_object"]))
            }
        }
        if let verbosity = self.request.verbosity { text.members.append(("verbosity", .string(verbosity))) }
        if case .object(let own)? = self.extras["text"] { text.members += own.members }
        guard !text.isEmpty else { return }
        self.writer.key("text")
        self.writer.value(.object(text))
    }

    private static func format(_ format: JSONSchemaFormat) -> JSONValue {
        var object: JSONObject = ["type": "json_schema", "name": .string(format.name ?? "answer")]
        if let description = format.description { object.members.append(("description", .string(description))) }
        object.members.append(("schema", format.schema))
        object.members.append(("strict", .bool(format.strict ?? false)))
        return .object(object)
    }

    mutating func writeIdentity(notes: inout TranslationNotes) throws(GatewayError) {
        // Who asks is no part of the question: what a server does not take is left out without a word.
        if let user = self.request.user, !self.target.quirks.refuses.contains("user") {
            self.writer.key("user")
            self.writer.string(user)
        }
        if let key = self.request.cacheKey, self.target.family == .openAI || self.isHome {
            self.writer.key("prompt_cache_key")
            self.writer.string(key)
        }
        let isKin = self.isHome || self.request.dialect == .openAIChat
        if isKin, !self.request.metadata.isEmpty, !self.target.quirks.refuses.contains("metadata") {
            self.writer.key("metadata")
            self.writer.value(.object(self.request.metadata))
        }
        if let tier = self.request.serviceTier {
            if isKin, !self.target.quirks.refuses.contains("service_tier") {
                self.writer.key("service_tier")
                self.writer.string(tier)
            } else {
                notes.note("service_tier", .unsupportedParameter)
            }
        }
        guard self.isHome else {
            for key in self.request.extras.keys where key != "store" { try notes.drop(key, .unknownParameter) }
            return
        }
        for (key, value) in self.extras.members where !["include", "text", "reasoning"].contains(key) {
            self.writer.key(key)
            self.writer.value(value)
        }
    }
}

// MARK: Reasoning

extension ResponsesRequestWriting {
    mutating func writeReasoning(notes: inout TranslationNotes) throws(GatewayError) {
        var object = JSONObject()
        let reasoning = self.request.reasoning
        if self.target.traits.reasoning != .none || self.isHome {
            if let word = try self.effort(notes: &notes) { object.members.append(("effort", .string(word))) }
            // A summary is made only where it is asked for.
            if reasoning.isShown == true, reasoning.isOn != false { object.members.append(("summary", "auto")) }
        } else if reasoning.isOn == true || reasoning.effort != nil && reasoning.isOn != false {
            try notes.drop("reasoning_effort")
        }
        if case .object(let own)? = self.extras["reasoning"] { object.members += own.members }
        guard !object.isEmpty else { return }
        self.writer.key("reasoning")
        self.writer.value(.object(object))
    }

    /// The word of effort nearest to what was asked for that the model takes; nil where its own is meant.
    private func effort(notes: inout TranslationNotes) throws(GatewayError) -> String? {
        let reasoning = self.request.reasoning
        let wanted: ReasoningRequest.Effort
        if reasoning.isOn == false {
            wanted = .none
        } else if let effort = reasoning.effort {
            wanted = effort
        } else if let budget = reasoning.budget {
            notes.note("reasoning.max_tokens", .clampedValue)
            wanted = budget < 1500 ? .low : budget < 8000 ? .medium : budget < 20000 ? .high : .xhigh
        } else {
            return nil
        }
        let known = self.target.traits.efforts
        guard !known.isEmpty, !known.contains(wanted.rawValue) else { return wanted.rawValue }
        let order = ReasoningRequest.Effort.allCases
        let place = order.firstIndex(of: wanted) ?? 0
        var best: (word: String, distance: Int)?
        for word in known {
            guard let effort = ReasoningRequest.Effort(rawValue: word), let at = order.firstIndex(of: effort) else {
                continue
            }
            // To reason a little is nearer to a little than not at all.
            let distance = abs(at - place) + (effort == .none ? order.count : 0)
            if best.map({ distance < $0.distance }) ?? true { best = (word, distance) }
        }
        // A number of tokens was noted above, and has no word that says the same.
        if reasoning.effort != nil || reasoning.isOn == false { try notes.drop("reasoning_effort", .clampedValue) }
        return best?.word
    }
}
