internal import Core
internal import JSON

// What servers other than OpenAI's want back with a turn, and marks for caches.
extension ChatRequestWriting {
    /// Writes a content of parts with the reasoning at its head, as Mistral has it
    /// (https://docs.mistral.ai/capabilities/reasoning/).
    mutating func writeContent(_ text: String, _ reasoning: String) {
        self.writer.beginArray()
        self.writer.value([
            "type": "thinking", "thinking": [["type": "text", "text": .string(reasoning)]],
        ])
        if !text.isEmpty { self.writer.value(["type": "text", "text": .string(text)]) }
        self.writer.endArray()
    }

    /// Writes `reasoning_details`: the reasoning in its order, with the signatures as the model's own provider made them
    /// (https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks).
    mutating func writeDetails(of turn: Message) {
        let calls = turn.parts.contains { part in
            if case .toolCall = part.content { part.signature != nil } else { false }
        }
        guard calls || turn.parts.contains(where: \.isReasoning) else { return }
        self.writer.key("reasoning_details")
        self.writer.beginArray()
        var index = 0
        for part in turn.parts {
            switch part.content {
            case .thinking(let text):
                self.beginDetail("reasoning.text", index)
                self.writer.key("text")
                self.writer.string(text)
                if let signature = part.signature {
                    self.writer.key("signature")
                    self.writer.string(signature.value)
                }
            case .redactedThinking:
                guard let signature = part.signature else { continue }
                self.beginDetail("reasoning.encrypted", index)
                self.writer.key("data")
                self.writer.string(signature.value)
            case .toolCall(let call):
                // The entry that is the signature of a call names it.
                guard let signature = part.signature else { continue }
                self.beginDetail("reasoning.encrypted", index)
                self.writer.key("data")
                self.writer.string(signature.value)
                self.writer.key("id")
                self.writer.string(CallID.fitted(call.id, to: self.target.quirks.callIDs))
            default: continue
            }
            self.writer.endObject()
            index += 1
        }
        self.writer.endArray()
    }

    private mutating func beginDetail(_ type: String, _ index: Int) {
        self.writer.beginObject()
        self.writer.key("type")
        self.writer.string(type)
        self.writer.key("index")
        self.writer.number(index)
        guard let format = self.detailFormat else { return }
        self.writer.key("format")
        self.writer.string(format)
    }

    /// The name OpenRouter has for the shape of each provider's reasoning.
    private var detailFormat: String? {
        switch self.target.family {
        case SignatureFamily.anthropic?: "anthropic-claude-v1"
        case SignatureFamily.gemini?: "google-gemini-v1"
        case SignatureFamily.openAI?: "openai-responses-v1"
        default: nil
        }
    }

    /// Writes `cache_control`, in Anthropic's words (https://openrouter.ai/docs/features/prompt-caching).
    mutating func write(_ cache: CacheHint) {
        self.writer.key("cache_control")
        self.writer.beginObject()
        self.writer.key("type")
        self.writer.string("ephemeral")
        if let ttl = cache.ttl, ttl == "5m" || ttl == "1h" {
            self.writer.key("ttl")
            self.writer.string(ttl)
        }
        self.writer.endObject()
    }
}

extension Message {
    /// Whether the turn holds a result of a tool.
    var holdsResult: Bool {
        self.parts.contains { part in
            if case .toolResult = part.content { true } else { false }
        }
    }
}

extension CanonicalRequest {
    /// Whether the conversation holds calls of tools, or results of them.
    var holdsCalls: Bool {
        self.messages.contains { message in
            message.parts.contains { part in
                switch part.content {
                case .toolCall, .toolResult: true
                default: false
                }
            }
        }
    }
}
