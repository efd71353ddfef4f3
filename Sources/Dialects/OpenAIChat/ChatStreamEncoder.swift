package import Core
internal import JSON

/// Writes a streamed answer for a client of OpenAI's Chat dialect.
///
/// Source: the chat completion chunk object, https://platform.openai.com/docs/api-reference/chat/streaming. What official
/// clients demand beyond it: `choices` in every chunk, indices of calls that rise from 0 without gaps, and an `index` on
/// every element of a list that comes in pieces, by which they put it together.
///
/// Reasoning comes as `reasoning_content` and, fragment by fragment, as the entry of `reasoning_details` it belongs to: a
/// client that joins fragments of one index has what it must send back.
package struct ChatStreamEncoder: StreamEncoding {
    private struct Block {
        enum Kind {
            case text
            case thinking
            case redacted
            case refusal
            case call(index: Int, kind: ToolCall.Kind)
        }

        var kind: Kind
        var choice: Int
        /// The block's place among those of its choice.
        var position: Int
        /// Where its text begins in the content, in characters.
        var start = 0
        var hasArguments = false
        var citations: [Opaque] = []
    }

    private struct Choice {
        var blocks = 0
        var calls = 0
        var images = 0
        /// The content so far, in characters.
        var length = 0
        var refuses = false
        var annotations: [ChatAnnotation] = []
    }

    /// What the deltas of the block that spoke last are written with, made once for all of them.
    private struct Frame {
        var block: Int
        var choice: Int
        /// All that stands before the text.
        var opening: [UInt8]
        /// What stands between the text and its repetition, where it is said twice.
        var middle: [UInt8]?
        /// All that stands behind it.
        var closing: [UInt8]
        /// Whether the text is the content, whose characters are counted.
        var isContent: Bool
        /// Whether the text is a call's arguments.
        var isArguments: Bool
    }

    private let style: ReplyStyle
    /// What every chunk begins with, up to the number of the choice.
    private var head: [UInt8] = []
    private var blocks: [Int: Block] = [:]
    private var choices: [Int: Choice] = [:]
    private var usage: Usage?
    private var frame: Frame?
    /// The characters of the frame's block that its choice does not know of yet.
    private var uncounted = 0

    /// The most citations that are kept for the end of a stream.
    private static let mostAnnotations = 512

    /// An encoder of one stream.
    package init(_ style: ReplyStyle) { self.style = style }

    package mutating func write(_ event: CanonicalEvent, into bytes: inout [UInt8]) {
        if case .delta(let block, let delta) = event {
            switch delta {
            case .text(let text): self.write(text, of: block, isArguments: false, into: &bytes)
            case .arguments(let text): self.write(text, of: block, isArguments: true, into: &bytes)
            default: self.write(delta, of: block, into: &bytes)
            }
            return
        }
        self.settle()
        switch event {
        case .start(_, let model, let usage):
            self.usage = usage ?? self.usage
            if self.head.isEmpty { self.begin(model: model ?? self.style.model) }
            self.open(0, into: &bytes)
        case .delta: break
        case .blockStart(let block, let choice, let kind):
            self.begin(block, of: choice, kind, into: &bytes)
        case .blockStop(let block): self.stop(block, into: &bytes)
        case .finish(let choice, let reason): self.finish(choice, reason, into: &bytes)
        case .usage(let usage): self.usage = usage
        case .heartbeat: self.writeHeartbeat(into: &bytes)
        case .end: break
        }
    }

    package mutating func writeEnd(into bytes: inout [UInt8]) {
        if self.style.includesUsage, let usage = self.usage {
            self.writeUsage(usage, into: &bytes)
        }
        bytes.append(contentsOf: "data: [DONE]\n\n".utf8)
    }

    package mutating func writeError(_ error: GatewayError, request: RequestID?, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: ChatErrors.event(error, request: request))
    }

    package mutating func writeHeartbeat(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: ": keep-alive\n\n".utf8)
    }
}

// MARK: Chunks

extension ChatStreamEncoder {
    /// Makes what every chunk has in common.
    private mutating func begin(model: String) {
        var writer = JSONWriter(appendingTo: Array("data: ".utf8))
        writer.beginObject()
        writer.key("id")
        writer.string("chatcmpl-\(self.style.id)")
        writer.key("object")
        writer.string("chat.completion.chunk")
        writer.key("created")
        writer.number(self.style.created)
        writer.key("model")
        writer.string(model)
        writer.key("choices")
        writer.beginArray()
        self.head = writer.bytes
    }

