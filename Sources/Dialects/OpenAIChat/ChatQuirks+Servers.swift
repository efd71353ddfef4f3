internal import JSON

// The servers whose differences are known, from their API references.
extension ChatQuirks {
    /// Mistral. Usage stands on the finish chunk of every stream unasked.
    ///
    /// Source: https://docs.mistral.ai/api/#tag/chat and the types of the `mistralai` SDK.
    package static let mistral = ChatQuirks(
        acceptsStreamOptions: false,
        replaysReasoning: true,
        reasoning: .promptMode,
        callIDs: .mistral,
        refuses: ["user", "name", "logit_bias", "min_p", "service_tier", "store", "web_search_options"],
        takesMoreSampling: true
    ).with { quirks in
        quirks.seedField = "random_seed"
        quirks.requiredChoice = "any"
        quirks.highestTemperature = JSONNumber(1.5)
        quirks.prefillField = "prefix"
        quirks.separatesResults = true
        quirks.replay = .content
        quirks.alwaysMaxTokens = true
    }

    /// Groq. Source: https://console.groq.com/docs/openai
    package static let groq = ChatQuirks(refuses: ["logprobs", "top_logprobs", "logit_bias", "name", "n"]).with {
        quirks in
        quirks.zeroTemperature = JSONNumber(text: "1e-8")
        quirks.formatWithTools = false
    }

    /// DeepSeek. Its reasoning must go back with a turn of calls.
    ///
    /// Source: https://api-docs.deepseek.com/guides/thinking_mode
    package static let deepSeek = ChatQuirks(
        replaysReasoning: true,
        reasoning: .thinking,
        refuses: ["logit_bias", "n", "seed", "parallel_tool_calls"]
    ).with { quirks in
        quirks.forcesToolsWhileReasoning = false
        quirks.prefillField = "prefix"
        quirks.alwaysMaxTokens = true
    }

    /// xAI. Source: https://docs.x.ai/docs/guides/reasoning
    package static let xAI = ChatQuirks(reasoningOutsideCompletion: true, refuses: ["logit_bias"]).with { quirks in
        quirks.refusesWhenReasoning = ["stop", "presence_penalty", "frequency_penalty"]
    }

    /// OpenRouter, which passes on what the model's own provider knows.
    ///
    /// Source: https://openrouter.ai/docs/api-reference/parameters
    package static let openRouter = ChatQuirks(
        replaysReasoning: true,
        reasoning: .object,
        refuses: ["n"],
        takesMoreSampling: true
    ).with { quirks in
        quirks.replay = .details
        quirks.alwaysMaxTokens = true
        quirks.passesCacheHints = true
    }

    /// Perplexity. Usage stands on every chunk; most streams end after the finish chunk without `[DONE]`.
    ///
    /// Source: https://docs.perplexity.ai/api-reference/chat-completions-post
    package static let perplexity = ChatQuirks(
        acceptsStreamOptions: false,
        sendsDone: false,
        refuses: ["logit_bias", "logprobs", "n", "name", "seed", "user", "parallel_tool_calls"]
    ).with { quirks in
        quirks.takesTools = false
        quirks.alternates = true
        quirks.alwaysMaxTokens = true
    }

    /// Together. Source: https://docs.together.ai/reference/chat-completions-1
    package static let together = ChatQuirks(takesMoreSampling: true).with { quirks in
        quirks.formatWithTools = false
        quirks.alwaysMaxTokens = true
    }

    /// Fireworks. Source: https://docs.fireworks.ai/api-reference/post-chatcompletions
    package static let fireworks = ChatQuirks(takesMoreSampling: true).with { quirks in
        quirks.requiredChoice = "any"
        quirks.alwaysMaxTokens = true
    }

    /// Cerebras. Source: https://inference-docs.cerebras.ai/resources/openai
    package static let cerebras = ChatQuirks(refuses: ["frequency_penalty", "presence_penalty", "logit_bias"])

    /// Ollama's endpoint for OpenAI's dialect. Source: https://docs.ollama.com/api/openai-compatibility
    package static let ollama = ChatQuirks(refuses: ["logit_bias", "n", "user", "parallel_tool_calls"]).with { quirks in
        quirks.takesToolChoice = false
        quirks.alwaysMaxTokens = true
    }

    /// NVIDIA's NIM, which refuses members it does not know.
    ///
    /// Source: https://docs.api.nvidia.com/nim/reference/llm-apis
    package static let nvidia = ChatQuirks(refuses: ["n", "user", "metadata", "service_tier", "store"]).with { quirks in
        quirks.alwaysMaxTokens = true
    }

    /// Hugging Face's router. Source: https://huggingface.co/docs/inference-providers/tasks/chat-completion
    package static let huggingFace = ChatQuirks(refuses: ["user", "metadata", "service_tier", "store"]).with { quirks in
        quirks.alwaysMaxTokens = true
    }
}
