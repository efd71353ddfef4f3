package import NIOCore

/// The head of an answer to a client while it is written: a status line and field lines as bytes.
///
/// The framing fields (`Content-Length`, `Transfer-Encoding`, `Connection`) and `Date` are the connection's and are added
/// when the answer is sent. A value that holds a control character is written with `?` in its place, so that nothing an
/// upstream or a configuration says can break out of its line.
package struct AnswerHead {
    package let status: Int
    /// The status line and the field lines; each field line but the first begins with the end of the one before.
    var bytes: [UInt8]

    package init(status: Int) {
        self.status = status
        self.bytes = []
        self.bytes.reserveCapacity(640)
        self.bytes.append(AnswerHead.statusLine(status))
        if self.bytes.isEmpty {
            self.bytes.append("HTTP/1.1 ")
            self.bytes.append(decimal: status)
            self.bytes.append(" ")
        }
    }

    package mutating func field(_ name: StaticString, _ value: StaticString) {
        self.begin(name)
        self.bytes.append(value)
    }

    package mutating func field(_ name: StaticString, _ value: String) {
        self.begin(name)
        var value = value
        value.withUTF8 { self.writeValue(UnsafeRawBufferPointer($0)) }
    }

    /// A field whose name is not known beforehand; the name must be a token in lower case.
    package mutating func field(name: String, _ value: String) {
        self.bytes.append("\r\n")
        self.bytes.append(contentsOf: name.utf8)
        self.bytes.append(": ")
        var value = value
        value.withUTF8 { self.writeValue(UnsafeRawBufferPointer($0)) }
    }

    package mutating func field(_ name: StaticString, _ value: Int) {
        self.begin(name)
        self.bytes.append(decimal: value)
    }

    /// A value that is known to hold no control character: digits, identifiers, what the gateway itself wrote.
    package mutating func field(_ name: StaticString, checked value: UnsafeRawBufferPointer) {
        self.begin(name)
        self.bytes.append(contentsOf: value)
    }

    /// A field that was read from a head, where its name was checked to be a token and its value to hold no control
    /// character.
    package mutating func field(checked name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        self.bytes.append("\r\n")
        self.bytes.append(contentsOf: name)
        self.bytes.append(": ")
        self.bytes.append(contentsOf: value)
    }

    /// Field lines to be written often, prepared: see the instance method of the same name.
    package static func lines(_ fields: [(name: StaticString, value: String)]) -> [UInt8] {
        var head = AnswerHead(status: 200)
        head.bytes.removeAll()
        for field in fields { head.field(field.name, field.value) }
        return head.bytes
    }

    /// Whole field lines that were prepared before.
    package mutating func lines(_ lines: [UInt8]) { self.bytes.append(contentsOf: lines) }

    private mutating func begin(_ name: StaticString) {
        self.bytes.append("\r\n")
        self.bytes.append(name)
        self.bytes.append(": ")
    }

    private mutating func writeValue(_ value: UnsafeRawBufferPointer) {
        if AnswerHead.isFieldValue(value) {
            self.bytes.append(contentsOf: value)
        } else {
            self.bytes.append(contentsOf: value.map { $0 >= 0x20 && $0 != 0x7f ? $0 : UInt8(ascii: "?") })
        }
    }

    private static func isFieldValue(_ value: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        while at < value.count {
            let byte = value[at]
            if byte < 0x20 && byte != 0x09 || byte == 0x7f { return false }
            at &+= 1
        }
        return true
    }

    /// The status line without its end, for the statuses that have a name here; empty for others.
    private static func statusLine(_ status: Int) -> StaticString {
        switch status {
        case 200: "HTTP/1.1 200 OK"
        case 201: "HTTP/1.1 201 Created"
        case 204: "HTTP/1.1 204 No Content"
        case 400: "HTTP/1.1 400 Bad Request"
        case 401: "HTTP/1.1 401 Unauthorized"
        case 402: "HTTP/1.1 402 Payment Required"
        case 403: "HTTP/1.1 403 Forbidden"
        case 404: "HTTP/1.1 404 Not Found"
        case 405: "HTTP/1.1 405 Method Not Allowed"
        case 408: "HTTP/1.1 408 Request Timeout"
        case 413: "HTTP/1.1 413 Content Too Large"
        case 414: "HTTP/1.1 414 URI Too Long"
        case 417: "HTTP/1.1 417 Expectation Failed"
        case 422: "HTTP/1.1 422 Unprocessable Content"
        case 429: "HTTP/1.1 429 Too Many Requests"
        case 431: "HTTP/1.1 431 Request Header Fields Too Large"
        case 500: "HTTP/1.1 500 Internal Server Error"
        case 502: "HTTP/1.1 502 Bad Gateway"
        case 503: "HTTP/1.1 503 Service Unavailable"
        case 504: "HTTP/1.1 504 Gateway Timeout"
        default: ""
        }
    }
}

extension [UInt8] {
    mutating func append(_ text: StaticString) {
        self.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a non-negative number in decimal.
    mutating func append(decimal number: Int) {
        withDecimalDigits(of: number) { self.append(contentsOf: $0) }
    }
}

extension ByteBuffer {
    /// Writes a non-negative number in decimal.
    package mutating func writeDecimal(_ number: Int) {
        withDecimalDigits(of: number) { _ = self.writeBytes($0) }
    }
}

private func withDecimalDigits(of number: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    precondition(number >= 0, "only lengths, counts and statuses are written")
    withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
        var at = 20
        var rest = number
        repeat {
            at -= 1
            digits[at] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
            rest /= 10
        } while rest > 0
        body(UnsafeRawBufferPointer(rebasing: digits[at..<20]))
    }
}
