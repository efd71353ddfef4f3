import Glibc
import HTTP1

/// Bytes right before a page that may not be read: an optimised build checks no bounds of raw buffers, the page does.
enum Guarded {
    /// Longest buffer, in bytes; inputs are shorter.
    private static let room = 1 << 20
    // The fuzzer runs on one thread.
    private nonisolated(unsafe) static let page: UnsafeMutableRawPointer = {
        let size = Int(getpagesize())
        let region = mmap(nil, room + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let region, region != MAP_FAILED, mprotect(region + room, size, PROT_NONE) == 0 else {
            preconditionFailure("no memory for the guard page")
        }
        return region + room
    }()

    /// `bytes`, ending at the page; good until the next call.
    static func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        precondition(bytes.count <= Guarded.room, "an input over the room for it")
        let start = Guarded.page - bytes.count
        if let base = bytes.baseAddress { memmove(start, base, bytes.count) }
        return UnsafeRawBufferPointer(start: start, count: bytes.count)
    }
}

extension UnsafeRawBufferPointer {
    /// The offset behind the first CRLF CRLF at or after `start`, looked for byte by byte.
    func emptyLine(from start: Int) -> Int? {
        var matched = 0
        for index in start..<Swift.max(start, self.count) {
            let expects: UInt8 = matched & 1 == 0 ? 0x0d : 0x0a
            matched = self[index] == expects ? matched + 1 : self[index] == 0x0d ? 1 : 0
            if matched == 4 { return index + 1 }
        }
        return nil
    }

    func lowercased(_ range: Range<Int>) -> String {
        String(decoding: self[range], as: UTF8.self).lowercased()
    }
}

/// Each field stands in the head, in order, and is what RFC 9112 §5 lets a field line be.
func verifyFields(_ table: FieldTable, _ bytes: UnsafeRawBufferPointer, limits: HTTPLimits) {
    precondition(table.fields.count <= limits.fields, "more fields than the limit")
    var at = 0
    for field in table.fields {
        precondition(field.name.lowerBound >= at && !field.name.isEmpty, "a field name outside its line")
        precondition(field.value.lowerBound > field.name.upperBound, "a field value before its colon")
        precondition(field.value.upperBound <= bytes.count - 4, "a field outside the head")
        precondition(bytes[field.name.upperBound] == 0x3a, "no colon after the name")
        let name = bytes[field.name]
        precondition(name.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x3a }, "a field name that is no token")
        let value = bytes[field.value]
        precondition(value.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }, "a control character in a value")
        let isBlank = { (byte: UInt8?) in byte == 0x20 || byte == 0x09 }
        precondition(!isBlank(value.first) && !isBlank(value.last), "white space around a value")
        at = field.value.upperBound + 2
    }
    // The start line, the fields, the empty line: every line feed ends one of them.
    let feeds = bytes.reduce(0) { $0 + ($1 == 0x0a ? 1 : 0) }
    precondition(feeds == table.fields.count + 2, "a line of the head was passed over")
    let first = table.fields.first.map { table.first("host", in: bytes) == $0.value }
    if let field = table.fields.first, bytes.lowercased(field.name) == "host" {
        precondition(first == true, "the first field is not found by its name")
    }
}

/// What the length fields say, worked out from the field table alone; nil where they contradict each other.
func declaredFraming(_ table: FieldTable, _ bytes: UnsafeRawBufferPointer) -> BodyFraming? {
    let lengths = table.fields.filter { bytes.lowercased($0.name) == "content-length" }
    let codings = table.fields.filter { bytes.lowercased($0.name) == "transfer-encoding" }
    guard lengths.count + codings.count <= 1 else { return nil }
    if let coding = codings.first { return bytes.lowercased(coding.value) == "chunked" ? .chunked : nil }
    guard let length = lengths.first else { return BodyFraming.none }
    guard !length.value.isEmpty, bytes[length.value].allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
        let number = Int(bytes.lowercased(length.value))
    else { return nil }
    return number == 0 ? BodyFraming.none : .length(number)
}

