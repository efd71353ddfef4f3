import Admin
import Core
import Identity
import JSON
import Storage
import StoreCompatibility
import Testing

@Suite struct KeyRoutesTests {
    @Test func makesAKeyThatWorksAtOnceAndShowsItOnce() async throws {
        let fixture = try await Fixture()
        let made = await fixture.send(
            "POST",
            "/admin/v1/keys",
            #"{"name": "ci", "account": "acme/research", "role": "viewer", "routes": ["chat"], "expires": "30d"}"#
        )
        #expect(made.status == 201)
        let key = try #require(made.value["key"]?.asString)
        let id = try #require(made.value["id"]?.asString)
        #expect(key.hasPrefix("tp-") && key.utf8.count == 46)
        #expect(fixture.refusal(of: key) == nil)
        let shown = await fixture.send("GET", "/admin/v1/keys/\(id)")
        #expect(shown.status == 200)
        let expected: JSONValue = [
            "id": .string(id), "name": "ci", "account": "acme/research", "role": "viewer", "routes": ["chat"],
            "prefix": .string(String(key.prefix(7))), "status": "active", "created": "2026-11-21T03:46:10.000Z",
            "expires": "2026-12-21T03:46:10.000Z", "revoked": nil, "first_used": nil,
            "aws_access_key_id": nil,
        ]
        #expect(shown.value.isEquivalent(to: expected))
    }

