internal import Core
internal import JSON

extension ResponsesRequestWriting {
    mutating func writeInput(notes: inout TranslationNotes) throws(GatewayError) {
        var rules = ConversationRules()
        rules.mergesNeighbours = false
        rules.startsWithUser = false
        rules.takesMidSystem = true
        rules.takesPrefill = self.target.traits.prefill
        rules.refusesBlankText = false
        rules.takesUnsignedThinking = self.target.quirks.replaysReasoning
        rules.takesMediaInResults = true
        let turns = try self.request.conversation(rules, for: self.target, notes: &notes)
        let system = self.request.system.compactMap(\.text) + [self.instruction].compactMap(\.self)
        if !system.isEmpty {
            self.writer.key("instructions")
            self.writer.string(system.count == 1 ? system[0] : system.joined(separator: "\n\n"))
        }
        self.writer.key("input")
        self.writer.beginArray()
        for turn in turns {
            switch turn.role {
            case .system: try self.writeMessage("developer", turn.parts.filter { $0.text != nil }, notes: &notes)
            case .user: try self.writeUser(turn, notes: &notes)
            case .assistant: try self.writeAssistant(turn, notes: &notes)
            }
        }
        self.writer.endArray()
    }

    private func sentID(_ id: String) -> String { CallID.fitted(id, to: ResponsesItem.callIDs) }

    // MARK: Messages and results

    private mutating func beginMessage(_ role: String) {
        self.writer.beginObject()
        self.writer.key("type")
        self.writer.string("message")
        self.writer.key("role")
        self.writer.string(role)
        self.writer.key("content")
    }

    private mutating func writeMessage(
        _ role: String,
        _ parts: [Part],
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        guard !parts.isEmpty else { return }
        self.beginMessage(role)
        try self.writeContent(parts, notes: &notes)
        self.writer.endObject()
    }

    private mutating func writeUser(_ turn: Message, notes: inout TranslationNotes) throws(GatewayError) {
        var rest: [Part] = []
        for part in turn.parts {
            switch part.content {
            case .toolResult(let result): try self.write(result, notes: &notes)
            case .opaque(let opaque):
                if opaque.dialect == .openAIResponses {
                    self.writer.value(opaque.value)
                } else {
                    notes.note("messages.content", .changedContent)
                }
            default: rest.append(part)
            }
        }
        try self.writeMessage("user", rest, notes: &notes)
    }

    private mutating func write(_ result: ToolResult, notes: inout TranslationNotes) throws(GatewayError) {
        let isCustom = self.knowsCustom && self.isCustom(result.name)
        self.writer.beginObject()
        self.writer.key("type")
        self.writer.string(isCustom ? "custom_tool_call_output" : "function_call_output")
        self.writer.key("call_id")
        self.writer.string(self.sentID(result.callID))
        self.writer.key("output")
        if result.parts.allSatisfy({ $0.text != nil }) {
            let text = result.parts.count == 1 ? result.parts[0].text ?? "" : Self.joined(result.parts)
            // The dialect has no word for a failed call.
            self.writer.string(result.isError ? "Error: \(text)" : text)
        } else {
            try self.writeContent(result.isError ? [.text("Error:")] + result.parts : result.parts, notes: &notes)
        }
        self.writer.endObject()
    }

    private static func joined(_ parts: [Part]) -> String { parts.compactMap(\.text).joined(separator: "\n") }

    /// Whether a tool of that name is a free-text tool, by the tools or by what it was called with.
    private func isCustom(_ name: String?) -> Bool {
        guard let name else { return false }
        for tool in self.shaped.tools where tool.name == name {
            if case .custom = tool.kind { return true }
            return false
        }
        return self.request.messages.contains { message in
            message.parts.contains { part in
                if case .toolCall(let call) = part.content { call.name == name && call.kind == .custom } else { false }
            }
        }
    }

    // MARK: The assistant

    private mutating func writeAssistant(_ turn: Message, notes: inout TranslationNotes) throws(GatewayError) {
        // Reasoning is an error without the item it led to, so it waits for that.
        var reasoning: [Part] = []
        var texts: [Part] = []
        for part in turn.parts {
            switch part.content {
            case .text, .refusal:
                self.flush(&reasoning, before: texts.isEmpty)
                texts.append(part)
            case .thinking, .redactedThinking:
                self.flush(texts: &texts)
                reasoning.append(part)
            case .toolCall(let call):
                self.flush(texts: &texts)
                self.flush(&reasoning, before: true)
                self.write(call)
            case .opaque(let opaque) where opaque.dialect == .openAIResponses:
                self.flush(texts: &texts)
                self.flush(&reasoning, before: true)
                self.writer.value(opaque.value)
            case .image, .audio, .video, .document, .toolResult, .opaque:
                // The dialect's assistant has words only.
                notes.note("messages.content", .changedContent)
            }
        }
        self.flush(texts: &texts)
    }

    private mutating func flush(_ reasoning: inout [Part], before isNext: Bool) {
        guard isNext else { return }
        for part in reasoning { self.writeReasoning(part) }
        reasoning.removeAll()
    }

    /// Writes what the assistant said as messages of plain text, one for all that has one phase: parts are for messages that
    /// come with the id the server gave them.
    private mutating func flush(texts: inout [Part]) {
        var at = 0
        while at < texts.count {
            let phase = texts[at].phase
            var text = ""
            while at < texts.count, texts[at].phase == phase {
                switch texts[at].content {
                case .text(let more), .refusal(let more): text += more
                default: break
                }
                at += 1
            }
            self.beginMessage("assistant")
            self.writer.string(text)
            if let phase {
                self.writer.key("phase")
                self.writer.string(phase)
            }
            self.writer.endObject()
        }
        texts.removeAll()
    }

