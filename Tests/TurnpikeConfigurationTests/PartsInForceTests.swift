import Testing
import TurnpikeConfiguration

/// What of the file is accepted but does nothing yet, and that it is said once.
struct PartsInForceTests {
    private let providers = "providers: { openai: { api_key: k }, demo: {} }\n"

    private func warnings(_ text: String) -> [String] { load(self.providers + text).warnings.map(\.message) }

    @Test(
        arguments: [
            ("admin: { tls: { certificate: a, key: b } }", Part.section("admin.tls")),
            ("cache: { exact: {} }", Part.section("cache")), ("accounts: { a: {} }", .section("accounts")),
            ("rules: [ { when: {}, use: demo/a } ]", .section("rules")),
            ("guardrails: [ { pii: {} }, { pii: {} } ]", .section("guardrails")),
            ("auth: { jwt: [ { issuer: https://a.example, audience: b } ] }", .section("auth.jwt")),
            ("reliability: { retries: { max: 1 } }", .section("reliability.retries")),
            ("reliability: { breaker: {} }", .section("reliability.breaker")),
            ("reliability: { mid_stream: restart }", .section("reliability.mid_stream")),
            ("reliability: { slow_stream: {} }", .section("reliability.slow_stream")),
            ("reliability: { affinity: { by: user } }", .section("reliability.affinity")),
            ("reliability: { hedge: { after: 1s } }", .section("reliability.hedge")),
            ("server: { cors: https://a.example }", .section("server.cors")),
            ("telemetry: { records: {} }", .section("telemetry.records")),
            ("telemetry: { ledger: {} }", .section("telemetry.ledger")),
            ("telemetry: { otlp: http://a }", .section("telemetry.otlp")),
            ("state: { database: 'postgres://a/b' }", .section("state.database: postgres")),
            ("state: { redis: 'redis://a' }", .section("state.redis")),
            ("routes: { a: { fallback: [ demo/a ] }, b: { fallback: [ demo/a ] } }", .strategy("fallback")),
            ("routes: { a: { shadow: { answer: demo/a, also: demo/b } } }", .strategy("shadow")),
        ] as [(String, Part)]
    )
    func aPendingPartIsNamedOnce(text: String, part: Part) {
        let expected = part.isInForce ? [] : ["\(part.name) is accepted, not in force yet"]
        #expect(self.warnings(text) == expected)
    }

    @Test func keysBeyondTheFirstAreNamedOnce() {
        let part = Part.section("api_keys beyond the first")
        let one = load("providers: { openai: { api_keys: [ a ] } }")
        #expect(one.diagnostics.isEmpty)
        let several = load("providers: { openai: { api_keys: [ a, b ] }, azure: { kind: openai, api_keys: [ a, b ] } }")
        #expect(several.warnings.map(\.path) == (part.isInForce ? [] : ["providers.openai.api_keys"]))
    }

    @Test(arguments: ProviderKind.allCases)
    func aPendingKindIsNamedOnce(kind: ProviderKind) {
        let entry = "{ kind: \(kind.name), base_url: http://a, project: p, region: r, api_key: k }"
        let result = load("providers: { a: \(entry), b: \(entry) }")
        #expect(result.errors.isEmpty)
        #expect(result.warnings.map(\.path) == (kind.isInForce ? [] : ["providers.a"]))
    }

    @Test(
        arguments: [
            "reliability: { mid_stream: none, hedge: none, affinity: none, breaker: none, slow_stream: none }",
            "reliability: { timeouts: { connect: 1s } }", "state: { database: 'sqlite:a.db', redis: '' }",
            "routes: { a: demo/a, b: a }", "rules: []", "cache:", "auth: { mode: required, jwt: [] }",
            "server: { threads: 2, cors: [] }", "telemetry: { prometheus: false, log: { level: debug } }",
            "accounts: {}",
            "tls: { certificate: a, key: b }", "state: { master_key: 0123456789abcdef0123456789abcdef }",
            "direct_names: false",
        ]
    )
    func whatIsInForceOrSwitchedOffIsNotNamed(text: String) {
        let cache = text == "cache:" && !Part.section("cache").isInForce
        #expect(self.warnings(text) == (cache ? ["'cache' is accepted, not in force yet"] : []))
    }

    @Test func aRouteThatNeedsAPendingPartSaysWhich() throws {
        let result = load(
            """
            providers: { demo: {}, bedrock: { region: r } }
            routes: { plain: demo/a, named: plain, other: bedrock/a, tree: { shadow: { answer: demo/a, also: demo/b } }, far: tree }
            """
        )
        let configuration = try #require(result.configuration)
        func part(_ name: String) throws -> Part? {
            configuration.pendingPart(of: try #require(configuration.route(name)).node)
        }
        func pending(_ part: Part) -> Part? { part.isInForce ? nil : part }
        #expect(try part("plain") == nil)
        #expect(try part("named") == nil)
        #expect(try part("other") == pending(.kind(.bedrock)))
        #expect(try part("tree") == pending(.strategy("shadow")))
        #expect(try part("far") == pending(.strategy("shadow")))
    }
}
