package import Core
package import TurnpikeConfiguration

extension ModelTraits {
    /// The traits the name alone tells: what holds for every model of a family and for a kind of provider, so that a
    /// model that came out yesterday is treated right. What the catalogue knows of a model itself comes on top.
    ///
    /// - Parameters:
    ///   - model: The model's name at the provider.
    ///   - kind: The kind of provider that serves it.
    package static func family(of model: String, at kind: ProviderKind) -> ModelTraits {
        let name = ModelName(model)
        var traits = ModelTraits()
        traits.applyKind(kind)
        switch name.family {
        case .claude: traits.applyClaude(name, kind)
        case .gpt, .chatGPT: traits.applyGPT(name, kind)
        case .o: traits.applyO(name, kind)
        case .gptOSS: traits.applyGPTOSS(kind)
        case .gemini: traits.applyGemini(name)
        case .gemma: traits.applyGemma(kind)
        case .grok: traits.applyGrok(name)
        case .nova: traits.applyNova(name, kind)
        case .titan,
            .jamba where kind == .bedrock:
            traits.systemRole = .none
        case let family?: traits.applyOpenWeights(family, name, kind)
        case nil:
            // `chat-latest`, `codex-mini-latest` and the like carry no family's name.
            if kind == .openai || kind == .azureOpenAI, name.has("codex") {
                traits.applyOpenAIReasoning(efforts: ["low", "medium", "high"])
                traits.responsesOnly = true
            }
        }
        if kind == .openrouter { traits.applyOpenRouter() }
        traits.applyForeignDialect(name, kind)
        return traits
    }

    /// Claude and Gemini behind an OpenAI-compatible endpoint are asked to reason in OpenAI's words.
    private mutating func applyForeignDialect(_ name: ModelName, _ kind: ProviderKind) {
        guard name.family == .claude || name.family == .gemini else { return }
        switch kind {
        case .anthropic, .gemini, .vertex, .bedrock, .azureOpenAI, .openrouter: return
        default: break
        }
        self.toolResultImages = false
        guard self.reasoning != .none else { return }
        self.reasoning = .effort
        self.efforts = ["low", "medium", "high"]
        self.budgetRange = nil
    }

    /// What holds for a model that is listed as reasoning although its name tells no way to ask for it: that of its
    /// provider, where there is one for all.
    mutating func applyReasoning(at kind: ProviderKind) {
        guard self.reasoning == .none, !self.reasoningAlwaysOn else { return }
        switch kind {
        case .openai:
            self.applyOpenAIReasoning(efforts: ["low", "medium", "high"])
        case .openrouter:
            self.reasoning = .effort
            self.efforts = ["none", "minimal", "low", "medium", "high", "xhigh"]
        case .fireworks:
            // https://docs.fireworks.ai/guides/reasoning
            self.reasoning = .effort
            self.efforts = ["none", "low", "medium", "high"]
        default:
            break
        }
    }

    /// What holds for everything a kind of provider serves.
    private mutating func applyKind(_ kind: ProviderKind) {
        // The defaults are for a model nothing is known of; these providers fetch what an address names.
        self.imageURLs = kind != .demo
        switch kind {
        case .openai, .azureOpenAI:
            self.midSystem = true
            self.topK = false
        case .xai, .nvidia, .huggingface, .openrouter, .demo, .fireworks:
            self.midSystem = true
        case .deepseek:
            // JSON mode only. https://api-docs.deepseek.com/guides/json_mode
            self.midSystem = true
            self.nativeJSONSchema = false
        case .mistral:
            // `prefix: true` on the last message. https://docs.mistral.ai/capabilities/completion/
            self.midSystem = true
            self.prefill = true
        case .groq, .together:
            // https://console.groq.com/docs/structured-outputs: not together with tools.
            self.midSystem = true
            self.schemaWithTools = false
        case .cerebras:
            self.midSystem = true
            self.penalties = false
        case .cohere:
            // https://docs.cohere.com/docs/structured-outputs: the schema not together with tools.
            self.schemaWithTools = false
            self.parallelToolSwitch = false
            self.temperatureLimit = 1
        case .perplexity:
            self.parallelToolSwitch = false
        case .ollama:
            self.midSystem = true
            self.prefill = true
            self.imageURLs = false
            self.toolResultImages = true
            self.forcedToolChoice = false
            self.parallelToolSwitch = false
        case .anthropic:
            self.temperatureLimit = 1
        case .gemini, .vertex:
            self.imageURLs = false
            self.parallelToolSwitch = false
        case .bedrock:
            self.imageURLs = false
            self.parallelToolSwitch = false
            self.nativeJSONSchema = false
            self.penalties = false
            self.temperatureLimit = 1
        }
    }

