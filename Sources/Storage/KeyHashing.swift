import Crypto
package import Identity

/// SHA-256 of a presented key. A fast hash is right here: keys hold 256 random bits, so there is nothing to guess.
@Sendable package func sha256(_ bytes: UnsafeRawBufferPointer) -> KeyDigest {
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    let made = hash.finalize().withUnsafeBytes { KeyDigest($0) }
    guard let made else { preconditionFailure("SHA-256 has 32 bytes") }
    return made
}
