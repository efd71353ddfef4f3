import Core
import Identity
import JSON

/// The routes under `/admin/v1/keys`.
enum KeyRoutes {
    /// Make, list, show, revoke, rotate.
    static let all = [
        AdminRoute("POST", "/admin/v1/keys") { (surface, call) throws(GatewayError) in
            let draft = try KeyDraft(body: try await call.request.body(), now: surface.keys.present)
            let made = try await surface.stored { try await surface.keys.create(draft) }
            return .json(Self.shown(made, surface.keys), status: 201)
        },
        AdminRoute("GET", "/admin/v1/keys") { (surface, call) throws(GatewayError) in
            let (cursor, limit) = try Self.page(call.request.query)
            let page = try await surface.stored { try await surface.keys.page(after: cursor, limit: limit) }
            return .json([
                "data": .array(page.records.map { .object($0.json(status: surface.keys.status(of: $0))) }),
                "next_cursor": page.next.map { .string($0) } ?? .null,
            ])
        },
        AdminRoute("GET", "/admin/v1/keys/{id}") { (surface, call) throws(GatewayError) in
            guard let record = try await surface.stored({ try await surface.keys.get(id: call.id) }) else {
                throw Self.unknown
            }
            return .json(.object(record.json(status: surface.keys.status(of: record))))
        },
        AdminRoute("DELETE", "/admin/v1/keys/{id}") { (surface, call) throws(GatewayError) in
            guard try await surface.stored({ try await surface.keys.revoke(id: call.id) }) else { throw Self.unknown }
            return AdminAnswer(status: 204)
        },
        AdminRoute("POST", "/admin/v1/keys/{id}/rotate") { (surface, call) throws(GatewayError) in
            guard let made = try await surface.stored({ try await surface.keys.rotate(id: call.id) }) else {
                throw Self.unknown
            }
            return .json(Self.shown(made, surface.keys))
        },
    ]

    /// A key with its secret, for the one answer that shows it.
    private static func shown(_ made: MadeKey, _ keys: KeyDirectory) -> JSONValue {
        var object: JSONObject = [:]
        object["id"] = .string(made.record.id)
        object["key"] = .string(made.key.secret.reveal())
        if let accessKeyID = made.record.awsAccessKeyID, let secret = made.awsSecret {
            object["aws_access_key_id"] = .string(accessKeyID.description)
            object["aws_secret_access_key"] = .string(secret.reveal())
        }
        for (name, value) in made.record.json(status: keys.status(of: made.record)).members where object[name] == nil {
            object[name] = value
        }
        return .object(object)
    }

    // Not quoted: some paste the key itself where its identifier belongs.
    private static let unknown = GatewayError(
        .notFound,
        origin: .client,
        "no key has this id; GET /admin/v1/keys lists the ids",
        field: "id"
    )

    /// Reads `cursor` and `limit` (1 to 200, 50 where it is not given).
    private static func page(_ query: String) throws(GatewayError) -> (cursor: String?, limit: Int) {
        var cursor: String?
        var limit = 50
        for parameter in query.split(separator: "&") {
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? String(parts[1]) : ""
            switch parts[0] {
            case "cursor":
                guard Self.isKeyID(value) else {
                    throw .refused("cursor", "cursor must be the next_cursor of the page before")
                }
                cursor = value
            case "limit":
                guard let number = Int(value), (1...200).contains(number) else {
                    throw .refused("limit", "limit must be a whole number from 1 to 200")
                }
                limit = number
            default:
                throw .refused(String(parts[0].prefix(64)), "unknown query parameter; this list takes cursor and limit")
            }
        }
        return (cursor, limit)
    }

    private static func isKeyID(_ text: String) -> Bool {
        text.hasPrefix("key_") && text.utf8.count == 30
            && text.utf8.dropFirst(4).allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
    }
}

extension AdminCall {
    /// The identifier in the path.
    fileprivate var id: String { self.parameters["id"] ?? "" }
}
