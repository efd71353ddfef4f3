import JSON
import Testing

struct SSEDecoderTests {
    private func decode(_ pieces: [ArraySlice<UInt8>], limit: Int = 1000) throws -> [SSEEvent] {
        var decoder = SSEDecoder(limit: limit)
        var events: [SSEEvent] = []
        for piece in pieces {
            try piece.withUnsafeBytes { bytes in try decoder.receive(bytes) { events.append($0) } }
        }
        try decoder.finish { events.append($0) }
        return events
    }

    @Test
    func dropsEventsWithoutData() throws {
        let events = try self.decode([Array("event: x\n\n: c\n\nevent: y\ndata: 1\n\ndata: 2".utf8)[...]])
        #expect(events == [SSEEvent(name: "y", data: Array("1".utf8)), SSEEvent(data: Array("2".utf8))])
    }

    @Test(arguments: 0..<50)
    func decodesWhatTheEncoderWrote(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        var bytes: [UInt8] = []
        var expected: [SSEEvent] = []
        for _ in 0..<10 {
            let data = ["", "x", " x", "a\nb", "\n", "a\n\nb\n", "{\"k\":\"é\"}", ": y", "data: z"].pick(&random)
            let name = [nil, nil, "message_start", "ping"].pick(&random)
            if random.once(in: 3) { SSEEncoder.comment(["", "keep-alive", "a\nb"].pick(&random), to: &bytes) }
            SSEEncoder.append(data: data, event: name, to: &bytes)
            expected.append(SSEEvent(name: name, data: Array(data.utf8)))
        }
        #expect(try self.decode([bytes[...]]) == expected)
        #expect(try self.decode(randomPieces(bytes, &random, longest: 9)) == expected)
    }

    @Test
    func writesOneLineForEachLineOfData() {
        var bytes: [UInt8] = []
        SSEEncoder.append(data: "a\r\nb\rc", event: "x\ny: z", to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "event: x\ndata: a\ndata: b\ndata: c\n\n")
        bytes = []
        SSEEncoder.append(data: [UInt8](), to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "data: \n\n")
        bytes = []
        SSEEncoder.comment("keep-alive", to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == ": keep-alive\n\n")
    }

    @Test(arguments: [1, 3, 1000])
    func refusesAnEventBeyondTheLimitHoweverItIsCut(size: Int) throws {
        let fits = Array("data: 12345\n\n".utf8)
        let pieces = { (bytes: [UInt8]) in
            stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min(bytes.count, $0 + size)] }
        }
        let limit = fits.count
        #expect(try self.decode(pieces(fits + fits + fits), limit: limit).count == 3)
        #expect(throws: SSEEventTooLong(limit: limit)) {
            try self.decode(pieces(fits + Array("data: 123456\n\n".utf8)), limit: limit)
        }
        #expect(throws: SSEEventTooLong(limit: limit)) {
            try self.decode(pieces(fits + Array("data: 123456789".utf8)), limit: limit)
        }
    }

    @Test
    func passesOnWhatTheReceiverThrows() {
        struct Stop: Error {}
        var decoder = SSEDecoder(limit: 100)
        #expect(throws: Stop.self) {
            try Array("data: 1\n\n".utf8).withUnsafeBytes { bytes in try decoder.receive(bytes) { _ in throw Stop() } }
        }
    }
}