    /// Appends a chunk up to the inside of its `delta`.
    private func openChunk(_ choice: Int, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: self.head)
        bytes.append(contentsOf: #"{"index":"#.utf8)
        Self.append(choice, to: &bytes)
        bytes.append(contentsOf: #","delta":{"#.utf8)
    }

    /// Appends a chunk from behind the inside of its `delta`.
    private func closeChunk(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: #"},"logprobs":null,"finish_reason":null}]"#.utf8)
        self.closeEvent(into: &bytes)
    }

    private func closeEvent(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: (self.style.includesUsage ? ",\"usage\":null}\n\n" : "}\n\n").utf8)
    }

    private static func append(_ number: Int, to bytes: inout [UInt8]) {
        if (0...9).contains(number) {
            bytes.append(UInt8(ascii: "0") + UInt8(number))
        } else {
            bytes.append(contentsOf: String(number).utf8)
        }
    }

    /// Appends a chunk whose delta is what `body` writes into an open object.
    private func chunk(_ choice: Int, into bytes: inout [UInt8], _ body: (inout JSONWriter) -> Void) {
        self.openChunk(choice, into: &bytes)
        // Moved out and back in, so that nothing is copied.
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        var writer = JSONWriter(appendingTo: consume taken)
        body(&writer)
        bytes = writer.bytes
        self.closeChunk(into: &bytes)
    }

    /// Appends the first chunk of a choice, once.
    private mutating func open(_ choice: Int, into bytes: inout [UInt8]) {
        guard self.choices[choice] == nil else { return }
        if self.head.isEmpty { self.begin(model: self.style.model) }
        self.choices[choice] = Choice()
        self.openChunk(choice, into: &bytes)
        bytes.append(contentsOf: #""role":"assistant","content":"""#.utf8)
        self.closeChunk(into: &bytes)
    }

    private func writeUsage(_ usage: Usage, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: self.head)
        bytes.append(contentsOf: #"],"usage":"#.utf8)
        var writer = JSONWriter()
        ChatReply.write(usage, to: &writer)
        bytes.append(contentsOf: writer.bytes)
        bytes.append(contentsOf: "}\n\n".utf8)
    }
}

// MARK: Blocks

extension ChatStreamEncoder {
    private mutating func begin(
        _ number: Int,
        of choice: Int,
        _ kind: CanonicalEvent.BlockKind,
        into bytes: inout [UInt8]
    ) {
        self.open(choice, into: &bytes)
        let position = self.choices[choice]?.blocks ?? 0
        self.choices[choice]?.blocks = position + 1
        switch kind {
        case .text:
            let start = self.choices[choice]?.length ?? 0
            self.blocks[number] = Block(kind: .text, choice: choice, position: position, start: start)
        case .thinking: self.blocks[number] = Block(kind: .thinking, choice: choice, position: position)
        case .redactedThinking: self.blocks[number] = Block(kind: .redacted, choice: choice, position: position)
        case .refusal:
            self.choices[choice]?.refuses = true
            self.blocks[number] = Block(kind: .refusal, choice: choice, position: position)
        case .toolCall(let id, let name, let kind):
            let index = self.choices[choice]?.calls ?? 0
            self.choices[choice]?.calls = index + 1
            let call = Block.Kind.call(index: index, kind: kind)
            self.blocks[number] = Block(kind: call, choice: choice, position: position)
            self.writeCall(index, id: id, name: name, kind, of: choice, into: &bytes)
        case .whole(let part): self.write(part, number, choice, position, into: &bytes)
        }
    }

    private func writeCall(
        _ index: Int,
        id: String,
        name: String,
        _ kind: ToolCall.Kind,
        of choice: Int,
        into bytes: inout [UInt8]
    ) {
        let isCustom = kind == .custom
        self.chunk(choice, into: &bytes) { writer in
            writer.key("tool_calls")
            writer.beginArray()
            writer.beginObject()
            writer.key("index")
            writer.number(index)
            writer.key("id")
            writer.string(id)
            writer.key("type")
            writer.string(isCustom ? "custom" : "function")
            writer.key(isCustom ? "custom" : "function")
            writer.beginObject()
            writer.key("name")
            writer.string(name)
            writer.key(isCustom ? "input" : "arguments")
            writer.string("")
            writer.endObject()
            writer.endObject()
            writer.endArray()
        }
    }

