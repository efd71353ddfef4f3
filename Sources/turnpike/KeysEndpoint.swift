import Admin
import Core
import Glibc
import Identity
import JSON
import Logging
import Storage

/// The keys of a database as the admin API serves them: in this process, or by the server that holds the database.
struct KeysEndpoint: Sendable {
    /// A refusal or a failure, in the admin API's words.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private enum Way: Sendable {
        case here(AdminSurface)
        case server(ControlClient, DatabaseLocked)
    }

    private let way: Way

    /// Opens the database, or finds the server that holds it.
    ///
    /// - Parameter masterKey: what seals the secrets of AWS pairs; nil for the file beside the database.
    /// - Throws: ``Failure`` where there is no such database and none is to be made; ``StorageError``.
    static func open(_ url: DatabaseURL, masterKey: Secret?, makesDatabase: Bool) async throws -> KeysEndpoint {
        guard makesDatabase || access(url.path, F_OK) == 0 else {
            throw Failure(description: "there is no database at \(url.path); name one with --database sqlite:FILE")
        }
        do {
            let store = SQLiteKeyStore(try SQLiteDatabase.open(url))
            let stored = try await store.all()
            let surface = AdminSurface(
                keys: KeyDirectory(
                    store: store,
                    ring: KeyRing(stored),
                    hasher: sha256,
                    seal: SecretSeal(masterKey: masterKey, file: url.masterKeyPath, keys: stored)
                ),
                readiness: { .ready },
                metrics: { "" },
                logger: Logger(label: "turnpike.keys")
            )
            return KeysEndpoint(way: .here(surface))
        } catch let error as DatabaseLocked {
            return KeysEndpoint(way: .server(ControlClient(socketPath: url.socketPath), error))
        }
    }

    /// Sends one request; an answer that is not a success is thrown.
    func send(_ method: String, _ target: String, body: JSONValue? = nil) async throws -> JSONValue {
        let bytes = body?.bytes ?? []
        let (status, answer) = try await self.exchange(method, target, bytes)
        let value = answer.isEmpty ? JSONValue.null : try JSONValue(parsing: answer)
        guard (200..<300).contains(status) else {
            throw Failure(
                description: value["error"]?["message"]?.asString ?? "the server answered with status \(status)"
            )
        }
        return value
    }

    private func exchange(_ method: String, _ target: String, _ body: [UInt8]) async throws -> (Int, [UInt8]) {
        switch self.way {
        case .here(let surface):
            let parts = target.split(separator: "?", maxSplits: 1)
            let request = AdminRequest(
                method,
                String(parts[0]),
                query: parts.count == 2 ? String(parts[1]) : "",
                origin: .controlSocket,
                body: { () throws(GatewayError) in body }
            )
            let answer = await surface.answer(request)
            return (answer.status, answer.body)
        case .server(let client, let locked):
            do {
                let answer = try client.send(method, target, body: body)
                return (answer.status, answer.body)
            } catch {
                throw Failure(description: "\(locked); and it could not be asked to help: \(error)")
            }
        }
    }
}

/// Writes a line to a descriptor, standard output where none is named.
func writeLine(_ text: String, to descriptor: CInt = 1) {
    let bytes = Array("\(text)\n".utf8)
    var written = 0
    while written < bytes.count {
        let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 || errno == EINTR else { return }
        written += max(0, count)
    }
}

/// Writes rows in columns as wide as their widest text.
func writeTable(_ rows: [[String]]) {
    var widths: [Int] = []
    for row in rows {
        for (column, text) in row.enumerated() {
            if column == widths.count { widths.append(0) }
            widths[column] = max(widths[column], text.count)
        }
    }
    for row in rows {
        let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
        let line = cells.joined(separator: "  ")
        writeLine(String(line.reversed().drop { $0 == " " }.reversed()))
    }
}
