extension Configuration {
    /// Checks what no section can see alone.
    func check(_ document: Element, _ reading: Reading) {
        if self.isOpenToAll {
            let place = document["auth"] ?? document["listen"] ?? document
            reading.error(
                at: place,
                "auth: none while listening on \(self.listen), which other machines can reach",
                fix: "listen on 127.0.0.1, or write auth: required"
            )
        }
        if self.listen == self.admin.listen, self.listen.port != 0 {
            reading.error(
                at: document["admin"]?["listen"] ?? document["listen"] ?? document,
                "the admin port and the data port are both \(self.listen)",
                fix: "give admin a port of its own"
            )
        }
        if document.entries != nil, self.providers.isEmpty,
            document["providers"].map({ $0.entries?.isEmpty ?? false }) ?? true
        {
            reading.warning(
                at: .start,
                path: "providers",
                "no provider is declared, so nothing can be answered",
                fix: "add providers: { openai: {} }, or demo: {} to try things out"
            )
        }
        self.checkRoutes(document, reading)
    }

    /// Looks for routes that name each other in a circle, and for trees too large once such names are followed.
    private func checkRoutes(_ document: Element, _ reading: Reading) {
        var sizes = RouteSizes(routes: self.routes)
        for entry in document["routes"]?.entries ?? [] {
            guard let route = self.route(entry.key) else { continue }
            switch sizes.measure(RouteNode(.route(route.name))) {
            case .cycle(let names):
                guard let reference = reading.references.first(where: { $0.from == names[0] && $0.to == names[1] })
                else { continue }
                reading.error(
                    at: reference.position,
                    path: reference.path,
                    "routes name each other in a circle: \(names.joined(separator: " → "))",
                    fix: "make one of them a provider/model"
                )
            case let result:
                result.report("route '\(route.name)'", at: entry.position, path: entry.value.path, reading)
            }
        }
        guard case .sequence(let rules)? = document["rules"]?.content, rules.count == self.rules.count else { return }
        for (rule, element) in zip(self.rules, rules) {
            sizes.measure(rule.use).report("the rule", at: element.position, path: element.path, reading)
        }
    }
}

/// Measures route trees with the routes they name put in their places, each route once.
private struct RouteSizes {
    enum Result {
        /// How deep the tree is and how many targets it comes to, both counted no further than needed.
        case size(depth: Int, targets: Int)
        /// The names of a circle, the first again at the end; given once for each circle.
        case cycle([String])
        /// Part of or leads to a circle that is already reported.
        case reported

        /// Reports a tree that is too large.
        func report(_ what: String, at position: Position, path: String, _ reading: Reading) {
            guard case .size(let depth, let targets) = self else { return }
            let problem: String? =
                if depth > RouteNode.depthLimit {
                    "is \(depth) nodes deep with the routes it names; at most \(RouteNode.depthLimit)"
                } else if targets > RouteNode.targetLimit {
                    "comes to more than \(RouteNode.targetLimit) targets with the routes it names"
                } else {
                    nil
                }
            if let problem { reading.error(at: position, path: path, "\(what) \(problem)") }
        }
    }

    private let nodes: [String: RouteNode]
    private var known: [String: Result] = [:]
    private var path: [String] = []
    private var found: [String]?

    init(routes: [Route]) {
        self.nodes = Dictionary(routes.map { ($0.name, $0.node) }) { first, _ in first }
    }

    mutating func measure(_ node: RouteNode) -> Result {
        self.found = nil
        let result = self.node(node)
        if let found { return .cycle(found) }
        return result
    }

    private mutating func route(_ name: String) -> Result {
        if let result = self.known[name] { return result }
        if let start = self.path.firstIndex(of: name) {
            if self.found == nil { self.found = Array(self.path[start...]) + [name] }
            return .reported
        }
        guard let node = self.nodes[name] else { return .size(depth: 1, targets: 1) }
        self.path.append(name)
        let result = self.node(node)
        self.path.removeLast()
        self.known[name] = result
        return result
    }

    private mutating func node(_ node: RouteNode) -> Result {
        if case .route(let name) = node.strategy { return self.route(name) }
        let children = node.children
        if children.isEmpty { return .size(depth: 1, targets: 1) }
        var deepest = 0
        var sum = 0
        var isWhole = true
        for child in children {
            if case .size(let depth, let targets) = self.node(child) {
                deepest = max(deepest, depth)
                sum = min(sum + targets, RouteNode.targetLimit + 1)
            } else {
                isWhole = false
            }
        }
        return isWhole ? .size(depth: deepest + 1, targets: sum) : .reported
    }
}
