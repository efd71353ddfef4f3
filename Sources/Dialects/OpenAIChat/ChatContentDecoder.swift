internal import Core
internal import JSON

/// Reads the content of a message: a string, or a list of parts.
///
/// Source: the `ChatCompletionContentPart…Param` types of OpenAI's API reference; `video_url` and `thinking` are those of
/// OpenRouter and Mistral.
enum ChatContentDecoder {
    /// Whose content it is.
    enum Owner {
        case system
        case user
        case assistant
        case tool
    }

    /// The parts of `value`. `path` is where it stands, made for an error only.
    static func parts(
        _ value: JSONValue,
        in owner: Owner,
        _ path: () -> String
    ) throws(GatewayError) -> [Part] {
        if case .string(let text) = value { return owner == .system && text.isEmpty ? [] : [.text(text)] }
        guard case .array(let list) = value else { throw ChatField.wrong(path(), "a string or an array of parts") }
        var parts: [Part] = []
        parts.reserveCapacity(list.count)
        for (index, element) in list.enumerated() {
            let object = try ChatField.object(element, "\(path())[\(index)]")
            var part = try Self.part(object, in: owner) { "\(path())[\(index)]" }
            if let hint = ChatField.cacheHint(object) { part.cache = hint }
            parts.append(part)
        }
        return parts
    }

    private static func part(
        _ object: JSONObject,
        in owner: Owner,
        _ path: () -> String
    ) throws(GatewayError) -> Part {
        let type = try ChatField.string(try ChatField.required(object, "type", in: path()), "\(path()).type")
        if type == "text" {
            let text = try ChatField.required(object, "text", in: path())
            return .text(try ChatField.string(text, "\(path()).text"))
        }
        switch (type, owner) {
        case ("image_url", .user), ("image_url", .tool), ("image_url", .assistant):
            return Part(.image(try Self.image(try ChatField.required(object, type, in: path()), "\(path()).image_url")))
        case ("input_audio", .user), ("input_audio", .tool):
            return Part(
                .audio(try Self.audio(try ChatField.required(object, type, in: path()), "\(path()).input_audio"))
            )
        case ("video_url", .user), ("video_url", .tool):
            return Part(
                .video(try Self.linked(try ChatField.required(object, type, in: path()), "\(path()).video_url"))
            )
        case ("audio_url", .user), ("audio_url", .tool):
            return Part(
                .audio(try Self.linked(try ChatField.required(object, type, in: path()), "\(path()).audio_url"))
            )
        case ("file", .user), ("file", .tool):
            return Part(try Self.file(try ChatField.required(object, type, in: path()), "\(path()).file"))
        case ("refusal", .assistant):
            let refusal = try ChatField.required(object, type, in: path())
            return Part(.refusal(try ChatField.string(refusal, "\(path()).refusal")))
        case ("thinking", .assistant):
            return try Self.thinking(object, path)
        default:
            throw .badRequest(
                "The field '\(path()).type' names no kind of part that can stand here.",
                field: "\(path()).type"
            )
        }
    }

    /// Reasoning as Mistral writes it: a list of texts.
    private static func thinking(_ object: JSONObject, _ path: () -> String) throws(GatewayError) -> Part {
        let value = try ChatField.required(object, "thinking", in: path())
        if case .string(let text) = value { return Part(.thinking(text)) }
        var text = ""
        for (index, element) in try ChatField.array(value, "\(path()).thinking").enumerated() {
            guard let piece = element["text"]?.asString else {
                throw ChatField.missing("\(path()).thinking[\(index)].text")
            }
            text += piece
        }
        return Part(.thinking(text))
    }
}

// MARK: Media

extension ChatContentDecoder {
    private static func image(
        _ value: JSONValue,
        _ path: @autoclosure () -> String
    ) throws(GatewayError) -> Media {
        var media = try Self.linked(value, path())
        if case .object(let object) = value { media.detail = try ChatField.string(object, "detail", in: path()) }
        return media
    }

    /// A medium in `{"url":…}`, or in a string that is the URL.
    private static func linked(
        _ value: JSONValue,
        _ path: @autoclosure () -> String
    ) throws(GatewayError) -> Media {
        if case .string(let url) = value { return try Self.media(at: url, path()) }
        let object = try ChatField.object(value, path())
        let url = try ChatField.required(object, "url", in: path())
        return try Self.media(at: try ChatField.string(url, "\(path()).url"), "\(path()).url")
    }

    private static func media(
        at url: String,
        type: String = "",
        _ path: @autoclosure () -> String
    ) throws(GatewayError) -> Media {
        if let media = try Self.data(url, path()) { return media }
        guard Self.isLink(url) else { throw ChatField.wrong(path(), "a data: URL or an https: URL") }
        return Media(.url(url), type: type)
    }

    /// Whether the text is a URL of a kind some provider fetches by itself: the buckets of Google and Amazon beside the web.
    private static func isLink(_ text: String) -> Bool {
        ["https://", "http://", "gs://", "s3://"].contains { text.hasPrefix($0) }
    }

