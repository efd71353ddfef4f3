// The statically linked toolchain has no Testing module; a build of every target must not fail for it.
#if canImport(Testing)
package import Identity
import Testing

/// What every key store must keep to. A store's own tests call ``check(_:)`` with each promise and a fresh, empty
/// store.
package enum KeyStoreCompatibility: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case givesBackWhatWasStored
    case refusesASecondKeyWithTheSameIdentifier
    case refusesASecondKeyWithTheSameDigest
    case refusesASecondKeyWithTheSameAccessKeyID
    case listsTheNewestFirstInPages
    case revokesOnceAndKeepsTheRecord
    case rotatesTheDigestAndThePrefix
    case rotatesTheAWSPair
    case refusesToRotateToADigestOfAnotherKey
    case remembersTheEarliestUse
    case deletesAltogether
    case saysWhenThereIsNoSuchKey
    case keepsTheAdminKey

    package var testDescription: String { self.rawValue }

    /// Checks this promise against `store`, which must be empty.
    package func check(_ store: some KeyStore & AdminKeyStore) async throws {
        switch self {
        case .givesBackWhatWasStored: try await self.checkGivesBack(store)
        case .refusesASecondKeyWithTheSameIdentifier: try await self.checkSameIdentifier(store)
        case .refusesASecondKeyWithTheSameDigest: try await self.checkSameDigest(store)
        case .refusesASecondKeyWithTheSameAccessKeyID: try await self.checkSameAccessKeyID(store)
        case .listsTheNewestFirstInPages: try await self.checkPages(store)
        case .revokesOnceAndKeepsTheRecord: try await self.checkRevoke(store)
        case .rotatesTheDigestAndThePrefix: try await self.checkRotate(store)
        case .rotatesTheAWSPair: try await self.checkRotateAWSPair(store)
        case .refusesToRotateToADigestOfAnotherKey: try await self.checkRotateToTaken(store)
        case .remembersTheEarliestUse: try await self.checkFirstUse(store)
        case .deletesAltogether: try await self.checkDelete(store)
        case .saysWhenThereIsNoSuchKey: try await self.checkUnknown(store)
        case .keepsTheAdminKey: try await self.checkAdminKey(store)
        }
    }
}

extension KeyStoreCompatibility {
    /// A key whose identifier and digest follow from `number`.
    private func key(_ number: UInt8) -> StoredKey? {
        var digest = [UInt8](repeating: 0xA5, count: 32)
        digest[31] = number
        return KeyDigest(digest).map { digest in
            StoredKey(
                digest: digest,
                record: KeyRecord(
                    id: "key_\(100 + Int(number))",
                    name: "number \(number)",
                    account: .standard,
                    created: 1_000 + UInt64(number),
                    prefix: "tp-\(1000 + Int(number))"
                )
            )
        }
    }

    /// The key of `number` with an AWS pair.
    private func signingKey(_ number: UInt8) throws -> StoredKey {
        var key = try #require(self.key(number))
        let letter = Character(Unicode.Scalar(0x41 + number % 26))
        let accessKeyID: AWSAccessKeyID = try #require(AWSAccessKeyID("AKTPAAAAAAAAAAAAAAA\(letter)"))
        key.record.awsAccessKeyID = accessKeyID
        // Bytes that are no text, and a zero.
        key.awsSecret = SealedSecret([0, 0xFF, 0xC0, 0, number])
        return key
    }

    private func checkGivesBack(_ store: some KeyStore) async throws {
        let plain = try #require(self.key(1))
        var full = try #require(self.key(2))
        full.record.name = "übung 'quoted' \"twice\"; DROP TABLE keys"
        full.record.account = try #require(AccountPath("acme/research"))
        full.record.role = .accountAdmin
        full.record.routes = ["chat", "cheap", "openai/gpt-4o"]
        full.record.expires = 4_102_444_800_000
        full.record.revoked = 3
        full.record.firstUsed = 2
        full.record.origin = .quickstart
        var closed = try #require(self.key(3))
        closed.record.routes = []
        let signing = try self.signingKey(4)
        for key in [plain, full, closed, signing] { try await store.insert(key) }
        for key in [plain, full, closed, signing] { #expect(try await store.get(id: key.record.id) == key.record) }
        #expect(try await Set(store.all()) == [plain, full, closed, signing])
        #expect(
            try await store.list(before: nil, limit: 10)
                == [signing.record, closed.record, full.record, plain.record]
        )
    }

    private func checkSameIdentifier(_ store: some KeyStore) async throws {
        let first = try #require(self.key(1))
        var second = try #require(self.key(2))
        second.record.id = first.record.id
        try await store.insert(first)
        await #expect(throws: KeyStoreError.duplicate) { try await store.insert(second) }
        #expect(try await store.all() == [first])
    }

    private func checkSameDigest(_ store: some KeyStore) async throws {
        let first = try #require(self.key(1))
        var second = try #require(self.key(2))
        second.digest = first.digest
        try await store.insert(first)
        await #expect(throws: KeyStoreError.duplicate) { try await store.insert(second) }
        #expect(try await store.all() == [first])
    }

