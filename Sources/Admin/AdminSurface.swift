import Core
import Identity
import JSON
package import Logging

/// What the admin port answers, whatever server carries it: authentication, routing and errors in one place.
///
/// Everything under `/admin`, known or not, needs a key with the role `admin`: what no rule allows is denied.
package struct AdminSurface: Sendable {
    /// Whether the node takes requests.
    package enum Readiness: Sendable, Hashable {
        case ready
        /// It does not, and why, in words for an operator.
        case notReady(String)
    }

    /// The keys of this node.
    let keys: KeyDirectory
    private let readiness: @Sendable () -> Readiness
    private let metrics: (@Sendable () -> String)?
    private let logger: Logger

    /// Makes the surface.
    ///
    /// - Parameters:
    ///   - keys: the keys of this node.
    ///   - readiness: asked for each `/readyz`.
    ///   - metrics: the text of `/metrics` in Prometheus's exposition format; nil where metrics are switched off.
    ///   - logger: told what answers leave out, such as why the database failed.
    package init(
        keys: KeyDirectory,
        readiness: @escaping @Sendable () -> Readiness,
        metrics: (@Sendable () -> String)?,
        logger: Logger
    ) {
        self.keys = keys
        self.readiness = readiness
        self.metrics = metrics
        self.logger = logger
    }

    /// Answers a request; errors become answers here.
    package func answer(_ request: AdminRequest) async -> AdminAnswer {
        do throws(GatewayError) {
            return try await self.route(request)
        } catch {
            return .error(error)
        }
    }

    private func route(_ request: AdminRequest) async throws(GatewayError) -> AdminAnswer {
        let method = request.method == "HEAD" ? "GET" : request.method
        let matches = AdminRoute.all.compactMap { route in
            route.parameters(of: request.path).map { (route: route, parameters: $0) }
        }
        guard let match = matches.first(where: { $0.route.method == method }) else {
            // Whoever has no key learns nothing about what is here.
            if Self.isUnderAdmin(request.path) { _ = try self.authenticate(request) }
            guard let first = matches.first else {
                throw GatewayError(
                    .notFound,
                    origin: .client,
                    "nothing is served at this path; GET /admin/openapi.json lists what is"
                )
            }
            let allowed = Set(matches.map(\.route.method)).union(
                matches.contains { $0.route.method == "GET" } ? ["HEAD"] : []
            )
            var answer = AdminAnswer.error(
                GatewayError(
                    .methodNotAllowed,
                    origin: .client,
                    "\(first.route.template) does not take this method; the Allow field names those it takes"
                )
            )
            answer.fields.append(("allow", allowed.sorted().joined(separator: ", ")))
            return answer
        }
        let principal: Principal? =
            switch match.route.access {
            case .anybody: nil
            case .loopbackOrAdmin: request.origin == .remote ? try self.authenticate(request) : nil
            case .admin: try self.authenticate(request)
            }
        let call = AdminCall(request: request, parameters: match.parameters, principal: principal)
        return try await match.route.answer(self, call)
    }

    private static func isUnderAdmin(_ path: String) -> Bool { path == "/admin" || path.hasPrefix("/admin/") }

    /// Who the owner of the control socket is.
    private static let socketOwner = Principal(keyID: "control-socket", account: .root, role: .admin)

    /// Finds out who asks, and lets only administrators on.
    private func authenticate(_ request: AdminRequest) throws(GatewayError) -> Principal {
        if request.origin == .controlSocket { return Self.socketOwner }
        let authorization = Array((request.authorization ?? "").utf8)
        let apiKey = Array((request.apiKey ?? "").utf8)
        let result = authorization.withUnsafeBytes { authorization in
            apiKey.withUnsafeBytes { apiKey -> Result<Principal, GatewayError> in
                self.authenticate(authorization: authorization, apiKey: apiKey)
            }
        }
        let principal = try result.get()
        guard principal.role == .admin else {
            throw GatewayError(
                .permission,
                origin: .client,
                "this key has the role \(principal.role.rawValue); the admin API needs a key with the role admin"
            )
        }
        return principal
    }

    private func authenticate(
        authorization: UnsafeRawBufferPointer,
        apiKey: UnsafeRawBufferPointer
    ) -> Result<Principal, GatewayError> {
        do throws(GatewayError) {
            var principal: Result<Principal, KeyRefusal> = .failure(.unknown)
            try CredentialPlaces.find(
                field: { $0 == .authorization ? authorization : $0 == .xAPIKey ? apiKey : nil },
                query: nil,
                body: { presented throws(GatewayError) in
                    guard let presented else {
                        throw GatewayError(
                            .authentication,
                            origin: .client,
                            "send the admin key, as Authorization: Bearer KEY or x-api-key: KEY"
                        )
                    }
                    principal = self.keys.authenticate(presented)
                }
            )
            return principal.mapError(\.error)
        } catch {
            return .failure(error)
        }
    }

    /// `/readyz`: 200 or 503.
    func readinessAnswer() -> AdminAnswer {
        switch self.readiness() {
        case .ready:
            .json(["status": "ready"])
        case .notReady(let reason):
            .json(["status": "not ready", "reason": .string(reason)], status: 503)
        }
    }

    /// `/metrics`, in the text format's version 0.0.4.
    func metricsAnswer() -> AdminAnswer {
        guard let metrics = self.metrics else {
            return .error(GatewayError(.notFound, origin: .client, "metrics are switched off (telemetry.prometheus)"))
        }
        return AdminAnswer(
            status: 200,
            fields: [("content-type", "text/plain; version=0.0.4; charset=utf-8")],
            body: Array(metrics().utf8)
        )
    }

    /// Runs a change of the keys. What the store fails with goes to the log; the caller learns that it failed, and
    /// nothing of the store's insides.
    func stored<Result>(_ body: () async throws -> Result) async throws(GatewayError) -> Result {
        do {
            return try await body()
        } catch let error as GatewayError {
            throw error
        } catch {
            self.logger.error("the key store failed", metadata: ["error": "\(error)"])
            throw GatewayError(
                .gatewayFault,
                origin: .gateway,
                retry: .sameTarget,
                "the database could not be read or written; the gateway's log says why, and trying again may help"
            )
        }
    }
}
