/// Why a request could not be answered: what went wrong, whose doing it was, and whether trying again can help.
///
/// Every room throws this one type on the request path; each dialect turns it into its own error shape in one place.
/// `message` is for the caller: it names the field and the fix, and never holds a prompt, a key or an upstream
/// credential.
///
/// One reference wide: nearly every call of the request path may throw it, and what it says would otherwise have its place
/// in each of their frames, though it is nearly never there.
package struct GatewayError: Error, Sendable {
    private struct Contents: Sendable {
        var code: Code
        var origin: Origin
        var retry: Retry
        var message: String
        var field: String?
        var upstreamStatus: Int?
        var retryAfter: Duration?
    }

    private final class Box: Sendable {
        let contents: Contents
        init(_ contents: Contents) { self.contents = contents }
    }

    private var box: Box

    package init(
        _ code: Code,
        origin: Origin,
        retry: Retry = .never,
        _ message: String,
        field: String? = nil,
        upstreamStatus: Int? = nil,
        retryAfter: Duration? = nil
    ) {
        self.box = Box(
            Contents(
                code: code,
                origin: origin,
                retry: retry,
                message: message,
                field: field,
                upstreamStatus: upstreamStatus,
                retryAfter: retryAfter
            )
        )
    }

    package var code: Code {
        get { self.box.contents.code }
        set { self.change { $0.code = newValue } }
    }
    package var origin: Origin {
        get { self.box.contents.origin }
        set { self.change { $0.origin = newValue } }
    }
    package var retry: Retry {
        get { self.box.contents.retry }
        set { self.change { $0.retry = newValue } }
    }
    package var message: String {
        get { self.box.contents.message }
        set { self.change { $0.message = newValue } }
    }
    /// The request field at fault, in the client's own spelling (`messages[0].content`), where there is one.
    package var field: String? {
        get { self.box.contents.field }
        set { self.change { $0.field = newValue } }
    }
    /// The HTTP status the upstream answered, where it answered at all.
    package var upstreamStatus: Int? {
        get { self.box.contents.upstreamStatus }
        set { self.change { $0.upstreamStatus = newValue } }
    }
    /// How long to wait before trying again, where the upstream or a limit said so.
    package var retryAfter: Duration? {
        get { self.box.contents.retryAfter }
        set { self.change { $0.retryAfter = newValue } }
    }

    private mutating func change(_ edit: (inout Contents) -> Void) {
        var contents = self.box.contents
        edit(&contents)
        self.box = Box(contents)
    }
}

extension GatewayError {
    /// Whose doing the error was.
    package enum Origin: Sendable, Hashable {
        case client
        case gateway
        case upstream
    }

    /// What may help.
    package enum Retry: Sendable, Hashable {
        /// The same request would fail the same way anywhere.
        case never
        /// The same target may answer if asked again.
        case sameTarget
        /// Another target may answer; this one will not.
        case otherTarget
    }

    /// The kind of error, independent of any dialect. A struct around a private enum, so that kinds can be added.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case badRequest = "bad_request"
            case unsupported
            case authentication
            case badSignature = "bad_signature"
            case permission
            case billing
            case notFound = "not_found"
            case methodNotAllowed = "method_not_allowed"
            case modelNotFound = "model_not_found"
            case conflict
            case requestTimeout = "request_timeout"
            case bodyTooLarge = "body_too_large"
            case headTooLarge = "head_too_large"
            case contextLength = "context_length"
            case contentFilter = "content_filter"
            case rateLimit = "rate_limit"
            case quotaExhausted = "quota_exhausted"
            case overloaded
            case upstreamAuthentication = "upstream_auth"
            case upstreamTimeout = "upstream_timeout"
            case upstreamError = "upstream_error"
            case network
            case truncatedStream = "truncated_stream"
            case deadline
            case clientCancelled = "client_cancelled"
            case shuttingDown = "shutting_down"
            case notInForce = "not_in_force"
            case gatewayFault = "gateway_error"
        }

        private let kind: Kind
        private init(_ kind: Kind) { self.kind = kind }

        /// The name of the code in logs, metrics and records.
        package var description: String { self.kind.rawValue }

        /// The request is malformed or a field holds what cannot be served.
        package static let badRequest = Code(.badRequest)
        /// The request asks for something the target cannot do.
        package static let unsupported = Code(.unsupported)
        /// No key, or a key that is not valid here.
        package static let authentication = Code(.authentication)
        /// The request is signed, but not as the holder of the key would have signed it.
        package static let badSignature = Code(.badSignature)
        /// The key may not do this.
        package static let permission = Code(.permission)
        /// The budget above the key is spent.
        package static let billing = Code(.billing)
        /// Nothing is served at this path.
        package static let notFound = Code(.notFound)
        /// The path is served, but not with this method.
        package static let methodNotAllowed = Code(.methodNotAllowed)
        /// No route, target or catalogue entry has this model name.
        package static let modelNotFound = Code(.modelNotFound)
        /// The request contradicts the state of what it names.
        package static let conflict = Code(.conflict)
        /// The client took too long to send its request.
        package static let requestTimeout = Code(.requestTimeout)
        /// The request body is over the configured bound.
        package static let bodyTooLarge = Code(.bodyTooLarge)
        /// The request head is over the configured bound.
        package static let headTooLarge = Code(.headTooLarge)
        /// The prompt does not fit the model's context window.
        package static let contextLength = Code(.contextLength)
        /// A content filter refused the input or the output.
        package static let contentFilter = Code(.contentFilter)
        /// Too many requests or tokens in a time window.
        package static let rateLimit = Code(.rateLimit)
        /// The provider account behind the target has no money or quota left.
        package static let quotaExhausted = Code(.quotaExhausted)
        /// The upstream is up but has no capacity.
        package static let overloaded = Code(.overloaded)
        /// The upstream refused the gateway's own credential.
        package static let upstreamAuthentication = Code(.upstreamAuthentication)
        /// The upstream took too long.
        package static let upstreamTimeout = Code(.upstreamTimeout)
        /// The upstream failed, or answered what its dialect does not allow.
        package static let upstreamError = Code(.upstreamError)
        /// The upstream could not be reached, or the connection to it broke before the answer began.
        package static let network = Code(.network)
        /// The answer broke off before its end.
        package static let truncatedStream = Code(.truncatedStream)
        /// The request's total deadline passed.
        package static let deadline = Code(.deadline)
        /// The client went away.
        package static let clientCancelled = Code(.clientCancelled)
        /// The gateway is draining.
        package static let shuttingDown = Code(.shuttingDown)
        /// The configuration names a part that is not built yet.
        package static let notInForce = Code(.notInForce)
        /// A fault of the gateway itself.
        package static let gatewayFault = Code(.gatewayFault)
    }
}

extension GatewayError: CustomStringConvertible {
    /// Code and origin only: a log line must not leak what the message quotes from a request.
    package var description: String { "\(self.code) (\(self.origin))" }
}
