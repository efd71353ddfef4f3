import Gateway
import Glibc
import Logging
import ServiceLifecycle
import Transport
import TurnpikeConfiguration
import UnixSignals

/// Follows the files the gateway runs on: SIGHUP, or a change of the configuration or certificate, puts the new state in
/// force. What is not valid changes nothing and is logged.
struct Reload: Service {
    let file: ConfigurationFile
    let gateway: Gateway
    let services: CredentialServices
    let tls: ServerTLS?
    let tlsPaths: [String]
    let logger: Logger

    func run() async throws {
        await withTaskGroup { group in
            group.addTask { await self.followSignals() }
            group.addTask { await self.followFiles() }
            try? await gracefulShutdown()
            group.cancelAll()
        }
    }

    private func followSignals() async {
        for await _ in await UnixSignalsSequence(trapping: .sighup) {
            self.reloadCertificate()
            self.reloadConfiguration()
        }
    }

    private func followFiles() async {
        var configuration = Self.stamp(of: self.file.path.map { [$0] } ?? [])
        var certificate = Self.stamp(of: self.tlsPaths)
        while (try? await Task.sleep(for: .milliseconds(500))) != nil {
            let (newConfiguration, newCertificate) = (
                Self.stamp(of: self.file.path.map { [$0] } ?? []), Self.stamp(of: self.tlsPaths)
            )
            if newCertificate != certificate {
                certificate = newCertificate
                self.reloadCertificate()
            }
            if newConfiguration != configuration {
                configuration = newConfiguration
                self.reloadConfiguration()
            }
        }
    }

    private func reloadCertificate() {
        guard let tls = self.tls else { return }
        do {
            try tls.reload()
            self.logger.notice("certificate reloaded")
        } catch {
            self.logger.error("the new certificate is not usable; the old one stays", metadata: ["error": "\(error)"])
        }
    }

    private func reloadConfiguration() {
        guard self.file.path != nil else { return }
        let result = self.file.load()
        guard var configuration = result.configuration else {
            for problem in result.diagnostics {
                self.logger.error(
                    "the new configuration is not valid; the old one stays",
                    metadata: ["problem": "\(problem)"]
                )
            }
            return
        }
        let former = self.gateway.policy.configuration
        let listensElsewhere = configuration.listen != former.listen
        // What is judged is the address the port is bound to, not the one the file names now.
        configuration.listen = former.listen
        guard !configuration.isOpenToAll else {
            self.logger.error(
                "the new configuration is not valid; the old one stays",
                metadata: ["problem": "auth cannot be switched off while others can reach \(former.listen)"]
            )
            return
        }
        do {
            self.gateway.replacePolicy(try GatewayPolicy(configuration, services: self.services))
            self.logger.notice("configuration reloaded")
            if listensElsewhere || configuration.server != former.server
                || configuration.admin != former.admin || configuration.state != former.state
                || configuration.tls != former.tls
            {
                self.logger.warning("listen, admin, tls, server and state change with a restart only")
            }
        } catch {
            self.logger.error(
                "the new configuration is not valid; the old one stays",
                metadata: ["problem": "\(error)"]
            )
        }
    }

    /// Size and time of change of each file, which differ after any edit or replacement.
    private static func stamp(of paths: [String]) -> [Int] {
        paths.flatMap { path -> [Int] in
            var status = stat()
            guard stat(path, &status) == 0 else { return [0] }
            return [
                Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec), Int(status.st_size), Int(status.st_ino),
            ]
        }
    }
}
