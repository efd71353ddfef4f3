/// Where one field line stands in the bytes of a head.
package struct HeadField: Sendable, Hashable {
    package var name: Range<Int>
    /// Without the optional white space around it.
    package var value: Range<Int>
}

/// The field lines of one head as offsets into its bytes: no strings, no copies, and storage that is reused from head to
/// head.
package struct FieldTable: Sendable {
    package private(set) var fields: ContiguousArray<HeadField> = []
    /// The marks of the names that are there, so that most fields that are not need no search.
    private var marks: UInt64 = 0
    /// What the framing fields said.
    package private(set) var framing = FramingFields()

    package init() {}

    /// The value of the first field named `name` (lower case).
    package func first(_ name: StaticString, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        guard self.marks & FieldTable.mark(name.utf8Start[0], name.utf8CodeUnitCount) != 0 else { return nil }
        for field in self.fields where bytes.spells(name, in: field.name) { return field.value }
        return nil
    }

    /// The text of the first field named `name` (lower case); bytes that are not UTF-8 are replaced.
    package func text(_ name: StaticString, in bytes: UnsafeRawBufferPointer) -> String? {
        self.first(name, in: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// One of 64 bits for a name, by its first letter in either case and its length.
    @inline(__always)
    private static func mark(_ first: UInt8, _ length: Int) -> UInt64 {
        1 &<< (UInt64(first | 0x20) &+ UInt64(truncatingIfNeeded: length) &* 7)
    }

    /// Reads the field lines from `start` to the empty line that ends at `end`.
    ///
    /// Strict as RFC 9112 §5: a token, a colon with nothing before it, a value without control characters, CRLF; no line
    /// folding. The framing fields are gathered on the way.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int,
        to end: Int,
        limit: Int
    ) throws(HTTPFault) {
        self.fields.removeAll(keepingCapacity: true)
        self.framing = FramingFields()
        self.marks = 0
        var at = start
        while at < end - 2 {
            // The head ends in CRLF CRLF, so both scans stop inside it.
            let colon = CharacterClass.endOfToken(bytes, from: at)
            guard colon > at, bytes[colon] == 0x3a else {
                throw HTTPFault(400, "a field line has no valid name followed at once by a colon")
            }
            let lineEnd = CharacterClass.endOfFieldValue(bytes, from: colon &+ 1)
            guard bytes[lineEnd] == 0x0d, bytes[lineEnd + 1] == 0x0a else {
                throw HTTPFault(400, "a field value holds a control character")
            }
            guard self.fields.count < limit else { throw HTTPFault(431, "the head has over \(limit) fields") }
            let field = HeadField(name: at..<colon, value: bytes.trimmed(colon + 1..<lineEnd))
            self.fields.append(field)
            self.marks |= FieldTable.mark(bytes[at], field.name.count)
            try self.framing.note(field, in: bytes)
            at = lineEnd + 2
        }
    }
}

/// The fields that decide where a message ends and whether its connection lives on (RFC 9112 §6 and §9).
package struct FramingFields: Sendable, Hashable {
    package private(set) var contentLength: Int?
    package private(set) var chunked = false
    package private(set) var close = false
    package private(set) var keepAlive = false
    package private(set) var hosts = 0
    package private(set) var host: Range<Int>?
    package private(set) var expectation: Expectation?

    /// What an `Expect` field asks for.
    package enum Expectation: Sendable, Hashable {
        case continue100
        case unknown
    }

    @inline(__always)
    fileprivate mutating func note(_ field: HeadField, in bytes: UnsafeRawBufferPointer) throws(HTTPFault) {
        switch field.name.count {
        case 4 where bytes.spells("host", in: field.name):
            self.hosts += 1
            self.host = field.value
        case 6 where bytes.spells("expect", in: field.name):
            self.expectation = bytes.spells("100-continue", in: field.value) ? .continue100 : .unknown
        case 10 where bytes.spells("connection", in: field.name):
            self.noteConnection(bytes, field.value)
        case 14 where bytes.spells("content-length", in: field.name):
            // Two Content-Length fields are refused even where they agree: someone before us read one of them.
            guard self.contentLength == nil else { throw HTTPFault(400, "more than one Content-Length") }
            guard let length = FramingFields.length(bytes, field.value) else {
                throw HTTPFault(400, "Content-Length is not a plain decimal number")
            }
            self.contentLength = length
        case 17 where bytes.spells("transfer-encoding", in: field.name):
            guard !self.chunked, bytes.spells("chunked", in: field.value) else {
                throw HTTPFault(400, "Transfer-Encoding is not exactly one 'chunked'")
            }
            self.chunked = true
        default:
            break
        }
    }

    private static func length(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) -> Int? {
        guard !value.isEmpty, value.count <= 18 else { return nil }
        var number = 0
        for index in value {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { return nil }
            number = number &* 10 &+ Int(digit)
        }
        return number
    }

    private mutating func noteConnection(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) {
        var start = value.lowerBound
        while start <= value.upperBound {
            var end = start
            while end < value.upperBound, bytes[end] != 0x2c { end += 1 }
            let option = bytes.trimmed(start..<end)
            if bytes.spells("close", in: option) { self.close = true }
            if bytes.spells("keep-alive", in: option) { self.keepAlive = true }
            start = end + 1
        }
    }
}

/// How a message body is delimited.
package enum BodyFraming: Sendable, Hashable {
    case none
    /// Content-Length: this many bytes.
    case length(Int)
    /// Transfer-Encoding: chunked.
    case chunked
    /// Answers only: everything until the connection closes.
    case untilClose
}
