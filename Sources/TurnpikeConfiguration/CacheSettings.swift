/// The answer cache.
package struct CacheSettings: Sendable, Hashable {
    /// Answers to requests that were asked before in the same words; nil is off.
    package var exact: Exact?
    /// Answers to requests that mean the same; nil is off.
    package var semantic: Semantic?

    /// The defaults.
    package init() {}
}

extension CacheSettings {
    /// The exact cache.
    package struct Exact: Sendable, Hashable {
        /// How long an answer may be given again.
        package var ttl = Duration.seconds(3600)
        /// The most memory the answers take, in bytes.
        package var size = 512 * 1024 * 1024

        /// The defaults.
        package init() {}
    }

    /// The semantic cache.
    package struct Semantic: Sendable, Hashable {
        /// How long an answer may be given again.
        package var ttl = Duration.seconds(3600)
        /// The share of hits that may be wrong, which sets how alike two requests have to be.
        package var maxFalseHits = Percentage(fraction: 0.01)

        /// The defaults.
        package init() {}
    }
}

extension CacheSettings: Section {
    static let title = "the cache section"

    static let fields: [Field<CacheSettings>] = [
        Field("exact", optional: \.exact, .section, "Answers to requests that were asked before in the same words."),
        Field("semantic", optional: \.semantic, .section, "Answers to requests that mean the same."),
    ]
}

extension CacheSettings.Exact: Section {
    static let title = "the exact cache"

    static let fields: [Field<CacheSettings.Exact>] = [
        Field("ttl", \.ttl, .timeout, "How long an answer may be given again."),
        Field("size", \.size, .size, "The most memory the answers take."),
    ]
}

extension CacheSettings.Semantic: Section {
    static let title = "the semantic cache"

    static let fields: [Field<CacheSettings.Semantic>] = [
        Field("ttl", \.ttl, .timeout, "How long an answer may be given again."),
        Field(
            "max_false_hits",
            \.maxFalseHits,
            .percentage,
            "The share of hits that may be wrong, which sets how alike two requests have to be."
        ),
    ]
}
