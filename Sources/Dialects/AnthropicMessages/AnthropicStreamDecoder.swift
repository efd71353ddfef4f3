package import Core
internal import JSON

/// Reads streamed answers of Anthropic's Messages API: at Anthropic itself, at Vertex, and, out of its AWS framing, at
/// Amazon Bedrock.
///
/// Blocks come one after another. Only the deltas are walked without a tree; everything else is rare.
///
/// Source: https://docs.anthropic.com/en/api/messages-streaming
package struct AnthropicStreamDecoder: StreamDecoding {
    private let source: ReplySource
    private var isStarted = false
    private var isEnded = false
    /// Whether the finish was told.
    private var isFinished = false
    private var id: String?
    /// The number of the next block.
    private var next = 0
    /// Blocks that are open, by the provider's numbers.
    private var open: [Int: Block] = [:]
    private var calls = 0
    private var stop: StopReason?
    private var counts = AnthropicUsage()

    /// A reader of one stream.
    package init(from source: ReplySource) { self.source = source }

    package mutating func receive(
        _ frame: StreamFrame,
        into events: inout [CanonicalEvent]
    ) throws(GatewayError) {
        guard !self.isEnded else { return }
        if frame.kind == .exception {
            throw UpstreamErrors.inBand(frame.data, kind: frame.name.map { String(decoding: $0, as: UTF8.self) })
        }
        let event: Event
        do {
            event = try Event(frame.data)
        } catch {
            // Servers that serve OpenAI's dialect too close both alike.
            if frame.data.elementsEqual("[DONE]".utf8) { return }
            throw UpstreamErrors.inBand(frame.data)
        }
        switch event.type {
        case .delta: try self.receiveDelta(event, frame.data, into: &events)
        case .blockStart: try self.receiveBlock(event, frame.data, into: &events)
        case .blockStop: self.stopBlock(event.index ?? 0, into: &events)
        case .messageStart: try self.receiveStart(Self.value(event.message, frame.data), into: &events)
        case .messageDelta:
            self.receiveEnd(Self.value(event.delta, frame.data), Self.value(event.usage, frame.data), into: &events)
        case .messageStop: self.end(into: &events)
        case .ping: events.append(.heartbeat)
        case .error: throw UpstreamErrors.inBand(frame.data)
        case .unknown:
            if event.hasError { throw UpstreamErrors.inBand(frame.data) }
        }
    }

    package mutating func close(into events: inout [CanonicalEvent]) -> GatewayError? {
        if self.isEnded { return nil }
        if !self.isStarted {
            return GatewayError(
                .upstreamError,
                origin: .upstream,
                retry: .sameTarget,
                "The provider's stream ended without an answer."
            )
        }
        return GatewayError(
            .truncatedStream,
            origin: .upstream,
            retry: .sameTarget,
            "The provider's answer broke off before its end."
        )
    }

    private static func value(_ range: Range<Int>?, _ data: UnsafeRawBufferPointer) -> JSONValue {
        guard let range else { return .null }
        return (try? JSONValue(parsing: UnsafeRawBufferPointer(rebasing: data[range]))) ?? .null
    }
}

// MARK: The message

extension AnthropicStreamDecoder {
    private mutating func receiveStart(_ message: JSONValue, into events: inout [CanonicalEvent]) throws(GatewayError) {
        let id = message["id"]?.asString
        if self.isStarted {
            // Some proxies repeat the start; one of another message means that two answers were spliced.
            if let id, let known = self.id, id != known {
                throw GatewayError(
                    .upstreamError,
                    origin: .upstream,
                    retry: .sameTarget,
                    "The provider's stream holds two answers."
                )
            }
            return
        }
        self.isStarted = true
        self.id = id
        if let usage = message["usage"] { self.counts.merge(usage) }
        let usage = self.counts.isKnown ? self.counts.usage : nil
        events.append(.start(id: id, model: message["model"]?.asString, usage: usage))
    }

    private mutating func begin(into events: inout [CanonicalEvent]) {
        guard !self.isStarted else { return }
        self.isStarted = true
        events.append(.start(id: nil, model: nil, usage: nil))
    }

    private mutating func receiveEnd(_ delta: JSONValue, _ usage: JSONValue, into events: inout [CanonicalEvent]) {
        self.begin(into: &events)
        self.counts.merge(usage)
        if let reason = delta["stop_reason"]?.asString {
            self.stop = AnthropicStop.decode(
                reason,
                sequence: delta["stop_sequence"]?.asString,
                details: delta["stop_details"]
            )
            self.finish(into: &events)
        }
        if self.counts.isKnown { events.append(.usage(self.counts.usage)) }
    }

    private mutating func finish(into events: inout [CanonicalEvent]) {
        guard !self.isFinished else { return }
        self.isFinished = true
        for index in self.open.keys.sorted() { self.stopBlock(index, into: &events) }
        events.append(.finish(choice: 0, (self.stop ?? .stop).derived(callsTools: self.calls > 0)))
    }

    private mutating func end(into events: inout [CanonicalEvent]) {
        // An end of nothing is no answer; `close` says so.
        guard self.isStarted else { return }
        self.finish(into: &events)
        self.isEnded = true
        events.append(.end)
    }
}

// MARK: Blocks

extension AnthropicStreamDecoder {
    private struct Block {
        enum Kind {
            case text
            case thinking
            case redacted
            case call
            case opaque
        }

