internal import Core
internal import JSON

/// The response object around the items: what became of the request, and the request's own words repeated, which the types of
/// official clients demand.
///
/// Source: https://platform.openai.com/docs/api-reference/responses/object
struct ResponsesEnvelope {
    let style: ReplyStyle
    /// The model that answers.
    var model: String

    init(_ style: ReplyStyle, model: String? = nil) {
        self.style = style
        self.model = model.flatMap { $0.isEmpty ? nil : $0 } ?? style.model
    }

    /// What became of the request.
    enum Outcome {
        case inProgress
        case completed
        case incomplete(String)
        case failed(code: String, message: String)

        /// How an answer ends that stopped for `reason`.
        init(_ reason: StopReason) {
            switch reason {
            case .length, .contextWindow: self = .incomplete("max_output_tokens")
            case .contentFilter: self = .incomplete("content_filter")
            case .malformed:
                let message = "The model wrote a call or a text that the provider could not read."
                self = .failed(code: "server_error", message: message)
            case .stop, .stopSequence, .toolCalls, .refusal, .pauseTurn, .other: self = .completed
            }
        }

        /// The `status`, which is also the last word of the event's name.
        var word: String {
            switch self {
            case .inProgress: "in_progress"
            case .completed: "completed"
            case .incomplete: "incomplete"
            case .failed: "failed"
            }
        }
    }

    /// Writes the response.
    func write(
        _ outcome: Outcome,
        _ items: [ResponsesItem],
        usage: Usage?,
        tier: String? = nil,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.key("id")
        writer.string("resp_\(self.style.id)")
        writer.key("object")
        writer.string("response")
        writer.key("created_at")
        writer.number(self.style.created)
        writer.key("status")
        writer.string(outcome.word)
        writer.key("background")
        writer.bool(false)
        writer.key("error")
        if case .failed(let code, let message) = outcome {
            writer.beginObject()
            writer.key("code")
            writer.string(code)
            writer.key("message")
            writer.string(message)
            writer.endObject()
        } else {
            writer.null()
        }
        writer.key("incomplete_details")
        if case .incomplete(let reason) = outcome {
            writer.beginObject()
            writer.key("reason")
            writer.string(reason)
            writer.endObject()
        } else {
            writer.null()
        }
        writer.key("model")
        writer.string(self.model)
        writer.key("output")
        writer.beginArray()
        for item in items { item.write(to: &writer) }
        writer.endArray()
        self.writeEcho(tier: tier, to: &writer)
        writer.key("usage")
        if let usage { ResponsesUsage.write(usage, to: &writer) } else { writer.null() }
        writer.endObject()
    }

    /// The fields of a request that its response repeats, with what they are where the request leaves them out.
    static let echoed: [(key: String, otherwise: JSONValue)] = [
        ("instructions", .null), ("max_output_tokens", .null), ("max_tool_calls", .null), ("parallel_tool_calls", true),
        ("previous_response_id", .null), ("prompt_cache_key", .null), ("reasoning", ["effort": nil, "summary": nil]),
        ("safety_identifier", .null), ("service_tier", "default"), ("store", true), ("temperature", 1.0),
        ("text", ["format": ["type": "text"]]), ("tool_choice", "auto"), ("tools", []), ("top_logprobs", 0),
        ("top_p", 1.0), ("truncation", "disabled"), ("user", .null), ("metadata", [:]),
    ]

    /// The tiers an answer can have been made in.
    private static let tiers: Set<String> = ["default", "flex", "scale", "priority", "ultrafast"]

    private func writeEcho(tier: String?, to writer: inout JSONWriter) {
        for (key, otherwise) in Self.echoed {
            writer.key(key)
            if key == "service_tier" {
                // Other providers have tiers of their own.
                writer.string(tier.flatMap { Self.tiers.contains($0) ? $0 : nil } ?? "default")
                continue
            }
            guard let said = self.style.echo?[key], !said.isNull else {
                writer.value(otherwise)
                continue
            }
            if key == "text", said["format"] == nil, case .object(var text) = said {
                text.members.insert(("format", ["type": "text"]), at: 0)
                writer.value(.object(text))
            } else {
                writer.value(said)
            }
        }
    }
}
