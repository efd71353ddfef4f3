internal import JSON

/// One event of a stream as places in its text.
struct ResponsesStreamEvent {
    enum Kind {
        case created
        case itemAdded
        case itemDone
        case partDone
        case textDelta
        case textDone
        case refusalDelta
        case refusalDone
        case reasoningDelta
        case reasoningDone
        case summaryDelta
        case summaryDone
        case callDelta
        case callDone
        case annotation
        /// The response is whole, or broke off for a reason of its own.
        case terminal
        case failed
        case error
        case heartbeat
        case other

        /// The kind of item the event belongs to.
        var item: ResponsesStreamItem.Kind {
            switch self {
            case .reasoningDelta, .reasoningDone, .summaryDelta, .summaryDone: .reasoning
            case .callDelta, .callDone: .call
            default: .message
            }
        }
    }

    var type: Range<Int>?
    /// The `output_index`.
    var index: Int?
    /// The `content_index` or `summary_index`.
    var part: Int?
    var delta: Range<Int>?
    /// The whole text of an event that ends one.
    var text: Range<Int>?
    var logprobs: Range<Int>?
    var item: Range<Int>?
    var annotation: Range<Int>?
    var response: Range<Int>?
    var hasError = false

    /// Finds the members of the event in `data`.
    mutating func find(in data: UnsafeRawBufferPointer) throws(JSONSyntaxError) {
        var members = JSONMembers(at: 0)
        while let member = try members.next(in: data) {
            switch member.kind {
            case .string:
                if member.keyIs("delta", in: data) {
                    self.delta = member.value
                } else if member.keyIs("type", in: data) {
                    self.type = member.value
                } else if member.keyIs("text", in: data) || member.keyIs("arguments", in: data)
                    || member.keyIs("input", in: data) || member.keyIs("refusal", in: data)
                {
                    self.text = member.value
                } else if member.keyIs("error", in: data), member.value.count > 2 {
                    self.hasError = true
                }
            case .number:
                if member.keyIs("output_index", in: data) {
                    self.index = JSONScan.integer(member.value, in: data)
                } else if member.keyIs("content_index", in: data) || member.keyIs("summary_index", in: data) {
                    self.part = JSONScan.integer(member.value, in: data)
                }
            case .object:
                if member.keyIs("item", in: data) {
                    self.item = member.value
                } else if member.keyIs("response", in: data) {
                    self.response = member.value
                } else if member.keyIs("annotation", in: data) {
                    self.annotation = member.value
                } else if member.keyIs("error", in: data) {
                    self.hasError = true
                }
            case .array:
                // An empty list is the two brackets.
                if member.value.count > 2, member.keyIs("logprobs", in: data) { self.logprobs = member.value }
            case .true, .false, .null: continue
            }
        }
    }

    /// What the event is, by its type, or by its name where it has none; nil where it has neither.
    func kind(_ name: UnsafeRawBufferPointer?, in data: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> Kind? {
        guard let type = self.type else {
            if self.hasError { return .error }
            guard let name, !name.isEmpty else { return nil }
            return Self.kind(String(decoding: name, as: UTF8.self))
        }
        // The two that nearly all events are.
        if JSONScan.isString("response.output_text.delta", type, in: data) { return .textDelta }
        if JSONScan.isString("response.function_call_arguments.delta", type, in: data) { return .callDelta }
        let kind = Self.kind(try JSONScan.string(type, in: data))
        return kind == .other && self.hasError ? .error : kind
    }

    private static func kind(_ type: String) -> Kind {
        switch type {
        case "response.created", "response.in_progress", "response.queued": .created
        case "response.output_item.added": .itemAdded
        case "response.output_item.done": .itemDone
        case "response.content_part.done": .partDone
        case "response.output_text.delta": .textDelta
        case "response.output_text.done": .textDone
        case "response.output_text.annotation.added": .annotation
        case "response.refusal.delta": .refusalDelta
        case "response.refusal.done": .refusalDone
        case "response.reasoning_text.delta": .reasoningDelta
        case "response.reasoning_text.done": .reasoningDone
        case "response.reasoning_summary_text.delta": .summaryDelta
        case "response.reasoning_summary_text.done": .summaryDone
        case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta": .callDelta
        case "response.function_call_arguments.done", "response.custom_tool_call_input.done": .callDone
        case "response.completed", "response.incomplete", "response.done": .terminal
        case "response.failed", "response.cancelled": .failed
        case "error", "response.error": .error
        case "ping", "keepalive": .heartbeat
        default: .other
        }
    }
}
