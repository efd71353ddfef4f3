import Core
import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// The upstream connections of one event loop: idle ones by endpoint, and how new ones are made.
///
/// A request's upstream connection lives on the same loop as its client connection, so nothing between them needs a lock
/// or a hop.
package final class UpstreamPool {
    private let loop: any EventLoop
    private let sweeper: DeadlineSweeper
    private let turn: TurnQueue
    private let resolver: Resolver
    /// Makes the server end of an in-process connection; set by the server that owns this loop.
    var acceptInProcess: ((any RequestHandler, NIOBSDSocket.Handle) -> EventLoopFuture<any Channel>)?

    /// The idle connections of one endpoint, the most recently used last.
    private final class IdleList {
        var connections: [UpstreamConnection] = []
    }

    private var idle: [ObjectIdentifier: IdleList] = [:]
    private static let idlePerEndpoint = 256
    /// Shorter than the idle time of the usual servers (75 s and more), so that we close first.
    private static let idleTime = Delay(.seconds(55))

    init(loop: any EventLoop, sweeper: DeadlineSweeper, turn: TurnQueue, resolver: Resolver) {
        self.loop = loop
        self.sweeper = sweeper
        self.turn = turn
        self.resolver = resolver
    }

    func takeIdle(_ endpoint: Endpoint) -> UpstreamConnection? {
        guard let list = self.idle[ObjectIdentifier(endpoint)] else { return nil }
        while let connection = list.connections.popLast() {
            if connection.isActive { return connection }
        }
        return nil
    }

    func park(_ connection: UpstreamConnection) {
        let list = self.idleList(of: connection.endpoint)
        guard list.connections.count < Self.idlePerEndpoint else {
            connection.close()
            return
        }
        connection.parked(until: Instant.now.advanced(by: Self.idleTime))
        list.connections.append(connection)
    }

    private func idleList(of endpoint: Endpoint) -> IdleList {
        let name = ObjectIdentifier(endpoint)
        if let known = self.idle[name] { return known }
        let made = IdleList()
        self.idle[name] = made
        return made
    }

    func forget(_ connection: UpstreamConnection) {
        let name = ObjectIdentifier(connection.endpoint)
        guard let list = self.idle[name],
            let index = list.connections.firstIndex(where: { $0 === connection })
        else { return }
        list.connections.remove(at: index)
        // An endpoint whose last connection goes may be one that a reload has done away with.
        if list.connections.isEmpty { self.idle[name] = nil }
    }

    // MARK: Connecting

    /// Makes a new connection. `completion` is called once, on the loop.
    func connect(
        _ endpoint: Endpoint,
        timeout: Duration,
        _ completion: @escaping (Result<UpstreamConnection, GatewayError>) -> Void
    ) {
        let connection = UpstreamConnection(
            endpoint: endpoint,
            pool: self,
            sweeper: self.sweeper,
            turn: self.turn
        )
        let bound = NIOLoopBound((connection, completion), eventLoop: self.loop)
        let made: EventLoopFuture<any Channel>
        switch endpoint.place {
        case .host(let host, let port): made = self.connect(connection, host: host, port: port, timeout: timeout)
        case .inProcess(let handler): made = self.connectInProcess(connection, to: handler)
        }
        let ready = made.flatMap { _ in bound.value.0.ready }
        let limited = self.limit(ready, to: timeout)
        limited.whenComplete { outcome in
            let (connection, completion) = bound.value
            switch outcome {
            case .success:
                completion(.success(connection))
            case .failure(let error):
                connection.giveUp()
                completion(.failure(UpstreamPool.connectFailure(error)))
            }
        }
    }

    private func limit(_ future: EventLoopFuture<Void>, to timeout: Duration) -> EventLoopFuture<Void> {
        let promise = self.loop.makePromise(of: Void.self)
        let timer = self.loop.scheduleTask(in: .nanoseconds(timeout.nanoseconds)) {
            promise.fail(ConnectFault.timedOut)
        }
        future.whenComplete { outcome in
            timer.cancel()
            promise.completeWith(outcome)
        }
        return promise.futureResult
    }

    private func connect(
        _ connection: UpstreamConnection,
        host: String,
        port: Int,
        timeout: Duration
    ) -> EventLoopFuture<any Channel> {
        let loop = self.loop
        let bound = NIOLoopBound(connection, eventLoop: loop)
        let tls = connection.endpoint.tls
        let resolver = self.resolver
        return resolver.addresses(of: host, port: port, on: loop).flatMap { addresses in
            // Each address gets its part of the time, so that one that swallows packets does not use all of it.
            let share = timeout.nanoseconds / Int64(max(1, addresses.count))
            let bootstrap = ClientBootstrap(group: loop)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .connectTimeout(.nanoseconds(share))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler(host: host)) }
                        try channel.pipeline.syncOperations.addHandler(bound.value)
                    }
                }
            return UpstreamPool.firstToConnect(addresses[...], bootstrap, on: loop)
        }.flatMapErrorThrowing { error in
            resolver.forget(host: host, port: port)
            throw error
        }
    }

    /// Tries the addresses one after the other.
    private static func firstToConnect(
        _ addresses: ArraySlice<SocketAddress>,
        _ bootstrap: ClientBootstrap,
        on loop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        guard let address = addresses.first else { return loop.makeFailedFuture(ResolutionFault.unknownHost) }
        let rest = addresses.dropFirst()
        let attempt = bootstrap.connect(to: address)
        if rest.isEmpty { return attempt }
        let bound = NIOLoopBound(bootstrap, eventLoop: loop)
        return attempt.flatMapError { _ in self.firstToConnect(rest, bound.value, on: loop) }
    }

    private func connectInProcess(
        _ connection: UpstreamConnection,
        to handler: any RequestHandler
    ) -> EventLoopFuture<any Channel> {
        guard let accept = self.acceptInProcess, let (near, far) = SocketPair.make() else {
            return self.loop.makeFailedFuture(ConnectFault.noSocketPair)
        }
        let bound = NIOLoopBound(connection, eventLoop: self.loop)
        let client = ClientBootstrap(group: self.loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(bound.value)
                }
            }
            .withConnectedSocket(near)
        return accept(handler, far).flatMap { _ in client }
    }

    /// What a failed connection means; the text never names more than the kind of failure, the caller names the target.
    private static func connectFailure(_ error: any Error) -> GatewayError {
        func network(_ message: String) -> GatewayError {
            GatewayError(.network, origin: .upstream, retry: .otherTarget, message)
        }
        switch error {
        case ConnectFault.timedOut, ChannelError.connectTimeout:
            return GatewayError(.upstreamTimeout, origin: .upstream, retry: .otherTarget, "connecting took too long")
        case ResolutionFault.unknownHost: return network("the host name could not be resolved")
        case ResolutionFault.forbidden: return network("the host's address is one that is never connected to")
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            return network("the TLS handshake failed; is the certificate valid for this host and trusted here?")
        case let error as IOError where error.errnoCode == ECONNREFUSED: return network("the connection was refused")
        default: return network("the connection could not be made")
        }
    }
}

enum ConnectFault: Error {
    case timedOut
    case noSocketPair
    case closedEarly
}
