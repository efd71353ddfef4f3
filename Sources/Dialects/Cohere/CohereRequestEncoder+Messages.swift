internal import Core
internal import JSON

// The turns of a conversation as `messages`.
extension CohereRequestBody {
    /// `messages`, from turns that are shaped for the target.
    mutating func writeMessages(notes: inout TranslationNotes) throws(GatewayError) {
        var rules = ConversationRules()
        rules.mergesNeighbours = false
        rules.startsWithUser = false
        rules.takesMidSystem = true
        rules.takesPrefill = self.target.traits.prefill
        rules.takesUnsignedThinking = self.target.traits.reasoning != .none
        rules.takesMediaInResults = false
        let turns = try self.request.conversation(rules, for: self.target, notes: &notes)
        self.writer.key("messages")
        self.writer.beginArray()
        self.writeSystem(self.request.system.compactMap(\.text) + [self.instruction].compactMap(\.self))
        for turn in turns {
            if turn.name != nil { notes.note("messages.name", .unsupportedParameter) }
            switch turn.role {
            case .system: self.writeSystem(turn.parts.compactMap(\.text))
            case .user: try self.writeUser(turn, notes: &notes)
            case .assistant: self.writeAssistant(turn, notes: &notes)
            }
        }
        self.writer.endArray()
    }

    private mutating func writeSystem(_ texts: [String]) {
        guard !texts.isEmpty else { return }
        self.begin("system")
        self.writer.key("content")
        self.writer.string(texts.count == 1 ? texts[0] : texts.joined(separator: "\n\n"))
        self.writer.endObject()
    }

    private mutating func begin(_ role: String) {
        self.writer.beginObject()
        self.writer.key("role")
        self.writer.string(role)
    }

    // MARK: Users and results

    private mutating func writeUser(_ turn: Message, notes: inout TranslationNotes) throws(GatewayError) {
        var rest: [Part] = []
        for part in turn.parts {
            guard case .toolResult(let result) = part.content else {
                rest.append(part)
                continue
            }
            self.begin("tool")
            self.writer.key("tool_call_id")
            self.writer.string(result.callID)
            self.writer.key("content")
            let text = result.parts.compactMap(\.text).joined(separator: "\n")
            // The dialect has no word for a failed call.
            self.writer.string(result.isError ? "Error: \(text)" : text)
            self.writer.endObject()
        }
        guard !rest.isEmpty else { return }
        self.begin("user")
        self.writer.key("content")
        if rest.allSatisfy({ $0.text != nil }) {
            self.writer.string(rest.count == 1 ? rest[0].text ?? "" : rest.compactMap(\.text).joined(separator: "\n"))
        } else {
            self.writer.beginArray()
            for part in rest { try self.write(part, notes: &notes) }
            self.writer.endArray()
        }
        self.writer.endObject()
    }

    private mutating func write(_ part: Part, notes: inout TranslationNotes) throws(GatewayError) {
        switch part.content {
        case .text(let text), .refusal(let text): self.writePart("text", text)
        case .image(let media):
            if case .file = media.source {
                throw Self.unsupported("An image in a provider's file store cannot be sent to Cohere; send its bytes.")
            }
            self.writer.beginObject()
            self.writer.key("type")
            self.writer.string("image_url")
            self.writer.key("image_url")
            self.writer.beginObject()
            self.writer.key("url")
            self.writer.string(ChatReply.url(of: media))
            if let detail = media.detail, ["auto", "low", "high"].contains(detail) {
                self.writer.key("detail")
                self.writer.string(detail)
            }
            self.writer.endObject()
            self.writer.endObject()
        case .document(let document): self.writePart("text", try Self.text(of: document))
        case .audio: throw Self.unsupported("Audio cannot be sent to Cohere; send a transcript of it.")
        case .video: throw Self.unsupported("Video cannot be sent to Cohere; send images of it.")
        case .opaque(let opaque):
            if opaque.dialect == .cohere {
                self.writer.value(opaque.value)
            } else {
                notes.note("messages.content", .changedContent)
            }
        case .thinking, .redactedThinking, .toolCall, .toolResult: break
        }
    }

    private mutating func writePart(_ type: String, _ text: String) {
        self.writer.beginObject()
        self.writer.key("type")
        self.writer.string(type)
        self.writer.key(type)
        self.writer.string(text)
        self.writer.endObject()
    }

    private static func text(of document: Document) throws(GatewayError) -> String {
        let text: String
        switch document.body {
        case .text(let plain): text = plain
        case .media(let media):
            guard case .base64(let data) = media.source,
                media.type.hasPrefix("text/") || media.type == "application/json",
                let decoded = Base64Text.decoded(data)
            else { throw Self.unsupported("Documents cannot be sent to Cohere; send their text, or images of pages.") }
            text = decoded
        }
        return "<document name=\"\(document.name ?? "document")\">\n\(text)\n</document>"
    }

    private static func unsupported(_ message: String) -> GatewayError {
        GatewayError(.unsupported, origin: .client, message, field: "messages")
    }

    // MARK: The assistant

    /// An assistant's turn. What it says beside calls is their plan.
    private mutating func writeAssistant(_ turn: Message, notes: inout TranslationNotes) {
        var text = ""
        var thinking = ""
        var calls: [ToolCall] = []
        for part in turn.parts {
            switch part.content {
            case .text(let more), .refusal(let more): text += more
            case .thinking(let more): thinking += more
            case .toolCall(let call): calls.append(call)
            case .redactedThinking: break
            case .opaque, .image, .audio, .video, .document, .toolResult:
                // An assistant has words only.
                notes.note("messages.content", .changedContent)
            }
        }
        if text.isEmpty, calls.isEmpty { return }
        self.begin("assistant")
        if !thinking.isEmpty || calls.isEmpty {
            self.writer.key("content")
            if thinking.isEmpty {
                self.writer.string(text)
            } else {
                self.writer.beginArray()
                self.writePart("thinking", thinking)
                if calls.isEmpty { self.writePart("text", text) }
                self.writer.endArray()
            }
        }
        if !calls.isEmpty {
            if !text.isEmpty {
                self.writer.key("tool_plan")
                self.writer.string(text)
            }
            self.writer.key("tool_calls")
            self.writer.beginArray()
            for call in calls { self.write(call, notes: &notes) }
            self.writer.endArray()
        }
        self.writer.endObject()
    }

    private mutating func write(_ call: ToolCall, notes: inout TranslationNotes) {
        self.writer.beginObject()
        self.writer.key("id")
        self.writer.string(call.id)
        self.writer.key("type")
        self.writer.string("function")
        self.writer.key("function")
        self.writer.beginObject()
        self.writer.key("name")
        self.writer.string(self.tools.plan.names.sent(call.name))
        self.writer.key("arguments")
        self.writer.string(call.kind == .custom ? call.objectText(notes: &notes) : ChatReply.arguments(call))
        self.writer.endObject()
        self.writer.endObject()
    }
}
