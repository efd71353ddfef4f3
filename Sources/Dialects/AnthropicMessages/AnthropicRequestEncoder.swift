package import Core
internal import JSON

/// Writes requests to Anthropic's Messages API.
///
/// Source: https://docs.anthropic.com/en/api/messages, https://docs.anthropic.com/en/api/versioning
package enum AnthropicRequestEncoder {
    /// The request as a provider of this dialect takes it: the body, with `model` and `stream` in it, and the fields
    /// `anthropic-version` and, where something asks for one, `anthropic-beta`.
    ///
    /// - Throws: `unsupported` or `badRequest` for what cannot be said at all; what ``TranslationNotes/drop(_:_:)`` throws.
    package static func encode(
        _ request: CanonicalRequest,
        for target: TranslationTarget,
        notes: inout TranslationNotes
    ) throws(GatewayError) -> EncodedRequest {
        var writer = AnthropicRequestWriter(request, target)
        return try writer.write(notes: &notes)
    }
}

/// The writing of one request.
struct AnthropicRequestWriter {
    let request: CanonicalRequest
    var target: TranslationTarget
    var json: JSONWriter
    /// Whether something is written that the newest version of the API refuses.
    var needsOldVersion = false
    /// Beta features that were used, in the order of their use.
    var betas: [String] = []
    var caches = AnthropicCacheMarks()
    var plan = ReplyPlan()

    /// A writer of `request`.
    init(_ request: CanonicalRequest, _ target: TranslationTarget) {
        self.request = request
        self.target = target
        self.json = JSONWriter(capacity: 1024)
    }

    /// Whether the client speaks this dialect too, so that its own values are understood as they are.
    var isOwn: Bool { self.request.dialect == .anthropicMessages }

    /// The version that has sampling parameters, documents in the assistant's turns and citations in the user's.
    static let oldVersion = "2023-06-01"
    static let newVersion = "2026-10-21"

    mutating func write(notes: inout TranslationNotes) throws(GatewayError) -> EncodedRequest {
        try self.refuseWhatIsMissing(notes: &notes)
        let reasoning = try AnthropicReasoning(self.request, self.target, notes: &notes)
        // With thinking on, the API takes no forced call and no beginning of the answer.
        if reasoning.isThinking {
            self.target.traits.forcedToolChoice = false
            self.target.traits.prefill = false
        }
        var rules = ConversationRules()
        rules.takesMidSystem = self.target.traits.midSystem
        rules.takesPrefill = self.target.traits.prefill
        let turns = try self.request.conversation(rules, for: self.target, notes: &notes)
        let schema = self.answerSchema()
        let shaped = try self.request.shapedTools(
            Self.toolRules,
            for: self.shapingTarget,
            emulatesSchema: schema == nil,
            notes: &notes
        )
        self.plan = shaped.plan
        self.caches = AnthropicCacheMarks(shaped.tools, self.request, turns)

        self.json.beginObject()
        self.json.key("model")
        self.json.string(self.target.model)
        self.json.key("max_tokens")
        self.json.number(reasoning.maxTokens)
        if self.request.stream {
            self.json.key("stream")
            self.json.bool(true)
        }
        reasoning.writeThinking(into: &self.json, unless: self.request.extras["thinking"] != nil && self.isOwn)
        self.writeOutputConfig(effort: reasoning.effort, schema: schema)
        try self.writeSampling(reasoning, notes: &notes)
        try self.writeStop(notes: &notes)
        self.writeUser()
        try self.writeTier(notes: &notes)
        try self.writeTools(shaped, notes: &notes)
        try self.writeSystem(schema: schema, notes: &notes)
        try self.writeTurns(turns, notes: &notes)
        try self.writeExtras(notes: &notes)
        self.json.endObject()
        return EncodedRequest(body: self.json.bytes, fields: self.fields, plan: self.plan)
    }

    /// The target as the shaping of tools is to see it: a schema that the arguments of a tool cannot be held to must not
    /// become a tool.
    private var shapingTarget: TranslationTarget {
        guard case .jsonSchema(let format) = self.request.output, self.request.tools.isEmpty else { return self.target }
        if let (_, isWidened) = AnthropicSchema.input(format.schema), !isWidened { return self.target }
        var target = self.target
        target.traits.forcedToolChoice = false
        return target
    }

    private static let toolRules: ToolRules = {
        var rules = ToolRules()
        rules.needsToolsForHistory = true
        rules.longestName = 128
        return rules
    }()

    private var fields: [(name: String, value: String)] {
        let isNew = self.target.traits.newestAnthropicVersion && !self.needsOldVersion
        var fields = [(name: "anthropic-version", value: isNew ? Self.newVersion : Self.oldVersion)]
        if !self.betas.isEmpty { fields.append(("anthropic-beta", self.betas.joined(separator: ","))) }
        return fields
    }

