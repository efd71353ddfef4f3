package import Core
internal import JSON

/// Writes a request for a server that speaks OpenAI's Chat dialect.
///
/// Source: https://platform.openai.com/docs/api-reference/chat/create. What servers take of it is in the target's quirks,
/// what the model takes in its traits.
package enum ChatRequestEncoder {
    /// The body for `target`, with the plan its reply must be shaped by. What could not be carried over is in `notes`.
    ///
    /// - Throws: a client error naming the field, for what the target cannot do and must not ignore.
    package static func encode(
        _ request: CanonicalRequest,
        for target: TranslationTarget,
        notes: inout TranslationNotes
    ) throws(GatewayError) -> EncodedRequest {
        var writing = try ChatRequestWriting(request, target, notes: &notes)
        try writing.writeHead(notes: &notes)
        try writing.writeMessages(notes: &notes)
        try writing.writeTools(notes: &notes)
        try writing.writeSampling(notes: &notes)
        try writing.writeOutput(notes: &notes)
        try writing.writeReasoning(notes: &notes)
        try writing.writeIdentity(notes: &notes)
        return writing.finish()
    }
}

/// A request while it is written.
struct ChatRequestWriting {
    let request: CanonicalRequest
    let target: TranslationTarget
    var writer = JSONWriter(capacity: 1024)
    var shaped: ShapedTools
    /// Whether the client speaks this dialect too, so that its own words may be written as they are.
    let isHome: Bool
    /// Whether the schema of the answer goes out as it is.
    private let takesSchema: Bool

    init(_ request: CanonicalRequest, _ target: TranslationTarget, notes: inout TranslationNotes) throws(GatewayError) {
        let target = try Self.adapted(target, to: request)
        let quirks = target.quirks
        self.request = request
        self.target = target
        self.isHome = request.dialect == .openAIChat
        self.takesSchema = target.traits.nativeJSONSchema && (target.traits.schemaWithTools || request.tools.isEmpty)
        var rules = ToolRules()
        rules.takesChoiceNone = quirks.takesToolChoice
        rules.takesChoiceRequired = quirks.takesToolChoice
        rules.takesChoiceNamed = quirks.takesToolChoice
        rules.takesCustom = target.quirks.knowsCustomTools
        rules.takesChoiceAllowed = target.quirks.knowsCustomTools
        rules.takesParallelSwitch =
            target.traits.parallelToolSwitch && !target.quirks.refuses.contains("parallel_tool_calls")
        self.shaped = try request.shapedTools(rules, for: target, emulatesSchema: !self.takesSchema, notes: &notes)
    }

    /// The target with what its server makes of the model's traits in this request.
    ///
    /// - Throws: `unsupported` where the server takes no tools, and there are some.
    private static func adapted(
        _ target: TranslationTarget,
        to request: CanonicalRequest
    ) throws(GatewayError) -> TranslationTarget {
        var target = target
        let quirks = target.quirks
        if !quirks.takesTools, !request.tools.isEmpty || request.holdsCalls {
            throw GatewayError(
                .unsupported,
                origin: .client,
                "The provider takes no tools; leave them out, or ask a model of another provider.",
                field: "tools"
            )
        }
        if quirks.alwaysMaxTokens { target.traits.tokenParameter = .maxTokens }
        if !quirks.formatWithTools { target.traits.schemaWithTools = false }
        let reasons = request.reasoning.isOn == true || target.traits.reasoningAlwaysOn
        if reasons, !quirks.forcesToolsWhileReasoning || !target.traits.forcedToolWithReasoning {
            target.traits.forcedToolChoice = false
        }
        if target.traits.reasoning != .none, request.reasoning.isOn != false {
            target.quirks.refuses.formUnion(quirks.refusesWhenReasoning)
        }
        if quirks.replaysReasoning, quirks.replay == .details, target.family == nil {
            target.family = Self.family(ofRouted: target.model)
        }
        return target
    }