        var kind: Kind
        /// Our number; opaque blocks get theirs when they are whole.
        var number: Int
        /// A call's arguments as the start of the block gave them, for the case that no deltas come.
        var input: String?
        /// An opaque block as it began, and the pieces of its input.
        var value = JSONValue.null
        var pieces = ""
    }

    /// How many bytes of an opaque block's input are held.
    private static let mostHeld = 16 << 20

    private mutating func receiveBlock(
        _ event: Event,
        _ data: UnsafeRawBufferPointer,
        into events: inout [CanonicalEvent]
    ) throws(GatewayError) {
        self.begin(into: &events)
        let index = event.index ?? 0
        let value = Self.value(event.block, data)
        guard !self.isFinished, case .object(let object) = value, let type = object["type"]?.asString else { return }
        self.stopBlock(index, into: &events)
        switch type {
        case "text":
            let number = self.open(index, .text, .text, into: &events)
            for citation in AnthropicBlock.citations(object["citations"]) {
                events.append(.delta(block: number, .citation(citation)))
            }
            if let text = object["text"]?.asString, !text.isEmpty {
                events.append(.delta(block: number, .text(text)))
            }
        case "thinking":
            let number = self.open(index, .thinking, .thinking, into: &events)
            if let text = object["thinking"]?.asString, !text.isEmpty {
                events.append(.delta(block: number, .text(text)))
            }
            if let signature = object["signature"]?.asString, !signature.isEmpty {
                events.append(.delta(block: number, .signature(Signature(signature, family: self.source.family))))
            }
        case "redacted_thinking":
            let number = self.open(index, .redacted, .redactedThinking, into: &events)
            let blob = Signature(object["data"]?.asString ?? "", family: self.source.family)
            events.append(.delta(block: number, .signature(blob)))
        case "tool_use":
            guard let name = object["name"]?.asString, !name.isEmpty else {
                throw GatewayError(
                    .upstreamError,
                    origin: .upstream,
                    retry: .sameTarget,
                    "The provider's stream holds a call without the name of its tool."
                )
            }
            var id = object["id"]?.asString ?? ""
            if id.isEmpty { id = CallID.made(seed: self.source.seed, position: self.calls) }
            self.calls += 1
            let call = CanonicalEvent.BlockKind.toolCall(id: id, name: name, kind: .function)
            _ = self.open(index, .call, call, into: &events)
            let input = object["input"]?.asObject ?? JSONObject()
            self.open[index]?.input = JSONValue.object(input).text
        default:
            self.open[index] = Block(kind: .opaque, number: -1, value: value)
        }
    }

    private mutating func open(
        _ index: Int,
        _ kind: Block.Kind,
        _ shown: CanonicalEvent.BlockKind,
        into events: inout [CanonicalEvent]
    ) -> Int {
        let number = self.next
        self.next += 1
        self.open[index] = Block(kind: kind, number: number)
        events.append(.blockStart(block: number, choice: 0, shown))
        return number
    }

    private mutating func stopBlock(_ index: Int, into events: inout [CanonicalEvent]) {
        guard let block = self.open.removeValue(forKey: index) else { return }
        switch block.kind {
        case .text, .thinking, .redacted:
            events.append(.blockStop(block: block.number))
        case .call:
            if let input = block.input { events.append(.delta(block: block.number, .arguments(input))) }
            events.append(.blockStop(block: block.number))
        case .opaque:
            var value = block.value
            if !block.pieces.isEmpty {
                // What a server tool was called with; text that is no JSON stays text.
                value["input"] = (try? JSONValue(parsing: block.pieces)) ?? .string(block.pieces)
            }
            let part = Part(.opaque(Opaque(.anthropicMessages, value)))
            events.append(.blockStart(block: self.next, choice: 0, .whole(part)))
            events.append(.blockStop(block: self.next))
            self.next += 1
        }
    }

    private mutating func receiveDelta(
        _ event: Event,
        _ data: UnsafeRawBufferPointer,
        into events: inout [CanonicalEvent]
    ) throws(GatewayError) {
        let index = event.index ?? 0
        // Not the block itself: a second reference would make each piece that is added to it a copy of all before.
        guard let range = event.delta, let (kind, number) = self.open[index].map({ ($0.kind, $0.number) }) else {
            return
        }
        let delta: Delta
        do {
            delta = try Delta(range, in: data)
        } catch {
            throw UpstreamErrors.inBand(data)
        }
        switch (delta, kind) {
        case (.text(let text), .text), (.thinking(let text), .thinking):
            if !text.isEmpty { events.append(.delta(block: number, .text(text))) }
        case (.input(let text), .call):
            guard !text.isEmpty else { return }
            self.open[index]?.input = nil
            events.append(.delta(block: number, .arguments(text)))
        case (.signature(let text), .thinking):
            let signature = Signature(text, family: self.source.family)
            events.append(.delta(block: number, .signature(signature)))
        case (.citation(let citation), .text):
            events.append(.delta(block: number, .citation(Opaque(.anthropicMessages, citation))))
        case (.input(let text), .opaque):
            let held = self.open[index]?.pieces.utf8.count ?? 0
            guard held + text.utf8.count <= Self.mostHeld else {
                throw GatewayError(
                    .upstreamError,
                    origin: .upstream,
                    retry: .otherTarget,
                    "A block of the provider's answer is larger than the gateway holds."
                )
            }
            self.open[index]?.pieces.append(text)
        case (.compaction(let value), .opaque):
            self.open[index]?.value["content"] = value
        default: break
        }
    }
}