    /// Asks for a beta feature, once.
    mutating func use(beta: String) {
        if !self.betas.contains(beta) { self.betas.append(beta) }
    }

    /// What the API has no parameter for.
    private func refuseWhatIsMissing(notes: inout TranslationNotes) throws(GatewayError) {
        if let kind = self.request.modalities.first(where: { $0 != "text" }) {
            throw GatewayError(
                .unsupported,
                origin: .client,
                "The target answers with text only; take '\(kind)' out of 'modalities' or name another model.",
                field: "modalities"
            )
        }
        let sampling = self.request.sampling
        if let choices = self.request.choices, choices > 1 { try notes.drop("n") }
        if sampling.minP != nil { try notes.drop("min_p") }
        if sampling.frequencyPenalty != nil { try notes.drop("frequency_penalty") }
        if sampling.presencePenalty != nil { try notes.drop("presence_penalty") }
        if sampling.repetitionPenalty != nil { try notes.drop("repetition_penalty") }
        if sampling.seed != nil { try notes.drop("seed") }
        if sampling.logitBias.map({ !$0.isEmpty }) ?? false { try notes.drop("logit_bias") }
        if self.request.logprobs { try notes.drop("logprobs") }
        if self.request.topLogprobs != nil { try notes.drop("top_logprobs") }
        if self.request.verbosity != nil { try notes.drop("verbosity") }
        if self.request.messages.contains(where: { $0.name != nil }) { try notes.drop("messages.name") }
    }
}

// MARK: Parameters

extension AnthropicRequestWriter {
    private mutating func writeSampling(
        _ reasoning: AnthropicReasoning,
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        let sampling = self.request.sampling
        let isTaken = self.target.traits.sampling != .none
        if let temperature = sampling.temperature {
            let value = temperature.double ?? 1
            if !isTaken {
                try notes.drop("temperature")
            } else if reasoning.isThinking {
                if value != 1 { try notes.drop("temperature") }
            } else {
                self.json.key("temperature")
                if value > 1 || value < 0 {
                    notes.note("temperature", .clampedValue)
                    self.json.number(value > 1 ? 1 : 0)
                } else {
                    self.json.number(temperature)
                }
                self.needsOldVersion = true
            }
        }
        if let topP = sampling.topP {
            let isBeside = self.target.traits.sampling == .temperatureOrTopP && sampling.temperature != nil
            if !isTaken || reasoning.isThinking || isBeside {
                try notes.drop("top_p")
            } else {
                self.json.key("top_p")
                self.json.number(topP)
                self.needsOldVersion = true
            }
        }
        if let topK = sampling.topK {
            if !isTaken || reasoning.isThinking || !self.target.traits.topK {
                try notes.drop("top_k")
            } else {
                self.json.key("top_k")
                self.json.number(topK)
                self.needsOldVersion = true
            }
        }
    }

    private mutating func writeStop(notes: inout TranslationNotes) throws(GatewayError) {
        let stops = self.request.stop.filter { stop in
            !stop.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
        }
        // The API refuses a sequence of nothing but white space.
        if stops.count < self.request.stop.count { try notes.drop("stop", .clampedValue) }
        guard !stops.isEmpty else { return }
        self.json.key("stop_sequences")
        self.json.beginArray()
        for stop in stops { self.json.string(stop) }
        self.json.endArray()
    }

    private mutating func writeUser() {
        // The API's own bound for an id.
        guard let user = self.request.user, !user.isEmpty, user.utf8.count <= 256 else { return }
        self.json.key("metadata")
        self.json.beginObject()
        self.json.key("user_id")
        self.json.string(user)
        self.json.endObject()
    }

    private mutating func writeTier(notes: inout TranslationNotes) throws(GatewayError) {
        guard let tier = self.request.serviceTier else { return }
        switch tier {
        case "auto", "priority":
            self.json.key("service_tier")
            self.json.string("auto")
        case "default", "standard", "standard_only":
            self.json.key("service_tier")
            self.json.string("standard_only")
        default: try notes.drop("service_tier")
        }
    }

    private mutating func writeOutputConfig(effort: String?, schema: JSONValue?) {
        let isFormatted: Bool
        if case .jsonSchema = self.request.output { isFormatted = schema != nil } else { isFormatted = false }
        let own = self.isOwn ? self.request.extras["output_config"]?.asObject ?? JSONObject() : JSONObject()
        guard effort != nil || isFormatted || !own.isEmpty else { return }
        self.json.key("output_config")
        self.json.beginObject()
        if let effort {
            self.json.key("effort")
            self.json.string(effort)
        }
        if isFormatted, let schema {
            self.json.key("format")
            self.json.beginObject()
            self.json.key("type")
            self.json.string("json_schema")
            self.json.key("schema")
            self.json.value(schema)
            self.json.endObject()
        }
        for (key, value) in own {
            self.json.key(key)
            self.json.value(value)
        }
        self.json.endObject()
    }

