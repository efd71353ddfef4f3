package import Core
internal import JSON

/// Writes requests for Ollama's `/api/chat`.
///
/// The size of the context (`num_ctx`) is never guessed: a server loads its model anew for every other size.
///
/// Source: https://docs.ollama.com/api/chat and the types of the `ollama` SDK.
package enum OllamaRequestEncoder {
    /// The body of the request to a model of `target`.
    ///
    /// - Throws: `unsupported` for a part the target cannot take, and what ``TranslationNotes/drop(_:_:)`` throws.
    package static func encode(
        _ request: CanonicalRequest,
        for target: TranslationTarget,
        notes: inout TranslationNotes
    ) throws(GatewayError) -> EncodedRequest {
        var body = try OllamaRequestBody(request, target, notes: &notes)
        body.writer.beginObject()
        body.writer.key("model")
        body.writer.string(target.model)
        try body.writeMessages(notes: &notes)
        try body.writeTools()
        body.writeFormat()
        try body.writeThink(notes: &notes)
        // A server streams unless it is told not to.
        body.writer.key("stream")
        body.writer.bool(request.stream)
        try body.writeOptions(notes: &notes)
        try body.writeRest(notes: &notes)
        body.writer.endObject()
        return EncodedRequest(body: body.writer.bytes, plan: body.tools.plan)
    }
}

/// A request's body while it is written.
struct OllamaRequestBody {
    let request: CanonicalRequest
    let target: TranslationTarget
    /// The tools as the target takes them, and what the reply must be shaped by.
    let tools: ShapedTools
    /// Whether the client speaks this dialect too.
    let isHome: Bool
    /// Whether the schema of the answer goes out as it is; the grammar made from it would keep the model from calling.
    let takesSchema: Bool
    var writer = JSONWriter(capacity: 1024)

    /// A body with nothing in it.
    init(
        _ request: CanonicalRequest,
        _ target: TranslationTarget,
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        self.request = request
        self.target = target
        self.isHome = request.dialect == .ollama
        self.takesSchema = target.traits.nativeJSONSchema && (target.traits.schemaWithTools || request.tools.isEmpty)
        // There is no word for the choice of a tool: what can be had by leaving tools out is had so.
        var rules = ToolRules()
        rules.takesChoiceNone = false
        rules.takesChoiceRequired = false
        rules.takesChoiceNamed = false
        rules.takesParallelSwitch = false
        rules.longestName = 256
        rules.namePunctuation = "_-.:/"
        self.tools = try request.shapedTools(rules, for: target, emulatesSchema: !self.takesSchema, notes: &notes)
    }

