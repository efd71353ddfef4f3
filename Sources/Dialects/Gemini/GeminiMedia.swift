internal import Core
internal import JSON

/// What Gemini takes as media, and in which form.
enum GeminiMedia {
    /// What a medium is to a client.
    enum Kind: String {
        case image, audio, video, document

        /// The field that holds it in a Chat client's spelling.
        var field: String {
            switch self {
            case .image: "messages.content.image_url"
            case .audio: "messages.content.input_audio"
            case .video: "messages.content.video_url"
            case .document: "messages.content.file"
            }
        }
    }

    /// Whether Google reads what stands at `uri`: its own storage and file service, videos on YouTube, and any public
    /// URL where the model is known to.
    static func isReadable(_ uri: String, _ kind: Kind, _ target: TranslationTarget) -> Bool {
        if uri.hasPrefix("gs://") || uri.hasPrefix("https://generativelanguage.googleapis.com/") { return true }
        if target.traits.imageURLs, kind == .image || kind == .document { return true }
        guard kind == .video else { return false }
        return ["https://www.youtube.com/", "https://youtube.com/", "https://youtu.be/"].contains(where: uri.hasPrefix)
    }

    /// The media type where the client gave none: told by the first bytes, by the end of the URL, or by the kind.
    static func guessedType(_ media: Media, _ kind: Kind) -> String {
        switch media.source {
        case .base64(let data):
            // The base64 of each format's magic number.
            for (start, type) in [
                ("iVBOR", "image/png"), ("/9j/", "image/jpeg"), ("R0lG", "image/gif"), ("JVBER", "application/pdf"),
                ("SUQz", "audio/mp3"),
            ] where data.utf8.starts(with: start.utf8) {
                return type
            }
            if data.utf8.starts(with: "UklG".utf8) { return kind == .audio ? "audio/wav" : "image/webp" }
        case .url(let uri), .file(let uri):
            let end = uri.utf8.suffix(5)
            for (suffix, type) in [
                (".png", "image/png"), (".jpg", "image/jpeg"), (".jpeg", "image/jpeg"), (".webp", "image/webp"),
                (".gif", "image/gif"), (".heic", "image/heic"), (".pdf", "application/pdf"), (".mp3", "audio/mp3"),
                (".wav", "audio/wav"), (".mp4", "video/mp4"), (".webm", "video/webm"), (".txt", "text/plain"),
            ] where end.count >= suffix.utf8.count && end.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) {
                return type
            }
        }
        switch kind {
        case .image: return "image/jpeg"
        case .audio: return "audio/wav"
        case .video: return "video/mp4"
        case .document: return "application/pdf"
        }
    }

    /// The text of a document that is plain text, its name and what is said about it before it; nil for any other.
    static func plainText(_ document: Document) -> String? {
        guard case .text(let text) = document.body else { return nil }
        var lines: [String] = []
        if let name = document.name, !name.isEmpty { lines.append("[\(name)]") }
        if let context = document.context, !context.isEmpty { lines.append(context) }
        lines.append(text)
        return lines.count == 1 ? text : lines.joined(separator: "\n")
    }

    /// What is known of a text that is a JSON object: whether it has a key that means something in a function's
    /// response. nil where the text is anything else.
    static func objectKeys(_ text: String) -> (isReserved: Bool, count: Int)? {
        guard text.utf8.first(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d }) == UInt8(ascii: "{")
        else { return nil }
        var text = text
        return text.withUTF8 { utf8 -> (isReserved: Bool, count: Int)? in
            let bytes = UnsafeRawBufferPointer(utf8)
            do {
                try JSONScan.validate(bytes)
                var isReserved = false
                var count = 0
                var members = JSONMembers()
                while let member = try members.next(in: bytes) {
                    count += 1
                    if member.keyIs("output", in: bytes) || member.keyIs("error", in: bytes) { isReserved = true }
                }
                return (isReserved, count)
            } catch {
                return nil
            }
        }
    }
}
