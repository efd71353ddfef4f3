internal import Core
internal import JSON

extension AnthropicRequestWriter {
    /// Writes `messages`.
    mutating func writeTurns(_ turns: [Message], notes: inout TranslationNotes) throws(GatewayError) {
        self.json.key("messages")
        self.json.beginArray()
        for (at, turn) in turns.enumerated() {
            var parts = turn.parts
            if at == turns.count - 1, turn.role == .assistant { Self.trimEnd(of: &parts) }
            try self.writeTurn(turn.role, parts, notes: &notes)
        }
        self.json.endArray()
    }

    private mutating func writeTurn(
        _ role: Message.Role,
        _ parts: [Part],
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        self.json.beginObject()
        self.json.key("role")
        switch role {
        case .system: self.json.string("system")
        case .user: self.json.string("user")
        case .assistant: self.json.string("assistant")
        }
        self.json.key("content")
        if parts.count == 1, let text = parts[0].text, parts[0].cache == nil, parts[0].citations.isEmpty {
            self.json.string(text)
        } else {
            self.json.beginArray()
            var isEmpty = true
            for part in parts where try self.writeBlock(part, role, notes: &notes) { isEmpty = false }
            // A turn of which nothing is left keeps its place: the turns must alternate.
            if isEmpty { self.writeText(".", .text("."), isUsers: false) }
            self.json.endArray()
        }
        self.json.endObject()
    }

    /// Takes the white space from the end of an answer that is to be gone on with: the API refuses it.
    private static func trimEnd(of parts: inout [Part]) {
        guard let last = parts.last, let text = last.text else { return }
        var bytes = Array(text.utf8)
        while let byte = bytes.last, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { bytes.removeLast() }
        guard bytes.count < text.utf8.count else { return }
        parts[parts.count - 1].content = .text(String(decoding: bytes, as: UTF8.self))
    }

    /// Writes one block, or nothing where the part is none here.
    ///
    /// - Returns: whether a block was written.
    private mutating func writeBlock(
        _ part: Part,
        _ role: Message.Role,
        notes: inout TranslationNotes
    ) throws(GatewayError) -> Bool {
        switch part.content {
        case .text(let text), .refusal(let text):
            if AnthropicText.isBlank(text) { return false }
            self.writeText(text, part, isUsers: role != .assistant)
        case .image(let image):
            try self.writeImage(image, part.cache)
        case .audio, .video:
            throw Self.refused("audio and video", "text, images and documents")
        case .document(let document):
            try self.writeDocument(document, part.cache)
            if role == .assistant { self.needsOldVersion = true }
        case .toolCall(let call):
            self.writeCall(call, part.cache, notes: &notes)
        case .toolResult(let result):
            try self.writeResult(result, part.cache, notes: &notes)
        case .thinking(let text):
            guard let signature = part.signature else { return false }
            self.json.beginObject()
            self.json.key("type")
            self.json.string("thinking")
            self.json.key("thinking")
            self.json.string(text)
            self.json.key("signature")
            self.json.string(signature.value)
            self.json.endObject()
        case .redactedThinking:
            guard let signature = part.signature else { return false }
            self.json.beginObject()
            self.json.key("type")
            self.json.string("redacted_thinking")
            self.json.key("data")
            self.json.string(signature.value)
            self.json.endObject()
        case .opaque(let opaque):
            guard opaque.dialect == .anthropicMessages else {
                notes.note("messages.content", .changedContent)
                return false
            }
            self.json.value(opaque.value)
        }
        return true
    }

    static func refused(_ kind: String, _ taken: String) -> GatewayError {
        GatewayError(
            .unsupported,
            origin: .client,
            "The target takes \(taken), but not \(kind); leave it out or name a model that takes it.",
            field: "messages.content"
        )
    }

    /// Writes a block of text.
    ///
    /// - Parameter isUsers: whether it is not the model's own; cited text there is refused by the newest version.
    mutating func writeText(_ text: String, _ part: Part, isUsers: Bool) {
        self.json.beginObject()
        self.json.key("type")
        self.json.string("text")
        self.json.key("text")
        self.json.string(text)
        let citations = part.citations.filter { $0.dialect == .anthropicMessages }
        if !citations.isEmpty {
            if isUsers { self.needsOldVersion = true }
            self.json.key("citations")
            self.json.beginArray()
            for citation in citations { self.json.value(citation.value) }
            self.json.endArray()
        }
        self.caches.write(part.cache, into: &self.json)
        self.json.endObject()
    }

    private mutating func writeCall(_ call: ToolCall, _ cache: CacheHint?, notes: inout TranslationNotes) {
        self.json.beginObject()
        self.json.key("type")
        self.json.string("tool_use")
        self.json.key("id")
        self.json.string(CallID.fitted(call.id, to: .anthropic))
        self.json.key("name")
        self.json.string(self.plan.names.sent(call.name))
        self.json.key("input")
        var input = call.objectText(notes: &notes)
        input.withUTF8 { self.json.raw(UnsafeRawBufferPointer($0)) }
        self.caches.write(cache, into: &self.json)
        self.json.endObject()
    }

