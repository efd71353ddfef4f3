import Core
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Host names to addresses: asked off the event loops, remembered briefly, checked before any connection is made.
///
/// Answers are kept for ``lifetime`` only, so that a provider's change of address is followed without a restart.
package final class Resolver: Sendable {
    private struct Answer {
        var addresses: [SocketAddress]
        var expires: Instant
    }

    private static let lifetime = Duration.seconds(30)
    private static let bound = 1024

    private let threads: NIOThreadPool
    private let answers = Mutex<[String: Answer]>([:])

    package init() {
        self.threads = NIOThreadPool(numberOfThreads: 2)
        self.threads.start()
    }

    package func stop() async { try? await self.threads.shutdownGracefully() }

    /// The addresses of `host`, in the order to try them.
    func addresses(of host: String, port: Int, on loop: any EventLoop) -> EventLoopFuture<[SocketAddress]> {
        if let address = try? SocketAddress(ipAddress: host, port: port) {
            guard Resolver.isAllowed(address) else { return loop.makeFailedFuture(ResolutionFault.forbidden) }
            return loop.makeSucceededFuture([address])
        }
        let name = "\(host):\(port)"
        let known = self.answers.withLock { answers in
            answers[name].flatMap { $0.expires > .now ? $0.addresses : nil }
        }
        if let known { return loop.makeSucceededFuture(known) }
        return self.threads.runIfActive(eventLoop: loop) {
            let found = try Resolver.ask(host: host, port: port)
            let allowed = found.filter(Resolver.isAllowed)
            guard !allowed.isEmpty else { throw ResolutionFault.forbidden }
            self.answers.withLock { answers in
                if answers.count >= Self.bound { answers.removeAll() }
                answers[name] = Answer(addresses: allowed, expires: Instant.now.advanced(by: Self.lifetime))
            }
            return allowed
        }
    }

    /// Forgets what was learnt of a host, after its addresses did not answer.
    func forget(host: String, port: Int) {
        self.answers.withLock { $0["\(host):\(port)"] = nil }
    }

    /// Addresses outside the link-local range at which clouds answer with metadata: Alibaba, Oracle, Azure.
    private static let metadata: Set<[UInt8]> = [[100, 100, 100, 200], [192, 0, 0, 192], [168, 63, 129, 16]]

    /// Whether an address may be connected to: an operator's own networks are fine; link-local addresses and the few
    /// others where clouds keep their instance metadata and its credentials are not.
    static func isAllowed(_ address: SocketAddress) -> Bool {
        switch address {
        case .v4(let v4):
            // The address stands behind the family and the port (sockaddr_in).
            return withUnsafeBytes(of: v4.address) { bytes in
                (bytes[4] != 0xa9 || bytes[5] != 0xfe) && !Self.metadata.contains(Array(bytes[4..<8]))
            }
        case .v6(let v6):
            return withUnsafeBytes(of: v6.address) { whole in
                // Behind the family, the port and the flow information (sockaddr_in6).
                let bytes = UnsafeRawBufferPointer(rebasing: whole[8..<24])
                let linkLocal = bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80
                let mappedMetadata =
                    bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
                    && bytes[12] == 0xa9 && bytes[13] == 0xfe
                // fd00:ec2::254, the address of the metadata service in IPv6.
                let metadata: [UInt8] = [0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54]
                return !linkLocal && !mappedMetadata && !bytes.elementsEqual(metadata)
            }
        case .unixDomainSocket:
            return false
        }
    }

    private static func ask(host: String, port: Int) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, String(port), &hints, &list)
        guard status == 0, let first = list else { throw ResolutionFault.unknownHost }
        defer { freeaddrinfo(first) }
        var found: [SocketAddress] = []
        var next: UnsafeMutablePointer<addrinfo>? = first
        while let entry = next {
            if let address = entry.pointee.ai_addr {
                if entry.pointee.ai_family == AF_INET {
                    address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                        found.append(SocketAddress($0.pointee, host: host))
                    }
                } else if entry.pointee.ai_family == AF_INET6 {
                    address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                        found.append(SocketAddress($0.pointee, host: host))
                    }
                }
            }
            next = entry.pointee.ai_next
        }
        return found
    }
}

/// Why a host name gave no address to connect to.
enum ResolutionFault: Error {
    case unknownHost
    /// Every address is one that is never connected to.
    case forbidden
}
