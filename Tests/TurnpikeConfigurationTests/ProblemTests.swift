import Testing
import TurnpikeConfiguration

/// A file and what is said about it, without the file's name in front.
struct Problem: Sendable, CustomTestStringConvertible {
    let yaml: String
    let expected: String
    var testDescription: String { self.expected }

    init(_ yaml: String, _ expected: String) {
        self.yaml = yaml
        self.expected = expected
    }
}

/// Providers for the files below, on one line.
private let providers =
    "providers: { openai: { api_key: k }, azure: { kind: azure-openai, base_url: https://a.example, api_key: k } }\n"

/// Every kind of problem, with the line, the column and what mends it.
struct ProblemTests {
    static let ofKeysAndForm: [Problem] = [
        Problem("lisen: 1", "1:1: error: unknown key 'lisen' in the file; did you mean 'listen'?"),
        Problem("server: { bodi: 1MB }", "1:11: error: unknown key 'bodi' in the server section; did you mean 'body'?"),
        Problem("tls: { certificate: a.pem }", "1:6: error: 'key' is missing in a tls section; add key: …"),
        Problem("server: [ 1 ]", "1:9: error: a list where the server section, a mapping, belongs; write KEY: VALUE"),
        Problem("- a", "1:1: error: a list where the file, a mapping, belongs; write KEY: VALUE"),
        Problem(
            "listen: { a: b }",
            "1:9: error: a mapping is not an address to listen on such as 127.0.0.1:8080, [::1]:8080 or :8080"
        ),
        Problem("rules: {}", "1:8: error: a mapping is not a list; write [ … ]"),
        Problem("listen: a:1\nlisten: b:2", "2:1: error: duplicate key 'listen', first at line 1; remove one of them"),
        Problem(
            "server: { 'idle': 1s, \"idle\": 2s }",
            "1:23: error: duplicate key 'idle', first at line 1; remove one of them"
        ),
        Problem(
            "server:\n  <<: { idle: 1s }",
            "2:3: error: unknown key '<<' in the server section; YAML 1.2 has no merge keys; repeat what they stand for"
        ),
        Problem("? [a]\n: b", "1:3: error: a key has to be a single value"),
    ]

    static let ofSyntax: [Problem] = [
        Problem(
            "listen: [1\nadmin: }",
            "2:6: error: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence that begins at line 1"
        ),
        Problem(
            "listen: a\n\tadmin: b",
            "2:1: error: not valid YAML: found a tab character that violates indentation while scanning a plain scalar that begins at line 1"
        ),
        Problem("a: b: c", "1:5: error: not valid YAML: mapping values are not allowed in this context"),
        Problem("a: *x", "1:4: error: not valid YAML: found undefined alias"),
        Problem("a: 1\n---\nb: 2", "2:1: error: a second document; keep the file to one document"),
        Problem("listen: a\u{1}b", "1:10: error: character U+1 is not allowed in YAML; remove it"),
    ]