    @Test func makesAClientKeyForTheStandardAccountFromANameAlone() async throws {
        let fixture = try await Fixture()
        let made = await fixture.send("POST", "/admin/v1/keys", #"{"name": "ci", "budget": null, "aws": false}"#)
        #expect(made.status == 201)
        #expect(made.value["account"] == "default")
        #expect(made.value["role"] == "client")
        #expect(made.value["routes"] == .null)
        #expect(made.value["expires"] == .null)
    }

    @Test(
        arguments: [
            ("", nil, "not JSON"), ("{", nil, "not JSON"), ("[]", nil, "JSON object"), ("{}", "name", "1 to 200"),
            (#"{"name": 1}"#, "name", "text"), (#"{"name": ""}"#, "name", "1 to 200"),
            (#"{"name": "a\u0007"}"#, "name", "text"),
            (#"{"name": "x", "name": "y"}"#, "name", "twice"),
            (#"{"name": "x", "rol": "admin"}"#, "rol", "did you mean role?"),
            (#"{"nam": "x"}"#, "nam", "did you mean name?"),
            (#"{"name": "x", "zzzzzzzz": 1}"#, "zzzzzzzz", "unknown field. A key"),
            (#"{"name": "x", "account": "a//b"}"#, "account", "acme/research"),
            (#"{"name": "x", "account": 1}"#, "account", "path"),
            (#"{"name": "x", "role": "root"}"#, "role", "client, viewer, account-admin, admin"),
            (#"{"name": "x", "routes": "chat"}"#, "routes", #"["chat"]"#),
            (#"{"name": "x", "routes": ["a", 1]}"#, "routes[1]", "text"),
            (#"{"name": "x", "routes": ["a\nb"]}"#, "routes[0]", "text"),
            (#"{"name": "x", "expires": "soon"}"#, "expires", "30d"),
            (#"{"name": "x", "expires": true}"#, "expires", "30d"),
            (#"{"name": "x", "expires": 1.5}"#, "expires", "30d"),
            (#"{"name": "x", "expires": "2020-01-01T00:00:00Z"}"#, "expires", "past"),
            (#"{"name": "x", "expires": 0}"#, "expires", "past"),
            (#"{"name": "x", "expires": "999999999999d"}"#, "expires", "30d"),
            (#"{"name": "x", "budget": {"usd": 1}}"#, "budget", "not in force yet"),
            (#"{"name": "x", "limits": {}}"#, "limits", "not in force yet"),
            (#"{"name": "x", "aws": "yes"}"#, "aws", "must be true"),
            (#"{"name": "x", "aws": 1}"#, "aws", "must be true"),
        ] as [(String, String?, String)]
    )
    func refusesABadBodyNamingTheFieldAndTheFix(body: String, field: String?, words: String) async throws {
        let fixture = try await Fixture()
        let answer = await fixture.send("POST", "/admin/v1/keys", body)
        #expect(answer.status == 400)
        #expect(answer.param == field)
        #expect(answer.message.contains(words), "\(answer.message)")
        #expect(answer.value["error"]?["type"] == "invalid_request_error")
        #expect(try await fixture.store.all().isEmpty)
    }

    @Test(arguments: [
        (#""2027-01-31T00:00:00Z""#, "2027-01-31T00:00:00.000Z"), (#""90m""#, "2026-11-21T05:16:10.000Z"),
        ("1800000000", "2027-01-15T08:00:00.000Z"),
    ])
    func takesAnExpiryInThreeForms(expires: String, shown: String) async throws {
        let fixture = try await Fixture()
        let made = await fixture.send("POST", "/admin/v1/keys", #"{"name": "x", "expires": \#(expires)}"#)
        #expect(made.value["expires"]?.asString == shown)
    }

    @Test func makesAnAWSPairWhereItIsAskedForAndShowsItsSecretOnce() async throws {
        let fixture = try await Fixture()
        let made = await fixture.send("POST", "/admin/v1/keys", #"{"name": "bedrock", "aws": true}"#)
        #expect(made.status == 201)
        let id = try #require(made.value["id"]?.asString)
        let accessKeyID = try #require(made.value["aws_access_key_id"]?.asString)
        let secret = try #require(made.value["aws_secret_access_key"]?.asString)
        #expect(accessKeyID.wholeMatch(of: /AKTP[A-Z2-7]{16}/) != nil)
        #expect(secret.wholeMatch(of: /[A-Za-z0-9]{40}/) != nil)
        let claimed = fixture.bootstrap.keys.ring.claim(try #require(AWSAccessKeyID(accessKeyID)), now: 0)
        #expect(try claimed.get().secret == Secret(secret))

        let shown = await fixture.send("GET", "/admin/v1/keys/\(id)")
        #expect(shown.value["aws_access_key_id"]?.asString == accessKeyID)
        let listed = await fixture.send("GET", "/admin/v1/keys")
        for text in [shown.text, listed.text, fixture.log.contents] {
            #expect(!text.contains(secret))
            #expect(!text.contains("aws_secret_access_key"))
        }
    }

    @Test func aKeyWithoutAPairHasNoAWSSecret() async throws {
        let made = try await Fixture().send("POST", "/admin/v1/keys", #"{"name": "x"}"#)
        #expect(made.value["aws_access_key_id"] == .null)
        #expect(made.value["aws_secret_access_key"] == nil)
    }

    @Test func rotatesThePairWithTheKey() async throws {
        let fixture = try await Fixture()
        let made = await fixture.send("POST", "/admin/v1/keys", #"{"name": "bedrock", "aws": true}"#).value
        let id = try #require(made["id"]?.asString)
        let rotated = await fixture.send("POST", "/admin/v1/keys/\(id)/rotate")
        #expect(rotated.status == 200)
        let (old, new) = (made["aws_access_key_id"]?.asString, rotated.value["aws_access_key_id"]?.asString)
        #expect(new != nil && old != new)
        #expect(rotated.value["aws_secret_access_key"]?.asString != made["aws_secret_access_key"]?.asString)
        let ring = fixture.bootstrap.keys.ring
        #expect(throws: KeyRefusal.unknown) {
            try ring.claim(#require(old.flatMap { AWSAccessKeyID($0) }), now: 0).get()
        }
        #expect(throws: Never.self) { try ring.claim(#require(new.flatMap { AWSAccessKeyID($0) }), now: 0).get() }
        // And after a restart: what was stored is the new pair.
        let stored = try KeyRing(try await fixture.store.all(), seal: testSeal)
        #expect(
            try stored.claim(#require(new.flatMap { AWSAccessKeyID($0) }), now: 0).get().secret.reveal()
                == rotated.value["aws_secret_access_key"]?.asString
        )
    }

    @Test func saysWhyASecretCouldNotBeSealed() async throws {
        let store = MemoryKeyStore()
        let surface = AdminSurface(
            keys: KeyDirectory(
                store: store,
                ring: KeyRing(),
                hasher: sha256,
                seal: SecretSeal(masterKey: nil, file: "/nowhere/at/all/turnpike.master")
            ),
            readiness: { .ready },
            metrics: { "" },
            logger: Log().logger
        )
        let answer = await surface.answer(
            AdminRequest("POST", "/admin/v1/keys", origin: .controlSocket) { () throws(GatewayError) in
                Array(#"{"name": "x", "aws": true}"#.utf8)
            }
        )
        #expect(answer.status == 500)
        #expect(answer.message.contains("/nowhere/at/all/turnpike.master: No such file or directory"))
        #expect(try await store.all().isEmpty)
    }

    @Test func listsTheNewestFirstInPages() async throws {
        let fixture = try await Fixture()
        var ids: [String] = []
        for number in 0..<5 { ids.insert(try await fixture.create(#"{"name": "key \#(number)"}"#).id, at: 0) }
        var seen: [String] = []
        var sizes: [Int] = []
        var cursor = ""
        while sizes.count < 10 {
            let page = await fixture.send("GET", "/admin/v1/keys?limit=2\(cursor)")
            #expect(page.status == 200)
            let rows = try #require(page.value["data"]?.asArray)
            seen += rows.compactMap { $0["id"]?.asString }
            sizes.append(rows.count)
            guard let next = page.value["next_cursor"]?.asString else { break }
            cursor = "&cursor=\(next)"
        }
        #expect(seen == ids)
        #expect(sizes == [2, 2, 1])
    }

    @Test(arguments: [
        ("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("cursor=x", "cursor"), ("page=2", "page"),
    ])
    func refusesABadPage(query: String, field: String) async throws {
        let answer = try await Fixture().send("GET", "/admin/v1/keys?\(query)")
        #expect(answer.status == 400)
        #expect(answer.param == field)
    }

    @Test func revokesAtOnceAndKeepsTheKeyInTheList() async throws {
        let fixture = try await Fixture()
        let (id, key) = try await fixture.create()
        #expect(fixture.refusal(of: key) == nil)
        let answer = await fixture.send("DELETE", "/admin/v1/keys/\(id)")
        #expect(answer.status == 204 && answer.body.isEmpty)
        #expect(fixture.refusal(of: key) == .revoked)
        #expect(await fixture.send("DELETE", "/admin/v1/keys/\(id)").status == 204)
        let shown = await fixture.send("GET", "/admin/v1/keys/\(id)")
        #expect(shown.value["status"] == "revoked")
        #expect(shown.value["revoked"] == "2026-11-21T03:46:10.000Z")
        #expect(await fixture.send("POST", "/admin/v1/keys/\(id)/rotate").status == 409)
    }

    @Test func rotatesToANewSecretAndRefusesTheOldOne() async throws {
        let fixture = try await Fixture()
        let (id, old) = try await fixture.create()
        let answer = await fixture.send("POST", "/admin/v1/keys/\(id)/rotate")
        #expect(answer.status == 200)
        let new = try #require(answer.value["key"]?.asString)
        #expect(fixture.refusal(of: old) == .unknown)
        #expect(fixture.refusal(of: new) == nil)
        #expect(try await fixture.store.get(id: id)?.prefix == String(new.prefix(7)))
    }

    @Test func showsWhenAKeyHasExpired() async throws {
        let fixture = try await Fixture()
        let (id, key) = try await fixture.create(#"{"name": "short", "expires": "1m"}"#)
        fixture.clock.advance(by: 59_999)
        #expect(fixture.refusal(of: key) == nil)
        fixture.clock.advance(by: 1)
        #expect(fixture.refusal(of: key) == .expired)
        #expect(await fixture.send("GET", "/admin/v1/keys/\(id)").value["status"] == "expired")
    }

    @Test(arguments: [("GET", ""), ("DELETE", ""), ("POST", "/rotate")])
    func saysWhenThereIsNoSuchKeyWithoutQuotingIt(method: String, suffix: String) async throws {
        let answer = try await Fixture().send(method, "/admin/v1/keys/tp-somebodys-secret\(suffix)")
        #expect(answer.status == 404)
        #expect(!answer.text.contains("somebodys"))
    }

    @Test func noSecretAppearsInAnyOtherAnswerOrInTheLog() async throws {
        let fixture = try await Fixture()
        let (id, key) = try await fixture.create()
        let rotated = await fixture.send("POST", "/admin/v1/keys/\(id)/rotate")
        let second = try #require(rotated.value["key"]?.asString)
        var texts: [String] = []
        for (method, target) in [
            ("GET", "/admin/v1/keys"), ("GET", "/admin/v1/keys/\(id)"), ("GET", "/metrics"),
            ("GET", "/admin/openapi.json"),
            ("GET", "/admin/v1/keys/\(second)"), ("DELETE", "/admin/v1/keys/\(id)"),
            ("GET", "/admin/v1/keys?key=\(second)"),
        ] {
            texts.append(await fixture.send(method, target).text)
        }
        texts.append(await fixture.send("GET", "/admin/v1/keys", key: second).text)
        texts.append(fixture.log.contents)
        for secret in [key, second, fixture.adminKey] {
            let rest = String(secret.dropFirst(7))
            for text in texts { #expect(!text.contains(rest)) }
        }
    }

    @Test func aFailingStoreIsAnErrorThatTellsNothingAndALogLineThatDoes() async throws {
        let log = Log()
        let directory = KeyDirectory(
            store: BrokenStore(),
            ring: KeyRing(),
            hasher: { _ in KeyDigest([UInt8](repeating: 1, count: 32))! },
            seal: testSeal
        )
        let surface = AdminSurface(keys: directory, readiness: { .ready }, metrics: { "" }, logger: log.logger)
        let answer = await surface.answer(AdminRequest("GET", "/admin/v1/keys", origin: .controlSocket))
        #expect(answer.status == 500)
        #expect(!answer.text.contains("disk"))
        #expect(log.contents.contains("disk on fire"))
    }

    @Test func aKeyIsRefusedEvenWhereItsRevocationCouldNotBeStored() async throws {
        let stored = StoredKey(
            digest: try #require(KeyDigest([UInt8](repeating: 1, count: 32))),
            record: KeyRecord(id: "key_1", name: "x", account: .standard, created: 0, prefix: "tp-x")
        )
        let ring = KeyRing([stored])
        let directory = KeyDirectory(store: BrokenStore(), ring: ring, hasher: { _ in stored.digest }, seal: testSeal)
        await #expect(throws: BrokenStore.Failure.self) { try await directory.revoke(id: "key_1") }
        guard case .failure(.revoked) = ring.authenticate(digest: stored.digest, now: 0) else {
            Issue.record("the key is still accepted")
            return
        }
    }
}

/// A store on which everything fails.
private struct BrokenStore: KeyStore {
    struct Failure: Error, CustomStringConvertible { let description = "disk on fire" }

    func insert(_ key: StoredKey) async throws { throw Failure() }
    func get(id: String) async throws -> KeyRecord? { throw Failure() }
    func list(before cursor: String?, limit: Int) async throws -> [KeyRecord] { throw Failure() }
    func all() async throws -> [StoredKey] { throw Failure() }
    func revoke(id: String, at time: UInt64) async throws -> Bool { throw Failure() }
    func rotate(id: String, digest: KeyDigest, prefix: String, aws: SealedAWSPair?) async throws -> Bool {
        throw Failure()
    }
    func recordFirstUse(id: String, at time: UInt64) async throws { throw Failure() }
    func delete(id: String) async throws -> Bool { throw Failure() }
}
