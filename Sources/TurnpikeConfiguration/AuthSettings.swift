/// Who may use the data port.
package struct AuthSettings: Sendable, Hashable {
    /// Whether a key is asked for.
    package var mode = Mode.required
    /// The issuers whose tokens are accepted besides keys.
    package var jwt: [TokenIssuer] = []

    /// The defaults.
    package init() {}
}

extension AuthSettings {
    /// Whether a key is asked for.
    package enum Mode: String, Sendable, Hashable, CaseIterable {
        /// Every request needs a key or an accepted token.
        case required
        /// Nobody is asked; only a loopback address may listen so.
        case none
    }

    /// An issuer of JSON Web Tokens (RFC 7519).
    package struct TokenIssuer: Sendable, Hashable {
        /// The `iss` claim, and the address its keys are found at by OpenID Connect discovery.
        package var issuer = ""
        /// The `aud` claim a token has to carry.
        package var audience = ""
        /// The claim that names the account; nil is the issuer's top account.
        package var accountClaim: String?
        /// The claim that names the role; nil is `client`.
        package var roleClaim: String?
        /// The address of the key set (RFC 7517), where discovery does not give it.
        package var keySet: String?

        /// The defaults.
        package init() {}
    }
}

extension AuthSettings: Section {
    static let title = "the auth section"

    static let fields: [Field<AuthSettings>] = [
        Field("mode", \.mode, .word, "Whether every request needs a key; none is only for loopback addresses."),
        Field(
            "jwt",
            \.jwt,
            .list(of: .section, count: 0...64),
            part: .section("auth.jwt"),
            isUsed: { !$0.isEmpty },
            "The issuers whose tokens are accepted besides keys."
        ),
    ]
}

extension AuthSettings.TokenIssuer: Section {
    static let title = "a token issuer"

    static let fields: [Field<AuthSettings.TokenIssuer>] = [
        Field(
            "issuer",
            \.issuer,
            .url,
            required: true,
            "The iss claim; its keys are found there by OpenID Connect discovery."
        ),
        Field("audience", \.audience, .text, required: true, "The aud claim a token has to carry."),
        Field("account_claim", optional: \.accountClaim, .text, "The claim that names the account."),
        Field(
            "role_claim",
            optional: \.roleClaim,
            .text,
            "The claim that names the role; without it every token is a client."
        ),
        Field("jwks_uri", optional: \.keySet, .url, "The address of the key set, where discovery does not give it."),
    ]
}

extension Shape where Value == AuthSettings {
    /// A mode alone, or a mapping.
    static var auth: Shape {
        .either(
            scalar: Shape<AuthSettings.Mode>.word.map { mode, _, _ in
                var settings = AuthSettings()
                settings.mode = mode
                return settings
            },
            mapping: .section
        )
    }
}
