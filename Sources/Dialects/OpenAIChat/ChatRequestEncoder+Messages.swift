internal import Core
internal import JSON

extension ChatRequestWriting {
    mutating func writeMessages(notes: inout TranslationNotes) throws(GatewayError) {
        var rules = ConversationRules()
        let quirks = self.target.quirks
        rules.mergesNeighbours = quirks.alternates
        rules.startsWithUser = quirks.alternates
        rules.takesMidSystem = !quirks.alternates
        rules.takesPrefill = self.target.traits.prefill
        rules.refusesBlankText = false
        rules.takesUnsignedThinking = self.replaysReasoning
        rules.takesMediaInResults = false
        let turns = try self.request.conversation(rules, for: self.target, notes: &notes)
        self.writer.key("messages")
        self.writer.beginArray()
        if quirks.passesCacheHints, self.request.system.contains(where: { $0.cache != nil }) {
            self.writeHintedSystem()
        } else {
            self.writeSystem(self.request.system.compactMap(\.text) + [self.instruction].compactMap(\.self), name: nil)
        }
        for (at, turn) in turns.enumerated() {
            switch turn.role {
            case .system: self.writeSystem(turn.parts.compactMap(\.text), name: turn.name)
            case .user:
                let follows = at > 0 && quirks.separatesResults && turns[at - 1].holdsResult
                try self.writeUser(turn, followsResult: follows, notes: &notes)
            case .assistant: try self.writeAssistant(turn, isLast: at == turns.count - 1, notes: &notes)
            }
        }
        self.writer.endArray()
    }

    /// Whether reasoning goes back to the model.
    private var replaysReasoning: Bool {
        let quirks = self.target.quirks
        // Models that do not reason have no use for a part of that type, and may not know it.
        return quirks.replaysReasoning && (quirks.replay != .content || self.target.traits.reasoning != .none)
    }

    /// One message of instructions: there are servers that take but one, and but a string.
    private mutating func writeSystem(_ texts: [String], name: String?) {
        guard !texts.isEmpty else { return }
        let role =
            switch self.target.traits.systemRole {
            case .system: "system"
            case .developer: "developer"
            // A model without instructions of its own still reads them.
            case .user, .none: "user"
            }
        self.begin(role, name: name)
        self.writer.key("content")
        self.writer.string(texts.count == 1 ? texts[0] : texts.joined(separator: "\n\n"))
        self.writer.endObject()
    }

    /// The instructions as parts, so that each keeps its mark.
    private mutating func writeHintedSystem() {
        self.begin("system", name: nil)
        self.writer.key("content")
        self.writer.beginArray()
        for part in self.request.system { if let text = part.text { self.writeText(text, cache: part.cache) } }
        if let instruction = self.instruction { self.writeText(instruction) }
        self.writer.endArray()
        self.writer.endObject()
    }

    private mutating func begin(_ role: String, name: String?) {
        self.writer.beginObject()
        self.writer.key("role")
        self.writer.string(role)
        if let name, !self.target.quirks.refuses.contains("name") {
            self.writer.key("name")
            self.writer.string(name)
        }
    }

    private func sentID(_ id: String) -> String { CallID.fitted(id, to: self.target.quirks.callIDs) }

    // MARK: Users and results

    /// - Parameter followsResult: whether the message before was the result of a tool, which must be kept apart.
    private mutating func writeUser(
        _ turn: Message,
        followsResult: Bool,
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        var rest: [Part] = []
        for part in turn.parts {
            if case .toolResult(let result) = part.content { self.write(result) } else { rest.append(part) }
        }
        guard !rest.isEmpty else { return }
        if self.target.quirks.separatesResults, followsResult || turn.holdsResult {
            notes.note("messages.role", .emulated)
            self.begin("assistant", name: nil)
            self.writer.key("content")
            self.writer.string("OK.")
            self.writer.endObject()
        }
        self.begin("user", name: turn.name)
        self.writer.key("content")
        let isHinted = self.target.quirks.passesCacheHints && rest.contains { $0.cache != nil }
        if !isHinted, rest.allSatisfy({ $0.text != nil }) {
            self.writer.string(rest.count == 1 ? rest[0].text ?? "" : rest.compactMap(\.text).joined(separator: "\n"))
        } else {
            self.writer.beginArray()
            for part in rest { try self.write(part, notes: &notes) }
            self.writer.endArray()
        }
        self.writer.endObject()
    }

