package import Core
internal import JSON

/// Errors towards clients of Anthropic's Messages API.
///
/// Source: https://docs.anthropic.com/en/api/errors
package enum AnthropicErrors {
    /// An error as a whole answer: the status, the body `{"type":"error","error":{type,message},"request_id"}`, and the
    /// field `request-id`, which official clients show.
    ///
    /// `retry-after` and `x-should-retry` are the caller's to send.
    package static func write(
        _ error: GatewayError,
        request: RequestID?
    ) -> (status: Int, body: [UInt8], fields: [(name: String, value: String)]) {
        var fields: [(name: String, value: String)] = []
        if let request { fields.append(("request-id", request.description)) }
        return (Self.status(of: error), Self.body(error, request: request), fields)
    }

    /// An error as the last event of a stream; without its `event` line official clients would not see it.
    static func event(_ error: GatewayError, request: RequestID?) -> [UInt8] {
        var event = Array("event: error\ndata: ".utf8)
        event.append(contentsOf: Self.body(error, request: request))
        event.append(contentsOf: "\n\n".utf8)
        return event
    }

    private static func body(_ error: GatewayError, request: RequestID?) -> [UInt8] {
        var json = JSONWriter(capacity: 256)
        json.beginObject()
        json.key("type")
        json.string("error")
        json.key("error")
        json.beginObject()
        json.key("type")
        json.string(Self.entry(for: error.code).type)
        json.key("message")
        json.string(Self.message(of: error))
        json.endObject()
        json.key("request_id")
        if let request { json.string(request.description) } else { json.null() }
        json.endObject()
        return json.bytes
    }

    /// The HTTP status of `error` towards a client.
    private static func status(of error: GatewayError) -> Int {
        // What the upstream refused as the caller's fault keeps its status, where that is one of a bad request.
        if error.origin == .client, error.code == .badRequest || error.code == .unsupported,
            let status = error.upstreamStatus, (400...499).contains(status), !Self.misleading.contains(status)
        {
            return status
        }
        return Self.entry(for: error.code).status
    }

    /// Statuses that would make a client do the wrong thing about a bad request: log in, pay, wait, try again.
    private static let misleading: Set<Int> = [401, 402, 403, 407, 408, 409, 429]

    private static func entry(for code: GatewayError.Code) -> (status: Int, type: String) {
        Self.entries[code] ?? (500, "api_error")
    }

    private static let request = "invalid_request_error"
    private static let server = "api_error"

    private static let entries: [GatewayError.Code: (status: Int, type: String)] = [
        .badRequest: (400, request),
        .unsupported: (400, request),
        .notInForce: (400, request),
        .contextLength: (400, request),
        .contentFilter: (400, request),
        .authentication: (401, "authentication_error"),
        .billing: (402, "billing_error"),
        .permission: (403, "permission_error"),
        .notFound: (404, "not_found_error"),
        .modelNotFound: (404, "not_found_error"),
        .methodNotAllowed: (405, request),
        .requestTimeout: (408, request),
        .conflict: (409, request),
        .bodyTooLarge: (413, "request_too_large"),
        .rateLimit: (429, "rate_limit_error"),
        .quotaExhausted: (429, "rate_limit_error"),
        .headTooLarge: (431, request),
        .clientCancelled: (499, request),
        .gatewayFault: (500, server),
        // Never a 401: the key that was refused is not the client's.
        .upstreamAuthentication: (502, server),
        .upstreamError: (502, server),
        .network: (502, server),
        .truncatedStream: (502, server),
        .shuttingDown: (503, server),
        .upstreamTimeout: (504, "timeout_error"),
        .deadline: (504, "timeout_error"),
        .overloaded: (529, "overloaded_error"),
    ]
}

// MARK: Messages

extension AnthropicErrors {
    /// The message, led by the field at fault as the API itself does it.
    private static func message(of error: GatewayError) -> String {
        if error.code == .contextLength { return Self.overflow(error.message) }
        if let field = error.field, !error.message.contains(field) { return "\(field): \(error.message)" }
        return error.message
    }

    /// Clients shorten the conversation when they read "prompt is too long: N tokens > M maximum".
    private static func overflow(_ message: String) -> String {
        if let (count, limit) = PromptOverflow.sizes(in: message) {
            return "prompt is too long: \(count) tokens > \(limit) maximum"
        }
        if message.lowercased().contains("prompt is too long") { return message }
        return "prompt is too long: \(message)"
    }
}
