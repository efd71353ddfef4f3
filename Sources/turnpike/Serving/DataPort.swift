import NIOCore
import ServiceLifecycle
import Transport
import TurnpikeConfiguration

/// The data port as a service: listens, and drains when the process is asked to end.
struct DataPort: Service {
    let server: DataServer
    let address: ListenAddress
    let tls: ServerTLS?
    let handler: any RequestHandler
    /// How long running answers may take to finish.
    let drain: Duration
    /// Told the port once connections are taken.
    let onListening: @Sendable (Int) -> Void
    let onDraining: @Sendable () -> Void

    func run() async throws {
        let listener = try await self.server.listen(
            host: self.address.host,
            port: self.address.port,
            tls: self.tls,
            handler: self.handler
        )
        self.onListening(listener.localAddress?.port ?? self.address.port)
        try await gracefulShutdown()
        self.onDraining()
        _ = await self.server.drain(listener, limit: self.drain)
    }
}