    private mutating func write(_ result: ToolResult) {
        self.begin("tool", name: nil)
        self.writer.key("tool_call_id")
        self.writer.string(self.sentID(result.callID))
        self.writer.key("content")
        let text = result.parts.compactMap(\.text).joined(separator: "\n")
        // The dialect has no word for a failed call.
        self.writer.string(result.isError ? "Error: \(text)" : text)
        self.writer.endObject()
    }

    // MARK: The assistant

    private mutating func writeAssistant(
        _ turn: Message,
        isLast: Bool,
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        let quirks = self.target.quirks
        var content = ""
        var reasoning = ""
        var refusal: String?
        var calls: [(ToolCall, Signature?)] = []
        for part in turn.parts {
            switch part.content {
            case .text(let text): content += text
            case .thinking(let text): reasoning += text
            case .refusal(let text):
                if self.target.quirks.knowsCustomTools { refusal = (refusal ?? "") + text } else { content += text }
            case .toolCall(let call): calls.append((call, part.signature))
            case .redactedThinking: break
            case .opaque, .image, .audio, .video, .document, .toolResult:
                // The dialect's assistant has words only.
                notes.note("messages.content", .changedContent)
            }
        }
        let hasBlob = turn.parts.contains { $0.isReasoning && $0.signature != nil }
        if content.isEmpty, calls.isEmpty, reasoning.isEmpty, refusal == nil, !hasBlob { return }
        self.begin("assistant", name: turn.name)
        self.writer.key("content")
        if !reasoning.isEmpty, self.replaysReasoning, quirks.replay == .content {
            self.writeContent(content, reasoning)
        } else if content.isEmpty, !calls.isEmpty || refusal != nil {
            self.writer.null()
        } else {
            self.writer.string(content)
        }
        if let refusal {
            self.writer.key("refusal")
            self.writer.string(refusal)
        }
        if !reasoning.isEmpty, self.replaysReasoning, quirks.replay == .field {
            self.writer.key("reasoning_content")
            self.writer.string(reasoning)
        }
        if self.replaysReasoning, quirks.replay == .details { self.writeDetails(of: turn) }
        if isLast, let field = quirks.prefillField {
            self.writer.key(field)
            self.writer.bool(true)
        }
        if !calls.isEmpty {
            self.writer.key("tool_calls")
            self.writer.beginArray()
            for (call, signature) in calls { self.write(call, signature, notes: &notes) }
            self.writer.endArray()
        }
        self.writer.endObject()
    }

    private mutating func write(_ call: ToolCall, _ signature: Signature?, notes: inout TranslationNotes) {
        let isCustom = call.kind == .custom && self.target.quirks.knowsCustomTools
        self.writer.beginObject()
        self.writer.key("id")
        self.writer.string(self.sentID(call.id))
        self.writer.key("type")
        self.writer.string(isCustom ? "custom" : "function")
        self.writer.key(isCustom ? "custom" : "function")
        self.writer.beginObject()
        self.writer.key("name")
        self.writer.string(self.shaped.plan.names.sent(call.name))
        self.writer.key(isCustom ? "input" : "arguments")
        if call.kind == .custom {
            self.writer.string(isCustom ? call.arguments : call.objectText(notes: &notes))
        } else {
            self.writer.string(ChatReply.arguments(call))
        }
        self.writer.endObject()
        if let signature, signature.family == .gemini { ChatReply.writeExtra(signature, to: &self.writer) }
        self.writer.endObject()
    }

    // MARK: Parts

