/// A hash that is the same in every process and on every machine, unlike `Hasher`: the demo's only source of chance.
///
/// FNV-1a with the finisher of SplitMix64. Sources: http://www.isthe.com/chongo/tech/comp/fnv/ and
/// https://prng.di.unimi.it/splitmix64.c
struct DemoHash {
    private(set) var state: UInt64 = 0xCBF2_9CE4_8422_2325

    /// The hash of some bytes.
    init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            self.state = (self.state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
    }

    /// The hash of a text.
    init(_ text: String) { self.init(text.utf8) }

    /// The next of an endless row of numbers that follow from what was hashed.
    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// An identifier: `prefix` and `length` letters and digits.
    mutating func identifier(_ prefix: String, length: Int = 24) -> String {
        let alphabet = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        var text = Array(prefix.utf8)
        for _ in 0..<length { text.append(alphabet[Int(self.next() % UInt64(alphabet.count))]) }
        return String(decoding: text, as: UTF8.self)
    }
}
