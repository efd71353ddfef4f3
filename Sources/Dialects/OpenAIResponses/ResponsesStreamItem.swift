internal import JSON

/// An item of a streamed response while it comes.
struct ResponsesStreamItem: Sendable {
    enum Kind: Sendable {
        case message
        case reasoning
        case call
        case other

        /// The kind an item's `type` names.
        init(_ type: String?) {
            switch type {
            case "message": self = .message
            case "reasoning": self = .reasoning
            case "function_call", "custom_tool_call": self = .call
            default: self = .other
            }
        }
    }

    /// A block that was begun for the item.
    private struct Block: Sendable {
        var number: Int
        /// The part of the item it is of.
        var part: Int
        /// How many bytes of its text were said.
        var said = 0
        var citations = 0
        var isOpen = true
    }

    let kind: Kind
    private(set) var isDone = false
    private var blocks: [Block] = []
    /// Whether reasoning is told as itself (true) or as a summary.
    private var tellsAll: Bool?

    init(_ kind: Kind) { self.kind = kind }

    /// Whether the call was begun.
    var hasCall: Bool { !self.blocks.isEmpty }

    private func place(_ part: Int) -> Int? { self.blocks.lastIndex { $0.part == part } }

    /// Begins the block of a call.
    mutating func begin(_ call: ToolCall, _ nextBlock: inout Int, into events: inout [CanonicalEvent]) {
        self.blocks.append(Block(number: nextBlock, part: 0))
        let kind = CanonicalEvent.BlockKind.toolCall(id: call.id, name: call.name, kind: call.kind)
        events.append(.blockStart(block: nextBlock, choice: 0, kind))
        nextBlock += 1
    }

    /// Says a piece of the item.
    mutating func say(
        _ text: String,
        _ event: ResponsesStreamEvent.Kind,
        _ part: Int,
        _ nextBlock: inout Int,
        into events: inout [CanonicalEvent]
    ) {
        guard !text.isEmpty, !self.isDone else { return }
        switch self.kind {
        case .message:
            let isRefusal = event == .refusalDelta || event == .refusalDone
            let at = self.open(part, isRefusal ? .refusal : .text, &nextBlock, into: &events)
            self.append(text, at, into: &events)
        case .reasoning: self.think(text, event, part, &nextBlock, into: &events)
        case .call:
            // Before it has a name a call cannot begin; its last event repeats all of it.
            guard let at = self.blocks.indices.last else { return }
            self.blocks[at].said += text.utf8.count
            events.append(.delta(block: self.blocks[at].number, .arguments(text)))
        case .other: return
        }
    }

    private mutating func think(
        _ text: String,
        _ event: ResponsesStreamEvent.Kind,
        _ part: Int,
        _ nextBlock: inout Int,
        into events: inout [CanonicalEvent]
    ) {
        let isAll = event == .reasoningDelta || event == .reasoningDone
        guard self.tellsAll == nil || self.tellsAll == isAll else { return }
        self.tellsAll = isAll
        // All of an item's reasoning is one block; its parts are paragraphs.
        if let last = self.blocks.last, last.part != part {
            events.append(.delta(block: last.number, .text("\n\n")))
            self.blocks.append(Block(number: last.number, part: part))
        }
        let at = self.open(part, .thinking, &nextBlock, into: &events)
        self.append(text, at, into: &events)
    }

    private mutating func open(
        _ part: Int,
        _ kind: CanonicalEvent.BlockKind,
        _ nextBlock: inout Int,
        into events: inout [CanonicalEvent]
    ) -> Int {
        if let at = self.place(part) { return at }
        self.blocks.append(Block(number: nextBlock, part: part))
        events.append(.blockStart(block: nextBlock, choice: 0, kind))
        nextBlock += 1
        return self.blocks.count - 1
    }

    private mutating func append(_ text: String, _ at: Int, into events: inout [CanonicalEvent]) {
        guard self.blocks[at].isOpen else { return }
        self.blocks[at].said += text.utf8.count
        events.append(.delta(block: self.blocks[at].number, .text(text)))
    }

    /// Whether a text of `count` bytes between its quotes was said already: escapes only make it longer.
    func hasSaid(_ count: Int, _ event: ResponsesStreamEvent.Kind, _ part: Int) -> Bool {
        guard let at = self.place(self.kind == .call ? 0 : part) else { return false }
        return self.blocks[at].said >= count
    }

