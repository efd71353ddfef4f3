import AsyncHTTPClient
import Core
package import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// ``BackgroundHTTP`` over AsyncHTTPClient, on the gateway's own event loops.
///
/// The client is made by the first call, because most gateways never make one, and the trust roots it loads are most of
/// the memory it needs.
package final class AsyncHTTPBackground: BackgroundHTTP {
    private enum Client {
        case none
        case open(HTTPClient)
        case closed
    }

    private let group: any EventLoopGroup
    private let client = Mutex(Client.none)

    /// - Parameter group: The event loops its connections live on; not shut down with it.
    package init(group: any EventLoopGroup) { self.group = group }

    /// Sends `request`; see ``BackgroundHTTP/send(_:)``.
    package func send(_ request: BackgroundRequest) async throws(BackgroundHTTPError) -> BackgroundResponse {
        let client = try self.opened()
        do {
            // The client's own deadline ends with the answer's head, so the whole call races a clock.
            return try await withThrowingTaskGroup(of: BackgroundResponse.self) { group in
                group.addTask { try await Self.exchange(request, over: client) }
                group.addTask {
                    try await Task.sleep(for: request.timeout)
                    throw BackgroundHTTPError.timedOut
                }
                defer { group.cancelAll() }
                guard let response = try await group.next() else { throw BackgroundHTTPError.timedOut }
                return response
            }
        } catch {
            throw Self.reason(error)
        }
    }

    private static func exchange(
        _ request: BackgroundRequest,
        over client: HTTPClient
    ) async throws -> BackgroundResponse {
        let timeout = TimeAmount.nanoseconds(request.timeout.nanoseconds)
        let answer = try await client.execute(Self.clientRequest(request), timeout: timeout)
        let body = try await answer.body.collect(upTo: BackgroundResponse.largestBody)
        return BackgroundResponse(
            status: Int(answer.status.code),
            fields: answer.headers.map { (name: $0.name.lowercased(), value: $0.value) },
            body: Array(body.readableBytesView)
        )
    }

    /// Closes its connections, fails what is under way, and refuses further calls. May be called more than once.
    package func shutdown() async {
        let open = self.client.withLock { state -> HTTPClient? in
            defer { state = .closed }
            guard case .open(let client) = state else { return nil }
            return client
        }
        // It fails only where it was shut down before, which the state rules out.
        try? await open?.shutdown()
    }

    private func opened() throws(BackgroundHTTPError) -> HTTPClient {
        let client = self.client.withLock { state -> HTTPClient? in
            switch state {
            case .open(let client): return client
            case .closed: return nil
            case .none:
                let client = HTTPClient(eventLoopGroup: self.group, configuration: Self.configuration)
                state = .open(client)
                return client
            }
        }
        guard let client else { throw .closed }
        return client
    }

    private static var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.timeout = HTTPClient.Configuration.Timeout(connect: .seconds(5))
        // Tokens are fetched an hour apart: a connection is worth keeping for the calls of one fetch, no longer.
        configuration.connectionPool = HTTPClient.Configuration.ConnectionPool(
            idleTimeout: .seconds(5),
            concurrentHTTP1ConnectionsPerHostSoftLimit: 2
        )
        return configuration
    }

    private static func clientRequest(_ request: BackgroundRequest) -> HTTPClientRequest {
        var made = HTTPClientRequest(url: request.url)
        made.method = .RAW(value: request.method.rawValue)
        made.headers.add(name: "user-agent", value: "turnpike")
        for (name, value) in request.fields { made.headers.add(name: name, value: value.reveal()) }
        if let body = request.body {
            made.body = .bytes(ByteBuffer(string: body.reveal()))
        } else if request.method != .get {
            made.body = .bytes(ByteBuffer())
        }
        return made
    }

    private static func reason(_ error: any Error) -> BackgroundHTTPError {
        switch error {
        case let error as BackgroundHTTPError: return error
        case is NIOTooManyBytesError: return .bodyTooLarge
        case is CancellationError: return .failed("the call was cancelled")
        case let error as HTTPClientError:
            let timeouts: [HTTPClientError] = [
                .deadlineExceeded, .connectTimeout, .readTimeout, .writeTimeout, .tlsHandshakeTimeout,
                .getConnectionFromPoolTimeout,
            ]
            if timeouts.contains(error) { return .timedOut }
            return error == .alreadyShutdown ? .closed : .failed("the call failed (\(error.shortDescription))")
        case is NIOConnectionError: return .failed("no connection could be made")
        default: return .failed("the call failed (\(type(of: error)))")
        }
    }
}
