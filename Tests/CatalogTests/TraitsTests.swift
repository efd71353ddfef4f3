import Catalog
import Core
import Testing
import TurnpikeConfiguration

/// How requests to a model are to be shaped, wherever it is served and however it is called.
@Suite struct TraitsTests {
    private static let catalog = catalogue()

    @Test(arguments: [
        "anthropic/claude-opus-4-8", "anthropic/claude-opus-4-8-20260601", "anthropic/claude-sonnet-5",
        "anthropic/claude-newfamily-6", "bedrock/us.anthropic.claude-opus-4-8", "vertex/claude-opus-4-8@default",
        "bedrock/anthropic.claude-newfamily-7-v1:0", "azure-openai/claude-opus-5",
    ])
    func newClaudeTakesNoSamplingAndThinksAdaptively(name: String) throws {
        let traits = try TraitsTests.catalog.traits(name)
        #expect(traits.sampling == .none)
        #expect(traits.reasoning == .adaptive)
        #expect(traits.budgetRange == nil)
        #expect(!traits.prefill)
        #expect(traits.midSystem)
        #expect(traits.anthropicVersion == .v2026)
        #expect(traits.efforts.starts(with: ["low", "medium", "high", "xhigh"]))
        #expect(traits.toolResultImages && !traits.topK)
    }

    @Test(arguments: [
        "anthropic/claude-sonnet-4-5", "anthropic/claude-haiku-4-5-20251001",
        "bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "vertex/claude-sonnet-4-5@20250929",
    ])
    func olderClaudeThinksWithinABudgetAndTakesAPrefill(name: String) throws {
        let traits = try TraitsTests.catalog.traits(name)
        #expect(traits.sampling == .temperatureOrTopP)
        #expect(traits.reasoning == .budget)
        #expect(traits.budgetRange?.lowerBound == 1024)
        #expect(traits.prefill)
        #expect(!traits.midSystem)
        #expect(!traits.forcedToolWithReasoning)
        #expect(traits.anthropicVersion == .v2023)
        #expect(traits.nativeJSONSchema)
    }

    @Test func claude46TakesBothWaysOfThinking() throws {
        let traits = try TraitsTests.catalog.traits("anthropic/claude-opus-4-6")
        #expect(traits.reasoning == .adaptive)
        #expect(traits.budgetRange != nil)
        #expect(traits.sampling != .none)
        #expect(traits.efforts == ["low", "medium", "high", "max"])
    }

    @Test(arguments: [
        ("anthropic/claude-fable-5-1", true, false), ("anthropic/claude-mythos-5", true, true),
        ("anthropic/claude-opus-5", false, true), ("anthropic/claude-haiku-5-5", false, true),
    ])
    func someClaudeAlwaysThinkOrRefuseForcedTools(name: String, always: Bool, forced: Bool) throws {
        let traits = try TraitsTests.catalog.traits(name)
        #expect((traits.reasoningAlwaysOn, traits.forcedToolChoice) == (always, forced))
    }

    @Test func claudeElsewhereFetchesNoImages() throws {
        #expect(try TraitsTests.catalog.traits("anthropic/claude-opus-5").imageURLs)
        #expect(try !TraitsTests.catalog.traits("bedrock/us.anthropic.claude-opus-5").imageURLs)
        #expect(try !TraitsTests.catalog.traits("vertex/claude-opus-5").imageURLs)
    }

    @Test(arguments: [
        ("openai/gpt-5", ["minimal", "low", "medium", "high"]), ("openai/gpt-5.1", ["none", "low", "medium", "high"]),
        ("openai/gpt-5.2", ["none", "low", "medium", "high", "xhigh"]), ("openai/o3", ["low", "medium", "high"]),
        ("openai/gpt-6-sol", ["none", "low", "medium", "high", "xhigh", "max"]),
        ("openai/o9-mini", ["low", "medium", "high"]), ("azure-openai/gpt-5", ["minimal", "low", "medium", "high"]),
        ("openai/gpt-6.1-sol", ["low", "medium", "high", "xhigh", "max"]),
        ("openai/gpt-9.3", ["none", "low", "medium", "high", "xhigh", "max"]),
    ])
    func openAIsReasoningModelsTakeEffortsAndNoSampling(name: String, efforts: [String]) throws {
        let traits = try TraitsTests.catalog.traits(name)
        #expect(traits.reasoning == .effort)
        #expect(traits.efforts == efforts)
        #expect(traits.reasoningAlwaysOn == !efforts.contains("none"))
        #expect(traits.sampling == .none)
        #expect(!traits.stop && !traits.penalties)
        #expect(traits.tokenParameter == .maxCompletionTokens)
        #expect(traits.systemRole == .developer)
        #expect(!traits.responsesOnly)
    }

    @Test(arguments: ["openai/gpt-4o", "openai/gpt-4.1-mini", "openai/gpt-4o-2031-01-01", "azure-openai/gpt-4o-mini"])
    func openAIsOtherModelsTakeEverything(name: String) throws {
        let traits = try TraitsTests.catalog.traits(name)
        #expect(traits.sampling == .full)
        #expect(traits.reasoning == .none)
        #expect(traits.tokenParameter == .maxTokens)
        #expect(traits.systemRole == .system)
        #expect(traits.nativeJSONSchema && traits.stop && traits.penalties)
    }

