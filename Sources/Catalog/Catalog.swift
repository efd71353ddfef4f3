package import Core
import Synchronization
package import TurnpikeConfiguration

/// Which models are known at which providers, what they can do, how they are asked and what they cost.
///
/// The built-in catalogue, corrected and extended by the configuration's `models:`. A model that is in neither can
/// still be asked for as `provider/model`.
package struct Catalog: Sendable {
    /// Providers by plain model name, in the order of the configuration.
    private let providers: [String: [String]]
    /// Every `provider/model` that is known, in the order of the configuration.
    package let targets: [Target]
    private let kinds: [String: ProviderSettings]
    private let declared: [Target: ModelSettings]
    private let cache = ModelCache()

    /// - Parameter demoModels: the models of the built-in demo.
    package init(_ configuration: Configuration, demoModels: [String]) {
        var providers: [String: [String]] = [:]
        var targets: [Target] = []
        var seen: Set<Target> = []
        for provider in configuration.providers {
            let declared = configuration.models.map(\.target).filter { $0.provider == provider.name }.map(\.model)
            let known = provider.kind == .demo ? demoModels : BuiltInModels.names(provider.kind)
            for model in declared + known {
                let target = Target(provider: provider.name, model: model)
                guard seen.insert(target).inserted else { continue }
                targets.append(target)
                // The demo's models are asked for by their whole name: `chat` must not silently mean the demo.
                if provider.kind != .demo { providers[model, default: []].append(provider.name) }
            }
        }
        self.providers = providers
        self.targets = targets
        self.kinds = Dictionary(configuration.providers.map { ($0.name, $0) }) { first, _ in first }
        self.declared = Dictionary(configuration.models.map { ($0.target, $0) }) { first, _ in first }
    }

    /// Where the model with this plain name is to be had, the first choice first.
    package func targets(named model: String) -> [Target] {
        (self.providers[model] ?? []).map { Target(provider: $0, model: model) }
    }

    /// The plain model names, sorted.
    package var names: [String] { self.providers.keys.sorted() }

    /// What is known of a model at a provider: the built-in entry with the configuration's corrections in it, or what
    /// the configuration alone says; nil where neither knows anything.
    ///
    /// Prices are the model's own of the configuration, else those of the catalogue, else those the configuration
    /// gives for the whole provider; kinds that are free by declaration cost nothing.
    ///
    /// - Complexity: O(1) for a model asked for before, of which up to 1024 are kept.
    package func model(_ target: Target) -> CatalogModel? { self.answer(target).model }

    /// How requests to a model have to be shaped; for a model nothing is known of, what its name tells.
    package func traits(of target: Target) -> ModelTraits { self.answer(target).traits }

    /// The name a request to a target has to carry: the one that was asked for, but in full where the provider takes no
    /// short form (`glm-5p2` at Fireworks).
    package func requestName(of target: Target) -> String {
        guard self.kinds[target.provider]?.kind == .fireworks, !target.model.contains("/") else { return target.model }
        return self.model(target)?.id ?? target.model
    }

    private func answer(_ target: Target) -> ModelCache.Answer {
        if let answer = self.cache[target] { return answer }
        let answer = self.find(target)
        self.cache[target] = answer
        return answer
    }

    private func find(_ target: Target) -> ModelCache.Answer {
        guard let provider = self.kinds[target.provider] else {
            return ModelCache.Answer(model: nil, traits: ModelTraits())
        }
        let settings = self.declared[target]
        let listed = BuiltInModels.find(target.model, at: provider.kind)
        let hasPrice = provider.price != nil || provider.kind.isFree
        guard listed != nil || settings != nil || hasPrice else {
            return ModelCache.Answer(model: nil, traits: .family(of: target.model, at: provider.kind))
        }
        var model = listed ?? CatalogModel(unlisted: target.model, kind: provider.kind)
        if let settings { model.correct(by: settings) }
        if settings?.price == nil {
            if provider.kind.isFree, provider.price == nil {
                model.prices = PriceList(.free)
            } else if let price = provider.price, model.prices.isEmpty {
                model.prices = PriceList(price)
            }
        }
        model.closeMedia()
        return ModelCache.Answer(model: model, traits: model.traits)
    }
}

extension CatalogModel {
    /// A model of which only its name is known.
    fileprivate init(unlisted name: String, kind: ProviderKind) {
        self.init(kind: kind, id: name)
        self.family = ModelName(name).family?.rawValue ?? ""
        self.traits = .family(of: name, at: kind)
        self.source = "configuration"
    }

    /// Notes which media are beyond a model whose capabilities are known.
    fileprivate mutating func closeMedia() {
        guard self.mode == .chat, self.capabilitiesAreKnown else { return }
        self.traits.images = self.capabilities.contains(.vision)
        self.traits.audio = self.capabilities.contains(.audioInput)
        self.traits.documents = self.capabilities.contains(.documents)
        self.traits.video = self.capabilities.contains(.video)
    }

    /// Puts in what the configuration says of the model.
    fileprivate mutating func correct(by settings: ModelSettings) {
        if let context = settings.context {
            self.context = context
            self.inputLimit = self.inputLimit.map { min($0, context) } ?? context
        }
        if let output = settings.output {
            self.outputLimit = output
            self.traits.outputLimit = output
        }
        if let price = settings.price { self.prices = PriceList(price) }
        if let capabilities = settings.capabilities {
            self.capabilities = Set(capabilities)
            self.capabilitiesAreKnown = true
            self.traits.nativeJSONSchema = self.capabilities.contains(.jsonSchema)
            self.traits.prefill = self.capabilities.contains(.prefill)
            if !self.capabilities.contains(.reasoning) {
                self.traits.reasoning = .none
                self.traits.reasoningAlwaysOn = false
            }
        }
    }
}

/// Models that were asked for, so that a request does not read their lines again.
///
/// Bounded: names come from clients, so a full cache starts over.
private final class ModelCache: Sendable {
    struct Answer: Sendable {
        var model: CatalogModel?
        var traits: ModelTraits
    }

    private static let limit = 1024
    /// The longest name that is kept, in bytes.
    private static let nameLimit = 512
    private let answers = Mutex<[Target: Answer]>([:])

    subscript(target: Target) -> Answer? {
        get { self.answers.withLock { $0[target] } }
        set {
            guard target.model.utf8.count <= ModelCache.nameLimit else { return }
            self.answers.withLock { answers in
                if answers.count >= ModelCache.limit { answers.removeAll(keepingCapacity: true) }
                answers[target] = newValue
            }
        }
    }
}
