import Core
import Identity
import JSON

/// One path and method of the admin port. The table below is all that is served: requests are matched against it, and
/// tests run through it.
package struct AdminRoute: Sendable {
    /// Who may call a route.
    package enum Access: Sendable, Hashable {
        /// Anybody: the answer says nothing but whether the process lives.
        case anybody
        /// This machine without a key, everybody else as for `admin`.
        case loopbackOrAdmin
        /// A key with the role `admin`, or the control socket.
        case admin
    }

    /// The method, in upper case.
    package let method: String
    /// The path; a segment in braces matches any one segment.
    package let template: String
    /// Who may call it.
    package let access: Access
    /// What it does, once the caller is known to be allowed.
    let answer: @Sendable (AdminSurface, AdminCall) async throws(GatewayError) -> AdminAnswer

    /// Every route of the port.
    package static let all: [AdminRoute] =
        [
            AdminRoute("GET", "/healthz", .anybody) { (_, _) throws(GatewayError) in
                .json(["status": "ok"])
            },
            AdminRoute("GET", "/readyz", .anybody) { (surface, _) throws(GatewayError) in surface.readinessAnswer() },
            AdminRoute("GET", "/metrics", .loopbackOrAdmin) { (surface, _) throws(GatewayError) in
                surface.metricsAnswer()
            },
            AdminRoute("GET", "/admin/openapi.json", .admin) { (_, _) throws(GatewayError) in
                AdminAnswer(
                    status: 200,
                    fields: [("content-type", "application/json")],
                    body: Array(OpenAPIDocument.text.utf8)
                )
            },
        ] + KeyRoutes.all

    /// A route for administrators, unless another access is named.
    init(
        _ method: String,
        _ template: String,
        _ access: Access = .admin,
        _ answer: @escaping @Sendable (AdminSurface, AdminCall) async throws(GatewayError) -> AdminAnswer
    ) {
        self.method = method
        self.template = template
        self.access = access
        self.answer = answer
    }

    /// The values of the segments in braces where `path` fits the template; nil where it does not.
    func parameters(of path: String) -> [String: String]? {
        let names = self.template.split(separator: "/", omittingEmptySubsequences: false)
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (name, segment) in zip(names, segments) {
            if name.hasPrefix("{") {
                guard !segment.isEmpty else { return nil }
                parameters[String(name.dropFirst().dropLast())] = String(segment)
            } else if name != segment {
                return nil
            }
        }
        return parameters
    }
}

/// A request that found its route and may use it.
package struct AdminCall: Sendable {
    /// The request itself.
    let request: AdminRequest
    /// The segments in braces, by name.
    let parameters: [String: String]
    /// Who asks; nil where the route is open and no key was looked at.
    let principal: Principal?
}
