internal import JSON

/// The names Converse has for formats, and the media types they stand for.
///
/// Source: the enumerations `ImageFormat`, `DocumentFormat`, `VideoFormat` and `AudioFormat` of the service's model
/// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html).
enum ConverseFormat {
    /// The format of an image, by its first bytes where they tell (providers compare them), else by its media type.
    static func image(_ media: Media) -> String? {
        if case .base64(let data) = media.source, let sniffed = Self.sniffedImage(data) { return sniffed }
        return switch Self.essence(media.type) {
        case "image/png": "png"
        case "image/jpeg", "image/jpg", "image/pjpeg": "jpeg"
        case "image/gif": "gif"
        case "image/webp": "webp"
        default: Self.ofPath(media, ["png": "png", "jpg": "jpeg", "jpeg": "jpeg", "gif": "gif", "webp": "webp"])
        }
    }

    /// The image format whose first bytes the base64 shows.
    private static func sniffedImage(_ data: String) -> String? {
        if data.hasPrefix("iVBORw0KGgo") { return "png" }
        if data.hasPrefix("/9j/") { return "jpeg" }
        if data.hasPrefix("R0lGOD") { return "gif" }
        // "RIFF", four bytes of length, then "WEBP": the base64 of bytes 8 to 11 depends on no other byte from
        // character 11 on.
        if data.hasPrefix("UklGR"), data.utf8.dropFirst(11).starts(with: "XRUJQ".utf8) { return "webp" }
        return nil
    }

    /// The format of a document, by its media type or else by the ending of its name.
    static func document(_ media: Media, name: String?) -> String? {
        switch Self.essence(media.type) {
        case "application/pdf": return "pdf"
        case "text/csv", "application/csv": return "csv"
        case "application/msword": return "doc"
        case "application/vnd.openxmlformats-officedocument.wordprocessingml.document": return "docx"
        case "application/vnd.ms-excel": return "xls"
        case "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": return "xlsx"
        case "text/html": return "html"
        case "text/markdown", "text/x-markdown": return "md"
        default: break
        }
        let ending = name?.split(separator: ".").last.map { $0.lowercased() } ?? ""
        if Self.documentTypes[ending] != nil { return ending }
        if case .base64(let data) = media.source, data.hasPrefix("JVBERi0") { return "pdf" }
        if let format = Self.ofPath(media, Self.documentEndings) { return format }
        // Whatever calls itself text can be read as text.
        return media.type.hasPrefix("text/") || media.type == "application/json" ? "txt" : nil
    }

    private static let documentTypes = [
        "pdf": "application/pdf", "csv": "text/csv", "doc": "application/msword",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls": "application/vnd.ms-excel",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "html": "text/html", "txt": "text/plain", "md": "text/markdown",
    ]
    private static let documentEndings = Dictionary(uniqueKeysWithValues: documentTypes.keys.map { ($0, $0) })

    /// The format of a sound.
    static func audio(_ media: Media) -> String? {
        switch Self.essence(media.type) {
        case "audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave": return "wav"
        case "audio/mp3", "audio/mpeg": return "mp3"
        case "audio/aac", "audio/x-aac": return "aac"
        case "audio/mp4", "audio/x-m4a", "audio/m4a": return "m4a"
        case "audio/flac", "audio/x-flac": return "flac"
        case "audio/ogg": return "ogg"
        case "audio/opus": return "opus"
        case "audio/webm": return "webm"
        case "audio/pcm", "audio/l16": return "pcm"
        case "audio/x-matroska": return "mka"
        default: return Self.ofPath(media, ["wav": "wav", "mp3": "mp3", "flac": "flac", "ogg": "ogg", "m4a": "m4a"])
        }
    }

    /// The format of a film.
    static func video(_ media: Media) -> String? {
        switch Self.essence(media.type) {
        case "video/mp4": return "mp4"
        case "video/quicktime": return "mov"
        case "video/webm": return "webm"
        case "video/x-matroska": return "mkv"
        case "video/x-flv": return "flv"
        case "video/mpeg": return "mpeg"
        case "video/x-ms-wmv": return "wmv"
        case "video/3gpp": return "three_gp"
        default: return Self.ofPath(media, ["mp4": "mp4", "mov": "mov", "webm": "webm", "mkv": "mkv", "wmv": "wmv"])
        }
    }

    /// The media type of an image format.
    static func imageType(_ format: String) -> String { "image/\(format)" }

    /// The media type of a document format; unknown ones have none.
    static func documentType(_ format: String) -> String { Self.documentTypes[format] ?? "" }

    /// The media type of an audio format.
    static func audioType(_ format: String) -> String {
        switch format {
        case "mp3", "mpeg", "mpga": "audio/mpeg"
        case "m4a", "mp4": "audio/mp4"
        case "x-aac": "audio/aac"
        case "mka", "mkv": "audio/x-matroska"
        default: "audio/\(format)"
        }
    }

    /// The media type of a video format.
    static func videoType(_ format: String) -> String {
        switch format {
        case "mov": "video/quicktime"
        case "mkv": "video/x-matroska"
        case "flv": "video/x-flv"
        case "mpg": "video/mpeg"
        case "wmv": "video/x-ms-wmv"
        case "three_gp": "video/3gpp"
        default: "video/\(format)"
        }
    }

    /// A media type without its parameters, in lower case.
    private static func essence(_ type: String) -> String {
        (type.split(separator: ";").first.map(String.init) ?? "").lowercased().filter { $0 != " " }
    }

    /// The format by the ending of the path in an object store.
    private static func ofPath(_ media: Media, _ endings: [String: String]) -> String? {
        guard case .url(let url) = media.source, let ending = url.split(separator: ".").last else { return nil }
        return endings[ending.lowercased()]
    }
}

/// Gives documents names that Converse takes: letters, digits, single spaces, hyphens, round and square brackets, at most
/// 200 characters, and none twice in a request.
struct ConverseDocumentNames {
    private var taken: Set<String> = []

    /// The name for a document called `name` of the format `format`.
    mutating func next(_ name: String?, format: String) -> String {
        var text = name ?? ""
        if text.lowercased().hasSuffix(".\(format)") { text.removeLast(format.count + 1) }
        var kept: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "("), UInt8(ascii: ")"),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                kept.append(byte)
            case 0x09...0x0d, 0x20:
                if let last = kept.last, last != 0x20 { kept.append(0x20) }
            default:
                if kept.last != UInt8(ascii: "-") { kept.append(UInt8(ascii: "-")) }
            }
            if kept.count == Self.longest { break }
        }
        while kept.last == 0x20 { kept.removeLast() }
        var fitted = String(decoding: kept, as: UTF8.self)
        if !kept.contains(where: { $0 != UInt8(ascii: "-") }) { fitted = "document" }
        var unique = fitted
        var copy = 2
        while !self.taken.insert(unique).inserted {
            unique = "\(fitted) \(copy)"
            copy += 1
        }
        return unique
    }

    /// The most bytes of a name, with room for a number behind it.
    private static let longest = 190
}
