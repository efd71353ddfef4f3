internal import Core
internal import JSON

/// How much to reason, said in each family's own words.
extension ConverseRequestWriter {
    mutating func planReasoning(_ notes: inout TranslationNotes) throws(GatewayError) {
        let wish = self.request.reasoning
        guard wish.isSaid else { return }
        switch self.family.reasoning {
        case .anthropic: try self.planClaude(wish, &notes)
        case .nova: try self.planNova(wish, &notes)
        case .effort(let words):
            guard let word = try self.word(for: wish, in: words, &notes) else { return }
            self.additional["reasoning_effort"] = .string(word)
        case .nestedEffort(let words):
            guard let word = try self.word(for: wish, in: words, &notes) else { return }
            self.additional["reasoning"] = ["effort": .string(word)]
        case .qwen(let words):
            guard self.target.traits.reasoning != .none else { return try self.refuse(wish, &notes) }
            guard let word = try self.word(for: wish, in: words, &notes) else { return }
            self.additional["reasoning_config"] = .string(word)
        case .none: try self.refuse(wish, &notes)
        }
    }

    /// A model without a say in its reasoning: that it shall not reason, or show none, is as good as done.
    private func refuse(_ wish: ReasoningRequest, _ notes: inout TranslationNotes) throws(GatewayError) {
        if wish.isWanted { try notes.drop("reasoning_effort") }
    }

    /// The word of `words` for a wish; nil where it says nothing of how much.
    private func word(
        for wish: ReasoningRequest,
        in words: [String],
        _ notes: inout TranslationNotes
    ) throws(GatewayError) -> String? {
        let known = self.target.traits.efforts.isEmpty ? words : self.target.traits.efforts
        let wanted: ReasoningRequest.Effort
        if wish.isRefused {
            wanted = ReasoningRequest.Effort.none
        } else if let effort = wish.effort {
            wanted = effort
        } else if let budget = wish.budget {
            wanted = .covering(budget)
        } else if wish.isOn == true {
            wanted = self.target.traits.defaultEffort.flatMap(ReasoningRequest.Effort.init(rawValue:)) ?? .medium
        } else {
            return nil
        }
        let word = wanted.nearest(in: known)
        // A model that cannot be kept from reasoning reasons as little as it can.
        if wish.isRefused, word != "none" { try notes.drop("reasoning_effort", .clampedValue) }
        return word
    }

    private mutating func planNova(_ wish: ReasoningRequest, _ notes: inout TranslationNotes) throws(GatewayError) {
        guard self.target.traits.reasoning != .none else { return try self.refuse(wish, &notes) }
        if wish.isRefused, !self.target.traits.reasoningAlwaysOn {
            self.additional["reasoningConfig"] = ["type": "disabled"]
            return
        }
        guard let word = try self.word(for: wish, in: ["low", "medium", "high"], &notes) else { return }
        self.additional["reasoningConfig"] = ["type": "enabled", "maxReasoningEffort": .string(word)]
        self.isNovaAtFullEffort = word == "high"
    }

    private mutating func planClaude(_ wish: ReasoningRequest, _ notes: inout TranslationNotes) throws(GatewayError) {
        let traits = self.target.traits
        switch traits.reasoning {
        case .none: try self.refuse(wish, &notes)
        case .budget, .toggle:
            guard wish.isWanted else { return }
            guard !self.lacksThinkingToGoOn, let budget = self.budget(wish) else {
                return try notes.drop("reasoning_effort", .clampedValue)
            }
            self.additional["thinking"] = ["type": "enabled", "budget_tokens": .number(JSONNumber(budget))]
            self.thinks = true
            self.thinksByBudget = true
        case .adaptive, .effort, .level:
            if wish.isRefused {
                if traits.reasoningAlwaysOn { return try notes.drop("reasoning_effort", .clampedValue) }
                self.additional["thinking"] = ["type": "disabled"]
                return
            }
            // To be shown what is thought is no wish for thought where there would be none.
            let thinksAnyway = traits.reasoningAlwaysOn || traits.defaultEffort != nil
            guard wish.isWanted || thinksAnyway && wish.isShown == true else { return }
            if traits.reasoning == .adaptive {
                // Newer models leave the text out unless it is asked for.
                let display = wish.isShown == false ? "omitted" : "summarized"
                self.additional["thinking"] = ["type": "adaptive", "display": .string(display)]
                self.thinks = true
            }
            guard let effort = wish.effort ?? wish.budget.map(ReasoningRequest.Effort.covering) else { return }
            let words = traits.efforts.isEmpty ? ["low", "medium", "high", "max"] : traits.efforts
            var config = self.additional["output_config"]?.asObject ?? JSONObject()
            config["effort"] = .string(effort.nearest(in: words.filter { $0 != "none" }))
            self.additional["output_config"] = .object(config)
        }
    }

