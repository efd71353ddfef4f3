import Core
import Identity
import Synchronization
import Testing

@Suite struct AWSPairTests {
    @Test(arguments: 0..<50)
    func aPairLooksLikeOneOfAWS(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed))
        let pair = AWSPair(using: &generator)
        #expect(pair.accessKeyID.description.wholeMatch(of: /AKTP[A-Z2-7]{16}/) != nil)
        #expect(pair.secret.reveal().wholeMatch(of: /[A-Za-z0-9]{40}/) != nil)
        #expect(AWSAccessKeyID(pair.accessKeyID.description) == pair.accessKeyID)
    }

    @Test func noTwoPairsAreAlike() {
        let pairs = (0..<1000).map { _ in AWSPair() }
        #expect(Set(pairs.map(\.accessKeyID)).count == 1000)
        #expect(Set(pairs.map { $0.secret.reveal() }).count == 1000)
    }

    @Test(arguments: ["AKTPAAAAAAAAAAAAAAAA", "AKTP7777777777777777", "AKTPABCDEFGHIJKLMNO2"])
    func readsAndWritesIdentifiers(text: String) { #expect(AWSAccessKeyID(text)?.description == text) }

    @Test(arguments: [
        "", "AKTP", "AKIAAAAAAAAAAAAAAAAA", "AKTPAAAAAAAAAAAAAAA", "AKTPAAAAAAAAAAAAAAAAA", "AKTPAAAAAAAAAAAAAAA1",
        "AKTPAAAAAAAAAAAAAAA8", "AKTPaaaaaaaaaaaaaaaa", "aktpAAAAAAAAAAAAAAAA", "AKTPAAAAAAAAAAAAAAÉ",
        "AKTPAAAAAAAAAAAAAAA ",
    ])
    func refusesWhatIsNoIdentifier(text: String) { #expect(AWSAccessKeyID(text) == nil) }

    @Test func noSecretIsPrinted() {
        let pair = AWSPair()
        var text = "\(pair) \(SealedSecret(Array("sealed-bytes".utf8)))"
        dump(pair, to: &text)
        dump(SigningKey.Sample.key(pair.secret), to: &text)
        #expect(!text.contains(pair.secret.reveal()))
        #expect(!text.contains("115"), "the first of the sealed bytes")
    }
}

extension SigningKey {
    fileprivate enum Sample {
        /// What a ring gives for a key with this secret.
        static func key(_ secret: Secret) -> SigningKey? {
            let ring = KeyRing()
            ring.insert(signingKey("one"), awsSecret: secret)
            return AWSAccessKeyID(firstAccessKeyID).flatMap { try? ring.claim($0, now: 0).get() }
        }
    }
}

let firstAccessKeyID = "AKTPAAAAAAAAAAAAAAAA"
private let secondAccessKeyID = "AKTPBBBBBBBBBBBBBBBB"

/// A stored key with an AWS pair whose secret is sealed by ``ReversingSeal``.
private func signingKey(
    _ key: String,
    id: String = "key_1",
    accessKeyID: String = firstAccessKeyID,
    secret: String = "secret",
    expires: UInt64? = nil,
    revoked: UInt64? = nil
) -> StoredKey {
    var stored = storedKey(key, id: id, routes: ["chat"], expires: expires, revoked: revoked)
    stored.record.awsAccessKeyID = AWSAccessKeyID(accessKeyID)
    stored.awsSecret = SealedSecret("\(id) \(accessKeyID)|\(secret)".utf8.reversed())
    return stored
}

/// A seal for tests only: owner and secret, backwards.
private struct ReversingSeal: SecretSealing {
    func seal(_ secret: Secret, for owner: String) throws(SealError) -> SealedSecret {
        SealedSecret("\(owner)|\(secret.reveal())".utf8.reversed())
    }

    func open(_ sealed: SealedSecret, for owner: String) throws(SealError) -> Secret {
        let text = String(decoding: sealed.bytes.reversed(), as: UTF8.self)
        guard text.hasPrefix("\(owner)|") else { throw .damaged }
        return Secret(String(text.dropFirst(owner.count + 1)))
    }
}

@Suite struct KeyRingPairTests {
    private func claim(
        _ ring: KeyRing,
        _ accessKeyID: String = firstAccessKeyID,
        now: UInt64 = 1000
    ) throws -> Result<SigningKey, KeyRefusal> {
        ring.claim(try #require(AWSAccessKeyID(accessKeyID)), now: now)
    }

    private func refusal(_ result: Result<SigningKey, KeyRefusal>) -> KeyRefusal? {
        if case .failure(let refusal) = result { refusal } else { nil }
    }

    @Test func findsAKeyByItsAccessKeyIDAndOpensItsSecret() throws {
        let ring = try KeyRing(
            [
                signingKey("one", id: "key_a"),
                signingKey("two", id: "key_b", accessKeyID: secondAccessKeyID, secret: "2"),
                storedKey("three", id: "key_c"),
            ],
            seal: ReversingSeal()
        )
        let first = try self.claim(ring).get()
        #expect(first.principal.keyID == "key_a")
        #expect(first.principal.routes == ["chat"])
        #expect(first.secret == Secret("secret"))
        #expect(try self.claim(ring, secondAccessKeyID).get().secret == Secret("2"))
        #expect(self.refusal(try self.claim(ring, "AKTPCCCCCCCCCCCCCCCC")) == .unknown)
    }

    @Test func theKeyItselfStillWorks() throws {
        let ring = try KeyRing([signingKey("one", id: "key_a")], seal: ReversingSeal())
        let principal = try ring.authenticate(digest: digest(of: "one", using: plainDigest), now: 0).get()
        #expect(principal.keyID == "key_a")
    }

    @Test func aSecretThatDoesNotOpenIsAnErrorAtTheStart() {
        var moved = signingKey("one", id: "key_a")
        moved.record.id = "key_b"
        #expect(throws: SealError.damaged) { try KeyRing([moved], seal: ReversingSeal()) }
        // The secret of a revoked key is of no use to anybody, so it need not open.
        moved.record.revoked = 1
        #expect(throws: Never.self) { try KeyRing([moved], seal: ReversingSeal()) }
    }

    @Test(arguments: [(999, nil), (1000, KeyRefusal.expired)] as [(UInt64, KeyRefusal?)])
    func refusesAnExpiredKey(now: UInt64, expected: KeyRefusal?) throws {
        let ring = try KeyRing([signingKey("one", expires: 1000)], seal: ReversingSeal())
        #expect(self.refusal(try self.claim(ring, now: now)) == expected)
    }

    @Test func refusesARevokedKeyAtOnceAndAfterARestart() throws {
        let ring = try KeyRing([signingKey("one", id: "key_a")], seal: ReversingSeal())
        #expect(ring.revoke(id: "key_a", at: 5))
        #expect(self.refusal(try self.claim(ring)) == .revoked)
        let restarted = try KeyRing([signingKey("one", id: "key_a", revoked: 5)], seal: ReversingSeal())
        #expect(self.refusal(try self.claim(restarted)) == .revoked)
    }

    @Test func onlyTheNewPairWorksAfterRotation() throws {
        let ring = try KeyRing([signingKey("one", id: "key_a")], seal: ReversingSeal())
        ring.insert(
            signingKey("new", id: "key_a", accessKeyID: secondAccessKeyID),
            awsSecret: Secret("fresh")
        )
        #expect(self.refusal(try self.claim(ring)) == .unknown)
        #expect(try self.claim(ring, secondAccessKeyID).get().secret == Secret("fresh"))
        #expect(ring.count == 1)
    }

    @Test func forgetsThePairOfARemovedKey() throws {
        let ring = try KeyRing([signingKey("one", id: "key_a")], seal: ReversingSeal())
        #expect(ring.remove(id: "key_a"))
        #expect(self.refusal(try self.claim(ring)) == .unknown)
    }

    @Test func aClaimIsNoUseUntilItIsProven() throws {
        let reports = Mutex<[String]>([])
        let ring = try KeyRing([signingKey("one", id: "key_a")], seal: ReversingSeal()) { id in
            reports.withLock { $0.append(id) }
        }
        _ = try self.claim(ring).get()
        #expect(reports.withLock { $0 } == [])
        for _ in 0..<2 { ring.noteUse(of: try #require(AWSAccessKeyID(firstAccessKeyID))) }
        #expect(reports.withLock { $0 } == ["key_a"])
    }
}
