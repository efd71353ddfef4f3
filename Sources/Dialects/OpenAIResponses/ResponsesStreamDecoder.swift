package import Core
internal import JSON

/// Reads a streamed answer of a server that speaks OpenAI's Responses dialect.
///
/// Items are told apart by their place in the output: several are open at once, places have gaps, and there are servers whose
/// ids change from event to event. An item's last event holds it whole, and counts for whatever its deltas left out.
///
/// Source: https://platform.openai.com/docs/api-reference/responses-streaming
package struct ResponsesStreamDecoder: StreamDecoding {
    let source: ReplySource
    var items: [Int: ResponsesStreamItem] = [:]
    var nextBlock = 0
    private var hasStarted = false
    private var hasEnded = false
    private var id: String?
    private var model: String?
    private var callsTools = false
    private var refusal: String?
    private var searches = 0
    private var ids: Set<String> = []
    /// The place of the item that was spoken of last, for servers that leave it out.
    private var current = 0

    /// How much of a refusal is kept for the reason of the end.
    private static let longestRefusal = 4096

    /// A decoder of one stream.
    package init(from source: ReplySource) { self.source = source }

    package mutating func receive(
        _ frame: StreamFrame,
        into events: inout [CanonicalEvent]
    ) throws(GatewayError) {
        guard !self.hasEnded else { return }
        let data = frame.data
        guard let first = data.first(where: { $0 > 0x20 }) else { return }
        // Some servers end every stream like one of Chat; what counts came before.
        if first == UInt8(ascii: "["), data.starts(with: "[DONE]".utf8) { return }
        if frame.kind == .exception { throw UpstreamErrors.inBand(data) }
        do {
            try self.read(data, frame.name, into: &events)
        } catch let error as GatewayError {
            throw error
        } catch {
            throw GatewayError(
                .upstreamError,
                origin: .upstream,
                retry: .sameTarget,
                "The provider's stream holds an event that is not JSON."
            )
        }
    }

    package mutating func close(into events: inout [CanonicalEvent]) -> GatewayError? {
        guard !self.hasEnded else { return nil }
        if !self.hasStarted {
            return GatewayError(
                .upstreamError,
                origin: .upstream,
                retry: .sameTarget,
                "The provider ended the stream without an answer."
            )
        }
        return GatewayError(
            .truncatedStream,
            origin: .upstream,
            retry: .sameTarget,
            "The provider closed the stream before its end."
        )
    }
}

// MARK: Events

extension ResponsesStreamDecoder {
    private mutating func read(
        _ data: UnsafeRawBufferPointer,
        _ name: UnsafeRawBufferPointer?,
        into events: inout [CanonicalEvent]
    ) throws {
        var event = ResponsesStreamEvent()
        try event.find(in: data)
        guard let kind = try event.kind(name, in: data) else {
            if let error = UpstreamErrors.inBandIfAny(data) { throw error }
            return
        }
        switch kind {
        case .created: try self.start(event, in: data, into: &events)
        case .textDelta, .refusalDelta, .reasoningDelta, .summaryDelta, .callDelta:
            try self.delta(kind, event, in: data, into: &events)
        case .textDone, .refusalDone, .reasoningDone, .summaryDone, .callDone:
            try self.rest(kind, event, in: data, into: &events)
        case .annotation:
            guard let place = event.annotation else { return }
            let citation = try ChatInBand.value(place, in: data)
            self.update(event.index ?? self.current, in: &events) { item, nextBlock, events in
                item.cite(citation, event.part ?? 0, &nextBlock, into: &events)
            }
        case .itemAdded: try self.begin(event, in: data, into: &events)
        case .partDone:
            self.update(event.index ?? self.current, in: &events) { item, _, events in
                if item.kind == .message { item.stop(event.part ?? 0, into: &events) }
            }
        case .itemDone: try self.end(event, in: data, into: &events)
        case .terminal: try self.finish(event, in: data, into: &events)
        case .failed:
            if let place = event.response {
                let response = try ChatInBand.value(place, in: data)
                if let error = ResponsesFailure.error(in: response) { throw error }
            }
            throw UpstreamErrors.inBand(data)
        case .error: throw UpstreamErrors.inBand(data)
        case .heartbeat: events.append(.heartbeat)
        case .other: return
        }
    }