    /// The budget of tokens for a wish, below the limit of the answer; nil where there is no room for the least one.
    ///
    /// A budget the client itself names is kept and the limit raised by it, since the limit counts thinking too.
    private mutating func budget(_ wish: ReasoningRequest) -> Int? {
        let traits = self.target.traits
        let least = max(traits.budgetRange?.lowerBound ?? 1024, 1024)
        var room = self.request.maxOutput ?? min(traits.outputLimit ?? 16_384, 32_768)
        // The model's own default need not be above the budget; a client of this dialect knows what it asks.
        let isOwn = self.request.dialect == .bedrockConverse && wish.budget != nil
        if self.request.maxOutput == nil, !isOwn { self.raisedLimit = room }
        if let asked = wish.budget, let limit = self.request.maxOutput, asked >= limit {
            let (sum, overflows) = limit.addingReportingOverflow(asked)
            room = min(overflows ? .max : sum, traits.outputLimit ?? .max)
            self.raisedLimit = room
        }
        var most = room - 1
        if let range = traits.budgetRange { most = min(most, range.upperBound) }
        guard most >= least else { return nil }
        let share = (wish.effort ?? .medium).share
        let wanted = wish.budget ?? room / 100 * share + room % 100 * share / 100
        return min(max(wanted, least), most)
    }

    /// Whether the assistant's last turn calls tools without the thinking Claude then wants at its head: an answer begun
    /// without thinking cannot go on with it.
    private var lacksThinkingToGoOn: Bool {
        guard let last = self.request.messages.lastIndex(where: { $0.role == .assistant }) else { return false }
        var calls = false
        for message in self.request.messages[...last].reversed() {
            guard message.role == .assistant else { break }
            for part in message.parts {
                if part.isReasoning, let signature = part.signature, signature.family == self.target.family {
                    return false
                }
                if case .toolCall = part.content { calls = true }
            }
        }
        return calls
    }
}

extension ReasoningRequest {
    /// Whether reasoning is to be off.
    var isRefused: Bool { self.isOn == false || self.effort == .some(.none) || self.budget == 0 }

    /// Whether reasoning is asked for.
    var isWanted: Bool {
        !self.isRefused && (self.isOn == true || self.effort != nil || self.budget != nil)
    }
}

extension ReasoningRequest.Effort {
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// How much of an answer's limit is for reasoning, in hundredths.
    var share: Int {
        switch self {
        case .none: 0
        case .minimal: 10
        case .low: 20
        case .medium: 50
        case .high: 80
        case .xhigh, .max: 95
        }
    }

    /// The effort a budget of tokens stands for.
    static func covering(_ budget: Int) -> Self {
        switch budget {
        case ..<1500: .low
        case ..<8000: .medium
        case ..<20_000: .high
        default: .xhigh
        }
    }

    /// The least of `words` that is no less than this, else the greatest of them: a little more thought rather than less,
    /// and never none for some.
    func nearest(in words: [String]) -> String {
        let known = words.compactMap { Self(rawValue: $0) }.sorted { $0.rank < $1.rank }
        return (known.first { $0.rank >= self.rank } ?? known.last ?? self).rawValue
    }
}
