import HTTP1
import TestSupport
import Testing

/// Decodes `runs` and returns the payload and what follows the body, or nil where the body does not end.
private func decode(
    _ runs: [ArraySlice<UInt8>],
    _ framing: BodyFraming
) throws(HTTPFault) -> (payload: [UInt8], rest: [UInt8])? {
    var decoder = BodyDecoder(framing)
    var payload: [UInt8] = []
    var rest: [UInt8] = []
    for run in runs {
        let bytes = Array(run)
        let outcome: Result<Int, HTTPFault> = bytes.withUnsafeBytes { raw in
            do throws(HTTPFault) {
                return .success(try decoder.decode(raw) { payload.append(contentsOf: $0) })
            } catch {
                return .failure(error)
            }
        }
        rest.append(contentsOf: bytes[(try outcome.get())...])
    }
    return decoder.isEnded ? (payload, rest) : nil
}

private func chunked(_ text: String) throws(HTTPFault) -> (payload: [UInt8], rest: [UInt8])? {
    try decode([Array(text.utf8)[...]], .chunked)
}

@Suite struct BodyDecoderTests {
    @Test(arguments: 0..<60)
    func givesTheSamePayloadWhateverTheCuts(seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        let payload = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
            UInt8.random(in: 0...255, using: &generator)
        }
        var message: [UInt8] = []
        for run in randomCuts(payload, using: &generator) {
            let size = String(run.count, radix: 16, uppercase: Bool.random(using: &generator))
            let note = Bool.random(using: &generator) ? ";a=\"b;c\"" : ""
            message += Array("\(size)\(note)\r\n".utf8) + run + [13, 10]
        }
        message += Array("0\r\n\(Bool.random(using: &generator) ? "X-Trailer: y\r\n" : "")\r\nNEXT".utf8)
        let read = try #require(try decode(randomCuts(message, using: &generator), .chunked))
        #expect(read.payload == payload)
        #expect(String(decoding: read.rest, as: UTF8.self) == "NEXT")
    }

    @Test func takesALengthAndLeavesTheRest() throws {
        let read = try #require(try decode([Array("hello".utf8)[...], Array("world".utf8)[...]], .length(7)))
        #expect(String(decoding: read.payload, as: UTF8.self) == "hellowo")
        #expect(String(decoding: read.rest, as: UTF8.self) == "rld")
    }

    @Test(arguments: [
        "x\r\n", "-1\r\n", "\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n", "5\nhello\r\n", "5\r\nhelloX\r\n",
        "5\r\nhello\n",
        "0x5\r\nhello\r\n", "5;a=\"x\r\nhello", "1000000000000000\r\n", "0\r\n X: y\r\n\r\n", "0\r\nX: a\u{0}\r\n\r\n",
        "0\r\n\n", "0\r\nno-colon\r\n\r\n", "0\r\na b: c\r\n\r\n", "5;a\u{0}\r\nhello\r\n",
    ])
    func refuses(text: String) {
        #expect(throws: HTTPFault.self) { try chunked(text) }
    }

    @Test func boundsExtensionsAndTrailers() {
        let long = String(repeating: "a", count: 5000)
        #expect(throws: HTTPFault.self) { try chunked("1;\(long)\r\nx\r\n0\r\n\r\n") }
        #expect(throws: HTTPFault.self) { try chunked("0\r\nX: \(long)\r\n\r\n") }
    }

    @Test func takesTheRestOfAKnownLengthAtOnce() throws {
        var decoder = BodyDecoder(.length(10))
        #expect(decoder.takeRest(available: 9) == nil)
        let taken = try Array("1234".utf8).withUnsafeBytes { try decoder.decode($0) { _ in } }
        #expect(taken == 4)
        #expect(decoder.takeRest(available: 100) == 6)
        #expect(decoder.isEnded)
    }

    @Test(arguments: [BodyFraming.chunked, .untilClose, .none])
    func takesNoRestOfAnUnknownLength(framing: BodyFraming) {
        var decoder = BodyDecoder(framing)
        #expect(decoder.takeRest(available: 100) == nil)
    }

    @Test func knowsAnUnfinishedBody() throws {
        #expect(try chunked("5\r\nhello\r\n") == nil)
        #expect(try chunked("5\r\nhello\r\n0\r\n") == nil)
    }
}