    private mutating func write(_ part: Part, notes: inout TranslationNotes) throws(GatewayError) {
        switch part.content {
        case .text(let text), .thinking(let text), .refusal(let text):
            self.writeText(text, cache: self.target.quirks.passesCacheHints ? part.cache : nil)
        case .image(let media):
            let url = try self.url(of: media, "An image")
            self.writer.beginObject()
            self.writer.key("type")
            self.writer.string("image_url")
            self.writer.key("image_url")
            self.writer.beginObject()
            self.writer.key("url")
            self.writer.string(url)
            if let detail = media.detail {
                self.writer.key("detail")
                self.writer.string(detail)
            }
            self.writer.endObject()
            self.writer.endObject()
        case .audio(let media):
            guard case .base64(let data) = media.source else {
                throw Self.unsupported("Audio by reference cannot be sent to this target; send its bytes instead.")
            }
            self.writer.beginObject()
            self.writer.key("type")
            self.writer.string("input_audio")
            self.writer.key("input_audio")
            self.writer.beginObject()
            self.writer.key("data")
            self.writer.string(data)
            self.writer.key("format")
            self.writer.string(ChatMediaType.format(ofAudio: media.type))
            self.writer.endObject()
            self.writer.endObject()
        case .video(let media):
            guard self.isHome else { throw Self.unsupported("Video cannot be sent to this target; send images of it.") }
            let url = try self.url(of: media, "Video")
            self.writer.value(["type": "video_url", "video_url": ["url": .string(url)]])
        case .document(let document): try self.write(document)
        case .opaque(let opaque):
            if opaque.dialect == .openAIChat {
                self.writer.value(opaque.value)
            } else {
                notes.note("messages.content", .changedContent)
            }
        case .redactedThinking, .toolCall, .toolResult: break
        }
    }

    private mutating func writeText(_ text: String, cache: CacheHint? = nil) {
        self.writer.beginObject()
        self.writer.key("type")
        self.writer.string("text")
        self.writer.key("text")
        self.writer.string(text)
        if let cache { self.write(cache) }
        self.writer.endObject()
    }

    private static func unsupported(_ message: String) -> GatewayError {
        GatewayError(.unsupported, origin: .client, message, field: "messages")
    }

    private func url(of media: Media, _ what: String) throws(GatewayError) -> String {
        if case .file = media.source {
            throw Self.unsupported("\(what) in a provider's file store cannot be sent to this target; send its bytes.")
        }
        return ChatReply.url(of: media)
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
        guard self.isHome || media.type == "application/pdf" || media.type.isEmpty else {
            throw Self.unsupported("Documents of this type cannot be sent to this target; send a PDF or plain text.")
        }
        self.writer.beginObject()
        self.writer.key("type")
        self.writer.string("file")
        self.writer.key("file")
        self.writer.beginObject()
        switch media.source {
        case .file(let id):
            guard self.isHome else {
                throw Self.unsupported("A file in a provider's store cannot be sent to this target; send its bytes.")
            }
            self.writer.key("file_id")
            self.writer.string(id)
        case .base64, .url:
            self.writer.key("filename")
            self.writer.string(document.name ?? "document.\(ChatMediaType.ending(of: media.type))")
            self.writer.key("file_data")
            self.writer.string(ChatReply.url(of: media))
        }
        self.writer.endObject()
        self.writer.endObject()
    }

    /// A document's text among other texts.
    private static func inlined(_ text: String, _ document: Document) -> String {
        "<document name=\"\(document.name ?? "document")\">\n\(text)\n</document>"
    }
}

/// Base64 of texts (RFC 4648 §4), white space between the letters allowed.
enum Base64Text {
    /// The text; nil where this is not base64 of UTF-8.
    static func decoded(_ base64: String) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(base64.utf8.count / 4 * 3)
        var bits: UInt32 = 0
        var held = 0
        for byte in base64.utf8 {
            let value: UInt32
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(byte - UInt8(ascii: "A"))
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(byte - UInt8(ascii: "a")) + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(byte - UInt8(ascii: "0")) + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="), 0x0A, 0x0D, 0x20: continue
            default: return nil
            }
            bits = bits << 6 | value
            held += 6
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
