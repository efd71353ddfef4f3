internal import Core
internal import JSON

/// What answers and streams to a client have in common.
enum ChatReply {
    /// The `finish_reason` of this dialect.
    static func finishReason(_ reason: StopReason, callsTools: Bool) -> String {
        reason.derived(callsTools: callsTools).word
    }

    /// What a refusal says where the model gave no words for it: a client knows a refusal by its text alone.
    static func refusal(_ explanation: String?) -> String {
        guard let explanation, !explanation.isEmpty else { return "The model refused to answer." }
        return explanation
    }

    /// The arguments as clients parse them: a function without any was called with an empty object.
    static func arguments(_ call: ToolCall) -> String {
        call.kind == .function && call.arguments.isEmpty ? "{}" : call.arguments
    }

    /// Writes `usage`: the prompt with what came from and went into caches, the completion with its reasoning.
    ///
    /// Source: the `CompletionUsage` type of OpenAI's API reference.
    static func write(_ usage: Usage, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("prompt_tokens")
        writer.number(usage.input)
        writer.key("completion_tokens")
        writer.number(usage.output)
        writer.key("total_tokens")
        writer.number(usage.total)
        writer.key("prompt_tokens_details")
        writer.beginObject()
        writer.key("cached_tokens")
        writer.number(usage.cacheRead)
        writer.key("cache_write_tokens")
        writer.number(usage.cacheWrite)
        writer.key("audio_tokens")
        writer.number(usage.audioInput)
        writer.endObject()
        writer.key("completion_tokens_details")
        writer.beginObject()
        writer.key("reasoning_tokens")
        writer.number(usage.reasoning)
        writer.key("audio_tokens")
        writer.number(usage.audioOutput)
        writer.endObject()
        writer.endObject()
    }

    /// Writes the entry of `reasoning_details` for reasoning that stood at `index`.
    static func writeDetail(_ text: String?, _ signature: Signature?, index: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.string("reasoning.text")
        if let text {
            writer.key("text")
            writer.string(text)
        }
        if let signature {
            writer.key("signature")
            writer.string(signature.carried(native: nil))
        }
        writer.key("index")
        writer.number(index)
        writer.endObject()
    }

    /// Writes the entry of `reasoning_details` for an encrypted blob, or (`forText`) for the signature of a text.
    static func writeBlob(_ signature: Signature, forText: Bool, index: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.string("reasoning.encrypted")
        writer.key("data")
        writer.string(signature.carried(native: nil))
        if forText {
            writer.key("for")
            writer.string("text")
        }
        writer.key("index")
        writer.number(index)
        writer.endObject()
    }

    /// Writes `"extra_content":{…}`: where Google puts signatures of calls in this dialect
    /// (https://ai.google.dev/gemini-api/docs/thought-signatures).
    static func writeExtra(_ signature: Signature, to writer: inout JSONWriter) {
        writer.key("extra_content")
        writer.beginObject()
        writer.key("google")
        writer.beginObject()
        writer.key("thought_signature")
        writer.string(signature.carried(native: .gemini))
        writer.endObject()
        writer.endObject()
    }

    /// Writes a block of another dialect as it is, with its place in the answer.
    static func writeBlock(_ opaque: Opaque, index: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("index")
        writer.number(index)
        writer.key("dialect")
        writer.string(opaque.dialect.rawValue)
        writer.key("block")
        writer.value(opaque.value)
        writer.endObject()
    }

    /// Writes an image in the shape OpenRouter gives images in answers.
    static func writeImage(_ media: Media, index: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.string("image_url")
        writer.key("image_url")
        writer.beginObject()
        writer.key("url")
        writer.string(Self.url(of: media))
        writer.endObject()
        writer.key("index")
        writer.number(index)
        writer.endObject()
    }

    /// Writes the `audio` of an answer. OpenAI keeps audio under its id for a while; nothing of the kind is promised here,
    /// so it expires when it is made.
    static func writeAudio(_ media: Media, _ style: ReplyStyle, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("id")
        writer.string("audio_\(style.id)")
        writer.key("data")
        if case .base64(let data) = media.source { writer.string(data) } else { writer.string("") }
        writer.key("expires_at")
        writer.number(style.created)
        writer.key("transcript")
        writer.string("")
        writer.endObject()
    }

    /// A medium as a URL.
    static func url(of media: Media) -> String {
        switch media.source {
        case .base64(let data): "data:\(media.type.isEmpty ? "application/octet-stream" : media.type);base64,\(data)"
        case .url(let url): url
        case .file(let id): id
        }
    }
}

/// A source an answer cites by its URL.
struct ChatAnnotation {
    private var url: String
    private var title: String?
    /// The cited text's place in the answer, in characters.
    private var range: Range<Int>

    /// The annotation for `citation`, which belongs to the text at `range`; nil where no URL is known.
    init?(_ citation: Opaque, of range: Range<Int>) {
        var range = range
        for place in Self.places(citation.value) {
            guard let url = place["url"]?.asString ?? place["uri"]?.asString, url.hasPrefix("http") else { continue }
            if let start = place["start_index"]?.asInt, let end = place["end_index"]?.asInt, 0 <= start, start <= end {
                range = start..<end
            }
            self.url = url
            self.title = place["title"]?.asString ?? citation.value["title"]?.asString
            self.range = range
            return
        }
        return nil
    }

    /// Where the dialects keep a citation's URL: in the citation (Anthropic), in `url_citation` (this one), in `web`
    /// (Gemini), in `location.web` (Bedrock).
    private static func places(_ value: JSONValue) -> [JSONValue] {
        [value, value["url_citation"], value["web"], value["location"]?["web"]].compactMap(\.self)
    }

    /// Writes the annotation.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.string("url_citation")
        writer.key("url_citation")
        writer.beginObject()
        writer.key("start_index")
        writer.number(self.range.lowerBound)
        writer.key("end_index")
        writer.number(self.range.upperBound)
        writer.key("url")
        writer.string(self.url)
        writer.key("title")
        writer.string(self.title ?? "")
        writer.endObject()
        writer.endObject()
    }

    /// The number of characters in `text`, counted as Python counts them.
    static func length(of text: String) -> Int {
        var text = text
        return text.withUTF8 { Self.length(of: $0) }
    }

    /// The number of characters in UTF-8.
    static func length(of text: UnsafeBufferPointer<UInt8>) -> Int {
        var count = text.count
        for byte in text where byte & 0xC0 == 0x80 { count &-= 1 }
        return count
    }
}
