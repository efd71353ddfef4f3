import JSON
import Testing

struct EventStreamScannerTests {
    @Test(arguments: EventStreamVector.all)
    func readsEveryVector(vector: EventStreamVector) {
        let scan = MessageScan(vector.bytes)
        #expect(scan.fault == vector.fault)
        guard vector.fault == nil else {
            #expect(scan.messages.isEmpty)
            return
        }
        #expect(scan.messages.count == 1)
        #expect(scan.rest.isEmpty)
        #expect(scan.messages.first?.headers == vector.headers.map { "\($0)=string(\"\($1)\")" })
        #expect(scan.messages.first?.payload == Array(vector.payload.utf8))
    }

    @Test(arguments: EventStreamVector.all.filter { $0.fault == nil })
    func findsTheHeadersOfTheFraming(vector: EventStreamVector) throws {
        let bytes = vector.bytes
        try bytes.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) throws in
            var scanner = EventStreamScanner()
            let view = try #require(try scanner.next(in: bytes))
            func text(_ range: Range<Int>?) -> String? { range.map { String(decoding: bytes[$0], as: UTF8.self) } }
            let known = Dictionary(uniqueKeysWithValues: vector.headers)
            #expect(text(view.messageType) == known[":message-type"])
            #expect(text(view.eventType) == known[":event-type"])
            #expect(text(view.exceptionType) == known[":exception-type"])
            #expect(text(view.errorCode) == known[":error-code"])
            #expect(text(view.errorMessage) == known[":error-message"])
            #expect(text(view.contentType) == known[":content-type"])
            #expect(view.isFailure(in: bytes) == (known[":message-type"] != "event"))
            #expect(view.length == bytes.count)
        }
    }

    private static let stream = EventStreamVector.all.filter { $0.fault == nil }.flatMap(\.bytes)

    @Test
    func givesTheSameMessagesForEveryCut() {
        let whole = MessageScan(Self.stream)
        #expect(whole.messages.count == 7)
        for cut in 0...Self.stream.count {
            #expect(MessageScan([Self.stream[..<cut], Self.stream[cut...]]) == whole, "cut at \(cut)")
        }
        #expect(MessageScan(Self.stream.indices.map { Self.stream[$0...$0] }) == whole)
    }

    @Test(arguments: 0..<50)
    func givesTheSameMessagesForRandomCuts(seed: Int) {
        var random = SeededGenerator(seed: seed)
        let pieces = randomPieces(Self.stream, &random, longest: 1 + random.below(200))
        #expect(MessageScan(pieces) == MessageScan(Self.stream))
    }

    @Test
    func seesEveryFlippedBit() {
        let bytes = EventStreamVector.all[1].bytes
        for index in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[index] ^= 1 << UInt8(bit)
                let scan = MessageScan(flipped)
                #expect(scan.messages.isEmpty, "byte \(index), bit \(bit)")
                #expect(scan.fault == (index < 12 ? .preludeChecksum : .messageChecksum), "byte \(index), bit \(bit)")
            }
        }
    }

    @Test
    func waitsForTheWholePreludeAndJudgesItAtOnce() {
        let bytes = EventStreamVector.all[0].bytes
        #expect(MessageScan(Array(bytes[..<11])).fault == nil)
        var wrong = Array(bytes[..<12])
        wrong[0] ^= 0xFF
        #expect(MessageScan(wrong).fault == .preludeChecksum)
    }

    @Test
    func saysHowLongTheMessageAtHandIs() throws {
        var scanner = EventStreamScanner()
        let bytes = EventStreamVector.all[0].bytes
        #expect(scanner.expected == nil)
        try bytes.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) throws in
            #expect(try scanner.next(in: .init(rebasing: bytes[..<12])) == nil)
            #expect(scanner.expected == bytes.count)
            #expect(try scanner.next(in: bytes) != nil)
            #expect(scanner.expected == nil)
        }
    }

    @Test
    func takesAnEmptyBuffer() throws {
        var scanner = EventStreamScanner()
        #expect(try scanner.next(in: UnsafeRawBufferPointer(start: nil, count: 0)) == nil)
    }

    /// A prelude of these lengths with a checksum that fits it.
    private static func prelude(_ length: UInt32, _ headersLength: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        for value in [length, headersLength] { withUnsafeBytes(of: value.bigEndian) { bytes += Array($0) } }
        let sum = bytes.withUnsafeBytes { CRC32.checksum($0) }
        withUnsafeBytes(of: sum.bigEndian) { bytes += Array($0) }
        return bytes
    }

    @Test(
        arguments: [
            (0, 0), (15, 0), (16, 1), (100, 85), (16, 0xFFFF_FFFF), (0xFFFF_FFFF, 0),
            (128 * 1024 + 17, 128 * 1024 + 1), (24 * 1024 * 1024 + 17, 0),
        ] as [(UInt32, UInt32)]
    )
    func refusesLengthsThatCannotBe(length: UInt32, headersLength: UInt32) {
        #expect(MessageScan(Self.prelude(length, headersLength)).fault == .length)
    }

    @Test(
        arguments: [
            (16, 0), (100, 84), (128 * 1024 + 16, 128 * 1024), (24 * 1024 * 1024 + 16, 0),
        ] as [(UInt32, UInt32)]
    )
    func waitsForLengthsThatJustFit(length: UInt32, headersLength: UInt32) {
        #expect(MessageScan(Self.prelude(length, headersLength)).fault == nil)
    }

    /// A whole message with these bytes as its headers, both checksums right.
    private static func message(headers: [UInt8]) -> [UInt8] {
        var bytes = Self.prelude(UInt32(headers.count + 16), UInt32(headers.count)) + headers
        let sum = bytes.withUnsafeBytes { CRC32.checksum($0) }
        withUnsafeBytes(of: sum.bigEndian) { bytes += Array($0) }
        return bytes
    }

    @Test(
        arguments: [
            [0], [0, 7, 0, 0], [1], [1, 0x61], [2, 0x61, 0x62], [1, 0x61, 10], [1, 0x61, 255], [1, 0x61, 7],
            [1, 0x61, 7, 0], [1, 0x61, 7, 0, 1], [1, 0x61, 2], [1, 0x61, 3, 0], [1, 0x61, 4, 0, 0, 0],
            [1, 0x61, 5, 0, 0, 0, 0, 0, 0, 0], [1, 0x61, 8, 0, 0, 0, 0, 0, 0, 0], [1, 0x61, 9, 0, 0, 0],
            [1, 0x61, 0, 5],
        ] as [[UInt8]]
    )
    func refusesMalformedHeaders(headers: [UInt8]) {
        #expect(MessageScan(Self.message(headers: headers)).fault == .headers)
    }

    @Test
    func refusesAMessageThatSaysTwiceWhatItIs() {
        var bytes: [UInt8] = []
        EventStreamEncoder.append(
            headers: [(":event-type", .string("a")), (":event-type", .string("b"))],
            payload: [],
            to: &bytes
        )
        #expect(MessageScan(bytes).fault == .headers)
    }

    @Test(arguments: 0..<200)
    func neverCrashesOnNoise(seed: Int) {
        var random = SeededGenerator(seed: seed)
        let headers = (0..<random.below(60)).map { _ in UInt8(random.below(random.once(in: 2) ? 12 : 256)) }
        let scan = MessageScan(Self.message(headers: headers))
        #expect(scan.messages.count == (scan.fault == nil ? 1 : 0))
    }
}
