extension RouteNode {
    /// The deepest nesting of a route tree, with the routes it names put in their places.
    package static let depthLimit = 16
    /// The most children of a node.
    package static let fanOutLimit = 64
    /// The most targets a route comes to, with the routes it names put in their places.
    package static let targetLimit = 4096

    /// What stands beside the strategy of a node.
    fileprivate static let fields: [Field<RouteNode>] = [
        Field("reliability", \.reliability, .section, "Reliability settings for everything below this node."),
        Field(
            "limits",
            \.limits,
            .section,
            part: .section("limits"),
            isUsed: { !$0.isEmpty },
            "Limits on what passes this node."
        ),
    ]

    /// The strategies, of which a node has exactly one.
    fileprivate static var alternatives: [Alternative<RouteNode>] {
        [
            self.strategy("fallback", .children, "The children in order, the next where one fails.") { .fallback($0) },
            self.strategy("fastest", .children, "The child whose first content came soonest of late.") { .fastest($0) },
            self.strategy("cheapest", .children, "The child that costs least for this request.") { .cheapest($0) },
            self.strategy("balance", .children, "The less loaded of two children picked at random.") { .balance($0) },
            self.strategy("split", Shape<Split>.section, "Weighted arms of an experiment.") { .split($0) },
            self.strategy("cascade", .cascade, "Cheap first, dear only where the answer is not good enough.") {
                .cascade($0)
            },
            self.strategy("classify", .classify, "A label chosen from the request decides.") { .classify($0) },
            self.strategy("learn", Shape<Learn>.section, "A router fitted on logged outcomes decides.") { .learn($0) },
            self.strategy("shadow", Shape<Shadow>.section, "One answers, another gets a copy of some requests.") {
                .shadow($0)
            },
        ]
    }

    private static func strategy<Content>(
        _ name: String,
        _ shape: Shape<Content>,
        _ meaning: String,
        make: @escaping @Sendable (Content) -> Strategy
    ) -> Alternative<RouteNode> {
        Alternative(name, shape, part: .strategy(name), meaning) { RouteNode(make($0)) }
    }
}

extension Shape where Value == RouteNode {
    /// A leaf (`provider/model` or the name of a route), or a mapping with one strategy.
    static var routeNode: Shape {
        let either = Shape.either(
            scalar: .leaf,
            mapping: .exactlyOne(title: "a route node", of: { RouteNode.alternatives }, beside: { RouteNode.fields })
        )
        return Shape(
            schema: { collection in collection.reference("route_node") { either.schema(collection) } },
            read: { element, reading in
                reading.routeDepth += 1
                defer { reading.routeDepth -= 1 }
                guard reading.routeDepth <= RouteNode.depthLimit else {
                    reading.error(at: element, "a route tree is at most \(RouteNode.depthLimit) nodes deep")
                    return nil
                }
                if case .sequence = element.content {
                    reading.error(at: element, "a list where a route node belongs", fix: "write { fallback: [ … ] }")
                    return nil
                }
                return either.read(element, reading)
            }
        )
    }

    /// A leaf, resolved against the names the file declares: a declared provider wins over a route of the same name,
    /// so that a route may be called like the model it improves on.
    private static var leaf: Shape {
        Shape<String>.text.map { text, element, reading in
            let names = reading.names
            let target = Target(parsing: text)
            if let target, names.providers.contains(target.provider) { return RouteNode(.target(target)) }
            if names.routes.contains(text) {
                if let from = reading.currentRoute {
                    reading.references.append(
                        RouteReference(from: from, to: text, position: element.position, path: element.path)
                    )
                }
                return RouteNode(.route(text))
            }
            if names.allowsCatalogueNames, names.isCatalogueName?(text) == true { return RouteNode(.model(text)) }
            RouteNode.reportLeaf(text, target, at: element, reading)
            return nil
        }
    }
}

