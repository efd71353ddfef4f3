import Core
import Identity
import Testing

@Suite struct APIKeyTests {
    @Test(arguments: UInt64(0)..<20)
    func hasItsPrefixAnd43CharactersOfBase64url(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        let text = APIKey(using: &generator).secret.reveal()
        #expect(text.utf8.count == APIKey.length)
        #expect(text.hasPrefix("tp-"))
        #expect(text.dropFirst(3).allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") })
    }

    @Test func writesBase64urlAsTheStandardSays() {
        struct Fixed: RandomNumberGenerator {
            var words: [UInt64]
            mutating func next() -> UInt64 { self.words.removeFirst() }
        }
        // The bytes 0, 1, … 31 in base64url (RFC 4648 §5).
        var generator = Fixed(words: [
            0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908, 0x1716_1514_1312_1110, 0x1F1E_1D1C_1B1A_1918,
        ])
        let key = APIKey(using: &generator)
        #expect(key.secret.reveal() == "tp-AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")
        #expect(key.prefix == "tp-AAEC")
    }

    @Test func differsEveryTime() {
        #expect(Set((0..<100).map { _ in APIKey().secret.reveal() }).count == 100)
    }

    @Test func cannotBePrinted() {
        let key = APIKey()
        var dumped = ""
        dump(key, to: &dumped)
        let rest = key.secret.reveal().dropFirst(7)
        #expect(!"\(key)".contains(rest))
        #expect(!dumped.contains(rest))
    }

    @Test func mintedRecordsNameTheKeyButDoNotHoldIt() {
        let minter = KeyMinter()
        let (first, record) = minter.mint(name: "ci", account: .standard, at: 1_700_000_000_000)
        let (_, later) = minter.mint(name: "ci", account: .standard, at: 1_700_000_000_000)
        #expect(record.prefix == first.prefix)
        #expect(record.id.hasPrefix("key_"))
        #expect(record.id.utf8.count == 30)
        #expect(record.id < later.id)
        #expect(!"\(record)".contains(first.secret.reveal()))
    }

    @Test(arguments: 0..<32)
    func digestsThatDifferInOneByteAreNotEqual(position: Int) throws {
        let zeros = [UInt8](repeating: 0, count: 32)
        var other = zeros
        other[position] = 1
        #expect(try #require(KeyDigest(zeros)) != #require(KeyDigest(other)))
        #expect(try #require(KeyDigest(other)) == #require(KeyDigest(other)))
        #expect(try #require(KeyDigest(other)).bytes == other)
    }

    @Test(arguments: [0, 31, 33])
    func digestsHave32Bytes(count: Int) {
        #expect(KeyDigest([UInt8](repeating: 0, count: count)) == nil)
    }

    @Test(arguments: ["default", "acme/research", "a/b/c/d/e/f/g/h", "A-1_2.3"])
    func acceptsAccountPaths(text: String) {
        #expect(AccountPath(text)?.description == text)
    }

    @Test(arguments: [
        "", "/", "a/", "/a", "a//b", "a/../b", ".", "a b", "a\u{0}b", "ü", "a/b/c/d/e/f/g/h/i",
        String(repeating: "x", count: 65),
    ])
    func refusesTextsThatAreNoAccountPath(text: String) {
        #expect(AccountPath(text) == nil)
    }
}
