/// What is written down about requests, and where it goes.
package struct TelemetrySettings: Sendable, Hashable {
    /// The request records.
    package var records = Records()
    /// The operational log on standard error.
    package var log = Log()
    /// The ledger of spend.
    package var ledger = Ledger()
    /// The OTLP/HTTP endpoint metrics and traces are sent to; nil is none.
    package var otlp: String?
    /// Whether `/metrics` is served on the admin port.
    package var prometheus = true

    /// The defaults.
    package init() {}
}

extension TelemetrySettings {
    /// The request records: one row for each request.
    package struct Records: Sendable, Hashable {
        /// Whether requests and answers are kept too, not only their figures.
        package var bodies = false
        /// How long a record is kept.
        package var retention = Duration.seconds(30 * 86_400)

        /// The defaults.
        package init() {}
    }

    /// The operational log.
    package struct Log: Sendable, Hashable {
        /// The least severe line that is written.
        package var level = LogLevel.info
        /// How a line is written.
        package var format = LogFormat.json

        /// The defaults.
        package init() {}
    }

    /// How severe a log line is, least first.
    package enum LogLevel: String, Sendable, Hashable, CaseIterable {
        case trace
        case debug
        case info
        case notice
        case warning
        case error
        case critical
    }

    /// How a log line is written: one JSON object, or text for people.
    package enum LogFormat: String, Sendable, Hashable, CaseIterable {
        case json
        case text
    }

    /// The ledger of spend.
    package struct Ledger: Sendable, Hashable {
        /// What happens while the journal is full and the database cannot take it.
        package var onFull = OnFull.refuse

        /// The defaults.
        package init() {}
    }

    /// What happens to requests while spend cannot be written down.
    package enum OnFull: String, Sendable, Hashable, CaseIterable {
        /// New requests are refused.
        case refuse
        /// New requests are served and their spend may be lost.
        case serve
    }
}

extension TelemetrySettings: Section {
    static let title = "the telemetry section"

    static let fields: [Field<TelemetrySettings>] = [
        Field("records", \.records, .section, part: .section("telemetry.records"), "The request records."),
        Field("log", \.log, .section, "The operational log on standard error."),
        Field("ledger", \.ledger, .section, part: .section("telemetry.ledger"), "The ledger of spend."),
        Field(
            "otlp",
            optional: \.otlp,
            .url,
            part: .section("telemetry.otlp"),
            "The OTLP/HTTP endpoint metrics and traces are sent to."
        ),
        Field("prometheus", \.prometheus, .flag, "Whether /metrics is served on the admin port."),
    ]
}

extension TelemetrySettings.Records: Section {
    static let title = "the records section"

    static let fields: [Field<TelemetrySettings.Records>] = [
        Field("bodies", \.bodies, .flag, "Whether requests and answers are kept too, not only their figures."),
        Field("retention", \.retention, .timeout, "How long a record is kept."),
    ]
}

extension TelemetrySettings.Log: Section {
    static let title = "the log section"

    static let fields: [Field<TelemetrySettings.Log>] = [
        Field("level", \.level, .word, "The least severe line that is written."),
        Field("format", \.format, .word, "One JSON object a line, or text for people."),
    ]
}

extension TelemetrySettings.Ledger: Section {
    static let title = "the ledger section"

    static let fields: [Field<TelemetrySettings.Ledger>] = [
        Field(
            "on_full",
            \.onFull,
            .word,
            "While spend cannot be written down: refuse new requests, or serve them and risk losing their spend."
        )
    ]
}
