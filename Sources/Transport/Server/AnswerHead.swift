package import NIOCore

/// The head of an answer to a client while it is written: a status line and field lines as bytes.
///
/// The framing fields (`Content-Length`, `Transfer-Encoding`, `Connection`) and `Date` are the connection's and are added
/// when the answer is sent. A value that holds a control character is written with `?` in its place, so that nothing an
/// upstream or a configuration says can break out of its line.
package struct AnswerHead {
    package let status: Int
    var bytes: ByteBuffer

    package init(status: Int, allocator: ByteBufferAllocator = ByteBufferAllocator(), capacity: Int = 640) {
        self.status = status
        self.bytes = allocator.buffer(capacity: capacity)
        self.bytes.writeStaticString("HTTP/1.1 ")
        self.bytes.writeDecimal(status)
        self.bytes.writeStaticString(AnswerHead.reason(status))
    }

    package mutating func field(_ name: StaticString, _ value: StaticString) {
        self.begin(name)
        self.bytes.writeStaticString(value)
        self.bytes.writeStaticString("\r\n")
    }

    package mutating func field(_ name: StaticString, _ value: String) {
        var value = value
        value.withUTF8 { self.field(name, UnsafeRawBufferPointer($0)) }
    }

    package mutating func field(_ name: StaticString, _ value: Int) {
        self.begin(name)
        self.bytes.writeDecimal(value)
        self.bytes.writeStaticString("\r\n")
    }

    package mutating func field(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        self.begin(name)
        self.writeValue(value)
    }

    /// A field whose name was read from an upstream's answer, where it was checked to be a token.
    package mutating func field(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        self.bytes.writeBytes(name)
        self.bytes.writeStaticString(": ")
        self.writeValue(value)
    }

    private mutating func begin(_ name: StaticString) {
        self.bytes.writeStaticString(name)
        self.bytes.writeStaticString(": ")
    }

    private mutating func writeValue(_ value: UnsafeRawBufferPointer) {
        if value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) {
            self.bytes.writeBytes(value)
        } else {
            self.bytes.writeBytes(value.map { $0 >= 0x20 && $0 != 0x7f ? $0 : UInt8(ascii: "?") })
        }
        self.bytes.writeStaticString("\r\n")
    }

    /// The space, the reason phrase and the line end after a status.
    private static func reason(_ status: Int) -> StaticString {
        switch status {
        case 200: " OK\r\n"
        case 201: " Created\r\n"
        case 204: " No Content\r\n"
        case 400: " Bad Request\r\n"
        case 401: " Unauthorized\r\n"
        case 402: " Payment Required\r\n"
        case 403: " Forbidden\r\n"
        case 404: " Not Found\r\n"
        case 405: " Method Not Allowed\r\n"
        case 408: " Request Timeout\r\n"
        case 413: " Content Too Large\r\n"
        case 414: " URI Too Long\r\n"
        case 417: " Expectation Failed\r\n"
        case 422: " Unprocessable Content\r\n"
        case 429: " Too Many Requests\r\n"
        case 431: " Request Header Fields Too Large\r\n"
        case 500: " Internal Server Error\r\n"
        case 502: " Bad Gateway\r\n"
        case 503: " Service Unavailable\r\n"
        case 504: " Gateway Timeout\r\n"
        default: " \r\n"
        }
    }
}

extension ByteBuffer {
    /// Writes a non-negative number in decimal.
    package mutating func writeDecimal(_ number: Int) {
        precondition(number >= 0, "only lengths, counts and statuses are written")
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            var at = 20
            var rest = number
            repeat {
                at -= 1
                digits[at] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
                rest /= 10
            } while rest > 0
            self.writeBytes(UnsafeRawBufferPointer(rebasing: digits[at..<20]))
        }
    }
}
