package import Core
internal import JSON

/// Google's error shape, towards clients of the dialect.
///
/// Source: `google.rpc.Status` and https://cloud.google.com/apis/design/errors.
package enum GeminiErrors {
    /// The answer that tells a client of `error`: `{"error":{code, message, status, details}}`.
    ///
    /// The details are the kind of error (`ErrorInfo`), the field at fault (`BadRequest`), how long to wait
    /// (`RetryInfo`) and the request's name (`RequestInfo`). `Retry-After` is the caller's to send.
    package static func write(
        _ error: GatewayError,
        request: RequestID?
    ) -> (status: Int, body: [UInt8], fields: [(name: String, value: String)]) {
        let status = ChatErrors.status(of: error)
        var writer = JSONWriter(capacity: 512)
        // SDKs know an error inside a stream by these very first bytes: `{"error":`.
        writer.beginObject()
        writer.key("error")
        writer.beginObject()
        writer.key("code")
        writer.number(status)
        writer.key("message")
        let message = Self.message(of: error)
        writer.string(message)
        writer.key("status")
        writer.string(Self.word(of: status, error.code))
        writer.key("details")
        writer.beginArray()
        Self.detail("ErrorInfo", to: &writer) { writer in
            writer.key("reason")
            writer.string(Self.reason(of: error.code))
            writer.key("domain")
            writer.string("turnpike")
        }
        if let field = error.field {
            Self.detail("BadRequest", to: &writer) { writer in
                writer.key("fieldViolations")
                writer.value([["field": .string(field), "description": .string(message)]])
            }
        }
        if let delay = error.retryAfter {
            Self.detail("RetryInfo", to: &writer) { writer in
                writer.key("retryDelay")
                writer.string(Self.text(of: delay))
            }
        }
        if let request {
            Self.detail("RequestInfo", to: &writer) { writer in
                writer.key("requestId")
                writer.string(request.description)
            }
        }
        writer.endArray()
        writer.endObject()
        writer.endObject()
        return (status, writer.bytes, [])
    }

    /// Clients shorten the conversation when they read Google's own words.
    private static func message(of error: GatewayError) -> String {
        guard error.code == .contextLength else { return error.message }
        if let (count, limit) = PromptOverflow.sizes(in: error.message) {
            return "The input token count (\(count)) exceeds the maximum number of tokens allowed (\(limit))."
        }
        let words = "exceeds the maximum number of tokens allowed"
        if error.message.contains(words) { return error.message }
        return "The input token count \(words): \(error.message)"
    }

    private static func detail(_ type: String, to writer: inout JSONWriter, _ members: (inout JSONWriter) -> Void) {
        writer.beginObject()
        writer.key("@type")
        writer.string("type.googleapis.com/google.rpc.\(type)")
        members(&writer)
        writer.endObject()
    }

    /// The reason in Google's manner: what is wrong with a key has a name of Google's own.
    private static func reason(of code: GatewayError.Code) -> String {
        code == .authentication ? "API_KEY_INVALID" : code.description.uppercased()
    }

    /// Seconds with `s`, fractions where there are any (`google.protobuf.Duration`).
    private static func text(of delay: Duration) -> String {
        let (seconds, attoseconds) = max(delay, .zero).components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        if milliseconds == 0 { return "\(seconds)s" }
        let digits = String(milliseconds)
        return "\(seconds).\(String(repeating: "0", count: 3 - digits.count))\(digits)s"
    }

    /// The canonical word of an HTTP status.
    private static func word(of status: Int, _ code: GatewayError.Code) -> String {
        if code == .notInForce { return "FAILED_PRECONDITION" }
        switch status {
        case 401: return "UNAUTHENTICATED"
        case 403: return "PERMISSION_DENIED"
        case 404: return "NOT_FOUND"
        case 405: return "UNIMPLEMENTED"
        case 402, 429: return "RESOURCE_EXHAUSTED"
        case 408, 504: return "DEADLINE_EXCEEDED"
        case 409: return "ABORTED"
        case 499: return "CANCELLED"
        case 400..<500: return "INVALID_ARGUMENT"
        case 502, 503: return "UNAVAILABLE"
        default: return "INTERNAL"
        }
    }
}
