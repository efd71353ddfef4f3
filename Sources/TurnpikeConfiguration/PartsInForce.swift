/// A part of the file that may not be built yet.
///
/// Every key, strategy or kind that belongs to a part says so in its reader; this file says which parts are pending.
package enum Part: Sendable, Hashable {
    /// A section or key of the file.
    case section(String)
    /// A strategy of route nodes.
    case strategy(String)
    /// A kind of provider.
    case kind(ProviderKind)

    /// The part as a diagnostic or a refusal names it.
    package var name: String {
        switch self {
        case .section(let name): "'\(name)'"
        case .strategy(let name): "route strategy '\(name)'"
        case .kind(let kind): "provider kind '\(kind.name)'"
        }
    }

    /// Whether the part does what the file says.
    package var isInForce: Bool { !PartsInForce.pending.contains(self) }
}

/// What of the file is accepted but does nothing yet. When a part is built, its row is deleted here and nowhere else.
package enum PartsInForce {
    /// The parts not in force.
    package static let pending: Set<Part> = [
        .section("admin.tls"),
        .section("rules"),
        .section("accounts"),
        .section("cache"),
        .section("guardrails"),
        .section("auth.jwt"),
        .section("reliability.retries"),
        .section("reliability.breaker"),
        .section("reliability.mid_stream"),
        .section("reliability.slow_stream"),
        .section("reliability.affinity"),
        .section("reliability.hedge"),
        .section("limits"),
        .section("price"),
        .section("api"),
        .section("server.cors"),
        .section("telemetry.records"),
        .section("telemetry.ledger"),
        .section("telemetry.otlp"),
        .section("state.database: postgres"),
        .section("state.redis"),
        .strategy("fallback"),
        .strategy("fastest"),
        .strategy("cheapest"),
        .strategy("balance"),
        .strategy("split"),
        .strategy("cascade"),
        .strategy("classify"),
        .strategy("learn"),
        .strategy("shadow"),
    ]
}
