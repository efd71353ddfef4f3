import HTTP1
import TestSupport
import Testing

@Suite struct HeadScannerTests {
    @Test(arguments: 0..<50)
    func findsTheSameEndWhateverTheCuts(seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        let head = Array("POST /v1 HTTP/1.1\r\nHost: x\r\nX-Long: \(String(repeating: "y", count: seed))\r\n\r\n".utf8)
        let message = head + Array("body\r\n\r\nmore".utf8)
        var scanner = HeadScanner()
        var seen: [UInt8] = []
        var found: Int?
        for run in randomCuts(message, using: &generator) where found == nil {
            seen.append(contentsOf: run)
            found = try seen.withUnsafeBytes { try scanner.end(in: $0, limit: 1000) }
        }
        #expect(found == head.count)
    }
}
