package import Core
internal import JSON

/// Writes streamed answers for clients that speak ConverseStream, as messages of an AWS event stream
/// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html).
///
/// One block is open at a time and blocks are numbered without gaps: what comes for a block that began while another was
/// open waits until that one has ended. A block that never says anything is not written.
package struct ConverseStreamEncoder: StreamEncoding {
    private var isStarted = false
    private var index = 0
    /// The block being written.
    private var current: Block?
    /// Blocks that began while another was open, in the order they began.
    private var waiting: [Block] = []
    private var usage = Usage()
    private var hasStopped = false

    private struct Block {
        var number: Int
        var kind: CanonicalEvent.BlockKind
        /// Whether its first message was written.
        var isWritten = false
        /// Whether a call has been given arguments.
        var hasInput = false
        /// What came while it waited; texts are joined.
        var held: [CanonicalEvent.BlockDelta] = []
        var hasStopped = false
    }

    /// An encoder at the start of a stream; Converse's stream names neither an id nor a model.
    package init(_ style: ReplyStyle) {}

    package mutating func write(_ event: CanonicalEvent, into bytes: inout [UInt8]) {
        switch event {
        case .start(_, _, let usage):
            if let usage { self.usage = usage }
            self.start(&bytes)
        case .blockStart(let number, 0, let kind):
            self.start(&bytes)
            let block = Block(number: number, kind: kind)
            if self.current == nil {
                self.begin(block, &bytes)
            } else {
                self.waiting.append(block)
            }
        case .delta(let number, let delta):
            if self.current?.number == number {
                self.write(delta, &bytes)
            } else if let at = self.waiting.firstIndex(where: { $0.number == number }) {
                Self.hold(delta, in: &self.waiting[at].held)
            }
        case .blockStop(let number):
            if self.current?.number == number {
                self.endCurrent(&bytes)
                self.resume(&bytes)
            } else if let at = self.waiting.firstIndex(where: { $0.number == number }) {
                self.waiting[at].hasStopped = true
            }
        case .finish(0, let reason): self.stop(reason, &bytes)
        case .usage(let usage): self.usage = usage
        // Converse knows one choice.
        case .blockStart, .finish, .heartbeat, .end: break
        }
    }

    package mutating func writeEnd(into bytes: inout [UInt8]) {
        self.start(&bytes)
        self.stop(.stop, &bytes)
        let usage = self.usage
        EventStreamEncoder.appendEvent("metadata", to: &bytes) { bytes in
            Self.append(to: &bytes) { json in
                json.beginObject()
                json.key("usage")
                usage.writeConverse(into: &json)
                json.key("metrics")
                json.value(["latencyMs": 0])
                json.endObject()
            }
        }
    }

    package mutating func writeError(_ error: GatewayError, request: RequestID?, into bytes: inout [UInt8]) {
        let (type, payload) = ConverseErrors.exception(error)
        EventStreamEncoder.appendException(type, payload: payload, to: &bytes)
    }

    /// Writes nothing: the stream has no message without a meaning.
    package mutating func writeHeartbeat(into bytes: inout [UInt8]) {}

    // MARK: The message

    private mutating func start(_ bytes: inout [UInt8]) {
        guard !self.isStarted else { return }
        self.isStarted = true
        EventStreamEncoder.appendEvent("messageStart", payload: Array(#"{"role":"assistant"}"#.utf8), to: &bytes)
    }

    private mutating func stop(_ reason: StopReason, _ bytes: inout [UInt8]) {
        guard !self.hasStopped else { return }
        self.start(&bytes)
        // A decoder stops its blocks itself; one that is cut short may leave them open.
        while self.current != nil {
            self.endCurrent(&bytes)
            self.resume(&bytes)
        }
        self.hasStopped = true
        let word: JSONValue = ["stopReason": .string(reason.converse)]
        EventStreamEncoder.appendEvent("messageStop", to: &bytes) { word.write(into: &$0) }
    }

    // MARK: Blocks

    /// Makes `block` the current one and writes what is known of it.
    private mutating func begin(_ block: Block, _ bytes: inout [UInt8]) {
        self.current = block
        if case .whole(let part) = block.kind { self.writeWhole(part, &bytes) }
        for delta in block.held { self.write(delta, &bytes) }
        self.current?.held = []
    }

    /// Writes the start of the call that is the current block, once: a signature may have to stand in front of it.
    private mutating func openCall(_ bytes: inout [UInt8]) {
        guard let block = self.current, !block.isWritten, case .toolCall(let id, let name, _) = block.kind else {
            return
        }
        let call: JSONValue = [
            "toolUse": ["toolUseId": .string(CallID.fitted(id, to: .bedrock)), "name": .string(name)]
        ]
        self.writeStart(call, &bytes)
    }

    /// Writes an empty thought, whose signature is that of the call it stands in front of: a call has no place for one.
    private mutating func writeThought(signedBy signature: Signature, _ bytes: inout [UInt8]) {
        // Clients that gather fragments want a text, were it an empty one.
        self.writeDelta("{\"reasoningContent\":{\"text\":", "", "}}", &bytes)
        self.writeDelta(
            "{\"reasoningContent\":{\"signature\":",
            signature.carried(native: .anthropic),
            "}}",
            &bytes
        )
        self.writeStop(&bytes)
        self.current?.isWritten = false
    }

    private mutating func endCurrent(_ bytes: inout [UInt8]) {
        guard let block = self.current else { return }
        // A call without arguments is one of an empty object: clients parse what the deltas make.
        if case .toolCall = block.kind, !block.hasInput {
            self.openCall(&bytes)
            self.writeDelta("{\"toolUse\":{\"input\":", "{}", "}}", &bytes)
        }
        let isWritten = self.current?.isWritten ?? false
        self.current = nil
        if isWritten { self.writeStop(&bytes) }
    }

    private mutating func writeStop(_ bytes: inout [UInt8]) {
        let index = self.index
        EventStreamEncoder.appendEvent("contentBlockStop", to: &bytes) { bytes in
            Self.appendIndex(index, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        self.index += 1
    }

    /// Writes what waits: whole blocks one after the other, up to the first that is still open.
    private mutating func resume(_ bytes: inout [UInt8]) {
        var taken = 0
        while self.current == nil, taken < self.waiting.count {
            let block = self.waiting[taken]
            taken += 1
            self.begin(block, &bytes)
            if block.hasStopped { self.endCurrent(&bytes) }
        }
        self.waiting.removeFirst(taken)
    }

    private static func hold(_ delta: CanonicalEvent.BlockDelta, in held: inout [CanonicalEvent.BlockDelta]) {
        switch (held.last, delta) {
        case (.text?, .text(let more)):
            guard case .text(var text)? = held.popLast() else { return }
            text += more
            held.append(.text(text))
        case (.arguments?, .arguments(let more)):
            guard case .arguments(var text)? = held.popLast() else { return }
            text += more
            held.append(.arguments(text))
        default: held.append(delta)
        }
    }

    private mutating func write(_ delta: CanonicalEvent.BlockDelta, _ bytes: inout [UInt8]) {
        guard let kind = self.current?.kind else { return }
        switch (kind, delta) {
        case (.text, .text(let text)), (.refusal, .text(let text)):
            if !text.isEmpty { self.writeDelta("{\"text\":", text, "}", &bytes) }
        case (.thinking, .text(let text)):
            if !text.isEmpty { self.writeDelta("{\"reasoningContent\":{\"text\":", text, "}}", &bytes) }
        case (.toolCall, .arguments(let text)):
            guard !text.isEmpty else { return }
            self.openCall(&bytes)
            self.current?.hasInput = true
            self.writeDelta("{\"toolUse\":{\"input\":", text, "}}", &bytes)
        case (.toolCall, .signature(let signature)):
            // Behind the call's first word there is no place left for it.
            if self.current?.isWritten == false { self.writeThought(signedBy: signature, &bytes) }
        case (.thinking, .signature(let signature)):
            let text = signature.carried(native: .anthropic)
            self.writeDelta("{\"reasoningContent\":{\"signature\":", text, "}}", &bytes)
        case (.redactedThinking, .signature(let signature)):
            let blob = ConverseBlob.encoded(signature.carried(native: .anthropic))
            self.writeDelta("{\"reasoningContent\":{\"redactedContent\":", blob, "}}", &bytes)
        case (.text, .citation(let citation)):
            guard citation.dialect == .bedrockConverse else { return }
            self.writeDelta(["citation": citation.value], &bytes)
        default: break
        }
    }

    /// A block that comes whole: its parts as one message each. One that has no likeness in a stream is left out.
    private mutating func writeWhole(_ part: Part, _ bytes: inout [UInt8]) {
        switch part.content {
        case .image(let media):
            guard let format = ConverseFormat.image(media), case .base64(let data) = media.source else { return }
            self.writeStart(["image": ["format": .string(format)]], &bytes)
            self.writeDelta(["image": ["source": ["bytes": .string(data)]]], &bytes)
        case .opaque(let opaque):
            guard opaque.dialect == .bedrockConverse else { return }
            if case .object(var call)? = opaque.value["toolUse"] {
                let input = call["input"]?.text ?? "{}"
                call["input"] = nil
                self.writeStart(["toolUse": .object(call)], &bytes)
                self.writeDelta(["toolUse": ["input": .string(input)]], &bytes)
            } else if case .object(var result)? = opaque.value["toolResult"] {
                let content = result["content"] ?? []
                result["content"] = nil
                self.writeStart(["toolResult": .object(result)], &bytes)
                self.writeDelta(["toolResult": content], &bytes)
            }
        case .text(let text): if !text.isEmpty { self.writeDelta(["text": .string(text)], &bytes) }
        default: break
        }
    }

    // MARK: Bytes

    private mutating func writeStart(_ start: JSONValue, _ bytes: inout [UInt8]) {
        self.current?.isWritten = true
        let index = self.index
        EventStreamEncoder.appendEvent("contentBlockStart", to: &bytes) { bytes in
            Self.appendIndex(index, to: &bytes)
            bytes.append(contentsOf: ",\"start\":".utf8)
            start.write(into: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private mutating func writeDelta(_ delta: JSONValue, _ bytes: inout [UInt8]) {
        self.current?.isWritten = true
        let index = self.index
        EventStreamEncoder.appendEvent("contentBlockDelta", to: &bytes) { bytes in
            Self.appendIndex(index, to: &bytes)
            bytes.append(contentsOf: ",\"delta\":".utf8)
            delta.write(into: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Writes a delta of one string between what opens and what closes it.
    private mutating func writeDelta(
        _ opening: StaticString,
        _ text: String,
        _ closing: StaticString,
        _ bytes: inout [UInt8]
    ) {
        self.current?.isWritten = true
        let index = self.index
        EventStreamEncoder.appendEvent("contentBlockDelta", to: &bytes) { bytes in
            Self.appendIndex(index, to: &bytes)
            bytes.append(contentsOf: ",\"delta\":".utf8)
            opening.withUTF8Buffer { bytes.append(contentsOf: $0) }
            JSONWriter.appendString(text, to: &bytes)
            closing.withUTF8Buffer { bytes.append(contentsOf: $0) }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func appendIndex(_ index: Int, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "{\"contentBlockIndex\":".utf8)
        bytes.append(contentsOf: String(index).utf8)
    }

    /// Lets `body` write JSON at the end of `bytes`, without a copy of what stands there.
    private static func append(to bytes: inout [UInt8], _ body: (inout JSONWriter) -> Void) {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        var json = JSONWriter(appendingTo: taken)
        body(&json)
        bytes = json.bytes
    }
}
