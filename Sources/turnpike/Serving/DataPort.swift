import Glibc
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
        let listener: any Channel
        do {
            listener = try await self.server.listen(
                host: self.address.host,
                port: self.address.port,
                tls: self.tls,
                handler: self.handler
            )
        } catch {
            throw AddressTaken(address: self.address, reason: error)
        }
        self.onListening(listener.localAddress?.port ?? self.address.port)
        try await gracefulShutdown()
        self.onDraining()
        _ = await self.server.drain(listener, limit: self.drain)
    }
}

/// The data port could not be bound.
struct AddressTaken: Error, CustomStringConvertible {
    let address: ListenAddress
    let reason: any Error

    var description: String {
        guard let error = self.reason as? IOError else { return "cannot listen on \(self.address): \(self.reason)" }
        switch error.errnoCode {
        case EADDRINUSE: return "cannot listen on \(self.address): another process listens there"
        case EACCES: return "cannot listen on \(self.address): ports below 1024 need the right to bind them"
        case EADDRNOTAVAIL: return "cannot listen on \(self.address): this machine has no such address"
        default: return "cannot listen on \(self.address): error \(error.errnoCode)"
        }
    }
}
