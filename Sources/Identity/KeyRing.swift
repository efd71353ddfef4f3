package import Core
import Synchronization

/// Why a presented key was not accepted.
package enum KeyRefusal: Error, Sendable, Hashable {
    /// No key has this digest.
    case unknown
    /// The key was revoked.
    case revoked
    /// The key's time is over.
    case expired

    /// The refusal for the caller; it never quotes the key.
    package var error: GatewayError {
        let message =
            switch self {
            case .unknown:
                "this API key is not known here; check it, or ask the operator for one (turnpike keys create)"
            case .revoked: "this API key was revoked; ask the operator for a new one (turnpike keys create)"
            case .expired: "this API key has expired; ask the operator for a new one (turnpike keys create)"
            }
        return GatewayError(.authentication, origin: .client, message)
    }
}

/// All keys of this node by digest, and by AWS access key id, in memory: what every request is checked against.
///
/// One dictionary look-up under a lock held for that long only. A change made here is in force for the next request.
package final class KeyRing: Sendable {
    private let table: Mutex<Table>
    private let onFirstUse: @Sendable (String) -> Void

    /// A key in the table: an object, so that a look-up moves one reference under the lock and nothing else.
    private final class Entry: Sendable {
        let digest: KeyDigest
        let record: KeyRecord
        /// What the holder signs with, opened; nil for a key without a pair, and for a revoked one.
        let awsSecret: Secret?
        let principal: Principal
        /// Milliseconds; the largest value stands for never, which makes the check one comparison.
        let expires: UInt64
        let revoked: Bool
        let used: Atomic<Bool>

        init(_ record: KeyRecord, _ digest: KeyDigest, _ awsSecret: Secret?) {
            self.digest = digest
            self.record = record
            self.awsSecret = record.revoked == nil ? awsSecret : nil
            self.principal = Principal(
                keyID: record.id,
                account: record.account,
                role: record.role,
                routes: record.routes.map(Set.init)
            )
            self.expires = record.expires ?? .max
            self.revoked = record.revoked != nil
            self.used = Atomic(record.firstUsed != nil)
        }

        /// Why the key is not accepted at `now` (Unix milliseconds); nil where it is.
        func refusal(at now: UInt64) -> KeyRefusal? {
            if self.revoked { return .revoked }
            return now >= self.expires ? .expired : nil
        }
    }

    private struct Table {
        var entries: [KeyDigest: Entry] = [:]
        var digests: [String: KeyDigest] = [:]
        var pairs: [AWSAccessKeyID: Entry] = [:]

        mutating func insert(_ entry: Entry) {
            self.remove(id: entry.record.id)
            self.entries[entry.digest] = entry
            self.digests[entry.record.id] = entry.digest
            if let accessKeyID = entry.record.awsAccessKeyID { self.pairs[accessKeyID] = entry }
        }

        @discardableResult
        mutating func remove(id: String) -> Bool {
            guard let digest = self.digests.removeValue(forKey: id) else { return false }
            if let accessKeyID = self.entries.removeValue(forKey: digest)?.record.awsAccessKeyID {
                self.pairs[accessKeyID] = nil
            }
            return true
        }
    }

    /// Makes a ring of `keys`.
    ///
    /// `onFirstUse` is called, on the request's own thread and outside the lock, with the identifier of a key that was
    /// accepted for the first time ever; it must return at once.
    package init(_ keys: [StoredKey] = [], onFirstUse: @escaping @Sendable (String) -> Void = { _ in }) {
        var table = Table()
        for key in keys { table.insert(Entry(key.record, key.digest, nil)) }
        self.table = Mutex(table)
        self.onFirstUse = onFirstUse
    }

    /// Makes a ring of `keys` that also finds them by access key id; each AWS secret is opened once, now.
    ///
    /// - Throws: ``SealError`` where the secret of a key that was not revoked does not open.
    package convenience init(
        _ keys: [StoredKey],
        seal: any SecretSealing,
        onFirstUse: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(SealError) {
        self.init(onFirstUse: onFirstUse)
        for key in keys { self.insert(key, awsSecret: try key.openedSecret(by: seal)) }
    }

    /// Checks the digest of a presented key at `now` (Unix milliseconds).
    ///
    /// A miss makes the same comparison as a hit, and comparisons take the same time wherever digests differ, so timing
    /// tells nothing about the keys in the ring.
    package func authenticate(digest: KeyDigest, now: UInt64) -> Result<Principal, KeyRefusal> {
        let entry = self.table.withLock { $0.entries[digest] }
        let matches = (entry?.digest ?? KeyDigest.none) == digest
        guard let entry, matches else { return .failure(.unknown) }
        if let refusal = entry.refusal(at: now) { return .failure(refusal) }
        self.noteUse(of: entry)
        return .success(entry.principal)
    }

    /// Finds the key a signed request claims to be made with, at `now` (Unix milliseconds). Whether it was is for the
    /// caller to prove with the secret; until then this counts as no use of the key.
    package func claim(_ accessKeyID: AWSAccessKeyID, now: UInt64) -> Result<SigningKey, KeyRefusal> {
        let entry = self.table.withLock { $0.pairs[accessKeyID] }
        let matches = (entry?.record.awsAccessKeyID ?? AWSAccessKeyID.none) == accessKeyID
        guard let entry, matches else { return .failure(.unknown) }
        if let refusal = entry.refusal(at: now) { return .failure(refusal) }
        guard let secret = entry.awsSecret else { return .failure(.unknown) }
        return .success(SigningKey(principal: entry.principal, secret: secret))
    }

    /// Tells the ring that a request signed with the pair was proven to be its holder's.
    package func noteUse(of accessKeyID: AWSAccessKeyID) {
        if let entry = self.table.withLock({ $0.pairs[accessKeyID] }) { self.noteUse(of: entry) }
    }

    private func noteUse(of entry: Entry) {
        if !entry.used.load(ordering: .relaxed), !entry.used.exchange(true, ordering: .relaxed) {
            self.onFirstUse(entry.record.id)
        }
    }

    /// Puts a key in, or puts a changed one (also one with a new digest) in the place of its former self. `awsSecret` is
    /// the opened secret of its pair, where it has one.
    package func insert(_ key: StoredKey, awsSecret: Secret? = nil) {
        let entry = Entry(key.record, key.digest, awsSecret)
        self.table.withLock { $0.insert(entry) }
    }

    /// Marks a key revoked: from the next request on it is refused. False where no key has this identifier.
    @discardableResult
    package func revoke(id: String, at time: UInt64) -> Bool {
        self.table.withLock { table in
            guard let digest = table.digests[id], let entry = table.entries[digest] else { return false }
            var record = entry.record
            record.revoked = record.revoked ?? time
            table.insert(Entry(record, digest, nil))
            return true
        }
    }

    /// Takes a key out altogether. False where no key has this identifier.
    @discardableResult
    package func remove(id: String) -> Bool {
        self.table.withLock { $0.remove(id: id) }
    }

    /// Puts `keys` in the place of all that were there, in one step; none of them is found by its AWS pair.
    package func replaceAll(with keys: [StoredKey]) {
        var fresh = Table()
        for key in keys { fresh.insert(Entry(key.record, key.digest, nil)) }
        self.table.withLock { $0 = fresh }
    }

    /// The number of keys, revoked ones included.
    package var count: Int { self.table.withLock { $0.entries.count } }
}
