/// Everything the configuration file says, validated: the one value the other rooms read.
///
/// `Configuration()` is the state of an empty file: loopback addresses, the documented defaults, no provider.
package struct Configuration: Sendable, Hashable {
    /// The data port: where clients send requests.
    package var listen = ListenAddress(host: "127.0.0.1", port: 8080)
    /// The admin port: API, dashboard and metrics.
    package var admin = AdminSettings()
    /// TLS on the data port; nil is plain HTTP.
    package var tls: TLSSettings?
    /// The providers in file order, which is the order a bare model name is looked for in.
    package var providers: [ProviderSettings] = []
    /// Corrections of and additions to the built-in catalogue, in file order.
    package var models: [ModelSettings] = []
    /// The names clients may ask for, in file order.
    package var routes: [Route] = []
    /// Whether `provider/model` and catalogue names may be asked for without a route.
    package var directNames = true
    /// The rules in file order; the first that matches decides, before the model name is looked up.
    package var rules: [Rule] = []
    /// Timeouts, retries and the rest, for every target that says nothing of its own.
    package var reliability = Reliability()
    /// The declared accounts in file order.
    package var accounts: [AccountSettings] = []
    /// The answer cache; nil where the file has no `cache:` section, and then requests are not joined in flight either.
    package var cache: CacheSettings?
    /// The guardrails in the order they run.
    package var guardrails: [Guardrail] = []
    /// Who may use the data port.
    package var auth = AuthSettings()
    /// Bounds of the server: sizes, connections, idle time, drain.
    package var server = ServerSettings()
    /// Records, logs, metrics and traces.
    package var telemetry = TelemetrySettings()
    /// Where what must outlive the process is kept.
    package var state = StateSettings()

    /// The defaults.
    package init() {}

    /// The provider called `name`, if it is declared.
    package func provider(_ name: String) -> ProviderSettings? { self.providers.first { $0.name == name } }

    /// The route called `name`, if it is declared.
    package func route(_ name: String) -> Route? { self.routes.first { $0.name == name } }

    /// Whether the data port can be reached from other machines while no key is asked for.
    ///
    /// The loader refuses such a file; a command-line `--listen` has to be checked again with this.
    package var isOpenToAll: Bool { self.auth.mode == .none && !self.listen.isLoopback }
}
