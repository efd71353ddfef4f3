package import Core
internal import JSON

/// Writes a streamed answer for a client of OpenAI's Responses API.
///
/// An item begins when there is something to say in it, and keeps its id and its place throughout. Texts that stand together
/// are parts of one message, which stays open until another item begins. The last event holds the whole response.
///
/// Source: https://platform.openai.com/docs/api-reference/responses-streaming. What official clients demand beyond it:
/// `response.created` first, every item and part announced before its deltas, the same ids from the first event to the
/// last, all items in the last event.
package struct ResponsesStreamEncoder: StreamEncoding {
    struct Block {
        enum Kind {
            case text
            case refusal
            case thinking
            case redacted
            case call(CanonicalEvent.BlockKind)
            case other
        }

        var kind: Kind
        /// The item it stands in, once there is one.
        var item: Int?
        /// Its part of the message.
        var content = 0
        var signature: Signature?
        /// What an event of a delta begins with, up to its number, and goes on with, up to the text.
        var head: [UInt8] = []
        var middle: [UInt8] = []
    }

    let style: ReplyStyle
    private var envelope: ResponsesEnvelope
    private var sequence = 0
    private var isStarted = false
    var items: [ResponsesItem] = []
    var blocks: [Int: Block] = [:]
    /// The message that takes further parts.
    private var message: Int?
    /// Messages that end with their last open part: how many of their parts are open.
    private var openParts: [Int: Int] = [:]
    private var reason: StopReason?
    private var usage: Usage?
    private var refuses = false
    /// The response object of the last event, once it is written: what a stored response is made of.
    package private(set) var response: [UInt8] = []

    /// A writer of one stream.
    package init(_ style: ReplyStyle) {
        self.style = style
        self.envelope = ResponsesEnvelope(style)
    }

    package mutating func write(_ event: CanonicalEvent, into bytes: inout [UInt8]) {
        switch event {
        case .start(_, let model, let usage):
            if !self.isStarted { self.envelope = ResponsesEnvelope(self.style, model: model) }
            self.usage = usage ?? self.usage
            self.start(into: &bytes)
        case .delta(let block, let delta): self.write(delta, of: block, into: &bytes)
        case .blockStart(let block, let choice, let kind):
            guard choice == 0, self.blocks[block] == nil else { return }
            self.start(into: &bytes)
            self.begin(block, kind, into: &bytes)
        case .blockStop(let block): self.stop(block, into: &bytes)
        case .finish(let choice, let reason):
            if choice == 0 { self.reason = reason }
        case .usage(let usage): self.usage = usage
        case .heartbeat: self.writeHeartbeat(into: &bytes)
        case .end: break
        }
    }

    package mutating func writeEnd(into bytes: inout [UInt8]) {
        self.start(into: &bytes)
        for block in self.blocks.keys.sorted() { self.stop(block, into: &bytes) }
        let reason = self.reason ?? .stop
        if case .refusal(let explanation) = reason, !self.refuses {
            let block = Int.max
            self.begin(block, .refusal, into: &bytes)
            self.write(.text(ChatReply.refusal(explanation)), of: block, into: &bytes)
            self.stop(block, into: &bytes)
        }
        let outcome = ResponsesEnvelope.Outcome(reason)
        if case .incomplete = outcome, let last = self.items.indices.last {
            self.items[last].status = .incomplete
        }
        self.seal(into: &bytes)
        self.finish(outcome, into: &bytes)
    }

    package mutating func writeError(_ error: GatewayError, request: RequestID?, into bytes: inout [UInt8]) {
        ResponsesErrors.appendEvent(error, request: request, sequence: self.sequence, to: &bytes)
        self.sequence += 1
        self.finish(.failed(code: ResponsesErrors.code(of: error), message: error.message), into: &bytes)
    }

    package mutating func writeHeartbeat(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: ": keep-alive\n\n".utf8)
    }
}

// MARK: Events

