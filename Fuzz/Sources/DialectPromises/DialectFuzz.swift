package import Dialects

/// One input of a dialect's target: a letter that says what the rest is (`r` a client's request, `a` a provider's answer,
/// `s` a provider's stream), a byte that decides cuts, traits and styles, and the bytes to be read.
package enum DialectFuzz {
    /// Checks one input; a broken promise ends the process.
    package static func check(_ input: UnsafeRawBufferPointer, of dialect: Dialect) {
        guard input.count >= 2 else { return }
        let choices = Choices(seed: input[1])
        let body = UnsafeRawBufferPointer(rebasing: input[2...])
        switch input[0] & 3 {
        case 1: AnswerCheck(dialect: dialect, choices: choices).check(body)
        case 2: RequestCheck(dialect: dialect, choices: choices).check(body)
        default: StreamCheck(dialect: dialect, choices: choices).check(body)
        }
    }
}

extension Dialect {
    /// Whose signatures a provider of the dialect writes.
    var family: SignatureFamily? {
        switch self {
        case .openAIChat: nil
        case .anthropicMessages, .bedrockConverse: .anthropic
        case .gemini: .gemini
        }
    }

    /// A source of replies in the dialect, with any of the quirks that matter to its reader.
    func source(_ choices: inout Choices) -> ReplySource {
        var source = ReplySource(model: "model-1", family: self.family, seed: "seed")
        source.quirks = ChatQuirks(
            sendsDone: choices.coin(),
            reasoningOutsideCompletion: choices.coin()
        )
        return source
    }
}

extension ReplyStyle {
    /// A style for a client.
    static func any(_ choices: inout Choices) -> ReplyStyle {
        var style = ReplyStyle(id: "req_0123456789", model: "model-0", created: 1_700_000_000)
        style.includesUsage = choices.coin()
        return style
    }
}

extension ReplyPlan {
    /// A plan that undoes nothing, or any of what a request may have been changed by.
    static func any(_ choices: inout Choices) -> ReplyPlan {
        var plan = ReplyPlan()
        guard choices.coin() else { return plan }
        if choices.coin() { plan.schemaTool = "json_output" }
        if choices.coin() { plan.customTools = ["c"] }
        plan.firstCallOnly = choices.coin()
        plan.names = NameTable(["a b", "f"], longest: 8, punctuation: "_-")
        return plan
    }
}
