/// A rule: where its condition holds, `use` answers, whatever model was asked for.
package struct Rule: Sendable, Hashable {
    /// What has to hold, all of it.
    package var when = Condition()
    /// Who answers.
    package var use = RouteNode(.fallback([]))

    /// The defaults.
    package init() {}
}

extension Rule {
    /// What has to hold of a request; what is left out holds always.
    package struct Condition: Sendable, Hashable {
        /// The dialect the client speaks.
        package var dialect: [Dialect] = []
        /// Patterns of the model name asked for; `*` stands for any text.
        package var model: [String] = []
        /// Patterns of the account path.
        package var account: [String] = []
        /// Patterns of the key's id or name.
        package var key: [String] = []
        /// Patterns of tags, by tag name.
        package var tags: [Named] = []
        /// Patterns of request headers, by lower-case name.
        package var headers: [Named] = []
        /// What the request needs, all of it.
        package var needs: [Need] = []
        /// Whether the request asks for a stream.
        package var stream: Bool?
        /// How many input tokens it has.
        package var tokens: Comparison<Int>?
        /// What is left of the tightest money budget above the key.
        package var budgetLeft: Comparison<Percentage>?
        /// When it is asked.
        package var time: TimeSpan?

        /// The defaults.
        package init() {}
    }

    /// Patterns of what stands under a name; any of them is enough.
    package struct Named: Sendable, Hashable {
        /// The name of the tag or header.
        package var name: String
        /// The patterns; `*` stands for any text.
        package var patterns: [String]

        /// Patterns from their parts.
        package init(name: String, patterns: [String]) {
            self.name = name
            self.patterns = patterns
        }
    }

    /// A client dialect.
    package enum Dialect: String, Sendable, Hashable, CaseIterable {
        case openai
        case azure
        case anthropic
        case gemini
        case bedrock
        case ollama
    }

    /// Something a request can need of a model.
    package enum Need: String, Sendable, Hashable, CaseIterable {
        case vision
        case audio
        case video
        case documents
        case tools
        case code
        case json
        case schema
        case reasoning
        case webSearch = "web_search"
    }

    /// A bound, written `>1000` or `<20%`.
    package enum Comparison<Value: Sendable & Hashable>: Sendable, Hashable {
        /// Less than the value.
        case below(Value)
        /// More than the value.
        case above(Value)
    }

    /// A part of the day, on some days of the week.
    package struct TimeSpan: Sendable, Hashable {
        /// The first minute, counted from midnight.
        package var from = 0
        /// The minute after the last, counted from midnight; before `from` it is on the next day.
        package var to = 24 * 60
        /// The days it begins on.
        package var days: [Weekday] = Weekday.allCases
        /// The IANA time zone it is meant in.
        package var timeZone = "UTC"

        /// The defaults.
        package init() {}
    }

    /// A day of the week.
    package enum Weekday: String, Sendable, Hashable, CaseIterable {
        case monday = "mon"
        case tuesday = "tue"
        case wednesday = "wed"
        case thursday = "thu"
        case friday = "fri"
        case saturday = "sat"
        case sunday = "sun"
    }
}
