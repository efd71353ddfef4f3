package import Core
internal import JSON

/// Writes streamed answers for clients of Anthropic's Messages API.
///
/// The dialect has one block open at a time, numbered without gaps. Text that another block interrupts goes on as a block
/// of its own; while a call is open, everything else waits for its end, since its arguments must stand in one block.
///
/// Source: https://docs.anthropic.com/en/api/messages-streaming
package struct AnthropicStreamEncoder: StreamEncoding {
    private let style: ReplyStyle
    private var isStarted = false
    /// The blocks that are not over, by the exchange's numbers.
    private var blocks: [Int: Block] = [:]
    /// Blocks that wait for the open one to end, in the order of their beginning.
    private var waiting: [Int] = []
    private var waitingFrom = 0
    /// The block that is open towards the client.
    private var current: Int?
    /// The client's number of the next block.
    private var index = 0
    private var reason: StopReason?
    private var usage: Usage?
    private var hasRefusal = false

    /// A writer of one stream.
    package init(_ style: ReplyStyle) { self.style = style }

    private struct Block {
        enum State {
            /// It stands in line; what it says is held.
            case waiting
            /// Another block took its place before it was over.
            case interrupted
            /// Its turn has come, but nothing to write yet: a block that says nothing is not written at all.
            case deferred
            case open
        }

        var kind: CanonicalEvent.BlockKind
        var state = State.waiting
        var held: [CanonicalEvent.BlockDelta] = []
        var isOver = false
        /// Whether a piece of a free-text call's input was written.
        var hasInput = false

        /// Whether the block can be ended and gone on with as another one.
        var isDivisible: Bool {
            switch self.kind {
            case .text, .thinking, .refusal: true
            case .redactedThinking, .toolCall, .whole: false
            }
        }
    }

    package mutating func write(_ event: CanonicalEvent, into bytes: inout [UInt8]) {
        switch event {
        case .start(let id, let model, let usage): self.start(id, model, usage, into: &bytes)
        case .blockStart(let number, let choice, let kind):
            guard choice == 0 else { return }
            self.begin(number, kind, into: &bytes)
        case .delta(let number, let delta): self.write(delta, of: number, into: &bytes)
        case .blockStop(let number): self.stop(number, into: &bytes)
        case .finish(let choice, let reason):
            if choice == 0 { self.reason = reason }
        case .usage(let usage): self.usage = usage
        case .heartbeat: self.writeHeartbeat(into: &bytes)
        case .end: break
        }
    }

    package mutating func writeEnd(into bytes: inout [UInt8]) {
        self.start(nil, nil, nil, into: &bytes)
        for number in self.blocks.keys.sorted() { self.blocks[number]?.isOver = true }
        self.closeCurrent(into: &bytes)
        self.promote(into: &bytes)
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        json.key("type")
        json.string("message_delta")
        json.key("delta")
        json.beginObject()
        let reason = self.reason ?? .stop
        AnthropicStop.write(self.hasRefusal && reason == .stop ? .refusal(nil) : reason, into: &json)
        json.endObject()
        json.key("usage")
        AnthropicUsage.writeDelta(self.usage, into: &json)
        json.endObject()
        Self.append("message_delta", json.bytes, to: &bytes)
        bytes.append(contentsOf: "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n".utf8)
    }

    package mutating func writeError(_ error: GatewayError, request: RequestID?, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: AnthropicErrors.event(error, request: request))
    }

    package mutating func writeHeartbeat(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: "event: ping\ndata: {\"type\":\"ping\"}\n\n".utf8)
    }

    private static func append(_ name: String, _ data: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "event: ".utf8)
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: "\ndata: ".utf8)
        bytes.append(contentsOf: data)
        bytes.append(contentsOf: "\n\n".utf8)
    }

    private mutating func start(_ id: String?, _ model: String?, _ usage: Usage?, into bytes: inout [UInt8]) {
        guard !self.isStarted else { return }
        self.isStarted = true
        if self.usage == nil { self.usage = usage }
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.key("type")
        json.string("message_start")
        json.key("message")
        json.beginObject()
        json.key("id")
        json.string(AnthropicAnswerEncoder.id(id, self.style))
        json.key("type")
        json.string("message")
        json.key("role")
        json.string("assistant")
        json.key("model")
        json.string(model.flatMap { $0.isEmpty ? nil : $0 } ?? self.style.model)
        json.key("content")
        json.beginArray()
        json.endArray()
        json.key("stop_reason")
        json.null()
        json.key("stop_sequence")
        json.null()
        json.key("usage")
        AnthropicUsage.write(usage, into: &json)
        json.endObject()
        json.endObject()
        Self.append("message_start", json.bytes, to: &bytes)
    }
}

