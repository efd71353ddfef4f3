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
    private let providers: [String: ProviderRuntime]
    private let targets: Mutex<[Target: TargetRuntime]>
    /// How many targets asked for by `provider/model` are kept prepared.
    private static let preparedBound = 4096

    /// - Throws: ``PolicyError`` where a provider's settings cannot be used.
    package init(_ configuration: Configuration) throws(PolicyError) {
        self.configuration = configuration
        let catalog = Catalog(configuration, demoModels: DemoModels.listed.map { String($0.dropFirst("demo/".count)) })
        self.router = Router(configuration, catalog: catalog)
        self.isOpen = configuration.auth.mode == .none
        var providers: [String: ProviderRuntime] = [:]
        for settings in configuration.providers where Part.kind(settings.kind).isInForce {
            let reliability = settings.reliability.applied(to: configuration.reliability)
            providers[settings.name] = try ProviderRuntime(settings, reliability: reliability)
        }
        self.providers = providers
        self.targets = Mutex([:])
    }

    /// The target as it is asked. Prepared targets are kept, so that a request pays nothing for the preparation.
    func runtime(of target: Target) throws(GatewayError) -> TargetRuntime {
        if let known = self.targets.withLock({ $0[target] }) { return known }
        guard let provider = self.providers[target.provider] else {
            throw GatewayError(.gatewayFault, origin: .gateway, "no provider is named '\(target.provider)'")
        }
        let made = TargetRuntime(target, provider: provider)
        self.targets.withLock { targets in
            if targets.count >= Self.preparedBound { targets.removeAll() }
            targets[target] = made
        }
        return made
    }
}

/// Why a validated configuration cannot be put in force.
package struct PolicyError: Error, Sendable, CustomStringConvertible {
    package let description: String
}
