extension EmbeddingInput {
    /// The text of the input: pieces that a target takes only as one stand on lines of their own.
    var text: String {
        switch self {
        case .text(let text): return text
        case .tokens: return ""
        case .parts(let parts):
            let texts = parts.compactMap { part in
                if case .text(let text) = part { text } else { nil }
            }
            return texts.joined(separator: "\n")
        }
    }

    /// The input as pieces.
    var parts: [EmbeddingPart] {
        switch self {
        case .text(let text): [.text(text)]
        case .tokens: []
        case .parts(let parts): parts
        }
    }

    /// About how many bytes the input takes on the wire.
    var length: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .tokens(let ids): ids.count * 7
        case .parts(let parts):
            parts.reduce(0) { length, part in
                switch part {
                case .text(let text): length + text.utf8.count
                case .media(let media):
                    switch media.source {
                    case .base64(let data): length + data.utf8.count
                    case .url(let url), .file(let url): length + url.utf8.count
                    }
                }
            }
        }
    }
}

extension Media {
    /// The URL of the medium, which holds it where it is given as bytes (RFC 2397).
    var dataURL: String {
        switch self.source {
        case .url(let url), .file(let url): url
        case .base64(let data): "data:\(self.type.isEmpty ? "image/png" : self.type);base64,\(data)"
        }
    }
}
