/// Brings calls and their results together: every provider refuses a call without a result and a result without a call.
enum ToolPairing {
    /// The turns with every assistant's calls answered in the turn that follows, in the order of the calls and before
    /// anything else. A missing result is made up and says so; a result no call asked for becomes text.
    ///
    /// - Parameter mediaInResults: whether images and documents may stay inside a result; else they follow as parts of
    ///   the user's turn, announced by a text in their place.
    static func paired(_ turns: [Message], mediaInResults: Bool, notes: inout TranslationNotes) -> [Message] {
        let usesTools = turns.contains { turn in
            turn.parts.contains { part in
                switch part.content {
                case .toolCall, .toolResult: true
                default: false
                }
            }
        }
        guard usesTools else { return turns }
        var paired: [Message] = []
        var seen: Set<String> = []
        var index = 0
        while index < turns.count {
            var turn = turns[index]
            index += 1
            guard turn.role == .assistant else {
                paired.append(Self.withoutOrphans(turn, notes: &notes))
                continue
            }
            // The assistant's turns that stand together are one, so that its calls are answered together.
            while index < turns.count, turns[index].role == .assistant {
                turn.parts.append(contentsOf: turns[index].parts)
                index += 1
            }
            let renamed = Self.makeUnique(&turn, seen: &seen)
            let calls = turn.parts.compactMap { part -> ToolCall? in
                guard case .toolCall(let call) = part.content else { return nil }
                return call
            }
            paired.append(turn)
            guard !calls.isEmpty else { continue }
            var following: [Message] = []
            while index < turns.count, turns[index].role != .assistant {
                following.append(turns[index])
                index += 1
            }
            Self.answer(calls, renamed, from: following, mediaInResults, into: &paired, notes: &notes)
        }
        return paired
    }

    /// Appends the results of `calls` as one user's turn, and what else stood in `following` behind it.
    private static func answer(
        _ calls: [ToolCall],
        _ renamed: [String: [String]],
        from following: [Message],
        _ mediaInResults: Bool,
        into paired: inout [Message],
        notes: inout TranslationNotes
    ) {
        var waiting = renamed
        var results: [String: Part] = [:]
        let open = Set(calls.map(\.id))
        var rest: [Message] = []
        for message in following {
            var kept: [Part] = []
            for part in message.parts {
                guard case .toolResult(var result) = part.content else {
                    kept.append(part)
                    continue
                }
                if let id = waiting[result.callID]?.first {
                    waiting[result.callID]?.removeFirst()
                    result.callID = id
                }
                if open.contains(result.callID), results[result.callID] == nil {
                    results[result.callID] = Part(.toolResult(result), signature: part.signature, cache: part.cache)
                } else {
                    notes.note("messages.tool_call_id", .changedContent)
                    kept.append(contentsOf: Self.asText(result))
                }
            }
            if !kept.isEmpty { rest.append(Message(message.role, kept, name: message.name)) }
        }
        var parts: [Part] = []
        var media: [Part] = []
        for call in calls {
            guard var part = results[call.id], case .toolResult(var result) = part.content else {
                notes.note("messages.tool_calls", .changedContent)
                let missing = ToolResult(callID: call.id, name: call.name, parts: [.text("[no output]")], isError: true)
                parts.append(Part(.toolResult(missing)))
                continue
            }
            result.name = call.name
            if !mediaInResults {
                media.append(contentsOf: Self.takeMedia(of: &result, from: media.count, notes: &notes))
            }
            part.content = .toolResult(result)
            parts.append(part)
        }
        paired.append(Message(.user, parts + media))
        paired.append(contentsOf: rest)
    }

    /// Moves what is no text out of `result`, leaving a text that announces it.
    private static func takeMedia(of result: inout ToolResult, from count: Int, notes: inout TranslationNotes) -> [Part]
    {
        var media: [Part] = []
        result.parts = result.parts.map { part in
            switch part.content {
            case .image, .document, .audio, .video:
                media.append(part)
                return .text("[attachment \(count + media.count) below]")
            default:
                return part
            }
        }
        if !media.isEmpty { notes.note("messages.content", .emulated) }
        return media
    }

    /// A turn whose results no call asked for: they become text.
    private static func withoutOrphans(_ turn: Message, notes: inout TranslationNotes) -> Message {
        var turn = turn
        var parts: [Part] = []
        for part in turn.parts {
            if case .toolResult(let result) = part.content {
                notes.note("messages.tool_call_id", .changedContent)
                parts.append(contentsOf: Self.asText(result))
            } else {
                parts.append(part)
            }
        }
        turn.parts = parts
        return turn
    }

    private static func asText(_ result: ToolResult) -> [Part] {
        [.text("[result of the tool call \(result.callID)]")] + result.parts
    }

    /// Gives calls whose id was used before another one, and says which result belongs to which: the new ids by the old,
    /// in the order of the calls.
    private static func makeUnique(_ turn: inout Message, seen: inout Set<String>) -> [String: [String]] {
        var renamed: [String: [String]] = [:]
        for (at, part) in turn.parts.enumerated() {
            guard case .toolCall(var call) = part.content else { continue }
            let old = call.id
            if !seen.insert(old).inserted {
                var copy = 2
                while !seen.insert("\(old)_\(copy)").inserted { copy += 1 }
                call.id = "\(old)_\(copy)"
                turn.parts[at].content = .toolCall(call)
            }
            renamed[old, default: []].append(call.id)
        }
        return renamed
    }
}