    /// Whose signatures a model understands that is named with its maker (`anthropic/claude-…`).
    private static func family(ofRouted model: String) -> SignatureFamily? {
        switch model.prefix(while: { $0 != "/" }) {
        case "anthropic": .anthropic
        case "google": .gemini
        case "openai": .openAI
        default: nil
        }
    }

    mutating func finish() -> EncodedRequest {
        self.writer.endObject()
        return EncodedRequest(body: self.writer.bytes, plan: self.shaped.plan)
    }

    /// Whether the server takes the field, which is noted as dropped where it does not.
    func takes(_ field: String, notes: inout TranslationNotes) throws(GatewayError) -> Bool {
        guard self.target.quirks.refuses.contains(field) else { return true }
        try notes.drop(field)
        return false
    }

    mutating func writeHead(notes: inout TranslationNotes) throws(GatewayError) {
        self.writer.beginObject()
        self.writer.key("model")
        self.writer.string(self.target.model)
        guard self.request.stream else { return }
        self.writer.key("stream")
        self.writer.bool(true)
        // What the answer costs is always asked for; who shall see it is the gateway's affair.
        guard self.target.quirks.acceptsStreamOptions else { return }
        self.writer.key("stream_options")
        self.writer.beginObject()
        self.writer.key("include_usage")
        self.writer.bool(true)
        self.writer.endObject()
    }

    /// What the instructions say beside the client's: the schema, where it can go nowhere else.
    var instruction: String? {
        switch self.request.output {
        case .text: return nil
        case .jsonObject: return self.takesJSONMode ? nil : SchemaTool.instruction(self.request.output)
        case .jsonSchema:
            guard !self.takesSchema, self.shaped.plan.schemaTool == nil else { return nil }
            return SchemaTool.instruction(self.request.output)
        }
    }

    /// Whether the mode that keeps an answer JSON may be asked for: some servers refuse it beside tools.
    private var takesJSONMode: Bool { self.target.quirks.formatWithTools || self.shaped.tools.isEmpty }
}

// MARK: Parameters

extension ChatRequestWriting {
    mutating func writeSampling(notes: inout TranslationNotes) throws(GatewayError) {
        let sampling = self.request.sampling
        let traits = self.target.traits
        let isFree = self.takesSampling
        let takesMore = self.isHome || self.target.quirks.takesMoreSampling
        try self.write(try self.temperature(notes: &notes), "temperature", isFree, notes: &notes)
        let isAlone = traits.sampling != .temperatureOrTopP || sampling.temperature == nil
        try self.write(sampling.topP, "top_p", isFree && isAlone, notes: &notes)
        try self.write(sampling.topK, "top_k", isFree && takesMore && traits.topK, notes: &notes)
        try self.write(sampling.minP, "min_p", isFree && takesMore, notes: &notes)
        try self.write(sampling.frequencyPenalty, "frequency_penalty", isFree && traits.penalties, notes: &notes)
        try self.write(sampling.presencePenalty, "presence_penalty", isFree && traits.penalties, notes: &notes)
        try self.write(sampling.repetitionPenalty, "repetition_penalty", isFree && takesMore, notes: &notes)
        if let seed = sampling.seed, try self.takes("seed", notes: &notes) {
            self.writer.key(self.target.quirks.seedField)
            self.writer.number(seed)
        }
        if let bias = sampling.logitBias {
            if !isFree {
                try notes.drop("logit_bias")
            } else if try self.takes("logit_bias", notes: &notes) {
                self.writer.key("logit_bias")
                self.writer.value(.object(bias))
            }
        }
    }

    /// Whether the model takes parameters of sampling in this request.
    private var takesSampling: Bool {
        let traits = self.target.traits
        if traits.sampling != .none { return true }
        return traits.samplesWithoutReasoning && self.request.reasoning.isOn == false
    }