    /// The schema the model keeps to by itself; nil where it must be told in another way, or none is asked for.
    private func answerSchema() -> JSONValue? {
        guard case .jsonSchema(let format) = self.request.output, self.target.traits.nativeJSONSchema,
            self.request.tools.isEmpty || self.target.traits.schemaWithTools
        else { return nil }
        return AnthropicSchema.strict(format.schema)
    }

    private mutating func writeExtras(notes: inout TranslationNotes) throws(GatewayError) {
        for (key, value) in self.request.extras {
            // A name with a dot is a field inside another one, which was read.
            guard self.isOwn, !key.contains(".") else {
                try notes.drop(key, .unknownParameter)
                continue
            }
            if key == "output_config" { continue }
            self.json.key(key)
            self.json.value(value)
            if key == "speed", value.asString == "fast" { self.use(beta: "fast-mode-2026-02-01") }
        }
    }
}

// MARK: System

extension AnthropicRequestWriter {
    private mutating func writeSystem(schema: JSONValue?, notes: inout TranslationNotes) throws(GatewayError) {
        var parts: [Part] = []
        for part in self.request.system {
            switch part.content {
            case .text(let text):
                if !AnthropicText.isBlank(text) { parts.append(part) }
            case .opaque(let opaque) where opaque.dialect == .anthropicMessages: parts.append(part)
            case .thinking, .redactedThinking: continue
            default:
                throw GatewayError(
                    .unsupported,
                    origin: .client,
                    "The target takes instructions as text only; move other content into a user message.",
                    field: "messages[0].content"
                )
            }
        }
        if let instruction = self.instruction(schema: schema, notes: &notes) { parts.append(.text(instruction)) }
        guard !parts.isEmpty else { return }
        self.json.key("system")
        if parts.count == 1, let text = parts[0].text, parts[0].cache == nil, parts[0].citations.isEmpty {
            self.json.string(text)
            return
        }
        self.json.beginArray()
        for part in parts {
            if let text = part.text {
                self.writeText(text, part, isUsers: true)
            } else if case .opaque(let opaque) = part.content {
                self.json.value(opaque.value)
            }
        }
        self.json.endArray()
    }

    /// What the model is told where the form of its answer can be asked for in no other way.
    private func instruction(schema: JSONValue?, notes: inout TranslationNotes) -> String? {
        switch self.request.output {
        case .text: return nil
        case .jsonObject:
            notes.note("response_format", .emulated)
            return SchemaTool.instruction(self.request.output)
        case .jsonSchema:
            guard schema == nil, self.plan.schemaTool == nil else { return nil }
            return SchemaTool.instruction(self.request.output)
        }
    }
}

/// Text as this dialect sees it.
enum AnthropicText {
    /// Whether the text is empty or white space, which the API refuses in a block of text.
    static func isBlank(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
    }
}

/// Cache breakpoints: at most four to a request, of which the last ones matter most, and none that is kept for longer
/// behind one that is kept for less.
///
/// Source: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching
struct AnthropicCacheMarks {
    private var toSkip = 0
    private var hasShort = false

    /// No marks.
    init() {}

    /// The marks of what is about to be written.
    init(_ tools: [Tool], _ request: CanonicalRequest, _ turns: [Message]) {
        var count = tools.count { $0.cache != nil }
        count += Self.count(request.system)
        for turn in turns { count += Self.count(turn.parts) }
        let isAutomatic = request.dialect == .anthropicMessages && request.extras["cache_control"] != nil
        self.toSkip = max(0, count - (isAutomatic ? 3 : 4))
    }

    private static func count(_ parts: [Part]) -> Int {
        var count = 0
        for part in parts {
            if part.cache != nil, Self.mayCarry(part) { count += 1 }
            if case .toolResult(let result) = part.content { count += Self.count(result.parts) }
        }
        return count
    }

    /// Whether the API takes a mark at such a block.
    private static func mayCarry(_ part: Part) -> Bool {
        switch part.content {
        case .thinking, .redactedThinking, .opaque: false
        case .text(let text), .refusal(let text): !AnthropicText.isBlank(text)
        default: true
        }
    }

    /// Writes the member `cache_control`, where the block is marked and its mark is one that is kept.
    mutating func write(_ hint: CacheHint?, into json: inout JSONWriter) {
        guard let hint else { return }
        if self.toSkip > 0 {
            self.toSkip -= 1
            return
        }
        json.key("cache_control")
        json.beginObject()
        json.key("type")
        json.string("ephemeral")
        if hint.ttl?.hasSuffix("h") ?? false, !self.hasShort {
            json.key("ttl")
            json.string("1h")
        } else {
            self.hasShort = true
        }
        json.endObject()
    }
}
