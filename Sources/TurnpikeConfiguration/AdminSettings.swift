/// The admin port: admin API, dashboard and metrics, always a port of its own.
package struct AdminSettings: Sendable, Hashable {
    /// Where the admin port listens.
    package var listen = ListenAddress(host: "127.0.0.1", port: 8081)
    /// TLS on the admin port; nil is plain HTTP.
    package var tls: TLSSettings?

    /// The defaults.
    package init() {}
}

/// The certificate a port shows its clients.
package struct TLSSettings: Sendable, Hashable {
    /// The path of the PEM file with the certificate chain, the server's own certificate first.
    package var certificate = ""
    /// The path of the PEM file with the private key.
    package var key = ""

    /// The defaults.
    package init() {}
}

extension AdminSettings: Section {
    static let title = "the admin section"

    static let fields: [Field<AdminSettings>] = [
        Field("listen", \.listen, .address, "Where the admin API and the dashboard listen, a port of their own."),
        Field("tls", optional: \.tls, .section, part: .section("admin.tls"), "TLS on the admin port."),
    ]
}

extension TLSSettings: Section {
    static let title = "a tls section"
    static let definition: String? = "tls"

    static let fields: [Field<TLSSettings>] = [
        Field(
            "certificate",
            \.certificate,
            .path,
            required: true,
            "The path of the PEM file with the certificate chain, the server's own first. Read again when it changes."
        ),
        Field("key", \.key, .path, required: true, "The path of the PEM file with the private key."),
    ]
}
