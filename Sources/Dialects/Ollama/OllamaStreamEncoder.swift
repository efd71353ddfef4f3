package import Core
internal import JSON

/// Writes a stream for clients of Ollama's `/api/chat` and `/api/generate`: one JSON object a line, the last with
/// `done`.
///
/// The SDK fails on blank lines, so there are none, and no heartbeat. The dialect has one answer: of several choices the
/// first is kept.
package struct OllamaStreamEncoder: StreamEncoding {
    private let style: ReplyStyle
    private let isGenerate: Bool
    private var model: String
    /// A line up to its text, and up to its reasoning; made once.
    private var textHead: [UInt8] = []
    private var thinkingHead: [UInt8] = []
    private var blocks: [Int: Block] = [:]
    private var usage: Usage?
    private var stop = StopReason.stop
    private var hasText = false

    /// A block that is open.
    private enum Block {
        case text
        case thinking
        /// A call is told whole: its arguments are held until then.
        case call(ToolCall)
        /// What there is nothing to tell of.
        case silent
    }

    /// An encoder for one stream.
    ///
    /// - Parameter isGenerate: whether the client asked `/api/generate`, whose lines hold a text and no message.
    package init(_ style: ReplyStyle, isGenerate: Bool) {
        self.style = style
        self.isGenerate = isGenerate
        self.model = style.model
        self.makeHeads()
    }

    /// An encoder for a stream of `/api/chat`.
    package init(_ style: ReplyStyle) { self.init(style, isGenerate: false) }

    /// Appends the line that tells of `event`, where there is anything to tell yet.
    package mutating func write(_ event: CanonicalEvent, into bytes: inout [UInt8]) {
        switch event {
        case .start(_, let model, let usage):
            self.usage = usage ?? self.usage
            if let model, model != self.model {
                self.model = model
                self.makeHeads()
            }
        case .blockStart(let block, let choice, let kind):
            if choice == 0 { self.begin(block, kind, into: &bytes) }
        case .delta(let block, let delta): self.add(delta, to: block, into: &bytes)
        case .blockStop(let block):
            guard case .call(let call)? = self.blocks.removeValue(forKey: block), !self.isGenerate else { return }
            self.writeMessage(into: &bytes) { writer in
                var notes = TranslationNotes()
                writer.key("tool_calls")
                writer.beginArray()
                OllamaReply.write(call, name: call.name, notes: &notes, to: &writer)
                writer.endArray()
            }
        case .finish(let choice, let stop): if choice == 0 { self.stop = stop }
        case .usage(let usage): self.usage = usage
        case .heartbeat, .end: break
        }
    }

    private mutating func begin(_ block: Int, _ kind: CanonicalEvent.BlockKind, into bytes: inout [UInt8]) {
        switch kind {
        case .text, .refusal: self.blocks[block] = .text
        case .thinking: self.blocks[block] = .thinking
        case .toolCall(let id, let name, let kind):
            self.blocks[block] = .call(ToolCall(id: id, name: name, arguments: "", kind: kind))
        case .redactedThinking: self.blocks[block] = .silent
        case .whole(let part):
            self.blocks[block] = .silent
            guard case .image(let media) = part.content, case .base64(let data) = media.source, !self.isGenerate else {
                return
            }
            self.writeMessage(into: &bytes) { writer in
                writer.key("images")
                writer.beginArray()
                writer.string(data)
                writer.endArray()
            }
        }
    }

    private mutating func add(_ delta: CanonicalEvent.BlockDelta, to block: Int, into bytes: inout [UInt8]) {
        switch (delta, self.blocks[block]) {
        case (.text(let text), .text?):
            if !text.isEmpty { self.writeText(text, into: &bytes) }
        case (.text(let text), .thinking?):
            if text.isEmpty { return }
            bytes.append(contentsOf: self.thinkingHead)
            JSONWriter.appendString(text, to: &bytes)
            bytes.append(contentsOf: (self.isGenerate ? ",\"done\":false}\n" : "},\"done\":false}\n").utf8)
        case (.arguments(let text), .call(var call)?):
            // Taken out first, so that the text has one owner and grows in place.
            self.blocks[block] = .silent
            call.arguments += text
            self.blocks[block] = .call(call)
        case (.logprobs(let value), .some):
            guard let list = OllamaReply.logprobs(value) else { return }
            self.writeLine(into: &bytes) { writer in
                Self.writeContent("", self.isGenerate, to: &writer)
                writer.key("logprobs")
                writer.value(list)
                writer.key("done")
                writer.bool(false)
            }
        default: break
        }
    }

    private mutating func writeText(_ text: String, into bytes: inout [UInt8]) {
        self.hasText = true
        bytes.append(contentsOf: self.textHead)
        JSONWriter.appendString(text, to: &bytes)
        bytes.append(contentsOf: (self.isGenerate ? ",\"done\":false}\n" : "},\"done\":false}\n").utf8)
    }

    /// Appends the last line: why the answer ended, and what it came to.
    package mutating func writeEnd(into bytes: inout [UInt8]) {
        if case .refusal(let words) = self.stop, !self.hasText {
            self.writeText(ChatReply.refusal(words), into: &bytes)
        }
        let stop = self.stop
        let usage = self.usage
        let isGenerate = self.isGenerate
        self.writeLine(into: &bytes) { writer in
            Self.writeContent("", isGenerate, to: &writer)
            OllamaReply.writeEnd(stop, usage, to: &writer)
        }
    }

    /// Appends the line SDKs raise as an error.
    package mutating func writeError(_ error: GatewayError, request: RequestID?, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: OllamaErrors.write(error, request: request).body)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Appends nothing: the dialect has no heartbeat an SDK would survive.
    package mutating func writeHeartbeat(into bytes: inout [UInt8]) {}

    // MARK: Lines

    private mutating func makeHeads() {
        self.textHead = self.head(isThinking: false)
        self.thinkingHead = self.head(isThinking: true)
    }

    private func head(isThinking: Bool) -> [UInt8] {
        var writer = JSONWriter(capacity: 160)
        writer.beginObject()
        OllamaReply.writeHead(model: self.model, created: self.style.created, to: &writer)
        if !self.isGenerate {
            writer.key("message")
            writer.beginObject()
            writer.key("role")
            writer.string("assistant")
        }
        let content = self.isGenerate ? "response" : "content"
        if isThinking {
            // Clients add up the text of every line, so that it stands in this one too.
            writer.key(content)
            writer.string("")
        }
        writer.key(isThinking ? "thinking" : content)
        return writer.bytes
    }

    private static func writeContent(_ text: String, _ isGenerate: Bool, to writer: inout JSONWriter) {
        if isGenerate {
            writer.key("response")
            writer.string(text)
        } else {
            writer.key("message")
            writer.value(["role": "assistant", "content": .string(text)])
        }
    }

    /// A line with a message that says nothing but what `members` writes.
    private func writeMessage(into bytes: inout [UInt8], _ members: (inout JSONWriter) -> Void) {
        self.writeLine(into: &bytes) { writer in
            writer.key("message")
            writer.beginObject()
            writer.key("role")
            writer.string("assistant")
            writer.key("content")
            writer.string("")
            members(&writer)
            writer.endObject()
            writer.key("done")
            writer.bool(false)
        }
    }

    private func writeLine(into bytes: inout [UInt8], _ members: (inout JSONWriter) -> Void) {
        // Taken out, so that there is one owner, and the bytes grow in place.
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        bytes = self.line(appendingTo: taken, members)
        bytes.append(UInt8(ascii: "\n"))
    }

    private func line(appendingTo bytes: consuming [UInt8], _ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(appendingTo: bytes)
        writer.beginObject()
        OllamaReply.writeHead(model: self.model, created: self.style.created, to: &writer)
        members(&writer)
        writer.endObject()
        return writer.bytes
    }
}
