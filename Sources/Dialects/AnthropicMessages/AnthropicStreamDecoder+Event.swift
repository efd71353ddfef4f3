internal import JSON

extension AnthropicStreamDecoder {
    /// One event, with the places of what may be in it.
    struct Event {
        enum Kind {
            case messageStart
            case blockStart
            case delta
            case blockStop
            case messageDelta
            case messageStop
            case ping
            case error
            case unknown
        }

        var type = Kind.unknown
        var index: Int?
        var delta: Range<Int>?
        var block: Range<Int>?
        var message: Range<Int>?
        var usage: Range<Int>?
        var hasError = false

        /// The event in `data`.
        ///
        /// - Throws: where `data` is no JSON object.
        init(_ data: UnsafeRawBufferPointer) throws(JSONSyntaxError) {
            var members = JSONMembers()
            while let member = try members.next(in: data) {
                if member.keyIs("type", in: data) {
                    self.type = Self.kind(member.value, in: data)
                } else if member.keyIs("index", in: data) {
                    self.index = JSONScan.integer(member.value, in: data)
                } else if member.keyIs("delta", in: data) {
                    self.delta = member.kind == .object ? member.value : nil
                } else if member.keyIs("content_block", in: data) {
                    self.block = member.kind == .object ? member.value : nil
                } else if member.keyIs("message", in: data) {
                    self.message = member.kind == .object ? member.value : nil
                } else if member.keyIs("usage", in: data) {
                    self.usage = member.kind == .object ? member.value : nil
                } else if member.keyIs("error", in: data) {
                    self.hasError = member.kind != .null
                }
            }
        }

        private static func kind(_ value: Range<Int>, in data: UnsafeRawBufferPointer) -> Kind {
            if JSONScan.isString("content_block_delta", value, in: data) { return .delta }
            if JSONScan.isString("content_block_start", value, in: data) { return .blockStart }
            if JSONScan.isString("content_block_stop", value, in: data) { return .blockStop }
            if JSONScan.isString("message_start", value, in: data) { return .messageStart }
            if JSONScan.isString("message_delta", value, in: data) { return .messageDelta }
            if JSONScan.isString("message_stop", value, in: data) { return .messageStop }
            if JSONScan.isString("ping", value, in: data) { return .ping }
            if JSONScan.isString("error", value, in: data) { return .error }
            return .unknown
        }
    }

    /// What a `content_block_delta` adds.
    enum Delta {
        case text(String)
        case thinking(String)
        case input(String)
        case signature(String)
        case citation(JSONValue)
        /// The whole content of a compaction.
        case compaction(JSONValue)
        case unknown

        /// The delta at `range`.
        init(_ range: Range<Int>, in data: UnsafeRawBufferPointer) throws(JSONSyntaxError) {
            var type: Range<Int>?
            var text: Range<Int>?
            var thinking: Range<Int>?
            var input: Range<Int>?
            var signature: Range<Int>?
            var citation: Range<Int>?
            var content: Range<Int>?
            var members = JSONMembers(at: range.lowerBound, topLevel: false)
            while let member = try members.next(in: data) {
                if member.keyIs("type", in: data) {
                    type = member.value
                } else if member.kind == .string {
                    if member.keyIs("text", in: data) {
                        text = member.value
                    } else if member.keyIs("partial_json", in: data) {
                        input = member.value
                    } else if member.keyIs("thinking", in: data) {
                        thinking = member.value
                    } else if member.keyIs("signature", in: data) {
                        signature = member.value
                    } else if member.keyIs("content", in: data) {
                        content = member.value
                    }
                } else if member.kind == .object, member.keyIs("citation", in: data) {
                    citation = member.value
                }
            }
            self = .unknown
            guard let type else { return }
            func isType(_ name: StaticString) -> Bool { JSONScan.isString(name, type, in: data) }
            if let text, isType("text_delta") {
                self = .text(try JSONScan.string(text, in: data))
            } else if let input, isType("input_json_delta") {
                self = .input(try JSONScan.string(input, in: data))
            } else if let thinking, isType("thinking_delta") {
                self = .thinking(try JSONScan.string(thinking, in: data))
            } else if let signature, isType("signature_delta") {
                self = .signature(try JSONScan.string(signature, in: data))
            } else if let citation, isType("citations_delta") {
                self = .citation(try JSONValue(parsing: UnsafeRawBufferPointer(rebasing: data[citation])))
            } else if let content, isType("compaction_delta") {
                self = .compaction(.string(try JSONScan.string(content, in: data)))
            }
        }
    }
}
