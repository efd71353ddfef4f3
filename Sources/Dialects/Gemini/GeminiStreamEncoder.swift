package import Core
internal import JSON

/// Writes a stream for a client of `streamGenerateContent`: events of `data:` alone, each a whole answer with the next
/// piece of the content, or, where the client did not ask for server-sent events (`alt=sse`), the elements of one JSON
/// array.
///
/// Google's SDKs fail on comments, on event names and on `[DONE]`, so there are none; nor a heartbeat.
package struct GeminiStreamEncoder: StreamEncoding {
    private let style: ReplyStyle
    private let isArray: Bool
    private var model: String
    private var usage: Usage?
    private var hasWritten = false
    private var blocks: [Int: Block] = [:]
    /// The arguments of open calls so far.
    private var arguments: [Int: String] = [:]
    private var choices: [Choice] = []

    /// A block that is open.
    fileprivate struct Block {
        var choice: Int
        var kind: Kind

        enum Kind {
            case text
            case thinking
            case redacted
            /// A call is told whole, without its arguments here: they are held in ``arguments`` until then.
            case call(ToolCall, Signature?)
            case whole
        }
    }

    private struct Choice {
        var index: Int
        var stop: StopReason?
        var citations: [Opaque] = []
    }

    /// An encoder for one stream.
    ///
    /// - Parameter isArray: whether the stream is one JSON array rather than server-sent events.
    package init(_ style: ReplyStyle, isArray: Bool) {
        self.style = style
        self.isArray = isArray
        self.model = style.model
    }

    /// An encoder for a stream of server-sent events.
    package init(_ style: ReplyStyle) { self.init(style, isArray: false) }

    /// Appends the event of the dialect that tells of `event`, where there is anything to tell yet.
    package mutating func write(_ event: CanonicalEvent, into bytes: inout [UInt8]) {
        switch event {
        case .start(_, let model, let usage):
            self.model = model ?? self.model
            self.usage = usage ?? self.usage
        case .blockStart(let block, let choice, let kind): self.begin(block, choice, kind, into: &bytes)
        case .delta(let block, let delta): self.add(delta, to: block, into: &bytes)
        case .blockStop(let block):
            guard let ended = self.blocks.removeValue(forKey: block) else { return }
            if case .call(var call, let signature) = ended.kind {
                call.arguments = self.arguments.removeValue(forKey: block) ?? ""
                self.writeChunk(choice: ended.choice, into: &bytes) { writer in
                    GeminiReplyWriter.write(call, signature, to: &writer)
                }
            }
        case .finish(let choice, let stop): self.choices[self.place(of: choice)].stop = stop
        case .usage(let usage): self.usage = usage
        case .heartbeat, .end: break
        }
    }

    private mutating func begin(
        _ block: Int,
        _ choice: Int,
        _ kind: CanonicalEvent.BlockKind,
        into bytes: inout [UInt8]
    ) {
        _ = self.place(of: choice)
        switch kind {
        case .text, .refusal: self.blocks[block] = Block(choice: choice, kind: .text)
        case .thinking: self.blocks[block] = Block(choice: choice, kind: .thinking)
        case .redactedThinking: self.blocks[block] = Block(choice: choice, kind: .redacted)
        case .toolCall(let id, let name, let kind):
            let call = ToolCall(id: id, name: name, arguments: "", kind: kind)
            self.blocks[block] = Block(choice: choice, kind: .call(call, nil))
        case .whole(let part):
            self.blocks[block] = Block(choice: choice, kind: .whole)
            // A part of another dialect's own has no place here.
            if case .opaque(let opaque) = part.content, opaque.dialect != .gemini { return }
            if case .toolResult = part.content { return }
            self.writeChunk(choice: choice, into: &bytes) { writer in _ = GeminiReplyWriter.write(part, to: &writer) }
        }
    }

    private mutating func add(_ delta: CanonicalEvent.BlockDelta, to block: Int, into bytes: inout [UInt8]) {
        guard let open = self.blocks[block] else { return }
        switch delta {
        case .text(let text):
            if text.isEmpty { return }
            let isThought = open.isThinking
            self.writeChunk(choice: open.choice, into: &bytes) { writer in
                GeminiReplyWriter.write(text: text, isThought: isThought, to: &writer)
            }
        case .arguments(let text): self.arguments[block, default: ""] += text
        case .signature(let signature):
            switch open.kind {
            case .call(let call, _): self.blocks[block]?.kind = .call(call, signature)
            case .text, .thinking, .redacted:
                let isThought = open.isThinking
                self.writeChunk(choice: open.choice, into: &bytes) { writer in
                    GeminiReplyWriter.write(text: "", isThought: isThought, signature, to: &writer)
                }
            case .whole: break
            }
        case .citation(let citation): self.choices[self.place(of: open.choice)].citations.append(citation)
        case .logprobs(let value):
            guard let result = GeminiLogprobs.gemini(value) else { return }
            self.writeMessage(into: &bytes) { writer in
                writer.beginObject()
                writer.key("index")
                writer.number(open.choice)
                writer.key("logprobsResult")
                writer.value(result)
                writer.endObject()
            }
        }
    }

    /// The last event of the dialect: why each choice ended, and what the answer rests on.
    package mutating func writeEnd(into bytes: inout [UInt8]) {
        let choices = self.choices
        self.writeMessage(into: &bytes) { writer in
            for choice in choices {
                writer.beginObject()
                writer.key("content")
                writer.beginObject()
                writer.key("parts")
                writer.beginArray()
                GeminiReplyWriter.write(text: "", to: &writer)
                writer.endArray()
                writer.key("role")
                writer.string("model")
                writer.endObject()
                writer.key("finishReason")
                writer.string(GeminiFinishReason.word(choice.stop ?? .stop))
                writer.key("index")
                writer.number(choice.index)
                GeminiReplyWriter.write(citations: choice.citations, to: &writer)
                writer.endObject()
            }
        }
        if self.isArray { bytes.append(contentsOf: "\r\n]".utf8) }
    }

    /// Appends the error in place of an answer, which SDKs raise.
    package mutating func writeError(_ error: GatewayError, request: RequestID?, into bytes: inout [UInt8]) {
        self.writeFrame(GeminiErrors.write(error, request: request).body, into: &bytes)
        if self.isArray { bytes.append(contentsOf: "\r\n]".utf8) }
    }

    /// Appends nothing: the dialect has no heartbeat an SDK would survive.
    package mutating func writeHeartbeat(into bytes: inout [UInt8]) {}

    // MARK: Framing

    private mutating func place(of choice: Int) -> Int {
        if let place = self.choices.firstIndex(where: { $0.index == choice }) { return place }
        let place = self.choices.firstIndex { $0.index > choice } ?? self.choices.count
        self.choices.insert(Choice(index: choice), at: place)
        return place
    }

    private mutating func writeChunk(
        choice: Int,
        into bytes: inout [UInt8],
        _ part: (inout JSONWriter) -> Void
    ) {
        self.writeMessage(into: &bytes) { writer in
            writer.beginObject()
            writer.key("content")
            writer.beginObject()
            writer.key("parts")
            writer.beginArray()
            part(&writer)
            writer.endArray()
            writer.key("role")
            writer.string("model")
            writer.endObject()
            writer.key("index")
            writer.number(choice)
            writer.endObject()
        }
    }

    private mutating func writeMessage(into bytes: inout [UInt8], _ candidates: (inout JSONWriter) -> Void) {
        self.begin(&bytes)
        // Taken out, so that there is one owner, and the bytes grow in place.
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        bytes = self.message(appendingTo: taken, candidates)
        self.end(&bytes)
    }

    private func message(
        appendingTo bytes: consuming [UInt8],
        _ candidates: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter(appendingTo: bytes)
        writer.beginObject()
        writer.key("candidates")
        writer.beginArray()
        candidates(&writer)
        writer.endArray()
        GeminiReplyWriter.writeTail(usage: self.usage, model: self.model, id: self.style.id, to: &writer)
        writer.endObject()
        return writer.bytes
    }

    private mutating func writeFrame(_ body: [UInt8], into bytes: inout [UInt8]) {
        self.begin(&bytes)
        bytes.append(contentsOf: body)
        self.end(&bytes)
    }

    private mutating func begin(_ bytes: inout [UInt8]) {
        if self.isArray {
            bytes.append(contentsOf: (self.hasWritten ? ",\r\n" : "[").utf8)
        } else {
            bytes.append(contentsOf: "data: ".utf8)
        }
        self.hasWritten = true
    }

    private func end(_ bytes: inout [UInt8]) {
        if !self.isArray { bytes.append(contentsOf: "\r\n\r\n".utf8) }
    }
}

extension GeminiStreamEncoder.Block {
    /// Whether its text is reasoning.
    fileprivate var isThinking: Bool {
        switch self.kind {
        case .thinking, .redacted: true
        default: false
        }
    }
}
