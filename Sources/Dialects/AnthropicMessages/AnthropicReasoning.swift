internal import Core
internal import JSON

/// How a model is asked to think, and how many tokens the answer may have for it.
///
/// Source: https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking,
/// https://docs.anthropic.com/en/docs/build-with-claude/adaptive-thinking
struct AnthropicReasoning {
    private enum Thinking: Equatable {
        case unsaid
        case disabled
        case adaptive(display: String?)
        case enabled(budget: Int, display: String?)
    }

    /// `max_tokens`, thinking included.
    private(set) var maxTokens: Int
    /// The word of effort for `output_config`, where one is said.
    private(set) var effort: String?
    private var thinking = Thinking.unsaid

    /// The least budget the API takes.
    private static let least = 1024
    /// `max_tokens` where neither the client nor the catalogue says: every Claude writes that much.
    private static let defaultOutput = 4096

    /// Whether thinking is asked for, which excludes forced calls, sampling and a begun answer.
    var isThinking: Bool {
        switch self.thinking {
        case .adaptive, .enabled: true
        case .unsaid, .disabled: false
        }
    }

    /// What `request` comes to for the model of `target`.
    init(
        _ request: CanonicalRequest,
        _ target: TranslationTarget,
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        let traits = target.traits
        var most = request.maxOutput ?? traits.outputLimit ?? Self.defaultOutput
        if let limit = traits.outputLimit, most > limit {
            notes.note("max_tokens", .clampedValue)
            most = limit
        }
        // Only a client of this dialect knows what zero means: fill the cache and answer nothing.
        self.maxTokens = max(most, request.dialect == .anthropicMessages ? 0 : 1)
        let wish = request.reasoning
        guard wish.isSaid else { return }
        let isOff = wish.isOn == false || wish.effort == ReasoningRequest.Effort.none || wish.budget == 0
        if isOff {
            try self.turnOff(traits, notes: &notes)
            return
        }
        let isOn = wish.isOn == true || wish.effort != nil || wish.budget != nil
        let display = wish.isShown.map { $0 ? "summarized" : "omitted" }
        switch traits.reasoning {
        case .none:
            if isOn { try notes.drop("reasoning_effort") }
        case .adaptive:
            if wish.isOn == nil, wish.isShown == nil, request.dialect == .anthropicMessages {
                // In this dialect the effort says nothing of thinking.
                self.effort = Self.word(for: wish, traits, notes: &notes)
                return
            }
            guard isOn || wish.isShown == true || traits.reasoningAlwaysOn else { return }
            self.thinking = .adaptive(display: display ?? "summarized")
            self.effort = Self.word(for: wish, traits, notes: &notes)
        case .effort, .level:
            self.effort = Self.word(for: wish, traits, notes: &notes)
        case .budget, .toggle:
            guard isOn else { return }
            if Self.lacksThinkingToGoOn(request, target.family) {
                // An answer begun without thinking, and in the midst of its calls, cannot go on with it.
                try notes.drop("reasoning_effort", .clampedValue)
                return
            }
            try self.setBudget(wish, traits, display: display, notes: &notes)
        }
    }

    private mutating func turnOff(_ traits: ModelTraits, notes: inout TranslationNotes) throws(GatewayError) {
        switch traits.reasoning {
        case .adaptive, .toggle:
            if traits.reasoningAlwaysOn {
                try notes.drop("reasoning_effort", .clampedValue)
            } else {
                self.thinking = .disabled
            }
        case .effort, .level:
            try notes.drop("reasoning_effort", .clampedValue)
        case .none, .budget: break
        }
    }

    private mutating func setBudget(
        _ wish: ReasoningRequest,
        _ traits: ModelTraits,
        display: String?,
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        let least = max(traits.budgetRange?.lowerBound ?? Self.least, Self.least)
        var budget: Int
        if let asked = wish.budget {
            budget = max(asked, least)
            if let limit = traits.budgetRange?.upperBound { budget = max(min(budget, limit), least) }
            if budget >= self.maxTokens {
                // The limit counts thinking too: what was asked for the answer comes on top.
                let raised = self.maxTokens + budget
                self.maxTokens = min(raised, max(traits.outputLimit ?? raised, budget + 1))
            }
        } else {
            guard self.maxTokens > least else {
                try notes.drop("reasoning_effort", .clampedValue)
                return
            }
            let percent = Self.percent(wish.effort)
            budget = self.maxTokens / 100 * percent + self.maxTokens % 100 * percent / 100
            if let limit = traits.budgetRange?.upperBound { budget = min(budget, limit) }
            budget = min(max(budget, least), self.maxTokens - 1)
        }
        self.thinking = .enabled(budget: budget, display: display == "omitted" ? display : nil)
    }

    /// The part of the output a word of effort gives to thinking.
    private static func percent(_ effort: ReasoningRequest.Effort?) -> Int {
        switch effort {
        case .none?: 0
        case .minimal?: 10
        case .low?: 20
        case nil, .medium?: 50
        case .high?: 80
        case .xhigh?, .max?: 95
        }
    }

    /// The word of effort nearest to what was asked among those the model takes; nil where none was asked.
    private static func word(
        for wish: ReasoningRequest,
        _ traits: ModelTraits,
        notes: inout TranslationNotes
    ) -> String? {
        let order: [ReasoningRequest.Effort] = [.low, .medium, .high, .xhigh, .max]
        let asked: ReasoningRequest.Effort
        switch (wish.effort, wish.budget) {
        case (.minimal?, _): asked = .low
        case (let effort?, _): asked = effort
        case (nil, let budget?):
            asked = budget < 1_500 ? .low : budget < 8_000 ? .medium : budget < 20_000 ? .high : .xhigh
        case (nil, nil): return nil
        }
        let taken = order.filter { traits.efforts.isEmpty || traits.efforts.contains($0.rawValue) }
        guard let rank = order.firstIndex(of: asked), let weakest = taken.first else { return nil }
        let nearest = taken.last { order.firstIndex(of: $0).map { $0 <= rank } ?? false } ?? weakest
        if nearest != asked { notes.note("reasoning_effort", .clampedValue) }
        return nearest.rawValue
    }

    /// Whether the assistant's last turn calls tools without the thinking the API then wants at its head.
    private static func lacksThinkingToGoOn(_ request: CanonicalRequest, _ family: SignatureFamily?) -> Bool {
        guard let last = request.messages.lastIndex(where: { $0.role == .assistant }) else { return false }
        var first = last
        while first > 0, request.messages[first - 1].role == .assistant { first -= 1 }
        let parts = request.messages[first...last].flatMap(\.parts)
        let calls = parts.contains { if case .toolCall = $0.content { true } else { false } }
        return calls && !parts.contains { $0.isReasoning && $0.signature != nil && $0.signature?.family == family }
    }

    /// Writes the member `thinking`, where anything is to be said.
    func writeThinking(into json: inout JSONWriter, unless isWritten: Bool) {
        guard !isWritten, self.thinking != .unsaid else { return }
        json.key("thinking")
        json.beginObject()
        json.key("type")
        var shown: String?
        switch self.thinking {
        case .unsaid, .disabled: json.string("disabled")
        case .adaptive(let display):
            json.string("adaptive")
            shown = display
        case .enabled(let budget, let display):
            json.string("enabled")
            json.key("budget_tokens")
            json.number(budget)
            shown = display
        }
        if let shown {
            json.key("display")
            json.string(shown)
        }
        json.endObject()
    }
}
