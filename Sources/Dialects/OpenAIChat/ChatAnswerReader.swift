package import Core
internal import JSON

/// What the gateway notes of a whole answer in OpenAI's Chat dialect.
package struct ChatAnswerFacts: Sendable, Hashable {
    /// The tokens the answer cost, where the server said so.
    package var usage: Usage?
    /// Why the first choice ended (`stop`, `length`, `tool_calls`, `content_filter`, or a word of the server's own);
    /// `tool_calls` also where the server says `stop` beside a tool call. Nil where the server did not say.
    package var finishReason: String?
    /// The model that answered, in the server's own words; nil where the server did not say.
    package var model: String?
    /// The number of choices, or of embeddings.
    package var choices: Int

    /// Facts as they are known; what is not known is nil.
    package init(usage: Usage? = nil, finishReason: String? = nil, model: String? = nil, choices: Int) {
        self.usage = usage
        self.finishReason = finishReason
        self.model = model
        self.choices = choices
    }
}

/// Reads a whole answer (status 200, not a stream): the facts, or the error hidden in it.
package enum ChatAnswerReader {
    /// Reads `body`.
    ///
    /// - Throws: the error a server put into a 200, classified like an error answer; or an upstream error where the
    /// body
    ///   is not JSON or lacks what the endpoint answers with.
    package static func read(
        _ body: UnsafeRawBufferPointer,
        quirks: ChatQuirks,
        endpoint: ChatEndpoint = .chat
    ) throws(GatewayError) -> ChatAnswerFacts {
        do {
            return try Self.facts(of: body, quirks: quirks, endpoint: endpoint)
        } catch let error as GatewayError {
            throw error
        } catch {
            // Google's OpenAI-compatible endpoints wrap an error into a list.
            if body.first == UInt8(ascii: "[") { throw UpstreamErrors.inBand(body) }
            throw GatewayError(
                .upstreamError,
                origin: .upstream,
                retry: .sameTarget,
                "The provider's answer is not a whole JSON object.",
                upstreamStatus: 200
            )
        }
    }

    private static func facts(
        of body: UnsafeRawBufferPointer,
        quirks: ChatQuirks,
        endpoint: ChatEndpoint
    ) throws -> ChatAnswerFacts {
        var facts = ChatAnswerFacts(choices: 0)
        var hasList = false
        var choice = ChatChoiceFacts()
        var members = JSONMembers(at: 0)
        while let member = try members.nextHead(in: body) {
            switch member.kind {
            case .array:
                if member.keyIs(endpoint == .embeddings ? "data" : "choices", in: body) {
                    hasList = true
                    var choices = members.array
                    facts.choices = try Self.readChoices(
                        &choices,
                        in: body,
                        endpoint: endpoint,
                        quirks: quirks,
                        first: &choice
                    )
                    members.resume(after: choices)
                } else if member.keyIs("error", in: body) {
                    throw UpstreamErrors.inBand(body)
                }
            case .object:
                if member.keyIs("usage", in: body) {
                    var usage = members.object
                    if let usage = try ChatUsage.read(&usage, in: body, quirks: quirks) { facts.usage = usage }
                    members.resume(after: usage)
                } else if member.keyIs("error", in: body) {
                    throw UpstreamErrors.inBand(body)
                }
            case .string:
                if member.keyIs("model", in: body) {
                    let model = try JSONScan.string(member.value, in: body)
                    if !model.isEmpty { facts.model = model }
                } else if member.keyIs("error", in: body), member.value.count > 2 {
                    throw UpstreamErrors.inBand(body)
                }
            default: break
            }
        }
        guard hasList else { throw UpstreamErrors.inBand(body) }
        guard facts.choices > 0 else {
            throw GatewayError(
                .upstreamError,
                origin: .upstream,
                retry: .sameTarget,
                "The provider's answer holds no choice.",
                upstreamStatus: 200
            )
        }
        facts.usage = facts.usage ?? choice.usage
        facts.finishReason = choice.finishReason
        return facts
    }

    private static func readChoices(
        _ elements: inout JSONElements,
        in body: UnsafeRawBufferPointer,
        endpoint: ChatEndpoint,
        quirks: ChatQuirks,
        first: inout ChatChoiceFacts
    ) throws(JSONSyntaxError) -> Int {
        var count = 0
        while let element = try elements.nextHead(in: body) {
            if count == 0, element.kind == .object, endpoint != .embeddings {
                var choice = elements.object
                first = ChatChoiceFacts()
                try first.read(&choice, in: body, quirks: quirks)
                elements.resume(after: choice)
            }
            count += 1
        }
        return count
    }
}