/// The payload of a whole chunked body, read without care; nil where it is none.
func plainlyUnchunked(_ raw: UnsafeRawBufferPointer) -> [UInt8]? {
    func line(from start: Int) -> Range<Int>? {
        var end = start
        while end + 1 < raw.count {
            if raw[end] == 0x0d, raw[end + 1] == 0x0a { return start..<end }
            end += 1
        }
        return nil
    }
    var payload: [UInt8] = []
    var at = 0
    while let head = line(from: at) {
        let digits = raw[head].prefix { $0 != 0x3b }
        guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0 else { return nil }
        at = head.upperBound + 2
        if size == 0 { break }
        guard size <= raw.count - at - 2, raw[at + size] == 0x0d, raw[at + size + 1] == 0x0a else { return nil }
        payload.append(contentsOf: raw[at..<at + size])
        at += size + 2
    }
    while let trailer = line(from: at) {
        at = trailer.upperBound + 2
        if trailer.isEmpty { return at == raw.count ? payload : nil }
    }
    return nil
}

extension RequestHead: MessageHead {
    var details: [Int] {
        [
            self.path.lowerBound, self.path.upperBound, self.query?.lowerBound ?? -1, self.query?.upperBound ?? -1,
            self.method.hashValue, self.expectsContinue ? 1 : 0, self.isVersion10 ? 1 : 0,
        ]
    }

    func verify(_ bytes: UnsafeRawBufferPointer, limits: HTTPLimits) {
        // Method, target and version are parted by the only two spaces of the line.
        let line = bytes.prefix { $0 != 0x0d }
        let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
        precondition(words.count == 3, "a request line that is not three words")
        let target = words[1].startIndex..<words[1].endIndex
        precondition(target.count <= limits.target, "a target over its limit")
        precondition(self.path.lowerBound >= target.lowerBound, "a path outside the target")
        precondition((self.query ?? self.path).upperBound == target.upperBound, "the target ends elsewhere")
        precondition(self.path.first.map { bytes[$0] } == 0x2f, "a path that does not begin with a slash")
        let rest = bytes[self.path.lowerBound..<target.upperBound]
        precondition(self.path.upperBound == (rest.firstIndex(of: 0x3f) ?? rest.endIndex), "a path of another length")
        precondition(self.query.map { $0.lowerBound == self.path.upperBound + 1 } ?? true, "a query elsewhere")

        precondition(declaredFraming(self.table, bytes) == self.framing, "fields and framing contradict each other")
        precondition(!(self.isVersion10 && self.framing == .chunked), "chunks in HTTP/1.0")
        precondition(!self.expectsContinue || self.framing != .none, "waits for a body that does not come")
        let hosts = self.table.fields.filter { bytes.lowercased($0.name) == "host" }
        precondition(hosts.count == 1 || hosts.isEmpty && self.isVersion10, "not one Host")
        precondition(self.table.framing.host == hosts.first?.value, "another Host")
    }
}

extension ResponseHead: MessageHead {
    var details: [Int] { [self.status, self.isInterim ? 1 : 0] }

    func verify(_ bytes: UnsafeRawBufferPointer, limits: HTTPLimits) {
        precondition(self.status >= 100 && self.status < 600, "a status outside the classes")
        precondition(self.status == Int(bytes.lowercased(9..<12)), "another status")
        let declared = declaredFraming(self.table, bytes)
        precondition(declared != nil, "the length fields contradict each other")
        if self.isInterim || self.status == 204 || self.status == 304 {
            precondition(self.framing == .none, "a body where RFC 9112 §6.3 says there is none")
        } else if self.table.framing.chunked || self.table.framing.contentLength != nil {
            precondition(self.framing == declared, "fields and framing contradict each other")
        } else {
            precondition(self.framing == .untilClose && !self.keepAlive, "an answer without an end")
        }
    }
}
