/// A key as it is stored: its digest and what is known of it.
package struct StoredKey: Sendable, Hashable {
    /// The SHA-256 of the key.
    package var digest: KeyDigest
    /// What is known of it.
    package var record: KeyRecord

    /// Joins a digest and its record.
    package init(digest: KeyDigest, record: KeyRecord) {
        self.digest = digest
        self.record = record
    }
}

/// Where keys live durably. Every store keeps the same promises, which the compatibility suite checks.
///
/// A call that returned has been stored; one that threw changed nothing.
package protocol KeyStore: Sendable {
    /// Stores a new key.
    ///
    /// - Throws: ``KeyStoreError/duplicate`` where the identifier or the digest is there already.
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

    /// Gives a key a new digest and prefix in the place of its old ones. False where there is no such key.
    ///
    /// - Throws: ``KeyStoreError/duplicate`` where another key has the digest.
    @discardableResult
    func rotate(id: String, digest: KeyDigest, prefix: String) async throws -> Bool

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
    /// A key with this identifier or digest is stored already.
    case duplicate
}