    /// The temperature, no higher than the model takes it.
    private func temperature(notes: inout TranslationNotes) throws(GatewayError) -> JSONNumber? {
        guard let temperature = self.request.sampling.temperature, let degrees = temperature.double else {
            return self.request.sampling.temperature
        }
        var limit = JSONNumber(self.target.traits.temperatureLimit)
        if let highest = self.target.quirks.highestTemperature, let most = highest.double, most < limit.double ?? most {
            limit = highest
        }
        if degrees == 0, let zero = self.target.quirks.zeroTemperature { return zero }
        guard self.takesSampling, let most = limit.double, degrees > most else { return temperature }
        try notes.drop("temperature", .clampedValue)
        return limit
    }

    private mutating func write(
        _ number: JSONNumber?,
        _ field: String,
        _ isTaken: Bool,
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        guard let number else { return }
        guard isTaken else { return try notes.drop(field) }
        guard try self.takes(field, notes: &notes) else { return }
        self.writer.key(field)
        self.writer.number(number)
    }

    mutating func writeOutput(notes: inout TranslationNotes) throws(GatewayError) {
        if var limit = self.request.maxOutput {
            let field = self.target.traits.tokenParameter == .maxTokens ? "max_tokens" : "max_completion_tokens"
            if let most = self.target.traits.outputLimit, limit > most {
                notes.note(field, .clampedValue)
                limit = most
            }
            self.writer.key(field)
            self.writer.number(limit)
        }
        if !self.request.stop.isEmpty, !self.target.traits.stop {
            try self.shaped.plan.emulate(stops: self.request.stop, notes: &notes)
        } else if !self.request.stop.isEmpty, try self.takes("stop", notes: &notes) {
            // OpenAI takes four; a client of this dialect knows what its server takes.
            let stop = self.isHome ? self.request.stop[...] : self.request.stop.prefix(4)
            try self.shaped.plan.emulate(stops: self.request.stop.dropFirst(stop.count), notes: &notes)
            self.writer.key("stop")
            self.writer.beginArray()
            for text in stop { self.writer.string(text) }
            self.writer.endArray()
        }
        if let count = self.request.choices, count > 1, try self.takes("n", notes: &notes) {
            self.writer.key("n")
            self.writer.number(count)
        }
        if self.request.logprobs {
            if !self.takesSampling {
                try notes.drop("logprobs")
            } else if try self.takes("logprobs", notes: &notes) {
                self.writer.key("logprobs")
                self.writer.bool(true)
                if let top = self.request.topLogprobs {
                    self.writer.key("top_logprobs")
                    self.writer.number(top)
                }
            }
        }
        try self.writeFormat(notes: &notes)
        if let verbosity = self.request.verbosity {
            if self.isHome || self.target.quirks.knowsCustomTools {
                self.writer.key("verbosity")
                self.writer.string(verbosity)
            } else {
                try notes.drop("verbosity")
            }
        }
        if !self.request.modalities.isEmpty {
            if self.isHome {
                self.writer.key("modalities")
                self.writer.beginArray()
                self.writer.string("text")
                for modality in self.request.modalities { self.writer.string(modality) }
                self.writer.endArray()
            } else {
                try notes.drop("modalities")
            }
        }
    }

    private mutating func writeFormat(notes: inout TranslationNotes) throws(GatewayError) {
        switch self.request.output {
        case .text: return
        case .jsonObject:
            guard self.takesJSONMode else { return notes.note("response_format", .emulated) }
            self.writer.key("response_format")
            self.writer.value(["type": "json_object"])
        case .jsonSchema(let format):
            guard self.takesSchema else {
                // The mode keeps the answer JSON, the instructions say of what shape; beside tools it is refused.
                guard self.shaped.plan.schemaTool == nil, self.shaped.tools.isEmpty else { return }
                self.writer.key("response_format")
                self.writer.value(["type": "json_object"])
                return
            }
            self.writer.key("response_format")
            self.writer.beginObject()
            self.writer.key("type")
            self.writer.string("json_schema")
            self.writer.key("json_schema")
            self.writer.beginObject()
            self.writer.key("name")
            self.writer.string(format.name ?? "answer")
            if let description = format.description {
                self.writer.key("description")
                self.writer.string(description)
            }
            if format.schema.asObject?.isEmpty != true {
                self.writer.key("schema")
                self.writer.value(format.schema)
            }
            if let strict = format.strict {
                self.writer.key("strict")
                self.writer.bool(strict)
            }
            self.writer.endObject()
            self.writer.endObject()
        }
    }

