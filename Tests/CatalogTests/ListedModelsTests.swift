import Catalog
import Core
import Testing
import TurnpikeConfiguration

/// What the built-in catalogue holds.
@Suite struct ListedModelsTests {
    private static let catalog = catalogue()

    /// Every model of a kind that a path of the gateway can answer for, by the names a client may ask for.
    private func models(_ kind: ProviderKind) -> [CatalogModel] {
        ListedModelsTests.catalog.targets.filter { $0.provider == kind.name }.compactMap {
            ListedModelsTests.catalog.model($0)
        }
    }

    @Test func listsMoreThanFourHundredModels() {
        let all = Set(listedKinds.flatMap { kind in self.models(kind).map { "\(kind.name)/\($0.id)" } })
        #expect(all.count >= 1500)
    }

    @Test(
        arguments: [
            (.openai, 60), (.anthropic, 16), (.gemini, 30), (.vertex, 20), (.bedrock, 150), (.azureOpenAI, 100),
            (.cohere, 14), (.mistral, 40), (.groq, 6), (.deepseek, 3), (.xai, 30), (.together, 25), (.fireworks, 150),
            (.openrouter, 250), (.perplexity, 5), (.cerebras, 3), (.nvidia, 50), (.huggingface, 150),
        ] as [(ProviderKind, Int)]
    )
    func everyKindHasModels(kind: ProviderKind, least: Int) {
        #expect(Set(self.models(kind).map(\.id)).count >= least)
    }

    @Test(arguments: listedKinds)
    func everyNameIsOfAModelWithASource(kind: ProviderKind) {
        for target in ListedModelsTests.catalog.targets where target.provider == kind.name {
            guard let model = ListedModelsTests.catalog.model(target) else {
                Issue.record("\(target) has no entry")
                continue
            }
            #expect(model.isListed && model.kind == kind)
            #expect(model.id == target.model || model.aliases.contains(target.model), "\(target)")
            #expect(model.source.hasPrefix("https://"), "\(target)")
            #expect(!model.dataset.isEmpty, "\(target)")
        }
    }

    @Test(arguments: listedKinds)
    func noPriceIsNegativeOrAbsurd(kind: ProviderKind) throws {
        // The dearest token on sale costs less than a thousand dollars the million, the dearest single thing less than
        // a hundred.
        let token = try perMillion("1000")
        let thing = try #require(Money(dollars: "100"))
        for model in self.models(kind) {
            for entry in model.prices.entries {
                #expect(entry.rate >= .zero, "\(model.id) \(entry)")
                #expect(entry.rate <= (entry.meter.units == 1 ? thing : token), "\(model.id) \(entry)")
            }
        }
    }

    @Test(arguments: listedKinds)
    func limitsFitTogether(kind: ProviderKind) {
        for model in self.models(kind) {
            for limit in [model.context, model.inputLimit, model.outputLimit] { #expect(limit ?? 1 > 0, "\(model.id)") }
            if let context = model.context, let input = model.inputLimit { #expect(input <= context, "\(model.id)") }
        }
    }

    @Test(arguments: listedKinds)
    func nothingIsListedBeyondItsLastDay(kind: ProviderKind) {
        for model in self.models(kind) {
            if let date = model.deprecates {
                #expect(date >= "2026-11-21", "\(model.id)")
                #expect(model.status == .deprecated)
            }
        }
    }

    @Test(arguments: listedKinds)
    func aCacheReadNeverCostsMoreThanFreshInput(kind: ProviderKind) {
        for model in self.models(kind) where model.mode == .chat && model.capabilities.isDisjoint(with: [.audioInput]) {
            guard let read = model.prices.rate(.cacheRead), let input = model.prices.rate(.input) else { continue }
            #expect(read <= input, "\(model.id)")
        }
    }

    @Test(arguments: [
        ("openai/text-embedding-3-small", CatalogModel.Mode.embedding, Capability.embeddings),
        ("openai/whisper-1", .transcription, .transcription), ("openai/tts-1", .speech, .speech),
        ("openai/gpt-image-2", .image, .images), ("openai/omni-moderation-latest", .moderation, .moderation),
        ("cohere/rerank-v3.5", .rerank, .rerank), ("openai/gpt-5.6", .chat, .tools),
    ])
    func modelsOfEveryPurposeAreListed(name: String, mode: CatalogModel.Mode, capability: Capability) throws {
        let model = try #require(ListedModelsTests.catalog.model(name))
        #expect(model.mode == mode)
        #expect(model.capabilities.contains(capability))
    }

    @Test func limitsAndCapabilitiesAreThePublishedOnes() throws {
        let catalog = ListedModelsTests.catalog
        let gpt = try #require(catalog.model("openai/gpt-5"))
        #expect((gpt.context, gpt.inputLimit, gpt.outputLimit) == (400_000, 272_000, 128_000))
        #expect(gpt.capabilities.isSuperset(of: [.tools, .vision, .jsonSchema, .reasoning, .streaming, .documents]))
        #expect(!gpt.capabilities.contains(.logprobs) && !gpt.capabilities.contains(.audioInput))
        #expect(gpt.aliases == ["gpt-5-2025-08-07"])
        #expect((gpt.status, gpt.deprecates) == (.deprecated, "2026-12-11"))
        let claude = try #require(catalog.model("anthropic/claude-haiku-4-5"))
        #expect((claude.context, claude.outputLimit) == (200_000, 64_000))
        #expect(
            claude.capabilities.isSuperset(of: [.tools, .parallelTools, .vision, .documents, .reasoning, .prefill])
        )
        #expect(claude.family == "claude")
        let gemini = try #require(catalog.model("gemini/gemini-2.5-flash"))
        #expect((gemini.inputLimit, gemini.outputLimit) == (1_048_576, 65_536))
        #expect(gemini.capabilities.isSuperset(of: [.audioInput, .video, .documents, .vision, .codeExecution]))
    }

    @Test func plainNamesFindTheProviderThatHasThem() {
        let catalog = ListedModelsTests.catalog
        #expect(catalog.targets(named: "claude-sonnet-4-5").map(\.provider).first == "anthropic")
        #expect(catalog.targets(named: "gpt-4o").map(\.provider) == ["openai", "azure-openai"])
        #expect(catalog.names.contains("gpt-5-2025-08-07"))
        #expect(!catalog.names.contains { $0.hasPrefix("ft:") })
        // A local Ollama serves what its owner pulled, not what there is.
        #expect(!catalog.targets.contains { $0.provider == "ollama" })
    }
}