    /// What a `data:` URL holds (RFC 2397), its base64 as it is; nil where the text is no such URL.
    static func data(_ url: String, _ path: @autoclosure () -> String) throws(GatewayError) -> Media? {
        guard Self.hasDataScheme(url) else { return nil }
        let bytes = url.utf8
        // The header is short; a comma far into the text is not its end.
        guard let comma = bytes.prefix(512).firstIndex(of: UInt8(ascii: ",")) else {
            throw ChatField.wrong(path(), "a data: URL with a media type and base64")
        }
        let header = url[bytes.index(bytes.startIndex, offsetBy: 5)..<comma]
        let pieces = header.split(separator: ";", omittingEmptySubsequences: false)
        guard pieces.dropFirst().contains(where: { $0.lowercased() == "base64" }) else {
            throw ChatField.wrong(path(), "a data: URL in base64")
        }
        let data = String(url[bytes.index(after: comma)...])
        guard !data.isEmpty else { throw ChatField.wrong(path(), "a data: URL that is not empty") }
        return Media(.base64(data), type: pieces.first.map { $0.lowercased() } ?? "")
    }

    private static func hasDataScheme(_ text: String) -> Bool {
        let scheme = text.utf8.prefix(5)
        return scheme.count == 5 && zip(scheme, "data:".utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }

    private static func audio(
        _ value: JSONValue,
        _ path: @autoclosure () -> String
    ) throws(GatewayError) -> Media {
        let object = try ChatField.object(value, path())
        let member = try ChatField.required(object, "data", in: path())
        let data = try ChatField.word(member, "\(path()).data")
        if let media = try Self.data(data, "\(path()).data") { return media }
        let format = try ChatField.string(object, "format", in: path()) ?? ""
        return Media(.base64(data), type: ChatMediaType.audio(format: format))
    }

    private static func file(
        _ value: JSONValue,
        _ path: @autoclosure () -> String
    ) throws(GatewayError) -> Part.Content {
        let object = try ChatField.object(value, path())
        let name = try ChatField.string(object, "filename", in: path())
        if let id = try ChatField.string(object, "file_id", in: path()) {
            guard !id.isEmpty else { throw ChatField.wrong("\(path()).file_id", "a string, and not empty") }
            return .document(Document(.media(Media(.file(id), type: "")), name: name))
        }
        guard let member = ChatField.value(object, "file_data") else { throw ChatField.missing("\(path()).file_data") }
        let data = try ChatField.word(member, "\(path()).file_data")
        var media: Media
        if let held = try Self.data(data, "\(path()).file_data") {
            media = held
        } else if Self.isLink(data) {
            media = Media(.url(data), type: "")
        } else {
            media = Media(.base64(data), type: "")
        }
        if media.type.isEmpty || media.type == "application/octet-stream" {
            media.type = ChatMediaType.file(named: name ?? "") ?? "application/pdf"
        }
        switch media.type.split(separator: "/").first {
        case "image": return .image(media)
        case "audio": return .audio(media)
        case "video": return .video(media)
        default: return .document(Document(.media(media), name: name))
        }
    }
}

/// Media types by the short words this dialect uses.
enum ChatMediaType {
    /// The media type of an audio `format`; empty for none.
    static func audio(format: String) -> String {
        switch format {
        case "": ""
        case "mp3": "audio/mpeg"
        case "m4a": "audio/mp4"
        case "pcm16": "audio/pcm"
        default: "audio/\(format)"
        }
    }

    /// The `format` of an audio media type.
    static func format(ofAudio type: String) -> String {
        switch type {
        case "audio/mpeg", "audio/mp3": "mp3"
        case "audio/mp4", "audio/x-m4a": "m4a"
        case "audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave", "": "wav"
        case "audio/pcm", "audio/l16": "pcm16"
        default: String(type.split(separator: "/").last ?? "wav")
        }
    }

    /// What the ending of a file's name says; nil where it says nothing.
    static func file(named name: String) -> String? {
        guard let dot = name.lastIndex(of: ".") else { return nil }
        return Self.endings[name[name.index(after: dot)...].lowercased()]
    }

    /// An ending for files of a media type.
    static func ending(of type: String) -> String {
        switch type {
        case "text/plain": "txt"
        case "text/markdown": "md"
        default: Self.endings.filter { $0.value == type }.map(\.key).min() ?? "bin"
        }
    }

    private static let endings = [
        "pdf": "application/pdf", "txt": "text/plain", "md": "text/markdown", "csv": "text/csv", "html": "text/html",
        "htm": "text/html", "xml": "text/xml", "json": "application/json",
        "doc": "application/msword",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls": "application/vnd.ms-excel",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
        "mp3": "audio/mpeg", "wav": "audio/wav", "mp4": "video/mp4", "webm": "video/webm", "mov": "video/quicktime",
    ]
}