extension RouteNode {
    /// Says why a leaf names nothing, and what it was probably meant to be.
    fileprivate static func reportLeaf(_ text: String, _ target: Target?, at element: Element, _ reading: Reading) {
        let names = reading.names
        guard let target else {
            let near = didYouMean(text, among: names.routes)
            reading.error(
                at: element,
                "'\(text)' is not a route",
                fix: near ?? "a leaf is provider/model or the name of a route"
            )
            return
        }
        let route = nearestName(to: text, among: names.routes)
        let provider = nearestName(to: target.provider, among: names.providers).map { "\($0)/\(target.model)" }
        var fix = (provider ?? route).map { "did you mean '\($0)'?" }
        if ProviderKind(rawValue: target.provider) != nil { fix = "add '\(target.provider): {}' under providers" }
        reading.error(
            at: element,
            "provider '\(target.provider)' is not declared",
            fix: fix ?? "declared: \(names.providers.isEmpty ? "none" : names.providers.joined(separator: " "))"
        )
    }
}

extension Shape where Value == [RouteNode] {
    /// The children of a node.
    static var children: Shape { .list(of: .routeNode, count: 1...RouteNode.fanOutLimit) }
}

extension RouteNode.Split: Section {
    static let title = "a split"

    static let fields: [Field<RouteNode.Split>] = [
        Field(
            "arms",
            \.arms,
            .list(of: .section, count: 1...RouteNode.fanOutLimit),
            required: true,
            "The arms and their weights."
        ),
        Field("sticky", optional: \.sticky, .word, "What keeps its arm from request to request."),
    ]
}

extension RouteNode.Arm: Section {
    static let title = "an arm"

    static let fields: [Field<RouteNode.Arm>] = [
        Field(
            "weight",
            \.weight,
            .integer(1...1_000_000),
            "Its share of the requests, in relation to the sum of all weights."
        ),
        Field("to", \.to, .routeNode, required: true, "Who answers."),
    ]
}

extension RouteNode.Cascade: Section {
    static let title = "a cascade"

    static let fields: [Field<RouteNode.Cascade>] = [
        Field("steps", \.steps, .children, required: true, "The steps, the cheapest first."),
        Field(
            "accept",
            \.accept,
            .acceptance,
            required: true,
            "When a step's answer is good enough: { confidence: 0.8 }, { schema: valid } or { judge: provider/model, score: 7 }."
        ),
    ]
}

extension Shape where Value == RouteNode.Cascade {
    fileprivate static var cascade: Shape {
        Shape.section.map { cascade, element, reading in
            if cascade.steps.count == 1 {
                reading.error(at: element, "a cascade of one step", fix: "add the step for answers not good enough")
            }
            return cascade
        }
    }
}

/// How the acceptance of a cascade is written.
private struct AcceptanceForm: Section {
    enum Validity: String, CaseIterable {
        case valid
    }

    var confidence: Double?
    var schema: Validity?
    var judge: RouteNode?
    var score: Double?

    static let title = "an accept section"

    static let fields: [Field<AcceptanceForm>] = [
        Field(
            "confidence",
            optional: \.confidence,
            .number(0...1),
            "The least confidence of the model itself, 0 to 1."
        ),
        Field("schema", optional: \.schema, .word, "The answer is valid against the schema the request asked for."),
        Field("judge", optional: \.judge, .routeNode, "Who judges the answer."),
        Field(
            "score",
            optional: \.score,
            .number(0...10),
            "The least score the judge has to give, 0 to 10. Default 7."
        ),
    ]
}

extension Shape where Value == RouteNode.Acceptance {
    fileprivate static var acceptance: Shape {
        Shape<AcceptanceForm>.section.map { form, element, reading in
            let ways = [form.confidence != nil, form.schema != nil, form.judge != nil].count { $0 }
            let keys = element.entries?.map(\.key) ?? []
            if ways != 1, !(ways == 0 && keys.contains { $0 != "score" }) {
                reading.error(at: element, "an accept section has exactly one of confidence schema judge")
            }
            if form.score != nil, !keys.contains("judge") {
                reading.error(at: element, "'score' without 'judge'", fix: "add judge: provider/model")
            }
            if let confidence = form.confidence { return .confidence(confidence) }
            if let judge = form.judge { return .judge(by: judge, score: form.score ?? 7) }
            return .schema
        }
    }
}