    /// Changes the item at `index`, which begins where it is not there.
    private mutating func update(
        _ index: Int,
        _ kind: ResponsesStreamItem.Kind = .message,
        in events: inout [CanonicalEvent],
        _ change: (inout ResponsesStreamItem, inout Int, inout [CanonicalEvent]) -> Void
    ) {
        self.current = index
        self.open(&events)
        // Moved out and back in, so that nothing is copied.
        var item = self.items.removeValue(forKey: index) ?? ResponsesStreamItem(kind)
        change(&item, &self.nextBlock, &events)
        self.items[index] = item
    }

    private mutating func open(_ events: inout [CanonicalEvent]) {
        guard !self.hasStarted else { return }
        self.hasStarted = true
        events.append(.start(id: self.id, model: self.model, usage: nil))
    }

    private mutating func start(
        _ event: ResponsesStreamEvent,
        in data: UnsafeRawBufferPointer,
        into events: inout [CanonicalEvent]
    ) throws {
        guard !self.hasStarted, let place = event.response else { return }
        var members = JSONMembers(at: place.lowerBound, topLevel: false)
        while let member = try members.next(in: data) {
            guard member.kind == .string, member.value.count > 2 else { continue }
            if member.keyIs("id", in: data) {
                self.id = try JSONScan.string(member.value, in: data)
            } else if member.keyIs("model", in: data) {
                self.model = try JSONScan.string(member.value, in: data)
            }
        }
        self.open(&events)
    }

    private mutating func delta(
        _ kind: ResponsesStreamEvent.Kind,
        _ event: ResponsesStreamEvent,
        in data: UnsafeRawBufferPointer,
        into events: inout [CanonicalEvent]
    ) throws {
        guard let place = event.delta else { return }
        let text = try JSONScan.string(place, in: data)
        let logprobs = try event.logprobs.map { try ChatInBand.value($0, in: data) }
        if kind == .refusalDelta { self.note(refusal: text) }
        self.update(event.index ?? self.current, kind.item, in: &events) { item, nextBlock, events in
            item.say(text, kind, event.part ?? 0, &nextBlock, into: &events)
            if let logprobs, kind == .textDelta { item.add(logprobs, event.part ?? 0, into: &events) }
        }
    }

    /// What the deltas of a text left out.
    private mutating func rest(
        _ kind: ResponsesStreamEvent.Kind,
        _ event: ResponsesStreamEvent,
        in data: UnsafeRawBufferPointer,
        into events: inout [CanonicalEvent]
    ) throws {
        guard let place = event.text else { return }
        // Deltas have mostly said it all, which its length shows without reading it.
        let index = event.index ?? self.current
        if let item = self.items[index], item.hasSaid(place.count - 2, kind, event.part ?? 0) { return }
        let text = try JSONScan.string(place, in: data)
        self.update(index, kind.item, in: &events) { item, nextBlock, events in
            item.complete(text, kind, event.part ?? 0, &nextBlock, into: &events)
        }
    }

    private mutating func note(refusal text: String) {
        let known = self.refusal ?? ""
        self.refusal = known.utf8.count < Self.longestRefusal ? known + text : known
    }

    private mutating func begin(
        _ event: ResponsesStreamEvent,
        in data: UnsafeRawBufferPointer,
        into events: inout [CanonicalEvent]
    ) throws {
        guard let place = event.item else { return }
        let index = event.index ?? self.current + 1
        guard self.items[index] == nil else { return }
        let value = try ChatInBand.value(place, in: data)
        let kind = ResponsesStreamItem.Kind(value["type"]?.asString)
        self.update(index, kind, in: &events) { _, _, _ in }
        if kind == .call { self.beginCall(value, at: index, into: &events) }
    }