    /// Writes a part that came whole: as itself where the dialect has a field for it, else as the block it would be.
    private mutating func write(
        _ part: Part,
        _ number: Int,
        _ choice: Int,
        _ position: Int,
        into bytes: inout [UInt8]
    ) {
        switch part.content {
        case .image(let media):
            let index = self.choices[choice]?.images ?? 0
            self.choices[choice]?.images = index + 1
            self.chunk(choice, into: &bytes) { writer in
                writer.key("images")
                writer.beginArray()
                ChatReply.writeImage(media, index: index, to: &writer)
                writer.endArray()
            }
        case .audio(let media):
            self.chunk(choice, into: &bytes) { writer in
                writer.key("audio")
                ChatReply.writeAudio(media, self.style, to: &writer)
            }
        case .opaque(let opaque):
            self.chunk(choice, into: &bytes) { writer in
                writer.key("provider_specific_fields")
                writer.beginObject()
                writer.key("blocks")
                writer.beginArray()
                ChatReply.writeBlock(opaque, index: position, to: &writer)
                writer.endArray()
                writer.endObject()
            }
        case .text(let text): self.writeWhole(.text, .text(text), part, number, choice, into: &bytes)
        case .thinking(let text): self.writeWhole(.thinking, .text(text), part, number, choice, into: &bytes)
        case .redactedThinking: self.writeWhole(.redactedThinking, nil, part, number, choice, into: &bytes)
        case .refusal(let text): self.writeWhole(.refusal, .text(text), part, number, choice, into: &bytes)
        case .toolCall(let call):
            let kind = CanonicalEvent.BlockKind.toolCall(id: call.id, name: call.name, kind: call.kind)
            self.writeWhole(kind, .arguments(call.arguments), part, number, choice, into: &bytes)
        case .video, .document, .toolResult: break
        }
    }

    private mutating func writeWhole(
        _ kind: CanonicalEvent.BlockKind,
        _ delta: CanonicalEvent.BlockDelta?,
        _ part: Part,
        _ number: Int,
        _ choice: Int,
        into bytes: inout [UInt8]
    ) {
        // The place was taken when the whole part began.
        self.choices[choice]?.blocks -= 1
        self.begin(number, of: choice, kind, into: &bytes)
        for citation in part.citations { self.write(.citation(citation), of: number, into: &bytes) }
        if let delta { self.write(delta, of: number, into: &bytes) }
        if let signature = part.signature { self.write(.signature(signature), of: number, into: &bytes) }
        self.stop(number, into: &bytes)
    }

    private mutating func stop(_ number: Int, into bytes: inout [UInt8]) {
        self.settle()
        if self.frame?.block == number { self.frame = nil }
        guard let block = self.blocks.removeValue(forKey: number) else { return }
        switch block.kind {
        case .call(_, .function) where !block.hasArguments:
            // Clients parse the arguments, and an empty text is no JSON.
            guard let frame = self.frame(of: number, block) else { return }
            bytes.append(contentsOf: frame.opening)
            bytes.append(contentsOf: "{}".utf8)
            bytes.append(contentsOf: frame.closing)
        case .text where !block.citations.isEmpty:
            let range = block.start..<max(block.start, self.choices[block.choice]?.length ?? 0)
            let room = Self.mostAnnotations - (self.choices[block.choice]?.annotations.count ?? 0)
            let annotations = block.citations.prefix(max(room, 0)).compactMap { ChatAnnotation($0, of: range) }
            self.choices[block.choice]?.annotations.append(contentsOf: annotations)
        default: break
        }
    }

