import Catalog
import Core
import Providers
package import Routing
import Synchronization
import Transport
package import TurnpikeConfiguration

/// Everything the configuration decides, resolved once and never changed: a request reads one policy from its beginning
/// to its end, and a reload makes a new one.
package final class GatewayPolicy: Sendable {
    package let configuration: Configuration
    package let router: Router
    /// Whether a request without a key is let in.
    let isOpen: Bool
    private let catalog: Catalog
    private let providers: [String: ProviderRuntime]
    private let resolutions: Mutex<[String: Resolution]>
    /// Names are kept, written into heads and counted by, so they are bounded.
    private static let longestName = 256
    /// How many names are kept resolved.
    private static let resolutionBound = 4096

    /// - Throws: ``PolicyError`` where a provider's settings cannot be used.
    package init(_ configuration: Configuration, services: CredentialServices) throws(PolicyError) {
        self.configuration = configuration
        let catalog = Catalog(configuration, demoModels: DemoModels.listed.map { String($0.dropFirst("demo/".count)) })
        self.catalog = catalog
        self.router = Router(configuration, catalog: catalog)
        self.isOpen = configuration.auth.mode == .none
        var providers: [String: ProviderRuntime] = [:]
        for settings in configuration.providers where Part.kind(settings.kind).isInForce {
            let reliability = settings.reliability.applied(to: configuration.reliability)
            providers[settings.name] = try ProviderRuntime(settings, reliability: reliability, services: services)
        }
        self.providers = providers
        self.resolutions = Mutex([:])
    }

    /// Where a request for `model` may go, with its targets prepared. What a name resolves to is kept, so that a request
    /// pays one look-up.
    ///
    /// - Throws: what ``Router/decide(model:)`` throws.
    func resolve(_ model: String) throws(GatewayError) -> Resolution {
        guard model.utf8.count <= Self.longestName else {
            throw GatewayError(
                .badRequest,
                origin: .client,
                "a model name has at most \(Self.longestName) bytes",
                field: "model"
            )
        }
        if let known = self.resolutions.withLock({ $0[model] }) { return known }
        let decision = try self.router.decide(model: model)
        var targets: [TargetRuntime] = []
        for target in decision.candidates {
            guard let provider = self.providers[target.provider] else {
                throw GatewayError(.gatewayFault, origin: .gateway, "no provider is named '\(target.provider)'")
            }
            targets.append(
                TargetRuntime(
                    target,
                    sentAs: self.catalog.requestName(of: target),
                    route: decision.route,
                    provider: provider,
                    traits: self.catalog.traits(of: target)
                )
            )
        }
        let made = Resolution(route: decision.route, targets: targets)
        self.resolutions.withLock { resolutions in
            if resolutions.count >= Self.resolutionBound { resolutions.removeAll() }
            resolutions[model] = made
        }
        return made
    }
}

/// A decision with its targets prepared.
final class Resolution: Sendable {
    let route: String
    let targets: [TargetRuntime]

    init(route: String, targets: [TargetRuntime]) {
        self.route = route
        self.targets = targets
    }
}

/// Why a validated configuration cannot be put in force.
package struct PolicyError: Error, Sendable, CustomStringConvertible {
    package let description: String
}
