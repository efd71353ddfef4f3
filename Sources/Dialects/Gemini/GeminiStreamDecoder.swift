package import Core
internal import JSON

/// Reads the stream of `streamGenerateContent`: every event is an answer with the next piece of the content.
///
/// The dialect has no terminal event: a stream is whole where every candidate that began has said why it ended, or the
/// prompt was refused. Early models said so in every event, so the end of the candidates is told at the end of the
/// stream.
package struct GeminiStreamDecoder: StreamDecoding {
    private let source: ReplySource
    private var candidates: [Candidate] = []
    private var blocks = 0
    private var calls = 0
    private var hasStarted = false
    private var isBlocked = false
    private var blockMessage: String?
    private var usage: Usage?
    private var searches = 0
    /// What the events have in common, and whose text they bring.
    private var frame = GeminiEventFrame()
    private var speaker: (index: Int, isThought: Bool) = (0, false)
    /// How many counts have come since they were read.
    private var unread = 0

    /// As many events may have come when the counts are read: they only grow, and the last ones count.
    private static let mostUnread = 4
    /// Indexes beyond this are no real ones.
    private static let mostCandidates = 128
    /// The longest text that is kept to place citations in, in bytes.
    private static let longestText = 1 << 20

    /// What is known of one candidate.
    private struct Candidate {
        var index: Int
        /// The block of text or thoughts that is open.
        var open: Open?
        /// The call whose arguments are still coming.
        var call: (block: Int, arguments: GeminiPartialArguments)?
        var callsTools = false
        var finish: StopReason?
        /// What the answer rests on, as last said.
        var grounding: JSONValue?
        var citations: JSONValue?
        /// The text so far, which citations are placed in; nil once it is too long to keep.
        var text: String? = ""
    }

    private struct Open {
        var block: Int
        var isThought: Bool
        /// A signature closes what it stands under: text behind it is a part of its own.
        var isSigned = false
    }

    /// A decoder for one stream.
    package init(from source: ReplySource) { self.source = source }

    /// Appends what an event, or a list of them, says.
    ///
    /// - Throws: the error in place of an answer, or `upstreamError` for what is not JSON.
    package mutating func receive(_ frame: StreamFrame, into events: inout [CanonicalEvent]) throws(GatewayError) {
        let bytes = frame.data
        if frame.kind == .event, self.takeAlike(bytes, into: &events) { return }
        guard let first = bytes.firstIndex(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d }) else {
            return
        }
        // Proxies that think all streams alike end them OpenAI's way.
        if bytes[first...].starts(with: "[DONE]".utf8) { return }
        guard frame.kind == .event else { throw UpstreamErrors.inBand(bytes) }
        do {
            if bytes[first] == UInt8(ascii: "[") {
                try self.receiveList(bytes, into: &events)
            } else {
                let response = try self.response(bytes)
                // Counts that were passed over are older than those of this event.
                if response.usage == nil { self.readUsage(into: &events) }
                try self.take(response, bytes, into: &events)
                self.learn(response, bytes)
            }
        } catch let error as GatewayError {
            throw error
        } catch {
            throw GatewayError(
                .upstreamError,
                origin: .upstream,
                retry: .sameTarget,
                "The provider sent what is not JSON.",
                upstreamStatus: 200
            )
        }
    }

    /// A list of answers, which is how the dialect streams without server-sent events, and how it wraps errors.
    private mutating func receiveList(
        _ bytes: UnsafeRawBufferPointer,
        into events: inout [CanonicalEvent]
    ) throws {
        var elements = JSONElements()
        while let element = try elements.next(in: bytes) {
            guard element.kind == .object else { continue }
            let answer = UnsafeRawBufferPointer(rebasing: bytes[element.value])
            try self.take(try self.response(answer), answer, into: &events)
        }
    }

    private func response(_ bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> GeminiResponse {
        try GeminiResponse(bytes, family: self.source.family, wantsHead: !self.hasStarted)
    }

    /// Ends the candidates and the stream, where every candidate has said why it ended.
    package mutating func close(into events: inout [CanonicalEvent]) -> GatewayError? {
        guard self.hasStarted else {
            return GatewayError(
                .upstreamError,
                origin: .upstream,
                retry: .sameTarget,
                "The provider's stream was empty."
            )
        }
        let isWhole = self.candidates.isEmpty ? self.isBlocked : self.candidates.allSatisfy { $0.finish != nil }
        guard isWhole else {
            self.readUsage(into: &events)
            return GatewayError(
                .truncatedStream,
                origin: .upstream,
                retry: .sameTarget,
                "The provider's answer broke off before its end."
            )
        }
        self.finish(into: &events)
        events.append(.end)
        return nil
    }

    /// Ends every candidate, one that has not said why included.
    mutating func finish(into events: inout [CanonicalEvent]) {
        self.readUsage(into: &events)
        for at in self.candidates.indices {
            self.closeCall(at, into: &events)
            self.writeCitations(at, into: &events)
            self.closeText(at, into: &events)
        }
        for candidate in self.candidates {
            let reason = candidate.finish ?? .other("FINISH_REASON_UNSPECIFIED")
            events.append(.finish(choice: candidate.index, reason.derived(callsTools: candidate.callsTools)))
        }
        if self.candidates.isEmpty, let message = self.blockMessage {
            events.append(.blockStart(block: 0, choice: 0, .refusal))
            events.append(.delta(block: 0, .text(message)))
            events.append(.blockStop(block: 0))
        }
        if self.candidates.isEmpty { events.append(.finish(choice: 0, self.isBlocked ? .contentFilter : .stop)) }
        if var usage = self.usage, usage.searches != self.searches {
            usage.searches = self.searches
            self.usage = usage
            events.append(.usage(usage))
        }
    }

    private mutating func take(
        _ response: GeminiResponse,
        _ bytes: UnsafeRawBufferPointer,
        into events: inout [CanonicalEvent]
    ) throws(GatewayError) {
        if response.isError { throw UpstreamErrors.inBand(bytes) }
        // An event of a kind nobody knows yet.
        guard response.isKnown else { return }
        if !self.hasStarted {
            self.hasStarted = true
            self.usage = response.usage
            events.append(.start(id: response.id, model: response.model, usage: response.usage))
        }
        if response.isBlocked { self.isBlocked = true }
        self.blockMessage = response.blockMessage ?? self.blockMessage
        for (position, candidate) in response.candidates.enumerated() {
            self.take(candidate, position, into: &events)
        }
        if var usage = response.usage {
            self.unread = 0
            usage.searches = self.searches
            if usage != self.usage {
                self.usage = usage
                events.append(.usage(usage))
            }
        }
    }

    private mutating func take(
        _ candidate: GeminiResponse.Candidate,
        _ position: Int,
        into events: inout [CanonicalEvent]
    ) {
        // Without an index it is the first candidate; several without one are in their order.
        let index = candidate.index ?? position
        guard (0..<Self.mostCandidates).contains(index) else { return }
        let at: Int
        if let known = self.candidates.firstIndex(where: { $0.index == index }) {
            at = known
        } else {
            at = self.candidates.firstIndex { $0.index > index } ?? self.candidates.count
            self.candidates.insert(Candidate(index: index), at: at)
        }
        for piece in candidate.pieces {
            switch piece {
            case .text(let text, let isThought, let signature):
                self.takeText(text, isThought, signature, at, into: &events)
            case .call(let call, let signature):
                self.takeCall(call, signature, at, into: &events)
            case .whole(let part):
                self.closeCall(at, into: &events)
                self.closeText(at, into: &events)
                let block = self.nextBlock()
                events.append(.blockStart(block: block, choice: index, .whole(part)))
                events.append(.blockStop(block: block))
            }
        }
        if let logprobs = candidate.logprobs {
            events.append(.delta(block: self.openText(at, into: &events), .logprobs(logprobs)))
        }
        if let grounding = candidate.grounding {
            self.candidates[at].grounding = grounding
            self.searches = max(self.searches, grounding["webSearchQueries"]?.asArray?.count ?? 0)
        }
        if let citations = candidate.citations { self.candidates[at].citations = citations }
        if let finish = candidate.finish { self.candidates[at].finish = finish }
    }
}

