import HTTP1
import TestSupport
import Testing

/// Reads a request whose one further field line is `name: v`; nil where it is refused.
private func read(fieldNamed name: [UInt8]) -> (table: FieldTable, bytes: [UInt8])? {
    let bytes = Array("GET / HTTP/1.1\r\nHost: x\r\n".utf8) + name + Array(": v\r\n\r\n".utf8)
    var head = RequestHead()
    let isRead = bytes.withUnsafeBytes { (try? head.read($0, length: $0.count, limits: HTTPLimits())) != nil }
    return isRead ? (head.table, bytes) : nil
}

@Suite struct FieldNameTests {
    /// `tchar` of RFC 9110 §5.6.2.
    private static let tokens = Set(
        Array("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    )

    /// Names are read eight bytes at a time, so each byte is tried at each place of a word and in names of every length.
    @Test(arguments: UInt8.min...UInt8.max)
    func takesTokensAndNothingElse(byte: UInt8) {
        // A colon ends the name, and a second one is a part of the value.
        guard byte != UInt8(ascii: ":") else { return }
        for length in 1...18 {
            for place in 0..<length {
                var name = [UInt8](repeating: UInt8(ascii: "n"), count: length)
                name[place] = byte
                #expect(
                    (read(fieldNamed: name) != nil) == Self.tokens.contains(byte),
                    "\(byte) at \(place) of \(length)"
                )
            }
        }
    }

    @Test(arguments: ["x-turnpike-timeout", "x-api-key", "expect-x", "api-key", "te"])
    func findsAFieldInAnyCase(name: String) throws {
        var generator = SeededGenerator(seed: name.utf8.count)
        for _ in 0..<20 {
            let written = name.map { Bool.random(using: &generator) ? $0.uppercased() : String($0) }.joined()
            let (table, bytes) = try #require(read(fieldNamed: Array(written.utf8)))
            let found = bytes.withUnsafeBytes { bytes in
                switch name {
                case "x-turnpike-timeout": table.text("x-turnpike-timeout", in: bytes)
                case "x-api-key": table.text("x-api-key", in: bytes)
                case "expect-x": table.text("expect-x", in: bytes)
                case "api-key": table.text("api-key", in: bytes)
                default: table.text("te", in: bytes)
                }
            }
            #expect(found == "v")
        }
    }

    /// Only letters have cases: other bytes that differ in the same bit are other names.
    @Test(arguments: ["x-api^key-more", "X-API^KEY-MORE", "x-api~key-mor", "y-api~key-more"])
    func tellsOtherNamesApart(name: String) throws {
        let (table, bytes) = try #require(read(fieldNamed: Array(name.utf8)))
        #expect(bytes.withUnsafeBytes { table.first("x-api~key-more", in: $0) } == nil)
    }
}
