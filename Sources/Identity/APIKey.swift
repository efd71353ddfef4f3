package import Core

/// A key as its owner sees it, once: `tp-` and 43 characters that write 32 random bytes in base64url without padding
/// (RFC 4648 §5).
package struct APIKey: Sendable {
    /// The printable key.
    package let secret: Secret
    /// The first seven characters, kept beside the digest so that an owner can tell keys apart. They hold 24 of the 256
    /// random bits, which leaves 232 to guess.
    package let prefix: String

    /// The characters of every key: `tp-` and 43 more.
    package static let length = 46
    private static let start = "tp-"
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    /// Makes a new key from the system's random source.
    package init() {
        var generator = SystemRandomNumberGenerator()
        self.init(using: &generator)
    }

    /// Makes a new key from `generator`, which outside tests must be cryptographically secure.
    package init(using generator: inout some RandomNumberGenerator) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for _ in 0..<4 {
            var word = generator.next()
            for _ in 0..<8 {
                bytes.append(UInt8(truncatingIfNeeded: word))
                word >>= 8
            }
        }
        let text = Self.start + Self.base64url(bytes)
        self.secret = Secret(text)
        self.prefix = String(text.prefix(7))
    }

    /// The digest the key is stored and found under.
    package func digest(using hasher: KeyHasher) -> KeyDigest {
        Identity.digest(of: self.secret.reveal(), using: hasher)
    }

    private static func base64url(_ bytes: [UInt8]) -> String {
        var characters: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                characters.append(Self.alphabet.utf8Start[Int(bits >> UInt32(count) & 63)])
            }
            bits &= (1 << UInt32(count)) - 1
        }
        if count > 0 { characters.append(Self.alphabet.utf8Start[Int(bits << UInt32(6 - count) & 63)]) }
        return String(decoding: characters, as: UTF8.self)
    }
}
