import Core
import FoundationEssentials
import GRDB
import Glibc
import Identity
import Testing

@testable import Storage

@Suite struct SecretSealTests {
    private let folder: TemporaryFolder
    private static let master = Secret("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")

    init() throws { self.folder = try TemporaryFolder() }

    private var path: String { "\(self.folder.path)/turnpike.master" }

    private func seal(_ key: Secret? = nil, keys: [StoredKey] = []) -> SecretSeal {
        SecretSeal(masterKey: key, file: self.path, keys: keys)
    }

    /// A stored key whose secret was sealed by `seal`.
    private func key(sealedBy seal: SecretSeal, revoked: UInt64? = nil) throws -> StoredKey {
        let pair = AWSPair()
        let (key, record) = KeyMinter().mint(
            name: "x",
            account: .standard,
            awsAccessKeyID: pair.accessKeyID,
            at: 1
        )
        let sealed = try seal.seal(pair.secret, for: StoredKey.owner(id: record.id, pair.accessKeyID))
        var stored = StoredKey(digest: key.digest(using: sha256), record: record, awsSecret: sealed)
        stored.record.revoked = revoked
        return stored
    }

    @Test func opensWhatItSealedForTheSameOwnerOnly() throws {
        let seal = self.seal(Self.master)
        let sealed = try seal.seal(Secret("wie süß"), for: "key_1 AKTP")
        #expect(try seal.open(sealed, for: "key_1 AKTP") == Secret("wie süß"))
        #expect(try self.seal(Self.master).open(sealed, for: "key_1 AKTP") == Secret("wie süß"))
        #expect(throws: SealError.damaged) { try seal.open(sealed, for: "key_2 AKTP") }
        #expect(self.folder.names.isEmpty, "a configured key needs no file")
    }

    @Test func noTwoSealedSecretsAreAlikeAndNoneHoldsTheSecret() throws {
        let seal = self.seal(Self.master)
        let sealed = try (0..<100).map { _ in try seal.seal(Secret("marker-of-a-secret"), for: "x") }
        #expect(Set(sealed).count == 100)
        #expect(sealed.allSatisfy { !$0.bytes.contains(text: "marker") })
    }

    @Test func everyChangedByteIsSeen() throws {
        let seal = self.seal(Self.master)
        let sealed = try seal.seal(Secret("secret"), for: "x")
        for index in sealed.bytes.indices {
            var changed = sealed
            changed.bytes[index] ^= 1
            #expect(throws: SealError.self, "byte \(index)") { try seal.open(changed, for: "x") }
        }
        for length in [0, 1, 9, 10, 36, sealed.bytes.count - 1] {
            let cut = SealedSecret(Array(sealed.bytes.prefix(length)))
            #expect(throws: SealError.damaged, "\(length) bytes") { try seal.open(cut, for: "x") }
        }
    }

    @Test func saysWhenTheMasterKeyIsAnother() throws {
        let sealed = try self.seal(Self.master).seal(Secret("secret"), for: "x")
        let other = self.seal(Secret(String(repeating: "k", count: 32)))
        #expect(throws: SealError.otherMasterKey) { try other.open(sealed, for: "x") }
    }