// MARK: Events alike

extension GeminiStreamDecoder {
    /// Takes an event that differs from one read in full by its text and its counts alone; false where it is none.
    private mutating func takeAlike(_ bytes: UnsafeRawBufferPointer, into events: inout [CanonicalEvent]) -> Bool {
        guard let match = self.frame.match(bytes),
            let at = self.candidates.firstIndex(where: { $0.index == self.speaker.index }),
            let text = try? JSONScan.string(match.text, in: bytes)
        else { return false }
        self.takeText(text, self.speaker.isThought, nil, at, into: &events)
        if match.hasNewUsage {
            self.unread += 1
            if self.unread >= Self.mostUnread { self.readUsage(into: &events) }
        }
        return true
    }

    /// Learns an event that holds one piece of text and nothing else.
    private mutating func learn(_ response: GeminiResponse, _ bytes: UnsafeRawBufferPointer) {
        guard response.candidates.count == 1, response.candidates[0].pieces.count == 1,
            case .text(_, let isThought, nil) = response.candidates[0].pieces[0]
        else { return }
        self.speaker = (response.candidates[0].index ?? 0, isThought)
        self.frame.learn(bytes)
    }

    /// Reads the counts that were passed over.
    private mutating func readUsage(into events: inout [CanonicalEvent]) {
        guard self.unread > 0 else { return }
        self.unread = 0
        let read = self.frame.usage.withUnsafeBytes { bytes in
            var members = JSONMembers()
            return try? GeminiUsage.read(&members, in: bytes)
        }
        guard var usage = read ?? nil else { return }
        usage.searches = self.searches
        guard usage != self.usage else { return }
        self.usage = usage
        events.append(.usage(usage))
    }
}

