extension ReliabilityOverrides: Section {
    static let title = "a reliability section"
    static let definition: String? = "reliability"

    static let fields: [Field<ReliabilityOverrides>] = [
        Field("timeouts", \.timeouts, .section, "How long each step may take."),
        Field(
            "retries",
            \.retries,
            .section,
            part: .section("reliability.retries"),
            "How often one target is tried again."
        ),
        Field(
            "breaker",
            optional: \.breaker,
            .switchable(.section),
            part: .section("reliability.breaker"),
            isUsed: \.isOn,
            "When a failing target is left alone; none is never. On by default."
        ),
        Field(
            "mid_stream",
            optional: \.midStream,
            .word,
            part: .section("reliability.mid_stream"),
            isUsed: { $0 != .none },
            "What happens to a stream that fails after its first content. Default continue."
        ),
        Field(
            "slow_stream",
            optional: \.slowStream,
            .switchable(.section),
            part: .section("reliability.slow_stream"),
            isUsed: \.isOn,
            "When a stream counts as too slow, before its first content is shown; none is never. On by default."
        ),
        Field(
            "affinity",
            optional: \.affinity,
            .switchable(.section),
            part: .section("reliability.affinity"),
            isUsed: \.isOn,
            "What keeps a conversation on one target, for its prompt cache; none is nothing. On by default."
        ),
        Field(
            "hedge",
            optional: \.hedge,
            .switchable(.section),
            part: .section("reliability.hedge"),
            isUsed: \.isOn,
            "When a second target is asked beside the first; none (the default) is never."
        ),
    ]
}

extension ReliabilityOverrides.Timeouts: Section {
    static let title = "the timeouts"

    static let fields: [Field<ReliabilityOverrides.Timeouts>] = [
        Field("connect", optional: \.connect, .timeout, "Until the upstream connection stands. Default 5s."),
        Field("first_content", optional: \.firstContent, .timeout, "Streams: until the first content. Default 2m."),
        Field(
            "between_chunks",
            optional: \.betweenChunks,
            .timeout,
            "Streams: between two pieces of the answer. Default 60s."
        ),
        Field(
            "response",
            optional: \.response,
            .timeout,
            "Everything but streams: until the answer is whole. Default 10m."
        ),
        Field("total", optional: \.total, .timeout, "One request in total, over all tries and targets. Default 10m."),
        Field(
            "commit_after",
            optional: \.commitAfter,
            .timeout,
            "Streams: when the response head goes out although no content has come. Default 20s."
        ),
    ]
}

extension ReliabilityOverrides.Retries: Section {
    static let title = "the retries section"

    static let fields: [Field<ReliabilityOverrides.Retries>] = [
        Field("max", optional: \.max, .integer(0...100), "Tries beyond the first on one target. Default 2."),
        Field("share", optional: \.share, .percentage, "The share of all tries that may be such tries. Default 20%."),
    ]
}

extension Reliability.Breaker: Section {
    static let title = "the breaker section"

    static let fields: [Field<Reliability.Breaker>] = [
        Field("failures", \.failures, .integer(1...10_000), "How many failures open it."),
        Field("within", \.within, .timeout, "In which time they have to fall."),
        Field("open", \.open, .timeout, "How long it stays open before one probe is let through."),
    ]
}

extension Reliability.SlowStream: Section {
    static let title = "the slow_stream section"

    static let fields: [Field<Reliability.SlowStream>] = [
        Field("below", \.below, .number(0...1_000_000), "Tokens per second below which a stream is too slow."),
        Field("over", \.over, .timeout, "Over which time that is measured."),
    ]
}

extension Reliability.Affinity: Section {
    static let title = "the affinity section"

    static let fields: [Field<Reliability.Affinity>] = [
        Field("by", \.by, .word, "What the requests of one conversation have in common."),
        Field("for", \.lasting, .timeout, "How long after its last request a conversation is remembered."),
    ]
}

extension Reliability.Hedge: Section {
    static let title = "the hedge section"

    static let fields: [Field<Reliability.Hedge>] = [
        Field("after", \.after, .delay, "After how long without first content: a percentile (p95) or a duration.")
    ]
}

extension Shape where Value == Reliability.Hedge.Delay {
    fileprivate static var delay: Shape {
        .scalar(
            .text(pattern: "^(p[1-9][0-9]?|[0-9]+(\\.[0-9]+)?(ms|s|m|h|d))$"),
            expected: "a percentile such as p95 or a duration such as 800ms",
            literal: { delay in
                switch delay {
                case .percentile(let percent): .text("p\(percent)")
                case .fixed(let duration): .text(durationText(duration))
                }
            },
            parse: { text in
                if text.first == "p" {
                    guard let percent = plainInteger(text.dropFirst()), (1...99).contains(percent) else { return nil }
                    return .percentile(percent)
                }
                return parseDuration(text).flatMap { $0 > .zero ? .fixed($0) : nil }
            }
        )
    }
}

extension ReliabilityOverrides.Switch {
    /// Whether it is on.
    var isOn: Bool { self != .off }
}

extension Shape {
    /// A mapping, or the word `none`.
    fileprivate static func switchable<Content>(_ shape: Shape<Content>) -> Shape
    where Value == ReliabilityOverrides.Switch<Content> {
        .either(
            scalar: Shape<NoneWord>.word.map { _, _, _ in ReliabilityOverrides.Switch<Content>.off },
            mapping: shape.map { content, _, _ in ReliabilityOverrides.Switch<Content>.on(content) }
        )
    }
}

/// The word that switches something off.
private enum NoneWord: String, CaseIterable {
    case none
}