    private mutating func finish(_ choice: Int, _ reason: StopReason, into bytes: inout [UInt8]) {
        self.open(choice, into: &bytes)
        let state = self.choices[choice] ?? Choice()
        if !state.annotations.isEmpty {
            self.chunk(choice, into: &bytes) { writer in
                writer.key("annotations")
                writer.beginArray()
                for annotation in state.annotations { annotation.write(to: &writer) }
                writer.endArray()
            }
            self.choices[choice]?.annotations = []
        }
        if case .refusal(let explanation) = reason, !state.refuses {
            self.chunk(choice, into: &bytes) { writer in
                writer.key("refusal")
                writer.string(ChatReply.refusal(explanation))
            }
        }
        if reason == .pauseTurn {
            self.chunk(choice, into: &bytes) { writer in
                writer.key("provider_specific_fields")
                writer.beginObject()
                writer.key("stop_reason")
                writer.string("pause_turn")
                writer.endObject()
            }
        }
        self.openChunk(choice, into: &bytes)
        bytes.append(contentsOf: #"},"logprobs":null,"finish_reason":""#.utf8)
        bytes.append(contentsOf: ChatReply.finishReason(reason, callsTools: state.calls > 0).utf8)
        bytes.append(contentsOf: #""}]"#.utf8)
        self.closeEvent(into: &bytes)
    }
}

// MARK: Deltas

extension ChatStreamEncoder {
    private mutating func write(_ delta: CanonicalEvent.BlockDelta, of number: Int, into bytes: inout [UInt8]) {
        guard let block = self.blocks[number] else { return }
        switch delta {
        case .text(let text): self.write(text, of: number, isArguments: false, into: &bytes)
        case .arguments(let text): self.write(text, of: number, isArguments: true, into: &bytes)
        case .signature(let signature): self.writeSignature(signature, block, into: &bytes)
        case .citation(let citation):
            guard block.citations.count < Self.mostAnnotations else { return }
            self.blocks[number]?.citations.append(citation)
        case .logprobs(let logprobs):
            self.openChunk(block.choice, into: &bytes)
            bytes.append(contentsOf: #"},"logprobs":"#.utf8)
            logprobs.write(into: &bytes)
            bytes.append(contentsOf: #","finish_reason":null}]"#.utf8)
            self.closeEvent(into: &bytes)
        }
    }

    /// Writes a text, or a piece of a call's arguments.
    private mutating func write(_ text: String, of number: Int, isArguments: Bool, into bytes: inout [UInt8]) {
        guard !text.isEmpty else { return }
        if self.frame?.block != number, !self.turn(to: number) { return }
        guard let frame = self.frame, frame.isArguments == isArguments else { return }
        var text = text
        text.withUTF8 { text in
            if frame.isContent { self.uncounted += ChatAnnotation.length(of: text) }
            let raw = UnsafeRawBufferPointer(text)
            bytes.append(contentsOf: frame.opening)
            JSONWriter.appendEscaped(raw, to: &bytes)
            if let middle = frame.middle {
                bytes.append(contentsOf: middle)
                JSONWriter.appendEscaped(raw, to: &bytes)
            }
            bytes.append(contentsOf: frame.closing)
        }
    }

    /// Makes the frame of the block that speaks now; false where the block has nothing to say in this way.
    private mutating func turn(to number: Int) -> Bool {
        self.settle()
        guard let block = self.blocks[number], let frame = self.frame(of: number, block) else { return false }
        if frame.isArguments { self.blocks[number]?.hasArguments = true }
        self.frame = frame
        return true
    }

    /// Tells the choice how much was said.
    private mutating func settle() {
        guard self.uncounted > 0, let frame = self.frame else { return }
        self.choices[frame.choice]?.length += self.uncounted
        self.uncounted = 0
    }

    private func frame(of number: Int, _ block: Block) -> Frame? {
        let field: String
        var middle: String?
        var ending = "\""
        switch block.kind {
        case .text: field = #""content":""#
        case .refusal: field = #""refusal":""#
        case .thinking:
            field = #""reasoning_content":""#
            middle = #"","reasoning_details":[{"type":"reasoning.text","index":\#(block.position),"text":""#
            ending = #""}]"#
        case .call(let index, let kind):
            let opening = kind == .custom ? #""custom":{"input":""# : #""function":{"arguments":""#
            field = #""tool_calls":[{"index":\#(index),\#(opening)"#
            ending = #""}}]"#
        case .redacted: return nil
        }
        var frame = Frame(
            block: number,
            choice: block.choice,
            opening: [],
            middle: middle.map { Array($0.utf8) },
            closing: Array(ending.utf8),
            isContent: false,
            isArguments: false
        )
        if case .text = block.kind { frame.isContent = true }
        if case .call = block.kind { frame.isArguments = true }
        frame.opening.reserveCapacity(self.head.count + 128)
        self.openChunk(block.choice, into: &frame.opening)
        frame.opening.append(contentsOf: field.utf8)
        self.closeChunk(into: &frame.closing)
        return frame
    }

    private func writeSignature(_ signature: Signature, _ block: Block, into bytes: inout [UInt8]) {
        self.chunk(block.choice, into: &bytes) { writer in
            switch block.kind {
            case .thinking:
                writer.key("reasoning_details")
                writer.beginArray()
                ChatReply.writeDetail(nil, signature, index: block.position, to: &writer)
                writer.endArray()
            case .text, .refusal, .redacted:
                writer.key("reasoning_details")
                writer.beginArray()
                let forText = if case .redacted = block.kind { false } else { true }
                ChatReply.writeBlob(signature, forText: forText, index: block.position, to: &writer)
                writer.endArray()
            case .call(let index, let kind):
                writer.key("tool_calls")
                writer.beginArray()
                writer.beginObject()
                writer.key("index")
                writer.number(index)
                // Clients that gather fragments by hand expect the arguments in every one.
                writer.key(kind == .custom ? "custom" : "function")
                writer.beginObject()
                writer.key(kind == .custom ? "input" : "arguments")
                writer.string("")
                writer.endObject()
                ChatReply.writeExtra(signature, to: &writer)
                writer.endObject()
                writer.endArray()
            }
        }
    }
}
