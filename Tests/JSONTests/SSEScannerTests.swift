import JSON
import Testing

struct SSEScannerTests {
    @Test(arguments: ["\n", "\r\n", "\r"])
    func readsEventsWithEveryLineEnd(end: String) {
        let text = ["event: a", "data: 1", "", ": comment", "", "id: 7", "retry: 5", "data:2", "data: 3", "", ""]
            .joined(separator: end)
        let events = scan(text)
        #expect(events.map(\.text) == ["1", nil, "2\n3"])
        #expect(events.map(\.name) == ["a", nil, nil])
        #expect(events.map(\.dataLines) == [1, 0, 2])
        #expect(events.flatMap(\.raw) == Array(text.utf8))
    }

    @Test(arguments: [
        ("data\n\n", ""), ("data:\n\n", ""), ("data: \n\n", ""), ("data:  x\n\n", " x"), ("data:x \n\n", "x "),
        ("data::x\n\n", ":x"),
        ("data\ndata\n\n", "\n"), ("data:a\nevent:e\ndata:b\n\n", "a\nb"), ("data:a\n\n\n", "a"),
    ])
    func readsDataAsTheStandardSays(text: String, data: String) {
        #expect(scan(text).first?.text == data)
    }

    @Test(arguments: [
        "Data:x\n\n", "datax:1\n\n", " data:1\n\n", "dat:1\n\n", ":data:1\n\n", "id:1\n\n", "\n", "dat\n\n",
        "events:1\n\n",
    ])
    func givesNoDataForOtherLines(text: String) {
        let events = scan(text)
        #expect(events.count == 1)
        #expect(events.first?.data == nil && events.first?.name == nil)
    }

    @Test(arguments: [
        ("event:a\nevent:b\ndata\n\n", "b"), ("event:a\nevent\ndata\n\n", nil), ("event\ndata\n\n", nil),
        ("event: a b\ndata\n\n", "a b"),
    ])
    func takesTheLastName(text: String, name: String?) {
        #expect(scan(text).first?.name == name)
    }

    @Test
    func skipsAByteOrderMarkAtTheStartOnly() {
        let events = scan("\u{FEFF}data: 1\ndata: 2\n\n\u{FEFF}data: 3\n\n")
        #expect(events.map(\.text) == ["1\n2", nil])
        #expect(scan("\u{FEFF}\ndata:1\n\n").map(\.text) == [nil, "1"])
        #expect(scan("\u{FEFF}\u{FEFF}data:1\n\n").map(\.text) == [nil])
    }

    @Test
    func waitsForTheByteAfterAReturn() {
        #expect(scan("data: 1\r\r", finishing: false).isEmpty)
        #expect(scan("data: 1\r\n\r", finishing: false).isEmpty)
        #expect(scan("data: 1\n\n", finishing: false).map(\.text) == ["1"])
        #expect(scan("data: 1\r\rd", finishing: false).map(\.raw) == [Array("data: 1\r\r".utf8)])
        #expect(scan("data: 1\r\r\n", finishing: false).map(\.raw) == [Array("data: 1\r\r\n".utf8)])
    }

    @Test(
        arguments: [
            ("data: 1", ["1"]), ("data: 1\n", ["1"]), ("data: 1\r", ["1"]), ("data: 1\r\n", ["1"]),
            ("data: 1\r\n\r", ["1"]), ("data: 1\r\r", ["1"]),
            ("data", [""]), ("dat", []), ("event: x\n", []), (": c", []), ("", []), ("data: 1\n\nevent: x", ["1"]),
            ("\u{FEFF}data: 1", ["1"]),
        ] as [(String, [String?])]
    )
    func finishesWithTheEventThatLacksItsBlankLine(text: String, data: [String?]) {
        let (events, _) = scan([Array(text.utf8)[...]])
        #expect(events.map(\.text) == data)
        #expect(events.last.map { text.utf8.count >= $0.raw.count } ?? true)
    }

    @Test
    func finishesACommentWhoseBlankLineWaited() {
        #expect(scan(": c\r\n\r") == [ScannedEvent(name: nil, data: nil, dataLines: 0, raw: Array(": c\r\n\r".utf8))])
    }

    @Test
    func takesAnEmptyBuffer() {
        var scanner = SSEScanner()
        #expect(scanner.next(in: UnsafeRawBufferPointer(start: nil, count: 0)) == nil)
        #expect(scanner.finish(in: UnsafeRawBufferPointer(start: nil, count: 0)) == nil)
    }

    @Test(arguments: [
        "event: a\r\ndata: 1\r\n\r\ndata: 2\n\ndata: 3\r\rdata: 4\n\r\n:c\r\n\rdata", "\u{FEFF}\r\ndata: 1\r\n\n\r\r\n",
        "\r\r\n\n\rdata:x\r\n\rdata:y\r\r\n",
    ])
    func givesTheSameEventsForEveryCut(text: String) {
        let bytes = Array(text.utf8)
        let whole = scan([bytes[...]])
        #expect(whole.events.map(\.plain) == SSEReference.events(bytes))
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let cut = scan([bytes[..<first], bytes[first..<second], bytes[second...]])
                #expect(cut == whole, "cut at \(first) and \(second)")
            }
        }
        #expect(scan(bytes.indices.map { bytes[$0...$0] }) == whole)
    }

    @Test(arguments: 0..<300)
    func agreesWithTheReferenceOnRandomStreams(seed: Int) {
        var random = SeededGenerator(seed: seed)
        let parts = [
            "data", "data:", "data: ", "event:", "event: ", "id: 1", ":", " ", "x", "é", "\n", "\n", "\n\n", "\r", "\r",
            "\r\n", "\r\n\r\n", "\u{FEFF}",
            "{\"a\":\"b\"}", "datax", "retry",
        ]
        for _ in 0..<20 {
            let bytes = Array((0..<random.below(30)).map { _ in parts.pick(&random) }.joined().utf8)
            let whole = scan([bytes[...]])
            #expect(whole.events.map(\.plain) == SSEReference.events(bytes), "\(bytes)")
            #expect(whole.events.flatMap(\.raw) + whole.rest == bytes)
            #expect(scan(randomPieces(bytes, &random, longest: 1 + random.below(12))) == whole, "\(bytes)")
        }
    }
}

extension ScannedEvent: CustomTestStringConvertible {
    var testDescription: String {
        "\(self.name ?? "-"): \(self.text ?? "-") [\(String(decoding: self.raw, as: UTF8.self))]"
    }
}
