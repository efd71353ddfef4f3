extension Configuration {
    /// The route trees as lines for people, the routes they name put in their places: what `turnpike check` prints.
    ///
    /// Each level is indented by two spaces; a route that is named again in the same tree is not spelled out again.
    package var resolvedRoutes: [String] {
        var lines: [String] = []
        for route in self.routes {
            var printer = RoutePrinter(configuration: self)
            printer.open = [route.name]
            printer.spelledOut = [route.name]
            if route.node.children.isEmpty, case .target(let target) = route.node.strategy {
                lines.append("\(route.name) → \(target)")
            } else {
                lines.append(route.name)
                printer.add(route.node, label: nil, depth: 1)
                lines += printer.lines
            }
        }
        return lines
    }
}

private struct RoutePrinter {
    let configuration: Configuration
    var lines: [String] = []
    var open: [String] = []
    var spelledOut: Set<String> = []

    mutating func add(_ node: RouteNode, label: String?, depth: Int) {
        var line = String(repeating: "  ", count: depth)
        if let label { line += "\(label): " }
        line += self.title(of: node)
        if !node.strategy.isInForce { line += "  (not in force yet)" }
        self.lines.append(line)
        if case .route(let name) = node.strategy {
            guard self.spelledOut.insert(name).inserted, let route = self.configuration.route(name) else { return }
            self.add(route.node, label: nil, depth: depth + 1)
            return
        }
        for (label, child) in node.labelledChildren { self.add(child, label: label, depth: depth + 1) }
    }

    private func title(of node: RouteNode) -> String {
        switch node.strategy {
        case .target(let target): "\(target)"
        case .route(let name): "route \(name)"
        case .model(let name): "\(name) (catalogue)"
        case .fallback: "fallback"
        case .fastest: "fastest"
        case .cheapest: "cheapest"
        case .balance: "balance"
        case .split(let split): split.sticky.map { "split, sticky by \($0.rawValue)" } ?? "split"
        case .cascade(let cascade): "cascade, accepts \(cascade.accept.title)"
        case .classify(let classify): "classify by \(classify.by.rawValue)"
        case .learn(let learn): "learn, quality \(shortNumber(learn.quality))"
        case .shadow(let shadow): "shadow, \(shortNumber(shadow.sample.fraction * 100))% copied"
        }
    }
}

extension RouteNode {
    /// The children with the word that says what each is for.
    fileprivate var labelledChildren: [(label: String?, node: RouteNode)] {
        switch self.strategy {
        case .target, .route, .model: []
        case .fallback(let nodes), .fastest(let nodes), .cheapest(let nodes), .balance(let nodes):
            nodes.map { (nil, $0) }
        case .split(let split): split.arms.map { ("\($0.weight)", $0.to) }
        case .cascade(let cascade):
            if case .judge(let judge, _) = cascade.accept {
                cascade.steps.map { (nil, $0) } + [("judge", judge)]
            } else {
                cascade.steps.map { (nil, $0) }
            }
        case .classify(let classify):
            classify.to.map { ($0.label, $0.node) } + (classify.otherwise.map { [("otherwise", $0)] } ?? [])
        case .learn(let learn): learn.among.map { (nil, $0) }
        case .shadow(let shadow): [("answer", shadow.answer), ("also", shadow.also)]
        }
    }
}

extension RouteNode.Acceptance {
    fileprivate var title: String {
        switch self {
        case .confidence(let least): "confidence \(shortNumber(least))"
        case .schema: "a valid schema"
        case .judge(_, let score): "score \(shortNumber(score))"
        }
    }
}

extension RouteNode.Strategy {
    /// The part of the gateway that carries it out; nil for a leaf.
    package var part: Part? {
        switch self {
        case .target, .route, .model: nil
        case .fallback: .strategy("fallback")
        case .fastest: .strategy("fastest")
        case .cheapest: .strategy("cheapest")
        case .balance: .strategy("balance")
        case .split: .strategy("split")
        case .cascade: .strategy("cascade")
        case .classify: .strategy("classify")
        case .learn: .strategy("learn")
        case .shadow: .strategy("shadow")
        }
    }

    /// Whether the gateway can carry it out; a request for a route that needs what it cannot is refused.
    package var isInForce: Bool { self.part?.isInForce ?? true }
}

extension Configuration {
    /// The first part a tree needs that is not in force, so that a request for it has to be refused; nil where it can
    /// be served.
    package func pendingPart(of node: RouteNode) -> Part? {
        var open: Set<String> = []
        return self.pendingPart(of: node, &open)
    }

    private func pendingPart(of node: RouteNode, _ open: inout Set<String>) -> Part? {
        if let part = node.strategy.part, !part.isInForce { return part }
        switch node.strategy {
        case .target(let target):
            guard let kind = self.provider(target.provider)?.kind, !kind.isInForce else { return nil }
            return .kind(kind)
        case .route(let name):
            guard open.insert(name).inserted, let route = self.route(name) else { return nil }
            return self.pendingPart(of: route.node, &open)
        default:
            for child in node.children {
                if let part = self.pendingPart(of: child, &open) { return part }
            }
            return nil
        }
    }
}
