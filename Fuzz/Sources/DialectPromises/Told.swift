import Dialects
import JSON

/// What a reader is told by an answer in the end: what must be the same in every dialect.
struct Told {
    struct Call: Equatable {
        var name: String
        /// nil where they are no JSON object: such arguments are wrapped in dialects that carry objects.
        var arguments: JSONValue?
    }

    var text = ""
    var calls: [Call] = []
    /// Whether there is anything else, which other dialects may say in words.
    var holdsOther = false
    /// Whether pieces of several blocks alternate, which not every dialect can tell apart.
    var isInterleaved = false

    init() {}

    /// What the first choice of an answer tells.
    init(_ answer: CanonicalAnswer) {
        // Two choices of one number are no answer any dialect can tell of.
        self.holdsOther = Set(answer.choices.map(\.index)).count < answer.choices.count
        guard let choice = answer.choices.first(where: { $0.index == 0 }) ?? answer.choices.first else { return }
        // The explanation of a refusal is text in some dialects.
        if case .refusal = choice.stop { self.holdsOther = true }
        for part in choice.parts {
            switch part.content {
            case .text(let text), .refusal(let text): self.text += text
            case .toolCall(let call): self.add(name: call.name, arguments: call.arguments, kind: call.kind)
            case .thinking, .redactedThinking: break
            default: self.holdsOther = true
            }
        }
    }

    mutating func add(name: String, arguments: String, kind: ToolCall.Kind) {
        let value = kind == .custom ? nil : try? JSONValue(parsing: arguments.isEmpty ? "{}" : arguments)
        // A call of nothing is told by no one.
        if name.isEmpty { self.holdsOther = true }
        self.calls.append(Call(name: name, arguments: value?.asObject == nil ? nil : value))
    }

    /// Whether a client would find something in it.
    var isWorthAnything: Bool { !self.text.isEmpty || !self.calls.isEmpty }

    /// Checks that `other`, read from `written` in the dialect `client`, tells the same.
    func compare(with other: Told, of client: Dialect, _ written: @autoclosure () -> String) {
        guard !self.holdsOther, !self.isInterleaved else { return }
        promise(
            self.text == other.text,
            "\(client) tells another text: \(self.text.debugDescription), \(other.text.debugDescription) in \(written())"
        )
        promise(
            self.calls.count == other.calls.count,
            "\(client) tells of \(other.calls.count) calls, not \(self.calls.count), in \(written())"
        )
        for (mine, theirs) in zip(self.calls, other.calls) {
            promise(mine.name == theirs.name, "\(client) names a call \(theirs.name), not \(mine.name)")
            guard let arguments = mine.arguments else { continue }
            promise(
                arguments == theirs.arguments,
                "\(client) tells other arguments: \(arguments.text), \(theirs.arguments?.text ?? "none")"
            )
        }
    }
}
