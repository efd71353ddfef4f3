import JSON
import Testing
import TurnpikeConfiguration
import Yams

/// The JSON Schema of the file: it knows every key the reader knows, and judges files as the reader does.
struct SchemaTests {
    private static let schema = ConfigurationSchema.json
    private let validator = SchemaValidator(schema: SchemaTests.schema)

    private func problems(_ yaml: String) throws -> [String] {
        let node = try #require(try Yams.compose(yaml: yaml))
        return self.validator.problems(node.json, SchemaTests.schema, at: "")
    }

    @Test func theSampleIsValid() throws {
        #expect(try self.problems(try sampleText()) == [])
    }

    @Test func theTextIsTheSameSchema() throws {
        let parsed = try JSONValue(parsing: ConfigurationSchema.text)
        #expect(parsed.isEquivalent(to: SchemaTests.schema))
        #expect(parsed["$schema"]?.asString == "https://json-schema.org/draft/2020-12/schema")
    }

    @Test func everyKeyIsDescribed() {
        #expect(self.validator.undescribed(SchemaTests.schema, at: "") == [])
    }

    /// Files the reader refuses although their values have the right form: the size of a port, how a number is written.
    private static let ofRightForm = ["redis", "too-short", "99999", "1e3", "0.0000000000001"]

    /// Files the reader refuses for their form, which the schema has to refuse too.
    @Test(
        arguments: ProblemTests.ofValues.map(\.yaml).filter { yaml in !ofRightForm.contains { yaml.contains($0) } }
            + [
                "lisen: 1", "server: { bodi: 1MB }", "tls: { certificate: a.pem }", "server: [ 1 ]", "rules: {}",
                "providers: { openai: { prise: 0 } }", "providers: { openai: { price: { inptu: 1 } } }",
                "routes: { c: { fallbak: [ openai/x ] } }", "routes: { c: { fallback: [] } }",
                "routes: { c: { fallback: [ openai/x ], fastest: [ openai/x ] } }", "routes: { c: { limits: {} } }",
                "routes: { c: { split: { arms: [ { weight: 1 } ] } } }", "auth: nobody", "guardrails: [ {} ]",
            ]
    )
    func refusesWhatTheReaderRefuses(yaml: String) throws {
        #expect(!errors(yaml).isEmpty)
        #expect(try !self.problems(yaml).isEmpty)
    }

    /// Every mapping of the file, as a text with a hole in it, and the names of its keys in the schema.
    static let mappings: [(text: String, path: [String])] = [
        ("@: 1", []),
        ("admin: { @: 1 }", ["admin"]),
        ("tls: { @: 1 }", ["tls"]),
        ("providers: { openai: { @: 1 } }", ["providers", "*"]),
        ("providers: { openai: { price: { @: 1 } } }", ["providers", "*", "price"]),
        ("providers: { openai: { price: { batch: { @: 1 } } } }", ["providers", "*", "price", "batch"]),
        ("models: { openai/a: { @: 1 } }", ["models", "*"]),
        ("models: { openai/a: { price: { above_200k: { @: 1 } } } }", ["models", "*", "price", "above_200k"]),
        ("routes: { a: { @: 1 } }", ["routes", "*"]),
        ("routes: { a: { split: { @: 1 } } }", ["routes", "*", "split"]),
        ("routes: { a: { split: { arms: [ { @: 1 } ] } } }", ["routes", "*", "split", "arms", "[]"]),
        ("routes: { a: { cascade: { @: 1 } } }", ["routes", "*", "cascade"]),
        ("routes: { a: { cascade: { accept: { @: 1 } } } }", ["routes", "*", "cascade", "accept"]),
        ("routes: { a: { classify: { @: 1 } } }", ["routes", "*", "classify"]),
        ("routes: { a: { learn: { @: 1 } } }", ["routes", "*", "learn"]),
        ("routes: { a: { shadow: { @: 1 } } }", ["routes", "*", "shadow"]),
        ("routes: { a: { fallback: [ x ], limits: { @: 1 } } }", ["routes", "*", "limits"]),
        ("rules: [ { @: 1 } ]", ["rules", "[]"]),
        ("rules: [ { when: { @: 1 } } ]", ["rules", "[]", "when"]),
        ("rules: [ { when: { time: { @: 1 } } } ]", ["rules", "[]", "when", "time"]),
        ("reliability: { @: 1 }", ["reliability"]),
        ("reliability: { timeouts: { @: 1 } }", ["reliability", "timeouts"]),
        ("reliability: { retries: { @: 1 } }", ["reliability", "retries"]),
        ("reliability: { breaker: { @: 1 } }", ["reliability", "breaker"]),
        ("reliability: { slow_stream: { @: 1 } }", ["reliability", "slow_stream"]),
        ("reliability: { affinity: { @: 1 } }", ["reliability", "affinity"]),
        ("reliability: { hedge: { @: 1 } }", ["reliability", "hedge"]),
        ("accounts: { a: { @: 1 } }", ["accounts", "*"]),
        ("accounts: { a: { budget: { @: 1 } } }", ["accounts", "*", "budget"]),
        ("accounts: { a: { limits: { @: 1 } } }", ["accounts", "*", "limits"]),
        ("cache: { @: 1 }", ["cache"]),
        ("cache: { exact: { @: 1 } }", ["cache", "exact"]),
        ("cache: { semantic: { @: 1 } }", ["cache", "semantic"]),
        ("guardrails: [ { @: 1 } ]", ["guardrails", "[]"]),
        ("guardrails: [ { pii: { @: 1 } } ]", ["guardrails", "[]", "pii"]),
        ("guardrails: [ { deny: { @: 1 } } ]", ["guardrails", "[]", "deny"]),
        ("guardrails: [ { webhook: { @: 1 } } ]", ["guardrails", "[]", "webhook"]),
        ("auth: { @: 1 }", ["auth"]),
        ("auth: { jwt: [ { @: 1 } ] }", ["auth", "jwt", "[]"]),
        ("server: { @: 1 }", ["server"]),
        ("telemetry: { @: 1 }", ["telemetry"]),
        ("telemetry: { records: { @: 1 } }", ["telemetry", "records"]),
        ("telemetry: { log: { @: 1 } }", ["telemetry", "log"]),
        ("telemetry: { ledger: { @: 1 } }", ["telemetry", "ledger"]),
        ("state: { @: 1 }", ["state"]),
    ]

    @Test(arguments: mappings)
    func namesEveryKeyTheReaderKnows(text: String, path: [String]) throws {
        // A key unlike any other makes the reader list the keys it knows.
        let found = load(text.replacing("@", with: "qqqqqqqqqqqqqqqqqqqqqqqq")).errors.compactMap(\.fix)
        let list = try #require(found.first { $0.hasPrefix("known: ") }, "\(found)")
        let known = list.dropFirst("known: ".count).split(separator: " ").map(String.init)
        #expect(!known.isEmpty)
        #expect(Set(known) == Set(self.validator.keys(at: path)))
    }
}