    @Test(arguments: [
        "openai/gpt-5.3-codex", "openai/gpt-5-pro", "openai/o3-pro", "openai/gpt-5.4-pro", "azure-openai/gpt-5-codex",
        "openai/gpt-7-pro",
    ])
    func someModelsAreServedByResponsesOnly(name: String) throws {
        #expect(try TraitsTests.catalog.traits(name).responsesOnly)
    }

    @Test func theFirstOSeriesKnewNoInstructions() throws {
        let traits = try TraitsTests.catalog.traits("openai/o1-mini-2024-09-12")
        #expect((traits.systemRole, traits.reasoning) == (.user, .none))
        #expect(try !TraitsTests.catalog.traits("openai/o3").parallelToolSwitch)
    }

    @Test(
        arguments: [
            ("gemini/gemini-2.5-pro", 128...32_768, true), ("gemini/gemini-2.5-flash", 0...24_576, false),
            ("vertex/gemini-2.5-flash", 0...24_576, false),
        ] as [(String, ClosedRange<Int>, Bool)]
    )
    func gemini25ThinksWithinABudget(name: String, range: ClosedRange<Int>, always: Bool) throws {
        let traits = try TraitsTests.catalog.traits(name)
        #expect(traits.reasoning == .budget)
        #expect(traits.budgetRange == range)
        #expect(traits.reasoningAlwaysOn == always)
        #expect(!traits.schemaWithTools)
    }

    @Test(arguments: [
        "gemini/gemini-3.1-pro-preview", "gemini/gemini-3.8-flash", "gemini/gemini-flash-latest",
        "vertex/gemini-7-pro", "gemini/gemini-4-argon",
    ])
    func gemini3ThinksAtALevel(name: String) throws {
        let traits = try TraitsTests.catalog.traits(name)
        #expect(traits.reasoning == .level)
        #expect(traits.efforts.contains("low") && traits.efforts.contains("high"))
        #expect(!traits.penalties)
        #expect(traits.toolResultImages && traits.schemaWithTools)
        #expect(!traits.imageURLs && !traits.parallelToolSwitch)
    }

    @Test(arguments: [
        ("deepseek/deepseek-v4-pro", ModelTraits.Reasoning.toggle), ("groq/openai/gpt-oss-120b", .effort),
        ("fireworks/accounts/fireworks/models/gpt-oss-120b", .effort), ("mistral/mistral-large-latest", .none),
        ("openrouter/anthropic/claude-opus-4.8", .effort), ("openrouter/openai/gpt-5.2", .effort),
        ("openrouter/moonshotai/kimi-k2.6", .effort), ("openrouter/meta-llama/llama-3.3-70b-instruct", .none),
        ("bedrock/us.amazon.nova-2-lite-v1:0", .effort),
        ("bedrock/us.amazon.nova-pro-v1:0", .none), ("xai/grok-4.3", .effort),
        ("ollama/qwen3:8b", .toggle), ("perplexity/sonar-deep-research", .effort), ("perplexity/sonar", .none),
    ])
    func othersReasonInTheWayOfTheirServer(name: String, reasoning: ModelTraits.Reasoning) throws {
        #expect(try TraitsTests.catalog.traits(name).reasoning == reasoning)
    }

    @Test func theMostOutputIsAmongTheTraits() throws {
        #expect(try TraitsTests.catalog.traits("anthropic/claude-opus-5").outputLimit == 128_000)
        #expect(try TraitsTests.catalog.traits("anthropic/claude-newfamily-6").outputLimit == nil)
    }

    @Test func aRoutersClaudeStaysAClaude() throws {
        let traits = try TraitsTests.catalog.traits("openrouter/anthropic/claude-opus-4.8")
        #expect(traits.sampling == .none)
        #expect(!traits.prefill)
        #expect(traits.systemRole == .system && traits.tokenParameter == .maxTokens)
    }

    @Test func serversDifferInWhatGoesTogether() throws {
        let catalog = TraitsTests.catalog
        #expect(try !catalog.traits("groq/openai/gpt-oss-120b").schemaWithTools)
        #expect(try !catalog.traits("cohere/command-a-03-2025").schemaWithTools)
        #expect(try !catalog.traits("deepseek/deepseek-v4-pro").nativeJSONSchema)
        #expect(try catalog.traits("mistral/mistral-large-latest").prefill)
        #expect(try !catalog.traits("ollama/llama3.2").imageURLs)
        #expect(try !catalog.traits("cerebras/gpt-oss-120b").penalties)
        #expect(try !catalog.traits("perplexity/sonar").midSystem)
    }

    @Test(arguments: [
        "house/my-model", "house/", "house/llama-local", "openai/zzz", "nobody/x", "openai/o", "openai/oddly-named",
    ])
    func anUnknownModelMayBeToldEverything(name: String) {
        guard let target = Target(parsing: name) else { return }
        let traits = TraitsTests.catalog.traits(of: target)
        #expect(traits.reasoning != .effort)
        #expect(traits.tokenParameter == .maxTokens)
        #expect(traits.systemRole == .system)
    }

    @Test(arguments: ["openai/claude-opus-5", "openai/gemini-3-pro", "openai/claude-sonnet-4-5"])
    func claudeAndGeminiBehindOpenAIsDialectAreAskedInItsWords(name: String) throws {
        let traits = try TraitsTests.catalog.traits(name)
        #expect(traits.reasoning == .effort)
        #expect(traits.efforts == ["low", "medium", "high"])
        #expect(traits.budgetRange == nil && !traits.toolResultImages)
    }
}
