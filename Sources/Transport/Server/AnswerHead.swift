package import NIOCore

/// The head of an answer to a client while it is written: a status line and field lines as bytes.
///
/// The framing fields (`Content-Length`, `Transfer-Encoding`, `Connection`) and `Date` are the connection's and are added
/// when the answer is sent. A value that holds a control character is written with `?` in its place, so that nothing an
/// upstream or a configuration says can break out of its line.
///
/// Never copied: with two owners, each write would begin with a copy of the bytes.
package struct AnswerHead: ~Copyable {
    package let status: Int
    /// The status line and the field lines; each field line begins with the end of the line before.
    private(set) var buffer: ByteBuffer

    /// Room for the usual head with a short body behind it: one allocation for both.
    private static let capacity = 2048

    /// - Parameter pool: where the bytes are written; without one, in a buffer of their own.
    package init(status: Int, in pool: BufferPool? = nil) {
        self.status = status
        self.buffer =
            pool?.take(capacity: AnswerHead.capacity) ?? ByteBufferAllocator().buffer(capacity: AnswerHead.capacity)
        let line = AnswerHead.statusLine(status)
        if line.utf8CodeUnitCount > 0 {
            self.buffer.writeStaticString(line)
        } else {
            self.buffer.writeStaticString("HTTP/1.1 ")
            self.buffer.writeDecimal(status)
            self.buffer.writeStaticString(" ")
        }
    }

    package mutating func field(_ name: StaticString, _ value: StaticString) {
        self.line(AnswerHead.bytes(of: name), AnswerHead.bytes(of: value))
    }

    package mutating func field(_ name: StaticString, _ value: String) {
        self.checkedLine(AnswerHead.bytes(of: name), value)
    }

    /// A field whose name is not known beforehand; the name must be a token in lower case.
    package mutating func field(name: String, _ value: String) {
        var name = name
        name.withUTF8 { self.checkedLine(UnsafeRawBufferPointer($0), value) }
    }

    package mutating func field(_ name: StaticString, _ value: Int) {
        withDecimalDigits(of: value) { self.line(AnswerHead.bytes(of: name), $0) }
    }

    /// A value that is known to hold no control character: digits, identifiers, what the gateway itself wrote.
    package mutating func field(_ name: StaticString, checked value: UnsafeRawBufferPointer) {
        self.line(AnswerHead.bytes(of: name), value)
    }

    /// A field that was read from a head, where its name was checked to be a token and its value to hold no control
    /// character.
    package mutating func field(checked name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        self.line(name, value)
    }

    /// Field lines to be written often, prepared: see the instance method of the same name.
    package static func lines(_ fields: [(name: StaticString, value: String)]) -> [UInt8] {
        var head = AnswerHead(status: 200)
        head.buffer.clear()
        for field in fields { head.field(field.name, field.value) }
        return Array(head.buffer.readableBytesView)
    }

    /// Whole field lines that were prepared before.
    package mutating func lines(_ lines: [UInt8]) { self.buffer.writeBytes(lines) }

    /// The whole head, ended, with room for `room` bytes of a body behind it.
    consuming func ended(room: Int) -> ByteBuffer {
        self.buffer.reserveCapacity(minimumWritableBytes: room + 4)
        self.buffer.writeStaticString("\r\n\r\n")
        return self.buffer
    }

    private static func bytes(of text: StaticString) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    /// One field line, in one step: piece by piece, the buffer would look after its storage for each.
    private mutating func line(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        let length = name.count + value.count + 4
        self.buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { room in
            var at = AnswerHead.put("\r\n", into: room, at: 0)
            at = AnswerHead.put(name, into: room, at: at)
            at = AnswerHead.put(": ", into: room, at: at)
            return AnswerHead.put(value, into: room, at: at)
        }
    }

    @inline(__always)
    private static func put(_ text: StaticString, into room: UnsafeMutableRawBufferPointer, at place: Int) -> Int {
        self.put(self.bytes(of: text), into: room, at: place)
    }

    @inline(__always)
    private static func put(
        _ bytes: UnsafeRawBufferPointer,
        into room: UnsafeMutableRawBufferPointer,
        at place: Int
    ) -> Int {
        UnsafeMutableRawBufferPointer(rebasing: room[place..<place + bytes.count]).copyMemory(from: bytes)
        return place + bytes.count
    }

    /// A line whose value is not known to be free of control characters.
    private mutating func checkedLine(_ name: UnsafeRawBufferPointer, _ value: String) {
        var value = value
        value.withUTF8 { utf8 in
            let value = UnsafeRawBufferPointer(utf8)
            if AnswerHead.isFieldValue(value) {
                self.line(name, value)
            } else {
                let harmless = value.map { $0 >= 0x20 && $0 != 0x7f ? $0 : UInt8(ascii: "?") }
                harmless.withUnsafeBytes { self.line(name, $0) }
            }
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
