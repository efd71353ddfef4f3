/// The head of an upstream's answer, read strictly, as offsets into its bytes.
///
/// Source: RFC 9112 §4 (status line), §6.3 (body length).
package struct ResponseHead: Sendable {
    package private(set) var status = 0
    package private(set) var table = FieldTable()
    package private(set) var framing = BodyFraming.none
    /// Whether the connection may carry another request after this answer.
    package private(set) var keepAlive = true

    package init() {}

    /// An interim answer (1xx), after which the final head follows.
    package var isInterim: Bool { self.status < 200 }

    /// Reads the head that ``HeadScanner`` found to be `bytes[0..<length]`, replacing what this value held.
    ///
    /// - Throws: ``HTTPFault`` where the answer is not acceptable; its status means nothing to a client of an upstream.
    package mutating func read(
        _ bytes: UnsafeRawBufferPointer,
        length: Int,
        limits: HTTPLimits
    ) throws(HTTPFault) {
        guard length >= 14, bytes.equals("HTTP/1.", at: 0), bytes[7] == 0x31 || bytes[7] == 0x30,
            bytes[8] == 0x20, let status = ResponseHead.status(bytes),
            bytes[12] == 0x20 || bytes[12] == 0x0d
        else { throw HTTPFault(400, "the answer does not begin with an HTTP/1.1 status line") }
        self.status = status
        var at = 12
        while CharacterClass.isFieldValue(bytes[at]) { at &+= 1 }
        guard bytes[at] == 0x0d, bytes[at + 1] == 0x0a else {
            throw HTTPFault(400, "the reason phrase of the answer holds a control character")
        }
        try self.table.read(bytes, from: at + 2, to: length, limit: limits.fields)
        let fields = self.table.framing
        let version10 = bytes[7] == 0x30
        guard !(fields.chunked && fields.contentLength != nil) else {
            throw HTTPFault(400, "the answer has both Content-Length and Transfer-Encoding")
        }
        guard !(fields.chunked && version10) else {
            throw HTTPFault(400, "the HTTP/1.0 answer has Transfer-Encoding")
        }
        if status < 200 || status == 204 || status == 304 {
            self.framing = .none
        } else if fields.chunked {
            self.framing = .chunked
        } else if let length = fields.contentLength {
            self.framing = length == 0 ? .none : .length(length)
        } else {
            self.framing = .untilClose
        }
        self.keepAlive =
            self.framing != .untilClose && (version10 ? fields.keepAlive && !fields.close : !fields.close)
    }

    private static func status(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let hundreds = bytes[9] &- 0x30
        let tens = bytes[10] &- 0x30
        let ones = bytes[11] &- 0x30
        guard hundreds >= 1, hundreds <= 5, tens < 10, ones < 10 else { return nil }
        return Int(hundreds) * 100 + Int(tens) * 10 + Int(ones)
    }
}
