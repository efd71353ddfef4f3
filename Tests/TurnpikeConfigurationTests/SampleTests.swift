import Core
import Foundation
import Testing
import TurnpikeConfiguration

/// The sample file users start from: it parses, says what it seems to say, and warns about what does nothing yet.
struct SampleTests {
    let configuration: Configuration
    let result: ConfigurationResult

    init() throws {
        self.result = load(try sampleText(), environment: sampleEnvironment)
        self.configuration = try #require(self.result.configuration, "\(self.result.errors.map(\.description))")
    }

    @Test func readsThePorts() {
        #expect(self.configuration.listen == ListenAddress(host: "127.0.0.1", port: 8080))
        #expect(self.configuration.admin.listen == ListenAddress(host: "127.0.0.1", port: 8081))
        #expect(self.configuration.tls == nil)
        #expect(self.configuration.auth.mode == .required)
        #expect(self.configuration.directNames)
    }

    @Test func readsTheProvidersInFileOrder() throws {
        let providers = self.configuration.providers
        #expect(providers.map(\.name) == ["openai", "anthropic", "gemini", "vertex", "bedrock", "azure", "house"])
        #expect(
            providers.map(\.kind) == [.openai, .anthropic, .gemini, .vertex, .bedrock, .azureOpenAI, .openai]
        )
        #expect(providers[0].keys.map { $0.reveal() } == ["key-openai"])
        #expect(providers[1].keys.map { $0.reveal() } == ["key-anthropic"])
        #expect(providers[3].project == "my-project")
        #expect(providers[3].location == "us-central1")
        #expect(providers[4].region == "us-east-1")
        #expect(providers[5].baseURL == "https://x.openai.azure.com")
        #expect(providers[5].apiVersion == "v1")
        #expect(providers[5].keys.map { $0.reveal() } == ["key-azure-a", "key-azure-b"])
        #expect(providers[6].baseURL == "http://127.0.0.1:8000/v1")
        #expect(providers[6].keys.isEmpty, "a key from the environment must not go to another host")
    }

    @Test func readsTheModels() throws {
        let model = try #require(self.configuration.models.first)
        #expect(model.target == Target(provider: "house", model: "qwen3-32b"))
        #expect(model.context == 131_072)
        #expect(model.output == 8192)
        #expect(model.capabilities == [.tools, .vision, .jsonSchema, .reasoning])
        #expect(model.price?[.input] == Money(picodollars: 100_000_000_000))
        #expect(model.price?[.output] == Money(picodollars: 300_000_000_000))
        #expect(model.price?[.cacheRead] == nil)
    }

    @Test func readsTheRouteTrees() throws {
        func target(_ text: String) throws -> RouteNode { RouteNode(.target(try #require(Target(parsing: text)))) }
        let routes = self.configuration.routes
        #expect(
            routes.map(\.name)
                == ["gpt-4o", "chat", "cheap", "spread", "trial", "stepwise", "smart", "topics", "learned", "mirrored"]
        )
        #expect(self.configuration.route("gpt-4o")?.node == (try target("openai/gpt-4o")))
        #expect(
            self.configuration.route("chat")?.node.strategy
                == .fallback([
                    RouteNode(.fastest([try target("openai/gpt-4o"), try target("azure/gpt-4o")])),
                    try target("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
                ])
        )
        guard case .split(let split) = self.configuration.route("trial")?.node.strategy else {
            Issue.record("trial is no split")
            return
        }
        #expect(split.arms.map(\.weight) == [90, 10])
        #expect(split.sticky == .user)
        guard case .cascade(let cascade) = self.configuration.route("stepwise")?.node.strategy else {
            Issue.record("stepwise is no cascade")
            return
        }
        #expect(cascade.accept == .confidence(0.8))
        guard case .classify(let topics) = self.configuration.route("topics")?.node.strategy else {
            Issue.record("topics is no classifier")
            return
        }
        #expect(topics.by == .examples)
        #expect(topics.to.map(\.label) == ["billing", "code"])
        #expect(topics.to.map(\.node.strategy) == [.route("cheap"), .route("chat")])
        #expect(topics.examples[0] == RouteNode.Utterances(label: "billing", texts: ["where is my invoice"]))
        #expect(topics.otherwise?.strategy == .route("chat"))
        guard case .learn(let learn) = self.configuration.route("learned")?.node.strategy else {
            Issue.record("learned does not learn")
            return
        }
        #expect(learn.quality == 0.95)
        guard case .shadow(let shadow) = self.configuration.route("mirrored")?.node.strategy else {
            Issue.record("mirrored is no shadow")
            return
        }
        #expect(shadow.sample == Percentage(fraction: 0.05))
    }

    @Test func readsTheRules() {
        let rules = self.configuration.rules
        #expect(rules.count == 2)
        #expect(rules[0].when.tags == [Rule.Named(name: "use_case", patterns: ["simple_classification"])])
        #expect(rules[0].use.strategy == .route("cheap"))
        #expect(rules[1].when.dialect == [.gemini])
        #expect(rules[1].when.model == ["gemini-*"])
    }

    @Test func theReliabilityOfTheSampleIsTheDefault() {
        var expected = Reliability()
        expected.hedge = Reliability.Hedge()
        #expect(self.configuration.reliability == expected)
        #expect(expected.timeouts.firstContent == .seconds(120))
        #expect(expected.timeouts.commitAfter == .seconds(20))
        #expect(expected.hedge?.after == .percentile(95))
    }

    @Test func readsTheAccounts() throws {
        let accounts = self.configuration.accounts
        #expect(accounts.map(\.path) == ["acme", "acme/research"])
        let budget = try #require(accounts[0].budget)
        #expect(budget.usd == Money(dollars: "1000"))
        #expect(budget.per == .month)
        #expect(budget.timeZone == "Europe/Berlin")
        #expect(budget.warnAt == [Percentage(fraction: 0.8)])
        #expect(accounts[0].unpriced == .refuse)
        #expect(accounts[0].abandoned == .reserve)
        #expect(accounts[0].maxOutput == 8192)
        #expect(accounts[1].limits.requests == Rate(count: 600, per: .seconds(60)))
        #expect(accounts[1].limits.tokens == Rate(count: 200_000, per: .seconds(60)))
        #expect(accounts[1].limits.concurrent == 20)
        #expect(accounts[1].routes == ["chat", "cheap"])
    }

    @Test func readsCacheGuardrailsAndTokens() throws {
        #expect(self.configuration.cache?.exact?.size == 512 * 1024 * 1024)
        #expect(self.configuration.cache?.semantic?.maxFalseHits == Percentage(fraction: 0.01))
        #expect(self.configuration.guardrails.count == 3)
        guard case .pii(let data) = self.configuration.guardrails[0] else {
            Issue.record("the first guardrail is not pii")
            return
        }
        #expect(data.redact == [.email, .phone, .creditCard, .iban, .ssn, .ip, .secret])
        #expect(data.restore)
        guard case .deny(let deny) = self.configuration.guardrails[1] else {
            Issue.record("the second guardrail is not deny")
            return
        }
        #expect(deny.patterns == ["(?i)project atlas"])
        #expect(deny.phases == [.input, .output])
        guard case .webhook(let webhook) = self.configuration.guardrails[2] else {
            Issue.record("the third guardrail is not a webhook")
            return
        }
        #expect(webhook.timeout == .milliseconds(500))
        #expect(webhook.onError == .block)
        let issuer = try #require(self.configuration.auth.jwt.first)
        #expect(issuer.issuer == "https://id.example.com")
        #expect(issuer.accountClaim == "team")
        #expect(issuer.roleClaim == "turnpike_role")
    }

    @Test func theServerTelemetryAndStateOfTheSampleAreTheDefaults() {
        #expect(self.configuration.server == ServerSettings())
        #expect(self.configuration.server.head == 65536)
        #expect(self.configuration.server.bodiesInFlight == 1 << 30)
        #expect(self.configuration.state == StateSettings())
        #expect(self.configuration.state.database == .sqlite(path: "turnpike.db"))
        var telemetry = TelemetrySettings()
        telemetry.otlp = "http://127.0.0.1:4318"
        #expect(self.configuration.telemetry == telemetry)
    }

    @Test func warnsOnceForEachPartThatIsNotInForceAndOfNothingElse() {
        let parts = self.result.warnings.map(\.message)
        #expect(self.result.errors.isEmpty)
        #expect(Set(parts).count == parts.count)
        #expect(parts.allSatisfy { $0.hasSuffix("is accepted, not in force yet") })
        #expect(self.result.warnings.contains { $0.path == "routes.chat.fallback" && $0.line > 1 })
    }

    @Test func printsTheResolvedRoutes() {
        let lines = self.configuration.resolvedRoutes
        #expect(lines.first == "gpt-4o → openai/gpt-4o")
        #expect(
            lines.contains("    10: anthropic/claude-sonnet-4-5")
                || lines.contains { $0.hasPrefix("    10: anthropic/") }
        )
        #expect(lines.contains { $0.hasPrefix("    billing: route cheap") })
        #expect(lines.contains { $0.hasPrefix("  classify by examples") })
    }

    @Test func everyVariableThatIsMissingIsAnErrorAtItsPlace() throws {
        let result = load(try sampleText(), environment: [:])
        let missing = result.errors.filter { $0.message.hasPrefix("environment variable") }
        #expect(result.configuration == nil)
        #expect(
            missing.map(\.path) == [
                "providers.anthropic.api_key", "providers.azure.api_keys[0]", "providers.azure.api_keys[1]",
            ]
        )
        #expect(missing.map(\.message)[0] == "environment variable 'ANTHROPIC_API_KEY' is not set")
    }
}