extension ResponsesStreamEncoder {
    /// Appends an event whose members behind its type and number are what `body` writes.
    private mutating func event(_ name: String, into bytes: inout [UInt8], _ body: (inout JSONWriter) -> Void) {
        bytes.append(contentsOf: "event: ".utf8)
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: "\ndata: ".utf8)
        // Moved out and back in, so that nothing is copied.
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        var writer = JSONWriter(appendingTo: consume taken)
        writer.beginObject()
        writer.key("type")
        writer.string(name)
        writer.key("sequence_number")
        writer.number(self.sequence)
        self.sequence += 1
        body(&writer)
        writer.endObject()
        bytes = writer.bytes
        bytes.append(contentsOf: "\n\n".utf8)
    }

    private mutating func start(into bytes: inout [UInt8]) {
        guard !self.isStarted else { return }
        self.isStarted = true
        let envelope = self.envelope
        for name in ["response.created", "response.in_progress"] {
            self.event(name, into: &bytes) { writer in
                writer.key("response")
                envelope.write(.inProgress, [], usage: nil, to: &writer)
            }
        }
    }

    private mutating func finish(_ outcome: ResponsesEnvelope.Outcome, into bytes: inout [UInt8]) {
        var writer = JSONWriter(capacity: 2048)
        self.envelope.write(outcome, self.items, usage: self.usage, to: &writer)
        let response = writer.bytes
        self.response = response
        self.event("response.\(outcome.word)", into: &bytes) { writer in
            writer.key("response")
            writer.raw(response)
        }
    }

    /// Appends an event about the item at `index` that holds the item as it is now.
    private mutating func itemEvent(_ name: String, _ index: Int, into bytes: inout [UInt8]) {
        let item = self.items[index]
        self.event(name, into: &bytes) { writer in
            writer.key("output_index")
            writer.number(index)
            writer.key("item")
            item.write(to: &writer)
        }
    }

    /// Appends an event about a piece of the item at `index`.
    private mutating func pieceEvent(
        _ name: String,
        _ index: Int,
        part: (key: String, index: Int)? = nil,
        into bytes: inout [UInt8],
        _ body: (inout JSONWriter) -> Void
    ) {
        let id = self.items[index].id
        self.event(name, into: &bytes) { writer in
            writer.key("item_id")
            writer.string(id)
            writer.key("output_index")
            writer.number(index)
            if let part {
                writer.key(part.key)
                writer.number(part.index)
            }
            body(&writer)
        }
    }

    /// Appends a delta of a block whose item is open. The text is escaped once, and kept.
    private mutating func delta(_ text: String, of number: Int, into bytes: inout [UInt8]) {
        guard !text.isEmpty, let block = self.blocks[number], let item = block.item else { return }
        bytes.append(contentsOf: block.head)
        bytes.append(contentsOf: String(self.sequence).utf8)
        self.sequence += 1
        bytes.append(contentsOf: block.middle)
        let start = bytes.count
        JSONWriter.appendEscaped(text, to: &bytes)
        switch block.kind {
        case .text:
            self.items[item].contents[block.content].text.append(contentsOf: bytes[start...])
            self.items[item].contents[block.content].length += ChatAnnotation.length(of: text)
            bytes.append(contentsOf: "\",\"logprobs\":[]}\n\n".utf8)
        case .refusal:
            self.items[item].contents[block.content].text.append(contentsOf: bytes[start...])
            bytes.append(contentsOf: "\"}\n\n".utf8)
        case .thinking, .redacted, .call, .other:
            self.items[item].text.append(contentsOf: bytes[start...])
            bytes.append(contentsOf: "\"}\n\n".utf8)
        }
    }

    /// Makes what every delta of the block has in common.
    private mutating func prepare(_ number: Int, _ name: String, part: (key: String, index: Int)? = nil) {
        guard let item = self.blocks[number]?.item else { return }
        let head = "event: \(name)\ndata: {\"type\":\"\(name)\",\"sequence_number\":"
        var middle = Array(",\"item_id\":".utf8)
        JSONWriter.appendString(self.items[item].id, to: &middle)
        middle.append(contentsOf: ",\"output_index\":\(item)".utf8)
        if let part { middle.append(contentsOf: ",\"\(part.key)\":\(part.index)".utf8) }
        middle.append(contentsOf: ",\"delta\":\"".utf8)
        self.blocks[number]?.head = Array(head.utf8)
        self.blocks[number]?.middle = middle
    }
}

// MARK: Items

extension ResponsesStreamEncoder {
    /// Appends the event that an item begins.
    private mutating func add(_ kind: ResponsesItem.Kind, into bytes: inout [UInt8]) -> Int {
        if case .message = kind {} else { self.seal(into: &bytes) }
        let index = self.items.count
        self.items.append(ResponsesItem(kind, id: ResponsesItem.id(kind, self.style, at: index)))
        self.itemEvent("response.output_item.added", index, into: &bytes)
        return index
    }

    private mutating func done(_ index: Int, into bytes: inout [UInt8]) {
        if self.items[index].status == .inProgress { self.items[index].status = .completed }
        self.itemEvent("response.output_item.done", index, into: &bytes)
    }

    /// Ends the message that takes further parts, now or with the last of its parts that are open.
    private mutating func seal(into bytes: inout [UInt8]) {
        guard let message = self.message else { return }
        self.message = nil
        if self.openParts[message] == 0 {
            self.openParts[message] = nil
            self.done(message, into: &bytes)
        }
    }

