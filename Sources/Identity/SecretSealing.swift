package import Core

/// A secret as it is stored: unreadable without the master key.
package struct SealedSecret: Sendable, Hashable {
    /// The bytes, in the form of the seal that made them.
    package var bytes: [UInt8]

    /// Takes the bytes a seal made.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }
}

extension SealedSecret: CustomStringConvertible, CustomReflectable {
    /// Sealed secrets stay out of logs all the same.
    package var description: String { "[sealed]" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Seals what must be read back, which a digest cannot be: handed in by a room that has a cryptography library.
package protocol SecretSealing: Sendable {
    /// Seals `secret` so that it opens for `owner` only.
    ///
    /// - Throws: ``SealError`` where there is no master key to seal it with.
    func seal(_ secret: Secret, for owner: String) throws(SealError) -> SealedSecret

    /// Opens what was sealed for `owner`.
    ///
    /// - Throws: ``SealError``.
    func open(_ sealed: SealedSecret, for owner: String) throws(SealError) -> Secret
}

/// Why a secret could not be sealed or opened. Never holds a key or a secret.
package enum SealError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The master key has this few characters.
    case tooShort(Int)
    /// What is stored was sealed under another master key.
    case otherMasterKey
    /// What is stored was changed, or belongs to another owner.
    case damaged
    /// What is stored was sealed under the key of a file that is gone.
    case missing(path: String)
    /// Others may read the key file.
    case readableByOthers(path: String)
    /// The key file could not be read or made.
    case file(path: String, reason: String)

    /// The fewest characters of a master key.
    package static let shortest = 32

    package var description: String {
        let wayOut = "restore it, or revoke the keys that have an AWS pair (turnpike keys revoke) and make new ones"
        return switch self {
        case .tooShort(let count):
            """
            the master key (state.master_key, TURNPIKE_MASTER_KEY) has \(count) characters; it needs \(Self.shortest) or \
            more, for example the output of: openssl rand -hex 32
            """
        case .otherMasterKey:
            """
            the stored AWS secrets were sealed under another master key (state.master_key, TURNPIKE_MASTER_KEY, or the \
            file turnpike.master beside the database): \(wayOut)
            """
        case .damaged:
            "a stored AWS secret was changed by somebody else, or was copied from another key; rotate that key"
        case .missing(let path):
            "the master key file \(path), under which the stored AWS secrets were sealed, is not there: \(wayOut)"
        case .readableByOthers(let path):
            "the master key file \(path) can be read by others: chmod 600 it, and rotate the keys with an AWS pair"
        case .file(let path, let reason):
            "the master key file \(path): \(reason)"
        }
    }
}

extension StoredKey {
    /// Whom the key's AWS secret is sealed for: the key and the access key id together, so that a sealed secret moved to
    /// another row does not open. Nil for a key without a pair.
    package var owner: String? { self.record.awsAccessKeyID.map { Self.owner(id: self.record.id, $0) } }

    /// Whom the secret beside `accessKeyID` of the key `id` is sealed for.
    package static func owner(id: String, _ accessKeyID: AWSAccessKeyID) -> String { "\(id) \(accessKeyID)" }

    /// The key's AWS secret, opened by `seal`; nil where the key has none or was revoked, when nobody needs it again.
    ///
    /// - Throws: ``SealError``.
    package func openedSecret(by seal: any SecretSealing) throws(SealError) -> Secret? {
        guard self.record.revoked == nil, let sealed = self.awsSecret, let owner = self.owner else { return nil }
        return try seal.open(sealed, for: owner)
    }
}
