/// A name clients may ask for, and the tree that answers it.
package struct Route: Sendable, Hashable {
    /// The name clients send as the model.
    package var name: String
    /// Who answers.
    package var node: RouteNode

    /// A route from its parts.
    package init(name: String, node: RouteNode) {
        self.name = name
        self.node = node
    }
}

/// A node of a route tree: one strategy with its children, and what it says of its own beside it.
package struct RouteNode: Sendable, Hashable {
    /// What the node does.
    package var strategy: Strategy
    /// Reliability settings for everything below it.
    package var reliability = ReliabilityOverrides()
    /// Limits on everything that passes it.
    package var limits = Limits()

    /// A node that says nothing beside its strategy.
    package init(_ strategy: Strategy) { self.strategy = strategy }
}

/// A model at a provider, written `provider/model`.
package struct Target: Sendable, Hashable, CustomStringConvertible {
    /// The provider's name in the file.
    package var provider: String
    /// The model's name at the provider, which may hold slashes of its own.
    package var model: String

    /// A target from its parts.
    package init(provider: String, model: String) {
        self.provider = provider
        self.model = model
    }

    /// Splits at the first slash; nil where there is none or a side is empty.
    package init?(parsing text: some StringProtocol) {
        guard let slash = text.firstIndex(of: "/") else { return nil }
        let provider = text[..<slash]
        let model = text[text.index(after: slash)...]
        guard !provider.isEmpty, !model.isEmpty else { return nil }
        self.init(provider: String(provider), model: String(model))
    }

    package var description: String { "\(self.provider)/\(self.model)" }
}

extension RouteNode {
    /// What a node does with its children; the first three are leaves.
    package indirect enum Strategy: Sendable, Hashable {
        /// One model at one provider.
        case target(Target)
        /// Another route of the file.
        case route(String)
        /// A catalogue name, looked for at the providers in file order.
        case model(String)
        /// The children in order, the next where one fails.
        case fallback([RouteNode])
        /// The child whose first content came soonest of late.
        case fastest([RouteNode])
        /// The child that costs least for this request.
        case cheapest([RouteNode])
        /// The less loaded of two children picked at random.
        case balance([RouteNode])
        /// Weighted arms of an experiment.
        case split(Split)
        /// Cheap first, dear only where the answer is not good enough.
        case cascade(Cascade)
        /// A label chosen from the request decides.
        case classify(Classify)
        /// A router fitted on logged outcomes decides.
        case learn(Learn)
        /// One answers, another gets a copy of some requests.
        case shadow(Shadow)
    }

    /// Weighted arms of an experiment.
    package struct Split: Sendable, Hashable {
        /// The arms, in file order.
        package var arms: [Arm] = []
        /// What keeps its arm from request to request; nil is nothing.
        package var sticky: StickyBy?

        /// The defaults.
        package init() {}
    }

    /// An arm of an experiment.
    package struct Arm: Sendable, Hashable {
        /// Its share of the requests, in relation to the sum of all weights.
        package var weight = 1
        /// Who answers.
        package var to = RouteNode(.fallback([]))

        /// The defaults.
        package init() {}
    }

    /// Cheap first, dear only where the answer is not good enough.
    package struct Cascade: Sendable, Hashable {
        /// The steps, in order.
        package var steps: [RouteNode] = []
        /// When an answer is good enough; the last step's always is.
        package var accept = Acceptance.confidence(0.8)

        /// The defaults.
        package init() {}
    }

    /// When a step's answer is good enough.
    package enum Acceptance: Sendable, Hashable {
        /// The model's own confidence is at least this, 0…1.
        case confidence(Double)
        /// The answer is valid against the schema the request asked for.
        case schema
        /// A judge gives it at least this score, 0…10.
        case judge(by: RouteNode, score: Double)
    }

    /// A label chosen from the request decides.
    package struct Classify: Sendable, Hashable {
        /// How the label is found.
        package var by = Classifier.complexity
        /// The child of each label, in file order.
        package var to: [Branch] = []
        /// Example utterances of each label, where labels are found by examples.
        package var examples: [Utterances] = []
        /// The child where no label fits.
        package var otherwise: RouteNode?

        /// The defaults.
        package init() {}
    }

    /// How a label is found.
    package enum Classifier: String, Sendable, Hashable, CaseIterable {
        /// `simple` or `complex`, from the shape and words of the request.
        case complexity
        /// The nearest of the example utterances, by local embeddings.
        case examples
    }

    /// The child of one label.
    package struct Branch: Sendable, Hashable {
        /// The label.
        package var label: String
        /// Who answers.
        package var node: RouteNode

        /// A branch from its parts.
        package init(label: String, node: RouteNode) {
            self.label = label
            self.node = node
        }
    }

    /// The example utterances of one label.
    package struct Utterances: Sendable, Hashable {
        /// The label.
        package var label: String
        /// What people say who mean it.
        package var texts: [String]

        /// Utterances from their parts.
        package init(label: String, texts: [String]) {
            self.label = label
            self.texts = texts
        }
    }

    /// A router fitted on logged outcomes decides.
    package struct Learn: Sendable, Hashable {
        /// The children it chooses among, the strongest last.
        package var among: [RouteNode] = []
        /// The share of the strongest child's quality to keep, 0…1, at the least cost.
        package var quality = 0.95

        /// The defaults.
        package init() {}
    }

    /// One answers, another gets a copy of some requests.
    package struct Shadow: Sendable, Hashable {
        /// Who answers the client.
        package var answer = RouteNode(.fallback([]))
        /// Who gets the copy; its answer is only recorded.
        package var also = RouteNode(.fallback([]))
        /// The share of requests that are copied.
        package var sample = Percentage(fraction: 1)

        /// The defaults.
        package init() {}
    }
}

extension RouteNode {
    /// The nodes directly below, in file order.
    package var children: [RouteNode] {
        switch self.strategy {
        case .target, .route, .model: []
        case .fallback(let nodes), .fastest(let nodes), .cheapest(let nodes), .balance(let nodes): nodes
        case .split(let split): split.arms.map(\.to)
        case .cascade(let cascade):
            if case .judge(let judge, _) = cascade.accept { cascade.steps + [judge] } else { cascade.steps }
        case .classify(let classify): classify.to.map(\.node) + (classify.otherwise.map { [$0] } ?? [])
        case .learn(let learn): learn.among
        case .shadow(let shadow): [shadow.answer, shadow.also]
        }
    }
}