    /// Claude. https://platform.claude.com/docs/en/about-claude/models/migration-guide,
    /// https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking
    private mutating func applyClaude(_ name: ModelName, _ kind: ProviderKind) {
        let isAnthropicAPI = kind == .anthropic || kind == .vertex || kind == .bedrock || kind == .azureOpenAI
        self.penalties = false
        self.temperatureLimit = 1
        self.toolResultImages = isAnthropicAPI
        self.parallelToolSwitch = true
        self.imageURLs = kind != .vertex && kind != .bedrock
        self.nativeJSONSchema = name.isAtLeast(4, 5) || (name.isAtLeast(4, 1) && name.has("opus"))
        self.prefill = !name.isAtLeast(4, 6)
        self.midSystem = name.isAtLeast(4, 8)
        self.sampling = name.isAtLeast(4, 7) ? .none : name.isAtLeast(4, 1) ? .temperatureOrTopP : .full
        self.topK = self.sampling != .none
        if self.sampling == .none { self.anthropicVersion = .v2026 }
        if name.isAtLeast(4, 6) {
            self.reasoning = .adaptive
            self.efforts = ["low", "medium", "high", "max"]
            if name.isAtLeast(4, 7) { self.efforts.insert("xhigh", at: 3) }
            // 4.6 still takes the older form with a budget.
            if !name.isAtLeast(4, 7) { self.budgetRange = 1024...128_000 }
            self.reasoningAlwaysOn = name.has("fable", "mythos")
        } else if name.isAtLeast(3, 7) {
            self.reasoning = .budget
            self.budgetRange = 1024...(name.isAtLeast(4, 5) ? 64_000 : 32_000)
            self.forcedToolWithReasoning = false
        }
    }

    /// GPT. https://developers.openai.com/api/docs/guides/latest-model
    private mutating func applyGPT(_ name: ModelName, _ kind: ProviderKind) {
        self.toolResultImages = false
        if kind == .perplexity { return }
        let isChat = name.family == .chatGPT || name.has("chat")
        guard name.isAtLeast(5), !isChat, !name.has("image", "audio", "realtime", "transcribe", "tts", "live", "search")
        else {
            self.nativeJSONSchema = name.isAtLeast(4) && !name.has("turbo", "4", "audio")
            if name.has("4") && name.has("1") { self.nativeJSONSchema = true }
            if isChat, name.isAtLeast(5) { self.tokenParameter = .maxCompletionTokens }
            if name.has("search") {
                self.sampling = .none
                self.tokenParameter = .maxCompletionTokens
            }
            return
        }
        var efforts: [String]
        if name.isAtLeast(5, 6) {
            efforts = ["none", "low", "medium", "high", "xhigh", "max"]
        } else if name.isAtLeast(5, 2) {
            efforts = ["none", "low", "medium", "high", "xhigh"]
        } else if name.isAtLeast(5, 1) {
            efforts = ["none", "low", "medium", "high"]
        } else {
            efforts = ["minimal", "low", "medium", "high"]
        }
        if name.has("codex") { efforts.removeAll { $0 == "none" || $0 == "minimal" } }
        if name.has("pro") { efforts.removeAll { $0 == "none" || $0 == "minimal" || $0 == "low" } }
        self.applyOpenAIReasoning(efforts: efforts)
        self.responsesOnly = self.isOpenAI(kind) && name.has("codex", "pro")
        self.forcedToolChoice = true
    }

    /// OpenAI's o-series. https://developers.openai.com/api/docs/guides/reasoning
    private mutating func applyO(_ name: ModelName, _ kind: ProviderKind) {
        let isFirst = name.version.map { $0 < 200 } ?? false
        if isFirst, name.has("mini", "preview") {
            self.applyOpenAIReasoning(efforts: [])
            self.reasoning = .none
            self.systemRole = .user
            self.nativeJSONSchema = false
        } else {
            self.applyOpenAIReasoning(efforts: ["low", "medium", "high"])
        }
        self.parallelToolSwitch = false
        self.responsesOnly = self.isOpenAI(kind) && name.has("pro", "research")
    }

    private func isOpenAI(_ kind: ProviderKind) -> Bool { kind == .openai || kind == .azureOpenAI }

    /// What OpenAI's reasoning models have in common.
    private mutating func applyOpenAIReasoning(efforts: [String]) {
        self.reasoning = .effort
        self.efforts = efforts
        self.reasoningAlwaysOn = !efforts.contains("none")
        self.samplesWithoutReasoning = efforts.contains("none")
        self.sampling = .none
        self.penalties = false
        self.stop = false
        self.tokenParameter = .maxCompletionTokens
        self.systemRole = .developer
    }

    /// gpt-oss reasons with an effort wherever it runs. https://developers.openai.com/cookbook/articles/openai-harmony
    private mutating func applyGPTOSS(_ kind: ProviderKind) {
        self.reasoning = .effort
        self.efforts = ["low", "medium", "high"]
        self.reasoningAlwaysOn = true
        if kind == .bedrock { self.nativeJSONSchema = false }
    }

