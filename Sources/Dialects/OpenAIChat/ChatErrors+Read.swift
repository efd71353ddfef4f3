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
        quirks: ChatQuirks,
        credentials: [Secret] = [],
        now: UInt64 = unixMilliseconds()
    ) -> GatewayError {
        let read = ChatErrorBody(body)
        var error = ChatErrorClass(status: status, body: read).error
        error.message = Self.message(of: error, body: read, status: status, credentials: credentials)
        error.upstreamStatus = status
        if Self.mayName(delayFor: error) {
            error.retryAfter = RetryDelay.read(
                header: header,
                retryInfo: read?.retryDelay,
                text: read?.message ?? "",
                now: now
            )
        }
        Self.obey(header("x-should-retry"), error: &error)
        return error
    }

    /// The words an error body of the caller's own making uses, to be repeated to the caller.
    package static func words(_ body: UnsafeRawBufferPointer) -> ChatErrorWords {
        guard let read = ChatErrorBody(body) else { return ChatErrorWords() }
        // A numeric code repeats the status and is not a word of this dialect.
        let code = read.code.flatMap { Int($0) == nil ? Self.word($0) : nil }
        return ChatErrorWords(type: read.type.flatMap(Self.word), code: code)
    }

    /// The error that came inside a 200, as an event or as a whole body.
    static func inBand(_ body: UnsafeRawBufferPointer, quirks: ChatQuirks) -> GatewayError {
        guard let read = ChatErrorBody(body) else {
            return GatewayError(
                .upstreamError,
                origin: .upstream,
                retry: .sameTarget,
                "The provider's answer is neither an answer nor an error of its dialect.",
                upstreamStatus: 200
            )
        }
        return Self.inBand(read)
    }

    /// The error in an event that has neither `choices` nor an `error` member, or nil where it is none: a ping, say.
    static func inBandWithoutErrorMember(_ data: UnsafeRawBufferPointer, quirks: ChatQuirks) -> GatewayError? {
        guard let read = ChatErrorBody(data) else { return nil }
        return Self.inBand(read)
    }

    private static func inBand(_ read: ChatErrorBody) -> GatewayError {
        let status = read.status ?? ChatErrorClass.status(type: read.type, code: read.code)
        var error = ChatErrorClass(status: status, body: read).error
        error.message = Self.message(of: error, body: read, status: status, credentials: [])
        error.upstreamStatus = 200
        if Self.mayName(delayFor: error) {
            error.retryAfter = RetryDelay.read(
                header: { _ in nil },
                retryInfo: read.retryDelay,
                text: read.message,
                now: 0
            )
        }
        return error
    }

    private static func word(_ text: String) -> String? {
        guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        return text
    }

    private static func mayName(delayFor error: GatewayError) -> Bool {
        error.origin == .upstream && error.code != .upstreamAuthentication
    }

    private static func message(
        of error: GatewayError,
        body: ChatErrorBody?,
        status: Int,
        credentials: [Secret]
    ) -> String {
        // What a provider says about a key of the gateway's is not the client's business.
        if error.code == .upstreamAuthentication {
            return "The provider refused the gateway's own credential (status \(status))."
        }
        let text = body.map { UpstreamText.scrubbed($0.message, credentials: credentials) } ?? ""
        if text.utf8.contains(where: { $0 != 0x20 }) { return text }
        return "The provider answered with status \(status) and no message."
    }

    /// Follows `x-should-retry`, by which a server says what it knows better.
    private static func obey(_ value: String?, error: inout GatewayError) {
        guard error.origin == .upstream, let value else { return }
        if value == "false", error.retry == .sameTarget {
            error.retry = .otherTarget
        } else if value == "true", error.code != .upstreamAuthentication, error.code != .quotaExhausted {
            error.retry = .sameTarget
        }
    }
}
