import Core
import NIOCore
import Transport

/// The `Server-Timing` field: what the upstream took and what the gateway added, in milliseconds.
///
/// Source: https://www.w3.org/TR/server-timing/
enum ServerTiming {
    static func write(_ settlement: Settlement, into head: inout AnswerHead) {
        withUnsafeTemporaryAllocation(byteCount: 96, alignment: 1) { bytes in
            var at = 0
            append("upstream;dur=", to: bytes, &at)
            append(nanoseconds: settlement.upstreamNanoseconds, to: bytes, &at)
            append(", gateway;dur=", to: bytes, &at)
            append(nanoseconds: settlement.gatewayNanoseconds, to: bytes, &at)
            head.field("server-timing", checked: UnsafeRawBufferPointer(rebasing: bytes[..<at]))
        }
    }

    private static func append(_ text: StaticString, to bytes: UnsafeMutableRawBufferPointer, _ at: inout Int) {
        for index in 0..<text.utf8CodeUnitCount {
            bytes[at] = text.utf8Start[index]
            at += 1
        }
    }

    /// In milliseconds with three decimal places, without a detour over floating-point formatting.
    private static func append(nanoseconds: UInt64, to bytes: UnsafeMutableRawBufferPointer, _ at: inout Int) {
        let (whole, rest) = (nanoseconds / 1000).quotientAndRemainder(dividingBy: 1000)
        var digits: (UInt64, Int) = (whole, 1)
        while digits.0 >= 10 { digits = (digits.0 / 10, digits.1 + 1) }
        var left = whole
        for place in (0..<digits.1).reversed() {
            bytes[at + place] = UInt8(truncatingIfNeeded: 0x30 + left % 10)
            left /= 10
        }
        at += digits.1
        bytes[at] = UInt8(ascii: ".")
        bytes[at + 1] = UInt8(truncatingIfNeeded: 0x30 + rest / 100)
        bytes[at + 2] = UInt8(truncatingIfNeeded: 0x30 + rest / 10 % 10)
        bytes[at + 3] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
        at += 4
    }
}

/// The `Proxy-Status` field: why an answer is not the upstream's (RFC 9209).
enum ProxyStatus {
    static func text(_ error: GatewayError) -> String {
        let kind =
            switch error.code {
            case .upstreamTimeout: "http_response_timeout"
            case .network: "destination_unavailable"
            case .truncatedStream: "http_response_incomplete"
            case .upstreamError where error.upstreamStatus == nil: "http_protocol_error"
            default: "http_request_error"
            }
        var text = "turnpike; error=\(kind)"
        if let status = error.upstreamStatus { text += "; received-status=\(status)" }
        return text
    }
}
