import HTTP1
import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport
import Testing

/// What a server makes of bytes: requests in order, and whether it refused at some point.
private struct Reading: Equatable {
    struct Request: Equatable {
        var method: String
        var target: String
        var fields: [String]
        var body: [UInt8]
    }

    var requests: [Request] = []
    var refused = false
}

private func trimmed(_ value: String) -> String {
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    let bytes = value.utf8.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
    return String(decoding: Array(bytes), as: UTF8.self)
}

/// NIOHTTP1's reading.
private func oracle(_ bytes: [UInt8]) -> Reading {
    let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
    defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
    var reading = Reading()
    do {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
    } catch {
        reading.refused = true
    }
    var current: Reading.Request?
    while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
        switch part {
        case .head(let head):
            // The oracle leaves a tab at the end of a value, which RFC 9112 §5 takes off.
            let fields = head.headers.map { "\($0.name.lowercased()): \(trimmed($0.value))" }
            current = .init(method: head.method.rawValue, target: head.uri, fields: fields, body: [])
        case .body(let buffer):
            current?.body.append(contentsOf: Array(buffer: buffer))
        case .end:
            if let whole = current { reading.requests.append(whole) }
            current = nil
        }
    }
    return reading
}

/// Our reading of the same bytes, cut as given.
private func ours(_ runs: [ArraySlice<UInt8>]) -> Reading {
    var reading = Reading()
    var pending: [UInt8] = []
    var scanner = HeadScanner()
    var current: (request: Reading.Request, decoder: BodyDecoder)?
    var isLast = false
    for run in runs {
        pending.append(contentsOf: run)
        do {
            while try step(&pending, &scanner, &current, &isLast, &reading) {}
        } catch {
            reading.refused = true
            return reading
        }
    }
    return reading
}

private func step(
    _ pending: inout [UInt8],
    _ scanner: inout HeadScanner,
    _ current: inout (request: Reading.Request, decoder: BodyDecoder)?,
    _ isLast: inout Bool,
    _ reading: inout Reading
) throws -> Bool {
    if var (request, decoder) = current {
        let taken = try pending.withUnsafeBytes { try decoder.decode($0) { request.body.append(contentsOf: $0) } }
        pending.removeFirst(taken)
        current = decoder.isEnded ? nil : (request, decoder)
        if decoder.isEnded { reading.requests.append(request) }
        return decoder.isEnded
    }
    // Both sides end with a request that does not keep the connection alive.
    if isLast { return false }
    let limits = HTTPLimits()
    var head = RequestHead()
    guard let length = try pending.withUnsafeBytes({ try scanner.end(in: $0, limit: limits.head) }) else {
        return false
    }
    let bytes = Array(pending[..<length])
    try bytes.withUnsafeBytes { try head.read($0, length: length, limits: limits) }
    // We read any token and answer 405 later; the oracle ends at a method it has no name for.
    guard head.method != .other else { throw HTTPFault(405, "a method neither side serves") }
    isLast = !head.keepAlive
    let line = bytes.split(separator: 0x20)
    let fields = head.table.fields.map { field in
        let name = String(decoding: bytes[field.name], as: UTF8.self).lowercased()
        return "\(name): \(String(decoding: bytes[field.value], as: UTF8.self))"
    }
    let request = Reading.Request(
        method: String(decoding: line[0], as: UTF8.self),
        target: String(decoding: line[1], as: UTF8.self),
        fields: fields,
        body: []
    )
    pending.removeFirst(length)
    let decoder = BodyDecoder(head.framing)
    if decoder.isEnded { reading.requests.append(request) } else { current = (request, decoder) }
    return true
}

private let samples: [String] = [
    "GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nA: b\r\n\r\nhello",
    "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: x\r\ntransfer-encoding: Chunked\r\nExpect: 100-continue\r\n\r\n0\r\nT: v\r\n\r\n",
    "GET /a?b=c&d HTTP/1.0\r\nConnection: keep-alive\r\nX:\t tabs \t\r\n\r\n",
    "DELETE /x%20y HTTP/1.1\r\nHost: [::1]:80\r\nX-Empty:\r\nAccept: */*\r\n\r\n",
]

/// Pieces that mutations are made with: what smuggling is made of.
private let spice: [String] = [
    "\r", "\n", "\r\n", " ", "\t", ":", ";", ",", "\0", "0", "1", "f", "Content-Length: 3\r\n", "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n", "transfer-encoding : chunked\r\n", "Host: y\r\n", "HTTP/1.1", "chunked", "é",
    "\"",
]

@Suite struct FramingOracleTests {
    @Test(arguments: samples)
    func readsWhatTheOracleReads(sample: String) {
        let bytes = Array(sample.utf8)
        #expect(ours([bytes[...]]) == oracle(bytes))
    }

    /// We may refuse what the oracle takes, being stricter; what we take, it must read the same, or two servers in a row
    /// could be made to see different requests.
    @Test(arguments: 0..<400)
    func whatItTakesTheOracleReadsTheSame(seed: Int) {
        var generator = SeededGenerator(seed: seed)
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            bytes += Array(samples.randomElement(using: &generator, or: samples[0]).utf8)
        }
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            let at = Int.random(in: 0...bytes.count, using: &generator)
            let length = min(Int.random(in: 0...3, using: &generator), bytes.count - at)
            let piece = Array(spice.randomElement(using: &generator, or: "\r").utf8)
            bytes.replaceSubrange(at..<at + length, with: Bool.random(using: &generator) ? piece : [])
        }
        let mine = ours([bytes[...]])
        let cut = ours(randomCuts(bytes, using: &generator))
        #expect(cut == mine, "every cut gives the same reading")
        let theirs = oracle(bytes)
        let shared = mine.requests.count
        #expect(theirs.requests.count >= shared, "the oracle reads at least the requests we read")
        #expect(Array(theirs.requests.prefix(shared)) == mine.requests)
    }
}

extension Array {
    fileprivate func randomElement(using generator: inout some RandomNumberGenerator, or fallback: Element) -> Element {
        self.randomElement(using: &generator) ?? fallback
    }
}
