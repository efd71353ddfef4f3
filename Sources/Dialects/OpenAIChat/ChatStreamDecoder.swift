package import Core
internal import JSON

/// Reads a streamed answer of a server that speaks OpenAI's Chat dialect, with the liberties that compatible servers take.
///
/// Blocks are stopped and choices finished at the end of the stream: a call may be gone on with until then, and servers
/// send content beside and behind the first of several `finish_reason`s.
///
/// Source: the chat completion chunk object, https://platform.openai.com/docs/api-reference/chat/streaming.
package struct ChatStreamDecoder: StreamDecoding {
    let source: ReplySource
    private var choices: [ChatStreamChoice] = []
    private var nextBlock = 0
    private var id: String?
    private var model: String?
    private var hasStarted = false
    private var hasEnded = false
    /// Pages the answer rests on, which Perplexity repeats in every chunk.
    private var sources: [Opaque] = []

    /// A decoder of one stream.
    package init(from source: ReplySource) { self.source = source }

    package mutating func receive(
        _ frame: StreamFrame,
        into events: inout [CanonicalEvent]
    ) throws(GatewayError) {
        guard !self.hasEnded else { return }
        let data = frame.data
        guard let first = data.first(where: { $0 > 0x20 }) else { return }
        if first == UInt8(ascii: "["), data.starts(with: "[DONE]".utf8) {
            guard self.choices.contains(where: \.isWorthAnything) else { throw Self.emptyStream }
            self.end(into: &events)
            return
        }
        if frame.kind == .exception || frame.name?.elementsEqual("error".utf8) == true {
            throw UpstreamErrors.inBand(data)
        }
        do {
            try self.read(data, into: &events)
        } catch let error as GatewayError {
            throw error
        } catch {
            // Google's OpenAI-compatible endpoints wrap an error into a list.
            if first == UInt8(ascii: "[") { throw UpstreamErrors.inBand(data) }
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
        if self.choices.isEmpty { return Self.emptyStream }
        if !self.source.quirks.sendsDone, self.choices.allSatisfy({ $0.reason != nil }) {
            self.end(into: &events)
            return nil
        }
        return GatewayError(
            .truncatedStream,
            origin: .upstream,
            retry: .sameTarget,
            "The provider closed the stream before its end."
        )
    }

    private static let emptyStream = GatewayError(
        .upstreamError,
        origin: .upstream,
        retry: .sameTarget,
        "The provider ended the stream without an answer."
    )

    /// Says what was left to the end.
    private mutating func end(into events: inout [CanonicalEvent]) {
        self.hasEnded = true
        for at in self.choices.indices {
            if at == 0 {
                for citation in self.sources { self.choices[0].cite(citation, into: &events) }
            }
            self.choices[at].finish(into: &events)
        }
        events.append(.end)
    }
}

// MARK: Chunks

extension ChatStreamDecoder {
    private mutating func read(_ data: UnsafeRawBufferPointer, into events: inout [CanonicalEvent]) throws {
        var choices: JSONMember?
        var usage: Usage?
        var members = JSONMembers(at: 0)
        while let member = try members.next(in: data) {
            // Most members are told apart by their length alone; an escaped key goes through every comparison.
            if member.keyIs("choices", in: data) {
                choices = member
            } else if member.keyIs("usage", in: data) {
                guard member.kind == .object else { continue }
                usage = try ChatUsage.read(member.value, in: data, quirks: self.source.quirks) ?? usage
            } else if member.keyIs("error", in: data) {
                if ChatInBand.isError(member) { throw UpstreamErrors.inBand(data) }
            } else if member.keyIs("id", in: data) {
                self.id = try Self.text(member, in: data, self.id)
            } else if member.keyIs("model", in: data) {
                self.model = try Self.text(member, in: data, self.model)
            } else if member.keyIs("x_groq", in: data) {
                guard member.kind == .object else { continue }
                usage = try self.readGroq(member.value, in: data) ?? usage
            } else if member.keyIs("search_results", in: data) || member.keyIs("citations", in: data) {
                guard member.kind == .array, self.sources.isEmpty else { continue }
                self.sources = ChatSearchSources.citations(try ChatInBand.value(member.value, in: data))
            }
        }
        if let choices, choices.kind == .array {
            var elements = JSONElements(at: choices.value.lowerBound)
            while let element = try elements.next(in: data) {
                guard element.kind == .object else { continue }
                if !self.hasStarted {
                    self.hasStarted = true
                    events.append(.start(id: self.id, model: self.model, usage: nil))
                }
                usage = try self.readChoice(element.value, in: data, into: &events) ?? usage
            }
        } else if usage == nil, let error = UpstreamErrors.inBandIfAny(data) {
            throw error
        }
        if let usage { events.append(.usage(usage)) }
    }

    /// The text of `member` where nothing is known yet.
    private static func text(
        _ member: JSONMember,
        in data: UnsafeRawBufferPointer,
        _ known: String?
    ) throws(JSONSyntaxError) -> String? {
        guard known == nil, member.kind == .string, member.value.count > 2 else { return known }
        return try JSONScan.string(member.value, in: data)
    }

    /// Groq repeats usage in an object of its own, and reports what went wrong there.
    private func readGroq(_ place: Range<Int>, in data: UnsafeRawBufferPointer) throws -> Usage? {
        var usage: Usage?
        var members = JSONMembers(at: place.lowerBound)
        while let member = try members.next(in: data) {
            if member.kind == .object, member.keyIs("usage", in: data) {
                usage = try ChatUsage.read(member.value, in: data, quirks: self.source.quirks)
            } else if member.kind == .string, member.value.count > 2, member.keyIs("error", in: data) {
                throw UpstreamErrors.inBand(data)
            }
        }
        return usage
    }

    /// Reads one choice of a chunk. Returns the usage that stands in it (Moonshot puts it there).
    private mutating func readChoice(
        _ place: Range<Int>,
        in data: UnsafeRawBufferPointer,
        into events: inout [CanonicalEvent]
    ) throws -> Usage? {
        var index = 0
        var delta: Range<Int>?
        var message: Range<Int>?
        var logprobs: Range<Int>?
        var word: String?
        var usage: Usage?
        var members = JSONMembers(at: place.lowerBound)
        while let member = try members.next(in: data) {
            switch member.kind {
            case .object:
                if member.keyIs("delta", in: data) {
                    delta = member.value
                } else if member.keyIs("message", in: data) {
                    message = member.value
                } else if member.keyIs("logprobs", in: data) {
                    logprobs = member.value
                } else if member.keyIs("usage", in: data) {
                    usage = try ChatUsage.read(member.value, in: data, quirks: self.source.quirks)
                }
            case .number:
                if member.keyIs("index", in: data) { index = JSONScan.integer(member.value, in: data) ?? 0 }
            case .string:
                if member.keyIs("finish_reason", in: data) { word = try JSONScan.string(member.value, in: data) }
            default: break
            }
        }
        let at = try self.place(ofChoice: index)
        // Where both are there (Perplexity), the message is all that was said before, once more.
        if let content = delta ?? (self.choices[at].hasContent ? nil : message) {
            try self.choices[at].read(content, in: data, &self.nextBlock, into: &events)
        }
        if let logprobs { try self.choices[at].readLogprobs(logprobs, in: data, into: &events) }
        if let word, !word.isEmpty { self.choices[at].reason = try ChatFinishWord.reason(word) }
        return usage
    }

    /// The most choices a request can ask for.
    private static let mostChoices = 128

    /// Where the choice `index` is kept. There are few, and they come in any order.
    private mutating func place(ofChoice index: Int) throws(GatewayError) -> Int {
        if let at = self.choices.firstIndex(where: { $0.index == index }) { return at }
        guard self.choices.count < Self.mostChoices else {
            throw GatewayError(.upstreamError, origin: .upstream, "The provider's stream holds too many choices.")
        }
        self.choices.append(ChatStreamChoice(index: index, seed: self.source.seed, family: self.source.family))
        return self.choices.count - 1
    }
}
