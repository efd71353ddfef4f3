internal import Core
internal import JSON

// The turns of a conversation as `contents`.
extension GeminiRequestBody {
    /// What Google documents for a call that no Gemini model made, as in a conversation begun with another model:
    /// Gemini 3 refuses a step whose first call has no signature.
    ///
    /// Source: https://ai.google.dev/gemini-api/docs/thought-signatures
    private static let placeholderSignature = "skip_thought_signature_validator"

    /// `contents`, from turns that are shaped for the target.
    mutating func writeContents(_ turns: [Message]) throws(GatewayError) {
        self.writer.key("contents")
        self.writer.beginArray()
        for turn in turns {
            if turn.name != nil { self.notes.note("messages.name", .unsupportedParameter) }
            try self.writeTurn(turn)
        }
        self.writer.endArray()
    }

    private mutating func writeTurn(_ turn: Message) throws(GatewayError) {
        let isModel = turn.role == .assistant
        self.writer.beginObject()
        self.writer.key("role")
        self.writer.string(isModel ? "model" : "user")
        self.writer.key("parts")
        self.writer.beginArray()
        var isEmpty = true
        // A signature shows that Gemini made the turn, and so the ids in it.
        let isGeminis = self.request.dialect == .gemini || turn.parts.contains { $0.signature != nil }
        var needsSignature = isModel && self.target.traits.reasoning == .level
        for part in turn.parts {
            if case .toolCall(let call) = part.content {
                var signature = part.signature?.value
                if needsSignature, signature == nil { signature = Self.placeholderSignature }
                needsSignature = false
                self.write(call, signature: signature, isGeminis: isGeminis)
                isEmpty = false
            } else if try self.write(part) {
                isEmpty = false
            }
        }
        if isEmpty { self.writeText(".") }
        self.writer.endArray()
        self.writer.endObject()
    }

    /// Writes any part but a call. Returns false where nothing was written.
    private mutating func write(_ part: Part) throws(GatewayError) -> Bool {
        let signature = part.signature?.value
        switch part.content {
        case .text(let text), .refusal(let text): self.writeText(text, signature: signature)
        case .thinking(let text): self.writeText(text, isThought: true, signature: signature)
        case .redactedThinking: self.writeText("", isThought: true, signature: signature)
        case .image(let media): try self.write(media, .image, signature: signature)
        case .audio(let media): try self.write(media, .audio, signature: signature)
        case .video(let media): try self.write(media, .video, signature: signature)
        case .document(let document): try self.write(document, signature: signature)
        case .toolResult(let result): try self.write(result)
        case .toolCall: return false
        case .opaque(let opaque):
            guard opaque.dialect == .gemini else {
                self.notes.note("messages.content", .changedContent)
                return false
            }
            self.writer.value(opaque.value)
        }
        return true
    }

    private mutating func writeText(_ text: String, isThought: Bool = false, signature: String? = nil) {
        self.writer.beginObject()
        self.writer.key("text")
        self.writer.string(text)
        if isThought {
            self.writer.key("thought")
            self.writer.bool(true)
        }
        self.write(signature: signature)
        self.writer.endObject()
    }

    private mutating func write(signature: String?) {
        guard let signature else { return }
        self.writer.key("thoughtSignature")
        self.writer.string(signature)
    }

    private mutating func write(_ call: ToolCall, signature: String?, isGeminis: Bool) {
        self.writer.beginObject()
        self.writer.key("functionCall")
        self.writer.beginObject()
        // Only an id Gemini gave is worth giving back; Vertex refuses the field with some models.
        if isGeminis, !self.target.isVertex, !CallID.isMade(call.id) {
            self.sentIDs.insert(call.id)
            self.writer.key("id")
            self.writer.string(call.id)
        }
        self.writer.key("name")
        self.writer.string(self.tools.plan.names.sent(call.name))
        self.writer.key("args")
        self.writeRaw(call.objectText(notes: &self.notes))
        self.writer.endObject()
        self.write(signature: signature)
        self.writer.endObject()
    }

    private mutating func writeRaw(_ json: String) {
        var json = json
        json.withUTF8 { self.writer.raw(UnsafeRawBufferPointer($0)) }
    }

