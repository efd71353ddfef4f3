package import Core

/// Where what must outlive the process is kept.
package struct StateSettings: Sendable, Hashable {
    /// Keys, accounts, records and the ledger.
    package var database = DatabaseLocation.sqlite(path: "turnpike.db")
    /// The Redis server a fleet shares its counters in (`redis://…`, which may hold a password); nil is none.
    package var redis: Secret?
    /// The key that seals what must be read back; nil where a key file of the process's own is used.
    package var masterKey: Secret?

    /// The defaults.
    package init() {}
}

/// A database: a SQLite file, or PostgreSQL for a fleet.
package enum DatabaseLocation: Sendable, Hashable {
    /// The path of a SQLite file; `:memory:` is a database that ends with the process.
    case sqlite(path: String)
    /// A PostgreSQL connection URL, which may hold a password.
    case postgres(url: Secret)

    /// Reads `sqlite:PATH`, `postgres://…` or `postgresql://…`; nil where the text is none of them.
    package init?(parsing text: String) {
        if text.hasPrefix("sqlite:") {
            var path = text.dropFirst("sqlite:".count)
            if path.hasPrefix("//") { path = path.dropFirst(2) }
            guard !path.isEmpty else { return nil }
            self = .sqlite(path: String(path))
        } else if text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") {
            self = .postgres(url: Secret(text))
        } else {
            return nil
        }
    }
}

extension StateSettings: Section {
    static let title = "the state section"

    static let fields: [Field<StateSettings>] = [
        Field(
            "database",
            \.database,
            .database,
            part: .section("state.database: postgres"),
            isUsed: { location in
                if case .postgres = location { true } else { false }
            },
            "Keys, accounts, records and the ledger: sqlite:PATH, or postgres://… for a fleet."
        ),
        Field(
            "redis",
            optional: \.redis,
            .redis,
            part: .section("state.redis"),
            "The Redis server a fleet shares its counters in: redis://… or rediss://…"
        ),
        Field(
            "master_key",
            optional: \.masterKey,
            .masterKey,
            """
            The key that seals stored secrets, 32 characters or more; where it is left out, a file turnpike.master beside \
            the database holds one.
            """
        ),
    ]
}

extension Shape where Value == DatabaseLocation {
    fileprivate static var database: Shape {
        .scalar(
            .text(pattern: "^(sqlite:.+|postgres(ql)?://.+)$"),
            expected: "a database such as sqlite:turnpike.db or postgres://user@host/name",
            literal: { location in
                if case .sqlite(let path) = location { .text("sqlite:\(path)") } else { nil }
            },
            parse: { DatabaseLocation(parsing: $0) }
        )
    }
}

extension Shape where Value == Secret {
    fileprivate static var redis: Shape {
        Shape.secret.map { url, element, reading in
            if url.reveal().hasPrefix("redis://") || url.reveal().hasPrefix("rediss://") { return url }
            reading.error(at: element, "the value is not a Redis address", fix: "write redis://HOST:PORT")
            return nil
        }
    }

    fileprivate static var masterKey: Shape {
        Shape.secret.map { key, element, reading in
            let count = key.reveal().utf8.count
            if count >= 32 { return key }
            reading.error(
                at: element,
                "the master key has \(count) characters, too few to be hard to guess",
                fix: "write 32 characters or more, for example the output of: openssl rand -hex 32"
            )
            return nil
        }
    }
}