// MARK: Turns of blocks

extension AnthropicStreamEncoder {
    private mutating func begin(_ number: Int, _ kind: CanonicalEvent.BlockKind, into bytes: inout [UInt8]) {
        self.start(nil, nil, nil, into: &bytes)
        guard self.blocks[number] == nil else { return }
        self.blocks[number] = Block(kind: kind)
        if self.current == nil || self.interrupt(into: &bytes) {
            self.turn(to: number, into: &bytes)
        } else {
            self.waiting.append(number)
        }
    }

    /// Ends the open block for another one's sake, where it can go on later.
    ///
    /// - Returns: whether no block is open now.
    private mutating func interrupt(into bytes: inout [UInt8]) -> Bool {
        guard let current = self.current else { return true }
        guard let block = self.blocks[current], block.isDivisible else { return false }
        if block.state == .open { self.writeStop(into: &bytes) }
        // It is still known: what it has to say yet goes into a block of its own.
        self.blocks[current]?.state = .interrupted
        self.current = nil
        return true
    }

    /// Gives the block `number` its turn, and writes what it held.
    private mutating func turn(to number: Int, into bytes: inout [UInt8]) {
        self.current = number
        guard let block = self.blocks[number] else { return }
        self.blocks[number]?.state = .deferred
        self.blocks[number]?.held = []
        if case .whole(let part) = block.kind, AnthropicAnswerEncoder.hasBlock(part) { self.open(number, into: &bytes) }
        for delta in block.held { self.emit(delta, of: number, into: &bytes) }
    }

    private mutating func write(
        _ delta: CanonicalEvent.BlockDelta,
        of number: Int,
        into bytes: inout [UInt8]
    ) {
        if number == self.current {
            self.emit(delta, of: number, into: &bytes)
            return
        }
        guard self.blocks[number] != nil, !Self.isNothing(delta) else { return }
        if self.blocks[number]?.state == .interrupted, self.interrupt(into: &bytes) {
            self.turn(to: number, into: &bytes)
            self.emit(delta, of: number, into: &bytes)
            return
        }
        self.blocks[number]?.held.append(delta)
        if self.blocks[number]?.state == .interrupted {
            self.blocks[number]?.state = .waiting
            self.waiting.append(number)
        }
    }

    /// Whether the delta would leave no trace, and so is no reason to open a block again.
    private static func isNothing(_ delta: CanonicalEvent.BlockDelta) -> Bool {
        switch delta {
        case .text(let text), .arguments(let text): text.isEmpty
        case .citation(let citation): citation.dialect != .anthropicMessages
        case .logprobs: true
        case .signature: false
        }
    }

    private mutating func stop(_ number: Int, into bytes: inout [UInt8]) {
        guard let block = self.blocks[number] else { return }
        if number == self.current {
            self.closeCurrent(into: &bytes)
            self.promote(into: &bytes)
        } else if block.state == .interrupted {
            self.blocks[number] = nil
        } else {
            self.blocks[number]?.isOver = true
        }
    }

