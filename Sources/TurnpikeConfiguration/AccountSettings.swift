package import Core

/// A declared account: a path, and what holds for every key at or below it.
package struct AccountSettings: Sendable, Hashable {
    /// The path: names joined by `/`, the top account first.
    package var path = ""
    /// What may be spent; nil is no bound at this level.
    package var budget: Budget?
    /// How much may be asked for.
    package var limits = Limits()
    /// What happens to a model without a price; nil refuses where a money budget holds, else serves and flags.
    package var unpriced: Unpriced?
    /// How spend nobody can know is charged; nil charges the reservation where a money budget holds, else an estimate.
    package var abandoned: Abandoned?
    /// The output limit sent upstream where the client gives none, in tokens.
    package var maxOutput: Int?
    /// The only routes and targets its keys may ask for; nil is all.
    package var routes: [String]?

    /// The defaults.
    package init() {}
}

extension AccountSettings {
    /// What happens to a request for a model without a price.
    package enum Unpriced: String, Sendable, Hashable, CaseIterable {
        /// It is refused.
        case refuse
        /// It is served and flagged; its cost is unknown, not nothing.
        case allow
    }

    /// How spend nobody can know (client gone, upstream cut) is charged.
    package enum Abandoned: String, Sendable, Hashable, CaseIterable {
        /// As much as was reserved.
        case reserve
        /// An estimate from what passed.
        case estimate
    }
}

/// An amount of money for a span of time.
package struct Budget: Sendable, Hashable {
    /// The amount.
    package var usd = Money.zero
    /// The span.
    package var per = Period.month
    /// The IANA time zone days, weeks and months begin in.
    package var timeZone = "UTC"
    /// The shares of the amount at which a warning is raised.
    package var warnAt: [Percentage] = []

    /// The defaults.
    package init() {}

    /// The span of time a budget holds for.
    package enum Period: String, Sendable, Hashable, CaseIterable {
        case minute
        case hour
        case day
        case week
        case month
        case total
    }
}

/// How much may be asked for; nil is no bound.
package struct Limits: Sendable, Hashable {
    /// Requests in a window.
    package var requests: Rate?
    /// Input and output tokens in a window.
    package var tokens: Rate?
    /// Requests running at once.
    package var concurrent: Int?

    /// The defaults.
    package init() {}

    /// Whether nothing is bounded.
    package var isEmpty: Bool { self == Limits() }
}

extension AccountSettings: Section {
    static let title = "an account"

    static let fields: [Field<AccountSettings>] = [
        Field("budget", optional: \.budget, .section, "What may be spent at or below this account."),
        Field("limits", \.limits, .section, "How much may be asked for."),
        Field("unpriced", optional: \.unpriced, .word, "What happens to a model without a price."),
        Field("abandoned", optional: \.abandoned, .word, "How spend nobody can know is charged."),
        Field(
            "max_output",
            optional: \.maxOutput,
            .integer(1...100_000_000),
            "The output limit sent upstream where the client gives none, in tokens."
        ),
        Field(
            "routes",
            optional: \.routes,
            .list(of: .allowedRoute, count: 0...10_000),
            "The only routes and provider/model names its keys may ask for; all by default."
        ),
    ]

    /// Whether `path` is a path of accounts: names of letters, digits, `-`, `_`, `.` and `@`, at most sixteen levels.
    static func isPath(_ path: String) -> Bool {
        let names = path.split(separator: "/", omittingEmptySubsequences: false)
        return names.count <= 16
            && names.allSatisfy { name in
                (1...128).contains(name.utf8.count)
                    && name.utf8.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: "@") }
            }
    }
}

extension Budget: Section {
    static let title = "a budget"

    static let fields: [Field<Budget>] = [
        Field("usd", \.usd, .money, required: true, "The amount in US dollars, exact."),
        Field("per", \.per, .word, "The span of time it holds for."),
        Field("time_zone", \.timeZone, .timeZone, "The IANA time zone days, weeks and months begin in."),
        Field(
            "warn_at",
            \.warnAt,
            .oneOrMore(of: .percentage),
            "The shares of the amount at which a warning is raised."
        ),
    ]
}

extension Limits: Section {
    static let title = "the limits"
    static let definition: String? = "limits"

    static let fields: [Field<Limits>] = [
        Field("requests", optional: \.requests, .rate, "Requests in a window."),
        Field("tokens", optional: \.tokens, .rate, "Input and output tokens in a window."),
        Field("concurrent", optional: \.concurrent, .integer(1...10_000_000), "Requests running at once."),
    ]
}

extension Shape where Value == String {
    /// The name of a route, or `provider/model` of a declared provider.
    fileprivate static var allowedRoute: Shape {
        Shape.text.map { name, element, reading in
            if reading.names.routes.contains(name) { return name }
            if let target = Target(parsing: name), reading.names.providers.contains(target.provider) { return name }
            let known = reading.names.routes
            reading.error(
                at: element,
                "'\(name)' is neither a route nor a model of a declared provider",
                fix: didYouMean(name, among: known)
            )
            return nil
        }
    }
}
