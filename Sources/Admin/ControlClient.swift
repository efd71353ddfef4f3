import Glibc

/// A client for one request to the admin surface, over the control socket: what the command line speaks while a server
/// owns the database. It blocks its thread.
package struct ControlClient: Sendable {
    /// An answer: its status, its fields in lower case, its body.
    package struct Answer: Sendable {
        package let status: Int
        package let fields: [(name: String, value: String)]
        package let body: [UInt8]
    }

    private enum Address {
        case socket(String)
        case port(UInt16)
    }

    private let address: Address
    /// The most bytes an answer may have.
    private static let limit = 16 * 1024 * 1024
    /// How long the server may keep silent, in seconds.
    private static let patience = 30

    /// A client for the socket at `path`.
    package init(socketPath path: String) { self.address = .socket(path) }

    /// A client for a port of this machine.
    package init(loopbackPort port: UInt16) { self.address = .port(port) }

    /// Sends one request and waits for the answer.
    ///
    /// - Throws: ``SystemError`` where no server listens or its answer cannot be read.
    package func send(
        _ method: String,
        _ target: String,
        fields: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) throws(SystemError) -> Answer {
        var request = "\(method) \(target) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
        for field in fields { request += "\(field.name): \(field.value)\r\n" }
        if !body.isEmpty || method == "POST" { request += "content-length: \(body.count)\r\n" }
        return try Self.parse(try self.exchange(Array("\(request)\r\n".utf8) + body), hasBody: method != "HEAD")
    }

    /// Sends bytes as they are and reads until the server closes.
    package func exchange(_ bytes: [UInt8]) throws(SystemError) -> [UInt8] {
        let descriptor = try self.connected()
        defer { close(descriptor) }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            // A server may answer and close before it has read everything: what it says counts.
            guard count > 0 else { break }
            sent += count
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, answer.isEmpty { throw SystemError("the running server") }
            guard count > 0 else { return answer }
            answer += buffer[..<count]
            guard answer.count <= Self.limit else { throw SystemError("the running server", "its answer is too long") }
        }
    }

    private func connected() throws(SystemError) -> CInt {
        let family = if case .socket = self.address { AF_UNIX } else { AF_INET }
        let descriptor = socket(family, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        var patience = timeval(tv_sec: Self.patience, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        let (result, subject) =
            switch self.address {
            case .socket(let path): (Self.connect(descriptor, path), path)
            case .port(let port): (Self.connect(descriptor, port), "127.0.0.1:\(port)")
            }
        guard result == 0 else {
            let error = SystemError(subject)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func connect(_ descriptor: CInt, _ path: String) -> CInt {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { place in
            guard path.utf8.count < place.count else { return false }
            place.copyBytes(from: path.utf8)
            return true
        }
        guard fits else {
            errno = ENAMETOOLONG
            return -1
        }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func connect(_ descriptor: CInt, _ port: UInt16) -> CInt {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// Reads an answer whose body ends with its length or with the connection, which is all this server sends.
    private static func parse(_ bytes: [UInt8], hasBody: Bool) throws(SystemError) -> Answer {
        let broken = SystemError("the running server", "its answer cannot be read")
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { throw broken }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else { throw broken }
        let fields = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (line[..<colon].lowercased(), String(value))
        }
        var body = Array(bytes[end.upperBound...])
        if hasBody, let text = fields.first(where: { $0.name == "content-length" })?.value {
            guard let length = Int(text), length >= 0, body.count >= length else { throw broken }
            body = Array(body.prefix(length))
        }
        return Answer(status: status, fields: fields, body: body)
    }
}
