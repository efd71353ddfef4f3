import Core
import GRDB
import Glibc
import Identity
import StoreCompatibility
import Testing

@testable import Storage

@Suite struct SQLiteDatabaseTests {
    private let folder: TemporaryFolder

    init() throws { self.folder = try TemporaryFolder() }

    @Test(arguments: KeyStoreCompatibility.allCases)
    func keepsThePromisesOfAStore(promise: KeyStoreCompatibility) async throws {
        try await promise.check(SQLiteKeyStore(SQLiteDatabase.open(self.folder.url)))
    }

    @Test func keepsKeysAcrossRestarts() async throws {
        let (key, record) = KeyMinter().mint(name: "ci", account: .standard, at: 1)
        let stored = StoredKey(digest: key.digest(using: sha256), record: record)
        do {
            let database = try SQLiteDatabase.open(self.folder.url)
            try await SQLiteKeyStore(database).insert(stored)
            try database.close()
        }
        #expect(try await SQLiteKeyStore(SQLiteDatabase.open(self.folder.url)).all() == [stored])
    }

    @Test func filesDoNotContainTheKeyAndAreTheirOwnersOnly() async throws {
        let database = try SQLiteDatabase.open(self.folder.url)
        let (key, record) = KeyMinter().mint(name: "marker-name", account: .standard, at: 1)
        try await SQLiteKeyStore(database).insert(StoredKey(digest: key.digest(using: sha256), record: record))
        let names = self.folder.names
        #expect(names == ["test.db", "test.db-shm", "test.db-wal", "test.db.lock"])
        var found = false
        for name in names {
            #expect(self.folder.mode(name) == 0o600, "\(name)")
            let bytes = try self.folder.bytes(name)
            #expect(!bytes.contains(text: String(key.secret.reveal().dropFirst(7))), "\(name)")
            if bytes.contains(text: "marker-name") { found = true }
        }
        #expect(found, "the search must be able to find what is stored")
    }

    @Test func narrowsTheModeOfAFileThatEverybodyCouldRead() throws {
        let path = try self.folder.url.path
        close(open(path, O_CREAT | O_RDWR, 0o644))
        _ = try SQLiteDatabase.open(self.folder.url)
        #expect(self.folder.mode("test.db") == 0o600)
    }

    @Test func refusesASecondOwnerUntilTheFirstIsGone() throws {
        try self.holdOpen { _ in
            let error = #expect(throws: DatabaseLocked.self) { try SQLiteDatabase.open(self.folder.url) }
            #expect(error?.owner == Int(getpid()))
            #expect(error?.description.contains("in use by another turnpike (process \(getpid()))") == true)
        }
        _ = try SQLiteDatabase.open(self.folder.url)
    }

    private func holdOpen(_ body: (SQLiteDatabase) throws -> Void) throws {
        let database = try SQLiteDatabase.open(self.folder.url)
        try body(database)
        withExtendedLifetime(database) {}
    }

    private static let first = Migration(
        name: "1",
        sql: "CREATE TABLE one (value TEXT); INSERT INTO one VALUES ('kept')"
    )
    private static let second = Migration(name: "2", sql: "ALTER TABLE one ADD COLUMN more INTEGER")
    private static let broken = Migration(name: "2", sql: "ALTER TABLE one ADD COLUMN more INTEGER; SELECT * FROM none")

    private func names(of migrations: [Migration]) throws -> Set<String> {
        let database = try SQLiteDatabase.open(self.folder.url, migrations: migrations, now: 1_795_232_770_123)
        return try database.queue.read { try Set($0.columns(in: "one").map(\.name)) }
    }

    @Test func copiesTheFileBeforeAnOlderSchemaChanges() async throws {
        #expect(try self.names(of: [Self.first]) == ["value"])
        #expect(!self.folder.names.contains { $0.contains("backup") })
        #expect(try self.names(of: [Self.first]) == ["value"])
        #expect(!self.folder.names.contains { $0.contains("backup") })
        #expect(try self.names(of: [Self.first, Self.second]) == ["value", "more"])
        let copy = "test.db.backup-20261121T034610123Z"
        #expect(self.folder.names.contains(copy))
        #expect(self.folder.mode(copy) == 0o600)
        let bytes = try self.folder.bytes(copy)
        #expect(bytes.contains(text: "kept"))
        #expect(!bytes.contains(text: "more"))
    }

    @Test func leavesTheSchemaAsItWasWhereAStepFails() throws {
        #expect(try self.names(of: [Self.first]) == ["value"])
        #expect(throws: StorageError.self) { try self.names(of: [Self.first, Self.broken]) }
        #expect(try self.names(of: [Self.first]) == ["value"])
    }

    @Test func refusesASchemaOfANewerVersion() throws {
        #expect(try self.names(of: [Self.first, Self.second]) == ["value", "more"])
        #expect(throws: StorageError.newerSchema(path: try self.folder.url.path)) { try self.names(of: [Self.first]) }
    }

    @Test func refusesADatabaseOfAnotherProgram() throws {
        try self.holdOpen { try $0.queue.write { try $0.execute(sql: "DROP TABLE grdb_migrations") } }
        let error = #expect(throws: StorageError.self) { try SQLiteDatabase.open(self.folder.url) }
        #expect(error == .foreign(path: try self.folder.url.path))
    }

    @Test func refusesAFileThatIsNoDatabase() throws {
        let path = try self.folder.url.path
        let descriptor = open(path, O_CREAT | O_RDWR, 0o600)
        let text = Array(String(repeating: "this is no database. ", count: 100).utf8)
        #expect(write(descriptor, text, text.count) == text.count)
        close(descriptor)
        #expect(throws: StorageError.self) { try SQLiteDatabase.open(self.folder.url) }
        #expect(try self.folder.bytes("test.db") == text)
    }

    @Test func namesTheFileThatCannotBeMade() {
        let error = #expect(throws: StorageError.self) {
            try SQLiteDatabase.open(DatabaseURL("sqlite:/nowhere/at/all/test.db"))
        }
        #expect(error?.description == "/nowhere/at/all/test.db.lock: No such file or directory")
    }
}

@Suite struct DatabaseURLTests {
    @Test(arguments: [
        ("sqlite:turnpike.db", "turnpike.db"), ("sqlite:/var/x.db", "/var/x.db"), ("sqlite:///var/x.db", "/var/x.db"),
        ("sqlite:./a b.db", "./a b.db"),
    ])
    func readsSQLiteURLs(url: String, path: String) throws {
        #expect(try DatabaseURL(url).path == path)
    }

    @Test(arguments: [
        "", "turnpike.db", "sqlite:", "sqlite::memory:", "sqlite://host/x.db", "sqlite:/var/", "sqlite:a\u{0}b",
    ])
    func refusesOtherTexts(url: String) {
        #expect(throws: StorageError.self) { try DatabaseURL(url) }
    }

    @Test func doesNotQuoteThePasswordOfAURL() {
        let error = #expect(throws: StorageError.self) { try DatabaseURL("postgres://user:hunter2@db/turnpike") }
        #expect(error?.description.contains("hunter2") == false)
        #expect(error?.description.contains("postgres:") == true)
    }

    @Test func hashesAsTheStandardSays() throws {
        // FIPS 180-4, the example "abc".
        let digest = Array("abc".utf8).withUnsafeBytes { sha256($0) }
        let hexadecimal = digest.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hexadecimal == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
