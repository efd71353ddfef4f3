internal import Core
internal import JSON

// How the answer is made: `generationConfig`, and what stands beside it.
extension GeminiRequestBody {
    /// The most stop sequences and candidates Gemini takes.
    private static let mostStops = 5
    private static let mostCandidates = 8

    /// `generationConfig`; nothing where nothing is asked for.
    ///
    /// - Parameter emulatesSchema: whether JSON output is had by other means.
    mutating func writeGenerationConfig(emulatesSchema: Bool) throws(GatewayError) {
        var config = JSONObject()
        try self.addSampling(to: &config)
        try self.addLimits(to: &config)
        if !emulatesSchema {
            switch self.request.output {
            case .text: break
            case .jsonObject: config.members.append(("responseMimeType", "application/json"))
            case .jsonSchema(let format):
                config.members.append(("responseMimeType", "application/json"))
                config.members.append(("responseJsonSchema", format.schema))
            }
        }
        if let thinking = try self.thinkingConfig() { config.members.append(("thinkingConfig", .object(thinking))) }
        let modalities = self.request.modalities.map { $0.uppercased() }
        if modalities.contains(where: { $0 != "TEXT" }) {
            config.members.append(("responseModalities", .array(modalities.map { .string($0) })))
        }
        if self.request.verbosity != nil { try self.notes.drop("verbosity") }
        if self.request.dialect == .gemini, case .object(let own)? = self.request.extras["generationConfig"] {
            for (key, value) in own where config[key] == nil { config.members.append((key, value)) }
        }
        guard !config.isEmpty else { return }
        self.writer.key("generationConfig")
        self.writer.value(.object(config))
    }

    private mutating func addSampling(to config: inout JSONObject) throws(GatewayError) {
        let sampling = self.request.sampling
        let traits = self.target.traits
        if let temperature = sampling.temperature {
            if traits.sampling == .none {
                try self.notes.drop("temperature")
            } else {
                config.members.append(("temperature", .number(temperature)))
            }
        }
        if let topP = sampling.topP {
            if traits.sampling == .none || traits.sampling == .temperatureOrTopP && sampling.temperature != nil {
                try self.notes.drop("top_p")
            } else {
                config.members.append(("topP", .number(topP)))
            }
        }
        if let topK = sampling.topK {
            if traits.sampling == .none || !traits.topK {
                try self.notes.drop("top_k")
            } else {
                config.members.append(("topK", .number(topK)))
            }
        }
        // Gemini 3 refuses penalties.
        let takesPenalties = traits.sampling != .none && traits.reasoning != .level
        for (penalty, name, field) in [
            (sampling.frequencyPenalty, "frequencyPenalty", "frequency_penalty"),
            (sampling.presencePenalty, "presencePenalty", "presence_penalty"),
        ] {
            guard let penalty else { continue }
            if takesPenalties {
                config.members.append((name, .number(penalty)))
            } else if penalty.double != 0 {
                try self.notes.drop(field)
            }
        }
        if sampling.minP != nil { try self.notes.drop("min_p") }
        if sampling.repetitionPenalty != nil { try self.notes.drop("repetition_penalty") }
        if sampling.logitBias?.isEmpty == false { try self.notes.drop("logit_bias") }
        if let seed = sampling.seed {
            if let value = seed.int {
                let fitted = Int(Int32(truncatingIfNeeded: value))
                // The same seed gives the same one again, which is all a seed is for.
                if fitted != value { self.notes.note("seed", .clampedValue) }
                config.members.append(("seed", .number(JSONNumber(fitted))))
            } else {
                try self.notes.drop("seed", .clampedValue)
            }
        }
    }

    private mutating func addLimits(to config: inout JSONObject) throws(GatewayError) {
        if var most = self.request.maxOutput {
            if let limit = self.target.traits.outputLimit, most > limit {
                self.notes.note("max_tokens", .clampedValue)
                most = limit
            }
            config.members.append(("maxOutputTokens", .number(JSONNumber(most))))
        }
        let stops = self.request.stop.filter { !$0.isEmpty }
        if stops.count > Self.mostStops { try self.notes.drop("stop", .clampedValue) }
        if !stops.isEmpty {
            config.members.append(("stopSequences", .array(stops.prefix(Self.mostStops).map { .string($0) })))
        }
        if let choices = self.request.choices, choices > 1 {
            if choices > Self.mostCandidates { try self.notes.drop("n", .clampedValue) }
            config.members.append(("candidateCount", .number(JSONNumber(min(choices, Self.mostCandidates)))))
        }
        if self.request.logprobs {
            config.members.append(("responseLogprobs", true))
            if let top = self.request.topLogprobs { config.members.append(("logprobs", .number(JSONNumber(top)))) }
        }
    }