    /// Says what is left of `text`, the whole of a part.
    mutating func complete(
        _ text: String,
        _ event: ResponsesStreamEvent.Kind,
        _ part: Int,
        _ nextBlock: inout Int,
        into events: inout [CanonicalEvent]
    ) {
        let part = self.kind == .call ? 0 : part
        let said = self.place(part).map { self.blocks[$0].said } ?? 0
        guard text.utf8.count > said else { return }
        let rest = said == 0 ? text : String(decoding: text.utf8.dropFirst(said), as: UTF8.self)
        self.say(rest, event, part, &nextBlock, into: &events)
    }

    /// Notes a citation of a part.
    mutating func cite(
        _ citation: JSONValue,
        _ part: Int,
        _ nextBlock: inout Int,
        into events: inout [CanonicalEvent]
    ) {
        guard self.kind == .message, !self.isDone else { return }
        let at = self.open(part, .text, &nextBlock, into: &events)
        guard self.blocks[at].isOpen else { return }
        self.blocks[at].citations += 1
        events.append(.delta(block: self.blocks[at].number, .citation(Opaque(.openAIResponses, citation))))
    }

    /// Notes likelihoods of a piece of text.
    mutating func add(_ logprobs: JSONValue, _ part: Int, into events: inout [CanonicalEvent]) {
        guard let at = self.place(part), self.blocks[at].isOpen, !self.isDone else { return }
        events.append(.delta(block: self.blocks[at].number, .logprobs(["content": logprobs])))
    }

    /// Stops the block of a part.
    mutating func stop(_ part: Int, into events: inout [CanonicalEvent]) {
        guard let at = self.place(part), self.blocks[at].isOpen else { return }
        self.blocks[at].isOpen = false
        events.append(.blockStop(block: self.blocks[at].number))
    }

    /// Stops every block that is open.
    mutating func stop(into events: inout [CanonicalEvent]) {
        var stopped: Set<Int> = []
        for at in self.blocks.indices where self.blocks[at].isOpen {
            self.blocks[at].isOpen = false
            if stopped.insert(self.blocks[at].number).inserted {
                events.append(.blockStop(block: self.blocks[at].number))
            }
        }
        self.isDone = true
    }

    /// Ends the item, which is `value`: what was not said of it yet is said now.
    mutating func end(
        _ value: JSONValue,
        _ source: ReplySource,
        _ nextBlock: inout Int,
        into events: inout [CanonicalEvent]
    ) {
        switch self.kind {
        case .message: self.endMessage(value, &nextBlock, into: &events)
        case .reasoning: self.endReasoning(value, source, &nextBlock, into: &events)
        case .call:
            if let text = value["arguments"]?.asString ?? value["input"]?.asString {
                self.complete(text, .callDone, 0, &nextBlock, into: &events)
            }
        case .other:
            let isImage = value["type"]?.asString == "image_generation_call"
            let part = isImage ? ResponsesImage.part(of: value) : Part(.opaque(Opaque(.openAIResponses, value)))
            if let part, value["type"]?.asString != nil {
                events.append(.blockStart(block: nextBlock, choice: 0, .whole(part)))
                events.append(.blockStop(block: nextBlock))
                nextBlock += 1
            }
        }
        self.stop(into: &events)
    }

    private mutating func endMessage(
        _ value: JSONValue,
        _ nextBlock: inout Int,
        into events: inout [CanonicalEvent]
    ) {
        for (part, content) in (value["content"]?.asArray ?? []).enumerated() {
            if let text = content["text"]?.asString {
                self.complete(text, .textDone, part, &nextBlock, into: &events)
            } else if let text = content["refusal"]?.asString {
                self.complete(text, .refusalDone, part, &nextBlock, into: &events)
            }
            let known = self.place(part).map { self.blocks[$0].citations } ?? 0
            for citation in (content["annotations"]?.asArray ?? []).dropFirst(known) {
                self.cite(citation, part, &nextBlock, into: &events)
            }
        }
    }

    private mutating func endReasoning(
        _ value: JSONValue,
        _ source: ReplySource,
        _ nextBlock: inout Int,
        into events: inout [CanonicalEvent]
    ) {
        for (key, event) in [("content", ResponsesStreamEvent.Kind.reasoningDone), ("summary", .summaryDone)] {
            for (part, piece) in (value[key]?.asArray ?? []).enumerated() {
                guard let text = piece["text"]?.asString, self.tellsAll == nil || self.tellsAll == (key == "content")
                else { continue }
                self.complete(text, event, part, &nextBlock, into: &events)
            }
        }
        guard let signature = ResponsesReasoning.signature(of: value, source) else { return }
        let at = self.blocks.isEmpty ? self.open(0, .thinking, &nextBlock, into: &events) : self.blocks.count - 1
        events.append(.delta(block: self.blocks[at].number, .signature(signature)))
    }
}
