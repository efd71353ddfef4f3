import NIOCore
import NIOSSL

/// One place requests are sent to; what connections are pooled by. Two endpoints never share a connection, even where
/// they name the same host, so a credential's traffic stays apart.
package final class Endpoint: Sendable {
    package enum Place: Sendable {
        case host(String, port: Int)
        /// A request handler in this process, reached through a socket pair: the demo provider.
        case inProcess(any RequestHandler)
    }

    package let place: Place
    /// How to speak TLS; nil for plain HTTP.
    package let tls: UpstreamTLS?

    package init(_ place: Place, tls: UpstreamTLS? = nil) {
        self.place = place
        self.tls = tls
    }
}

/// TLS towards an upstream: certificates are verified against the trust roots and the host's name. There is no way to
/// switch that off.
package final class UpstreamTLS: Sendable {
    let context: NIOSSLContext

    /// - Parameter certificateAuthority: the path of a PEM file with the certificates to trust instead of the system's.
    package init(certificateAuthority: String? = nil) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // An upstream that is generating does not answer a goodbye, and must not go on.
        configuration.shutdownTimeout = .milliseconds(50)
        if let path = certificateAuthority { configuration.trustRoots = .file(path) }
        self.context = try NIOSSLContext(configuration: configuration)
    }

    /// The handler for a connection to `host`. An IP address is verified against the certificate's addresses.
    func handler(host: String) throws -> NIOSSLClientHandler {
        let isAddress = (try? SocketAddress(ipAddress: host, port: 443)) != nil
        return try NIOSSLClientHandler(context: self.context, serverHostname: isAddress ? nil : host)
    }
}
