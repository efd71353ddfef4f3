/// Bounds of the data port: what one request, one connection and all of them together may take.
package struct ServerSettings: Sendable, Hashable {
    /// The longest request head, in bytes.
    package var head = 64 * 1024
    /// The longest request body, in bytes.
    package var body = 32 * 1024 * 1024
    /// All request bodies held at once, in bytes.
    package var bodiesInFlight = 1024 * 1024 * 1024
    /// The most client connections open at once.
    package var connections = 20_000
    /// How long a connection without a request is kept.
    package var idle = Duration.seconds(75)
    /// How long running requests may take to finish once the process is told to stop.
    package var drain = Duration.seconds(30)
    /// The number of event loops; nil is one for each core.
    package var threads: Int?
    /// The origins whose browsers may call the data port; empty is none.
    package var allowedOrigins: [String] = []

    /// The defaults.
    package init() {}
}

extension ServerSettings: Section {
    static let title = "the server section"

    static let fields: [Field<ServerSettings>] = [
        Field("head", \.head, .size, "The longest request head; a longer one is answered 431."),
        Field("body", \.body, .size, "The longest request body; a longer one is answered 413."),
        Field("bodies_in_flight", \.bodiesInFlight, .size, "All request bodies held at once."),
        Field("connections", \.connections, .integer(1...10_000_000), "The most client connections open at once."),
        Field("idle", \.idle, .timeout, "How long a connection without a request is kept."),
        Field("drain", \.drain, .duration, "How long running requests may take to finish after SIGTERM."),
        Field(
            "threads",
            optional: \.threads,
            .integer(1...1024),
            "The number of event loops; one for each core by default."
        ),
        Field(
            "cors",
            \.allowedOrigins,
            .oneOrMore(of: .text),
            part: .section("server.cors"),
            isUsed: { !$0.isEmpty },
            "The origins whose browser pages may call the data port, or '*'. None by default."
        ),
    ]
}