/// What is noted of one choice, of an answer or of a stream's chunk.
struct ChatChoiceFacts {
    /// The `index`, 0 where it is absent.
    var index = 0
    /// The finish reason as the facts tell it.
    var finishReason: String? {
        guard let word = self.finishWord else { return nil }
        return self.callsTools && word == "stop" ? "tool_calls" : word
    }
    /// The `finish_reason` in the server's words, nil where it is absent, null or empty.
    var finishWord: String?
    /// Whether there is text, reasoning, a refusal, audio or a tool call.
    var hasContent = false
    /// Where the text stands, quotes included, if it is the only content seen and a string.
    var text: Range<Int>?
    /// Whether there is a tool call or a legacy function call.
    var callsTools = false
    /// Usage inside the choice (Moonshot puts it there).
    var usage: Usage?

    /// Reads the choice at `value`, an object.
    static func read(
        _ value: Range<Int>,
        in bytes: UnsafeRawBufferPointer,
        quirks: ChatQuirks
    ) throws(JSONSyntaxError) -> ChatChoiceFacts {
        var facts = ChatChoiceFacts()
        var members = JSONMembers(at: value.lowerBound)
        try facts.read(&members, in: bytes, quirks: quirks)
        return facts
    }

    /// Reads the choice that `members` walks over, to its end.
    mutating func read(
        _ members: inout JSONMembers,
        in bytes: UnsafeRawBufferPointer,
        quirks: ChatQuirks
    ) throws(JSONSyntaxError) {
        while let member = try members.nextHead(in: bytes) {
            switch member.kind {
            case .object:
                // Some servers send `delta` and `message` side by side; both hold content only.
                if member.keyIs("delta", in: bytes) || member.keyIs("message", in: bytes) {
                    var content = members.object
                    try self.readContent(&content, in: bytes)
                    members.resume(after: content)
                } else if member.keyIs("usage", in: bytes) {
                    var usage = members.object
                    self.usage = try ChatUsage.read(&usage, in: bytes, quirks: quirks)
                    members.resume(after: usage)
                }
            case .string:
                guard member.value.count > 2 else { break }
                if member.keyIs("finish_reason", in: bytes) {
                    self.finishWord = try Self.word(member.value, in: bytes)
                } else if member.keyIs("text", in: bytes) {
                    self.text = self.hasContent ? nil : member.value
                    self.hasContent = true
                }
            case .number:
                if member.keyIs("index", in: bytes) { self.index = JSONScan.integer(member.value, in: bytes) ?? 0 }
            default: break
            }
        }
    }

    /// A finish reason as it is kept: no server has long ones, and what is kept goes into records.
    private static func word(_ value: Range<Int>, in bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> String {
        // The usual word, without making a string of it.
        if JSONScan.isString("stop", value, in: bytes) { return "stop" }
        let text = try JSONScan.string(value, in: bytes)
        return text.utf8.count <= 64 ? text : String(text.prefix(64))
    }

    /// Reads a `delta` or a `message`.
    private mutating func readContent(
        _ members: inout JSONMembers,
        in bytes: UnsafeRawBufferPointer
    ) throws(JSONSyntaxError) {
        while let member = try members.nextHead(in: bytes) {
            switch member.kind {
            case .string:
                // Longer than its two quotes.
                guard member.value.count > 2 else { break }
                if member.keyIs("content", in: bytes) {
                    self.text = self.hasContent ? nil : member.value
                    self.hasContent = true
                } else if member.keyIs("reasoning_content", in: bytes) || member.keyIs("reasoning", in: bytes)
                    || member.keyIs("refusal", in: bytes)
                {
                    self.text = self.hasContent ? nil : member.value
                    self.hasContent = true
                }
            case .array:
                // Longer than its two brackets; white space in an empty array is not worth a walk.
                if member.keyIs("tool_calls", in: bytes) {
                    guard try members.skip(in: bytes).count > 2 else { break }
                    self.hasContent = true
                    self.callsTools = true
                } else if member.keyIs("content", in: bytes) || member.keyIs("reasoning_details", in: bytes) {
                    guard try members.skip(in: bytes).count > 2 else { break }
                    self.hasContent = true
                }
            case .object:
                if member.keyIs("function_call", in: bytes) {
                    self.hasContent = true
                    self.callsTools = true
                } else if member.keyIs("audio", in: bytes) {
                    self.hasContent = true
                }
            default: break
            }
        }
    }
}
