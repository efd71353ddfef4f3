import ArgumentParser
import Gateway
import Logging
import NIOPosix
import ServiceLifecycle
import Telemetry
import Transport
import TurnpikeConfiguration
import UnixSignals

/// `turnpike simulate`: the demo provider on its own, as a stand-in upstream for tests.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Serve the demo provider on its own: deterministic answers, and faults on request.",
        discussion: "Any key is taken and any model is answered; models such as demo/cut or demo/status-503 misbehave."
    )

    @Option(help: "Where to listen.")
    var listen = "127.0.0.1:8090"

    func run() async throws {
        guard let address = ListenAddress(parsing: self.listen) else {
            throw ValidationError("--listen takes HOST:PORT, such as 127.0.0.1:8090")
        }
        let logger = Logger(label: "simulate") { LineLogHandler(label: $0, level: .warning, format: .text) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await DataServer(group: group, limits: ServerLimits(), resolver: Resolver())
        let port = DataPort(
            server: server,
            address: address,
            tls: nil,
            handler: DemoHandler(anyModel: true),
            drain: .seconds(5),
            onListening: { Console.say("turnpike simulate is listening on http://\(address.host):\($0)/v1") },
            onDraining: {}
        )
        try await ServiceGroup(services: [port], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
    }
}
