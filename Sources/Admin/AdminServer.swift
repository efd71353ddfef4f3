import Core
import HTTPTypes
import Hummingbird
import HummingbirdCore
package import Logging
package import NIOCore
import ServiceLifecycle
import Synchronization

/// The admin port and, beside the database, the control socket: two listeners for one ``AdminSurface``.
package struct AdminServer: Service {
    /// Where to listen, and the bounds.
    package struct Configuration: Sendable {
        /// The host name or address of the admin port.
        package var host: String
        /// The admin port; 0 takes any that is free.
        package var port: Int
        /// The path of the control socket; nil for none. Whoever can open it is trusted as admin.
        package var socketPath: String?
        /// How long a connection may do nothing.
        package var idle: Duration = .seconds(75)
        /// The most connections of each listener; more wait to be accepted.
        package var connections = 128
        /// The longest body, in bytes.
        package var body = 65_536
        /// How long a body may take to arrive.
        package var bodyTime: Duration = .seconds(15)
        /// The longest head, in bytes, and the most fields in it.
        package var head = 32_768
        package var fields = 100

        /// A place to listen, with the bounds above.
        package init(host: String, port: Int, socketPath: String? = nil) {
            self.host = host
            self.port = port
            self.socketPath = socketPath
        }
    }

    private let surface: AdminSurface
    private let configuration: Configuration
    private let group: any EventLoopGroup
    private let logger: Logger
    private let onRunning: @Sendable (Int) async -> Void

    /// Makes the server; nothing is bound before ``run()``.
    ///
    /// - Parameters:
    ///   - surface: what answers.
    ///   - configuration: where to listen.
    ///   - group: the event loops; one thread is plenty.
    ///   - logger: the operational log.
    ///   - onRunning: called with the bound port once both listeners take connections.
    package init(
        surface: AdminSurface,
        configuration: Configuration,
        group: any EventLoopGroup,
        logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) {
        self.surface = surface
        self.configuration = configuration
        self.group = group
        self.logger = logger
        self.onRunning = onRunning
    }

    /// Serves until graceful shutdown: then no connection is accepted, and the requests under way are finished.
    package func run() async throws {
        let socket = self.configuration.socketPath.flatMap { ControlSocket(path: $0) }
        let startup = Startup(listeners: socket == nil ? 1 : 2, onRunning: self.onRunning)
        var services: [any Service] = [
            self.application(
                .hostname(self.configuration.host, port: self.configuration.port),
                isControlSocket: false,
                self.logger
            ) { await startup.isRunning(port: $0.localAddress?.port) }
        ]
        if let socket {
            services.append(
                ControlSocketService(
                    socket: socket,
                    startup: startup,
                    logger: self.logger,
                    application: self.application
                )
            )
        } else if let path = self.configuration.socketPath {
            self.logger.warning(
                "no control socket: its path is too long for a socket, so commands cannot reach this process",
                metadata: ["path": "\(path)", "limit": "\(ControlSocket.limit)"]
            )
        }
        try await ServiceGroup(configuration: .init(services: services, logger: self.logger)).run()
    }

    private func application(
        _ address: BindAddress,
        isControlSocket: Bool,
        _ logger: Logger,
        onRunning: @escaping @Sendable (any Channel) async -> Void
    ) -> any Service {
        let bounds = self.configuration
        return Application(
            responder: AdminResponder(
                surface: self.surface,
                isControlSocket: isControlSocket,
                bodyLimit: bounds.body,
                bodyTime: bounds.bodyTime
            ),
            server: .http1(
                configuration: .init(
                    idleTimeout: .nanoseconds(bounds.idle.nanoseconds),
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: bounds.head,
                        maxHeaderListSize: bounds.head,
                        maxHeaderFieldCount: bounds.fields
                    )
                )
            ),
            configuration: ApplicationConfiguration(
                address: address,
                availableConnectionsDelegate: MaximumAvailableConnections(bounds.connections, logger: logger)
            ),
            onServerRunning: onRunning,
            eventLoopGroupProvider: .shared(self.group),
            logger: logger
        )
    }
}

/// Waits for all listeners of a server.
private final class Startup: Sendable {
    private let state: Mutex<(missing: Int, port: Int)>
    private let onRunning: @Sendable (Int) async -> Void

    init(listeners: Int, onRunning: @escaping @Sendable (Int) async -> Void) {
        self.state = Mutex((listeners, 0))
        self.onRunning = onRunning
    }

    /// Takes note that one listener takes connections, on `port` where it has one.
    func isRunning(port: Int?) async {
        let (missing, port) = self.state.withLock { state in
            state.missing -= 1
            state.port = port ?? state.port
            return state
        }
        if missing == 0 { await self.onRunning(port) }
    }
}

