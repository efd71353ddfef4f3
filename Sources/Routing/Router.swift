package import Catalog
package import Core
package import TurnpikeConfiguration

/// Where a request may go, and why.
package struct Decision: Sendable {
    /// The name that decided: a route, or the name that was asked for where no route did.
    package var route: String
    /// The targets to try, in order.
    package var candidates: [Target]

    package init(route: String, candidates: [Target]) {
        self.route = route
        self.candidates = candidates
    }
}

/// From the model name a client asks for to the targets that may answer.
///
/// The order is the contract's: a route, then `provider/model`, then a catalogue name at a configured provider.
package struct Router: Sendable {
    private let routes: [String: RouteNode]
    private let routeNames: [String]
    private let providers: [String: ProviderKind]
    private let catalog: Catalog
    private let directNames: Bool
    /// The part each route waits for, where it waits for one.
    private let pending: [String: Part]
    /// How many route names may lead to one another.
    private static let depth = 16

    package init(_ configuration: Configuration, catalog: Catalog) {
        var routes: [String: RouteNode] = [:]
        var pending: [String: Part] = [:]
        for route in configuration.routes {
            routes[route.name] = route.node
            pending[route.name] = configuration.pendingPart(of: route.node)
        }
        self.routes = routes
        self.pending = pending
        self.routeNames = configuration.routes.map(\.name)
        self.providers = Dictionary(uniqueKeysWithValues: configuration.providers.map { ($0.name, $0.kind) })
        self.catalog = catalog
        self.directNames = configuration.directNames
    }

    /// - Throws: `modelNotFound` with the nearest names, or `notInForce` where the route or the provider needs a part
    ///   that is not built yet.
    package func decide(model: String) throws(GatewayError) -> Decision {
        if let node = self.routes[model] {
            return Decision(route: model, candidates: try self.candidates(of: node, route: model, depth: 0))
        }
        if self.directNames {
            if let target = try self.direct(model) { return Decision(route: model, candidates: [target]) }
        }
        throw self.notFound(model)
    }

    /// The names a client may ask for: routes, and where direct names are allowed the known `provider/model` and plain
    /// names.
    package var names: [String] {
        guard self.directNames else { return self.routeNames }
        var seen = Set(self.routeNames)
        let targets = self.catalog.targets.filter { self.isServed($0.provider) }
        let direct = targets.map(\.description) + self.catalog.names
        return self.routeNames + direct.filter { seen.insert($0).inserted }
    }

    private func candidates(of node: RouteNode, route: String, depth: Int) throws(GatewayError) -> [Target] {
        if let part = self.pending[route] { throw Router.notInForce("the route '\(route)' needs \(part.name)") }
        switch node.strategy {
        case .target(let target):
            try self.requireServed(target)
            return [target]
        case .route(let name):
            guard depth < Self.depth, let next = self.routes[name] else { throw self.notFound(name) }
            return try self.candidates(of: next, route: name, depth: depth + 1)
        case .model(let name):
            guard let target = try self.direct(name) else { throw self.notFound(name) }
            return [target]
        case .fallback, .fastest, .cheapest, .balance, .split, .cascade, .classify, .learn, .shadow:
            throw Router.notInForce("the route '\(route)' uses a strategy")
        }
    }

    private func direct(_ name: String) throws(GatewayError) -> Target? {
        if let target = Target(parsing: name), self.providers[target.provider] != nil {
            try self.requireServed(target)
            return target
        }
        let known = self.catalog.targets(named: name)
        return known.first { self.isServed($0.provider) } ?? known.first
    }

    private func isServed(_ provider: String) -> Bool {
        self.providers[provider].map { Part.kind($0).isInForce } ?? false
    }

    private func requireServed(_ target: Target) throws(GatewayError) {
        if let kind = self.providers[target.provider], !Part.kind(kind).isInForce {
            throw Router.notInForce("the provider '\(target.provider)' needs \(Part.kind(kind).name)")
        }
    }

    private static func notInForce(_ what: String) -> GatewayError {
        let message = "\(what), which this version accepts in its configuration but does not serve yet"
        return GatewayError(.notInForce, origin: .gateway, message, field: "model")
    }

    private func notFound(_ name: String) -> GatewayError {
        let near = NearestNames.of(name, among: self.names).map { "'\($0)'" }
        let hint =
            near.isEmpty
            ? "ask for a route, or for provider/model; GET /v1/models lists what there is"
            : "did you mean \(near.joined(separator: " or "))?"
        let shown = name.prefix(200)
        return GatewayError(
            .modelNotFound,
            origin: .client,
            "there is no route or model named '\(shown)'; \(hint)",
            field: "model"
        )
    }
}
