extension Rule: Section {
    static let title = "a rule"

    static let fields: [Field<Rule>] = [
        Field("when", \.when, .section, required: true, "What has to hold of a request, all of it; {} holds always."),
        Field("use", \.use, .routeNode, required: true, "Who answers: provider/model, the name of a route, or a node."),
    ]
}

extension Rule.Condition: Section {
    static let title = "a rule's condition"

    static let fields: [Field<Rule.Condition>] = [
        Field("dialect", \.dialect, .oneOrMore(of: .word), "The dialect the client speaks."),
        Field("model", \.model, .oneOrMore(of: .text), "Patterns of the model name asked for; * stands for any text."),
        Field("account", \.account, .oneOrMore(of: .text), "Patterns of the account path."),
        Field("key", \.key, .oneOrMore(of: .text), "Patterns of the key's id or name."),
        Field(prefix: "tag.", .oneOrMore(of: .text), "Patterns of the tag of that name.") { condition, name, patterns in
            condition.tags.append(Rule.Named(name: name, patterns: patterns))
        },
        Field(prefix: "header.", .oneOrMore(of: .text), "Patterns of the request header of that name.") {
            condition,
            name,
            patterns in
            condition.headers.append(Rule.Named(name: name.lowercased(), patterns: patterns))
        },
        Field("needs", \.needs, .oneOrMore(of: .word), "What the request needs of a model, all of it."),
        Field("stream", optional: \.stream, .flag, "Whether the request asks for a stream."),
        Field("tokens", optional: \.tokens, .tokenBound, "How many input tokens it has: \">1000\" or \"<1000\"."),
        Field("budget_left", optional: \.budgetLeft, .budgetBound, "What is left of the tightest budget: \"<20%\"."),
        Field("time", optional: \.time, .timeSpan, "When it is asked: \"08:00-18:00\" (UTC), or a mapping."),
    ]
}

extension Shape where Value == Rule.Comparison<Int> {
    fileprivate static var tokenBound: Shape {
        .scalar(.text(pattern: "^[<>][0-9]+$"), expected: "a bound such as \">1000\" (in quotes)") { text in
            guard let count = plainInteger(text.dropFirst()), count >= 0 else { return nil }
            return Rule.Comparison(sign: text.first, count)
        }
    }
}

extension Shape where Value == Rule.Comparison<Percentage> {
    fileprivate static var budgetBound: Shape {
        .scalar(.text(pattern: "^[<>][0-9]+(\\.[0-9]+)?%$"), expected: "a bound such as \"<20%\" (in quotes)") { text in
            parsePercentage(text.dropFirst()).flatMap { Rule.Comparison(sign: text.first, $0) }
        }
    }
}

extension Rule.Comparison {
    fileprivate init?(sign: Character?, _ value: Value) {
        switch sign {
        case "<": self = .below(value)
        case ">": self = .above(value)
        default: return nil
        }
    }
}

/// A time of day, in minutes from midnight.
private struct ClockTime: Sendable {
    var minutes: Int

    /// Reads `08:00`; `24:00` is the end of the day.
    init?(parsing text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hours = plainInteger(parts[0]),
            let minutes = plainInteger(parts[1]), (0...24).contains(hours), (0...59).contains(minutes),
            hours * 60 + minutes <= 24 * 60
        else { return nil }
        self.minutes = hours * 60 + minutes
    }
}

extension Shape where Value == Int {
    /// A time of day in minutes from midnight, written `08:00`.
    fileprivate static var clockTime: Shape {
        .scalar(
            .text(pattern: "^([01][0-9]|2[0-4]):[0-5][0-9]$"),
            expected: "a time of day such as 08:30",
            literal: { minutes in
                let hours = minutes / 60
                let rest = minutes % 60
                return .text("\(hours < 10 ? "0" : "")\(hours):\(rest < 10 ? "0" : "")\(rest)")
            },
            parse: { ClockTime(parsing: $0)?.minutes }
        )
    }
}

extension Rule.TimeSpan: Section {
    static let title = "a time span"

    static let fields: [Field<Rule.TimeSpan>] = [
        Field("from", \.from, .clockTime, "The time of day it begins."),
        Field("to", \.to, .clockTime, "The time of day it ends; before 'from' it is on the next day."),
        Field("days", \.days, .oneOrMore(of: .word), "The days it begins on."),
        Field("time_zone", \.timeZone, .timeZone, "The IANA time zone it is meant in."),
    ]
}

extension Shape where Value == Rule.TimeSpan {
    fileprivate static var timeSpan: Shape {
        .either(
            scalar: .scalar(
                .text(pattern: "^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$"),
                expected: "a time span such as \"08:00-18:00\""
            ) { text in
                let ends = text.split(separator: "-", omittingEmptySubsequences: false)
                guard ends.count == 2, let from = ClockTime(parsing: ends[0]), let to = ClockTime(parsing: ends[1])
                else {
                    return nil
                }
                var span = Rule.TimeSpan()
                span.from = from.minutes
                span.to = to.minutes
                return span
            },
            mapping: .section
        )
    }
}
