package import Core
internal import JSON

/// Writes requests for Amazon Bedrock's Converse and ConverseStream, whose bodies are the same: the path says which model
/// and whether to stream (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html).
package enum ConverseRequestEncoder {
    /// The body of `request` for `target`.
    ///
    /// - Throws: `unsupported` where the request holds what cannot be carried to Bedrock, and what
    ///   ``TranslationNotes/drop(_:_:)`` throws.
    package static func encode(
        _ request: CanonicalRequest,
        for target: TranslationTarget,
        notes: inout TranslationNotes
    ) throws(GatewayError) -> EncodedRequest {
        var writer = ConverseRequestWriter(request, target)
        return try writer.encode(&notes)
    }
}

/// One request being written.
struct ConverseRequestWriter {
    let request: CanonicalRequest
    let target: TranslationTarget
    let family: ConverseFamily
    var json: JSONWriter
    /// What no field of Converse's own says.
    var additional = JSONObject()
    var documentNames = ConverseDocumentNames()
    var cachePoints = ConverseCachePoints()
    /// Whether Claude is asked to think, which excludes sampling and a begun answer.
    var thinks = false
    /// Whether it is to think with a budget, which excludes a forced call too.
    var thinksByBudget = false
    /// The limit of the answer where a budget of thought was added to it.
    var raisedLimit: Int?
    /// Whether Nova reasons as hard as it can, beside which no sampling and no limit may be named.
    var isNovaAtFullEffort = false

    init(_ request: CanonicalRequest, _ target: TranslationTarget) {
        self.request = request
        self.target = target
        self.family = ConverseFamily(target)
        self.json = JSONWriter(capacity: 4096)
    }

    mutating func encode(_ notes: inout TranslationNotes) throws(GatewayError) -> EncodedRequest {
        try self.dropWhatConverseLacks(&notes)
        if self.request.dialect == .bedrockConverse,
            case .object(let fields)? = self.request.extras["additionalModelRequestFields"]
        {
            self.additional = fields
        }
        try self.planReasoning(&notes)
        let schema = self.answerSchema
        let asksNatively = schema != nil
        let shaped = try self.shapedTools(emulatesSchema: !asksNatively, &notes)
        var instruction: String?
        switch self.request.output {
        case .text: break
        case .jsonObject:
            notes.note("response_format", .emulated)
            instruction = SchemaTool.instruction(self.request.output)
        case .jsonSchema:
            if !asksNatively, shaped.plan.schemaTool == nil {
                instruction = SchemaTool.instruction(self.request.output)
            }
        }
        var system = self.request.system.filter { part in part.text.map { !Self.isBlank($0) } ?? true }
        if let instruction { system.append(.text(instruction)) }
        var turns = try self.turns(&notes)
        let role = self.target.traits.systemRole
        if !self.family.takesSystem || role == .user || role == .none, !system.isEmpty {
            notes.note("messages[0]", .emulated)
            Self.open(&turns, with: system)
            system = []
        }
        self.cachePoints = ConverseCachePoints(
            marks: self.markCount(shaped.tools, system, turns),
            takesLong: self.family.takesLongCache
        )

        self.json.beginObject()
        // In the order of the prompt, which the order of cache points follows.
        try self.writeTools(shaped, &notes)
        try self.writeSystem(system)
        self.json.key("messages")
        self.json.beginArray()
        for turn in turns { try self.write(turn, shaped.plan.names, &notes) }
        self.json.endArray()
        try self.writeInference(&notes)
        if let schema, case .jsonSchema(let format) = self.request.output { self.writeOutputConfig(format, schema) }
        try self.writeTopK(&notes)
        if !self.additional.isEmpty {
            self.json.key("additionalModelRequestFields")
            self.json.value(.object(self.additional))
        }
        self.writeResponseFields()
        try self.writeServiceTier(&notes)
        self.writeMetadata()
        if self.request.dialect == .bedrockConverse {
            for (key, value) in self.request.extras where key != "additionalModelRequestFields" {
                self.json.key(key)
                self.json.value(value)
            }
        }
        self.json.endObject()
        return EncodedRequest(body: self.json.bytes, plan: shaped.plan)
    }

    /// Says which of the client's wishes Converse has no place for.
    private func dropWhatConverseLacks(_ notes: inout TranslationNotes) throws(GatewayError) {
        for modality in self.request.modalities where modality != "text" {
            throw GatewayError(
                .unsupported,
                origin: .client,
                "Bedrock's Converse answers with text; '\(modality)' cannot be asked for. Leave it out of 'modalities'.",
                field: "modalities"
            )
        }
        let sampling = self.request.sampling
        if sampling.minP != nil { try notes.drop("min_p") }
        if sampling.frequencyPenalty != nil { try notes.drop("frequency_penalty") }
        if sampling.presencePenalty != nil { try notes.drop("presence_penalty") }
        if sampling.repetitionPenalty != nil { try notes.drop("repetition_penalty") }
        if sampling.seed != nil { try notes.drop("seed") }
        if sampling.logitBias != nil { try notes.drop("logit_bias") }
        if self.request.logprobs { try notes.drop("logprobs") }
        if self.request.topLogprobs != nil { try notes.drop("top_logprobs") }
        if let choices = self.request.choices, choices > 1 { try notes.drop("n") }
        if self.request.verbosity != nil { try notes.drop("verbosity") }
        if self.request.messages.contains(where: { $0.name != nil }) {
            notes.note("messages.name", .unsupportedParameter)
        }
        if self.request.dialect != .bedrockConverse {
            for key in self.request.extras.keys { try notes.drop(key, .unknownParameter) }
        }
    }

