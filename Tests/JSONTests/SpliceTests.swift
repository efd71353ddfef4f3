import JSON
import Testing

struct SpliceTests {
    private func apply(_ splices: [Splice], to text: String) -> String {
        Array(text.utf8).withUnsafeBytes { String(decoding: Splice.apply(splices, to: $0) as [UInt8], as: UTF8.self) }
    }

    @Test
    func replacesInsertsAndDeletes() {
        let splices = [
            Splice(range: 0..<0, replacement: Array("<".utf8)), Splice(range: 1..<3, replacement: Array("BBB".utf8)),
            Splice(range: 3..<4, replacement: []), Splice(range: 6..<6, replacement: Array("x".utf8)),
            Splice(range: 6..<6, replacement: Array("y".utf8)),
        ]
        #expect(self.apply(splices, to: "abcdef") == "<aBBBefxy")
        #expect(Splice.growth(splices) == 3)
    }

    @Test
    func keepsTheTextWithoutSplices() {
        #expect(self.apply([], to: "abc") == "abc")
        #expect(self.apply([], to: "") == "")
    }

    @Test
    func handsOutNoEmptyPiece() {
        let splices = [Splice(range: 0..<1, replacement: []), Splice(range: 1..<3, replacement: [0x78])]
        Array("abc".utf8).withUnsafeBytes { bytes in
            var sizes: [Int] = []
            Splice.apply(splices, to: bytes) { sizes.append($0.count) }
            #expect(sizes == [1])
        }
    }

    @Test(arguments: 0..<50)
    func keepsEveryByteWhenMembersReplaceThemselves(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        let bytes = RandomJSON.loosely(.object(RandomJSON.object(&random)), &random)
        try bytes.withUnsafeBytes { buffer in
            var walk = JSONMembers()
            var splices: [Splice] = []
            while let member = try walk.next(in: buffer) {
                splices.append(Splice(range: member.value, replacement: Array(buffer[member.value])))
            }
            #expect(Splice.apply(splices, to: buffer) as [UInt8] == bytes)
            #expect(Splice.growth(splices) == 0)
        }
    }
}
