import Synchronization

/// Counts of one listener, shared by its event loops.
package final class ServerGauges: Sendable {
    let connections = Atomic<Int>(0)
    let requests = Atomic<Int>(0)
    let draining = Atomic<Bool>(false)

    package init() {}

    /// Counts a new connection, unless there are `limit` already.
    func admitConnection(limit: Int) -> Bool {
        let (_, count) = self.connections.add(1, ordering: .relaxed)
        if count <= limit { return true }
        self.connections.subtract(1, ordering: .relaxed)
        return false
    }

    func beginDraining() { self.draining.store(true, ordering: .relaxed) }

    func connectionClosed() { self.connections.subtract(1, ordering: .relaxed) }

    /// Open client connections.
    package var openConnections: Int { self.connections.load(ordering: .relaxed) }
    /// Requests that are being answered.
    package var openRequests: Int { self.requests.load(ordering: .relaxed) }
}

/// The connections of one event loop, and its part in the listener's counts.
final class ConnectionGate {
    private let gauges: ServerGauges
    private var open: [ObjectIdentifier: ServerConnection] = [:]

    init(gauges: ServerGauges) { self.gauges = gauges }

    var isDraining: Bool { self.gauges.draining.load(ordering: .relaxed) }

    func opened(_ connection: ServerConnection) { self.open[ObjectIdentifier(connection)] = connection }
    func closed(_ connection: ServerConnection) { self.open[ObjectIdentifier(connection)] = nil }

    func requestBegan() { self.gauges.requests.add(1, ordering: .relaxed) }
    func requestEnded() { self.gauges.requests.subtract(1, ordering: .relaxed) }

    func closeAll() {
        for connection in Array(self.open.values) { connection.closeNow() }
    }

    func closeWhenIdle() {
        for connection in Array(self.open.values) { connection.closeWhenIdle() }
    }
}
