package import NIOCore
package import NIOPosix

/// The data port: a listener whose connections are spread over event loops that share nothing.
package final class DataServer: Sendable {
    private struct Lane: Sendable {
        let context: NIOLoopBound<LoopContext>
        let gate: NIOLoopBound<ConnectionGate>
    }

    private let group: MultiThreadedEventLoopGroup
    private let lanes: [ObjectIdentifier: Lane]
    private let limits: ServerLimits
    private let allowance: BodyAllowance
    package let gauges: ServerGauges

    /// Prepares the event loops of `group`: what each keeps for itself.
    package init(group: MultiThreadedEventLoopGroup, limits: ServerLimits, resolver: Resolver) async throws {
        self.group = group
        self.limits = limits
        self.allowance = BodyAllowance(bytes: limits.bodiesInFlight)
        self.gauges = ServerGauges()
        var lanes: [ObjectIdentifier: Lane] = [:]
        let gauges = self.gauges
        let allowance = self.allowance
        for loop in group.makeIterator() {
            lanes[ObjectIdentifier(loop)] = try await loop.submit {
                let context = LoopContext(loop: loop, resolver: resolver)
                let gate = ConnectionGate(gauges: gauges)
                let lane = Lane(
                    context: NIOLoopBound(context, eventLoop: loop),
                    gate: NIOLoopBound(gate, eventLoop: loop)
                )
                context.pool.acceptInProcess = { handler, socket in
                    ClientBootstrap(group: loop)
                        .channelInitializer { channel in
                            channel.eventLoop.makeCompletedFuture {
                                let inner = ConnectionGate(gauges: ServerGauges())
                                let connection = ServerConnection(
                                    context: lane.context.value,
                                    handler: handler,
                                    limits: limits,
                                    allowance: allowance,
                                    gate: inner
                                )
                                try channel.pipeline.syncOperations.addHandler(connection)
                            }
                        }
                        .withConnectedSocket(socket)
                }
                return lane
            }.get()
        }
        self.lanes = lanes
    }

    /// Begins to listen; the channel closes when it is drained or closed.
    package func listen(
        host: String,
        port: Int,
        tls: ServerTLS?,
        handler: any RequestHandler
    ) async throws -> any Channel {
        let lanes = self.lanes
        let limits = self.limits
        let allowance = self.allowance
        let gauges = self.gauges
        return try await ServerBootstrap(group: self.group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let lane = lanes[ObjectIdentifier(channel.eventLoop)] else {
                        preconditionFailure("every loop of the group has its lane")
                    }
                    guard gauges.admitConnection(limit: limits.connections) else {
                        throw ChannelError.operationUnsupported
                    }
                    channel.closeFuture.whenComplete { _ in gauges.connectionClosed() }
                    if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
                    let connection = ServerConnection(
                        context: lane.context.value,
                        handler: handler,
                        limits: limits,
                        allowance: allowance,
                        gate: lane.gate.value
                    )
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
            .bind(host: host, port: port)
            .get()
    }

    /// Ends the service of `listener`: no new connections, idle ones closed, requests in hand answered until `limit`.
    ///
    /// Returns the number of requests that were cut off at the limit.
    package func drain(_ listener: any Channel, limit: Duration) async -> Int {
        self.gauges.beginDraining()
        try? await listener.close().get()
        for lane in self.lanes.values {
            lane.gate.eventLoop.execute { lane.gate.value.closeWhenIdle() }
        }
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: limit)
        while self.gauges.openRequests > 0 || self.gauges.openConnections > 0, clock.now < end {
            try? await clock.sleep(for: .milliseconds(10))
        }
        let cutOff = self.gauges.openRequests
        for lane in self.lanes.values {
            // Closing tells each request that its client is gone, which settles it.
            try? await lane.gate.eventLoop.submit { lane.gate.value.closeAll() }.get()
        }
        if cutOff > 0 { try? await clock.sleep(for: .milliseconds(50)) }
        return cutOff
    }
}
