package import JSON

/// A piece of a turn or of an answer.
package struct Part: Sendable {
    package enum Content: Sendable {
        case text(String)
        case image(Media)
        case audio(Media)
        case video(Media)
        case document(Document)
        case toolCall(ToolCall)
        case toolResult(ToolResult)
        /// Reasoning as text, which may be empty beside a signature.
        case thinking(String)
        /// Reasoning the provider encrypted; the blob is the part's ``Part/signature``.
        case redactedThinking
        case refusal(String)
        /// A block only its own dialect knows: a server tool's call or result, a compaction.
        case opaque(Opaque)
    }

    package var content: Content
    /// What proves to a provider that it made this part itself, or the blob of encrypted reasoning.
    package var signature: Signature?
    /// Where the client asks for the prompt up to and with this part to be cached.
    package var cache: CacheHint?
    /// What the text rests on, in the dialect it came from.
    package var citations: [Opaque] = []
    /// What the model meant a text of its own for (`commentary`, `final_answer`), in the one dialect that says it
    /// (OpenAI's Responses).
    package var phase: String?

    /// A part.
    package init(_ content: Content, signature: Signature? = nil, cache: CacheHint? = nil) {
        self.content = content
        self.signature = signature
        self.cache = cache
    }

    /// A part of plain text.
    package static func text(_ text: String) -> Part { Part(.text(text)) }

    /// The text, where the part is plain text.
    package var text: String? {
        guard case .text(let text) = self.content else { return nil }
        return text
    }
}

/// A cache breakpoint.
package struct CacheHint: Sendable, Hashable {
    /// `5m`, `30m`, `1h` …; nil is the provider's own.
    package var ttl: String?

    /// A breakpoint.
    package init(ttl: String? = nil) { self.ttl = ttl }
}

/// Bytes of a medium, or where they are.
package struct Media: Sendable, Hashable {
    package enum Source: Sendable, Hashable {
        /// Standard base64 with padding, as it goes onto the wire everywhere.
        case base64(String)
        /// An `https:` or `http:` URL.
        case url(String)
        /// A file the provider of the client's dialect keeps: meaningless anywhere else.
        case file(String)
    }

    package var source: Source
    /// The media type (`image/png`); empty where it is not known.
    package var type: String
    /// How closely to look (`low`, `high`, `auto`, `original`).
    package var detail: String?

    /// A medium.
    package init(_ source: Source, type: String, detail: String? = nil) {
        self.source = source
        self.type = type
        self.detail = detail
    }
}

extension Media {
    /// Whether `text` is a media type (RFC 9110 §8.3.1) without parameters, such as `image/png`: anything else would break
    /// the data URL it is put into.
    package static func isType(_ text: String) -> Bool {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        return halves.count == 2 && halves.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(Self.isTypeByte) }
    }

    private static func isTypeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$&-^_.+".utf8.contains(byte)
        }
    }
}

/// A document such as a PDF.
package struct Document: Sendable, Hashable {
    package enum Body: Sendable, Hashable {
        case media(Media)
        /// Plain text.
        case text(String)
    }

    package var body: Body
    /// Its file name or title.
    package var name: String?
    /// What the client says about it.
    package var context: String?
    /// Whether the answer should cite it; nil where the client did not say.
    package var citations: Bool?

    /// A document.
    package init(_ body: Body, name: String? = nil) {
        self.body = body
        self.name = name
    }
}

/// A call the model wants made.
package struct ToolCall: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// The arguments are a JSON object.
        case function
        /// The arguments are free text.
        case custom
    }

    /// The call's id as its maker wrote it, or one of ours (``CallID``); never empty.
    package var id: String
    package var name: String
    /// The arguments as text, exactly as they came; a function's empty text means `{}`.
    package var arguments: String
    package var kind: Kind

    /// A call.
    package init(id: String, name: String, arguments: String, kind: Kind = .function) {
        self.id = id
        self.name = name
        self.arguments = arguments
        self.kind = kind
    }
}

/// What a call came to.
package struct ToolResult: Sendable {
    package var callID: String
    /// The tool's name where the dialect says it; ``Conversation`` finds it by the call otherwise.
    package var name: String?
    package var parts: [Part]
    package var isError: Bool

    /// A result.
    package init(callID: String, name: String? = nil, parts: [Part], isError: Bool = false) {
        self.callID = callID
        self.name = name
        self.parts = parts
        self.isError = isError
    }
}

/// A value only one dialect understands.
package struct Opaque: Sendable, Hashable {
    package var dialect: Dialect
    package var value: JSONValue

    /// A value of `dialect`.
    package init(_ dialect: Dialect, _ value: JSONValue) {
        self.dialect = dialect
        self.value = value
    }
}
