internal import JSON

/// Guesses how many tokens a request is where nobody can be asked.
///
/// There is no tokenizer here: text is weighed by its script and by runs of letters, digits, blanks and signs. On English prose
/// that comes within a tenth of what OpenAI's models count, a sixth of Gemini's, and a third below Claude's newest, whose
/// tokens are smaller; other scripts were weighed by hand and not measured. Media are weighed by the rules their providers
/// publish as far as their size can be told, and by a usual size else.
package enum TokenEstimate {
    /// About how many tokens the input of `request` is. Whoever passes it on marks it as an estimate.
    ///
    /// - Parameter family: whose model is asked; Claude is told of tools in a prompt of its own, which counts.
    package static func count(_ request: CanonicalRequest, family: SignatureFamily? = nil) -> Int {
        var total = 3
        if !request.system.isEmpty { total += Self.perMessage + Self.count(request.system) }
        for message in request.messages {
            total += Self.perMessage + Self.count(message.parts)
            if let name = message.name { total += 1 + Self.count(text: name) }
        }
        for tool in request.tools { total += Self.count(tool) }
        // Between 300 and 600 tokens, by model and choice of tool
        // (https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/overview#pricing).
        if family == .anthropic, !request.tools.isEmpty { total += 420 }
        if case .jsonSchema(let format) = request.output { total += Self.count(text: format.schema.text) }
        return total
    }

    /// About how many tokens the inputs of `request` are together.
    package static func count(_ request: EmbeddingRequest) -> Int {
        request.inputs.reduce(0) { total, input in
            switch input {
            case .text(let text): return total + Self.count(text: text)
            case .tokens(let ids): return total + ids.count
            case .parts(let parts):
                return parts.reduce(total) { total, part in
                    switch part {
                    case .text(let text): total + Self.count(text: text)
                    case .media(let media): total + ImageTokens.count(media)
                    }
                }
            }
        }
    }

    /// About how many tokens query and documents of `request` are; the query is read anew with each document.
    package static func count(_ request: RerankRequest) -> Int {
        let query = Self.count(text: request.query)
        return request.documents.indices.reduce(0) { $0 + query + Self.count(text: request.text(of: $1).text) }
    }

    /// What a message costs beside its content: its role and the marks around it.
    private static let perMessage = 4

    private static func count(_ parts: [Part]) -> Int { parts.reduce(0) { $0 + Self.count($1) } }

    private static func count(_ part: Part) -> Int {
        switch part.content {
        case .text(let text), .thinking(let text), .refusal(let text): Self.count(text: text)
        case .image(let media): ImageTokens.count(media)
        // Audio of a usual bit rate of 128 kbit/s, at 32 tokens a second.
        case .audio(let media): Self.bytes(media).map { max(1, $0 / 500) } ?? 500
        // Video of a usual bit rate of 1 Mbit/s, at 263 tokens a second.
        case .video(let media): Self.bytes(media).map { max(1, $0 / 475) } ?? 2500
        case .document(let document):
            switch document.body {
            case .text(let text): Self.count(text: text)
            // A page of a usual PDF, read as text and as an image.
            case .media(let media): max(1, (Self.bytes(media) ?? 100_000) / 50_000) * 2000
            }
        case .toolCall(let call): 8 + Self.count(text: call.name) + Self.count(text: call.arguments)
        case .toolResult(let result): 8 + Self.count(result.parts)
        // What the provider encrypted is reasoning again when it comes back; its letters are more than its tokens.
        case .redactedThinking: (part.signature?.value.utf8.count ?? 0) / 6
        case .opaque(let opaque): Self.count(text: opaque.value.text)
        }
    }

    private static func count(_ tool: Tool) -> Int {
        switch tool.kind {
        case .function(let function):
            return 10 + Self.count(text: function.name) + Self.count(text: function.description ?? "")
                + (function.parameters.map { Self.count(text: $0.text) } ?? 0)
        case .custom(let name, let description, let format):
            return 10 + Self.count(text: name) + Self.count(text: description ?? "")
                + (format.map { Self.count(text: $0.text) } ?? 0)
        case .server(_, let opaque): return 10 + Self.count(text: opaque.value.text)
        }
    }

    /// The bytes of a medium, where they are given.
    private static func bytes(_ media: Media) -> Int? {
        guard case .base64(let text) = media.source else { return nil }
        return text.utf8.count / 4 * 3
    }
}

// MARK: Text

extension TokenEstimate {
    /// About how many tokens `text` is. Linear; looks at each byte once.
    package static func count(text: String) -> Int {
        var copy = text
        return copy.withUTF8 { Self.count(UnsafeRawBufferPointer($0)) }
    }

