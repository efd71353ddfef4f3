package import Core
package import Identity

/// What may be done with keys, in one place for the admin API, the command line and the first start: the durable store
/// and the ring that requests are checked against change together.
package struct KeyDirectory: Sendable {
    /// The keys as requests see them.
    package let ring: KeyRing
    private let store: any KeyStore
    private let minter = KeyMinter()
    private let hasher: KeyHasher
    private let seal: any SecretSealing
    private let now: @Sendable () -> UInt64

    /// The most keys a node keeps, revoked ones included: each costs memory for as long as it is known.
    package static let limit = 100_000

    /// The identifier of the admin key in the ring. It is not among the stored keys: it is neither listed nor revoked,
    /// and goes when another takes its place.
    static let adminKeyID = "key_admin"

    /// Makes a directory over `store` and `ring`, which already holds what the store holds.
    package init(
        store: any KeyStore,
        ring: KeyRing,
        hasher: @escaping KeyHasher,
        seal: any SecretSealing,
        now: @escaping @Sendable () -> UInt64 = unixMilliseconds
    ) {
        self.store = store
        self.ring = ring
        self.hasher = hasher
        self.seal = seal
        self.now = now
    }

    /// Checks a key as it was presented.
    package func authenticate(_ presented: UnsafeRawBufferPointer) -> Result<Principal, KeyRefusal> {
        self.ring.authenticate(digest: self.hasher(presented), now: self.now())
    }

    /// Makes a key. The result is the only place the key itself, and the secret of its AWS pair, is ever shown in.
    package func create(_ draft: KeyDraft, origin: KeyRecord.Origin = .made) async throws -> MadeKey {
        let now = self.now()
        if let expires = draft.expires, expires <= now {
            throw GatewayError.refused("expires", "expires lies in the past; give a later time, or leave it out")
        }
        guard self.ring.count < Self.limit else {
            throw GatewayError(
                .conflict,
                origin: .gateway,
                "there are \(Self.limit) keys, which is the limit of a node"
            )
        }
        let pair = draft.aws ? AWSPair() : nil
        let (key, record) = self.minter.mint(
            name: draft.name,
            account: draft.account,
            role: draft.role,
            routes: draft.routes,
            expires: draft.expires,
            origin: origin,
            awsAccessKeyID: pair?.accessKeyID,
            at: now
        )
        let sealed = try self.sealed(pair, id: record.id)
        let stored = StoredKey(digest: key.digest(using: self.hasher), record: record, awsSecret: sealed?.secret)
        try await self.store.insert(stored)
        self.ring.insert(stored, awsSecret: pair?.secret)
        return MadeKey(key: key, record: record, awsSecret: pair?.secret)
    }

    private func sealed(_ pair: AWSPair?, id: String) throws(GatewayError) -> SealedAWSPair? {
        guard let pair else { return nil }
        do throws(SealError) {
            return SealedAWSPair(
                accessKeyID: pair.accessKeyID,
                secret: try self.seal.seal(pair.secret, for: StoredKey.owner(id: id, pair.accessKeyID))
            )
        } catch {
            throw GatewayError(.gatewayFault, origin: .gateway, "the AWS secret could not be sealed: \(error)")
        }
    }

    /// The key with this identifier.
    package func get(id: String) async throws -> KeyRecord? { try await self.store.get(id: id) }

    /// One page of keys, the newest first, and the cursor of the next page where there is one.
    package func page(after cursor: String?, limit: Int) async throws -> (records: [KeyRecord], next: String?) {
        let records = try await self.store.list(before: cursor, limit: limit + 1)
        guard records.count > limit else { return (records, nil) }
        return (Array(records.prefix(limit)), records[limit - 1].id)
    }

    /// Revokes a key at once: the ring refuses it before the store is asked to remember. False where there is no such
    /// key.
    ///
    /// - Throws: what the store throws. The key is refused nevertheless, but only until the next start.
    package func revoke(id: String) async throws -> Bool {
        guard id != Self.adminKeyID else { return false }
        let now = self.now()
        self.ring.revoke(id: id, at: now)
        return try await self.store.revoke(id: id, at: now)
    }

    /// Gives a key a new secret, and a new AWS pair where it has one; the old ones are refused from the next request on. Nil
    /// where there is no such key.
    ///
    /// - Throws: ``GatewayError`` (conflict) where the key is revoked.
    package func rotate(id: String) async throws -> MadeKey? {
        guard var record = try await self.store.get(id: id) else { return nil }
        guard record.revoked == nil else {
            throw GatewayError(.conflict, origin: .client, "this key is revoked; make a new one in its place")
        }
        let key = APIKey()
        let digest = key.digest(using: self.hasher)
        let pair = record.awsAccessKeyID == nil ? nil : AWSPair()
        let sealed = try self.sealed(pair, id: id)
        guard try await self.store.rotate(id: id, digest: digest, prefix: key.prefix, aws: sealed) else { return nil }
        record.prefix = key.prefix
        record.awsAccessKeyID = pair?.accessKeyID
        self.ring.insert(
            StoredKey(digest: digest, record: record, awsSecret: sealed?.secret),
            awsSecret: pair?.secret
        )
        return MadeKey(key: key, record: record, awsSecret: pair?.secret)
    }

    /// The status of a key now: `active`, `revoked` or `expired`.
    package func status(of record: KeyRecord) -> String {
        if record.revoked != nil { return "revoked" }
        if let expires = record.expires, expires <= self.now() { return "expired" }
        return "active"
    }

    /// The present moment, as this directory sees it.
    package var present: UInt64 { self.now() }
}

/// A key that was just made or rotated, with what is shown of it this once.
package struct MadeKey: Sendable {
    /// The key itself.
    package let key: APIKey
    /// What is known of it from now on.
    package let record: KeyRecord
    /// The secret of its AWS pair; nil for a key without one.
    package let awsSecret: Secret?
}

/// What is asked of a new key.
package struct KeyDraft: Sendable, Hashable {
    /// What the key is for, 1 to 200 printable characters.
    package var name: String
    /// The account that pays.
    package var account: AccountPath
    /// What the key may do.
    package var role: Role
    /// The routes it may ask for; nil for all.
    package var routes: [String]?
    /// When it stops working, in Unix milliseconds; nil for never.
    package var expires: UInt64?
    /// Whether it gets an AWS pair, which a client of Bedrock signs with.
    package var aws: Bool

    /// A key for a client of the standard account, but for what is named.
    package init(
        name: String,
        account: AccountPath = .standard,
        role: Role = .client,
        routes: [String]? = nil,
        expires: UInt64? = nil,
        aws: Bool = false
    ) {
        self.name = name
        self.account = account
        self.role = role
        self.routes = routes
        self.expires = expires
        self.aws = aws
    }
}
