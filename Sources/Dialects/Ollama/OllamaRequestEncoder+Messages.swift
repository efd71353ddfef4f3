internal import Core
internal import JSON

// The turns of a conversation as `messages`.
extension OllamaRequestBody {
    /// `messages`, from turns that are shaped for the target.
    mutating func writeMessages(notes: inout TranslationNotes) throws(GatewayError) {
        var rules = ConversationRules()
        rules.mergesNeighbours = false
        rules.startsWithUser = false
        rules.takesMidSystem = true
        rules.takesPrefill = self.isHome || self.target.traits.prefill
        rules.refusesBlankText = false
        rules.takesUnsignedThinking = true
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
        self.writer.string(texts.count == 1 ? texts[0] : texts.joined(separator: "\n\n"))
        self.writer.endObject()
    }

    /// Opens a message up to where its content goes.
    private mutating func begin(_ role: String) {
        self.writer.beginObject()
        self.writer.key("role")
        self.writer.string(role)
        self.writer.key("content")
    }

    private mutating func writeUser(_ turn: Message, notes: inout TranslationNotes) throws(GatewayError) {
        var rest: [Part] = []
        for part in turn.parts {
            guard case .toolResult(let result) = part.content else {
                rest.append(part)
                continue
            }
            let (text, images) = try Self.content(of: result.parts, notes: &notes)
            self.begin("tool")
            // The dialect has no word for a failed call.
            self.writer.string(result.isError ? "Error: \(text)" : text)
            self.write(images)
            if let name = result.name {
                self.writer.key("tool_name")
                self.writer.string(self.tools.plan.names.sent(name))
            }
            self.writer.key("tool_call_id")
            self.writer.string(result.callID)
            self.writer.endObject()
        }
        guard !rest.isEmpty else { return }
        let (text, images) = try Self.content(of: rest, notes: &notes)
        self.begin("user")
        self.writer.string(text)
        self.write(images)
        self.writer.endObject()
    }

    private mutating func write(_ images: [String]) {
        guard !images.isEmpty else { return }
        self.writer.key("images")
        self.writer.beginArray()
        for image in images { self.writer.string(image) }
        self.writer.endArray()
    }

    private mutating func writeAssistant(_ turn: Message, notes: inout TranslationNotes) {
        var content = ""
        var thinking = ""
        var calls: [ToolCall] = []
        for part in turn.parts {
            switch part.content {
            case .text(let text), .refusal(let text): content += text
            case .thinking(let text): thinking += text
            case .toolCall(let call): calls.append(call)
            case .redactedThinking: break
            case .opaque, .image, .audio, .video, .document, .toolResult:
                // An assistant has words only.
                notes.note("messages.content", .changedContent)
            }
        }
        if content.isEmpty, thinking.isEmpty, calls.isEmpty { return }
        self.begin("assistant")
        self.writer.string(content)
        if !thinking.isEmpty {
            self.writer.key("thinking")
            self.writer.string(thinking)
        }
        if !calls.isEmpty {
            self.writer.key("tool_calls")
            self.writer.beginArray()
            for call in calls {
                let name = self.tools.plan.names.sent(call.name)
                OllamaReply.write(call, name: name, notes: &notes, to: &self.writer)
            }
            self.writer.endArray()
        }
        self.writer.endObject()
    }

    // MARK: Parts

    /// What parts come to: one text, and images as base64 of their bytes.
    ///
    /// - Throws: `unsupported` for what is neither.
    private static func content(
        of parts: [Part],
        notes: inout TranslationNotes
    ) throws(GatewayError) -> (text: String, images: [String]) {
        var texts: [String] = []
        var images: [String] = []
        for part in parts {
            switch part.content {
            case .text(let text), .refusal(let text): texts.append(text)
            case .image(let media):
                guard case .base64(let data) = media.source else {
                    throw Self.unsupported("An image by reference cannot be sent to Ollama; send its bytes as base64.")
                }
                images.append(data)
            case .document(let document): texts.append(try Self.text(of: document))
            case .audio: throw Self.unsupported("Audio cannot be sent to Ollama; send a transcript of it.")
            case .video: throw Self.unsupported("Video cannot be sent to Ollama; send images of it.")
            case .opaque: notes.note("messages.content", .changedContent)
            case .thinking, .redactedThinking, .toolCall, .toolResult: break
            }
        }
        return (texts.count == 1 ? texts[0] : texts.joined(separator: "\n"), images)
    }

    private static func text(of document: Document) throws(GatewayError) -> String {
        let text: String
        switch document.body {
        case .text(let plain): text = plain
        case .media(let media):
            guard case .base64(let data) = media.source,
                media.type.hasPrefix("text/") || media.type == "application/json",
                let decoded = Base64Text.decoded(data)
            else { throw Self.unsupported("Documents cannot be sent to Ollama; send their text, or images of pages.") }
            text = decoded
        }
        return "<document name=\"\(document.name ?? "document")\">\n\(text)\n</document>"
    }

    private static func unsupported(_ message: String) -> GatewayError {
        GatewayError(.unsupported, origin: .client, message, field: "messages")
    }
}