// MARK: Blocks

extension GeminiStreamDecoder {
    private mutating func nextBlock() -> Int {
        defer { self.blocks += 1 }
        return self.blocks
    }

    private mutating func takeText(
        _ text: String,
        _ isThought: Bool,
        _ signature: String?,
        _ at: Int,
        into events: inout [CanonicalEvent]
    ) {
        if text.isEmpty, signature == nil { return }
        self.closeCall(at, into: &events)
        if let open = self.candidates[at].open, open.isThought != isThought || open.isSigned {
            self.closeText(at, into: &events)
        }
        let block: Int
        if let open = self.candidates[at].open {
            block = open.block
        } else {
            block = self.nextBlock()
            self.candidates[at].open = Open(block: block, isThought: isThought)
            let kind: CanonicalEvent.BlockKind = isThought ? .thinking : .text
            events.append(.blockStart(block: block, choice: self.candidates[at].index, kind))
        }
        if !text.isEmpty {
            events.append(.delta(block: block, .text(text)))
            if !isThought { self.keep(text, at) }
        }
        if let signature {
            events.append(.delta(block: block, .signature(Signature(signature, family: self.source.family))))
            self.candidates[at].open?.isSigned = true
        }
    }

    /// The open block of text, begun where there is none.
    private mutating func openText(_ at: Int, into events: inout [CanonicalEvent]) -> Int {
        if let open = self.candidates[at].open, !open.isThought { return open.block }
        self.closeText(at, into: &events)
        let block = self.nextBlock()
        self.candidates[at].open = Open(block: block, isThought: false)
        events.append(.blockStart(block: block, choice: self.candidates[at].index, .text))
        return block
    }

    private mutating func closeText(_ at: Int, into events: inout [CanonicalEvent]) {
        guard let open = self.candidates[at].open else { return }
        self.candidates[at].open = nil
        events.append(.blockStop(block: open.block))
    }

    private mutating func takeCall(
        _ call: GeminiResponse.Call,
        _ signature: String?,
        _ at: Int,
        into events: inout [CanonicalEvent]
    ) {
        if let name = call.name {
            self.closeCall(at, into: &events)
            self.closeText(at, into: &events)
            let block = self.nextBlock()
            let id = call.id ?? CallID.made(seed: self.source.seed, position: self.calls)
            self.calls += 1
            self.candidates[at].callsTools = true
            let kind = CanonicalEvent.BlockKind.toolCall(id: id, name: name, kind: .function)
            events.append(.blockStart(block: block, choice: self.candidates[at].index, kind))
            if let signature {
                events.append(.delta(block: block, .signature(Signature(signature, family: self.source.family))))
            }
            if !call.willContinue, call.partial.isEmpty {
                events.append(.delta(block: block, .arguments(call.arguments ?? "{}")))
                events.append(.blockStop(block: block))
                return
            }
            self.candidates[at].call = (block, GeminiPartialArguments())
        }
        guard self.candidates[at].call != nil else { return }
        for piece in call.partial { self.candidates[at].call?.arguments.take(piece) }
        if !call.willContinue { self.closeCall(at, into: &events) }
    }

    private mutating func closeCall(_ at: Int, into events: inout [CanonicalEvent]) {
        guard var call = self.candidates[at].call else { return }
        self.candidates[at].call = nil
        events.append(.delta(block: call.block, .arguments(call.arguments.finished())))
        events.append(.blockStop(block: call.block))
    }

    private mutating func keep(_ text: String, _ at: Int) {
        let length = self.candidates[at].text?.utf8.count ?? 0
        if length + text.utf8.count > Self.longestText {
            self.candidates[at].text = nil
        } else {
            self.candidates[at].text? += text
        }
    }

    /// What the answer rests on, told once and last: every event repeats it with more in it.
    private mutating func writeCitations(_ at: Int, into events: inout [CanonicalEvent]) {
        let candidate = self.candidates[at]
        let list = GeminiCitations.list(
            grounding: candidate.grounding,
            citations: candidate.citations,
            text: candidate.text
        )
        guard !list.isEmpty else { return }
        let block = self.openText(at, into: &events)
        for citation in list { events.append(.delta(block: block, .citation(citation))) }
    }
}