    /// Gemini. https://ai.google.dev/gemini-api/docs/thinking
    private mutating func applyGemini(_ name: ModelName) {
        if name.has("embedding", "image", "tts", "live", "native") { return }
        self.reasoning = .none
        if name.isAtLeast(3) {
            self.reasoning = .level
            self.efforts = name.has("pro") ? ["low", "medium", "high"] : ["minimal", "low", "medium", "high"]
            if name.version == 300, name.has("pro") { self.efforts = ["low", "high"] }
            self.reasoningAlwaysOn = true
            self.penalties = false
            self.toolResultImages = true
        } else if name.isAtLeast(2, 5) {
            self.reasoning = .budget
            self.schemaWithTools = false
            if name.has("pro") {
                self.budgetRange = 128...32_768
                self.reasoningAlwaysOn = true
            } else {
                self.budgetRange = 0...24_576
            }
        } else {
            self.schemaWithTools = false
        }
    }

    /// Gemma takes no system instruction at Google's own API. https://ai.google.dev/gemma/docs/core/prompt-structure
    private mutating func applyGemma(_ kind: ProviderKind) {
        if kind == .gemini { self.systemRole = .user }
    }

    /// Grok. https://docs.x.ai/docs/guides/reasoning
    private mutating func applyGrok(_ name: ModelName) {
        if name.has("imagine", "voice") { return }
        let isReasoning: Bool
        if name.has("non") || name.has("2") && !name.isAtLeast(3) {
            isReasoning = false
        } else if name.isAtLeast(4) || name.has("reasoning", "code", "build") {
            isReasoning = true
        } else {
            isReasoning = name.has("mini")
        }
        guard isReasoning else { return }
        self.stop = false
        self.penalties = false
        if name.has("mini") {
            self.reasoning = .effort
            self.efforts = ["low", "high"]
        } else if name.isAtLeast(4, 3), name.version.map({ $0 < 420 }) ?? true, !name.has("code", "build") {
            self.reasoning = .effort
            self.efforts = ["low", "medium", "high"]
        }
        self.reasoningAlwaysOn = true
    }

    /// Amazon Nova. https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html
    private mutating func applyNova(_ name: ModelName, _ kind: ProviderKind) {
        guard kind == .bedrock else { return }
        self.toolResultImages = true
        if name.has("2"), !name.has("multimodal", "sonic", "embeddings") {
            self.reasoning = .effort
            self.efforts = ["low", "medium", "high"]
        }
    }

    /// Models of open weights and the rest, which reason in the way of the server they run on.
    private mutating func applyOpenWeights(_ family: ModelName.Family, _ name: ModelName, _ kind: ProviderKind) {
        switch family {
        case .deepseek:
            if kind == .deepseek { self.prefill = true }
            if name.has("reasoner", "r1") {
                self.reasoning = .none
                self.reasoningAlwaysOn = true
                if kind == .deepseek { self.forcedToolChoice = false }
            } else if kind == .deepseek {
                // https://api-docs.deepseek.com/guides/thinking_mode: `thinking: {type}`.
                self.reasoning = .toggle
                self.forcedToolWithReasoning = false
            }
        case .magistral:
            self.reasoningAlwaysOn = true
        case .qwen:
            if name.has("thinking") {
                self.reasoningAlwaysOn = true
            } else if kind == .groq {
                self.reasoning = .effort
                self.efforts = ["none", "default"]
            } else if kind == .ollama, name.isAtLeast(3), !name.has("coder", "instruct") {
                self.reasoning = .toggle
            }
        case .glm:
            if kind == .huggingface || kind == .fireworks || kind == .together { self.reasoning = .toggle }
        case .kimi:
            if name.has("thinking") { self.reasoningAlwaysOn = true }
            self.temperatureLimit = 1
        case .command:
            // https://docs.cohere.com/docs/reasoning: `thinking: {type, token_budget}`.
            if kind == .cohere, name.has("reasoning", "plus"), name.has("a") {
                self.reasoning = .budget
                self.budgetRange = 1...32_000
            }
        case .sonar:
            self.nativeJSONSchema = true
            if name.has("reasoning", "deep") { self.reasoningAlwaysOn = true }
            if name.has("deep") {
                self.reasoning = .effort
                self.efforts = ["low", "medium", "high"]
            }
        default:
            break
        }
    }

    /// One way to ask for reasoning, whatever the model. https://openrouter.ai/docs/use-cases/reasoning-tokens
    private mutating func applyOpenRouter() {
        self.tokenParameter = .maxTokens
        self.systemRole = self.systemRole == .developer ? .system : self.systemRole
        self.parallelToolSwitch = true
        self.imageURLs = true
        self.toolResultImages = false
        self.responsesOnly = false
        self.schemaWithTools = true
        self.midSystem = true
        guard self.reasoning != .none || self.reasoningAlwaysOn else { return }
        self.reasoning = .effort
        let off = self.reasoningAlwaysOn ? [] : ["none"]
        self.efforts = off + ["minimal", "low", "medium", "high", "xhigh"]
    }
}
