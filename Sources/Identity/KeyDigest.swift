/// The SHA-256 of a key: what is stored and looked up in place of the key itself.
///
/// Held as four words, so that a digest is a plain value without a heap buffer. Equality takes the same time wherever
/// two digests differ.
package struct KeyDigest: Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Takes the 32 bytes of a digest; nil for any other length.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 32 else { return nil }
        self.words = (
            bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
        )
    }

    /// Takes the 32 bytes of a digest; nil for any other length.
    package init?(_ bytes: [UInt8]) {
        guard let digest = bytes.withUnsafeBytes({ KeyDigest($0) }) else { return nil }
        self = digest
    }

    /// The digest no key has: what a miss is compared with, so that a miss costs what a hit costs.
    static let none = KeyDigest()
    private init() { self.words = (0, 0, 0, 0) }

    /// The 32 bytes, for storage.
    package var bytes: [UInt8] { withUnsafeBytes(of: self.words) { Array($0) } }
}

extension KeyDigest: Hashable {
    /// Compares all 32 bytes whatever they hold: the time taken says nothing about where two digests differ.
    @inline(never)
    package static func == (left: KeyDigest, right: KeyDigest) -> Bool {
        let difference =
            (left.words.0 ^ right.words.0) | (left.words.1 ^ right.words.1)
            | (left.words.2 ^ right.words.2) | (left.words.3 ^ right.words.3)
        return difference == 0
    }

    /// One word is enough: the bytes are already evenly spread, and the hasher's seed is random for each process.
    package func hash(into hasher: inout Hasher) { hasher.combine(self.words.0) }
}

extension KeyDigest: CustomStringConvertible, CustomReflectable {
    /// Digests stay out of logs: with one, a guess can be checked without asking the gateway.
    package var description: String { "[digest]" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// SHA-256, handed in by a room that has a cryptography library.
///
/// The bytes are those of the key as presented; the call must not keep them.
package typealias KeyHasher = @Sendable (UnsafeRawBufferPointer) -> KeyDigest

/// The digest of a text, such as an admin key taken from the environment.
package func digest(of secret: borrowing String, using hasher: KeyHasher) -> KeyDigest {
    var text = copy secret
    return text.withUTF8 { hasher(UnsafeRawBufferPointer($0)) }
}