    /// The schema the service itself holds the answer to; nil where it cannot, or where none is asked for.
    private var answerSchema: JSONValue? {
        guard case .jsonSchema(let format) = self.request.output, self.family.takesSchema,
            self.target.traits.nativeJSONSchema, self.target.traits.schemaWithTools || self.request.tools.isEmpty
        else { return nil }
        return self.family.takesNativeChoice ? AnthropicSchema.strict(format.schema) : format.schema
    }

    /// The conversation as the family takes it.
    private func turns(_ notes: inout TranslationNotes) throws(GatewayError) -> [Message] {
        var rules = ConversationRules()
        rules.startsWithUser = !self.family.takesLeadingAssistant
        rules.takesMidSystem = self.target.traits.midSystem
        rules.takesPrefill = self.target.traits.prefill && !self.thinks
        rules.takesMediaInResults = self.family.takesMediaInResults || self.target.traits.toolResultImages
        let turns = try self.request.conversation(rules, for: self.target, notes: &notes)
        var fitted: [Message] = []
        fitted.reserveCapacity(turns.count)
        for turn in turns {
            var turn = turn
            turn.parts.removeAll { part in
                guard case .opaque(let opaque) = part.content, opaque.dialect != .bedrockConverse else { return false }
                notes.note("messages.content", .changedContent)
                return true
            }
            if turn.parts.isEmpty { turn.parts = [.text(Self.placeholder)] }
            self.append(turn, to: &fitted, &notes)
        }
        return fitted
    }

    /// What stands where something must and there is nothing to say.
    static let placeholder = "."

    /// Appends a turn; one whose tool results must stand alone becomes three, since the service would bring two turns of
    /// one role together again.
    private func append(_ turn: Message, to turns: inout [Message], _ notes: inout TranslationNotes) {
        let results = turn.parts.filter { if case .toolResult = $0.content { true } else { false } }
        let hasMedia = turn.parts.contains { part in
            switch part.content {
            case .document, .video: true
            default: false
            }
        }
        // Claude takes text and images beside results, but neither documents nor films.
        let mustSplit = self.family.wantsResultsAlone || self.family.takesNativeChoice && hasMedia
        guard turn.role == .user, mustSplit, !results.isEmpty, results.count < turn.parts.count else {
            turns.append(turn)
            return
        }
        notes.note("messages.content", .changedContent)
        turns.append(Message(.user, results))
        turns.append(Message(.assistant, [.text(Self.placeholder)]))
        turns.append(Message(.user, turn.parts.filter { if case .toolResult = $0.content { false } else { true } }))
    }

    /// Puts instructions before everything the user says, where there is no other place for them.
    private static func open(_ turns: inout [Message], with system: [Part]) {
        if let first = turns.first, first.role == .user {
            turns[0].parts = system + first.parts
        } else {
            turns.insert(Message(.user, system), at: 0)
        }
    }

    static func isBlank(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
    }
}

// MARK: The smaller members

extension ConverseRequestWriter {
    private mutating func writeSystem(_ system: [Part]) throws(GatewayError) {
        guard !system.isEmpty else { return }
        self.json.key("system")
        self.json.beginArray()
        for part in system {
            switch part.content {
            case .text(let text):
                self.json.beginObject()
                self.json.key("text")
                self.json.string(text)
                self.json.endObject()
            case .opaque(let opaque) where opaque.dialect == .bedrockConverse:
                self.json.value(opaque.value)
            default:
                throw Self.unsupported("Instructions to Bedrock are text.", field: "messages[0].content")
            }
            self.writeCachePoint(after: part)
        }
        self.json.endArray()
    }

    private mutating func writeInference(_ notes: inout TranslationNotes) throws(GatewayError) {
        var members = JSONObject()
        if let most = self.raisedLimit ?? self.request.maxOutput {
            if self.isNovaAtFullEffort {
                try notes.drop("max_tokens")
            } else {
                members["maxTokens"] = .number(JSONNumber(most))
            }
        }
        let sampling = try self.sampling(&notes)
        if let temperature = sampling.temperature { members["temperature"] = .number(temperature) }
        if let topP = sampling.topP { members["topP"] = .number(topP) }
        var stop = self.request.stop.filter { !Self.isBlank($0) }
        if stop.count < self.request.stop.count { try notes.drop("stop", .clampedValue) }
        if !stop.isEmpty, !self.target.traits.stop {
            try notes.drop("stop")
            stop = []
        }
        if !stop.isEmpty { members["stopSequences"] = .array(stop.map { .string($0) }) }
        guard !members.isEmpty else { return }
        self.json.key("inferenceConfig")
        self.json.value(.object(members))
    }

