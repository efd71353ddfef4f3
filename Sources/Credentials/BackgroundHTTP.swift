package import Core

/// The HTTP calls the gateway makes for itself: to token services and metadata services, never with a client's data.
///
/// Answers are small and bounded, and no redirect is followed: what is sent is a credential, and it goes only where it was
/// meant to go.
package protocol BackgroundHTTP: Sendable {
    /// Sends `request` and gives the whole answer, whatever its status.
    ///
    /// - Throws: ``BackgroundHTTPError`` where there is no answer within the request's time and the bound on bodies.
    func send(_ request: BackgroundRequest) async throws(BackgroundHTTPError) -> BackgroundResponse
}

/// A request to a token service. It cannot be printed: its fields and its body are credentials more often than not.
package struct BackgroundRequest: Sendable {
    /// The method.
    package var method: Method
    /// The absolute URL, `http` or `https`; no credential is in it.
    package var url: String
    /// The header fields, in order.
    package var fields: [(name: String, value: Secret)]
    /// The body; nil is none.
    package var body: Secret?
    /// How long the whole call may take.
    package var timeout: Duration

    /// A request without a body.
    package init(_ method: Method, _ url: String, timeout: Duration) {
        self.method = method
        self.url = url
        self.fields = []
        self.timeout = timeout
    }

    /// The methods token services take.
    package enum Method: String, Sendable, Hashable {
        case get = "GET"
        case put = "PUT"
        case post = "POST"
    }

    /// Adds a header field.
    package mutating func add(_ name: String, _ value: Secret) { self.fields.append((name, value)) }

    /// Adds a header field whose value is no credential.
    package mutating func add(_ name: String, _ value: String) { self.add(name, Secret(value)) }

    /// Makes the body a form (`application/x-www-form-urlencoded`) of these fields.
    package mutating func setForm(_ fields: [(name: String, value: String)]) {
        var body: [UInt8] = []
        for (name, value) in fields {
            if !body.isEmpty { body.append(UInt8(ascii: "&")) }
            PercentEncoding.append(name.utf8, to: &body)
            body.append(UInt8(ascii: "="))
            PercentEncoding.append(value.utf8, to: &body)
        }
        self.add("content-type", "application/x-www-form-urlencoded")
        self.body = Secret(String(decoding: body, as: UTF8.self))
    }
}

extension BackgroundRequest: CustomStringConvertible, CustomReflectable {
    /// The method and the URL without its query.
    package var description: String { "\(self.method.rawValue) \(self.url.prefix { $0 != "?" })" }
    /// Empty, so that dumping it shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// An answer of a token service. It cannot be printed either.
package struct BackgroundResponse: Sendable {
    /// The HTTP status.
    package var status: Int
    /// The header fields, names in lower case.
    package var fields: [(name: String, value: String)]
    /// The body, at most ``largestBody`` bytes.
    package var body: [UInt8]

    /// The bound on bodies, in bytes: 1 MiB.
    package static let largestBody = 1 << 20

    /// An answer from its parts.
    package init(status: Int, fields: [(name: String, value: String)], body: [UInt8]) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The first value of the field `name`, given in lower case.
    package func value(of name: String) -> String? { self.fields.first { $0.name == name }?.value }
}

extension BackgroundResponse: CustomStringConvertible, CustomReflectable {
    /// The status and the length alone.
    package var description: String { "status \(self.status), \(self.body.count) bytes" }
    /// Empty, so that dumping it shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a call had no answer. The text never holds what was sent.
package enum BackgroundHTTPError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Nothing, or not all, came within the request's time.
    case timedOut
    /// The body is over the bound.
    case bodyTooLarge
    /// The connection could not be made or broke, with the reason in a few words.
    case failed(String)
    /// The gateway is shutting down.
    case closed

    /// A clause for an error message: "no answer in time".
    package var description: String {
        switch self {
        case .timedOut: "no answer in time"
        case .bodyTooLarge: "the answer is over \(BackgroundResponse.largestBody) bytes"
        case .failed(let reason): reason
        case .closed: "the gateway is shutting down"
        }
    }
}
