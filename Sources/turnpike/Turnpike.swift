import ArgumentParser
import Gateway

/// The command line: `turnpike serve` is what runs where no command is named.
@main
struct Turnpike: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "turnpike",
        abstract: "An AI gateway: one endpoint between your applications and every LLM provider.",
        version: GatewayVersion.text,
        subcommands: [ServeCommand.self, CheckCommand.self, KeysCommand.self, SimulateCommand.self],
        defaultSubcommand: ServeCommand.self
    )
}