    private mutating func begin(_ number: Int, _ kind: CanonicalEvent.BlockKind, into bytes: inout [UInt8]) {
        switch kind {
        case .text: self.blocks[number] = Block(kind: .text)
        case .refusal: self.blocks[number] = Block(kind: .refusal)
        case .thinking: self.blocks[number] = Block(kind: .thinking)
        case .redactedThinking: self.blocks[number] = Block(kind: .redacted)
        case .toolCall(let id, let name, let callKind):
            let call = ToolCall(id: id, name: name, arguments: "", kind: callKind)
            let index = self.add(ResponsesItem.kind(of: call), into: &bytes)
            self.blocks[number] = Block(kind: .call(kind), item: index)
            let isCustom = callKind == .custom
            self.prepare(
                number,
                isCustom ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta"
            )
        case .whole(let part):
            self.blocks[number] = Block(kind: .other)
            self.write(part, into: &bytes)
        }
    }

    /// Appends the events of a part that comes whole.
    private mutating func write(_ part: Part, into bytes: inout [UInt8]) {
        switch part.content {
        case .opaque(let opaque) where opaque.dialect == .openAIResponses:
            let index = self.add(.whole(opaque.value), into: &bytes)
            self.done(index, into: &bytes)
        case .image(let media):
            guard case .base64(let data) = media.source else { return }
            let index = self.add(.image(data), into: &bytes)
            self.done(index, into: &bytes)
        default: return
        }
    }

    private mutating func write(
        _ delta: CanonicalEvent.BlockDelta,
        of number: Int,
        into bytes: inout [UInt8]
    ) {
        switch delta {
        case .text(let text):
            guard !text.isEmpty else { return }
            if self.blocks[number]?.item == nil { self.open(number, into: &bytes) }
            self.delta(text, of: number, into: &bytes)
        case .arguments(let text): self.delta(text, of: number, into: &bytes)
        case .signature(let signature): self.blocks[number]?.signature = signature
        case .citation(let citation): self.cite(citation, in: number, into: &bytes)
        case .logprobs(let value): self.write(logprobs: value, of: number, into: &bytes)
        }
    }

    /// Begins the item or the part of a block of text.
    private mutating func open(_ number: Int, into bytes: inout [UInt8]) {
        guard let kind = self.blocks[number]?.kind else { return }
        switch kind {
        case .text, .refusal:
            let index: Int
            if let message = self.message {
                index = message
            } else {
                index = self.add(.message, into: &bytes)
                self.message = index
            }
            self.openParts[index, default: 0] += 1
            var isRefusal = false
            if case .refusal = kind { isRefusal = true }
            if isRefusal { self.refuses = true }
            let part = ResponsesItem.Content(isRefusal: isRefusal)
            self.items[index].contents.append(part)
            let place = (key: "content_index", index: self.items[index].contents.count - 1)
            self.blocks[number]?.item = index
            self.blocks[number]?.content = place.index
            self.pieceEvent("response.content_part.added", index, part: place, into: &bytes) { writer in
                writer.key("part")
                part.write(to: &writer)
            }
            self.prepare(number, isRefusal ? "response.refusal.delta" : "response.output_text.delta", part: place)
        case .thinking, .redacted:
            let index = self.add(.reasoning, into: &bytes)
            self.blocks[number]?.item = index
            let place = (key: "summary_index", index: 0)
            self.pieceEvent("response.reasoning_summary_part.added", index, part: place, into: &bytes) { writer in
                writer.key("part")
                writer.value(["type": "summary_text", "text": ""])
            }
            self.prepare(number, "response.reasoning_summary_text.delta", part: place)
        case .call, .other: return
        }
    }

    private mutating func cite(_ citation: Opaque, in number: Int, into bytes: inout [UInt8]) {
        if self.blocks[number]?.item == nil, case .text? = self.blocks[number]?.kind { self.open(number, into: &bytes) }
        guard let block = self.blocks[number], let item = block.item, case .text = block.kind else { return }
        let range = 0..<self.items[item].contents[block.content].length
        guard let value = ResponsesAnnotation.value(citation, of: range) else { return }
        let at = self.items[item].contents[block.content].annotations.count
        self.items[item].contents[block.content].annotations.append(value)
        let place = (key: "content_index", index: block.content)
        self.pieceEvent("response.output_text.annotation.added", item, part: place, into: &bytes) { writer in
            writer.key("annotation_index")
            writer.number(at)
            writer.key("annotation")
            writer.value(value)
        }
    }

