import Core
import Identity
import StoreCompatibility
import Synchronization
import Testing

@Suite struct KeyRingTests {
    private func check(_ ring: KeyRing, _ key: String, now: UInt64 = 1000) -> Result<Principal, KeyRefusal> {
        ring.authenticate(digest: digest(of: key, using: plainDigest), now: now)
    }

    private func refusal(_ result: Result<Principal, KeyRefusal>) -> KeyRefusal? {
        if case .failure(let refusal) = result { refusal } else { nil }
    }

    @Test func acceptsAKnownKeyWithItsAccountRoleAndRoutes() throws {
        let ring = KeyRing([
            storedKey("one", id: "key_a", role: .accountAdmin, routes: ["chat"]), storedKey("two", id: "key_b"),
        ])
        let principal = try self.check(ring, "one").get()
        #expect(principal.keyID == "key_a")
        #expect(principal.account == .standard)
        #expect(principal.role == .accountAdmin)
        #expect(principal.mayUse(route: "chat"))
        #expect(!principal.mayUse(route: "cheap"))
        #expect(try self.check(ring, "two").get().mayUse(route: "anything"))
    }

    @Test func refusesAnUnknownKey() {
        #expect(self.refusal(self.check(KeyRing(), "one")) == .unknown)
        #expect(self.refusal(self.check(KeyRing([storedKey("one")]), "two")) == .unknown)
    }

    @Test func refusesTheDigestAMissIsComparedWith() throws {
        let zeros = try #require(KeyDigest([UInt8](repeating: 0, count: 32)))
        #expect(self.refusal(KeyRing().authenticate(digest: zeros, now: 0)) == .unknown)
    }

    @Test func refusesFromTheNextRequestOnAfterRevoking() {
        let ring = KeyRing([storedKey("one", id: "key_a")])
        #expect(self.refusal(self.check(ring, "one")) == nil)
        #expect(ring.revoke(id: "key_a", at: 5))
        #expect(self.refusal(self.check(ring, "one")) == .revoked)
        #expect(!ring.revoke(id: "key_z", at: 5))
    }

    @Test(arguments: [(999, nil), (1000, KeyRefusal.expired), (1001, .expired)] as [(UInt64, KeyRefusal?)])
    func refusesAKeyFromItsExpiryOn(now: UInt64, expected: KeyRefusal?) {
        let ring = KeyRing([storedKey("one", expires: 1000)])
        #expect(self.refusal(self.check(ring, "one", now: now)) == expected)
    }

    @Test func acceptsOnlyTheNewDigestAfterRotation() {
        let ring = KeyRing([storedKey("old", id: "key_a")])
        ring.insert(storedKey("new", id: "key_a"))
        #expect(self.refusal(self.check(ring, "old")) == .unknown)
        #expect(self.refusal(self.check(ring, "new")) == nil)
        #expect(ring.count == 1)
    }

    @Test func forgetsRemovedAndReplacedKeys() {
        let ring = KeyRing([storedKey("one", id: "key_a"), storedKey("two", id: "key_b")])
        #expect(ring.remove(id: "key_a"))
        #expect(!ring.remove(id: "key_a"))
        #expect(self.refusal(self.check(ring, "one")) == .unknown)
        ring.replaceAll(with: [storedKey("three", id: "key_c")])
        #expect(self.refusal(self.check(ring, "two")) == .unknown)
        #expect(self.refusal(self.check(ring, "three")) == nil)
    }

    @Test func reportsTheFirstUseOnce() {
        let reports = Mutex<[String]>([])
        let ring = KeyRing([storedKey("one", id: "key_a")]) { id in reports.withLock { $0.append(id) } }
        for _ in 0..<3 { _ = self.check(ring, "one") }
        _ = self.check(ring, "unknown")
        #expect(reports.withLock { $0 } == ["key_a"])
    }

    @Test func refusalsNameTheFixAndAreTheClientsDoing() {
        for refusal: KeyRefusal in [.unknown, .revoked, .expired] {
            #expect(refusal.error.code == .authentication)
            #expect(refusal.error.message.contains("turnpike keys create"))
        }
    }

    @Test(arguments: KeyStoreCompatibility.allCases)
    func theStoreInMemoryKeepsThePromisesOfAStore(promise: KeyStoreCompatibility) async throws {
        try await promise.check(MemoryKeyStore())
    }
}