    private mutating func writeResult(
        _ result: ToolResult,
        _ cache: CacheHint?,
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        self.json.beginObject()
        self.json.key("type")
        self.json.string("tool_result")
        self.json.key("tool_use_id")
        self.json.string(CallID.fitted(result.callID, to: .anthropic))
        let parts = result.parts.filter { $0.text.map { !AnthropicText.isBlank($0) } ?? true }
        if parts.count == 1, let text = parts[0].text, parts[0].cache == nil, parts[0].citations.isEmpty {
            self.json.key("content")
            self.json.string(text)
        } else if !parts.isEmpty {
            self.json.key("content")
            self.json.beginArray()
            for part in parts {
                switch part.content {
                case .text(let text), .refusal(let text): self.writeText(text, part, isUsers: true)
                case .image(let image): try self.writeImage(image, part.cache)
                case .document(let document): try self.writeDocument(document, part.cache)
                case .opaque(let opaque) where opaque.dialect == .anthropicMessages: self.json.value(opaque.value)
                case .audio, .video: throw Self.refused("audio and video", "text, images and documents")
                case .thinking, .redactedThinking, .toolCall, .toolResult, .opaque:
                    notes.note("messages.content", .changedContent)
                }
            }
            self.json.endArray()
        }
        if result.isError {
            self.json.key("is_error")
            self.json.bool(true)
        }
        self.caches.write(cache, into: &self.json)
        self.json.endObject()
    }
}

// MARK: Media

extension AnthropicRequestWriter {
    private static let imageTypes: Set<String> = ["image/jpeg", "image/png", "image/gif", "image/webp"]

    private mutating func writeImage(_ image: Media, _ cache: CacheHint?) throws(GatewayError) {
        self.json.beginObject()
        self.json.key("type")
        self.json.string("image")
        self.json.key("source")
        switch image.source {
        case .base64(let data):
            let type = image.type == "image/jpg" ? "image/jpeg" : image.type
            guard Self.imageTypes.contains(type) else {
                throw Self.refused("an image of the type '\(image.type)'", "JPEG, PNG, GIF and WebP images")
            }
            self.writeSource("base64", type, "data", data)
        case .url(let url):
            guard self.target.traits.imageURLs else {
                throw Self.refused("an image by URL", "images as data URLs")
            }
            self.writeSource("url", nil, "url", url)
        case .file(let id): try self.writeFile(id)
        }
        self.caches.write(cache, into: &self.json)
        self.json.endObject()
    }

    private mutating func writeDocument(_ document: Document, _ cache: CacheHint?) throws(GatewayError) {
        self.json.beginObject()
        self.json.key("type")
        self.json.string("document")
        self.json.key("source")
        switch document.body {
        case .text(let text): self.writeSource("text", "text/plain", "data", text)
        case .media(let media):
            switch media.source {
            case .base64(let data):
                try self.writeDocumentData(data, Self.type(of: media, named: document.name))
            case .url(let url):
                guard self.target.traits.imageURLs else {
                    throw Self.refused("a document by URL", "documents as data URLs")
                }
                self.writeSource("url", nil, "url", url)
            case .file(let id): try self.writeFile(id)
            }
        }
        if let name = document.name, !name.isEmpty {
            self.json.key("title")
            self.json.string(name)
        }
        if let context = document.context, !context.isEmpty {
            self.json.key("context")
            self.json.string(context)
        }
        if let citations = document.citations {
            self.json.key("citations")
            self.json.beginObject()
            self.json.key("enabled")
            self.json.bool(citations)
            self.json.endObject()
        }
        self.caches.write(cache, into: &self.json)
        self.json.endObject()
    }

    /// The media type, by the name's ending where the client gave none.
    private static func type(of media: Media, named name: String?) -> String {
        let type = media.type.prefix { $0 != ";" }.lowercased()
        guard type.isEmpty || type == "application/octet-stream", let name = name?.lowercased() else { return type }
        if name.hasSuffix(".pdf") { return "application/pdf" }
        for ending in [".txt", ".md", ".csv", ".json", ".html", ".xml"] where name.hasSuffix(ending) {
            return "text/plain"
        }
        return type
    }

    private mutating func writeDocumentData(_ data: String, _ type: String) throws(GatewayError) {
        if type == "application/pdf" {
            self.writeSource("base64", type, "data", data)
            return
        }
        // Text goes as text: the API takes no other encoded document than a PDF.
        guard type.hasPrefix("text/") || type == "application/json" || type == "application/xml",
            let text = Self.decodedText(data)
        else {
            throw Self.refused("a document of the type '\(type)'", "PDF and plain text documents")
        }
        self.writeSource("text", "text/plain", "data", text)
    }

    /// The text in standard base64; nil where it is not UTF-8.
    private static func decodedText(_ data: String) -> String? {
        var url: [UInt8] = []
        url.reserveCapacity(data.utf8.count)
        for byte in data.utf8 {
            switch byte {
            case UInt8(ascii: "+"): url.append(UInt8(ascii: "-"))
            case UInt8(ascii: "/"): url.append(UInt8(ascii: "_"))
            case UInt8(ascii: "="): break
            default: url.append(byte)
            }
        }
        return Base64URL.decodedText(Substring(String(decoding: url, as: UTF8.self)))
    }

    private mutating func writeSource(_ type: String, _ mediaType: String?, _ key: String, _ value: String) {
        self.json.beginObject()
        self.json.key("type")
        self.json.string(type)
        if let mediaType {
            self.json.key("media_type")
            self.json.string(mediaType)
        }
        self.json.key(key)
        self.json.string(value)
        self.json.endObject()
    }

    private mutating func writeFile(_ id: String) throws(GatewayError) {
        guard self.isOwn else {
            throw Self.refused("a file another provider keeps", "content that is part of the request")
        }
        self.use(beta: "files-api-2025-04-14")
        self.writeSource("file", nil, "file_id", id)
    }
}