    mutating func writeIdentity(notes: inout TranslationNotes) throws(GatewayError) {
        // Who asks is no part of the question: what a server does not take is left out without a word.
        if let user = self.request.user, !self.target.quirks.refuses.contains("user") {
            self.writer.key("user")
            self.writer.string(user)
        }
        // Compatible servers refuse what they do not know.
        if let key = self.request.cacheKey, self.target.family == .openAI || self.target.quirks.knowsCustomTools {
            self.writer.key("prompt_cache_key")
            self.writer.string(key)
        }
        guard self.isHome else {
            if self.request.serviceTier != nil { notes.note("service_tier", .unsupportedParameter) }
            for key in self.request.extras.keys { try notes.drop(key, .unknownParameter) }
            return
        }
        if !self.request.metadata.isEmpty, !self.target.quirks.refuses.contains("metadata") {
            self.writer.key("metadata")
            self.writer.value(.object(self.request.metadata))
        }
        if let tier = self.request.serviceTier, try self.takes("service_tier", notes: &notes) {
            self.writer.key("service_tier")
            self.writer.string(tier)
        }
        for (key, value) in self.request.extras.members where try self.takes(key, notes: &notes) {
            self.writer.key(key)
            self.writer.value(value)
        }
    }
}

// MARK: Reasoning

extension ChatRequestWriting {
    mutating func writeReasoning(notes: inout TranslationNotes) throws(GatewayError) {
        let reasoning = self.request.reasoning
        guard reasoning.isSaid else { return }
        let isOff = reasoning.isOn == false
        guard self.isHome || self.target.traits.reasoning != .none else {
            // A model that does not reason does what was asked where nothing was.
            if !isOff { try notes.drop("reasoning_effort") }
            return
        }
        switch self.target.quirks.reasoning {
        case .effort: try self.writeEffort(notes: &notes)
        case .promptMode:
            guard self.target.traits.efforts.isEmpty else { return try self.writeEffort(notes: &notes) }
            // The mode is on by itself, and null turns it off.
            self.writer.key("prompt_mode")
            if isOff { self.writer.null() } else { self.writer.string("reasoning") }
            if !isOff, reasoning.effort != nil || reasoning.budget != nil {
                notes.note("reasoning_effort", .clampedValue)
            }
        case .object: self.writeReasoningObject(reasoning, isOff: isOff)
        case .thinking:
            guard isOff || reasoning.isOn == true || reasoning.budget != nil else { return }
            if reasoning.effort != nil, !isOff { notes.note("reasoning_effort", .clampedValue) }
            self.writer.key("thinking")
            self.writer.value(["type": isOff ? "disabled" : "enabled"])
        case .none:
            if !isOff { try notes.drop("reasoning_effort") }
        }
    }

    private mutating func writeEffort(notes: inout TranslationNotes) throws(GatewayError) {
        guard let word = try self.effort(notes: &notes) else { return }
        self.writer.key("reasoning_effort")
        self.writer.string(word)
    }

    private mutating func writeReasoningObject(_ reasoning: ReasoningRequest, isOff: Bool) {
        self.writer.key("reasoning")
        self.writer.beginObject()
        if isOff {
            self.writer.key("enabled")
            self.writer.bool(false)
        } else if let budget = reasoning.budget {
            self.writer.key("max_tokens")
            self.writer.number(budget)
        } else if let effort = reasoning.effort {
            self.writer.key("effort")
            self.writer.string(effort.rawValue)
        } else if reasoning.isOn == true {
            self.writer.key("enabled")
            self.writer.bool(true)
        }
        if let isShown = reasoning.isShown {
            self.writer.key("exclude")
            self.writer.bool(!isShown)
        }
        self.writer.endObject()
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
            wanted = budget < 1500 ? .low : budget < 8000 ? .medium : .high
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
        try notes.drop("reasoning_effort", .clampedValue)
        return best?.word
    }
}
