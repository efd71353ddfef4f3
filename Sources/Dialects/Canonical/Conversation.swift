package import Core

/// What a target demands of the turns of a conversation.
package struct ConversationRules: Sendable {
    /// Turns of one role in a row become one.
    package var mergesNeighbours = true
    /// The first turn must be the user's.
    package var startsWithUser = true
    /// System messages may stand between the turns; elsewhere they become a user's text, in their place: moved to the top
    /// they would mean something else, and change the whole cached prefix.
    package var takesMidSystem = false
    /// A turn of the assistant may stand at the end.
    package var takesPrefill = false
    /// Text that is empty or white space is an error.
    package var refusesBlankText = true
    /// Reasoning without a signature is taken (and wanted) back.
    package var takesUnsignedThinking = false
    /// Images and documents may stand inside tool results; elsewhere they follow in the user's turn.
    package var takesMediaInResults = true

    /// The rules of most providers.
    package init() {}
}

extension CanonicalRequest {
    /// The turns as the target takes them: every call with its result, in the order of the calls; foreign signatures
    /// gone; nothing empty.
    ///
    /// - Throws: what ``TranslationNotes/drop(_:_:)`` throws.
    package func conversation(
        _ rules: ConversationRules,
        for target: TranslationTarget,
        notes: inout TranslationNotes
    ) throws(GatewayError) -> [Message] {
        try self.checkMedia(for: target)
        var turns: [Message] = []
        turns.reserveCapacity(self.messages.count + 1)
        for message in self.messages {
            var parts = Self.ownReasoning(of: message.parts, rules, target)
            if rules.refusesBlankText { parts.removeAll(where: Self.isBlank) }
            if message.role == .system, !rules.takesMidSystem {
                let text = parts.compactMap(\.text).joined(separator: "\n")
                if text.isEmpty { continue }
                notes.note("messages.system", .emulated)
                turns.append(Message(.user, [.text("<system>\(text)</system>")]))
            } else if !parts.isEmpty {
                turns.append(Message(message.role, parts, name: message.name))
            }
        }
        turns = ToolPairing.paired(turns, mediaInResults: rules.takesMediaInResults, notes: &notes)
        if rules.refusesBlankText {
            // A result without a call has become text, and may have been empty.
            for at in turns.indices { turns[at].parts.removeAll(where: Self.isBlank) }
            turns.removeAll { $0.parts.isEmpty }
        }
        while let last = turns.last, last.role == .assistant, !rules.takesPrefill {
            try notes.drop("messages[\(self.messages.count - 1)]", .changedContent)
            turns.removeLast()
        }
        if rules.mergesNeighbours { turns = Self.merged(turns) }
        if turns.isEmpty || rules.startsWithUser && turns[0].role != .user {
            notes.note("messages[0]", .changedContent)
            turns.insert(Message(.user, [.text(".")]), at: 0)
        }
        return turns
    }

    /// - Throws: `unsupported`, naming the part, for a medium the model is known not to take: to leave it out would change
    ///   what is asked.
    private func checkMedia(for target: TranslationTarget) throws(GatewayError) {
        let traits = target.traits
        guard !(traits.images && traits.audio && traits.documents && traits.video) else { return }
        for (at, message) in self.messages.enumerated() {
            for (place, part) in message.parts.enumerated() {
                var parts = [part]
                if case .toolResult(let result) = part.content { parts = result.parts }
                for part in parts {
                    guard let kind = part.refusedMedium(traits) else { continue }
                    throw GatewayError(
                        .unsupported,
                        origin: .client,
                        "the model '\(target.model)' takes no \(kind); ask one that does, or leave it out",
                        field: "messages[\(self.system.isEmpty ? at : at + 1)].content[\(place)]"
                    )
                }
            }
        }
    }

    /// The parts without the reasoning and the signatures of other families, which are errors anywhere but at home.
    private static func ownReasoning(
        of parts: [Part],
        _ rules: ConversationRules,
        _ target: TranslationTarget
    ) -> [Part] {
        guard parts.contains(where: { $0.signature != nil || $0.isReasoning }) else { return parts }
        return parts.compactMap { part in
            var part = part
            if let signature = part.signature, signature.family == nil || signature.family != target.family {
                part.signature = nil
            }
            if part.isReasoning, part.signature == nil {
                guard rules.takesUnsignedThinking, case .thinking = part.content else { return nil }
            }
            return part
        }
    }

    private static func isBlank(_ part: Part) -> Bool {
        guard part.signature == nil else { return false }
        let text: String
        switch part.content {
        case .text(let plain): text = plain
        case .refusal(let refusal): text = refusal
        default: return false
        }
        return text.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
    }

    private static func merged(_ turns: [Message]) -> [Message] {
        var merged: [Message] = []
        merged.reserveCapacity(turns.count)
        for turn in turns {
            if let last = merged.last, last.role == turn.role {
                merged[merged.count - 1].parts.append(contentsOf: turn.parts)
            } else {
                merged.append(turn)
            }
        }
        return merged
    }
}

extension Part {
    /// What the part is, where a model with `traits` does not take it.
    fileprivate func refusedMedium(_ traits: ModelTraits) -> String? {
        switch self.content {
        case .image where !traits.images: "images"
        case .audio where !traits.audio: "audio"
        case .document(let document) where !traits.documents:
            if case .media = document.body { "documents" } else { nil }
        case .video where !traits.video: "video"
        default: nil
        }
    }

    /// Whether the part is reasoning, readable or encrypted.
    package var isReasoning: Bool {
        switch self.content {
        case .thinking, .redactedThinking: true
        default: false
        }
    }
}
