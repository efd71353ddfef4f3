package import Core

/// Reads the errors upstreams answer with, whatever their dialect: the bodies differ little, and proxies in between mix them.
package enum UpstreamErrors {
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
        var read = UpstreamErrorBody(body)
        // AWS names the kind of error in a field of the head: `ThrottlingException`, or with a URL behind a colon.
        if let kind = header("x-amzn-errortype")?.split(separator: ":").first {
            var named = read ?? UpstreamErrorBody()
            named.type = String(kind)
            read = named
        }
        var error = UpstreamErrorClass(status: status, body: read).error
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

    /// The error that came inside a 200, as an event or as a whole body.
    ///
    /// - Parameter kind: the kind the framing names (`throttlingException`), where it does.
    static func inBand(_ body: UnsafeRawBufferPointer, kind: String? = nil) -> GatewayError {
        var read = UpstreamErrorBody(body)
        if let kind {
            var named = read ?? UpstreamErrorBody()
            named.type = kind
            read = named
        }
        guard let read else {
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

    /// The error in an event that need not be one, or nil where it is none: a ping, say.
    static func inBandIfAny(_ data: UnsafeRawBufferPointer) -> GatewayError? {
        guard let read = UpstreamErrorBody(data) else { return nil }
        return Self.inBand(read)
    }

    private static func inBand(_ read: UpstreamErrorBody) -> GatewayError {
        let status = read.status ?? UpstreamErrorClass.status(type: read.type, code: read.code)
        var error = UpstreamErrorClass(status: status, body: read).error
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

    private static func mayName(delayFor error: GatewayError) -> Bool {
        error.origin == .upstream && error.code != .upstreamAuthentication
    }

    private static func message(
        of error: GatewayError,
        body: UpstreamErrorBody?,
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