    /// Temperature and `top_p` as the model takes them.
    private func sampling(
        _ notes: inout TranslationNotes
    ) throws(GatewayError) -> (temperature: JSONNumber?, topP: JSONNumber?) {
        var temperature = self.request.sampling.temperature
        var topP = self.request.sampling.topP
        if !self.takesSampling {
            if temperature != nil { try notes.drop("temperature") }
            if topP != nil { try notes.drop("top_p") }
            return (nil, nil)
        }
        if let value = temperature?.double, value > 1 {
            try notes.drop("temperature", .clampedValue)
            temperature = JSONNumber(1)
        }
        if self.thinks {
            // Beside thought Claude takes no temperature but 1, and only a `top_p` near 1.
            if let value = temperature?.double, value != 1 {
                try notes.drop("temperature")
                temperature = nil
            }
            if let value = topP?.double, value < 0.95 {
                try notes.drop("top_p")
                topP = nil
            }
        }
        if self.target.traits.sampling == .temperatureOrTopP, temperature != nil, topP != nil {
            try notes.drop("top_p")
            topP = nil
        }
        return (temperature, topP)
    }

    private var takesSampling: Bool {
        let traits = self.target.traits
        if self.isNovaAtFullEffort { return false }
        return traits.sampling != .none || traits.samplesWithoutReasoning && self.request.reasoning.isRefused
    }

    private mutating func writeTopK(_ notes: inout TranslationNotes) throws(GatewayError) {
        guard let topK = self.request.sampling.topK else { return }
        let isTaken = self.target.traits.topK && self.takesSampling && !self.thinks
        guard isTaken else { return try notes.drop("top_k") }
        switch self.family.topK {
        case .anthropic: self.additional["top_k"] = .number(topK)
        case .nova:
            var inference = self.additional["inferenceConfig"]?.asObject ?? JSONObject()
            inference["topK"] = .number(topK)
            self.additional["inferenceConfig"] = .object(inference)
        case .none: try notes.drop("top_k")
        }
    }

    private mutating func writeOutputConfig(_ format: JSONSchemaFormat, _ schema: JSONValue) {
        self.json.key("outputConfig")
        self.json.beginObject()
        self.json.key("textFormat")
        self.json.beginObject()
        self.json.key("type")
        self.json.string("json_schema")
        self.json.key("structure")
        self.json.beginObject()
        self.json.key("jsonSchema")
        self.json.beginObject()
        self.json.key("schema")
        schema.bytes.withUnsafeBytes { self.json.string($0) }
        if let name = format.name, !name.isEmpty {
            self.json.key("name")
            self.json.string(name)
        }
        if let description = format.description, !description.isEmpty {
            self.json.key("description")
            self.json.string(description)
        }
        self.json.endObject()
        self.json.endObject()
        self.json.endObject()
        self.json.endObject()
    }

    /// Asks which stop sequence it was, where the client's dialect says so: Claude tells it beside the answer.
    private mutating func writeResponseFields() {
        guard self.request.dialect == .anthropicMessages, self.family.takesNativeChoice, !self.request.stop.isEmpty
        else { return }
        self.json.key("additionalModelResponseFieldPaths")
        self.json.value(["/stop_sequence"])
    }

    private mutating func writeServiceTier(_ notes: inout TranslationNotes) throws(GatewayError) {
        guard let tier = self.request.serviceTier, tier != "auto" else { return }
        guard ["priority", "default", "flex", "reserved"].contains(tier) else {
            return try notes.drop("service_tier", .clampedValue)
        }
        self.json.key("serviceTier")
        self.json.beginObject()
        self.json.key("type")
        self.json.string(tier)
        self.json.endObject()
    }

    /// The client's labels and its name for the user, as far as their characters allow: they end in the account's own
    /// logs and change no answer.
    private mutating func writeMetadata() {
        var labels = JSONObject()
        for (key, value) in self.request.metadata where labels.count < 16 {
            guard let text = value.asString, (1...256).contains(key.utf8.count), text.utf8.count <= 256,
                Self.isLabel(key), Self.isLabel(text)
            else { continue }
            labels[key] = .string(text)
        }
        if let user = self.request.user, labels["user"] == nil, labels.count < 16, (1...256).contains(user.utf8.count),
            Self.isLabel(user)
        {
            labels["user"] = .string(user)
        }
        guard !labels.isEmpty else { return }
        self.json.key("requestMetadata")
        self.json.value(.object(labels))
    }

    private static func isLabel(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), 0x09...0x0d, 0x20:
                true
            default: ":_@$#=/+,-.".utf8.contains(byte)
            }
        }
    }

    static func unsupported(_ message: String, field: String) -> GatewayError {
        GatewayError(.unsupported, origin: .client, message, field: field)
    }
}
