import JSON
import Testing

struct EventStreamEncoderTests {
    @Test(arguments: EventStreamVector.all.filter { $0.fault == nil })
    func writesTheBytesOfEveryVector(vector: EventStreamVector) {
        var bytes: [UInt8] = [1, 2, 3]
        let headers = vector.headers.map { ($0, EventStreamHeaderValue.string($1)) }
        EventStreamEncoder.append(headers: headers, payload: Array(vector.payload.utf8), to: &bytes)
        #expect(Array(bytes.dropFirst(3)) == vector.bytes)
    }

    @Test
    func writesEventsAndExceptionsAsBedrockDoes() {
        var bytes: [UInt8] = []
        EventStreamEncoder.appendEvent(
            "messageStart",
            payload: Array(#"{"p":"abc","role":"assistant"}"#.utf8),
            to: &bytes
        )
        #expect(bytes == EventStreamVector.all[0].bytes)
        bytes = []
        let exception = EventStreamVector.all[3]
        EventStreamEncoder.appendException("throttlingException", payload: Array(exception.payload.utf8), to: &bytes)
        #expect(bytes == exception.bytes)
    }

    /// One value of each type, at the ends of its range.
    static let values: [EventStreamHeaderValue] = [
        .bool(true), .bool(false), .byte(.min), .byte(.max), .int16(.min), .int16(.max), .int32(.min), .int32(.max),
        .int64(.min), .int64(.max), .bytes([]), .bytes([0, 255, 7]), .bytes(Array(repeating: 9, count: 32767)),
        .string(""), .string("ü☃"), .timestamp(1_700_000_000_123), .timestamp(-1), .uuid(.max), .uuid(1 << 64),
    ]

    @Test(arguments: Self.values)
    func readsBackEveryTypeOfHeader(value: EventStreamHeaderValue) throws {
        var bytes: [UInt8] = []
        EventStreamEncoder.append(headers: [("x", value), ("Y-é", .bool(true))], payload: [1, 2], to: &bytes)
        try bytes.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) throws in
            var scanner = EventStreamScanner()
            let view = try #require(try scanner.next(in: bytes))
            let headers = view.headers(in: bytes)
            #expect(headers.map(\.name) == ["x", "Y-é"])
            #expect(headers.map(\.value) == [value, .bool(true)])
            #expect(Array(bytes[view.payload]) == [1, 2])
        }
    }

    @Test(arguments: 0..<50)
    func readsBackRandomMessages(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        var bytes: [UInt8] = []
        var written: [(headers: [String], payload: [UInt8])] = []
        for _ in 0..<5 {
            let headers = (0..<random.below(6)).map { ("name\($0)", Self.values.pick(&random)) }
            let payload = (0..<random.below(300)).map { _ in UInt8(random.below(256)) }
            EventStreamEncoder.append(headers: headers, payload: payload, to: &bytes)
            written.append((headers.map { "\($0)=\($1)" }, payload))
        }
        let scan = MessageScan(randomPieces(bytes, &random, longest: 1 + random.below(500)))
        #expect(scan.fault == nil)
        #expect(scan.messages.map(\.headers) == written.map(\.headers))
        #expect(scan.messages.map(\.payload) == written.map(\.payload))
    }

    @Test
    func cutsWhatIsTooLongForAHeader() throws {
        var bytes: [UInt8] = []
        let name = String(repeating: "n", count: 254) + "é"
        let text = String(repeating: "t", count: 32766) + "é"
        EventStreamEncoder.append(headers: [(name, .string(text))], payload: [], to: &bytes)
        try bytes.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) throws in
            var scanner = EventStreamScanner()
            let header = try #require(try scanner.next(in: bytes)?.headers(in: bytes).first)
            #expect(header.name == String(name.dropLast()))
            #expect(header.value == .string(String(text.dropLast())))
        }
    }
}

struct CRC32Tests {
    /// The check value of the algorithm's catalogue entry (CRC-32/ISO-HDLC), and others by zlib.
    @Test(
        arguments: [
            ("", 0), ("123456789", 0xCBF4_3926), ("a", 0xE8B7_BE43),
            ("The quick brown fox jumps over the lazy dog", 0x414F_A339),
        ] as [(String, UInt32)]
    )
    func givesTheKnownSums(text: String, sum: UInt32) {
        #expect(Array(text.utf8).withUnsafeBytes { CRC32.checksum($0) } == sum)
    }

    @Test(arguments: 0..<40)
    func agreesWithTheBitwiseDefinitionAndGoesOn(seed: Int) {
        var random = SeededGenerator(seed: seed)
        let bytes = (0..<seed * 3).map { _ in UInt8(random.below(256)) }
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        bytes.withUnsafeBytes { whole in
            #expect(CRC32.checksum(whole) == ~sum)
            let cut = whole.isEmpty ? 0 : random.below(whole.count)
            let head = CRC32.checksum(.init(rebasing: whole[..<cut]))
            #expect(CRC32.checksum(.init(rebasing: whole[cut...]), after: head) == ~sum)
        }
    }
}
