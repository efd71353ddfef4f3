package import Core
import JSON

/// A request to the admin surface, free of any server's types.
package struct AdminRequest: Sendable {
    /// Where a request comes from, which decides what it may see without a key.
    package enum Origin: Sendable, Hashable {
        /// The socket beside the database, which only its owner can open: trusted as admin.
        case controlSocket
        /// This machine, directly.
        case loopback
        /// Anywhere else, or through a proxy.
        case remote
    }

    /// The method, in upper case.
    package var method: String
    /// The path as sent, without the query.
    package var path: String
    /// What follows `?`, as sent.
    package var query: String
    /// Where it comes from.
    package var origin: Origin
    /// The value of `Authorization`.
    package var authorization: String?
    /// The value of `x-api-key`.
    package var apiKey: String?
    /// Reads the body, within the bounds of size and time.
    package var body: @Sendable () async throws(GatewayError) -> [UInt8]

    /// A request as a server read it; what is left out was not sent.
    package init(
        _ method: String,
        _ path: String,
        query: String = "",
        origin: Origin = .remote,
        authorization: String? = nil,
        apiKey: String? = nil,
        body: @escaping @Sendable () async throws(GatewayError) -> [UInt8] = { () throws(GatewayError) in [] }
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.origin = origin
        self.authorization = authorization
        self.apiKey = apiKey
        self.body = body
    }
}

/// What the admin surface answers.
package struct AdminAnswer: Sendable {
    /// The HTTP status.
    package var status: Int
    /// Header fields beside those every answer gets.
    package var fields: [(name: String, value: String)] = []
    /// The body, empty for none.
    package var body: [UInt8] = []

    /// An answer in JSON.
    static func json(_ value: JSONValue, status: Int = 200) -> AdminAnswer {
        AdminAnswer(status: status, fields: [("content-type", "application/json")], body: value.bytes)
    }

    /// An error as every error of this surface looks.
    ///
    /// The shape is that of OpenAI's API, because the dashboard and most clients know it.
    package static func error(_ error: GatewayError) -> AdminAnswer {
        let (status, type) = Self.status(of: error.code)
        let body: JSONValue = [
            "error": [
                "message": .string(error.message),
                "type": .string(type),
                "param": error.field.map { .string($0) } ?? .null,
                "code": .string("\(error.code)"),
            ]
        ]
        var answer = AdminAnswer.json(body, status: status)
        if status == 401 { answer.fields.append(("www-authenticate", "Bearer")) }
        return answer
    }

    private static func status(of code: GatewayError.Code) -> (status: Int, type: String) {
        switch code {
        case .badRequest, .notInForce: (400, "invalid_request_error")
        case .authentication: (401, "authentication_error")
        case .permission: (403, "permission_error")
        case .notFound: (404, "not_found_error")
        case .methodNotAllowed: (405, "invalid_request_error")
        case .requestTimeout: (408, "invalid_request_error")
        case .conflict: (409, "invalid_request_error")
        case .bodyTooLarge: (413, "invalid_request_error")
        default: (500, "server_error")
        }
    }
}

extension GatewayError {
    /// A field that cannot be accepted: `message` says what to write instead.
    static func refused(_ field: String, _ message: String) -> GatewayError {
        GatewayError(.badRequest, origin: .client, message, field: field)
    }
}