/// How a classifying node is written: labels in mappings.
private struct ClassifyForm: Section {
    var by = RouteNode.Classifier.complexity
    var to: [(name: String, value: RouteNode)] = []
    var examples: [(name: String, value: [String])]?
    var otherwise: RouteNode?

    static let title = "a classify section"

    static let fields: [Field<ClassifyForm>] = [
        Field("by", \.by, .word, required: true, "How the label is found."),
        Field("to", \.to, .labels(of: .routeNode), required: true, "The child of each label."),
        Field(
            "examples",
            optional: \.examples,
            .labels(of: .oneOrMore(of: .text)),
            "Example utterances of each label, where labels are found by examples."
        ),
        Field("otherwise", optional: \.otherwise, .routeNode, "The child where no label fits."),
    ]
}

extension Shape {
    /// A mapping from labels.
    fileprivate static func labels<Item>(of item: Shape<Item>) -> Shape where Value == [(name: String, value: Item)] {
        Shape.entries(
            named: "^[A-Za-z0-9_.-]+$",
            expected: "a label of letters, digits, '-', '_' and '.'",
            key: { !$0.isEmpty && $0.utf8.allSatisfy(isNameByte) },
            value: item
        )
    }
}

extension Shape where Value == RouteNode.Classify {
    fileprivate static var classify: Shape {
        Shape<ClassifyForm>.section.map { form, element, reading in
            var classify = RouteNode.Classify()
            classify.by = form.by
            classify.to = form.to.map { RouteNode.Branch(label: $0.name, node: $0.value) }
            classify.examples = (form.examples ?? []).map { RouteNode.Utterances(label: $0.name, texts: $0.value) }
            classify.otherwise = form.otherwise
            classify.check(element, reading)
            return classify
        }
    }
}

extension RouteNode.Classify {
    /// Checks that labels, children and examples belong together.
    fileprivate func check(_ element: Element, _ reading: Reading) {
        let labels = element["to"]?.entries ?? []
        if labels.count > RouteNode.fanOutLimit {
            reading.error(at: element, "a node has at most \(RouteNode.fanOutLimit) children")
        }
        switch self.by {
        case .complexity:
            for label in labels where !["simple", "complex"].contains(label.key) {
                reading.error(
                    at: label.position,
                    path: label.value.path,
                    "label '\(label.key)' is not one of simple complex",
                    fix: didYouMean(label.key, among: ["simple", "complex"])
                )
            }
            if element["examples"] != nil {
                reading.error(at: element, "'examples' with 'by: complexity'", fix: "write by: examples")
            }
        case .examples:
            let known = labels.map(\.key)
            let examples = element["examples"]?.entries ?? []
            for entry in examples where !known.contains(entry.key) {
                reading.error(
                    at: entry.position,
                    path: entry.value.path,
                    "examples of '\(entry.key)', which is no label of 'to'",
                    fix: didYouMean(entry.key, among: known)
                )
            }
            for label in labels where !examples.contains(where: { $0.key == label.key }) {
                reading.error(
                    at: label.position,
                    path: label.value.path,
                    "label '\(label.key)' has no examples",
                    fix: "add utterances under examples"
                )
            }
        }
    }
}

extension RouteNode.Learn: Section {
    static let title = "a learn section"

    static let fields: [Field<RouteNode.Learn>] = [
        Field("among", \.among, .children, required: true, "The children it chooses among, the strongest last."),
        Field(
            "quality",
            \.quality,
            .number(0...1),
            "The share of the strongest child's quality to keep, 0 to 1, at the least cost."
        ),
    ]
}

extension RouteNode.Shadow: Section {
    static let title = "a shadow section"

    static let fields: [Field<RouteNode.Shadow>] = [
        Field("answer", \.answer, .routeNode, required: true, "Who answers the client."),
        Field("also", \.also, .routeNode, required: true, "Who gets a copy; its answer is only recorded."),
        Field("sample", \.sample, .percentage, "The share of requests that are copied."),
    ]
}
