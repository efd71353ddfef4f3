package import Core
package import JSON

/// What the gateway needs to know of a request in OpenAI's Chat dialect, read from its bytes without building a tree.
///
/// Ranges are byte offsets into the body the facts were read from; a range of a string includes its quotes.
package struct ChatRequestFacts: Sendable {
    /// The endpoint the request was sent to.
    package var endpoint: ChatEndpoint
    /// The model asked for, decoded. Of several `model` members the last one counts, as it does for most parsers.
    package var model: String
    /// Every `model` member's value in order: each is replaced, so that no upstream reads another name than the
    /// gateway.
    package var modelValues: [Range<Int>] { self.earlierModelValues + [self.modelValue] }
    /// Whether the answer shall be a stream.
    package var stream: Bool
    /// Whether the client asked for usage in the stream (`stream_options.include_usage`).
    package var includeUsage: Bool
    /// The value of `stream_options`, an object or null.
    package var streamOptions: Range<Int>?
    /// The value of `messages`, an array (Chat only).
    package var messages: Range<Int>?
    /// The value of `tools`, else of `functions`, an array.
    package var tools: Range<Int>?
    /// The value of `response_format`, an object.
    package var responseFormat: Range<Int>?
    /// The value of `modalities`, an array.
    package var modalities: Range<Int>?
    /// The value of `user`, a string.
    package var user: Range<Int>?
    /// The value of `metadata`, an object: its members are the request's tags.
    package var metadata: Range<Int>?

    /// The value of the `model` member that counts.
    package private(set) var modelValue = 0..<0

    /// Whether usage-only chunks are to be kept from the client: it streams and did not ask for them.
    package var hidesUsage: Bool { self.stream && !self.includeUsage }

    /// The values of the `model` members that do not count; nearly always none.
    private var earlierModelValues: [Range<Int>] = []
    /// Whether the body names no model, so that one has to be put in.
    private var lacksModel = false
    /// Whether the model comes from the path, so that the body's own must give way to it.
    private var modelIsOfPath = false
    /// Where the first member would be written: the offset behind the body's opening brace.
    var firstMember: Int
    /// The value of each `include_usage` in `stream_options`.
    var includeUsageValues: [Range<Int>] = []
    /// Whether `stream_options` is null.
    var streamOptionsIsNull = false
    /// Whether `stream_options` is an object without members.
    var streamOptionsIsEmpty = true

    private init(endpoint: ChatEndpoint, firstMember: Int) {
        self.endpoint = endpoint
        self.model = ""
        self.stream = false
        self.includeUsage = false
        self.firstMember = firstMember
    }
}

extension ChatRequestFacts {
    /// Reads the facts of `body`, one JSON object as the API reference describes it.
    ///
    /// - Parameter model: the model where the path names it, as Azure's does; what the body says then does not count.
    /// - Throws: a client error (400) that names the field, where the body is not JSON, is not UTF-8, or where a field
    /// the
    ///   gateway acts on is missing or of the wrong kind. Everything else is left to the server that answers.
    package static func read(
        _ body: UnsafeRawBufferPointer,
        endpoint: ChatEndpoint,
        model: String? = nil
    ) throws(GatewayError) -> ChatRequestFacts {
        guard let start = Self.firstByte(of: body) else {
            throw .badRequest("The request body is empty; send a JSON object.")
        }
        guard body[start] == UInt8(ascii: "{") else {
            throw .badRequest("The request body must be a JSON object.")
        }
        guard JSONScan.isValidUTF8(body) else {
            throw .badRequest("The request body is not valid UTF-8.")
        }
        var facts = ChatRequestFacts(endpoint: endpoint, firstMember: start + 1)
        var hasModel = false
        do {
            var members = JSONMembers(at: 0)
            while let member = try members.next(in: body) {
                try facts.take(member, in: body, hasModel: &hasModel)
            }
        } catch let error as JSONSyntaxError {
            throw .badRequest("The request body is not valid JSON: \(error.message) at byte \(error.offset).")
        } catch let error as GatewayError {
            throw error
        } catch {
            throw .badRequest("The request body is not valid JSON.")
        }
        if let model {
            facts.model = model
            facts.lacksModel = !hasModel
            facts.modelIsOfPath = true
            hasModel = true
        }
        guard hasModel else { throw .badRequest("The field 'model' is missing.", field: "model") }
        guard !facts.model.isEmpty else { throw .badRequest("The field 'model' must not be empty.", field: "model") }
        if endpoint == .chat, facts.messages == nil {
            throw .badRequest("The field 'messages' is missing.", field: "messages")
        }
        return facts
    }

