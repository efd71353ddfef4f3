/// A key as it is stored: its digest, what is known of it, and its sealed AWS secret.
package struct StoredKey: Sendable, Hashable {
    /// The SHA-256 of the key.
    package var digest: KeyDigest
    /// What is known of it.
    package var record: KeyRecord
    /// The secret beside the record's access key id; nil for a key without a pair.
    package var awsSecret: SealedSecret?

    /// Joins a digest and its record, and the sealed secret where the record has an access key id.
    package init(digest: KeyDigest, record: KeyRecord, awsSecret: SealedSecret? = nil) {
        self.digest = digest
        self.record = record
        self.awsSecret = awsSecret
    }
}

/// A key's AWS pair as it is stored.
package struct SealedAWSPair: Sendable, Hashable {
    /// The name of the pair.
    package var accessKeyID: AWSAccessKeyID
    /// Its secret.
    package var secret: SealedSecret

    /// Joins the two.
    package init(accessKeyID: AWSAccessKeyID, secret: SealedSecret) {
        self.accessKeyID = accessKeyID
        self.secret = secret
    }
}

/// Where keys live durably. Every store keeps the same promises, which the compatibility suite checks.
///
/// A call that returned has been stored; one that threw changed nothing.
package protocol KeyStore: Sendable {
    /// Stores a new key.
    ///
    /// - Throws: ``KeyStoreError/duplicate`` where the identifier, the digest or the access key id is there already.
    func insert(_ key: StoredKey) async throws

    /// The key with this identifier, revoked or not; nil where there is none.
    func get(id: String) async throws -> KeyRecord?

    /// At most `limit` keys, the newest (largest identifier) first, revoked ones included; those before the identifier
    /// `cursor` where one is given.
    func list(before cursor: String?, limit: Int) async throws -> [KeyRecord]

    /// Every key with its digest, in no order: what a ring is filled with at the start.
    func all() async throws -> [StoredKey]

    /// Marks a key revoked at `time` (Unix milliseconds) and keeps it, because records of requests name it. A key that
    /// is revoked already keeps its first time. False where there is no such key.
    @discardableResult
    func revoke(id: String, at time: UInt64) async throws -> Bool

    /// Gives a key a new digest and prefix in the place of its old ones, and a new AWS pair where one is given. False where
    /// there is no such key.
    ///
    /// - Throws: ``KeyStoreError/duplicate`` where another key has the digest or the access key id.
    @discardableResult
    func rotate(id: String, digest: KeyDigest, prefix: String, aws: SealedAWSPair?) async throws -> Bool

    /// Remembers when a key was first accepted, in Unix milliseconds; the earliest report stays.
    func recordFirstUse(id: String, at time: UInt64) async throws

    /// Takes a key out altogether. False where there is no such key.
    @discardableResult
    func delete(id: String) async throws -> Bool
}

/// Where the digest of the admin key lives durably.
package protocol AdminKeyStore: Sendable {
    /// The digest of the admin key; nil before the first start.
    func adminKey() async throws -> KeyDigest?
    /// Puts `digest` in the place of the one that was there.
    func setAdminKey(_ digest: KeyDigest) async throws
}

/// What a caller of a key store can do something about.
package enum KeyStoreError: Error, Sendable, Hashable {
    /// A key with this identifier, digest or access key id is stored already.
    case duplicate
}
