package import Core
internal import JSON

/// Judges each event of a stream in OpenAI's Chat dialect as it passes, and notes what the gateway must know of it.
///
/// A pure state machine: events in, verdicts out. The bytes of an event that is forwarded are never touched.
///
/// A stream is whole only when `[DONE]` came, or, from a server that need not send it, when every begun choice had its
/// `finish_reason`. How the connection closed proves nothing: official clients take a cut for an end.
package struct ChatStreamReader: Sendable {
    /// What to do with an event.
    package enum Verdict: Sendable {
        /// Pass it on as it came. `isContent`: it holds text, reasoning, a refusal, audio or a part of a tool call.
        case forward(isContent: Bool)
        /// Keep it from the client.
        case hide
        /// Send these bytes, one whole server-sent event, instead.
        case replace([UInt8])
        /// The upstream failed; nothing more of this stream counts.
        case failed(GatewayError)
        /// The terminal `[DONE]`.
        case end
    }

    private let quirks: ChatQuirks
    private let hidesUsage: Bool

    /// The last usage the stream told; every further snapshot replaces the one before.
    package private(set) var usage: Usage?
    /// Whether any content has passed.
    package private(set) var hasContent = false
    /// The model that answers, in the server's own words.
    package private(set) var model: String?

    private var sawDone = false
    private var failed = false
    private var callsTools = false
    private var finishWord: String?
    private var finishIndex = Int.max
    /// One bit for each choice that sent anything, and for each that finished; choices from 127 on share a bit.
    private var begun: UInt128 = 0
    private var finished: UInt128 = 0
    private var template = ChatChunkTemplate()

    /// A reader of one stream.
    ///
    /// - Parameter hidesUsage: whether usage-only chunks are to be kept from the client, who did not ask for them.
    package init(quirks: ChatQuirks, hidesUsage: Bool) {
        self.quirks = quirks
        self.hidesUsage = hidesUsage
    }

    /// Why the first choice ended, as far as known; `tool_calls` also where the server says `stop` after tool calls.
    package var finishReason: String? {
        guard let word = self.finishWord else { return nil }
        return self.callsTools && word == "stop" ? "tool_calls" : word
    }

    /// Whether the stream has come to its own end.
    package var isComplete: Bool {
        guard !self.failed else { return false }
        return self.sawDone || (!self.quirks.sendsDone && self.begun != 0 && self.begun == self.finished)
    }

    /// Judges the next event.
    ///
    /// - Parameters:
    ///   - name: The text of its `event:` line, if it has one.
    ///   - data: Its data; several data lines joined by line feeds.
    package mutating func receive(name: UnsafeRawBufferPointer?, data: UnsafeRawBufferPointer) -> Verdict {
        guard !self.sawDone, !self.failed else { return .hide }
        if name == nil, self.template.matches(data) { return .forward(isContent: true) }
        // An empty `data:` line kills official clients, which try to parse it.
        guard data.contains(where: { !Self.isSpace($0) }) else { return .hide }
        if Self.isDone(data) { return self.receivedDone() }
        if let name, Self.isError(name) { return self.fail(UpstreamErrors.inBand(data)) }
        do {
            return try self.judge(data)
        } catch {
            // Google's OpenAI-compatible endpoints wrap an error into a list.
            if data.first == UInt8(ascii: "[") { return self.fail(UpstreamErrors.inBand(data)) }
            return self.fail(
                GatewayError(
                    .upstreamError,
                    origin: .upstream,
                    retry: .sameTarget,
                    "The provider's stream holds an event that is not JSON."
                )
            )
        }
    }

    /// Judges the clean end of the connection: nil where the stream was whole, else why it was not.
    package func ended() -> GatewayError? {
        if self.isComplete { return nil }
        if self.begun == 0, !self.failed { return Self.emptyStream }
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
}

extension ChatStreamReader {
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\t")
    }

    /// Whether the data begins with `[DONE]`, which is what official clients look for.
    private static func isDone(_ data: UnsafeRawBufferPointer) -> Bool {
        guard data.count >= 6, data[0] == UInt8(ascii: "[") else { return false }
        return data[1] == UInt8(ascii: "D") && data[2] == UInt8(ascii: "O") && data[3] == UInt8(ascii: "N")
            && data[4] == UInt8(ascii: "E") && data[5] == UInt8(ascii: "]")
    }

    private static func isError(_ name: UnsafeRawBufferPointer) -> Bool {
        name.count == 5 && name.elementsEqual("error".utf8)
    }

    private mutating func fail(_ error: GatewayError) -> Verdict {
        self.failed = true
        return .failed(error)
    }

    private mutating func receivedDone() -> Verdict {
        // A role and nothing behind it is no answer.
        guard self.hasContent || self.finished != 0 else { return self.fail(Self.emptyStream) }
        self.sawDone = true
        return .end
    }

    /// Judges one event of JSON.
    private mutating func judge(_ data: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> Verdict {
        var choices: JSONMember?
        var hasUsage = false
        var isErrorObject = false
        var members = JSONMembers(at: 0)
        while let member = try members.next(in: data) {
            // The keys of interest have five to seven bytes; an escaped key is compared in full.
            guard (5...7).contains(member.key.count) || member.keyHasEscapes else { continue }
            if member.keyIs("choices", in: data) {
                choices = member
            } else if member.keyIs("usage", in: data) {
                guard member.kind == .object else { continue }
                hasUsage = true
                if let usage = try ChatUsage.read(member.value, in: data, quirks: self.quirks) { self.usage = usage }
            } else if member.keyIs("error", in: data) {
                switch member.kind {
                case .null, .false: break
                // An empty string is how some servers say that there is no error.
                case .string where member.value.count == 2: break
                default: isErrorObject = true
                }
            } else if member.keyIs("x_groq", in: data) {
                guard member.kind == .object else { continue }
                try self.readGroq(member.value, in: data, isError: &isErrorObject)
            } else if self.model == nil, member.kind == .string, member.value.count > 2, member.keyIs("model", in: data)
            {
                self.model = try JSONScan.string(member.value, in: data)
            }
        }
        if isErrorObject { return self.fail(UpstreamErrors.inBand(data)) }
        guard let choices, choices.kind == .array else {
            return self.judgeWithoutChoices(data, null: choices, hasUsage: hasUsage)
        }
        return try self.judge(choices: choices.value, in: data, hasUsage: hasUsage)
    }

    private mutating func judge(
        choices: Range<Int>,
        in data: UnsafeRawBufferPointer,
        hasUsage: Bool
    ) throws(JSONSyntaxError) -> Verdict {
        var isContent = false
        var text: Range<Int>?
        var count = 0
        var elements = JSONElements(at: choices.lowerBound)
        while let element = try elements.next(in: data) {
            count += 1
            guard element.kind == .object else { continue }
            let facts = try ChatChoiceFacts.read(element.value, in: data, quirks: self.quirks)
            isContent = isContent || facts.hasContent
            text = facts.finishWord == nil && facts.usage == nil && !facts.callsTools ? facts.text : nil
            self.note(facts)
        }
        if isContent { self.hasContent = true }
        if count == 1, !hasUsage, let text { self.template.learn(data, text: text) }
        if count == 0, hasUsage, self.hidesUsage { return .hide }
        return .forward(isContent: isContent)
    }

    private mutating func note(_ facts: ChatChoiceFacts) {
        let bit = (1 as UInt128) << UInt128(min(max(facts.index, 0), 127))
        self.begun |= bit
        if facts.callsTools { self.callsTools = true }
        if let usage = facts.usage { self.usage = usage }
        if let word = facts.finishWord {
            self.finished |= bit
            if facts.index <= self.finishIndex {
                self.finishIndex = facts.index
                self.finishWord = word
            }
        }
    }

    /// An event that has no list of choices: official clients iterate over `choices` and would die of it.
    private mutating func judgeWithoutChoices(
        _ data: UnsafeRawBufferPointer,
        null choices: JSONMember?,
        hasUsage: Bool
    ) -> Verdict {
        if hasUsage, !self.hidesUsage {
            // The client asked for usage: it gets the event with the empty list it expects.
            return .replace(Self.event(data, withEmptyChoicesAt: choices?.value))
        }
        if !hasUsage, let error = UpstreamErrors.inBandIfAny(data) {
            return self.fail(error)
        }
        return .hide
    }

    /// `data` as an event in which `choices` is an empty list.
    private static func event(_ data: UnsafeRawBufferPointer, withEmptyChoicesAt choices: Range<Int>?) -> [UInt8] {
        var event = Array("data: ".utf8)
        if let choices {
            event.append(contentsOf: data[..<choices.lowerBound])
            event.append(contentsOf: "[]".utf8)
            event.append(contentsOf: data[choices.upperBound...])
        } else if let brace = data.firstIndex(of: UInt8(ascii: "{")) {
            event.append(contentsOf: data[...brace])
            event.append(contentsOf: "\"choices\":[],".utf8)
            event.append(contentsOf: data[(brace + 1)...])
        }
        // Joined data lines hold line feeds only between tokens; on the wire each would need a `data:` of its own.
        for index in event.indices where event[index] == UInt8(ascii: "\n") || event[index] == UInt8(ascii: "\r") {
            event[index] = UInt8(ascii: " ")
        }
        event.append(contentsOf: "\n\n".utf8)
        return event
    }

    /// Groq repeats usage in an object of its own, and reports what went wrong there.
    private mutating func readGroq(
        _ value: Range<Int>,
        in data: UnsafeRawBufferPointer,
        isError: inout Bool
    ) throws(JSONSyntaxError) {
        var members = JSONMembers(at: value.lowerBound)
        while let member = try members.next(in: data) {
            if member.kind == .object, member.keyIs("usage", in: data) {
                if let usage = try ChatUsage.read(member.value, in: data, quirks: self.quirks) { self.usage = usage }
            } else if member.kind == .string, member.value.count > 2, member.keyIs("error", in: data) {
                isError = true
            }
        }
    }
}
