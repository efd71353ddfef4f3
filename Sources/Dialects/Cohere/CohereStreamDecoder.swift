package import Core
internal import JSON

/// Reads streamed answers of Cohere's `/v2/chat`.
///
/// Every event says its `type` in its data too. The last is `message-end`; what comes behind it says nothing.
///
/// Source: https://docs.cohere.com/v2/docs/streaming
package struct CohereStreamDecoder: StreamDecoding {
    private let source: ReplySource
    private var hasStarted = false
    private var hasEnded = false
    private var callCount = 0
    private var blocks = 0
    private var open: [Open] = []

    /// More blocks than this are never open at once.
    private static let mostOpen = 128

    private struct Open {
        var block: Int
        var kind: Kind
        /// The number the provider gave it.
        var index: Int

        enum Kind {
            case text
            case thinking
            /// What is said before calls.
            case plan
            case call
        }
    }

    /// A decoder at the start of a stream.
    package init(from source: ReplySource) { self.source = source }

    /// Appends what an event says. Events no one knows are skipped.
    ///
    /// - Throws: the error in place of an event, or `upstreamError` for what is not JSON.
    package mutating func receive(_ frame: StreamFrame, into events: inout [CanonicalEvent]) throws(GatewayError) {
        guard !self.hasEnded, !frame.data.isEmpty, !frame.data.starts(with: "[DONE]".utf8) else { return }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: frame.data)
        } catch {
            throw GatewayError(
                .upstreamError,
                origin: .upstream,
                retry: .sameTarget,
                "The provider sent what is not JSON.",
                upstreamStatus: 200
            )
        }
        let name = frame.name.map { String(decoding: $0, as: UTF8.self) }
        guard let type = value["type"]?.asString ?? name, type != "error" else {
            throw UpstreamErrors.inBand(frame.data)
        }
        let index = value["index"]?.asInt ?? 0
        let delta = value["delta"]
        let message = delta?["message"]
        switch type {
        case "message-start": self.start(value["id"]?.asString, into: &events)
        case "content-start", "content-delta":
            self.receive(message?["content"], index, into: &events)
            if let item = CohereReply.logprobs(value["logprobs"]), let open = self.place(.text, index) {
                events.append(.delta(block: self.open[open].block, .logprobs(["content": [item]])))
            }
        case "content-end":
            for kind in [Open.Kind.text, .thinking] {
                if let place = self.place(kind, index) { self.stop(place, into: &events) }
            }
        case "tool-plan-delta":
            guard let plan = message?["tool_plan"]?.asString, !plan.isEmpty else { return }
            events.append(.delta(block: self.block(.plan, 0, into: &events), .text(plan)))
        case "tool-call-start": self.begin(message?["tool_calls"], index, into: &events)
        case "tool-call-delta":
            guard let place = self.place(.call, index),
                let text = message?["tool_calls"]?["function"]?["arguments"]?.asString, !text.isEmpty
            else { return }
            events.append(.delta(block: self.open[place].block, .arguments(text)))
        case "tool-call-end": if let place = self.place(.call, index) { self.stop(place, into: &events) }
        case "citation-start":
            guard let citation = message?["citations"], citation.asObject != nil else { return }
            let content = citation["content_index"]?.asInt ?? 0
            guard let place = self.place(.text, content) ?? self.open.firstIndex(where: { $0.kind == .text }) else {
                return
            }
            events.append(.delta(block: self.open[place].block, .citation(Opaque(.cohere, citation))))
        case "message-end": try self.end(delta, frame.data, into: &events)
        default: break
        }
    }

    /// What the stream lacks, or nil where its last event came.
    package mutating func close(into events: inout [CanonicalEvent]) -> GatewayError? {
        if self.hasEnded { return nil }
        return GatewayError(
            self.hasStarted ? .truncatedStream : .upstreamError,
            origin: .upstream,
            retry: .sameTarget,
            self.hasStarted
                ? "The provider's stream broke off before its end." : "The provider's stream ended without an event.",
            upstreamStatus: 200
        )
    }

    private mutating func start(_ id: String?, into events: inout [CanonicalEvent]) {
        guard !self.hasStarted else { return }
        self.hasStarted = true
        events.append(.start(id: id, model: nil, usage: nil))
    }

    // MARK: Blocks

    private func place(_ kind: Open.Kind, _ index: Int) -> Int? {
        self.open.firstIndex { $0.kind == kind && $0.index == index }
    }

    /// The open block of that kind and number, begun where there is none.
    private mutating func block(_ kind: Open.Kind, _ index: Int, into events: inout [CanonicalEvent]) -> Int {
        if let place = self.place(kind, index) { return self.open[place].block }
        return self.begin(kind, index, kind == .thinking ? .thinking : .text, into: &events)
    }

    private mutating func begin(
        _ kind: Open.Kind,
        _ index: Int,
        _ begun: CanonicalEvent.BlockKind,
        into events: inout [CanonicalEvent]
    ) -> Int {
        self.start(nil, into: &events)
        if self.open.count >= Self.mostOpen { self.stop(0, into: &events) }
        let block = self.blocks
        self.blocks += 1
        self.open.append(Open(block: block, kind: kind, index: index))
        events.append(.blockStart(block: block, choice: 0, begun))
        return block
    }

    private mutating func stop(_ place: Int, into events: inout [CanonicalEvent]) {
        events.append(.blockStop(block: self.open.remove(at: place).block))
    }

    /// Text and reasoning of a block of content.
    private mutating func receive(_ content: JSONValue?, _ index: Int, into events: inout [CanonicalEvent]) {
        if let thinking = content?["thinking"]?.asString, !thinking.isEmpty {
            events.append(.delta(block: self.block(.thinking, index, into: &events), .text(thinking)))
        }
        if let text = content?["text"]?.asString, !text.isEmpty {
            events.append(.delta(block: self.block(.text, index, into: &events), .text(text)))
        }
    }

    private mutating func begin(_ call: JSONValue?, _ index: Int, into events: inout [CanonicalEvent]) {
        guard let function = call?["function"], let name = function["name"]?.asString, !name.isEmpty else { return }
        if let plan = self.place(.plan, 0) { self.stop(plan, into: &events) }
        // A number that comes again is a new call.
        if let place = self.place(.call, index) { self.stop(place, into: &events) }
        var id = call?["id"]?.asString ?? ""
        if id.isEmpty { id = CallID.made(seed: self.source.seed, position: self.callCount) }
        self.callCount += 1
        let block = self.begin(.call, index, .toolCall(id: id, name: name, kind: .function), into: &events)
        if let text = function["arguments"]?.asString, !text.isEmpty {
            events.append(.delta(block: block, .arguments(text)))
        }
    }

    private mutating func end(
        _ delta: JSONValue?,
        _ data: UnsafeRawBufferPointer,
        into events: inout [CanonicalEvent]
    ) throws(GatewayError) {
        if let text = delta?["error"]?.asString {
            let body = JSONValue.object(["message": .string(text)]).bytes
            throw body.withUnsafeBytes { UpstreamErrors.inBand($0) }
        }
        let word = delta?["finish_reason"]?.asString
        if word == "TIMEOUT" { throw CohereReply.timeout }
        self.start(nil, into: &events)
        while !self.open.isEmpty { self.stop(0, into: &events) }
        self.hasEnded = true
        if let usage = Usage(cohere: delta?["usage"]) { events.append(.usage(usage)) }
        events.append(.finish(choice: 0, StopReason(cohere: word).derived(callsTools: self.callCount > 0)))
        events.append(.end)
    }
}
