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

/// All keys of this node by digest, in memory: what every request is checked against.
///
/// One dictionary look-up under a lock held for that long only. A change made here is in force for the next request.
package final class KeyRing: Sendable {
    private let table: Mutex<Table>
    private let onFirstUse: @Sendable (String) -> Void

    /// A key in the table: an object, so that a look-up moves one reference under the lock and nothing else.
    private final class Entry: Sendable {
        let digest: KeyDigest
        let record: KeyRecord
        let principal: Principal
        /// Milliseconds; the largest value stands for never, which makes the check one comparison.
        let expires: UInt64
        let revoked: Bool
        let used: Atomic<Bool>

        init(_ record: KeyRecord, _ digest: KeyDigest) {
            self.digest = digest
            self.record = record
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
    }

    private struct Table {
        var entries: [KeyDigest: Entry] = [:]
        var digests: [String: KeyDigest] = [:]

        mutating func insert(_ key: StoredKey) {
            if let former = self.digests[key.record.id] { self.entries[former] = nil }
            self.entries[key.digest] = Entry(key.record, key.digest)
            self.digests[key.record.id] = key.digest
        }
    }

    /// Makes a ring of `keys`.
    ///
    /// `onFirstUse` is called, on the request's own thread and outside the lock, with the identifier of a key that was
    /// accepted for the first time ever; it must return at once.
    package init(_ keys: [StoredKey] = [], onFirstUse: @escaping @Sendable (String) -> Void = { _ in }) {
        var table = Table()
        for key in keys { table.insert(key) }
        self.table = Mutex(table)
        self.onFirstUse = onFirstUse
    }

    /// Checks the digest of a presented key at `now` (Unix milliseconds).
    ///
    /// A miss makes the same comparison as a hit, and comparisons take the same time wherever digests differ, so timing
    /// tells nothing about the keys in the ring.
    package func authenticate(digest: KeyDigest, now: UInt64) -> Result<Principal, KeyRefusal> {
        let entry = self.table.withLock { $0.entries[digest] }
        let matches = (entry?.digest ?? KeyDigest.none) == digest
        guard let entry, matches else { return .failure(.unknown) }
        if entry.revoked { return .failure(.revoked) }
        if now >= entry.expires { return .failure(.expired) }
        if !entry.used.load(ordering: .relaxed), !entry.used.exchange(true, ordering: .relaxed) {
            self.onFirstUse(entry.record.id)
        }
        return .success(entry.principal)
    }

    /// Puts a key in, or puts a changed one (also one with a new digest) in the place of its former self.
    package func insert(_ key: StoredKey) { self.table.withLock { $0.insert(key) } }

    /// Marks a key revoked: from the next request on it is refused. False where no key has this identifier.
    @discardableResult
    package func revoke(id: String, at time: UInt64) -> Bool {
        self.table.withLock { table in
            guard let digest = table.digests[id], let entry = table.entries[digest] else { return false }
            var record = entry.record
            record.revoked = record.revoked ?? time
            table.entries[digest] = Entry(record, digest)
            return true
        }
    }

    /// Takes a key out altogether. False where no key has this identifier.
    @discardableResult
    package func remove(id: String) -> Bool {
        self.table.withLock { table in
            guard let digest = table.digests.removeValue(forKey: id) else { return false }
            table.entries[digest] = nil
            return true
        }
    }

    /// Puts `keys` in the place of all that were there, in one step.
    package func replaceAll(with keys: [StoredKey]) {
        var fresh = Table()
        for key in keys { fresh.insert(key) }
        self.table.withLock { $0 = fresh }
    }

    /// The number of keys, revoked ones included.
    package var count: Int { self.table.withLock { $0.entries.count } }
}
