/// The head of a request, read strictly, as offsets into its bytes.
///
/// Source: RFC 9112 §3 (request line), §5 (fields), §6 (body length), §9 (connections); RFC 9110 §7.2 (Host).
package struct RequestHead: Sendable {
    package enum Method: Sendable, Hashable {
        case get
        case head
        case post
        case put
        case patch
        case delete
        case options
        case other
    }

    package private(set) var method = Method.other
    /// The path of the target, as it was sent (still percent-encoded).
    package private(set) var path = 0..<0
    /// What follows the question mark, where there is one.
    package private(set) var query: Range<Int>?
    package private(set) var table = FieldTable()
    package private(set) var framing = BodyFraming.none
    /// Whether the connection may carry another request after this one.
    package private(set) var keepAlive = true
    /// Whether the client waits for `100 Continue` before it sends the body.
    package private(set) var expectsContinue = false
    /// HTTP/1.0: no chunked answers.
    package private(set) var isVersion10 = false

    package init() {}

    /// Reads the head that ``HeadScanner`` found to be `bytes[0..<length]`, replacing what this value held.
    ///
    /// - Throws: ``HTTPFault`` with the 4xx status to answer.
    package mutating func read(
        _ bytes: UnsafeRawBufferPointer,
        length: Int,
        limits: HTTPLimits
    ) throws(HTTPFault) {
        var at = 0
        while CharacterClass.isToken(bytes[at]) { at &+= 1 }
        guard at > 0, at <= 32, bytes[at] == 0x20 else { throw HTTPFault(400, "the request line has no method") }
        self.method = RequestHead.method(bytes, 0..<at)
        let targetStart = at + 1
        at = targetStart
        while CharacterClass.isTarget(bytes[at]) { at &+= 1 }
        guard at > targetStart, bytes[at] == 0x20 else {
            throw HTTPFault(400, "the request line has no valid target")
        }
        guard at - targetStart <= limits.target else {
            throw HTTPFault(414, "the request target is over \(limits.target) bytes")
        }
        let target = targetStart..<at
        let version = at + 1
        guard bytes.count >= version + 10, bytes.equals("HTTP/1.", at: version),
            bytes[version + 8] == 0x0d, bytes[version + 9] == 0x0a,
            bytes[version + 7] == 0x31 || bytes[version + 7] == 0x30
        else { throw HTTPFault(400, "the request line does not end in HTTP/1.1 or HTTP/1.0") }
        self.isVersion10 = bytes[version + 7] == 0x30
        try self.readTarget(bytes, target)
        try self.table.read(bytes, from: version + 10, to: length, limit: limits.fields)
        try self.readFraming(bytes)
    }

    private static func method(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Method {
        func equals(_ name: StaticString) -> Bool {
            range.count == name.utf8CodeUnitCount && bytes.equals(name, at: range.lowerBound)
        }
        if equals("POST") { return .post }
        if equals("GET") { return .get }
        if equals("DELETE") { return .delete }
        if equals("HEAD") { return .head }
        if equals("OPTIONS") { return .options }
        if equals("PUT") { return .put }
        if equals("PATCH") { return .patch }
        return .other
    }

    /// Splits the target in path and query; an absolute-form target loses its scheme and authority (RFC 9112 §3.2.2).
    private mutating func readTarget(_ bytes: UnsafeRawBufferPointer, _ target: Range<Int>) throws(HTTPFault) {
        var start = target.lowerBound
        if bytes[start] != 0x2f {
            let schemes = [start..<min(start + 7, target.upperBound), start..<min(start + 8, target.upperBound)]
            let authority: Int
            if bytes.spells("http://", in: schemes[0]) {
                authority = start + 7
            } else if bytes.spells("https://", in: schemes[1]) {
                authority = start + 8
            } else {
                throw HTTPFault(400, "the request target is neither a path nor an http URL")
            }
            guard let slash = bytes.firstOffset(of: 0x2f, from: authority), slash < target.upperBound,
                slash > authority
            else { throw HTTPFault(400, "the request target is a URL without a path") }
            start = slash
        }
        let whole = UnsafeRawBufferPointer(rebasing: bytes[..<target.upperBound])
        if let mark = whole.firstOffset(of: 0x3f, from: start) {
            self.path = start..<mark
            self.query = mark + 1..<target.upperBound
        } else {
            self.path = start..<target.upperBound
            self.query = nil
        }
        guard whole.firstOffset(of: 0x23, from: start) == nil else {
            throw HTTPFault(400, "the request target holds a fragment")
        }
    }

    /// `uri-host [ ":" port ]` (RFC 9110 §7.2): a name or IPv4 address, or an IPv6 address in brackets. May be empty.
    private static func isHost(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        var at = range.lowerBound
        if at < range.upperBound, bytes[at] == 0x5b {
            guard let close = bytes.firstOffset(of: 0x5d, from: at), close < range.upperBound, close > at + 1 else {
                return false
            }
            for index in at + 1..<close where !CharacterClass.isAddress(bytes[index]) { return false }
            at = close + 1
        } else {
            while at < range.upperBound, CharacterClass.isName(bytes[at]) { at &+= 1 }
        }
        guard at < range.upperBound else { return true }
        guard bytes[at] == 0x3a, range.upperBound - at <= 6 else { return false }
        return (at + 1..<range.upperBound).allSatisfy { bytes[$0] &- 0x30 < 10 }
    }

    private mutating func readFraming(_ bytes: UnsafeRawBufferPointer) throws(HTTPFault) {
        let fields = self.table.framing
        guard fields.hosts <= 1 else { throw HTTPFault(400, "more than one Host") }
        guard self.isVersion10 || fields.hosts == 1 else { throw HTTPFault(400, "no Host") }
        if let host = fields.host, !RequestHead.isHost(bytes, host) {
            throw HTTPFault(400, "Host is not a valid host and port")
        }
        if fields.chunked {
            guard fields.contentLength == nil else {
                throw HTTPFault(400, "both Content-Length and Transfer-Encoding")
            }
            guard !self.isVersion10 else { throw HTTPFault(400, "Transfer-Encoding in an HTTP/1.0 request") }
            self.framing = .chunked
        } else if let length = fields.contentLength, length > 0 {
            self.framing = .length(length)
        } else {
            self.framing = .none
        }
        guard fields.expectation != .unknown else { throw HTTPFault(417, "the only known expectation is 100-continue") }
        self.expectsContinue = fields.expectation == .continue100 && !self.isVersion10 && self.framing != .none
        self.keepAlive = self.isVersion10 ? fields.keepAlive && !fields.close : !fields.close
    }
}
