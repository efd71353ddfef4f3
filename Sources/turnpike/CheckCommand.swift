import ArgumentParser
import Credentials
import Gateway
import NIOPosix
import TurnpikeConfiguration

/// `turnpike check`: validates the configuration without starting anything.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Validate the configuration: each problem with line, column and the fix, then the resolved routes."
    )

    @Option(name: .customLong("config"), help: "The configuration file; turnpike.yaml where it is there.")
    var file: String?

    @Flag(help: "Print the file's JSON Schema instead.")
    var schema = false

    func run() throws {
        if self.schema {
            Console.say(ConfigurationSchema.text)
            return
        }
        let configuration = try ConfigurationFile(named: self.file).require()
        do {
            // Nothing is asked: a policy signs in when the first request needs it.
            let services = CredentialServices(
                environment: environment(),
                http: AsyncHTTPBackground(group: MultiThreadedEventLoopGroup.singleton)
            )
            _ = try GatewayPolicy(configuration, services: services)
        } catch {
            Console.complain("error: \(error)")
            throw ExitStatus.configuration
        }
        for line in configuration.resolvedRoutes { Console.say(line) }
        Console.say("the configuration is valid")
    }
}