    private mutating func closeCurrent(into bytes: inout [UInt8]) {
        guard let current = self.current else { return }
        if case .toolCall(_, _, let kind)? = self.blocks[current]?.kind {
            self.open(current, into: &bytes)
            if kind == .custom { self.closeInput(of: current, into: &bytes) }
        }
        if self.blocks[current]?.state == .open { self.writeStop(into: &bytes) }
        self.blocks[current] = nil
        self.current = nil
    }

    /// Gives the blocks that wait their turn, up to one that is not over and cannot be interrupted.
    private mutating func promote(into bytes: inout [UInt8]) {
        while self.waitingFrom < self.waiting.count, self.interrupt(into: &bytes) {
            let number = self.waiting[self.waitingFrom]
            self.waitingFrom += 1
            guard self.blocks[number] != nil else { continue }
            self.turn(to: number, into: &bytes)
            if self.blocks[number]?.isOver ?? true { self.closeCurrent(into: &bytes) }
        }
        if self.waitingFrom == self.waiting.count {
            self.waiting.removeAll(keepingCapacity: true)
            self.waitingFrom = 0
        }
    }
}

// MARK: Events of blocks

extension AnthropicStreamEncoder {
    private mutating func writeStart(_ kind: CanonicalEvent.BlockKind, into bytes: inout [UInt8]) {
        switch kind {
        case .text: self.writeStart("{\"type\":\"text\",\"text\":\"\"}", into: &bytes)
        case .refusal:
            self.hasRefusal = true
            self.writeStart("{\"type\":\"text\",\"text\":\"\"}", into: &bytes)
        case .thinking:
            self.writeStart("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}", into: &bytes)
        case .redactedThinking:
            self.writeStart("{\"type\":\"redacted_thinking\",\"data\":\"\"}", into: &bytes)
        case .toolCall(let id, let name, _):
            var json = JSONWriter(capacity: 128)
            json.beginObject()
            json.key("type")
            json.string("tool_use")
            json.key("id")
            json.string(CallID.fitted(id, to: .anthropic))
            json.key("name")
            json.string(name)
            json.key("input")
            json.beginObject()
            json.endObject()
            json.endObject()
            self.writeStart(json.bytes, into: &bytes)
        case .whole(let part): self.writeWhole(part, into: &bytes)
        }
    }

    private func writeStart(_ block: String, into bytes: inout [UInt8]) {
        self.writeStart(Array(block.utf8), into: &bytes)
    }

    private func writeStart(_ block: [UInt8], into bytes: inout [UInt8]) {
        bytes.append(contentsOf: "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":".utf8)
        Self.append(self.index, to: &bytes)
        bytes.append(contentsOf: ",\"content_block\":".utf8)
        bytes.append(contentsOf: block)
        bytes.append(contentsOf: "}\n\n".utf8)
    }

    /// A part that comes whole stands in the start of its block; what a server tool is called with comes as a delta, as
    /// it does from Anthropic.
    private func writeWhole(_ part: Part, into bytes: inout [UInt8]) {
        if case .opaque(let opaque) = part.content, opaque.dialect == .anthropicMessages,
            opaque.value["type"]?.asString == "server_tool_use", let input = opaque.value["input"]
        {
            var block = opaque.value
            block["input"] = [:]
            self.writeStart(block.bytes, into: &bytes)
            Self.appendDelta("input_json_delta", "partial_json", input.text, self.index, to: &bytes)
            return
        }
        var json = JSONWriter()
        AnthropicAnswerEncoder.write(part, into: &json)
        self.writeStart(json.bytes, into: &bytes)
    }

    private mutating func writeStop(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":".utf8)
        Self.append(self.index, to: &bytes)
        bytes.append(contentsOf: "}\n\n".utf8)
        self.index += 1
    }

    /// Writes the start of a block, where that was put off.
    private mutating func open(_ number: Int, into bytes: inout [UInt8]) {
        guard let block = self.blocks[number], block.state == .deferred else { return }
        self.blocks[number]?.state = .open
        self.writeStart(block.kind, into: &bytes)
    }