    @Test func sealsNothingUnderAKeyThatDoesNotFitWhatIsStored() throws {
        let stored = try self.key(sealedBy: self.seal(Self.master))
        let other = Secret(String(repeating: "k", count: 32))
        #expect(throws: SealError.otherMasterKey) {
            try self.seal(other, keys: [stored]).seal(Secret("s"), for: "x")
        }
        // Where no key is configured, none is made beside the one that was lost.
        #expect(throws: SealError.missing(path: self.path)) {
            try self.seal(keys: [stored]).seal(Secret("s"), for: "x")
        }
        #expect(self.folder.names.isEmpty)
        #expect(throws: Never.self) { try self.seal(Self.master, keys: [stored]).seal(Secret("s"), for: "x") }
        // A revoked key ties nobody.
        var revoked = stored
        revoked.record.revoked = 1
        #expect(throws: Never.self) { try self.seal(other, keys: [revoked]).seal(Secret("s"), for: "x") }
    }

    @Test(arguments: [
        "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
        "ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8=",
    ])
    func theSameBytesAreTheSameKeyHoweverTheyAreWritten(text: String) throws {
        let sealed = try self.seal(Self.master).seal(Secret("secret"), for: "x")
        #expect(try self.seal(Secret(text)).open(sealed, for: "x") == Secret("secret"))
    }

    @Test func anyLongTextIsAKeyOfItsOwn() throws {
        let texts = [
            String(repeating: "k", count: 32), String(repeating: "k", count: 33),
            "correct horse battery staple, eight times",
            String(repeating: "é", count: 32),
        ]
        let sealed = try texts.map { try self.seal(Secret($0)).seal(Secret($0), for: "x") }
        for (text, sealed) in zip(texts, sealed) {
            for other in texts {
                let opened = try? self.seal(Secret(other)).open(sealed, for: "x")
                #expect(opened == (other == text ? Secret(text) : nil))
            }
        }
    }

    @Test func refusesAShortKeyWithoutQuotingIt() {
        let seal = self.seal(Secret("too-short-a-key"))
        #expect(throws: SealError.tooShort(15)) { try seal.checkConfigured() }
        let error = #expect(throws: SealError.self) { try seal.seal(Secret("s"), for: "x") }
        #expect(error?.description.contains("15 characters") == true)
        #expect(error?.description.contains("too-short-a-key") == false)
    }

    @Test func makesAFileForItsOwnerAtFirstNeedAndKeepsIt() throws {
        let seal = self.seal(Secret(""))
        try seal.checkConfigured()
        #expect(self.folder.names.isEmpty)
        let sealed = try seal.seal(Secret("secret"), for: "x")
        #expect(self.folder.names == ["turnpike.master"])
        #expect(self.folder.mode("turnpike.master") == 0o600)
        let text = String(decoding: try self.folder.bytes("turnpike.master"), as: UTF8.self)
        #expect(text.wholeMatch(of: /[0-9a-f]{64}\n/) != nil)
        #expect(try self.seal().open(sealed, for: "x") == Secret("secret"))
        #expect(String(decoding: try self.folder.bytes("turnpike.master"), as: UTF8.self) == text)
        #expect(!"\(seal)".contains(text.prefix(8)))
    }

    @Test func openingNeverMakesAFile() throws {
        let sealed = try self.seal(Self.master).seal(Secret("secret"), for: "x")
        #expect(throws: SealError.missing(path: self.path)) { try self.seal().open(sealed, for: "x") }
        #expect(self.folder.names.isEmpty)
    }

    @Test func refusesAFileOthersMayRead() throws {
        _ = try self.seal().seal(Secret("s"), for: "x")
        chmod(self.path, 0o640)
        #expect(throws: SealError.readableByOthers(path: self.path)) { try self.seal().seal(Secret("s"), for: "x") }
    }

    @Test(arguments: ["", "short\n", String(repeating: "\u{0}", count: 64)])
    func refusesAFileWithoutAKey(text: String) throws {
        let bytes = Array(text.utf8)
        let descriptor = open(self.path, O_CREAT | O_WRONLY, 0o600)
        #expect(write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
        let error = #expect(throws: SealError.self) { try self.seal().seal(Secret("s"), for: "x") }
        #expect(error?.description.contains("holds no master key") == true)
        #expect(try self.folder.bytes("turnpike.master") == bytes, "what is there is not written over")
    }

    @Test func namesAFileThatCannotBeMade() {
        let seal = SecretSeal(masterKey: nil, file: "/nowhere/at/all/turnpike.master")
        let error = #expect(throws: SealError.self) { try seal.seal(Secret("s"), for: "x") }
        #expect(error?.description == "the master key file /nowhere/at/all/turnpike.master: No such file or directory")
    }

    @Test(arguments: [
        ("sqlite:turnpike.db", "turnpike.master"), ("sqlite:/var/lib/x.db", "/var/lib/turnpike.master"),
        ("sqlite:/x.db", "/turnpike.master"), ("sqlite:./a/b.db", "./a/turnpike.master"),
    ])
    func theFileLiesBesideTheDatabase(url: String, path: String) throws {
        #expect(try DatabaseURL(url).masterKeyPath == path)
    }

    @Test func theDatabaseHoldsTheSealedSecretOnly() async throws {
        let seal = self.seal(Self.master)
        let pair = AWSPair()
        let (key, record) = KeyMinter().mint(name: "x", account: .standard, awsAccessKeyID: pair.accessKeyID, at: 1)
        let owner = StoredKey.owner(id: record.id, pair.accessKeyID)
        let stored = StoredKey(
            digest: key.digest(using: sha256),
            record: record,
            awsSecret: try seal.seal(pair.secret, for: owner)
        )
        let database = try SQLiteDatabase.open(self.folder.url)
        try await SQLiteKeyStore(database).insert(stored)
        let files = try self.folder.names.map { try self.folder.bytes($0) }
        #expect(files.contains { $0.contains(text: pair.accessKeyID.description) }, "the search must be able to find")
        #expect(files.allSatisfy { !$0.contains(text: pair.secret.reveal()) })
        let ring = try KeyRing(try await SQLiteKeyStore(database).all(), seal: self.seal(Self.master))
        #expect(try ring.claim(pair.accessKeyID, now: 0).get().secret == pair.secret)
    }

    @Test func keysOfADatabaseFromBeforePairsAreKept() async throws {
        let (key, record) = KeyMinter().mint(name: "old", account: .standard, at: 1)
        do {
            let database = try SQLiteDatabase.open(
                self.folder.url,
                migrations: Array(Migration.all.prefix(1)),
                now: 1
            )
            let arguments: StatementArguments = [record.id, Data(key.digest(using: sha256).bytes), record.prefix]
            try await database.queue.write { database in
                try database.execute(
                    sql: """
                        INSERT INTO keys (id, digest, name, account, role, created, prefix, origin) \
                        VALUES (?, ?, 'old', 'default', 'client', 1, ?, 'made')
                        """,
                    arguments: arguments
                )
            }
            try database.close()
        }
        let keys = try await SQLiteKeyStore(SQLiteDatabase.open(self.folder.url)).all()
        #expect(keys == [StoredKey(digest: key.digest(using: sha256), record: record)])
    }
}
