import FoundationEssentials
import GRDB
package import Identity

/// The keys and the admin key in SQLite, as digests only; AWS secrets sealed.
package struct SQLiteKeyStore: KeyStore, AdminKeyStore {
    private let database: SQLiteDatabase

    /// The keys in `database`, which stays open as long as this does.
    package init(_ database: SQLiteDatabase) { self.database = database }

    package func insert(_ key: StoredKey) async throws {
        let record = key.record
        let arguments: StatementArguments = [
            record.id, Data(key.digest.bytes), record.name, record.account.description, record.role.rawValue,
            record.routes.map { $0.joined(separator: "\n") }, record.expires.map(Int64.init(clamping:)),
            Int64(clamping: record.created), record.prefix, record.revoked.map(Int64.init(clamping:)),
            record.firstUsed.map(Int64.init(clamping:)), record.origin.rawValue,
            record.awsAccessKeyID?.description, key.awsSecret.map { Data($0.bytes) },
        ]
        try await self.write { database in
            try database.execute(
                sql: """
                    INSERT INTO keys (id, digest, name, account, role, routes, expires, created, prefix, revoked, \
                    first_used, origin, aws_access_key_id, aws_secret_sealed) \
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: arguments
            )
        }
    }

    package func get(id: String) async throws -> KeyRecord? {
        try await self.read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM keys WHERE id = ?", arguments: [id]).map(Self.record)
        }
    }

    package func list(before cursor: String?, limit: Int) async throws -> [KeyRecord] {
        try await self.read { database in
            let rows =
                if let cursor {
                    try Row.fetchAll(
                        database,
                        sql: "SELECT * FROM keys WHERE id < ? ORDER BY id DESC LIMIT ?",
                        arguments: [cursor, limit]
                    )
                } else {
                    try Row.fetchAll(database, sql: "SELECT * FROM keys ORDER BY id DESC LIMIT ?", arguments: [limit])
                }
            return try rows.map(Self.record)
        }
    }

    package func all() async throws -> [StoredKey] {
        try await self.read { database in
            var keys: [StoredKey] = []
            let rows = try Row.fetchCursor(database, sql: "SELECT * FROM keys")
            while let row = try rows.next() {
                let sealed: Data? = row["aws_secret_sealed"]
                keys.append(
                    StoredKey(
                        digest: try Self.digest(row, "digest"),
                        record: try Self.record(row),
                        awsSecret: sealed.map { SealedSecret(Array($0)) }
                    )
                )
            }
            return keys
        }
    }

    package func revoke(id: String, at time: UInt64) async throws -> Bool {
        try await self.change(
            "UPDATE keys SET revoked = coalesce(revoked, ?) WHERE id = ?",
            [Int64(clamping: time), id]
        )
    }

    package func rotate(id: String, digest: KeyDigest, prefix: String, aws: SealedAWSPair?) async throws -> Bool {
        guard let aws else {
            return try await self.change(
                "UPDATE keys SET digest = ?, prefix = ? WHERE id = ?",
                [Data(digest.bytes), prefix, id]
            )
        }
        return try await self.change(
            "UPDATE keys SET digest = ?, prefix = ?, aws_access_key_id = ?, aws_secret_sealed = ? WHERE id = ?",
            [Data(digest.bytes), prefix, aws.accessKeyID.description, Data(aws.secret.bytes), id]
        )
    }

    package func recordFirstUse(id: String, at time: UInt64) async throws {
        let time = Int64(clamping: time)
        _ = try await self.change(
            "UPDATE keys SET first_used = min(coalesce(first_used, ?), ?) WHERE id = ?",
            [time, time, id]
        )
    }

    package func delete(id: String) async throws -> Bool {
        try await self.change("DELETE FROM keys WHERE id = ?", [id])
    }

    private static let adminKeyName = "admin_key_sha256"

    package func adminKey() async throws -> KeyDigest? {
        try await self.read { database in
            try Row.fetchOne(
                database,
                sql: "SELECT value FROM settings WHERE name = ?",
                arguments: [Self.adminKeyName]
            ).map { try Self.digest($0, "value") }
        }
    }

    package func setAdminKey(_ digest: KeyDigest) async throws {
        _ = try await self.change(
            "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [Self.adminKeyName, Data(digest.bytes)]
        )
    }
}

extension SQLiteKeyStore {
    /// Runs one statement; true where it changed a row.
    private func change(_ sql: String, _ arguments: StatementArguments) async throws -> Bool {
        try await self.write { database in
            try database.execute(sql: sql, arguments: arguments)
            return database.changesCount > 0
        }
    }

    private func write<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result
    {
        do {
            return try await self.database.queue.write(body)
        } catch let error as DatabaseError {
            switch error.extendedResultCode {
            case .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_UNIQUE: throw KeyStoreError.duplicate
            default: throw StorageError.database(path: self.database.path, reason: error.shown)
            }
        }
    }

    private func read<Result: Sendable>(_ body: @escaping @Sendable (Database) throws -> Result) async throws -> Result
    {
        do {
            return try await self.database.queue.read(body)
        } catch let error as DatabaseError {
            throw StorageError.database(path: self.database.path, reason: error.shown)
        }
    }

    private static func digest(_ row: Row, _ column: String) throws -> KeyDigest {
        let data: Data? = row[column]
        guard let digest = data.flatMap({ KeyDigest(Array($0)) }) else { throw damaged(column) }
        return digest
    }

    private static func record(_ row: Row) throws -> KeyRecord {
        guard let account = AccountPath(row["account"]) else { throw damaged("account") }
        guard let role = Role(rawValue: row["role"]) else { throw damaged("role") }
        guard let origin = KeyRecord.Origin(rawValue: row["origin"]) else { throw damaged("origin") }
        let accessKeyID = (row["aws_access_key_id"] as String?).map { AWSAccessKeyID($0) }
        if case .some(nil) = accessKeyID { throw damaged("aws_access_key_id") }
        return KeyRecord(
            id: row["id"],
            name: row["name"],
            account: account,
            role: role,
            // No routes and no restriction differ: the empty text is a key that may ask for nothing.
            routes: (row["routes"] as String?).map { $0.isEmpty ? [] : $0.split(separator: "\n").map(String.init) },
            expires: Self.time(row["expires"]),
            created: Self.time(row["created"]) ?? 0,
            prefix: row["prefix"],
            revoked: Self.time(row["revoked"]),
            firstUsed: Self.time(row["first_used"]),
            origin: origin,
            awsAccessKeyID: accessKeyID ?? nil
        )
    }

    private static func time(_ stored: Int64?) -> UInt64? { stored.map { UInt64(clamping: $0) } }

    /// A stored value this build cannot read: somebody else wrote it.
    private static func damaged(_ column: String) -> DatabaseError {
        DatabaseError(
            resultCode: .SQLITE_MISMATCH,
            message: "the column keys.\(column) holds what turnpike did not write"
        )
    }
}
