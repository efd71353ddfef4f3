import Admin
import Core
import Synchronization
import TurnpikeConfiguration

/// What a start tells the person who began it, once both ports listen: addresses, new keys, and a first request to paste.
final class Banner: Sendable {
    private struct Ports {
        var data: Int?
        var admin: Int?
    }

    private let configuration: Configuration
    private let newAdminKey: Secret?
    private let quickstartKey: Secret?
    private let isConfigured: Bool
    private let onReady: @Sendable () -> Void
    private let ports = Mutex(Ports())

    /// - Parameter onReady: called once, after the text is shown.
    init(
        _ configuration: Configuration,
        bootstrap: Bootstrap,
        isConfigured: Bool,
        onReady: @escaping @Sendable () -> Void
    ) {
        self.onReady = onReady
        self.configuration = configuration
        self.newAdminKey = bootstrap.newAdminKey
        self.quickstartKey = bootstrap.quickstartKey
        self.isConfigured = isConfigured
    }

    func dataIsListening(port: Int) { self.note { $0.data = port } }
    func adminIsListening(port: Int) { self.note { $0.admin = port } }

    private func note(_ change: (inout Ports) -> Void) {
        let both = self.ports.withLock { ports -> (Int, Int)? in
            change(&ports)
            if let data = ports.data, let admin = ports.admin { return (data, admin) }
            return nil
        }
        if let (data, admin) = both {
            self.show(data: data, admin: admin)
            self.onReady()
        }
    }

    private func show(data: Int, admin: Int) {
        let scheme = self.configuration.tls == nil ? "http" : "https"
        let base = "\(scheme)://\(Self.address(self.configuration.listen.host, data))"
        let adminBase = "http://\(Self.address(self.configuration.admin.listen.host, admin))"
        var lines = ["Turnpike is listening on \(base) (admin API: \(adminBase))"]
        lines.append("providers: \(self.configuration.providers.map(\.name).joined(separator: ", "))")
        if let key = self.newAdminKey {
            lines.append("admin key, shown this once: \(key.reveal())")
        }
        if let key = self.quickstartKey {
            lines.append("a first request:")
            lines.append("")
            lines.append(
                """
                curl \(base)/v1/chat/completions -H 'Authorization: Bearer \(key.reveal())' \
                -H 'Content-Type: application/json' \
                -d '{"model": "demo/chat", "messages": [{"role": "user", "content": "Hello, Turnpike"}]}'
                """
            )
            lines.append("")
        } else if self.isConfigured {
            lines.append("make a client key with: turnpike keys create --name my-app")
        }
        Console.say(lines.joined(separator: "\n"))
    }

    /// Where a person on this machine reaches the address.
    private static func address(_ host: String, _ port: Int) -> String {
        switch host {
        case "0.0.0.0": "127.0.0.1:\(port)"
        case "::": "[::1]:\(port)"
        default: host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}
