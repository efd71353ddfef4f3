import Catalog
import Core
import TestSupport
import Testing
import TurnpikeConfiguration

/// Names as clients write them, and what the configuration changes.
@Suite struct LookupTests {
    private static let catalog = catalogue()

    @Test(arguments: [
        ("openai/gpt-5-2025-08-07", "gpt-5"), ("openai/gpt-5.6-2026-12-31", "gpt-5.6"),
        ("openai/gpt-4o-latest", "gpt-4o"),
        ("openai/ft:gpt-4.1-mini-2025-04-14:acme::abc", "ft:gpt-4.1-mini-2025-04-14"),
        ("anthropic/claude-opus-5-20260901", "claude-opus-5"), ("anthropic/claude-opus-5-latest", "claude-opus-5"),
        ("gemini/models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("vertex/publishers/google/models/gemini-3.7-flash", "gemini-3.7-flash"),
        ("vertex/claude-opus-5@20260801", "claude-opus-5"), ("vertex/claude-opus-5@default", "claude-opus-5"),
        ("vertex/google/gemini-3.8-flash", "gemini-3.8-flash"),
        ("bedrock/us.anthropic.claude-opus-5", "us.anthropic.claude-opus-5"),
        ("bedrock/ca.anthropic.claude-opus-5", "anthropic.claude-opus-5"),
        ("bedrock/ca.deepseek.v3.2", "deepseek.v3.2"),
        ("bedrock/anthropic.claude-haiku-4-5", "anthropic.claude-haiku-4-5-20251001-v1:0"),
        (
            "bedrock/arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-opus-5",
            "eu.anthropic.claude-opus-5"
        ),
        ("bedrock/arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0"),
        ("fireworks/gpt-oss-20b", "accounts/fireworks/models/gpt-oss-20b"),
        ("azure-openai/gpt-4o", "gpt-4o"), ("ollama/qwen3:32b", "qwen3"),
        ("mistral/mistral-large-latest", "mistral-large-latest"),
    ])
    func findsTheModelBehindADecoratedName(name: String, id: String) throws {
        let model = try #require(LookupTests.catalog.model(name), "\(name)")
        #expect(model.id == id)
        #expect(model.isListed)
    }

    @Test(arguments: [
        "openai/gpt-99", "openai/gpt", "openai/", "anthropic/claude", "nobody/gpt-5", "openai/gpt-5-\u{1F600}",
        "bedrock/arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/ab12cd34ef56",
        "openai/ft:", "vertex/", "vertex//", "gemini/models/", "bedrock/us.", "fireworks/", "openrouter/:free",
        "openai/gpt-5\tchat", "openai/gpt-5\n",
    ])
    func doesNotGuess(name: String) {
        #expect(LookupTests.catalog.model(name) == nil)
    }

    @Test func anAmbiguousNameIsNotFound() {
        // There are several dated releases and no bare name.
        #expect(LookupTests.catalog.model("openai/gpt-4o-audio-preview") == nil)
    }

    @Test func aVariantAtARouterHasNoPriceOfItsOwn() throws {
        let model = try #require(LookupTests.catalog.model("openrouter/openai/gpt-5.1:nitro"))
        #expect(model.id == "openai/gpt-5.1")
        #expect(model.prices.isEmpty)
        #expect(LookupTests.catalog.model("openrouter/openai/gpt-5.1")?.prices.isEmpty == false)
    }

    @Test func aNameOfAnyLengthIsRefused() {
        #expect(
            LookupTests.catalog.model(Target(provider: "openai", model: String(repeating: "a", count: 1_000_000)))
                == nil
        )
    }

    @Test(arguments: [
        ("fireworks/gpt-oss-20b", "accounts/fireworks/models/gpt-oss-20b"), ("fireworks/a/b", "a/b"),
        ("fireworks/nothing-known", "nothing-known"), ("openai/gpt-5-2025-08-07", "gpt-5-2025-08-07"),
        ("bedrock/us.anthropic.claude-opus-5", "us.anthropic.claude-opus-5"),
    ])
    func aRequestCarriesTheNameThatWasAskedFor(name: String, carried: String) throws {
        #expect(LookupTests.catalog.requestName(of: try #require(Target(parsing: name))) == carried)
    }