    static let ofValues: [Problem] = [
        Problem(
            "server: { idle: 75 }",
            "1:17: error: '75' is not a duration above zero such as 250ms, 30s, 10m, 2h or 7d"
        ),
        Problem(
            "server: { body: 5XB }",
            "1:17: error: '5XB' is not a size such as 64KB, 32MB or 1GB (1KB is 1024 bytes)"
        ),
        Problem(
            "server: { connections: 0 }",
            "1:24: error: '0' is not a whole number of at least 1 and at most 10000000"
        ),
        Problem("direct_names: no", "1:15: error: 'no' is not true or false"),
        Problem("direct_names: off", "1:15: error: 'off' is not true or false"),
        Problem(
            "listen: 127.0.0.1:99999",
            "1:9: error: '127.0.0.1:99999' is not an address to listen on such as 127.0.0.1:8080, [::1]:8080 or :8080"
        ),
        Problem(
            "telemetry: { log: { level: inof } }",
            "1:28: error: 'inof' is not one of trace debug info notice warning error critical; did you mean 'info'?"
        ),
        Problem(
            "telemetry: { otlp: 'ftp://x' }",
            "1:20: error: 'ftp://x' is not an address such as https://api.example.com/v1 (http or https, no credentials, no query)"
        ),
        Problem(
            "telemetry: { otlp: 'https://me:word@x' }",
            "1:20: error: this address is not an address such as https://api.example.com/v1 (http or https, no credentials, no query)"
        ),
        Problem(
            "state: { database: 'mysql://x' }",
            "1:20: error: 'mysql://x' is not a database such as sqlite:turnpike.db or postgres://user@host/name"
        ),
        Problem(
            "state: { master_key: too-short }",
            "1:22: error: the master key has 9 characters, too few to be hard to guess; write 32 characters or more, for example the output of: openssl rand -hex 32"
        ),
        Problem("state: { redis: x }", "1:17: error: the value is not a Redis address; write redis://HOST:PORT"),
        Problem(
            "accounts: { acme: { budget: { usd: 1e3 } } }",
            "1:36: error: '1e3' is not an amount of US dollars such as 0.15 (plain decimal, not negative)"
        ),
        Problem(
            "accounts: { acme: { budget: { usd: -1 } } }",
            "1:36: error: '-1' is not an amount of US dollars such as 0.15 (plain decimal, not negative)"
        ),
        Problem(
            "accounts: { acme: { budget: { usd: 0.0000000000001 } } }",
            "1:36: error: '0.0000000000001' is not an amount of US dollars such as 0.15 (plain decimal, not negative)"
        ),
        Problem(
            "accounts: { acme: { limits: { requests: 600 } } }",
            "1:41: error: '600' is not a rate such as 10/s, 600/m, 5000/h or 100000/d"
        ),
        Problem("cache: { semantic: { max_false_hits: 0.01 } }", "1:38: error: '0.01' is not a percentage such as 20%"),
        Problem("accounts: { a//b: {} }", "1:13: error: 'a//b' is not an account path such as acme/research"),
        Problem(
            "reliability: { hedge: { after: p100 } }",
            "1:32: error: 'p100' is not a percentile such as p95 or a duration such as 800ms"
        ),
        Problem(
            "rules: [ { when: { time: '8-18' }, use: openai/x } ]\n" + providers,
            "1:26: error: '8-18' is not a time span such as \"08:00-18:00\""
        ),
        Problem(
            "guardrails: [ { pii: {}, deny: { patterns: x } } ]",
            "1:26: error: 'deny' beside 'pii': a guardrail has exactly one of pii deny webhook; nest one below the other"
        ),
    ]

    static let ofProviders: [Problem] = [
        Problem(
            "providers: { house: { base_url: http://x/v1 } }",
            "1:14: error: provider 'house' needs a kind; add kind: one of openai anthropic gemini vertex bedrock azure-openai ollama cohere mistral groq deepseek xai together fireworks openrouter perplexity cerebras nvidia huggingface demo"
        ),
        Problem(
            "providers: { opnai: {} }",
            "1:14: error: provider 'opnai' needs a kind; did you mean 'openai'? else add kind: …"
        ),
        Problem(
            "providers: { a: { kind: azure-opnai } }",
            "1:25: error: 'azure-opnai' is not one of openai anthropic gemini vertex bedrock azure-openai ollama cohere mistral groq deepseek xai together fireworks openrouter perplexity cerebras nvidia huggingface demo; did you mean 'azure-openai'?"
        ),
        Problem(
            "providers: { bedrock: {} }",
            "1:14: error: provider 'bedrock' needs region; add region: …, or set AWS_REGION"
        ),
        Problem(
            "providers: { vertex: {} }",
            "1:14: error: provider 'vertex' needs project; add project: …, or set GOOGLE_CLOUD_PROJECT"
        ),
        Problem(
            "providers: { azure-openai: {} }",
            "1:14: error: provider 'azure-openai' needs base_url; add base_url: …, or set AZURE_OPENAI_ENDPOINT"
        ),
        Problem(
            "providers: { openai: { api_key: a, api_keys: [ b ] } }",
            "1:46: error: 'api_keys' beside 'api_key'; keep one of them"
        ),
        Problem(
            "providers: { bedrock: { region: r, access_key_id: a } }",
            "1:23: error: an AWS key pair needs access_key_id and secret_access_key"
        ),
        Problem(
            "providers: { 'a/b': { kind: openai } }",
            "1:14: error: 'a/b' is not a provider name; use letters, digits, '-', '_' and '.'"
        ),
        Problem(
            "providers: { openai: { headers: { Host: x } } }",
            "1:35: error: 'Host' is not a header that may be set"
        ),
        Problem(
            "providers: { openai: { headers: { x-a: \"a\\r\\nb\" } } }",
            "1:40: error: a header value may not hold control characters"
        ),
        Problem(
            "providers: { openai: { price: 3 } }",
            "1:31: error: a price is 0 or a mapping of meters; write { input: 3, output: … }"
        ),
        Problem(
            "providers: { openai: { price: { inptu: 1 } } }",
            "1:33: error: unknown key 'inptu' in a price; did you mean 'input'?"
        ),
        Problem(
            "models: { opnai/x: {} }\n" + providers,
            "1:11: error: provider 'opnai' is not declared; did you mean 'openai'?"
        ),
        Problem("models: { gpt-4o: {} }\n" + providers, "1:11: error: 'gpt-4o' is not of the form provider/model"),
    ]