    private func checkSameAccessKeyID(_ store: some KeyStore) async throws {
        let first = try self.signingKey(1)
        var second = try self.signingKey(2)
        second.record.awsAccessKeyID = first.record.awsAccessKeyID
        try await store.insert(first)
        await #expect(throws: KeyStoreError.duplicate) { try await store.insert(second) }
        #expect(try await store.all() == [first])
    }

    private func checkPages(_ store: some KeyStore) async throws {
        for number: UInt8 in [3, 1, 5, 2, 4] { try await store.insert(#require(self.key(number))) }
        let first = try await store.list(before: nil, limit: 2)
        #expect(first.map(\.name) == ["number 5", "number 4"])
        let second = try await store.list(before: first.last?.id, limit: 2)
        #expect(second.map(\.name) == ["number 3", "number 2"])
        let third = try await store.list(before: second.last?.id, limit: 2)
        #expect(third.map(\.name) == ["number 1"])
        #expect(try await store.list(before: third.last?.id, limit: 2).isEmpty)
    }

    private func checkRevoke(_ store: some KeyStore) async throws {
        let key = try #require(self.key(1))
        try await store.insert(key)
        #expect(try await store.revoke(id: key.record.id, at: 77))
        #expect(try await store.revoke(id: key.record.id, at: 99))
        #expect(try await store.get(id: key.record.id)?.revoked == 77)
        #expect(try await store.all().count == 1)
    }

    private func checkRotate(_ store: some KeyStore) async throws {
        let key = try #require(self.key(1))
        let fresh = try #require(self.key(2)).digest
        try await store.insert(key)
        #expect(try await store.rotate(id: key.record.id, digest: fresh, prefix: "tp-new0", aws: nil))
        let stored = try #require(try await store.all().first)
        #expect(stored.digest == fresh)
        #expect(stored.record.prefix == "tp-new0")
        #expect(stored.record.name == key.record.name)
        #expect(try await store.all().count == 1)
    }

    private func checkRotateAWSPair(_ store: some KeyStore) async throws {
        let (key, next) = (try self.signingKey(1), try self.signingKey(2))
        try await store.insert(key)
        let pair = SealedAWSPair(
            accessKeyID: try #require(next.record.awsAccessKeyID),
            secret: try #require(next.awsSecret)
        )
        #expect(try await store.rotate(id: key.record.id, digest: next.digest, prefix: "tp-new0", aws: pair))
        var expected = key
        expected.digest = next.digest
        expected.record.prefix = "tp-new0"
        expected.record.awsAccessKeyID = pair.accessKeyID
        expected.awsSecret = pair.secret
        #expect(try await store.all() == [expected])
        // Without a pair the one that is there stays.
        #expect(try await store.rotate(id: key.record.id, digest: key.digest, prefix: "tp-new0", aws: nil))
        expected.digest = key.digest
        #expect(try await store.all() == [expected])
        // And nobody else may have it.
        let other = try self.signingKey(3)
        try await store.insert(other)
        await #expect(throws: KeyStoreError.duplicate) {
            try await store.rotate(id: other.record.id, digest: other.digest, prefix: "tp-new1", aws: pair)
        }
    }

    private func checkRotateToTaken(_ store: some KeyStore) async throws {
        let (first, second) = (try #require(self.key(1)), try #require(self.key(2)))
        try await store.insert(first)
        try await store.insert(second)
        await #expect(throws: KeyStoreError.duplicate) {
            try await store.rotate(id: first.record.id, digest: second.digest, prefix: "tp-new0", aws: nil)
        }
        #expect(try await Set(store.all()) == [first, second])
    }

    private func checkFirstUse(_ store: some KeyStore) async throws {
        let key = try #require(self.key(1))
        try await store.insert(key)
        for time: UInt64 in [50, 40, 60] { try await store.recordFirstUse(id: key.record.id, at: time) }
        try await store.recordFirstUse(id: "key_none", at: 1)
        #expect(try await store.get(id: key.record.id)?.firstUsed == 40)
    }

    private func checkDelete(_ store: some KeyStore) async throws {
        let key = try #require(self.key(1))
        try await store.insert(key)
        #expect(try await store.delete(id: key.record.id))
        #expect(try await store.get(id: key.record.id) == nil)
        try await store.insert(key)
        #expect(try await store.get(id: key.record.id) == key.record)
    }

    private func checkUnknown(_ store: some KeyStore) async throws {
        let digest = try #require(self.key(1)).digest
        #expect(try await store.get(id: "key_none") == nil)
        #expect(try await !store.revoke(id: "key_none", at: 1))
        #expect(try await !store.rotate(id: "key_none", digest: digest, prefix: "tp-new0", aws: nil))
        #expect(try await !store.delete(id: "key_none"))
        #expect(try await store.all().isEmpty)
    }

    private func checkAdminKey(_ store: some AdminKeyStore) async throws {
        let (first, second) = (try #require(self.key(1)).digest, try #require(self.key(2)).digest)
        #expect(try await store.adminKey() == nil)
        try await store.setAdminKey(first)
        #expect(try await store.adminKey() == first)
        try await store.setAdminKey(second)
        #expect(try await store.adminKey() == second)
    }
}
#endif
