import Admin
import Core
import Glibc
import Identity
import JSON
import Logging
import NIOPosix
import ServiceLifecycle
import Storage
import StoreCompatibility
import Synchronization
import Testing

/// A log that keeps its lines, so that tests can search them.
final class Log: Sendable {
    private let text = Mutex("")

    /// Everything logged so far.
    var contents: String { self.text.withLock { $0 } }

    /// A logger that writes here, at every level.
    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(log: self) }
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let log: Log
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            self.log.text.withLock { $0 += "\(event.level) \(event.message) \(event.metadata ?? [:])\n" }
        }
    }
}

/// A clock that stands still until it is moved.
final class ManualClock: Sendable {
    private let time = Mutex<UInt64>(1_795_232_770_000)

    /// Unix milliseconds.
    @Sendable func now() -> UInt64 { self.time.withLock { $0 } }

    func advance(by milliseconds: UInt64) { self.time.withLock { $0 += milliseconds } }
}

/// Seals under a key of the tests' own, without a file.
let testSeal = SecretSeal(masterKey: Secret(String(repeating: "m", count: 32)), file: "/nowhere/turnpike.master")

/// An admin surface over a store in memory, with its admin key.
struct Fixture: Sendable {
    let store = MemoryKeyStore()
    let clock = ManualClock()
    let log = Log()
    let bootstrap: Bootstrap
    let surface: AdminSurface
    let adminKey: String

    init(readiness: AdminSurface.Readiness = .ready) async throws {
        let key = String(repeating: "a", count: 40)
        self.adminKey = key
        self.bootstrap = try await Bootstrap.start(
            store: self.store,
            adminKey: Secret(key),
            quickstart: false,
            hasher: sha256,
            seal: testSeal,
            logger: self.log.logger,
            now: self.clock.now
        )
        self.surface = AdminSurface(
            keys: self.bootstrap.keys,
            readiness: { readiness },
            metrics: { "turnpike_up 1\n" },
            logger: self.log.logger
        )
    }

    /// Sends a request with the admin key, or with `key`.
    func send(_ method: String, _ target: String, _ body: String = "", key: String? = nil) async -> AdminAnswer {
        let parts = target.split(separator: "?", maxSplits: 1)
        return await self.surface.answer(
            AdminRequest(
                method,
                String(parts[0]),
                query: parts.count == 2 ? String(parts[1]) : "",
                authorization: "Bearer \(key ?? self.adminKey)",
                body: { () throws(GatewayError) in Array(body.utf8) }
            )
        )
    }

    /// Makes a key through the API.
    func create(_ body: String = #"{"name": "test"}"#) async throws -> (id: String, key: String) {
        let answer = await self.send("POST", "/admin/v1/keys", body)
        try #require(answer.status == 201)
        let id = try #require(answer.value["id"]?.asString)
        return (id, try #require(answer.value["key"]?.asString))
    }

    /// Why a key would be refused now; nil where it is accepted.
    func refusal(of key: String) -> KeyRefusal? {
        let result = Array(key.utf8).withUnsafeBytes { self.bootstrap.keys.authenticate($0) }
        return if case .failure(let refusal) = result { refusal } else { nil }
    }
}

extension AdminAnswer {
    /// The body as JSON; null where it is none.
    var value: JSONValue { (try? JSONValue(parsing: self.body)) ?? .null }
    /// The field an error names.
    var param: String? { self.value["error"]?["param"]?.asString }
    /// The message of an error.
    var message: String { self.value["error"]?["message"]?.asString ?? "" }
    var text: String { String(decoding: self.body, as: UTF8.self) }
}

/// A client that does not block the threads the server under test runs on.
struct LiveClient: Sendable {
    private let client: ControlClient

    init(_ client: ControlClient) { self.client = client }

    func send(
        _ method: String,
        _ target: String,
        fields: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) async throws -> ControlClient.Answer {
        try await NIOThreadPool.singleton.runIfActive {
            try self.client.send(method, target, fields: fields, body: body)
        }
    }

    func exchange(_ bytes: [UInt8]) async throws -> [UInt8] {
        try await NIOThreadPool.singleton.runIfActive { try self.client.exchange(bytes) }
    }
}

/// Runs `body` with a server on a free port and, where a path is given, its control socket; then shuts it down.
func withServer(
    _ fixture: Fixture,
    socketPath: String? = nil,
    bodyTime: Duration = .seconds(15),
    _ body: (LiveClient) async throws -> Void
) async throws {
    var configuration = AdminServer.Configuration(host: "127.0.0.1", port: 0, socketPath: socketPath)
    configuration.bodyTime = bodyTime
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let server = AdminServer(
        surface: fixture.surface,
        configuration: configuration,
        group: MultiThreadedEventLoopGroup.singleton,
        logger: fixture.log.logger,
        onRunning: { continuation.yield($0) }
    )
    let group = ServiceGroup(configuration: .init(services: [server], logger: fixture.log.logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            defer { continuation.finish() }
            try await group.run()
        }
        for await port in ports {
            do {
                try await body(LiveClient(ControlClient(loopbackPort: UInt16(port))))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
        }
        try await tasks.waitForAll()
    }
}

/// A folder that goes away with the test that made it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/turnpike-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        self.path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        for name in ["test.db", "test.db-wal", "test.db-shm", "test.db.lock"] { unlink("\(self.path)/\(name)") }
        rmdir(self.path)
    }

    /// The names of the files in the folder, sorted.
    var names: [String] {
        guard let folder = opendir(self.path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The permission bits of one file.
    func mode(_ name: String) -> mode_t {
        var status = stat()
        guard stat("\(self.path)/\(name)", &status) == 0 else { return 0 }
        return status.st_mode & 0o777
    }
}
