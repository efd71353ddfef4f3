package import Identity
import Synchronization

/// A key store in memory: the reference the other stores are held against, and the store of tests that need no disk.
package final class MemoryKeyStore: KeyStore, AdminKeyStore {
    private struct Contents {
        var keys: [String: StoredKey] = [:]
        var adminKey: KeyDigest?
    }

    private let contents = Mutex(Contents())

    /// An empty store.
    package init() {}

    package func insert(_ key: StoredKey) async throws {
        try self.contents.withLock { contents in
            let accessKeyID = key.record.awsAccessKeyID
            if contents.keys[key.record.id] != nil
                || contents.keys.values.contains(where: {
                    $0.digest == key.digest || accessKeyID != nil && $0.record.awsAccessKeyID == accessKeyID
                })
            {
                throw KeyStoreError.duplicate
            }
            contents.keys[key.record.id] = key
        }
    }

    package func get(id: String) async throws -> KeyRecord? { self.contents.withLock { $0.keys[id]?.record } }

    package func list(before cursor: String?, limit: Int) async throws -> [KeyRecord] {
        self.contents.withLock { contents in
            let records = contents.keys.values.map(\.record).filter { cursor.map($0.id.isLess) ?? true }
            return Array(records.sorted { $1.id.isLess(than: $0.id) }.prefix(limit))
        }
    }

    package func all() async throws -> [StoredKey] { self.contents.withLock { Array($0.keys.values) } }

    package func revoke(id: String, at time: UInt64) async throws -> Bool {
        self.contents.withLock { contents in
            guard let known = contents.keys[id] else { return false }
            contents.keys[id]?.record.revoked = known.record.revoked ?? time
            return true
        }
    }

    package func rotate(id: String, digest: KeyDigest, prefix: String, aws: SealedAWSPair?) async throws -> Bool {
        try self.contents.withLock { contents in
            guard contents.keys[id] != nil else { return false }
            if contents.keys.values.contains(where: {
                $0.record.id != id
                    && ($0.digest == digest || aws != nil && $0.record.awsAccessKeyID == aws?.accessKeyID)
            }) {
                throw KeyStoreError.duplicate
            }
            contents.keys[id]?.digest = digest
            contents.keys[id]?.record.prefix = prefix
            if let aws {
                contents.keys[id]?.record.awsAccessKeyID = aws.accessKeyID
                contents.keys[id]?.awsSecret = aws.secret
            }
            return true
        }
    }

    package func recordFirstUse(id: String, at time: UInt64) async throws {
        self.contents.withLock { contents in
            guard let known = contents.keys[id] else { return }
            contents.keys[id]?.record.firstUsed = min(known.record.firstUsed ?? time, time)
        }
    }

    package func delete(id: String) async throws -> Bool {
        self.contents.withLock { $0.keys.removeValue(forKey: id) != nil }
    }

    package func adminKey() async throws -> KeyDigest? { self.contents.withLock { $0.adminKey } }

    package func setAdminKey(_ digest: KeyDigest) async throws { self.contents.withLock { $0.adminKey = digest } }
}

extension String {
    /// Byte order, which is the order of a database's binary collation; Swift's own order is Unicode's.
    fileprivate func isLess(than other: String) -> Bool { self.utf8.lexicographicallyPrecedes(other.utf8) }
}
