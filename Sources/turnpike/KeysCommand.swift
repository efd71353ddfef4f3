import ArgumentParser
import Identity
import JSON
import Storage

/// `turnpike keys`: what the admin API does with keys, on the database beside this process.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make, list, show, rotate and revoke API keys.",
        discussion: """
            Works on the database itself, or through the running server where one holds it. A key is shown once, when \
            it is made or rotated: the database holds its SHA-256 only, and the secret of an AWS pair sealed under the \
            master key.
            """,
        subcommands: [Create.self, List.self, Show.self, Rotate.self, Revoke.self]
    )

    /// Which database, and how to print.
    struct Options: ParsableArguments {
        @Option(name: .long, help: "The configuration file that names the database.")
        var config: String?

        @Option(name: .long, help: "The database, such as sqlite:turnpike.db.")
        var database: String?

        @Flag(name: .long, help: "Print the admin API's JSON.")
        var json = false

        /// The keys of the database the options name; made where there is none if `makesDatabase`.
        func keys(makesDatabase: Bool = false) async throws -> KeysEndpoint {
            let file = ConfigurationFile(named: self.config)
            return try await KeysEndpoint.open(
                DatabaseChoice.url(named: self.database, in: file.require()),
                masterKey: MasterKey.configured(beside: file),
                makesDatabase: makesDatabase
            )
        }
    }
}

extension KeysCommand {
    /// `turnpike keys create`.
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a key and print it, this once.")

        @Option(name: .long, help: "What the key is for.")
        var name: String

        @Option(name: .long, help: "The account that pays, a path such as acme/research.")
        var account = AccountPath.standard.description

        @Option(name: .long, help: "client, viewer, account-admin or admin.")
        var role = Role.client.rawValue

        @Option(
            name: .customLong("route"),
            help: "A route the key may ask for; may be given again. Every route if left out."
        )
        var routes: [String] = []

        @Option(name: .long, help: "When the key stops working: 2027-01-31T00:00:00Z, or 30d from now.")
        var expires: String?

        @Flag(name: .long, help: "Make an AWS pair with it, for Bedrock clients that sign their requests.")
        var aws = false

        @OptionGroup var options: Options

        func run() async throws {
            try await reporting {
                var body: JSONObject = [
                    "name": .string(self.name), "account": .string(self.account), "role": .string(self.role),
                ]
                if !self.routes.isEmpty { body["routes"] = .array(self.routes.map { .string($0) }) }
                if let expires = self.expires { body["expires"] = .string(expires) }
                if self.aws { body["aws"] = true }
                let keys = try await self.options.keys(makesDatabase: true)
                let made = try await keys.send("POST", "/admin/v1/keys", body: .object(body))
                show(made, json: self.options.json)
            }
        }
    }

    /// `turnpike keys list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all keys, the newest first.")

        @OptionGroup var options: Options

        func run() async throws {
            try await reporting {
                let keys = try await self.options.keys()
                var rows: [JSONValue] = []
                var cursor = ""
                repeat {
                    let page = try await keys.send("GET", "/admin/v1/keys?limit=200\(cursor)")
                    rows += page["data"]?.asArray ?? []
                    cursor = page["next_cursor"]?.asString.map { "&cursor=\($0)" } ?? ""
                } while !cursor.isEmpty
                if self.options.json {
                    writeLine(JSONValue.object(["data": .array(rows), "next_cursor": .null]).text)
                } else {
                    let names = ["id", "name", "account", "role", "prefix", "status", "expires"]
                    writeTable([names] + rows.map { row in names.map { row[$0]?.asString ?? "-" } })
                }
            }
        }
    }

    /// `turnpike keys show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what is known of a key; never the key itself.")

        @Argument(help: "The identifier of the key (key_…).")
        var id: String

        @OptionGroup var options: Options

        func run() async throws {
            try await reporting {
                show(try await self.options.keys().send("GET", path(self.id)), json: self.options.json)
            }
        }
    }

    /// `turnpike keys rotate`.
    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Give a key a new secret (and AWS pair, if it has one) and print it, this once. The old one stops working."
        )

        @Argument(help: "The identifier of the key (key_…).")
        var id: String

        @OptionGroup var options: Options

        func run() async throws {
            try await reporting {
                show(try await self.options.keys().send("POST", "\(path(self.id))/rotate"), json: self.options.json)
            }
        }
    }

    /// `turnpike keys revoke`.
    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a key: requests with it are refused from now on."
        )

        @Argument(help: "The identifier of the key (key_…).")
        var id: String

        @OptionGroup var options: Options

        func run() async throws {
            try await reporting {
                let keys = try await self.options.keys()
                _ = try await keys.send("DELETE", path(self.id))
                if self.options.json {
                    writeLine(JSONValue.object(["id": .string(self.id), "status": "revoked"]).text)
                } else {
                    writeLine("revoked \(self.id)")
                }
            }
        }
    }
}

/// The path of one key; what cannot be part of a path, and so of no identifier, is taken out.
private func path(_ id: String) -> String {
    let clean = id.unicodeScalars.filter {
        $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "_")
    }
    return "/admin/v1/keys/\(clean.isEmpty ? "_" : String(String.UnicodeScalarView(clean)))"
}

/// Runs a command; an error is one line on standard error and exit code 1.
private func reporting(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch {
        writeLine("turnpike: \(error)", to: 2)
        throw ExitCode.failure
    }
}

/// Prints one key, a field on each line.
private func show(_ key: JSONValue, json: Bool) {
    guard !json, let object = key.asObject else { return writeLine(key.text) }
    for (name, value) in object.members {
        let text =
            switch value {
            case .null: name == "routes" ? "all" : name == "expires" ? "never" : "-"
            case .array(let elements): elements.compactMap(\.asString).joined(separator: ", ")
            default: value.asString ?? value.text
            }
        let label = name.split(separator: "_").joined(separator: " ")
        writeLine(label + String(repeating: " ", count: max(1, 12 - label.count)) + text)
    }
    if object["key"] != nil { writeLine("This is the only time the key is shown.", to: 2) }
}