/// The control socket as a service: bound out of sight, then moved to its place.
private struct ControlSocketService: Service {
    let socket: ControlSocket
    let startup: Startup
    let logger: Logger
    let application:
        @Sendable (BindAddress, Bool, Logger, @escaping @Sendable (any Channel) async -> Void) -> any Service

    func run() async throws {
        try self.socket.prepare()
        defer { self.socket.remove() }
        // The server would name the place the socket is bound at, where nobody finds it.
        var quiet = self.logger
        quiet.logLevel = max(quiet.logLevel, .warning)
        let application = self.application(.unixDomainSocket(path: self.socket.bindPath), true, quiet) { _ in
            do {
                try self.socket.publish()
                self.logger.info("control socket open", metadata: ["path": "\(self.socket.path)"])
            } catch {
                self.logger.error(
                    "no control socket: commands cannot reach this process",
                    metadata: ["error": "\(error)"]
                )
            }
            await self.startup.isRunning(port: nil)
        }
        try await application.run()
    }
}

/// What the admin server knows of the connection a request came on.
private struct AdminContext: InitializableFromSource {
    let remoteAddress: String?

    init(source: ApplicationRequestContextSource) { self.remoteAddress = source.channel.remoteAddress?.ipAddress }

    var isLoopback: Bool {
        guard let address = self.remoteAddress else { return false }
        return address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
    }
}

/// Carries requests and answers between Hummingbird and the surface.
private struct AdminResponder: HTTPResponder {
    let surface: AdminSurface
    let isControlSocket: Bool
    let bodyLimit: Int
    let bodyTime: Duration

    /// The fields every answer gets: nothing is cached, framed, sniffed, or sent on as a referrer.
    private static let security: HTTPFields = [
        .cacheControl: "no-store",
        .contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'",
        .xContentTypeOptions: "nosniff",
        Self.name("referrer-policy"): "no-referrer",
    ]

    func respond(to request: Request, context: AdminContext) async throws -> Response {
        let answer = await self.surface.answer(self.translated(request, context))
        var headers = Self.security
        for field in answer.fields {
            if let name = HTTPField.Name(field.name) { headers[name] = field.value }
        }
        let status = HTTPResponse.Status(code: answer.status)
        if request.method == .head {
            headers[.contentLength] = String(answer.body.count)
            return Response(status: status, headers: headers)
        }
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        )
    }

    private func translated(_ request: Request, _ context: AdminContext) -> AdminRequest {
        // A proxy on this machine speaks for clients elsewhere.
        let isForwarded = Self.forwarding.contains { request.headers[$0] != nil }
        let origin: AdminRequest.Origin =
            self.isControlSocket ? .controlSocket : context.isLoopback && !isForwarded ? .loopback : .remote
        let target = request.head.path ?? "/"
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let (limit, time) = (self.bodyLimit, self.bodyTime)
        let length = request.headers[.contentLength].flatMap { Int($0) }
        return AdminRequest(
            request.method.rawValue,
            String(parts[0]),
            query: parts.count == 2 ? String(parts[1]) : "",
            origin: origin,
            authorization: request.headers[.authorization],
            apiKey: request.headers[Self.apiKey],
            body: { () throws(GatewayError) in
                if let length, length > limit { throw Self.tooLarge(limit) }
                return try await Self.collect(request.body, limit, time)
            }
        )
    }

    private static let apiKey = name("x-api-key")
    private static let forwarding = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].map(name)

    private static func name(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is a token") }
        return name
    }

    private static func tooLarge(_ limit: Int) -> GatewayError {
        GatewayError(.bodyTooLarge, origin: .client, "the body is over the limit of \(limit) bytes")
    }

    /// Reads a body of at most `limit` bytes within `time`.
    private static func collect(
        _ body: RequestBody,
        _ limit: Int,
        _ time: Duration
    ) async throws(GatewayError) -> [UInt8] {
        do {
            let buffer = try await withThrowingTaskGroup(of: ByteBuffer?.self) { group in
                group.addTask { try await body.collect(upTo: limit) }
                group.addTask {
                    try await Task.sleep(for: time)
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
            if let buffer { return Array(buffer.readableBytesView) }
        } catch is NIOTooManyBytesError {
            throw Self.tooLarge(limit)
        } catch {
            throw GatewayError(.badRequest, origin: .client, "the body broke off before its end")
        }
        throw GatewayError(.requestTimeout, origin: .client, "the body took longer than \(time) to arrive")
    }
}
