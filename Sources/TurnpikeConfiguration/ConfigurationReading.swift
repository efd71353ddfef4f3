extension Configuration: Section {
    static let title = "the file"

    static let fields: [Field<Configuration>] = [
        Field("listen", \.listen, .address, "The data port: HOST:PORT. Any address but loopback needs auth: required."),
        Field("admin", \.admin, .section, "The admin port: API, dashboard and metrics."),
        Field("tls", optional: \.tls, .section, "TLS on the data port."),
        Field("providers", \.providers, .providers, "The providers by name, in the order model names are looked for."),
        Field(
            "models",
            \.models,
            .models,
            "Corrections of and additions to the built-in catalogue, by provider/model."
        ),
        Field("routes", \.routes, .routes, "The names clients may ask for, and who answers them."),
        Field(
            "direct_names",
            \.directNames,
            .flag,
            "Whether provider/model and catalogue names may be asked for without a route."
        ),
        Field(
            "rules",
            \.rules,
            .list(of: .section, count: 0...1000),
            part: .section("rules"),
            isUsed: { !$0.isEmpty },
            "The first that matches decides, before the model name is looked up."
        ),
        Field(
            "reliability",
            \.reliability,
            .reliability,
            "How hard the gateway tries, for everything that says nothing of its own."
        ),
        Field(
            "accounts",
            \.accounts,
            .accounts,
            part: .section("accounts"),
            isUsed: { !$0.isEmpty },
            "Accounts by path; budgets and limits hold at every level above a key."
        ),
        Field("cache", optional: \.cache, .section, part: .section("cache"), "The answer cache."),
        Field(
            "guardrails",
            \.guardrails,
            .list(of: .guardrail, count: 0...100),
            part: .section("guardrails"),
            isUsed: { !$0.isEmpty },
            "Checks of what goes in and comes out, in the order they run."
        ),
        Field("auth", \.auth, .auth, "Who may use the data port: required (the default), none, or a mapping."),
        Field("server", \.server, .section, "Bounds of the data port."),
        Field("telemetry", \.telemetry, .section, "Records, logs, metrics and traces."),
        Field("state", \.state, .section, "Where what must outlive the process is kept."),
    ]
}

extension Shape where Value == Reliability {
    /// The defaults with what the file says in their place.
    fileprivate static var reliability: Shape {
        Shape<ReliabilityOverrides>.section.map { overrides, _, _ in overrides.applied(to: Reliability()) }
    }
}

extension Shape where Value == [ModelSettings] {
    /// Models by `provider/model`.
    fileprivate static var models: Shape {
        Shape<[(name: String, value: ModelSettings)]>.entries(
            named: "^[^/]+/.+$",
            expected: "of the form provider/model",
            key: { Target(parsing: $0) != nil },
            value: .section
        ).map { entries, element, reading in
            entries.compactMap { entry in
                guard let target = Target(parsing: entry.name) else { return nil }
                if !reading.names.providers.contains(target.provider),
                    let place = element.entries?.first(where: { $0.key == entry.name })
                {
                    reading.error(
                        at: place.position,
                        path: place.value.path,
                        "provider '\(target.provider)' is not declared",
                        fix: didYouMean(target.provider, among: reading.names.providers)
                    )
                }
                var model = entry.value
                model.target = target
                return model
            }
        }
    }
}

extension Shape where Value == [AccountSettings] {
    /// Accounts by path.
    fileprivate static var accounts: Shape {
        Shape<[(name: String, value: AccountSettings)]>.entries(
            named: "^[^/]+(/[^/]+)*$",
            expected: "an account path such as acme/research",
            key: { AccountSettings.isPath($0) },
            value: .section
        ).map { entries, _, _ in
            entries.map { entry in
                var account = entry.value
                account.path = entry.name
                return account
            }
        }
    }
}

extension Shape where Value == [Route] {
    /// Routes by name.
    fileprivate static var routes: Shape {
        Shape(
            schema: { collection in
                var members = Schema.Members()
                members.patterns = [
                    Schema.Property(name: "^\\S+$", schema: Shape<RouteNode>.routeNode.schema(collection))
                ]
                return Schema(.mapping(members))
            },
            read: { element, reading in
                guard let entries = element.entries else {
                    reading.error(
                        at: element,
                        "\(element.kindName) is not a mapping of routes",
                        fix: "write NAME: provider/model"
                    )
                    return nil
                }
                return entries.compactMap { entry in
                    guard Route.isName(entry.key) else {
                        reading.error(
                            at: entry.position,
                            path: entry.value.path,
                            "'\(entry.key.prefix(80))' is not a route name",
                            fix: "use up to 256 visible characters without spaces"
                        )
                        return nil
                    }
                    reading.currentRoute = entry.key
                    defer { reading.currentRoute = nil }
                    return Shape<RouteNode>.routeNode.read(entry.value, reading).map {
                        Route(name: entry.key, node: $0)
                    }
                }
            }
        )
    }
}

extension Route {
    /// Whether clients can send `name` as a model.
    static func isName(_ name: String) -> Bool {
        (1...256).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && !$0.properties.isWhitespace }
    }
}
