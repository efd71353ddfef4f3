internal import Core
internal import JSON

/// The turns and what stands in them.
extension ConverseRequestWriter {
    mutating func write(
        _ turn: Message,
        _ names: NameTable,
        _ notes: inout TranslationNotes
    ) throws(GatewayError) {
        self.json.beginObject()
        self.json.key("role")
        switch turn.role {
        case .user: self.json.string("user")
        case .assistant: self.json.string("assistant")
        case .system: self.json.string("system")
        }
        self.json.key("content")
        self.json.beginArray()
        var hasDocument = false
        var hasText = false
        for part in turn.parts {
            switch part.content {
            case .document: hasDocument = true
            case .text, .refusal: hasText = true
            default: break
            }
            try self.write(part, of: turn.role, names, &notes)
            self.writeCachePoint(after: part)
        }
        if hasDocument, !hasText { self.writeText(Self.placeholder) }
        self.json.endArray()
        self.json.endObject()
    }

    private mutating func writeText(_ text: String) {
        self.json.beginObject()
        self.json.key("text")
        self.json.string(text)
        self.json.endObject()
    }

    private mutating func write(
        _ part: Part,
        of role: Message.Role,
        _ names: NameTable,
        _ notes: inout TranslationNotes
    ) throws(GatewayError) {
        switch part.content {
        case .text(let text):
            let cited = role == .assistant ? part.citations.filter { $0.dialect == .bedrockConverse } : []
            if cited.isEmpty {
                self.writeText(text)
            } else {
                ConversePartWriter.writeCited(text, cited, into: &self.json)
            }
        case .refusal(let text): self.writeText(text)
        case .image(let media): try self.writeImage(media, &notes)
        case .audio(let media): try self.writeMedia("audio", media, ConverseFormat.audio(media))
        case .video(let media): try self.writeMedia("video", media, ConverseFormat.video(media))
        case .document(let document): try self.write(document, &notes)
        case .toolCall(let call):
            ConversePartWriter.writeCall(
                id: CallID.fitted(call.id, to: .bedrock),
                name: names.sent(call.name),
                input: call.objectText(notes: &notes),
                into: &self.json
            )
        case .toolResult(let result): try self.write(result, &notes)
        case .thinking(let text):
            ConversePartWriter.writeThinking(text, signature: part.signature?.value, into: &self.json)
        case .redactedThinking:
            ConversePartWriter.writeRedacted(part.signature?.blob ?? "", into: &self.json)
        case .opaque(let opaque):
            self.json.value(opaque.value)
        }
    }

    // MARK: Media

    private mutating func writeImage(_ media: Media, _ notes: inout TranslationNotes) throws(GatewayError) {
        if let detail = media.detail, detail != "auto" {
            notes.note("messages.content.image_url.detail", .unsupportedParameter)
        }
        try self.writeMedia("image", media, ConverseFormat.image(media))
    }

    private mutating func writeMedia(
        _ kind: String,
        _ media: Media,
        _ format: String?
    ) throws(GatewayError) {
        guard let format else {
            let type = media.type.isEmpty ? "an unknown type" : "the type '\(media.type)'"
            throw Self.unsupported("Bedrock takes no \(kind) of \(type).", field: "messages.content")
        }
        self.json.beginObject()
        self.json.key(kind)
        self.json.beginObject()
        self.json.key("format")
        self.json.string(format)
        self.json.key("source")
        try self.writeSource(kind, media)
        self.json.endObject()
        self.json.endObject()
    }

    private mutating func writeSource(_ kind: String, _ media: Media) throws(GatewayError) {
        self.json.beginObject()
        switch media.source {
        case .base64(let data):
            self.json.key("bytes")
            self.json.string(data)
        case .url(let url) where url.hasPrefix("s3://"):
            self.json.key("s3Location")
            self.json.beginObject()
            self.json.key("uri")
            self.json.string(url)
            self.json.endObject()
        case .url:
            throw Self.unsupported(
                "Bedrock fetches no \(kind) from a URL. Send its bytes as a data URL, or name it as s3://…",
                field: "messages.content"
            )
        case .file:
            throw Self.unsupported(
                "A file kept at another provider means nothing to Bedrock. Send the bytes of the \(kind) instead.",
                field: "messages.content"
            )
        }
        self.json.endObject()
    }

    private mutating func write(_ document: Document, _ notes: inout TranslationNotes) throws(GatewayError) {
        var wantsCitations = document.citations == true
        if wantsCitations, !self.family.takesCitations {
            try notes.drop("messages.content.citations")
            wantsCitations = false
        }
        let format: String
        switch document.body {
        case .text: format = "txt"
        case .media(let media):
            guard let known = ConverseFormat.document(media, name: document.name) else {
                let type = media.type.isEmpty ? "an unknown type" : "the type '\(media.type)'"
                throw Self.unsupported(
                    "Bedrock takes no document of \(type); it takes PDF, text, Markdown, HTML, CSV, Word and Excel.",
                    field: "messages.content"
                )
            }
            format = known
        }
        self.json.beginObject()
        self.json.key("document")
        self.json.beginObject()
        self.json.key("format")
        self.json.string(format)
        self.json.key("name")
        self.json.string(self.documentNames.next(document.name, format: format))
        self.json.key("source")
        switch document.body {
        case .media(let media): try self.writeSource("document", media)
        case .text(let text):
            self.json.beginObject()
            // Every model reads bytes; the text itself is for those that say what they cite.
            if wantsCitations {
                self.json.key("text")
                self.json.string(text)
            } else {
                self.json.key("bytes")
                self.json.string(ConverseBlob.encoded(text))
            }
            self.json.endObject()
        }
        if let context = document.context, !context.isEmpty, self.family.takesCitations {
            self.json.key("context")
            self.json.string(context)
        }
        if wantsCitations {
            self.json.key("citations")
            self.json.value(["enabled": true])
        }
        self.json.endObject()
        self.json.endObject()
    }

    // MARK: Tool results

    private mutating func write(_ result: ToolResult, _ notes: inout TranslationNotes) throws(GatewayError) {
        self.json.beginObject()
        self.json.key("toolResult")
        self.json.beginObject()
        self.json.key("toolUseId")
        self.json.string(CallID.fitted(result.callID, to: .bedrock))
        self.json.key("content")
        self.json.beginArray()
        var isEmpty = true
        if result.isError, !self.family.takesResultStatus {
            self.writeText("Error:")
            isEmpty = false
        }
        for part in result.parts {
            switch part.content {
            case .text(let text):
                if Self.isBlank(text) { continue }
                self.writeText(text)
            case .image(let media): try self.writeImage(media, &notes)
            case .video(let media): try self.writeMedia("video", media, ConverseFormat.video(media))
            case .document(let document): try self.write(document, &notes)
            case .opaque(let opaque) where opaque.dialect == .bedrockConverse: self.json.value(opaque.value)
            default:
                // Sounds and what only another dialect knows have no place in a result.
                notes.note("messages.content", .changedContent)
                continue
            }
            isEmpty = false
        }
        // A result must say something.
        if isEmpty { self.writeText("[no output]") }
        self.json.endArray()
        if result.isError, self.family.takesResultStatus {
            self.json.key("status")
            self.json.string("error")
        }
        self.json.endObject()
        self.json.endObject()
    }
}
