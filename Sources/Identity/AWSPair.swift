package import Core

/// The access key id of a key's AWS pair: `AKTP` and 16 characters of A–Z and 2–7, as long as AWS's own.
///
/// It names the key and is no secret; it is held as its 80 bits, so that comparing two is one integer comparison.
package struct AWSAccessKeyID: Sendable, Hashable {
    private let bits: UInt128

    private static let start: StaticString = "AKTP"
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

    /// Makes a new identifier of 80 bits of `generator`.
    fileprivate init(using generator: inout some RandomNumberGenerator) {
        self.bits = (UInt128(generator.next()) << 64 | UInt128(generator.next())) & ((1 << 80) - 1)
    }

    private init(bits: UInt128) { self.bits = bits }

    /// The identifier no key has, for all that is known: what a miss is compared with, so that it costs what a hit costs.
    static let none = AWSAccessKeyID(bits: .max)

    /// Reads an identifier; nil for every other text.
    package init?(_ text: String) {
        let characters = text.utf8
        let start = Self.start.utf8CodeUnitCount
        guard characters.count == start + 16, text.hasPrefix("\(Self.start)") else { return nil }
        var bits: UInt128 = 0
        for character in characters.dropFirst(start) {
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): bits = bits << 5 | UInt128(character - UInt8(ascii: "A"))
            case UInt8(ascii: "2")...UInt8(ascii: "7"): bits = bits << 5 | UInt128(character - UInt8(ascii: "2") + 26)
            default: return nil
            }
        }
        self.bits = bits
    }
}

extension AWSAccessKeyID: CustomStringConvertible {
    /// The 20 characters.
    package var description: String {
        var characters: [UInt8] = []
        for place in (0..<16).reversed() {
            characters.append(Self.alphabet.utf8Start[Int(self.bits >> UInt128(place * 5) & 31)])
        }
        return "\(Self.start)\(String(decoding: characters, as: UTF8.self))"
    }
}

/// A pair a client of Bedrock signs its requests with, made here and known nowhere else.
package struct AWSPair: Sendable {
    /// What the client names itself with.
    package let accessKeyID: AWSAccessKeyID
    /// What it signs with: 40 letters and digits, which hold 238 random bits. Without `+` and `/`, which trouble shells and
    /// URLs.
    package let secret: Secret

    /// Makes a new pair from the system's random source.
    package init() {
        var generator = SystemRandomNumberGenerator()
        self.init(using: &generator)
    }

    /// Makes a new pair from `generator`, which outside tests must be cryptographically secure.
    package init(using generator: inout some RandomNumberGenerator) {
        self.accessKeyID = AWSAccessKeyID(using: &generator)
        let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        var characters: [UInt8] = []
        for _ in 0..<40 {
            let index = Int.random(in: 0..<alphabet.utf8CodeUnitCount, using: &generator)
            characters.append(alphabet.utf8Start[index])
        }
        self.secret = Secret(String(decoding: characters, as: UTF8.self))
    }
}

/// The AWS secret of an accepted key, with whoever holds it.
package struct SigningKey: Sendable {
    /// The holder of the key.
    package let principal: Principal
    /// What a request of the holder is signed with.
    package let secret: Secret
}