    static let ofRoutes: [Problem] = [
        Problem(
            "routes: { c: { fallbak: [ openai/x ] } }",
            "2:16: error: unknown key 'fallbak' in a route node; did you mean 'fallback'?"
        ),
        Problem(
            "routes: { c: { fallback: [ opnai/x ] } }",
            "2:28: error: provider 'opnai' is not declared; did you mean 'openai/x'?"
        ),
        Problem(
            "routes: { c: groq/x }",
            "2:14: error: provider 'groq' is not declared; add 'groq: {}' under providers"
        ),
        Problem(
            "routes: { c: quite-other/x }",
            "2:14: error: provider 'quite-other' is not declared; declared: openai azure"
        ),
        Problem("routes: { chat: openai/x, c: chatt }", "2:30: error: 'chatt' is not a route; did you mean 'chat'?"),
        Problem(
            "routes: { c: gpt-4o }",
            "2:14: error: 'gpt-4o' is not a route; a leaf is provider/model or the name of a route"
        ),
        Problem(
            "routes: { c: [ openai/x ] }",
            "2:14: error: a list where a route node belongs; write { fallback: [ … ] }"
        ),
        Problem(
            "routes: { c: { fallback: [ openai/x ], fastest: [ openai/x ] } }",
            "2:40: error: 'fastest' beside 'fallback': a route node has exactly one of fallback fastest cheapest balance split cascade classify learn shadow; nest one below the other"
        ),
        Problem(
            "routes: { c: { limits: { concurrent: 1 } } }",
            "2:14: error: a route node without any of fallback fastest cheapest balance split cascade classify learn shadow; add one of them"
        ),
        Problem("routes: { c: { fallback: [] } }", "2:26: error: a list of 0 where at least 1 may stand"),
        Problem(
            "routes: { c: { split: { arms: [ { weight: 0, to: openai/x } ] } } }",
            "2:43: error: '0' is not a whole number of at least 1 and at most 1000000"
        ),
        Problem(
            "routes: { c: { split: { arms: [ { weight: 1 } ] } } }",
            "2:33: error: 'to' is missing in an arm; add to: …"
        ),
        Problem(
            "routes: { a: { fallback: [ b ] }, b: { fallback: [ a ] } }",
            "2:28: error: routes name each other in a circle: a → b → a; make one of them a provider/model"
        ),
        Problem(
            "routes: { a: a }",
            "2:14: error: routes name each other in a circle: a → a; make one of them a provider/model"
        ),
        Problem(
            "routes: { 'a b': openai/x }",
            "2:11: error: 'a b' is not a route name; use up to 256 visible characters without spaces"
        ),
        Problem(
            "routes: { c: { cascade: { steps: [ openai/x ], accept: { schema: valid } } } }",
            "2:25: error: a cascade of one step; add the step for answers not good enough"
        ),
        Problem(
            "routes: { c: { cascade: { steps: [ openai/x, openai/y ], accept: { schema: valid, confidence: 1 } } } }",
            "2:66: error: an accept section has exactly one of confidence schema judge"
        ),
        Problem(
            "routes: { c: { cascade: { steps: [ openai/x, openai/y ], accept: { schema: valid, score: 1 } } } }",
            "2:66: error: 'score' without 'judge'; add judge: provider/model"
        ),
        Problem(
            "routes: { c: { classify: { by: complexity, to: { simpel: openai/x } } } }",
            "2:50: error: label 'simpel' is not one of simple complex; did you mean 'simple'?"
        ),
        Problem(
            "routes: { c: { classify: { by: examples, to: { a: openai/x } } } }",
            "2:48: error: label 'a' has no examples; add utterances under examples"
        ),
        Problem(
            "routes: { c: { classify: { by: examples, to: { a: openai/x }, examples: { a: x, b: y } } } }",
            "2:81: error: examples of 'b', which is no label of 'to'; did you mean 'a'?"
        ),
        Problem(
            "rules: [ { when: {}, use: nowhere } ]",
            "2:27: error: 'nowhere' is not a route; a leaf is provider/model or the name of a route"
        ),
        Problem(
            "accounts: { acme: { routes: [ chta ] } }\nroutes: { chat: openai/x }",
            "2:31: error: 'chta' is neither a route nor a model of a declared provider; did you mean 'chat'?"
        ),
    ]