    private mutating func writeReasoning(_ part: Part) {
        var text = ""
        if case .thinking(let said) = part.content { text = said }
        let signature = part.signature.map { ResponsesSignature($0.value) }
        guard signature != nil || !text.isEmpty else { return }
        self.writer.beginObject()
        self.writer.key("type")
        self.writer.string("reasoning")
        if let id = signature?.id {
            self.writer.key("id")
            self.writer.string(id)
        }
        self.writer.key("summary")
        // Without a signature it is the reasoning of an open model, which is no summary.
        self.writer.value(signature == nil || text.isEmpty ? [] : [["type": "summary_text", "text": .string(text)]])
        if let signature {
            self.writer.key("encrypted_content")
            self.writer.string(signature.blob)
        } else {
            self.writer.key("content")
            self.writer.value([["type": "reasoning_text", "text": .string(text)]])
        }
        self.writer.endObject()
    }

    private mutating func write(_ call: ToolCall) {
        let isCustom = call.kind == .custom && self.knowsCustom
        self.writer.beginObject()
        self.writer.key("type")
        self.writer.string(isCustom ? "custom_tool_call" : "function_call")
        self.writer.key("call_id")
        self.writer.string(self.sentID(call.id))
        self.writer.key("name")
        self.writer.string(self.shaped.plan.names.sent(call.name))
        self.writer.key(isCustom ? "input" : "arguments")
        if call.kind == .custom, !isCustom {
            self.writer.string(JSONValue.object(["input": .string(call.arguments)]).text)
        } else {
            self.writer.string(ChatReply.arguments(call))
        }
        self.writer.endObject()
    }
}

// MARK: Parts

extension ResponsesRequestWriting {
    /// Writes the content of a message that is not the assistant's, or the output of a call.
    private mutating func writeContent(_ parts: [Part], notes: inout TranslationNotes) throws(GatewayError) {
        if parts.count == 1, let text = parts[0].text { return self.writer.string(text) }
        self.writer.beginArray()
        for part in parts { try self.write(part, notes: &notes) }
        self.writer.endArray()
    }

    private mutating func write(_ part: Part, notes: inout TranslationNotes) throws(GatewayError) {
        switch part.content {
        case .text(let text), .thinking(let text), .refusal(let text): self.writeText(text)
        case .image(let media):
            self.writer.beginObject()
            self.writer.key("type")
            self.writer.string("input_image")
            if case .file(let id) = media.source {
                guard self.isHome else { throw Self.kept("An image") }
                self.writer.key("file_id")
                self.writer.string(id)
            } else {
                self.writer.key("image_url")
                self.writer.string(ChatReply.url(of: media))
            }
            self.writer.key("detail")
            self.writer.string(media.detail ?? "auto")
            self.writer.endObject()
        case .audio(let media):
            guard self.isHome, case .base64(let data) = media.source else {
                throw Self.unsupported("Audio cannot be sent to this target; send its text.")
            }
            let format = ChatMediaType.format(ofAudio: media.type)
            let audio: JSONValue = ["data": .string(data), "format": .string(format)]
            self.writer.value(["type": "input_audio", "input_audio": audio])
        case .video: throw Self.unsupported("Video cannot be sent to this target; send images of it.")
        case .document(let document): try self.write(document)
        case .opaque, .redactedThinking, .toolCall, .toolResult: notes.note("messages.content", .changedContent)
        }
    }

    private mutating func writeText(_ text: String) {
        self.writer.beginObject()
        self.writer.key("type")
        self.writer.string("input_text")
        self.writer.key("text")
        self.writer.string(text)
        self.writer.endObject()
    }

    private static func unsupported(_ message: String) -> GatewayError {
        GatewayError(.unsupported, origin: .client, message, field: "messages")
    }

    private static func kept(_ what: String) -> GatewayError {
        Self.unsupported("\(what) in a provider's file store cannot be sent to this target; send its bytes.")
    }

    private mutating func write(_ document: Document) throws(GatewayError) {
        let media: Media
        switch document.body {
        case .text(let text): return self.writeText(Self.inlined(text, document))
        case .media(let held): media = held
        }
        if case .base64(let data) = media.source, media.type.hasPrefix("text/") || media.type == "application/json",
            let text = Base64Text.decoded(data)
        {
            return self.writeText(Self.inlined(text, document))
        }
        self.writer.beginObject()
        self.writer.key("type")
        self.writer.string("input_file")
        switch media.source {
        case .file(let id):
            guard self.isHome else { throw Self.kept("A file") }
            self.writer.key("file_id")
            self.writer.string(id)
        case .url(let url):
            self.writer.key("file_url")
            self.writer.string(url)
        case .base64:
            self.writer.key("filename")
            self.writer.string(document.name ?? "document.\(ChatMediaType.ending(of: media.type))")
            self.writer.key("file_data")
            self.writer.string(ChatReply.url(of: media))
        }
        self.writer.endObject()
    }

    /// A document's text among other texts.
    private static func inlined(_ text: String, _ document: Document) -> String {
        "<document name=\"\(document.name ?? "document")\">\n\(text)\n</document>"
    }
}