    /// What stands beside the configuration: the tier, the labels, and what a Gemini client said besides.
    mutating func writeRest() throws(GatewayError) {
        switch self.request.serviceTier {
        case nil, "auto", "default": break
        case "flex"?, "priority"?, "standard"?:
            self.writer.key("serviceTier")
            self.writer.string(self.request.serviceTier ?? "")
        default: try self.notes.drop("service_tier")
        }
        if self.target.isVertex {
            let labels = self.request.metadata.members.filter { Self.isLabel($0.key, $0.value) }
            if !labels.isEmpty {
                self.writer.key("labels")
                self.writer.value(.object(JSONObject(labels)))
            }
        }
        for (key, value) in self.request.extras {
            if self.request.dialect == .gemini {
                if key == "generationConfig" || key == "toolConfig" && !self.tools.tools.isEmpty { continue }
                self.writer.key(key)
                self.writer.value(value)
            } else {
                try self.notes.drop(key, .unknownParameter)
            }
        }
    }

    /// Whether Google Cloud takes it as a label: lower-case letters, digits, `_` and `-`, at most 63, the key begun with
    /// a letter (https://cloud.google.com/resource-manager/docs/labels-overview).
    private static func isLabel(_ key: String, _ value: JSONValue) -> Bool {
        guard let value = value.asString, (1...63).contains(key.utf8.count), value.utf8.count <= 63 else {
            return false
        }
        guard let first = key.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return (Array(key.utf8) + Array(value.utf8)).allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}

// MARK: Reasoning

extension GeminiRequestBody {
    /// `thinkingConfig`: a level for Gemini 3, a budget for Gemini 2.5, never both, which is an error.
    private mutating func thinkingConfig() throws(GatewayError) -> JSONObject? {
        let reasoning = self.request.reasoning
        guard reasoning.isSaid else { return nil }
        let isOff = reasoning.isOn == false || reasoning.effort == ReasoningRequest.Effort.none || reasoning.budget == 0
        var config = JSONObject()
        switch self.target.traits.reasoning {
        case .none:
            if !isOff { try self.notes.drop("reasoning_effort") }
            return nil
        case .budget, .toggle:
            if let budget = self.thinkingBudget(isOff: isOff) {
                config.members.append(("thinkingBudget", .number(JSONNumber(budget))))
            }
        case .level, .effort, .adaptive:
            if let level = self.thinkingLevel(isOff: isOff) {
                config.members.append(("thinkingLevel", .string(level)))
            }
        }
        let isAsked = !isOff && (reasoning.effort != nil || reasoning.budget != nil || reasoning.isOn == true)
        if reasoning.isShown ?? isAsked { config.members.append(("includeThoughts", true)) }
        return config.isEmpty ? nil : config
    }

    /// The budget in tokens: 0 is off, -1 leaves it to the model; nil says nothing of it.
    ///
    /// The budgets of the words of effort are those of Google's own OpenAI endpoint
    /// (https://ai.google.dev/gemini-api/docs/openai).
    private mutating func thinkingBudget(isOff: Bool) -> Int? {
        let range = self.target.traits.budgetRange
        if isOff {
            guard self.target.traits.reasoningAlwaysOn else { return 0 }
            self.notes.note("reasoning_effort", .clampedValue)
            return range?.lowerBound ?? 128
        }
        if let budget = self.request.reasoning.budget {
            guard budget > 0, let range else { return max(budget, -1) }
            let fitted = min(max(budget, range.lowerBound), range.upperBound)
            if fitted != budget { self.notes.note("reasoning_effort", .clampedValue) }
            return fitted
        }
        guard let effort = self.request.reasoning.effort else { return self.request.reasoning.isOn == true ? -1 : nil }
        if self.target.traits.reasoning == .toggle { return -1 }
        var budget =
            switch effort {
            case .none: 0
            case .minimal: 512
            case .low: 1024
            case .medium: 8192
            case .high: 24_576
            case .xhigh, .max: range?.upperBound ?? 24_576
            }
        // Thoughts count as output: without room left behind them the answer would be empty.
        if let most = self.request.maxOutput { budget = min(budget, most * 4 / 5) }
        guard let range else { return max(budget, 1) }
        return min(max(budget, max(range.lowerBound, 1)), range.upperBound)
    }

    /// The level nearest to what was asked for among those the model takes; nil says nothing of it.
    private mutating func thinkingLevel(isOff: Bool) -> String? {
        let reasoning = self.request.reasoning
        let wanted: Int
        if isOff {
            wanted = 0
        } else if let effort = reasoning.effort {
            wanted =
                switch effort {
                case .none, .minimal: 0
                case .low: 1
                case .medium: 2
                case .high: 3
                case .xhigh, .max: 4
                }
        } else if let budget = reasoning.budget, budget > 0 {
            wanted = budget < 1500 ? 1 : budget < 8000 ? 2 : 3
        } else {
            return nil
        }
        let all = ["minimal", "low", "medium", "high", "xhigh"]
        let known = self.target.traits.efforts.compactMap { all.firstIndex(of: $0) }
        let levels = known.isEmpty ? [0, 1, 2, 3] : known
        // Of two that are as near, the stronger one.
        let level = levels.min { (abs($0 - wanted), -$0) < (abs($1 - wanted), -$1) } ?? wanted
        if level != wanted || isOff { self.notes.note("reasoning_effort", .clampedValue) }
        return all[level].uppercased()
    }
}
