import Admin
import ArgumentParser
import CProcess
import Core
import Credentials
import Gateway
import Glibc
import HTTP1
import Identity
import Logging
import NIOPosix
import ServiceLifecycle
import Storage
import Telemetry
import Transport
import TurnpikeConfiguration
import UnixSignals

/// `turnpike serve`: runs the gateway.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the gateway.",
        discussion: """
            Without a configuration file the providers are found from the environment (OPENAI_API_KEY and the like), and \
            the built-in demo provider is there in any case.
            """
    )

    @Option(name: .customLong("config"), help: "The configuration file; turnpike.yaml where it is there.")
    var file: String?

    @Option(help: "Where to listen, as HOST:PORT; wins over the file.")
    var listen: String?

    @Option(help: "The database, as sqlite:PATH; wins over the file.")
    var database: String?

    @Option(help: "The Redis server of a fleet, as redis://HOST:PORT; not in force yet.")
    var redis: String?

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        // Arenas that few threads share keep an idle gateway small.
        cprocess_limit_arenas(2)
        let file = ConfigurationFile(named: self.file)
        let configuration = try self.overridden(try file.require(), isConfigured: file.path != nil)
        let settings = configuration.telemetry.log
        let logger = Logger(label: "turnpike") { label in
            LineLogHandler(
                label: label,
                level: Logger.Level(rawValue: settings.level.rawValue) ?? .info,
                format: settings.format == .json ? .json : .text
            )
        }
        let descriptors = Int(cprocess_raise_descriptor_limit())
        if descriptors < 2 * configuration.server.connections + 100 {
            logger.notice(
                "fewer files may be open than server.connections may need",
                metadata: ["limit": "\(descriptors)", "connections": "\(configuration.server.connections)"]
            )
        }
        do {
            try await self.serve(configuration, file: file, logger: logger)
        } catch let error where error is AdminKeyError || error is PolicyError || error is SealError {
            Console.complain("error: \(error)")
            throw ExitStatus.configuration
        } catch let error where error is AddressTaken || error is StorageError || error is DatabaseLocked {
            Console.complain("error: \(error)")
            throw ExitStatus.failed
        }
    }

    private func overridden(_ configuration: Configuration, isConfigured: Bool) throws -> Configuration {
        var configuration = configuration
        if let listen = self.listen {
            guard let address = ListenAddress(parsing: listen) else {
                throw ValidationError("--listen takes HOST:PORT, such as 127.0.0.1:8080")
            }
            configuration.listen = address
            // Beside a data port that was chosen, an admin port that was not must not collide with another gateway's.
            if !isConfigured, address.port != 8080 { configuration.admin.listen.port = 0 }
        }
        if configuration.isOpenToAll {
            Console.complain("error: \(configuration.listen) is reachable by others, so auth must be required")
            throw ExitStatus.configuration
        }
        if self.redis != nil { Console.complain("warning: --redis is accepted, not in force yet") }
        return configuration
    }

    private func serve(_ configuration: Configuration, file: ConfigurationFile, logger: Logger) async throws {
        // The admin port's thread also makes the few calls that nobody's answer waits for.
        let background = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let http = AsyncHTTPBackground(group: background)
        let services = CredentialServices(environment: environment(), http: http)
        let policy = try GatewayPolicy(configuration, services: services)
        let url = try DatabaseChoice.url(named: self.database, in: configuration)
        let database = try SQLiteDatabase.open(url)
        let adminKey = environment()[Bootstrap.adminKeyVariable].map { Secret($0) }
        let store = SQLiteKeyStore(database)
        let seal = SecretSeal(
            masterKey: MasterKey.configured(in: configuration),
            file: url.masterKeyPath,
            keys: try await store.all()
        )
        try seal.checkConfigured()
        let bootstrap = try await Bootstrap.start(
            store: store,
            adminKey: adminKey,
            quickstart: file.path == nil,
            hasher: sha256,
            seal: seal,
            logger: logger
        )
        let metrics = Metrics()
        let gateway = Gateway(
            policy: policy,
            keys: bootstrap.keys.ring,
            hasher: sha256,
            metrics: metrics,
            logger: logger
        )

        let tls = try self.serverTLS(configuration)
        let server = try await DataServer(
            group: MultiThreadedEventLoopGroup(
                numberOfThreads: configuration.server.threads ?? Int(cprocess_usable_processors())
            ),
            limits: ServerLimits(configuration.server),
            resolver: Resolver()
        )
        let banner = Banner(configuration, bootstrap: bootstrap, isConfigured: file.path != nil) {
            // An idle gateway should not hold the code that only its start ran.
            cprocess_release_text()
        }
        let exposition: @Sendable () -> String = {
            metrics.text(
                openConnections: server.gauges.openConnections,
                openRequests: server.gauges.openRequests
            )
        }
        let admin = AdminServer(
            surface: AdminSurface(
                keys: bootstrap.keys,
                readiness: { gateway.isReady ? .ready : .notReady("draining") },
                metrics: configuration.telemetry.prometheus ? exposition : nil,
                logger: logger
            ),
            configuration: AdminServer.Configuration(
                host: configuration.admin.listen.host,
                port: configuration.admin.listen.port,
                socketPath: url.socketPath
            ),
            group: background,
            logger: logger,
            onRunning: { banner.adminIsListening(port: $0) }
        )
        let data = DataPort(
            server: server,
            address: configuration.listen,
            tls: tls,
            handler: gateway,
            drain: configuration.server.drain,
            onListening: { banner.dataIsListening(port: $0) },
            onDraining: {
                gateway.beginDraining()
                logger.notice("draining")
            }
        )
        let reload = Reload(
            file: file,
            gateway: gateway,
            services: services,
            tls: tls,
            tlsPaths: configuration.tls.map { [$0.certificate, $0.key] } ?? [],
            logger: logger
        )
        // Shut down from the last to the first: the data port drains before anything it needs goes.
        try await ServiceGroup(
            services: [bootstrap.firstUses, reload, admin, data],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        ).run()
        await http.shutdown()
        try database.close()
    }

    private func serverTLS(_ configuration: Configuration) throws -> ServerTLS? {
        guard let settings = configuration.tls else { return nil }
        do {
            return try ServerTLS(certificate: settings.certificate, key: settings.key)
        } catch {
            Console.complain("error: tls: the certificate or the key cannot be used: \(error)")
            throw ExitStatus.configuration
        }
    }
}

extension ServerLimits {
    init(_ settings: ServerSettings) {
        self.init(
            http: HTTPLimits(head: settings.head),
            body: settings.body,
            bodiesInFlight: settings.bodiesInFlight,
            connections: settings.connections,
            idle: settings.idle
        )
    }
}