    /// The tools as functions; tools the client's provider runs itself have no like here.
    mutating func writeTools() throws(GatewayError) {
        guard !self.tools.tools.isEmpty else { return }
        self.writer.key("tools")
        self.writer.beginArray()
        for tool in self.tools.tools {
            guard case .function(let function) = tool.kind else {
                throw GatewayError(
                    .unsupported,
                    origin: .client,
                    "A tool that the provider runs cannot be carried over to Ollama; remove it.",
                    field: "tools"
                )
            }
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
    }

    /// What the instructions say beside the client's: the schema, where it can go nowhere else.
    var instruction: String? {
        guard case .jsonSchema = self.request.output, !self.takesSchema else { return nil }
        return SchemaTool.instruction(self.request.output)
    }

    mutating func writeFormat() {
        switch self.request.output {
        case .text: return
        case .jsonObject:
            guard self.tools.tools.isEmpty || self.target.traits.schemaWithTools else { return }
            self.writer.key("format")
            self.writer.string("json")
        case .jsonSchema(let format):
            guard self.takesSchema else { return }
            self.writer.key("format")
            if format.schema.asObject?.isEmpty != false {
                self.writer.string("json")
            } else {
                self.writer.value(format.schema)
            }
        }
    }

    /// `think`: a level where the model has levels, else whether to. A model that cannot reason refuses to be told to.
    mutating func writeThink(notes: inout TranslationNotes) throws(GatewayError) {
        let reasoning = self.request.reasoning
        let isOff = reasoning.isOn == false
        guard isOff || reasoning.isOn == true || reasoning.effort != nil || reasoning.budget != nil else { return }
        let kind = self.target.traits.reasoning
        guard self.isHome || kind != .none else {
            if !isOff { try notes.drop("reasoning_effort") }
            return
        }
        if isOff, self.target.traits.reasoningAlwaysOn {
            notes.note("reasoning_effort", .clampedValue)
            return
        }
        self.writer.key("think")
        let hasLevels = self.isHome || kind == .effort || kind == .level
        if isOff {
            self.writer.bool(false)
        } else if hasLevels, let level = self.level(notes: &notes) {
            self.writer.string(level)
        } else {
            if reasoning.effort != nil || reasoning.budget != nil { notes.note("reasoning_effort", .clampedValue) }
            self.writer.bool(true)
        }
    }

    /// The level nearest to what was asked for; nil where only that there be reasoning was.
    private func level(notes: inout TranslationNotes) -> String? {
        let reasoning = self.request.reasoning
        if let effort = reasoning.effort {
            switch effort {
            case .low, .medium, .high: return effort.rawValue
            case .none, .minimal:
                notes.note("reasoning_effort", .clampedValue)
                return "low"
            case .xhigh, .max:
                if self.isHome || self.target.traits.efforts.contains(effort.rawValue) { return effort.rawValue }
                notes.note("reasoning_effort", .clampedValue)
                return "high"
            }
        }
        guard let budget = reasoning.budget else { return nil }
        notes.note("reasoning.max_tokens", .clampedValue)
        return budget < 1500 ? "low" : budget < 8000 ? "medium" : "high"
    }
}

// MARK: Parameters

extension OllamaRequestBody {
    /// `options`; nothing where nothing is asked for.
    mutating func writeOptions(notes: inout TranslationNotes) throws(GatewayError) {
        var options = JSONObject()
        try self.addSampling(to: &options, notes: &notes)
        if var most = self.request.maxOutput {
            if let limit = self.target.traits.outputLimit, most > limit {
                notes.note("max_tokens", .clampedValue)
                most = limit
            }
            options.members.append(("num_predict", .number(JSONNumber(most))))
        }
        if !self.request.stop.isEmpty {
            options.members.append(("stop", .array(self.request.stop.map { .string($0) })))
        }
        if self.isHome, case .object(let own)? = self.request.extras["options"] {
            for (key, value) in own where options[key] == nil { options.members.append((key, value)) }
        }
        guard !options.isEmpty else { return }
        self.writer.key("options")
        self.writer.value(.object(options))
    }

    private func addSampling(
        to options: inout JSONObject,
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        let sampling = self.request.sampling
        let isFree = self.target.traits.sampling != .none
        for (number, option, field) in [
            (sampling.temperature, "temperature", "temperature"), (sampling.topP, "top_p", "top_p"),
            (sampling.topK, "top_k", "top_k"), (sampling.minP, "min_p", "min_p"),
            (sampling.frequencyPenalty, "frequency_penalty", "frequency_penalty"),
            (sampling.presencePenalty, "presence_penalty", "presence_penalty"),
            (sampling.repetitionPenalty, "repeat_penalty", "repetition_penalty"),
        ] {
            guard let number else { continue }
            if isFree {
                options.members.append((option, .number(number)))
            } else {
                try notes.drop(field)
            }
        }
        if let seed = sampling.seed { options.members.append(("seed", .number(seed))) }
        if sampling.logitBias != nil { try notes.drop("logit_bias") }
    }

    /// What stands beside the options, and what has no place at all.
    mutating func writeRest(notes: inout TranslationNotes) throws(GatewayError) {
        if self.request.logprobs {
            self.writer.key("logprobs")
            self.writer.bool(true)
            if let top = self.request.topLogprobs {
                self.writer.key("top_logprobs")
                self.writer.number(top)
            }
        }
        if let count = self.request.choices, count > 1 { try notes.drop("n") }
        if self.request.verbosity != nil { try notes.drop("verbosity") }
        if !self.request.modalities.isEmpty { try notes.drop("modalities") }
        if self.request.serviceTier != nil { notes.note("service_tier", .unsupportedParameter) }
        for (key, value) in self.request.extras where !(self.isHome && key == "options") {
            // What only `/api/generate` knows is lost on the way to `/api/chat`.
            guard self.isHome, !Self.generateOnly.contains(key) else {
                try notes.drop(key, .unknownParameter)
                continue
            }
            self.writer.key(key)
            self.writer.value(value)
        }
    }

    private static let generateOnly: Set<String> = ["suffix", "raw", "context", "width", "height", "steps"]
}