    /// What a run of bytes is made of.
    private enum Run {
        case none, letters, digits, blanks, lines, signs
    }

    /// About how many tokens the UTF-8 text is.
    package static func count(_ text: UnsafeRawBufferPointer) -> Int {
        // In hundredths of a token.
        var total = 0
        var run = Run.none
        var length = 0
        var at = 0
        while at < text.count {
            let byte = text[at]
            if byte < 0x80 {
                let kind = Self.kind(byte)
                if kind != run {
                    total &+= Self.weight(run, length)
                    run = kind
                    length = 0
                }
                length &+= 1
                at &+= 1
                continue
            }
            total &+= Self.weight(run, length)
            run = .none
            length = 0
            let (weight, width) = Self.weight(text, at)
            total &+= weight
            at &+= width
        }
        total &+= Self.weight(run, length)
        return (total + 99) / 100
    }

    private static func kind(_ byte: UInt8) -> Run {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): .letters
        case UInt8(ascii: "0")...UInt8(ascii: "9"): .digits
        case UInt8(ascii: " "), UInt8(ascii: "\t"): .blanks
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"): .lines
        default: .signs
        }
    }

    /// A run of ASCII: a word is mostly one token, a long one several; digits go by threes; one blank belongs to the word
    /// behind it; signs that stand together often are one.
    private static func weight(_ run: Run, _ length: Int) -> Int {
        switch run {
        case .none: 0
        case .letters: length <= 6 ? 100 : 100 + (length - 6) * 14
        case .digits: (length + 2) / 3 * 100
        case .blanks: length <= 1 ? 0 : 100
        case .lines: 60
        case .signs: length == 1 ? 80 : (length + 1) / 2 * 90
        }
    }

    /// A character beyond ASCII, by its script, and its width in bytes.
    private static func weight(_ text: UnsafeRawBufferPointer, _ at: Int) -> (weight: Int, width: Int) {
        let lead = text[at]
        let second = at &+ 1 < text.count ? text[at &+ 1] : 0x80
        switch lead {
        // Latin with accents, mostly inside of words.
        case 0xC2...0xCA: return (55, 2)
        // Greek and Cyrillic.
        case 0xCB...0xD4: return (38, 2)
        // Armenian, Hebrew, Arabic, Syriac.
        case 0xD5...0xDF: return (50, 2)
        // The scripts of India and South-East Asia, Georgian, Ethiopic.
        case 0xE0, 0xE1: return (55, 3)
        // Signs; from 0x80 on in the next block, Kana.
        case 0xE2: return (90, 3)
        case 0xE3: return (second >= 0x90 ? 100 : 70, 3)
        // Han.
        case 0xE4...0xE9: return (85, 3)
        // Hangul.
        case 0xEA...0xED: return (75, 3)
        case 0xEE, 0xEF: return (100, 3)
        // Emoji and what is rare.
        case 0xF0...0xF4: return (180, 4)
        default: return (100, 1)
        }
    }
}

// MARK: Images

/// What images cost.
enum ImageTokens {
    /// By the rule of tiles (https://platform.openai.com/docs/guides/images-vision#calculating-costs): 85 tokens, and 170 for
    /// each tile of 512 by 512 of the image scaled into 2048 by 2048 and then to a shorter side of 768. An image whose size
    /// cannot be told counts as one of 1024 by 1024.
    static func count(_ media: Media) -> Int {
        if media.detail == "low" { return 85 }
        guard let (width, height) = Self.size(media) else { return 765 }
        return Self.count(width: width, height: height)
    }

    /// The same for an image of a known size in pixels.
    static func count(width: Int, height: Int) -> Int {
        guard width > 0, height > 0 else { return 85 }
        var (width, height) = (Double(width), Double(height))
        let fit = min(1, 2048 / max(width, height))
        width *= fit
        height *= fit
        let shrink = min(1, 768 / min(width, height))
        let across = Int((width * shrink / 512).rounded(.up))
        let down = Int((height * shrink / 512).rounded(.up))
        return 85 + 170 * max(1, across) * max(1, down)
    }

    /// The size of a PNG, which stands at its very beginning (https://www.w3.org/TR/png/#11IHDR).
    private static func size(_ media: Media) -> (Int, Int)? {
        guard case .base64(let text) = media.source, text.utf8.count >= 32,
            let head = Array(text.utf8.prefix(32)).withUnsafeBytes({ Base64Bytes.bytes($0) }), head.count >= 24,
            head.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        else { return nil }
        func number(_ at: Int) -> Int { head[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
        return (number(16), number(20))
    }
}