    @Test(arguments: ofKeysAndForm + ofSyntax + ofValues + ofProviders)
    func isReportedWithItsPlaceAndTheFix(_ problem: Problem) {
        #expect(errors(problem.yaml) == ["turnpike.yaml:\(problem.expected)"])
    }

    @Test(arguments: ofRoutes)
    func isReportedInARouteWithItsPlaceAndTheFix(_ problem: Problem) {
        #expect(errors(providers + problem.yaml) == ["turnpike.yaml:\(problem.expected)"])
    }

    @Test func allProblemsAreFoundAtOnceInTheOrderOfTheFile() {
        let found = load(
            """
            lisen: 1
            providers:
              openai: { api_key: "${NOPE}", prise: 0 }
              openai: { api_key: k }
            routes:
              a: { fallbak: [ openai/x ] }
              b: nowhere
            server: { idle: x }
            """
        ).errors
        #expect(found.map(\.line) == [1, 4, 6, 7, 8])
        #expect(found.map(\.path) == ["lisen", "providers.openai", "routes.a.fallbak", "routes.b", "server.idle"])
    }

    @Test func anOpenPortWithoutKeysIsRefused() {
        let open = "listen: 0.0.0.0:8080\nauth: none"
        #expect(
            errors(open) == [
                "turnpike.yaml:2:7: error: auth: none while listening on 0.0.0.0:8080, which other machines can reach; "
                    + "listen on 127.0.0.1, or write auth: required"
            ]
        )
        #expect(errors("listen: 0.0.0.0:8080").isEmpty)
        #expect(errors("listen: '[::1]:8080'\nauth: none").isEmpty)
        #expect(errors("listen: ':8080'\nauth: { mode: none }").count == 1)
    }

    @Test func theAdminPortIsAPortOfItsOwn() {
        #expect(errors("admin: { listen: 127.0.0.1:8080 }").count == 1)
        #expect(errors("listen: 127.0.0.1:0\nadmin: { listen: 127.0.0.1:0 }").isEmpty)
    }

    @Test func columnsCountUnicodeScalars() {
        #expect(load("server: { 'ü😀': 1, bodi: 1MB }").errors.map(\.column) == [11, 20])
    }

    @Test func aByteOrderMarkMovesNothing() {
        #expect(errors("\u{FEFF}lisen: 1")[0].hasPrefix("turnpike.yaml:1:1:"))
    }

    @Test func threeOfAKeyAreOneProblemEach() {
        let found = load("listen: a:1\nserver: {}\nlisten: a:2\nserver: {}\nlisten: a:3").errors
        #expect(
            found.map(\.message) == [
                "duplicate key 'server', first at line 2", "duplicate key 'listen', first at line 1",
            ]
        )
    }

    @Test func aValueFromAVariableIsNotShown() {
        let found = errors("listen: '${SECRET}'", environment: ["SECRET": "hidden-word"])
        #expect(found.count == 1)
        #expect(!found[0].contains("hidden-word"))
    }
}
