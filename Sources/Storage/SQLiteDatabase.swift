import Core
import GRDB
import Glibc
import Identity

/// The SQLite database of one gateway: the file, the lock on it, and its schema.
///
/// One process owns it. The file, its journal and its lock are readable by their owner only.
package final class SQLiteDatabase: Sendable {
    /// The database file.
    package let path: String
    /// The one connection.
    let queue: DatabaseQueue
    private let lock: FileLock

    private init(path: String, queue: DatabaseQueue, lock: consuming FileLock) {
        self.path = path
        self.queue = queue
        self.lock = lock
    }

    /// Opens the database, makes it where there is none, and brings its schema up to date.
    ///
    /// Before a schema that is already in use changes, the file is copied to `PATH.backup-TIME`.
    ///
    /// - Throws: ``DatabaseLocked`` where another process owns it; ``StorageError``.
    package static func open(_ url: DatabaseURL) throws -> SQLiteDatabase {
        try Self.open(url, migrations: Migration.all, now: unixMilliseconds())
    }

    /// Opens the database with the schema `migrations` at `now` (Unix milliseconds).
    static func open(_ url: DatabaseURL, migrations: [Migration], now: UInt64) throws -> SQLiteDatabase {
        let lock = try FileLock(url.lockPath, for: url.path)
        try Self.makePrivate(url.path)
        do {
            let queue = try DatabaseQueue(path: url.path, configuration: Self.configuration)
            try Self.migrate(queue, url.path, migrations, now)
            return SQLiteDatabase(path: url.path, queue: queue, lock: lock)
        } catch let error as DatabaseError {
            throw StorageError.database(path: url.path, reason: error.shown)
        }
    }

    /// Closes the database; what is called on it afterwards fails. The lock is freed when the last reference goes.
    package func close() throws { try self.queue.close() }

    /// One connection with a small page cache: the tables are small or written in batches, and memory is dear.
    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(5)
        configuration.label = "turnpike"
        configuration.prepareDatabase { database in
            // Negative: kibibytes. FULL: a revocation that was confirmed must survive a power cut.
            try database.execute(
                sql: """
                    PRAGMA cache_size = -512;
                    PRAGMA synchronous = FULL;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA journal_size_limit = 4194304;
                    """
            )
        }
        return configuration
    }

    /// Makes the file where there is none, for its owner only, before SQLite would make it for everybody; SQLite gives
    /// the files beside it the same mode.
    private static func makePrivate(_ path: String) throws(StorageError) {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(path: path, reason: describe(errno)) }
        defer { Glibc.close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0 else { throw .file(path: path, reason: describe(errno)) }
    }

    private static func migrate(_ queue: DatabaseQueue, _ path: String, _ migrations: [Migration], _ now: UInt64) throws
    {
        var migrator = DatabaseMigrator()
        for migration in migrations {
            migrator.registerMigration(migration.name) { try $0.execute(sql: migration.sql) }
        }
        let applied = try queue.read { database in
            let applied = try migrator.appliedIdentifiers(database)
            let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
            if applied.isEmpty, tables > 0 { throw StorageError.foreign(path: path) }
            return applied
        }
        guard applied.isSubset(of: migrations.map(\.name)) else { throw StorageError.newerSchema(path: path) }
        guard applied.count < migrations.count else { return }
        if !applied.isEmpty { try Self.backUp(queue, path, now) }
        try migrator.migrate(queue)
    }

    /// Copies the database, with what its journal holds, to a new file that only its owner may read.
    private static func backUp(_ queue: DatabaseQueue, _ path: String, _ now: UInt64) throws {
        let time = RFC3339.text(now).filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
        let copy = "\(path).backup-\(time)"
        let descriptor = Glibc.open(copy, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StorageError.file(path: copy, reason: describe(errno)) }
        defer { Glibc.close(descriptor) }
        // An empty file is what VACUUM INTO may write to, so the copy has its mode from the start.
        try queue.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [copy]) }
        guard fsync(descriptor) == 0 else { throw StorageError.file(path: copy, reason: describe(errno)) }
    }
}

extension DatabaseError {
    /// SQLite's own words, without the statement and its arguments.
    var shown: String { self.message ?? "SQLite error \(self.extendedResultCode.rawValue)" }
}
