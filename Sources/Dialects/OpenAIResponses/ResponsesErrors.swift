package import Core

/// Errors towards clients of OpenAI's Responses API: the same body and the same statuses as in Chat, and an event of its own
/// in streams.
///
/// Source: https://platform.openai.com/docs/guides/error-codes/api-errors
package enum ResponsesErrors {
    /// An error as a whole answer: status, body and no header fields.
    package static func write(
        _ error: GatewayError,
        request: RequestID?
    ) -> (status: Int, body: [UInt8], fields: [(name: String, value: String)]) {
        let (status, body) = ChatErrors.write(error, request: request)
        return (status, body, [])
    }

    /// Appends the event `error`. The API reference shows its members flat; on the wire they stand in `error`, and only
    /// there do official clients raise.
    static func appendEvent(_ error: GatewayError, request: RequestID?, sequence: Int, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "event: error\ndata: {\"type\":\"error\",\"sequence_number\":\(sequence),".utf8)
        bytes.append(contentsOf: ChatErrors.write(error, request: request).body.dropFirst())
        bytes.append(contentsOf: "\n\n".utf8)
    }

    /// The word for `error` in the `error.code` of a failed response. The API has few of them, by which agents compact their
    /// conversation or wait; everything else is the server's fault.
    static func code(of error: GatewayError) -> String {
        switch error.code {
        case .contextLength: "context_length_exceeded"
        case .rateLimit: "rate_limit_exceeded"
        case .quotaExhausted, .billing: "insufficient_quota"
        case .badRequest, .unsupported, .contentFilter: "invalid_prompt"
        default: "server_error"
        }
    }
}
