import Core
import Dialects
import HTTP1
import NIOCore
import Transport

/// The client's header fields that go on to an upstream: a short list, everything else stays here.
enum ForwardedFields {
    /// Field lines ready to be written, or nil where the client sent none of them.
    ///
    /// - Parameter dialect: the dialect both sides speak; nil where they speak two, to one of which the client's own fields
    ///   mean nothing.
    static func of(_ request: ServerRequest, to dialect: Dialect?) -> ByteBuffer? {
        request.headBytes.withUnsafeReadableBytes { bytes in
            var lines: ByteBuffer?
            for field in request.head.table.fields where isForwarded(field.name, in: bytes, to: dialect) {
                var written = lines ?? ByteBuffer()
                written.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[field.name]))
                written.writeStaticString(": ")
                written.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[field.value]))
                written.writeStaticString("\r\n")
                lines = written
            }
            if dialect == .anthropicMessages, request.head.table.first("anthropic-version", in: bytes) == nil {
                // Its own API insists on a version; this is the one that takes everything.
                var written = lines ?? ByteBuffer()
                written.writeStaticString("anthropic-version: 2023-06-01\r\n")
                lines = written
            }
            return lines
        }
    }

    private static func isForwarded(
        _ name: Range<Int>,
        in bytes: UnsafeRawBufferPointer,
        to dialect: Dialect?
    ) -> Bool {
        switch name.count {
        case 10: bytes.spells("tracestate", in: name)
        case 11:
            bytes.spells("traceparent", in: name) || dialect == .openAIChat && bytes.spells("openai-beta", in: name)
        case 14: dialect == .anthropicMessages && bytes.spells("anthropic-beta", in: name)
        case 15: dialect != nil && bytes.spells("idempotency-key", in: name)
        case 17: dialect == .anthropicMessages && bytes.spells("anthropic-version", in: name)
        case 19: dialect == .openAIChat && bytes.spells("x-client-request-id", in: name)
        default: false
        }
    }

    /// Whether an upstream's field names the request at Anthropic or AWS.
    static func isRequestName(_ name: UnsafeRawBufferPointer) -> Bool {
        switch name.count {
        case 10: name.spells("request-id", in: 0..<10)
        case 16: name.spells("x-amzn-requestid", in: 0..<16)
        default: false
        }
    }

    /// Whether an upstream's field describes its handling (`openai-processing-ms`, `openai-version`); its organisation
    /// and project are the operator's business.
    static func isOpenAI(_ name: UnsafeRawBufferPointer) -> Bool {
        switch name.count {
        case 12: name.spells("openai-model", in: 0..<12)
        case 14: name.spells("openai-version", in: 0..<14)
        case 20: name.spells("openai-processing-ms", in: 0..<20)
        default: false
        }
    }
}

/// The `x-turnpike-timeout` field.
enum RequestTimeout {
    /// The duration the client asks for, or nil where it asks for none.
    ///
    /// - Throws: `badRequest` for a text that is no duration (`250ms`, `20s`, `10m`).
    static func read(_ request: ServerRequest) throws(GatewayError) -> Duration? {
        guard let text = request.field("x-turnpike-timeout") else { return nil }
        let units: [(String, Int64)] = [("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000)]
        for (unit, nanoseconds) in units where text.hasSuffix(unit) {
            guard let number = Int64(text.dropLast(unit.count)), number > 0, number <= 86_400_000 else { break }
            return .nanoseconds(number * nanoseconds)
        }
        throw GatewayError(
            .badRequest,
            origin: .client,
            "x-turnpike-timeout is a number with a unit, such as 250ms, 20s or 10m",
            field: "x-turnpike-timeout"
        )
    }
}