    private mutating func emit(
        _ delta: CanonicalEvent.BlockDelta,
        of number: Int,
        into bytes: inout [UInt8]
    ) {
        guard let block = self.blocks[number], !Self.isNothing(delta) else { return }
        switch (delta, block.kind) {
        case (.text(let text), .text), (.text(let text), .refusal):
            self.open(number, into: &bytes)
            Self.appendDelta("text_delta", "text", text, self.index, to: &bytes)
        case (.text(let text), .thinking):
            self.open(number, into: &bytes)
            Self.appendDelta("thinking_delta", "thinking", text, self.index, to: &bytes)
        case (.arguments(let text), .toolCall(_, _, let kind)):
            self.open(number, into: &bytes)
            if kind == .custom {
                self.appendInput(text, of: number, into: &bytes)
            } else {
                Self.appendDelta("input_json_delta", "partial_json", text, self.index, to: &bytes)
            }
        case (.signature(let signature), .thinking):
            self.open(number, into: &bytes)
            self.appendSignature(signature, into: &bytes)
        case (.signature(let signature), .redactedThinking):
            guard block.state == .deferred else { return }
            self.blocks[number]?.state = .open
            var json = JSONWriter()
            AnthropicAnswerEncoder.write(Part(.redactedThinking, signature: signature), into: &json)
            self.writeStart(json.bytes, into: &bytes)
        case (.signature(let signature), .toolCall):
            // A call has no place for a signature; an empty thought in front of it has.
            guard block.state == .deferred else { return }
            self.writeStart(.thinking, into: &bytes)
            self.appendSignature(signature, into: &bytes)
            self.writeStop(into: &bytes)
            self.open(number, into: &bytes)
        case (.citation(let citation), .text):
            self.open(number, into: &bytes)
            bytes.append(contentsOf: Self.deltaHead.utf8)
            Self.append(self.index, to: &bytes)
            bytes.append(contentsOf: ",\"delta\":{\"type\":\"citations_delta\",\"citation\":".utf8)
            citation.value.write(into: &bytes)
            bytes.append(contentsOf: "}}\n\n".utf8)
        default: break
        }
    }

    private func appendSignature(_ signature: Signature, into bytes: inout [UInt8]) {
        let value = signature.carried(native: .anthropic)
        Self.appendDelta("signature_delta", "signature", value, self.index, to: &bytes)
    }

    /// Free text becomes the one argument of an object: its string grows piece by piece.
    private mutating func appendInput(_ text: String, of number: Int, into bytes: inout [UInt8]) {
        var piece = Array((self.blocks[number]?.hasInput ?? false ? "" : "{\"input\":\"").utf8)
        JSONWriter.appendEscaped(text, to: &piece)
        self.blocks[number]?.hasInput = true
        let escaped = String(decoding: piece, as: UTF8.self)
        Self.appendDelta("input_json_delta", "partial_json", escaped, self.index, to: &bytes)
    }

    private func closeInput(of number: Int, into bytes: inout [UInt8]) {
        let rest = self.blocks[number]?.hasInput ?? false ? "\"}" : "{\"input\":\"\"}"
        Self.appendDelta("input_json_delta", "partial_json", rest, self.index, to: &bytes)
    }

    private static let deltaHead =
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"

    private static func appendDelta(
        _ type: StaticString,
        _ key: StaticString,
        _ text: String,
        _ index: Int,
        to bytes: inout [UInt8]
    ) {
        bytes.append(contentsOf: Self.deltaHead.utf8)
        Self.append(index, to: &bytes)
        bytes.append(contentsOf: ",\"delta\":{\"type\":\"".utf8)
        Self.append(type, to: &bytes)
        bytes.append(contentsOf: "\",\"".utf8)
        Self.append(key, to: &bytes)
        bytes.append(contentsOf: "\":".utf8)
        JSONWriter.appendString(text, to: &bytes)
        bytes.append(contentsOf: "}}\n\n".utf8)
    }

    private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: String(number).utf8)
    }
}
