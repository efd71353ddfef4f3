import Core
import JSON

/// Undoes in a reply what a request was changed by on its way out (``ReplyPlan``): names of tools, a tool that stood in
/// for structured output, free-text tools, calls that may not come in twos, stop sequences that were not sent.
///
/// Numbers of blocks may have gaps behind it: a block that is left out takes its number with it.
package struct ReplyShaper: Sendable {
    private let plan: ReplyPlan
    /// Blocks left out.
    private var hidden: Set<Int> = []
    /// Blocks of the tool that stands in for structured output.
    private var schemaBlocks: Set<Int> = []
    /// Arguments of free-text tools, held until they are whole.
    private var inputs: [Int: String] = [:]
    private var hasCall = false
    private var hasShownCall = false
    /// The ids of the calls so far.
    private var ids: Set<String> = []
    private var cutter: StopCutter?

    /// A shaper for one reply.
    package init(_ plan: ReplyPlan) {
        self.plan = plan
        self.cutter = plan.stops.isEmpty ? nil : StopCutter(plan.stops)
    }

    /// Appends what becomes of `event` to `events`.
    package mutating func shape(_ event: CanonicalEvent, into events: inout [CanonicalEvent]) {
        guard self.cutter != nil else { return self.restore(event, into: &events) }
        var restored: [CanonicalEvent] = []
        self.restore(event, into: &restored)
        for event in restored { self.cutter?.cut(event, into: &events) }
    }

    private mutating func restore(_ event: CanonicalEvent, into events: inout [CanonicalEvent]) {
        switch event {
        case .blockStart(let block, let choice, .toolCall(let id, let name, let kind)):
            if name == self.plan.schemaTool {
                self.schemaBlocks.insert(block)
                events.append(.blockStart(block: block, choice: choice, .text))
                return
            }
            if self.plan.firstCallOnly, self.hasCall {
                self.hidden.insert(block)
                return
            }
            self.hasCall = true
            self.hasShownCall = true
            let known = self.plan.names.known(name)
            let isCustom = self.plan.customTools.contains(known)
            if isCustom { self.inputs[block] = "" }
            let shown = CanonicalEvent.BlockKind.toolCall(
                id: self.unique(id),
                name: known,
                kind: isCustom ? .custom : kind
            )
            events.append(.blockStart(block: block, choice: choice, shown))
        case .delta(let block, let delta):
            guard !self.hidden.contains(block) else { return }
            if case .arguments(let text) = delta {
                if self.schemaBlocks.contains(block) {
                    events.append(.delta(block: block, .text(text)))
                    return
                }
                if self.inputs[block] != nil {
                    self.inputs[block]?.append(text)
                    return
                }
            }
            events.append(event)
        case .blockStop(let block):
            guard self.hidden.remove(block) == nil else { return }
            if let text = self.inputs.removeValue(forKey: block) {
                events.append(.delta(block: block, .arguments(Self.input(of: text))))
            }
            events.append(event)
        case .finish(let choice, let reason):
            events.append(.finish(choice: choice, self.shaped(reason)))
        case .start(let id, let model, let usage):
            // A client is told the name it asked for rather than none.
            events.append(.start(id: id, model: model == "" ? nil : model, usage: usage))
        default:
            events.append(event)
        }
    }

    /// The whole answer, shaped.
    package mutating func shape(_ answer: CanonicalAnswer) -> CanonicalAnswer {
        var answer = answer
        if answer.model == "" { answer.model = nil }
        for at in answer.choices.indices {
            self.hasCall = false
            self.hasShownCall = false
            answer.choices[at].parts = answer.choices[at].parts.compactMap { self.shaped($0) }
            answer.choices[at].stop = self.shaped(answer.choices[at].stop)
            self.cutter?.cut(&answer.choices[at])
        }
        return answer
    }

    private mutating func shaped(_ part: Part) -> Part? {
        guard case .toolCall(var call) = part.content else { return part }
        if call.name == self.plan.schemaTool { return .text(call.arguments) }
        if self.plan.firstCallOnly, self.hasCall { return nil }
        self.hasCall = true
        self.hasShownCall = true
        var part = part
        call.id = self.unique(call.id)
        call.name = self.plan.names.known(call.name)
        if self.plan.customTools.contains(call.name) {
            call.kind = .custom
            call.arguments = Self.input(of: call.arguments)
        }
        part.content = .toolCall(call)
        return part
    }

    /// The id, or another one where a call of the same answer has it already: the results could not be told apart.
    private mutating func unique(_ id: String) -> String {
        if self.ids.insert(id).inserted { return id }
        var copy = 2
        while !self.ids.insert("\(id)_\(copy)").inserted { copy += 1 }
        return "\(id)_\(copy)"
    }

    private func shaped(_ reason: StopReason) -> StopReason {
        guard case .toolCalls = reason, self.plan.schemaTool != nil, !self.hasShownCall else { return reason }
        return .stop
    }

    /// The text of a free-text tool's one argument; what is no such object stays as it is.
    private static func input(of arguments: String) -> String {
        guard let value = try? JSONValue(parsing: arguments), let text = value["input"]?.asString else {
            return arguments
        }
        return text
    }
}
