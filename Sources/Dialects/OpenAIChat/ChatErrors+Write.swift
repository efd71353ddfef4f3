package import Core
internal import JSON

extension ChatErrors {
    /// An error as a whole answer: the status, and the body `{"error":{message,type,param,code}}`.
    ///
    /// The status is one that makes an OpenAI SDK do what helps: 408, 409, 429 and 5xx are tried again by it, every
    /// other status is not. `Retry-After` is the caller's to send, from ``GatewayError/retryAfter``.
    ///
    /// - Parameters:
    ///   - request: The request's name, repeated as `request_id` inside the error.
    ///   - words: How the upstream itself named an error of the client's making; it keeps its names.
    package static func write(
        _ error: GatewayError,
        request: RequestID?,
        words: ChatErrorWords? = nil
    ) -> (status: Int, body: [UInt8]) {
        (Self.status(of: error), Self.body(error, request: request, words: words))
    }

    /// An error as the last event of a stream: `data: {"error":…}` and a blank line. Official clients raise on it.
    package static func event(_ error: GatewayError, request: RequestID? = nil) -> [UInt8] {
        var event = Array("data: ".utf8)
        event.append(contentsOf: Self.body(error, request: request, words: nil))
        event.append(contentsOf: "\n\n".utf8)
        return event
    }

    /// The HTTP status of `error` towards a client.
    package static func status(of error: GatewayError) -> Int {
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

    private static func body(_ error: GatewayError, request: RequestID?, words: ChatErrorWords?) -> [UInt8] {
        let entry = Self.entry(for: error.code)
        // Kinds with a code of their own keep it: clients look for it, whatever the upstream called the error.
        let keepsWords = error.origin == .client && entry.code == nil
        let type = keepsWords ? words?.type ?? entry.type : entry.type
        let code = keepsWords ? words?.code : entry.code
        var body = Array("{\"error\":{\"message\":".utf8)
        Self.append(error.message, to: &body)
        body.append(contentsOf: ",\"type\":".utf8)
        Self.append(type, to: &body)
        body.append(contentsOf: ",\"param\":".utf8)
        Self.append(error.field, to: &body)
        body.append(contentsOf: ",\"code\":".utf8)
        Self.append(code, to: &body)
        if let request {
            body.append(contentsOf: ",\"request_id\":".utf8)
            Self.append(request.description, to: &body)
        }
        body.append(contentsOf: "}}".utf8)
        return body
    }

    private static func append(_ text: String?, to body: inout [UInt8]) {
        guard let text else {
            body.append(contentsOf: "null".utf8)
            return
        }
        body.append(UInt8(ascii: "\""))
        JSONWriter.appendEscaped(text, to: &body)
        body.append(UInt8(ascii: "\""))
    }

    /// How one kind of error looks in this dialect; no `code` where the kind covers many.
    private struct Entry {
        var status: Int
        var type: String
        var code: String?

        init(_ status: Int, _ type: String, _ code: String?) {
            self.status = status
            self.type = type
            self.code = code
        }
    }

    private static func entry(for code: GatewayError.Code) -> Entry {
        Self.entries[code] ?? Entry(500, "server_error", code.description)
    }

    private static let request = "invalid_request_error"
    private static let server = "server_error"

    private static let entries: [GatewayError.Code: Entry] = [
        .badRequest: Entry(400, request, nil),
        .unsupported: Entry(400, request, "unsupported"),
        .notInForce: Entry(400, request, "not_in_force"),
        .contextLength: Entry(400, request, "context_length_exceeded"),
        .contentFilter: Entry(400, request, "content_filter"),
        .authentication: Entry(401, request, "invalid_api_key"),
        .billing: Entry(402, "insufficient_quota", "insufficient_quota"),
        .permission: Entry(403, "permission_error", "permission_denied"),
        .notFound: Entry(404, request, "not_found"),
        .modelNotFound: Entry(404, request, "model_not_found"),
        .methodNotAllowed: Entry(405, request, "method_not_allowed"),
        .requestTimeout: Entry(408, request, "request_timeout"),
        .conflict: Entry(409, request, "conflict"),
        .bodyTooLarge: Entry(413, request, "request_too_large"),
        .rateLimit: Entry(429, "rate_limit_error", "rate_limit_exceeded"),
        .headTooLarge: Entry(431, request, "head_too_large"),
        .clientCancelled: Entry(499, request, "client_cancelled"),
        .gatewayFault: Entry(500, server, "gateway_error"),
        // What OpenAI itself answers; the caller of this adds `x-should-retry: false`, since waiting will not help.
        .quotaExhausted: Entry(429, "insufficient_quota", "insufficient_quota"),
        // Never a 401: the key that was refused is not the client's.
        .upstreamAuthentication: Entry(502, server, "upstream_auth"),
        .upstreamError: Entry(502, server, "upstream_error"),
        .network: Entry(502, server, "upstream_unreachable"),
        .truncatedStream: Entry(502, server, "truncated_stream"),
        .overloaded: Entry(503, server, "overloaded"),
        .shuttingDown: Entry(503, server, "shutting_down"),
        .upstreamTimeout: Entry(504, "timeout_error", "upstream_timeout"),
        .deadline: Entry(504, "timeout_error", "deadline_exceeded"),
    ]
}