    private mutating func beginCall(_ value: JSONValue, at index: Int, into events: inout [CanonicalEvent]) {
        guard self.items[index]?.hasCall == false,
            let call = ResponsesCall.call(in: value, at: index, self.source, &self.ids)
        else { return }
        self.callsTools = true
        self.update(index, .call, in: &events) { item, nextBlock, events in
            item.begin(call, &nextBlock, into: &events)
        }
    }

    private mutating func end(
        _ event: ResponsesStreamEvent,
        in data: UnsafeRawBufferPointer,
        into events: inout [CanonicalEvent]
    ) throws {
        guard let place = event.item else { return }
        self.end(try ChatInBand.value(place, in: data), at: event.index ?? self.current, into: &events)
    }

    /// Ends the item at `index`, which is `value`.
    private mutating func end(_ value: JSONValue, at index: Int, into events: inout [CanonicalEvent]) {
        let kind = ResponsesStreamItem.Kind(value["type"]?.asString)
        if let known = self.items[index], known.isDone || known.kind != kind { return }
        self.update(index, kind, in: &events) { _, _, _ in }
        if kind == .call { self.beginCall(value, at: index, into: &events) }
        if kind == .other, ResponsesSearch.isSearch(value) { self.searches += 1 }
        if kind == .message, self.refusal == nil {
            for content in value["content"]?.asArray ?? [] {
                if let text = content["refusal"]?.asString { self.note(refusal: text) }
            }
        }
        let source = self.source
        self.update(index, kind, in: &events) { item, nextBlock, events in
            item.end(value, source, &nextBlock, into: &events)
        }
    }

    private mutating func finish(
        _ event: ResponsesStreamEvent,
        in data: UnsafeRawBufferPointer,
        into events: inout [CanonicalEvent]
    ) throws {
        guard let place = event.response else { throw UpstreamErrors.inBand(data) }
        let response = try self.response(place, in: data)
        if let error = ResponsesFailure.error(in: response) { throw error }
        self.open(&events)
        let output = response["output"]?.asArray ?? []
        // Places may have gaps, so that the items are told by their order where they are as many.
        let places = self.items.keys.sorted()
        for (order, value) in output.enumerated() {
            self.end(value, at: places.count == output.count ? places[order] : order, into: &events)
        }
        for index in self.items.keys.sorted() { self.items[index]?.stop(into: &events) }
        let reason = ResponsesStop.reason(of: response, callsTools: self.callsTools, refusal: self.refusal)
        events.append(.finish(choice: 0, reason))
        if var usage = ResponsesUsage.read(response["usage"]) {
            usage.searches = self.searches
            events.append(.usage(usage))
        }
        events.append(.end)
        self.hasEnded = true
    }

    /// What the last event says of the response. Its items are read only where the events left out one or its end.
    private func response(_ place: Range<Int>, in data: UnsafeRawBufferPointer) throws -> JSONValue {
        var object = JSONObject()
        let isWhole = !self.items.isEmpty && self.items.values.allSatisfy(\.isDone)
        var members = JSONMembers(at: place.lowerBound, topLevel: false)
        while let member = try members.next(in: data) {
            let isOutput = member.keyIs("output", in: data)
            guard !isOutput || !isWhole else { continue }
            guard
                isOutput || member.keyIs("status", in: data) || member.keyIs("error", in: data)
                    || member.keyIs("usage", in: data) || member.keyIs("incomplete_details", in: data)
            else { continue }
            let key = try JSONScan.string(member.key.lowerBound - 1..<member.key.upperBound + 1, in: data)
            object.members.append((key, try ChatInBand.value(member.value, in: data)))
        }
        return .object(object)
    }
}
