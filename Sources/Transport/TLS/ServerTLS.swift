import NIOCore
import NIOSSL
import Synchronization

/// The data port's certificate and key, replaced in place when their files change. Connections that stand keep theirs.
package final class ServerTLS: Sendable {
    private let certificate: String
    private let key: String
    private let context: Mutex<NIOSSLContext>

    /// - Parameters:
    ///   - certificate: the path of a PEM file with the certificate and its chain.
    ///   - key: the path of a PEM file with the private key.
    package init(certificate: String, key: String) throws {
        self.certificate = certificate
        self.key = key
        self.context = Mutex(try ServerTLS.load(certificate: certificate, key: key))
    }

    /// Reads the files again. Where they are not usable the old certificate stays and the error is thrown.
    package func reload() throws {
        let fresh = try ServerTLS.load(certificate: self.certificate, key: self.key)
        self.context.withLock { $0 = fresh }
    }

    func handler() -> NIOSSLServerHandler { NIOSSLServerHandler(context: self.context.withLock { $0 }) }

    private static func load(certificate: String, key: String) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(certificate).map { NIOSSLCertificateSource.certificate($0) }
        let privateKey = NIOSSLPrivateKeySource.privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
        var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: privateKey)
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        configuration.shutdownTimeout = .seconds(1)
        return try NIOSSLContext(configuration: configuration)
    }
}
