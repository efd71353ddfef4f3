package import Core

/// The places a client may put its key in, whatever its dialect.
///
/// Bytes in, bytes out: the request path looks for the key in the head as it was received and allocates nothing.
package enum CredentialPlaces {
    /// The header fields that may carry a key.
    package enum Field: Sendable, Hashable, CaseIterable {
        /// `Authorization: Bearer KEY` (RFC 6750 §2.1); other schemes carry no key.
        case authorization
        /// `x-api-key`, as Anthropic clients send.
        case xAPIKey
        /// `x-goog-api-key`, as Gemini clients send.
        case xGoogAPIKey
        /// `api-key`, as Azure OpenAI clients send.
        case apiKey

        /// The field's name in lower case.
        package var name: StaticString {
            switch self {
            case .authorization: "authorization"
            case .xAPIKey: "x-api-key"
            case .xGoogAPIKey: "x-goog-api-key"
            case .apiKey: "api-key"
            }
        }
    }

    /// The longest key looked at, in bytes; what is longer cannot be one of ours.
    package static let limit = 512

    /// Finds the key a request presents and calls `body` with its bytes, or with nil where it presents none.
    ///
    /// `field` gives the value of a header field, `query` is the query string without its `?`; the bytes of both must
    /// stay in place until the call returns. Several places may carry the same key, as some SDKs do.
    ///
    /// `body` has no result, so that nothing here is generic, which would cost more than the search.
    ///
    /// - Throws: ``GatewayError`` (authentication) where two different keys are presented, or one beyond the limit; and
    ///   what `body` throws.
    package static func find(
        field: (Field) -> UnsafeRawBufferPointer?,
        query: UnsafeRawBufferPointer?,
        body: (UnsafeRawBufferPointer?) throws(GatewayError) -> Void
    ) throws(GatewayError) {
        var found: UnsafeRawBufferPointer?
        for place in Field.allCases {
            guard let value = field(place).map(Self.trimmed) else { continue }
            guard let key = place == .authorization ? Self.bearer(value) : value, !key.isEmpty else { continue }
            try Self.accept(key, into: &found)
        }
        guard var rest = query else { return try body(found) }
        // Decoded query values live in one stack buffer; a second different one is refused, so one is enough.
        return try withStackBuffer { decoded throws(GatewayError) in
            while let (value, next) = Self.nextKey(in: rest) {
                rest = next
                if !value.contains(UInt8(ascii: "%")) {
                    try Self.accept(value, into: &found)
                } else {
                    // The second half holds a candidate until it is known to equal what was found.
                    let (kept, candidate) = (decoded[..<Self.limit], decoded[Self.limit...])
                    let key = try Self.percentDecoded(value, into: UnsafeMutableRawBufferPointer(rebasing: candidate))
                    if found == nil {
                        let place = UnsafeMutableRawBufferPointer(rebasing: kept)
                        place.copyMemory(from: key)
                        if !key.isEmpty { found = UnsafeRawBufferPointer(rebasing: place[..<key.count]) }
                    } else {
                        try Self.accept(key, into: &found)
                    }
                }
            }
            return try body(found)
        }
    }

    /// Calls `body` with twice ``limit`` bytes on the stack.
    private static func withStackBuffer(
        _ body: (UnsafeMutableRawBufferPointer) throws(GatewayError) -> Void
    ) throws(GatewayError) {
        let result: Result<Void, GatewayError> = withUnsafeTemporaryAllocation(
            byteCount: 2 * Self.limit,
            alignment: 8
        ) { buffer in
            do throws(GatewayError) { return .success(try body(buffer)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private static func accept(
        _ key: UnsafeRawBufferPointer,
        into found: inout UnsafeRawBufferPointer?
    ) throws(GatewayError) {
        guard !key.isEmpty else { return }
        guard key.count <= Self.limit else { throw KeyRefusal.unknown.error }
        guard let first = found else {
            found = key
            return
        }
        guard first.count == key.count, first.elementsEqual(key) else {
            throw GatewayError(
                .authentication,
                origin: .client,
                """
                the request presents two different API keys; send one, in one of Authorization: Bearer, x-api-key, \
                x-goog-api-key, api-key or ?key=
                """
            )
        }
    }

    /// The key in an `Authorization` value; nil where the scheme is not `Bearer` (any case, RFC 9110 §11.1).
    private static func bearer(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        let scheme: StaticString = "bearer"
        let length = scheme.utf8CodeUnitCount
        guard value.count > length, value[length] == UInt8(ascii: " ") || value[length] == UInt8(ascii: "\t") else {
            return nil
        }
        for index in 0..<length where value[index] | 0x20 != scheme.utf8Start[index] { return nil }
        return Self.trimmed(UnsafeRawBufferPointer(rebasing: value[length...]))
    }

    /// The value without the white space around it.
    private static func trimmed(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        var end = value.count
        while start < end, value[start] == UInt8(ascii: " ") || value[start] == UInt8(ascii: "\t") { start += 1 }
        while end > start, value[end - 1] == UInt8(ascii: " ") || value[end - 1] == UInt8(ascii: "\t") { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: value[start..<end])
    }

    /// The next `key=` parameter of a query string: its value as written, and what follows it.
    private static func nextKey(
        in query: UnsafeRawBufferPointer
    ) -> (value: UnsafeRawBufferPointer, rest: UnsafeRawBufferPointer)? {
        var start = 0
        while start < query.count {
            var end = start
            while end < query.count, query[end] != UInt8(ascii: "&") { end += 1 }
            let rest = min(end + 1, query.count)
            if end - start >= 4, query[start] == UInt8(ascii: "k"), query[start + 1] == UInt8(ascii: "e"),
                query[start + 2] == UInt8(ascii: "y"), query[start + 3] == UInt8(ascii: "=")
            {
                return (
                    UnsafeRawBufferPointer(rebasing: query[(start + 4)..<end]),
                    UnsafeRawBufferPointer(rebasing: query[rest...])
                )
            }
            start = rest
        }
        return nil
    }

    /// Decodes `%XX` (RFC 3986 §2.1) into `buffer`; a `%` without two hexadecimal digits stands for itself.
    private static func percentDecoded(
        _ text: UnsafeRawBufferPointer,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(GatewayError) -> UnsafeRawBufferPointer {
        var read = 0
        var written = 0
        while read < text.count {
            guard written < buffer.count else { throw KeyRefusal.unknown.error }
            if text[read] == UInt8(ascii: "%"), read + 2 < text.count, let high = Self.hexadecimal(text[read + 1]),
                let low = Self.hexadecimal(text[read + 2])
            {
                buffer[written] = high << 4 | low
                read += 3
            } else {
                buffer[written] = text[read]
                read += 1
            }
            written += 1
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<written])
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
