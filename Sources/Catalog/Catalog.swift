package import TurnpikeConfiguration

/// Which models are known at which kinds of provider, so that an application may ask for a model by its plain name.
///
/// The built-in list names models; what the configuration's `models:` declares is added to it. A model that is in
/// neither can still be asked for as `provider/model`.
package struct Catalog: Sendable {
    /// Providers by plain model name, in the order of the configuration.
    private let providers: [String: [String]]
    /// Every `provider/model` that is known, in the order of the configuration.
    package let targets: [Target]

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
    }

    /// Where the model with this plain name is to be had, the first choice first.
    package func targets(named model: String) -> [Target] {
        (self.providers[model] ?? []).map { Target(provider: $0, model: model) }
    }

    /// The plain model names, sorted.
    package var names: [String] { self.providers.keys.sorted() }
}