    /// A result: its text under `output`, or under `error` where the call failed. A text that is a JSON object is the
    /// response itself, which Gemini reads in the same way, unless a key of its own could be taken for one of the two.
    private mutating func write(_ result: ToolResult) throws(GatewayError) {
        self.writer.beginObject()
        self.writer.key("functionResponse")
        self.writer.beginObject()
        if self.sentIDs.contains(result.callID) {
            self.writer.key("id")
            self.writer.string(result.callID)
        }
        self.writer.key("name")
        self.writer.string(self.tools.plan.names.sent(result.name ?? result.callID))
        self.writer.key("response")
        let texts = result.parts.compactMap { part -> String? in
            switch part.content {
            case .text(let text), .refusal(let text): text
            case .document(let document): GeminiMedia.plainText(document)
            default: nil
            }
        }
        let text = texts.count == 1 ? texts[0] : texts.joined(separator: "\n")
        let object = GeminiMedia.objectKeys(text)
        if let object, !result.isError, !object.isReserved {
            self.writeRaw(text)
        } else {
            self.writer.beginObject()
            self.writer.key(result.isError ? "error" : "output")
            if object != nil { self.writeRaw(text) } else { self.writer.string(text) }
            self.writer.endObject()
        }
        var hasMedia = false
        for part in result.parts {
            let media: Media
            let kind: GeminiMedia.Kind
            switch part.content {
            case .image(let image): (media, kind) = (image, .image)
            case .audio(let audio): (media, kind) = (audio, .audio)
            case .video(let video): (media, kind) = (video, .video)
            case .document(let document):
                guard case .media(let body) = document.body else { continue }
                (media, kind) = (body, .document)
            case .text, .refusal: continue
            default:
                self.notes.note("messages.content", .changedContent)
                continue
            }
            if !hasMedia {
                hasMedia = true
                self.writer.key("parts")
                self.writer.beginArray()
            }
            try self.write(media, kind, signature: nil)
        }
        if hasMedia { self.writer.endArray() }
        self.writer.endObject()
        self.writer.endObject()
    }

    private mutating func write(_ document: Document, signature: String?) throws(GatewayError) {
        if let text = GeminiMedia.plainText(document) {
            self.writeText(text, signature: signature)
            return
        }
        guard case .media(let media) = document.body else { return }
        if let context = document.context, !context.isEmpty { self.writeText(context) }
        try self.write(media, .document, signature: signature)
    }

    /// A medium, its bytes inline or by a URI Google can read.
    private mutating func write(_ media: Media, _ kind: GeminiMedia.Kind, signature: String?) throws(GatewayError) {
        if let detail = media.detail, detail != "auto" {
            self.notes.note("messages.content.image_url.detail", .unsupportedParameter)
        }
        let type = media.type.isEmpty ? GeminiMedia.guessedType(media, kind) : media.type
        self.writer.beginObject()
        switch media.source {
        case .base64(let data):
            self.writer.key("inlineData")
            self.writer.beginObject()
            self.writer.key("mimeType")
            self.writer.string(type)
            self.writer.key("data")
            self.writer.string(data)
            self.writer.endObject()
        case .url(let uri):
            guard GeminiMedia.isReadable(uri, kind, self.target) else {
                throw GatewayError(
                    .unsupported,
                    origin: .client,
                    "The target reads no \(kind.rawValue) by URL: send its bytes as base64 (a data: URL), or a gs:// "
                        + "URI.",
                    field: kind.field
                )
            }
            self.writeFile(uri, type: type)
        case .file(let id):
            guard self.request.dialect == .gemini else {
                throw GatewayError(
                    .unsupported,
                    origin: .client,
                    "The file '\(id)' is kept by another provider: send its bytes as base64.",
                    field: kind.field
                )
            }
            self.writeFile(id, type: type)
        }
        self.write(signature: signature)
        self.writer.endObject()
    }

    private mutating func writeFile(_ uri: String, type: String) {
        self.writer.key("fileData")
        self.writer.beginObject()
        if !type.isEmpty {
            self.writer.key("mimeType")
            self.writer.string(type)
        }
        self.writer.key("fileUri")
        self.writer.string(uri)
        self.writer.endObject()
    }
}