    /// Likelihoods come in a delta of their own, which adds no text.
    private mutating func write(logprobs: JSONValue, of number: Int, into bytes: inout [UInt8]) {
        guard let block = self.blocks[number], let item = block.item, case .text = block.kind,
            case .array(let tokens)? = logprobs["content"], !tokens.isEmpty
        else { return }
        self.items[item].contents[block.content].logprobs.append(contentsOf: tokens)
        let place = (key: "content_index", index: block.content)
        self.pieceEvent("response.output_text.delta", item, part: place, into: &bytes) { writer in
            writer.key("delta")
            writer.string("")
            writer.key("logprobs")
            writer.value(.array(tokens))
        }
    }
}

// MARK: Ends

extension ResponsesStreamEncoder {
    private mutating func stop(_ number: Int, into bytes: inout [UInt8]) {
        guard let block = self.blocks.removeValue(forKey: number) else { return }
        switch block.kind {
        case .text, .refusal: self.stopText(block, into: &bytes)
        case .thinking: self.stopReasoning(block, .thinking, into: &bytes)
        case .redacted: self.stopReasoning(block, .redactedThinking, into: &bytes)
        case .call(let kind): self.stopCall(block, kind, number, into: &bytes)
        case .other: break
        }
    }

    private mutating func stopText(_ block: Block, into bytes: inout [UInt8]) {
        if let index = block.item {
            let content = self.items[index].contents[block.content]
            let place = (key: "content_index", index: block.content)
            let name = content.isRefusal ? "response.refusal.done" : "response.output_text.done"
            self.pieceEvent(name, index, part: place, into: &bytes) { writer in
                writer.key(content.isRefusal ? "refusal" : "text")
                writer.raw(ResponsesItem.quoted(content.text))
                if !content.isRefusal {
                    writer.key("logprobs")
                    writer.value(.array(content.logprobs))
                }
            }
            self.pieceEvent("response.content_part.done", index, part: place, into: &bytes) { writer in
                writer.key("part")
                content.write(to: &writer)
            }
            let open = (self.openParts[index] ?? 1) - 1
            self.openParts[index] = open
            if open == 0, self.message != index {
                self.openParts[index] = nil
                self.done(index, into: &bytes)
            }
        }
        self.carry(block.signature, of: .text, into: &bytes)
    }

    private mutating func stopReasoning(
        _ block: Block,
        _ owner: ResponsesCarrier.Owner,
        into bytes: inout [UInt8]
    ) {
        guard let index = block.item else {
            self.carry(block.signature, of: owner, into: &bytes)
            return
        }
        let text = ResponsesItem.quoted(self.items[index].text)
        let place = (key: "summary_index", index: 0)
        self.pieceEvent("response.reasoning_summary_text.done", index, part: place, into: &bytes) { writer in
            writer.key("text")
            writer.raw(text)
        }
        self.pieceEvent("response.reasoning_summary_part.done", index, part: place, into: &bytes) { writer in
            writer.key("part")
            writer.beginObject()
            writer.key("type")
            writer.string("summary_text")
            writer.key("text")
            writer.raw(text)
            writer.endObject()
        }
        if let signature = block.signature {
            self.items[index].encrypted = ResponsesCarrier(signature, of: owner).text(id: self.items[index].id)
        }
        self.done(index, into: &bytes)
    }

    private mutating func stopCall(
        _ block: Block,
        _ kind: CanonicalEvent.BlockKind,
        _ number: Int,
        into bytes: inout [UInt8]
    ) {
        guard let index = block.item, case .toolCall(let id, let name, let callKind) = kind else { return }
        let isFunction = callKind == .function
        if isFunction, self.items[index].text.isEmpty {
            // A function without arguments was called with an empty object.
            self.blocks[number] = block
            self.delta("{}", of: number, into: &bytes)
            self.blocks[number] = nil
        }
        let text = ResponsesItem.quoted(self.items[index].text)
        let event = isFunction ? "response.function_call_arguments.done" : "response.custom_tool_call_input.done"
        self.pieceEvent(event, index, into: &bytes) { writer in
            if isFunction {
                writer.key("name")
                writer.string(name)
            }
            writer.key(isFunction ? "arguments" : "input")
            writer.raw(text)
        }
        self.done(index, into: &bytes)
        self.carry(block.signature, of: .call(CallID.fitted(id, to: ResponsesItem.callIDs)), into: &bytes)
    }

    /// Appends an item of reasoning that holds nothing but a signature.
    private mutating func carry(
        _ signature: Signature?,
        of owner: ResponsesCarrier.Owner,
        into bytes: inout [UInt8]
    ) {
        guard let signature else { return }
        let index = self.add(.reasoning, into: &bytes)
        self.items[index].encrypted = ResponsesCarrier(signature, of: owner).text(id: self.items[index].id)
        self.done(index, into: &bytes)
    }
}
