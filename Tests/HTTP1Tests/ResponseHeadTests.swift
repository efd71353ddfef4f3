import HTTP1
import Testing

private func read(_ text: String) throws -> ResponseHead {
    let bytes = Array(text.utf8)
    var scanner = HeadScanner()
    var head = ResponseHead()
    try bytes.withUnsafeBytes { raw in
        let length = try #require(try scanner.end(in: raw, limit: 4096))
        try head.read(UnsafeRawBufferPointer(rebasing: raw[..<length]), length: length, limits: HTTPLimits())
    }
    return head
}

@Suite struct ResponseHeadTests {
    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, BodyFraming.length(5), true),
        ("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n", 200, .chunked, true),
        ("HTTP/1.1 200 \r\n\r\n", 200, .untilClose, false),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, .none, true),
        ("HTTP/1.1 503 Nope\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 503, .none, false),
        ("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", 200, .length(5), false),
        ("HTTP/1.1 100 Continue\r\n\r\n", 100, .none, true),
        ("HTTP/1.1 529 Sürcharge\r\nContent-Length: 1\r\n\r\n", 529, .length(1), true),
    ])
    func readsStatusAndFraming(text: String, status: Int, framing: BodyFraming, keepAlive: Bool) throws {
        let head = try read(text)
        #expect(head.status == status)
        #expect(head.framing == framing)
        #expect(head.keepAlive == keepAlive)
    }

    @Test(arguments: [
        "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 600 X\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 a\u{1}b\r\n\r\n",
    ])
    func refuses(text: String) {
        #expect(throws: HTTPFault.self) { try read(text) }
    }
}
