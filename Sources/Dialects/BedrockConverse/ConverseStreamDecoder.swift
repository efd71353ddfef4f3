package import Core
internal import JSON

/// Reads streamed answers of ConverseStream, event by event
/// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html).
///
/// Only calls, results and images announce themselves; text and reasoning begin with their first delta. The usage comes
/// behind the end of the message: only with it is the stream whole.
package struct ConverseStreamDecoder: StreamDecoding {
    private let source: ReplySource
    private var isStarted = false
    private var stop: StopReason?
    private var hasUsage = false
    private var hasEnded = false
    private var callsTools = false
    private var callCount = 0
    private var nextBlock = 0
    private var open: [ConverseOpenBlock] = []
    /// Bytes held for blocks that are passed on whole.
    private var held = 0

    /// The most bytes held: the largest block that is passed on whole.
    private static let heldBound = 24 * 1024 * 1024

    /// A decoder at the start of a stream.
    package init(from source: ReplySource) { self.source = source }

    package mutating func receive(
        _ frame: StreamFrame,
        into events: inout [CanonicalEvent]
    ) throws(GatewayError) {
        if frame.kind == .exception { throw Self.failure(frame) }
        guard !self.hasEnded, let name = frame.name else { return }
        if self.stop != nil {
            // Behind the end of the message nothing comes but the usage.
            if name.equals("metadata") { self.receiveMetadata(try Self.object(frame.data), into: &events) }
        } else if name.equals("contentBlockDelta") {
            try self.receiveDelta(frame.data, into: &events)
        } else if name.equals("contentBlockStop") {
            let index = try Self.object(frame.data)["contentBlockIndex"]?.asInt ?? 0
            self.stopBlock(index, into: &events)
        } else if name.equals("contentBlockStart") {
            try self.receiveStart(try Self.object(frame.data), into: &events)
        } else if name.equals("messageStart") {
            self.start(into: &events)
        } else if name.equals("messageStop") {
            self.receiveStop(try Self.object(frame.data), into: &events)
        } else if name.equals("metadata") {
            self.receiveMetadata(try Self.object(frame.data), into: &events)
        }
    }

    package mutating func close(into events: inout [CanonicalEvent]) -> GatewayError? {
        if self.hasEnded { return nil }
        guard self.isStarted else {
            return GatewayError(
                .upstreamError,
                origin: .upstream,
                retry: .sameTarget,
                "The provider's stream ended without an event.",
                upstreamStatus: 200
            )
        }
        return GatewayError(
            .truncatedStream,
            origin: .upstream,
            retry: .sameTarget,
            "The provider's stream broke off before its end.",
            upstreamStatus: 200
        )
    }

    // MARK: The ends of a message

    private mutating func start(into events: inout [CanonicalEvent]) {
        guard !self.isStarted else { return }
        self.isStarted = true
        events.append(.start(id: nil, model: nil, usage: nil))
    }

    private mutating func receiveStop(_ object: JSONObject, into events: inout [CanonicalEvent]) {
        self.start(into: &events)
        for block in self.open { self.finish(block, into: &events) }
        self.open = []
        let sequence = object["additionalModelResponseFields"]?["stop_sequence"]?.asString
        let word = StopReason(converse: object["stopReason"]?.asString ?? "end_turn", sequence: sequence)
        let stop = word.derived(callsTools: self.callsTools)
        self.stop = stop
        events.append(.finish(choice: 0, stop))
        if self.hasUsage { self.end(into: &events) }
    }

    private mutating func receiveMetadata(_ object: JSONObject, into events: inout [CanonicalEvent]) {
        self.start(into: &events)
        self.hasUsage = true
        if let usage = Usage(converse: object["usage"]) { events.append(.usage(usage)) }
        if self.stop != nil { self.end(into: &events) }
    }

    private mutating func end(into events: inout [CanonicalEvent]) {
        self.hasEnded = true
        events.append(.end)
    }

    /// What an exception says. An error of the framing itself has no body, only words in its headers.
    private static func failure(_ frame: StreamFrame) -> GatewayError {
        let kind = frame.name.map { String(decoding: $0, as: UTF8.self) } ?? "internalServerException"
        if frame.data.first == UInt8(ascii: "{") { return UpstreamErrors.inBand(frame.data, kind: kind) }
        let words: JSONValue = ["message": .string(String(decoding: frame.data.prefix(4096), as: UTF8.self))]
        return words.bytes.withUnsafeBytes { UpstreamErrors.inBand($0, kind: kind) }
    }

    private static func object(_ data: UnsafeRawBufferPointer) throws(GatewayError) -> JSONObject {
        guard let value = try? JSONValue(parsing: data), case .object(let object) = value else {
            throw Self.malformed
        }
        return object
    }

    private static var malformed: GatewayError {
        GatewayError(
            .upstreamError,
            origin: .upstream,
            retry: .sameTarget,
            "The provider's stream holds an event that is no event of Converse.",
            upstreamStatus: 200
        )
    }

    // MARK: Blocks

    private mutating func receiveStart(
        _ object: JSONObject,
        into events: inout [CanonicalEvent]
    ) throws(GatewayError) {
        self.start(into: &events)
        // What comes behind the end of the message belongs to none.
        guard self.stop == nil, let index = object["contentBlockIndex"]?.asInt, let start = object["start"] else {
            return
        }
        self.stopBlock(index, into: &events)
        if let call = start["toolUse"] {
            guard call["type"]?.asString != "server_tool_use" else {
                self.open.append(ConverseOpenBlock(index: index, block: -1, kind: .serverCall, head: call))
                return
            }
            // A call nobody can tell the tool of cannot be made.
            guard let name = call["name"]?.asString, !name.isEmpty else { throw Self.malformed }
            let id = call["toolUseId"]?.asString ?? ""
            let made = CallID.made(seed: self.source.seed, position: self.callCount)
            self.callCount += 1
            self.callsTools = true
            self.begin(.call, index, .toolCall(id: id.isEmpty ? made : id, name: name, kind: .function), &events)
        } else if let result = start["toolResult"] {
            self.open.append(ConverseOpenBlock(index: index, block: -1, kind: .serverResult, head: result))
        } else if let image = start["image"] {
            self.open.append(ConverseOpenBlock(index: index, block: -1, kind: .image, head: image))
        }
    }

    private mutating func begin(
        _ kind: ConverseOpenBlock.Kind,
        _ index: Int,
        _ blockKind: CanonicalEvent.BlockKind,
        _ events: inout [CanonicalEvent]
    ) {
        events.append(.blockStart(block: self.nextBlock, choice: 0, blockKind))
        self.open.append(ConverseOpenBlock(index: index, block: self.nextBlock, kind: kind))
        self.nextBlock += 1
    }

    private mutating func stopBlock(_ index: Int, into events: inout [CanonicalEvent]) {
        guard let at = self.open.firstIndex(where: { $0.index == index }) else { return }
        let block = self.open.remove(at: at)
        self.finish(block, into: &events)
    }

    private mutating func finish(_ block: ConverseOpenBlock, into events: inout [CanonicalEvent]) {
        switch block.kind {
        case .text, .call: break
        case .thinking:
            if !block.text.isEmpty {
                let signature = Signature(block.text, family: self.source.family)
                events.append(.delta(block: block.block, .signature(signature)))
            }
        case .redacted:
            let signature = Signature(blob: block.text, family: self.source.family)
            events.append(.delta(block: block.block, .signature(signature)))
        case .serverCall:
            var call = block.head
            call["input"] = (try? JSONValue(parsing: block.text)) ?? .object(JSONObject())
            return self.appendWhole(Part(.opaque(Opaque(.bedrockConverse, ["toolUse": call]))), into: &events)
        case .serverResult:
            var result = block.head
            result["content"] = .array(block.pieces)
            return self.appendWhole(Part(.opaque(Opaque(.bedrockConverse, ["toolResult": result]))), into: &events)
        case .image:
            guard !block.text.isEmpty else { return }
            let type = ConverseFormat.imageType(block.head["format"]?.asString ?? "png")
            return self.appendWhole(Part(.image(Media(.base64(block.text), type: type))), into: &events)
        }
        events.append(.blockStop(block: block.block))
    }

    private mutating func appendWhole(_ part: Part, into events: inout [CanonicalEvent]) {
        events.append(.blockStart(block: self.nextBlock, choice: 0, .whole(part)))
        events.append(.blockStop(block: self.nextBlock))
        self.nextBlock += 1
    }

    // MARK: Deltas

    /// Reads the event that comes most: without a tree where it holds text or arguments.
    private mutating func receiveDelta(
        _ data: UnsafeRawBufferPointer,
        into events: inout [CanonicalEvent]
    ) throws(GatewayError) {
        self.start(into: &events)
        guard self.stop == nil else { return }
        let delta: (index: Int, key: JSONMember?)
        do {
            delta = try Self.locate(data)
        } catch {
            throw Self.malformed
        }
        guard let key = delta.key else { return }
        do {
            if key.kind == .string, key.keyIs("text", in: data) {
                let text = try JSONScan.string(key.value, in: data)
                self.receiveText(text, .text, delta.index, &events)
                return
            }
            let rest = UnsafeRawBufferPointer(rebasing: data[key.value])
            if key.keyIs("toolUse", in: data) {
                var members = JSONMembers(at: key.value.lowerBound, topLevel: false)
                while let member = try members.next(in: data) {
                    guard member.kind == .string, member.keyIs("input", in: data) else { continue }
                    try self.receiveInput(try JSONScan.string(member.value, in: data), delta.index, &events)
                }
            } else if key.keyIs("reasoningContent", in: data) {
                var members = JSONMembers(at: key.value.lowerBound, topLevel: false)
                while let member = try members.next(in: data) {
                    guard member.kind == .string else { continue }
                    let text = try JSONScan.string(member.value, in: data)
                    if member.keyIs("text", in: data) {
                        self.receiveText(text, .thinking, delta.index, &events)
                    } else if member.keyIs("signature", in: data) {
                        try self.receiveSignature(text, .thinking, .thinking, delta.index, &events)
                    } else if member.keyIs("redactedContent", in: data) {
                        try self.receiveSignature(text, .redacted, .redactedThinking, delta.index, &events)
                    }
                }
            } else if key.keyIs("citation", in: data) {
                let block = self.block(.text, .text, delta.index, &events)
                let citation = Opaque(.bedrockConverse, try JSONValue(parsing: rest))
                events.append(.delta(block: block, .citation(citation)))
            } else if key.keyIs("toolResult", in: data) {
                try self.receiveResult(try JSONValue(parsing: rest), rest.count, delta.index)
            } else if key.keyIs("image", in: data) {
                try self.receiveImage(try JSONValue(parsing: rest), delta.index)
            }
        } catch let error as GatewayError {
            throw error
        } catch {
            throw Self.malformed
        }
    }

    /// The number of the block, and the one member of its delta.
    private static func locate(
        _ data: UnsafeRawBufferPointer
    ) throws(JSONSyntaxError) -> (index: Int, key: JSONMember?) {
        var members = JSONMembers()
        var index = 0
        var key: JSONMember?
        while let member = try members.nextHead(in: data) {
            if member.kind == .number, member.keyIs("contentBlockIndex", in: data) {
                index = JSONScan.integer(member.value, in: data) ?? 0
            } else if member.kind == .object, member.keyIs("delta", in: data) {
                var inner = members.object
                while let found = try inner.next(in: data) { if key == nil { key = found } }
                members.resume(after: inner)
            }
        }
        return (index, key)
    }

    /// The canonical number of the open block on `index`, begun now where there is none of that kind.
    private mutating func block(
        _ kind: ConverseOpenBlock.Kind,
        _ blockKind: CanonicalEvent.BlockKind,
        _ index: Int,
        _ events: inout [CanonicalEvent]
    ) -> Int {
        if let found = self.open.first(where: { $0.index == index }) {
            if found.kind == kind { return found.block }
            self.stopBlock(index, into: &events)
        }
        let block = self.nextBlock
        self.begin(kind, index, blockKind, &events)
        return block
    }

    private mutating func receiveText(
        _ text: String,
        _ kind: ConverseOpenBlock.Kind,
        _ index: Int,
        _ events: inout [CanonicalEvent]
    ) {
        // Models open with empty texts that never become a block.
        guard !text.isEmpty else { return }
        let blockKind: CanonicalEvent.BlockKind = kind == .thinking ? .thinking : .text
        let block = self.block(kind, blockKind, index, &events)
        events.append(.delta(block: block, .text(text)))
    }

    private mutating func receiveSignature(
        _ text: String,
        _ kind: ConverseOpenBlock.Kind,
        _ blockKind: CanonicalEvent.BlockKind,
        _ index: Int,
        _ events: inout [CanonicalEvent]
    ) throws(GatewayError) {
        let block = self.block(kind, blockKind, index, &events)
        guard let at = self.open.firstIndex(where: { $0.block == block }) else { return }
        try self.hold(text.utf8.count)
        self.open[at].text += text
    }

    private mutating func receiveInput(
        _ text: String,
        _ index: Int,
        _ events: inout [CanonicalEvent]
    ) throws(GatewayError) {
        guard let at = self.open.firstIndex(where: { $0.index == index }) else { return }
        switch self.open[at].kind {
        case .call: if !text.isEmpty { events.append(.delta(block: self.open[at].block, .arguments(text))) }
        case .serverCall:
            try self.hold(text.utf8.count)
            self.open[at].text += text
        default: break
        }
    }

    private mutating func receiveResult(
        _ content: JSONValue,
        _ count: Int,
        _ index: Int
    ) throws(GatewayError) {
        guard let at = self.open.firstIndex(where: { $0.index == index && $0.kind == .serverResult }) else { return }
        try self.hold(count)
        self.open[at].pieces.append(contentsOf: content.asArray ?? [content])
    }

    private mutating func receiveImage(_ delta: JSONValue, _ index: Int) throws(GatewayError) {
        guard let at = self.open.firstIndex(where: { $0.index == index && $0.kind == .image }),
            let data = delta["source"]?["bytes"]?.asString
        else { return }
        try self.hold(data.utf8.count)
        self.open[at].text += data
    }

    private mutating func hold(_ count: Int) throws(GatewayError) {
        self.held += count
        guard self.held <= Self.heldBound else {
            throw GatewayError(
                .upstreamError,
                origin: .upstream,
                retry: .never,
                "The provider's stream holds a block over \(Self.heldBound) bytes.",
                upstreamStatus: 200
            )
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are `text`.
    fileprivate func equals(_ text: StaticString) -> Bool {
        guard self.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { self.elementsEqual($0) }
    }
}
