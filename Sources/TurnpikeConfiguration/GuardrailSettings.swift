package import Core

/// A check of what goes in or comes out, in the order of the file.
package enum Guardrail: Sendable, Hashable {
    /// Personal data is replaced before it leaves.
    case pii(PersonalData)
    /// Text that matches a pattern is refused.
    case deny(Deny)
    /// Another service decides.
    case webhook(Webhook)
}

extension Guardrail {
    /// When a guardrail looks.
    package enum Phase: String, Sendable, Hashable, CaseIterable {
        /// At the request.
        case input
        /// At the answer.
        case output
    }

    /// What is replaced before a request leaves.
    package struct PersonalData: Sendable, Hashable {
        /// The kinds that are replaced.
        package var redact: [Kind] = Kind.allCases
        /// Whether the answer gets the replaced text back.
        package var restore = false

        /// The defaults.
        package init() {}

        /// A kind of personal or secret data.
        package enum Kind: String, Sendable, Hashable, CaseIterable {
            case email
            case phone
            case creditCard = "credit_card"
            case iban
            case ssn
            case ip
            case secret
        }
    }

    /// Text that is refused.
    package struct Deny: Sendable, Hashable {
        /// Regular expressions; any match refuses.
        package var patterns: [String] = []
        /// When they are looked for.
        package var phases: [Phase] = [.input]

        /// The defaults.
        package init() {}
    }

    /// A service that decides.
    package struct Webhook: Sendable, Hashable {
        /// The address that is asked.
        package var url = ""
        /// When it is asked.
        package var phases: [Phase] = [.input]
        /// How long its answer is waited for.
        package var timeout = Duration.milliseconds(500)
        /// What happens when it does not answer.
        package var onError = OnError.block
        /// The bearer token sent to it; nil is none.
        package var token: Secret?

        /// The defaults.
        package init() {}
    }

    /// What happens to a request when its webhook does not answer.
    package enum OnError: String, Sendable, Hashable, CaseIterable {
        /// The request is refused.
        case block
        /// The request goes on.
        case allow
    }
}

extension Shape where Value == Guardrail {
    /// A mapping with the one key that says what the guardrail does.
    static var guardrail: Shape { .exactlyOne(title: "a guardrail", of: { Guardrail.alternatives }) }
}

extension Guardrail {
    fileprivate static var alternatives: [Alternative<Guardrail>] {
        [
            Alternative(
                "pii",
                Shape<PersonalData>.section,
                "Personal data is replaced before a request leaves.",
                make: Guardrail.pii
            ),
            Alternative(
                "deny",
                Shape<Deny>.section,
                "Text that matches a pattern is refused.",
                make: Guardrail.deny
            ),
            Alternative(
                "webhook",
                Shape<Webhook>.section,
                "Another service decides.",
                make: Guardrail.webhook
            ),
        ]
    }
}

extension Guardrail.PersonalData: Section {
    static let title = "a pii guardrail"

    static let fields: [Field<Guardrail.PersonalData>] = [
        Field("redact", \.redact, .oneOrMore(of: .word), "The kinds of data that are replaced; all by default."),
        Field("restore", \.restore, .flag, "Whether the answer gets the replaced text back."),
    ]
}

extension Guardrail.Deny: Section {
    static let title = "a deny guardrail"

    static let fields: [Field<Guardrail.Deny>] = [
        Field("patterns", \.patterns, .oneOrMore(of: .text), required: true, "Regular expressions; any match refuses."),
        Field("phase", \.phases, .oneOrMore(of: .word), "Whether requests, answers or both are looked at."),
    ]
}

extension Guardrail.Webhook: Section {
    static let title = "a webhook guardrail"

    static let fields: [Field<Guardrail.Webhook>] = [
        Field("url", \.url, .url, required: true, "The address that is asked."),
        Field("phase", \.phases, .oneOrMore(of: .word), "Whether it is asked about requests, answers or both."),
        Field("timeout", \.timeout, .timeout, "How long its answer is waited for."),
        Field("on_error", \.onError, .word, "What happens when it does not answer."),
        Field("token", optional: \.token, .secret, "The bearer token sent to it."),
    ]
}