    /// The offset of the first byte that is not white space.
    private static func firstByte(of body: UnsafeRawBufferPointer) -> Int? {
        var offset = 0
        while offset < body.count {
            switch body[offset] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): offset += 1
            default: return offset
            }
        }
        return nil
    }

    /// Notes one member of the request.
    private mutating func take(
        _ member: JSONMember,
        in body: UnsafeRawBufferPointer,
        hasModel: inout Bool
    ) throws {
        // Most members are told apart by the length of their key alone; an escaped key goes through every comparison.
        let length = member.keyHasEscapes ? 0 : member.key.count
        if length == 5 || length == 0, member.keyIs("model", in: body) {
            guard member.kind == .string else {
                throw GatewayError.badRequest("The field 'model' must be a string.", field: "model")
            }
            if hasModel { self.earlierModelValues.append(self.modelValue) }
            hasModel = true
            self.model = try JSONScan.string(member.value, in: body)
            self.modelValue = member.value
        } else if length == 8 || length == 0, member.keyIs("messages", in: body) {
            guard member.kind == .array else {
                throw GatewayError.badRequest("The field 'messages' must be an array.", field: "messages")
            }
            self.messages = member.value
        } else if length == 6 || length == 0, member.keyIs("stream", in: body) {
            switch member.kind {
            case .true: self.stream = true
            case .false, .null: self.stream = false
            default: throw GatewayError.badRequest("The field 'stream' must be true or false.", field: "stream")
            }
        } else if length == 14 || length == 0, member.keyIs("stream_options", in: body) {
            try self.takeStreamOptions(member, in: body)
        } else if length == 5 || length == 0, member.keyIs("tools", in: body) {
            if member.kind == .array { self.tools = member.value }
        } else if length == 9 || length == 0, member.keyIs("functions", in: body) {
            if member.kind == .array, self.tools == nil { self.tools = member.value }
        } else if length == 15 || length == 0, member.keyIs("response_format", in: body) {
            if member.kind == .object { self.responseFormat = member.value }
        } else if length == 10 || length == 0, member.keyIs("modalities", in: body) {
            if member.kind == .array { self.modalities = member.value }
        } else if length == 4 || length == 0, member.keyIs("user", in: body) {
            if member.kind == .string { self.user = member.value }
        } else if length == 8 || length == 0, member.keyIs("metadata", in: body) {
            if member.kind == .object { self.metadata = member.value }
        }
    }

    private mutating func takeStreamOptions(
        _ member: JSONMember,
        in body: UnsafeRawBufferPointer
    ) throws {
        self.streamOptions = member.value
        self.includeUsage = false
        self.includeUsageValues = []
        self.streamOptionsIsEmpty = true
        guard member.kind == .object else {
            guard member.kind == .null else {
                throw GatewayError.badRequest("The field 'stream_options' must be an object.", field: "stream_options")
            }
            self.streamOptionsIsNull = true
            return
        }
        self.streamOptionsIsNull = false
        var options = JSONMembers(at: member.value.lowerBound)
        while let option = try options.next(in: body) {
            self.streamOptionsIsEmpty = false
            guard option.keyIs("include_usage", in: body) else { continue }
            switch option.kind {
            case .true: self.includeUsage = true
            case .false, .null: self.includeUsage = false
            default:
                throw GatewayError.badRequest(
                    "The field 'stream_options.include_usage' must be true or false.",
                    field: "stream_options.include_usage"
                )
            }
            self.includeUsageValues.append(option.value)
        }
    }
}

extension ChatRequestFacts {
    /// The edits that turn the client's body into the upstream's, in order: the model's name, and in a stream the wish
    /// for usage, without which the gateway could not account for it. Every other byte stays as it came.
    package func splices(model: String, quirks: ChatQuirks) -> [Splice] {
        var splices: [Splice] = []
        splices.reserveCapacity(self.earlierModelValues.count + 2)
        if self.lacksModel {
            var member = Array("\"model\":".utf8)
            JSONWriter.appendString(model, to: &member)
            member.append(UInt8(ascii: ","))
            splices.append(Splice(range: self.firstMember..<self.firstMember, replacement: member))
        } else if self.modelIsOfPath || model != self.model || !self.earlierModelValues.isEmpty {
            var name: [UInt8] = []
            name.reserveCapacity(model.utf8.count + 2)
            name.append(UInt8(ascii: "\""))
            JSONWriter.appendEscaped(model, to: &name)
            name.append(UInt8(ascii: "\""))
            for value in self.earlierModelValues { splices.append(Splice(range: value, replacement: name)) }
            splices.append(Splice(range: self.modelValue, replacement: name))
        }
        guard self.stream, !self.includeUsage, quirks.acceptsStreamOptions, self.endpoint != .embeddings else {
            return splices
        }
        if let options = self.streamOptions {
            if self.streamOptionsIsNull {
                splices.append(Splice(range: options, replacement: Array("{\"include_usage\":true}".utf8)))
            } else if self.includeUsageValues.isEmpty {
                let text = self.streamOptionsIsEmpty ? "\"include_usage\":true" : "\"include_usage\":true,"
                let place = options.lowerBound + 1
                splices.append(Splice(range: place..<place, replacement: Array(text.utf8)))
            } else {
                for value in self.includeUsageValues {
                    splices.append(Splice(range: value, replacement: Array("true".utf8)))
                }
            }
        } else {
            let text = "\"stream_options\":{\"include_usage\":true},"
            splices.append(Splice(range: self.firstMember..<self.firstMember, replacement: Array(text.utf8)))
        }
        splices.sort { $0.range.lowerBound < $1.range.lowerBound }
        return splices
    }
}

extension GatewayError {
    /// A fault of the request: status 400, never worth a retry.
    static func badRequest(_ message: String, field: String? = nil) -> GatewayError {
        GatewayError(.badRequest, origin: .client, message, field: field)
    }
}