    /// Names out of pieces of real ones, which come from clients and may be anything.
    @Test(arguments: 0..<20)
    func anyNameHasAnAnswer(seed: Int) {
        var generator = SeededGenerator(seed: seed)
        let pieces = [
            "gpt", "claude", "gemini", "o", "us.", "anthropic.", "arn:", "/", ":", "@", "-", ".", "4", "5", "20250929",
            "2025-08-07", "latest", "\u{0}", "\t", "\n", "=", "é", "🦙", "ft:", "models/", "v1:0", "",
        ]
        let catalog = LookupTests.catalog
        for _ in 0..<25 {
            let name = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }.joined()
            for kind in listedKinds {
                let target = Target(provider: kind.name, model: name)
                let model = catalog.model(target)
                #expect(model == nil || model?.isListed == true || kind.isFree, "seed \(seed): \(target)")
                #expect(catalog.traits(of: target) == (model?.traits ?? .family(of: name, at: kind)))
            }
        }
    }

    @Test func answersTheSameAgainAfterManyOtherNames() {
        let catalog = catalogue()
        let before = catalog.model("openai/gpt-5")
        for index in 0..<3000 { _ = catalog.model("openai/gpt-\(index)-none") }
        #expect(catalog.model("openai/gpt-5") == before)
    }

    private static let yaml = """
        providers:
          openai: { api_key: k, price: { input: 7, output: 8 } }
          house: { kind: openai, base_url: "http://127.0.0.1:1/v1", api_key: k, price: { input: 0.5, output: 1 } }
          bare: { kind: openai, base_url: "http://127.0.0.1:2/v1", api_key: k }
          given: { kind: openai, base_url: "http://127.0.0.1:2/v1", api_key: k, price: 0 }
          ollama: {}
          demo: {}
        models:
          openai/gpt-4o: { price: { input: 1, output: 2, cache_read: 0, above_128k: { input: 3 }, batch: { output: 1 } } }
          openai/gpt-5: { context: 100000, output: 5000 }
          house/qwen3-32b: { context: 131072, output: 8192, capabilities: [tools, reasoning], price: { input: 0.10, output: 0.30 } }
          bare/mine: { context: 4096 }
        """

    @Test func theConfigurationReplacesPrices() throws {
        let model = try #require(try catalogue(yaml: LookupTests.yaml).model("openai/gpt-4o"))
        #expect(model.context == 128_000)
        #expect(model.prices.rate(.input) == (try perMillion("1")))
        #expect(model.prices.rate(.cacheRead) == .zero)
        #expect(model.prices.rate(.input, inputTokens: 128_001) == (try perMillion("3")))
        #expect(model.prices.rate(.output, tier: .batch) == (try perMillion("1")))
        #expect(model.prices.rate(.output, tier: .priority) == (try perMillion("2")))
    }

    @Test func theConfigurationReplacesLimits() throws {
        let model = try #require(try catalogue(yaml: LookupTests.yaml).model("openai/gpt-5"))
        #expect((model.context, model.inputLimit, model.outputLimit) == (100_000, 100_000, 5000))
        // The catalogue's price goes before the provider's.
        #expect(model.prices.rate(.input) == (try perMillion("1.25")))
    }

    @Test func theConfigurationDeclaresModelsOfItsOwn() throws {
        let catalog = try catalogue(yaml: LookupTests.yaml)
        let model = try #require(catalog.model("house/qwen3-32b"))
        #expect((model.context, model.outputLimit) == (131_072, 8192))
        #expect(model.capabilities == [.tools, .reasoning])
        #expect(!model.isListed && model.capabilitiesAreKnown)
        #expect(!model.traits.nativeJSONSchema)
        #expect(model.prices.rate(.output) == (try perMillion("0.3")))
        #expect(catalog.targets(named: "qwen3-32b").map(\.description) == ["house/qwen3-32b"])
    }

    @Test func theProvidersPriceHoldsWhereThereIsNoOther() throws {
        let catalog = try catalogue(yaml: LookupTests.yaml)
        #expect(catalog.model("house/whatever")?.prices.rate(.input) == (try perMillion("0.5")))
        #expect(catalog.model("bare/whatever") == nil)
        #expect(catalog.model("bare/mine")?.prices.isEmpty == true)
        #expect(catalog.model("given/whatever")?.prices.rate(.output) == .zero)
    }

    @Test func whatIsFreeByDeclarationCostsNothing() throws {
        let catalog = try catalogue(yaml: LookupTests.yaml)
        #expect(catalog.model("ollama/anything")?.prices.rate(.output) == .zero)
        #expect(catalog.model("ollama/llama3.2")?.prices.rate(.cacheRead) == .zero)
        #expect(catalog.model("demo/chat")?.prices.rate(.request) == .zero)
    }

    @Test func aPriceThatIsNoWholePicodollarIsRoundedUp() throws {
        let yaml =
            "providers: { a: { kind: openai, base_url: 'http://127.0.0.1/v1', api_key: k, price: { input: 0.0000001 } } }"
        #expect(try catalogue(yaml: yaml).model("a/b")?.prices.rate(.input) == Money(picodollars: 1))
    }
}
