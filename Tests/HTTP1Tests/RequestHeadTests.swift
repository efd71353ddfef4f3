import HTTP1
import Testing

/// The head of `text`, read as the server reads it.
private func read(_ text: String, limits: HTTPLimits = HTTPLimits()) throws -> (head: RequestHead, bytes: [UInt8]) {
    let bytes = Array(text.utf8)
    var scanner = HeadScanner()
    var head = RequestHead()
    try bytes.withUnsafeBytes { raw in
        let length = try #require(try scanner.end(in: raw, limit: limits.head))
        try head.read(UnsafeRawBufferPointer(rebasing: raw[..<length]), length: length, limits: limits)
    }
    return (head, bytes)
}

private func fault(_ text: String, limits: HTTPLimits = HTTPLimits()) -> Int? {
    do {
        _ = try read(text, limits: limits)
        return nil
    } catch let fault as HTTPFault {
        return fault.status
    } catch {
        return -1
    }
}

@Suite struct RequestHeadTests {
    @Test func readsPathQueryAndFields() throws {
        let (head, bytes) = try read(
            "POST /v1/chat?key=a%20b HTTP/1.1\r\nHost: x\r\nX-A:  b c \r\nContent-Length: 12\r\n\r\n"
        )
        #expect(head.method == .post)
        #expect(String(decoding: bytes[head.path], as: UTF8.self) == "/v1/chat")
        let query = try #require(head.query)
        #expect(String(decoding: bytes[query], as: UTF8.self) == "key=a%20b")
        #expect(bytes.withUnsafeBytes { head.table.text("x-a", in: $0) } == "b c")
        #expect(head.framing == .length(12))
        #expect(head.keepAlive)
    }

    @Test func takesThePathOfAnAbsoluteTarget() throws {
        let (head, bytes) = try read("GET http://example.com:80/v1/models?x HTTP/1.1\r\nHost: example.com\r\n\r\n")
        #expect(String(decoding: bytes[head.path], as: UTF8.self) == "/v1/models")
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false), ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: keep-alive\r\n", true), ("HTTP/1.1", "Connection: x, Close\r\n", false),
    ])
    func knowsWhetherTheConnectionLivesOn(version: String, field: String, keepAlive: Bool) throws {
        #expect(try read("GET / \(version)\r\nHost: x\r\n\(field)\r\n").head.keepAlive == keepAlive)
    }

    @Test func asksForAContinueOnlyWhereABodyFollows() throws {
        let with = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n"
        let without = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n"
        #expect(try read(with).head.expectsContinue)
        #expect(try !read(without).head.expectsContinue)
    }

    /// What a strict server must not take: each of these is a known way to make two servers disagree.
    @Test(arguments: [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: user@host\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x:http\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n",
        "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.2\r\nHost: x\r\n\r\n",
        "GET / hTTP/1.1\r\nHost: x\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
        "GET /\r\nHost: x\r\n\r\n",
        "GET x HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: x\r\n\r\n",
        "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a\u{1}b HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /ä HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /#x HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1 2\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \"chunked\"\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n X: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nX: y\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nX\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nX: a\u{0}b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nX: a long value with DEL\u{7f} in it\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nX: \t\ttabs are fine\t, other controls\u{1f}are not\r\n\r\n",
        "GET / HTTP/1.1\nHost: x\n\n",
        "GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n",
        " GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\r\n\r\n",
    ])
    func refuses(text: String) {
        #expect(fault(text) == 400)
    }

    @Test func namesTheBoundThatWasPassed() {
        let limits = HTTPLimits(head: 200, fields: 3, target: 20)
        let host = "Host: x\r\n"
        #expect(fault("GET / HTTP/1.1\r\n\(host)\(String(repeating: "A: b\r\n", count: 3))\r\n", limits: limits) == 431)
        #expect(
            fault("GET / HTTP/1.1\r\n\(host)X: \(String(repeating: "a", count: 200))\r\n\r\n", limits: limits) == 431
        )
        #expect(fault("GET /\(String(repeating: "a", count: 30)) HTTP/1.1\r\n\(host)\r\n", limits: limits) == 414)
        #expect(fault("GET / HTTP/1.1\r\n\(host)Expect: tea\r\n\r\n", limits: limits) == 417)
    }

    @Test func refusesAnEndlessHeadBeforeItsEnd() {
        var scanner = HeadScanner()
        let endless = Array("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 300))".utf8)
        #expect(throws: HTTPFault.self) { try endless.withUnsafeBytes { _ = try scanner.end(in: $0, limit: 200) } }
    }
}
