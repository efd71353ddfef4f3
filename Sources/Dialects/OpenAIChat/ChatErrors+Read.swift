package import Core
internal import JSON

/// Errors in OpenAI's Chat dialect, in both directions.
package enum ChatErrors {}

/// How a server named its error, for a client of the same dialect who may look for these words.
package struct ChatErrorWords: Sendable, Hashable {
    /// The `type`, such as `invalid_request_error`.
    package var type: String?
    /// The `code`, such as `unsupported_parameter`.
    package var code: String?

    /// Words as far as the server used any.
    package init(type: String? = nil, code: String? = nil) {
        self.type = type
        self.code = code
    }
}

extension ChatErrors {
    /// Classifies an upstream's error answer.
    ///
    /// Credentials, URLs and addresses are scrubbed from the text. A body that is no JSON (a proxy's page, nothing at
    /// all) counts for nothing: then the status decides alone.
    ///
    /// - Parameters:
    ///   - status: The HTTP status.
    ///   - header: The value of a header field by its lower-case name.
    ///   - body: The body as far as it came.
    ///   - credentials: The credentials that were sent, removed from the text to the letter.
    ///   - now: Milliseconds since the Unix epoch, against which dates in headers are read.
    package static func read(
        status: Int,
        header: (String) -> String?,
        body: UnsafeRawBufferPointer,
        credentials: [Secret] = [],
        now: UInt64 = unixMilliseconds()
    ) -> GatewayError {
        UpstreamErrors.read(status: status, header: header, body: body, credentials: credentials, now: now)
    }

    /// The words an error body of the caller's own making uses, to be repeated to the caller.
    package static func words(_ body: UnsafeRawBufferPointer) -> ChatErrorWords {
        guard let read = UpstreamErrorBody(body) else { return ChatErrorWords() }
        // A numeric code repeats the status and is not a word of this dialect.
        let code = read.code.flatMap { Int($0) == nil ? Self.word($0) : nil }
        return ChatErrorWords(type: read.type.flatMap(Self.word), code: code)
    }

    private static func word(_ text: String) -> String? {
        guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        return text
    }
}
