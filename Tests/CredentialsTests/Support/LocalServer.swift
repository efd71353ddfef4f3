import Credentials
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An HTTP server on 127.0.0.1 that answers as a script says and keeps what it was asked.
final class LocalServer: Sendable {
    struct Request: Sendable {
        var method: String
        var target: String
        var fields: [(name: String, value: String)]
        var body: String

        func value(of name: String) -> String? { self.fields.first { $0.name.lowercased() == name }?.value }

        /// The fields of a form in the body.
        var form: [String: String] {
            var form: [String: String] = [:]
            for pair in self.body.split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                form[String(parts[0])] = parts.count > 1 ? String(parts[1]).removingPercentEncoding : ""
            }
            return form
        }
    }

    struct Reply: Sendable {
        var status = 200
        var fields: [(name: String, value: String)] = []
        var body = ""
        /// Head and body are sent, the end is not.
        var isUnfinished = false
    }

    typealias Script = @Sendable (Request) -> Reply

    private let channel: any Channel
    private let seen: Seen

    private init(channel: any Channel, seen: Seen) {
        self.channel = channel
        self.seen = seen
    }

    /// What it was asked, in order.
    var requests: [Request] { self.seen.requests.withLock { $0 } }
    /// Its address as `127.0.0.1:port`.
    var host: String { "127.0.0.1:\(self.channel.localAddress?.port ?? 0)" }
    /// Its URL without a path.
    var url: String { "http://\(self.host)" }

    /// Runs `body` with a server and a client, and closes both.
    static func run(
        _ script: @escaping Script,
        _ body: (LocalServer, AsyncHTTPBackground) async throws -> Void
    ) async throws {
        let seen = Seen()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(script: script, seen: seen))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = LocalServer(channel: channel, seen: seen)
        let http = AsyncHTTPBackground(group: MultiThreadedEventLoopGroup.singleton)
        let result: Result<Void, any Error>
        do { result = .success(try await body(server, http)) } catch { result = .failure(error) }
        await http.shutdown()
        try await channel.close()
        try result.get()
    }

    private final class Seen: Sendable {
        let requests = Mutex<[Request]>([])
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let script: Script
        private let seen: Seen
        private var request: Request?

        init(script: @escaping Script, seen: Seen) {
            self.script = script
            self.seen = seen
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch self.unwrapInboundIn(data) {
            case .head(let head):
                let fields = head.headers.map { (name: $0.name, value: $0.value) }
                self.request = Request(method: head.method.rawValue, target: head.uri, fields: fields, body: "")
            case .body(let bytes):
                self.request?.body += String(buffer: bytes)
            case .end:
                guard let request = self.request else { return }
                self.seen.requests.withLock { $0.append(request) }
                self.answer(self.script(request), context)
            }
        }

        private func answer(_ reply: Reply, _ context: ChannelHandlerContext) {
            var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: reply.status))
            for (name, value) in reply.fields { head.headers.add(name: name, value: value) }
            if !reply.isUnfinished { head.headers.add(name: "content-length", value: "\(reply.body.utf8.count)") }
            context.write(self.wrapOutboundOut(.head(head)), promise: nil)
            context.write(self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: reply.body)))), promise: nil)
            if reply.isUnfinished {
                context.flush()
            } else {
                context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
