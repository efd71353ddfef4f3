import Admin
import Core
import Identity
import Logging
import Storage
import StoreCompatibility
import Testing

@Suite struct BootstrapTests {
    private let store = MemoryKeyStore()
    private let clock = ManualClock()
    private let logger = Log().logger

    private func start(adminKey: String? = nil, quickstart: Bool = false) async throws -> Bootstrap {
        try await Bootstrap.start(
            store: self.store,
            adminKey: adminKey.map { Secret($0) },
            quickstart: quickstart,
            hasher: sha256,
            seal: testSeal,
            logger: self.logger,
            now: self.clock.now
        )
    }

    private func role(of key: String?, in bootstrap: Bootstrap) -> Role? {
        guard let key else { return nil }
        return try? Array(key.utf8).withUnsafeBytes { try bootstrap.keys.authenticate($0).get().role }
    }

    @Test func theFirstStartMakesAnAdminKeyAndTheSecondKeepsIt() async throws {
        let first = try await self.start()
        let key = try #require(first.newAdminKey?.reveal())
        #expect(self.role(of: key, in: first) == .admin)
        #expect(first.quickstartKey == nil)
        let second = try await self.start()
        #expect(second.newAdminKey == nil)
        #expect(self.role(of: key, in: second) == .admin)
    }

    @Test func theVariableSetsTheAdminKeyAndIsNotShown() async throws {
        let key = String(repeating: "k", count: 32)
        let first = try await self.start(adminKey: key)
        #expect(first.newAdminKey == nil)
        #expect(self.role(of: key, in: first) == .admin)
        let later = try await self.start()
        #expect(self.role(of: key, in: later) == .admin)
    }

    @Test func aDifferentVariableReplacesTheKey() async throws {
        let made = try #require(try await self.start().newAdminKey?.reveal())
        let key = String(repeating: "k", count: 32)
        let second = try await self.start(adminKey: key)
        #expect(self.role(of: key, in: second) == .admin)
        #expect(self.role(of: made, in: second) == nil)
    }

    @Test func aStartWithAnotherMasterKeySaysSo() async throws {
        let first = try await self.start()
        _ = try await first.keys.create(KeyDraft(name: "bedrock", aws: true))
        await #expect(throws: SealError.otherMasterKey) {
            _ = try await Bootstrap.start(
                store: self.store,
                adminKey: nil,
                quickstart: false,
                hasher: sha256,
                seal: SecretSeal(masterKey: Secret(String(repeating: "o", count: 32)), file: "/nowhere"),
                logger: self.logger,
                now: self.clock.now
            )
        }
    }

    @Test func anEmptyVariableCountsAsNotSet() async throws {
        #expect(try await self.start(adminKey: "").newAdminKey != nil)
    }

    @Test(arguments: [
        ("short", AdminKeyError.tooShort(5)), (String(repeating: "k", count: 31), .tooShort(31)),
        (String(repeating: "k", count: 513), .tooLong(513)),
        ("with a space" + String(repeating: "k", count: 32), .unprintable),
        (String(repeating: "ü", count: 32), .unprintable),
    ])
    func refusesAVariableThatCannotBeAKey(value: String, expected: AdminKeyError) async throws {
        let error = await #expect(throws: AdminKeyError.self) { try await self.start(adminKey: value) }
        #expect(error == expected)
        #expect(error?.description.contains("openssl rand -hex 32") == true)
        #expect(error?.description.contains(value) == false)
        #expect(try await self.store.adminKey() == nil)
    }

    @Test func aStartWithoutConfigurationMakesOneClientKey() async throws {
        let bootstrap = try await self.start(quickstart: true)
        #expect(self.role(of: bootstrap.quickstartKey?.reveal(), in: bootstrap) == .client)
        #expect(try await self.store.all().map(\.record.name) == ["quickstart"])
    }

    @Test func unusedExampleKeysGoAtTheNextSuchStartAndUsedOnesStay() async throws {
        let unused = try #require(try await self.start(quickstart: true).quickstartKey?.reveal())
        let second = try await self.start(quickstart: true)
        let used = try #require(second.quickstartKey?.reveal())
        #expect(self.role(of: unused, in: second) == nil)

        // The first use reaches the store through the writer, which writes what is queued before it ends.
        #expect(self.role(of: used, in: second) == .client)
        second.firstUses.finish()
        try await second.firstUses.run()

        _ = try await second.keys.create(KeyDraft(name: "quickstart"))
        let third = try await self.start(quickstart: true)
        #expect(self.role(of: used, in: third) == .client)
        #expect(try await self.store.all().count == 3)
        let configured = try await self.start(quickstart: false)
        #expect(self.role(of: third.quickstartKey?.reveal(), in: configured) == .client)
    }
}
