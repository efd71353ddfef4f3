import Core
import Dialects
import JSON

/// Checks the events of one stream as they come, and keeps what they tell.
struct EventCheck {
    private enum Kind { case text, thinking, redacted, refusal, call, whole }
    private struct Open {
        var choice: Int
        var kind: Kind
        var name = ""
        var call = ToolCall.Kind.function
        var arguments = ""
        /// Where its text stands among the pieces, as texts are told in the order their blocks begin.
        var order = 0
    }

    /// Who made the events, for the words of a broken promise.
    let maker: String
    /// Whether blocks must be numbered without gaps, as decoders do.
    let numbersAll: Bool
    /// The events in words, to be compared.
    private(set) var lines: [String] = []
    private(set) var hasEnded = false
    private(set) var finished: Set<Int> = []
    private(set) var told = Told()
    private var open: [Int: Open] = [:]
    private var began = 0
    private var last = -1
    private var hasStarted = false

    init(maker: String, numbersAll: Bool = true) {
        self.maker = maker
        self.numbersAll = numbersAll
    }

    mutating func take(_ event: CanonicalEvent) {
        self.check(!self.hasEnded, "an event behind the end")
        switch event {
        case .start(let id, let model, let usage):
            self.check(!self.hasStarted && self.began == 0, "a second or late start")
            self.hasStarted = true
            if let usage { AnswerCheck.check(usage) }
            self.lines.append("start \(id ?? "-") \(model ?? "-") \(usage.map { "\($0.total)" } ?? "-")")
        case .blockStart(let block, let choice, let kind): self.begin(block, choice, kind)
        case .delta(let block, let delta): self.take(delta, of: block)
        case .blockStop(let block): self.stop(block)
        case .finish(let choice, let reason):
            self.check(self.finished.insert(choice).inserted, "choice \(choice) finishes twice")
            self.check(!self.open.values.contains { $0.choice == choice }, "a block is open at the finish")
            // The explanation of a refusal is text in some dialects.
            if case .refusal = reason { self.told.holdsOther = true }
            self.lines.append("finish \(choice) \(reason)")
        case .usage(let usage):
            AnswerCheck.check(usage)
            self.lines.append("usage \(usage.input) \(usage.output) \(usage.reasoning)")
        case .heartbeat: self.lines.append("heartbeat")
        case .end:
            self.hasEnded = true
            self.check(self.open.isEmpty, "a block is open at the end")
            self.check(!self.finished.isEmpty, "an end without a finish")
            self.lines.append("end")
        }
    }

    private mutating func begin(_ block: Int, _ choice: Int, _ kind: CanonicalEvent.BlockKind) {
        self.check(self.hasStarted, "a block before the start")
        self.check(self.numbersAll ? block == self.began : block > self.last, "block \(block) begins out of turn")
        self.check(!self.finished.contains(choice), "a block of a finished choice begins")
        self.began += 1
        self.last = block
        var open = Open(choice: choice, kind: .text)
        switch kind {
        case .text: open.kind = .text
        case .thinking: open.kind = .thinking
        case .redactedThinking: open.kind = .redacted
        case .refusal: open.kind = .refusal
        case .toolCall(let id, let name, let call):
            self.check(!id.isEmpty, "a call without an id")
            (open.kind, open.name, open.call) = (.call, name, call)
        case .whole:
            open.kind = .whole
            if choice == 0 { self.told.holdsOther = true }
        }
        if choice == 0, self.open.values.contains(where: { $0.choice == 0 }) { self.told.isInterleaved = true }
        self.open[block] = open
        self.lines.append("begin \(block) \(choice) \(open.kind) \(open.name)")
    }

    private mutating func take(_ delta: CanonicalEvent.BlockDelta, of block: Int) {
        guard var open = self.open.removeValue(forKey: block) else {
            self.check(false, "a piece of block \(block), which is not open")
            return
        }
        switch delta {
        case .text(let text):
            self.check(open.kind == .text || open.kind == .thinking || open.kind == .refusal, "text in a \(open.kind)")
            if open.choice == 0, open.kind != .thinking { self.told.text += text }
            self.lines.append("text \(block) \(text)")
        case .arguments(let text):
            self.check(open.kind == .call, "arguments in a \(open.kind)")
            open.arguments += text
            self.lines.append("arguments \(block) \(text)")
        case .signature(let signature): self.lines.append("signature \(block) \(signature.value)")
        case .citation(let citation): self.lines.append("citation \(block) \(citation.value.text)")
        case .logprobs(let value): self.lines.append("logprobs \(block) \(value.text)")
        }
        self.open[block] = open
    }

    private mutating func stop(_ block: Int) {
        guard let open = self.open.removeValue(forKey: block) else {
            self.check(false, "block \(block) stops, which is not open")
            return
        }
        if open.choice == 0, open.kind == .call {
            self.told.add(name: open.name, arguments: open.arguments, kind: open.call)
        }
        self.lines.append("stop \(block)")
    }

    private func check(_ holds: Bool, _ words: @autoclosure () -> String) {
        promise(holds, "\(self.maker): \(words()), after \(self.lines)")
    }
}
