import JSON
import Testing

struct JSONLinesScannerTests {
    /// What the scanner returns for pieces fed to it in a growing buffer, and what no line covered.
    static func scan(_ pieces: [ArraySlice<UInt8>], finishing: Bool = true) -> (lines: [String], rest: [UInt8]) {
        var scanner = JSONLinesScanner()
        var buffer: [UInt8] = []
        var lines: [String] = []
        func drain(_ next: (inout JSONLinesScanner, UnsafeRawBufferPointer) -> (line: Range<Int>, length: Int)?) {
            while true {
                let found = buffer.withUnsafeBytes { bytes -> (String, Int)? in
                    guard let (line, length) = next(&scanner, bytes) else { return nil }
                    return (String(decoding: bytes[line], as: UTF8.self), length)
                }
                guard let (line, length) = found else { return }
                lines.append(line)
                buffer.removeFirst(length)
            }
        }
        for piece in pieces {
            buffer += piece
            drain { $0.next(in: $1) }
        }
        if finishing { drain { $0.finish(in: $1) } }
        return (lines, buffer)
    }

    static func scan(_ text: String, finishing: Bool = true) -> [String] {
        Self.scan([Array(text.utf8)[...]], finishing: finishing).lines
    }

    @Test(arguments: ["\n", "\r\n"])
    func findsLinesWithEitherEnd(end: String) {
        #expect(Self.scan(["{\"a\":1}", "[2]", "3", ""].joined(separator: end)) == ["{\"a\":1}", "[2]", "3"])
    }

    @Test(arguments: ["\n\n1\n\n\r\n2\n \t\n", "1\n2", " 1 \n\n\n\t2\t\r\n"])
    func passesOverBlankLines(text: String) {
        #expect(Self.scan(text) == ["1", "2"])
    }

    @Test func waitsForTheEndOfALine() {
        #expect(Self.scan("{}", finishing: false).isEmpty)
        #expect(Self.scan("{}\r", finishing: false).isEmpty)
        #expect(Self.scan("{}\r\n", finishing: false) == ["{}"])
        #expect(Self.scan("").isEmpty)
        #expect(Self.scan("\n \n").isEmpty)
    }

    @Test func coversEveryByteUpToTheEndOfTheLine() {
        var scanner = JSONLinesScanner()
        let text = Array("\n {} \r\n[]\n".utf8)
        text.withUnsafeBytes { bytes in
            let first = scanner.next(in: bytes)
            #expect(first?.line == 2..<4)
            #expect(first?.length == 7)
            let rest = UnsafeRawBufferPointer(rebasing: bytes[7...])
            let second = scanner.next(in: rest)
            #expect(second?.line == 0..<2)
            #expect(second?.length == 3)
        }
    }

    @Test(arguments: 1...30)
    func everyCutGivesTheSameLines(seed: Int) {
        var random = SeededGenerator(seed: seed)
        var text: [UInt8] = []
        for _ in 0..<40 { text += ["{\"a\":1}", "\n", "\r\n", " ", "[1,2]", "\"é\"", "\n"].pick(&random).utf8 }
        let whole = Self.scan([text[...]])
        let cut = Self.scan(randomPieces(text, &random, longest: 5))
        #expect(whole.lines == cut.lines)
        #expect(whole.lines == Self.reference(text))
    }

    private static func reference(_ text: [UInt8]) -> [String] {
        text.split(separator: UInt8(ascii: "\n")).map { line in
            let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x0D || byte == 0x09 }
            let end = line.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? line.startIndex
            return String(decoding: line[..<end].drop(while: isSpace), as: UTF8.self)
        }.filter { !$0.isEmpty }
    }
}
