/// How hard the gateway tries, with the defaults of the documentation.
package struct Reliability: Sendable, Hashable {
    /// How long each step may take.
    package var timeouts = Timeouts()
    /// How often one target is tried again.
    package var retries = Retries()
    /// When a failing target is left alone; nil is never.
    package var breaker: Breaker? = Breaker()
    /// What happens to a stream that fails after its first content.
    package var midStream = MidStream.continue
    /// When a stream counts as too slow, before its first content is shown; nil is never.
    package var slowStream: SlowStream? = SlowStream()
    /// What keeps a conversation on one target, for its prompt cache; nil is nothing.
    package var affinity: Affinity? = Affinity()
    /// When a second target is asked beside the first; nil is never.
    package var hedge: Hedge?

    /// The defaults.
    package init() {}
}

extension Reliability {
    /// How long each step may take.
    package struct Timeouts: Sendable, Hashable {
        /// Until the upstream connection stands, name lookup and TLS included.
        package var connect = Duration.seconds(5)
        /// Streams: until the first content.
        package var firstContent = Duration.seconds(120)
        /// Streams: between two pieces of the answer.
        package var betweenChunks = Duration.seconds(60)
        /// Everything but streams: until the answer is whole.
        package var response = Duration.seconds(600)
        /// One request in total, over all tries and targets.
        package var total = Duration.seconds(600)
        /// Streams: when the response head goes out although no content has come.
        package var commitAfter = Duration.seconds(20)

        /// The defaults.
        package init() {}
    }

    /// How often one target is tried again.
    package struct Retries: Sendable, Hashable {
        /// Tries beyond the first on one target.
        package var max = 2
        /// The share of all tries that may be such tries.
        package var share = Percentage(fraction: 0.2)

        /// The defaults.
        package init() {}
    }

    /// When a failing target is left alone.
    package struct Breaker: Sendable, Hashable {
        /// How many failures open it.
        package var failures = 5
        /// In which time they have to fall.
        package var within = Duration.seconds(30)
        /// How long it stays open before one probe is let through.
        package var open = Duration.seconds(15)

        /// The defaults.
        package init() {}
    }

    /// What happens to a stream that fails after its first content.
    package enum MidStream: String, Sendable, Hashable, CaseIterable {
        /// It ends with the dialect's error event.
        case none
        /// Plain text goes on from a target that takes an assistant prefill.
        case `continue`
        /// Another target begins again.
        case restart
    }

    /// When a stream counts as too slow.
    package struct SlowStream: Sendable, Hashable {
        /// Tokens per second below which it is.
        package var below = 5.0
        /// Over which time that is measured.
        package var over = Duration.seconds(10)

        /// The defaults.
        package init() {}
    }

    /// What keeps a conversation on one target.
    package struct Affinity: Sendable, Hashable {
        /// What the requests of one conversation have in common.
        package var by = StickyBy.session
        /// How long after its last request the conversation is remembered.
        package var lasting = Duration.seconds(3600)

        /// The defaults.
        package init() {}
    }

    /// When a second target is asked beside the first.
    package struct Hedge: Sendable, Hashable {
        /// After how long without first content.
        package var after = Delay.percentile(95)

        /// The defaults.
        package init() {}

        /// A fixed time, or a percentile of the target's own times.
        package enum Delay: Sendable, Hashable {
            /// `p95`: the time within which so many of a hundred answers began.
            case percentile(Int)
            /// `800ms`.
            case fixed(Duration)
        }
    }
}

/// What requests have in common that stay together.
package enum StickyBy: String, Sendable, Hashable, CaseIterable {
    /// `x-turnpike-session`, or the conversation the dialect names.
    case session
    /// The end user the dialect names.
    case user
    /// The client key.
    case key
    /// The account.
    case account
}

/// What a provider or a route node says about reliability on its own; what it leaves out comes from above.
package struct ReliabilityOverrides: Sendable, Hashable {
    /// A part that an override may also switch off (`none`).
    package enum Switch<Value: Sendable & Hashable>: Sendable, Hashable {
        /// Switched off: `none`.
        case off
        /// In force with these settings.
        case on(Value)

        /// The value, or nil where it is off.
        package var value: Value? {
            switch self {
            case .off: nil
            case .on(let value): value
            }
        }
    }

    /// How long each step may take.
    package var timeouts = Timeouts()
    /// How often one target is tried again.
    package var retries = Retries()
    /// When a failing target is left alone.
    package var breaker: Switch<Reliability.Breaker>?
    /// What happens to a stream that fails after its first content.
    package var midStream: Reliability.MidStream?
    /// When a stream counts as too slow.
    package var slowStream: Switch<Reliability.SlowStream>?
    /// What keeps a conversation on one target.
    package var affinity: Switch<Reliability.Affinity>?
    /// When a second target is asked beside the first.
    package var hedge: Switch<Reliability.Hedge>?

    /// The defaults.
    package init() {}

    /// Whether nothing is said.
    package var isEmpty: Bool { self == ReliabilityOverrides() }

    /// The settings of `base` with these in their place.
    package func applied(to base: Reliability) -> Reliability {
        var result = base
        self.timeouts.apply(to: &result.timeouts)
        self.retries.apply(to: &result.retries)
        if let breaker { result.breaker = breaker.value }
        if let midStream { result.midStream = midStream }
        if let slowStream { result.slowStream = slowStream.value }
        if let affinity { result.affinity = affinity.value }
        if let hedge { result.hedge = hedge.value }
        return result
    }
}

extension ReliabilityOverrides {
    /// The timeouts that are said; see ``Reliability/Timeouts``.
    package struct Timeouts: Sendable, Hashable {
        /// Until the upstream connection stands.
        package var connect: Duration?
        /// Streams: until the first content.
        package var firstContent: Duration?
        /// Streams: between two pieces of the answer.
        package var betweenChunks: Duration?
        /// Everything but streams: until the answer is whole.
        package var response: Duration?
        /// One request in total.
        package var total: Duration?
        /// Streams: when the response head goes out at the latest.
        package var commitAfter: Duration?

        /// The defaults.
        package init() {}

        fileprivate func apply(to base: inout Reliability.Timeouts) {
            if let connect { base.connect = connect }
            if let firstContent { base.firstContent = firstContent }
            if let betweenChunks { base.betweenChunks = betweenChunks }
            if let response { base.response = response }
            if let total { base.total = total }
            if let commitAfter { base.commitAfter = commitAfter }
        }
    }

    /// What is said of retries; see ``Reliability/Retries``.
    package struct Retries: Sendable, Hashable {
        /// Tries beyond the first on one target.
        package var max: Int?
        /// The share of all tries that may be such tries.
        package var share: Percentage?

        /// The defaults.
        package init() {}

        fileprivate func apply(to base: inout Reliability.Retries) {
            if let max { base.max = max }
            if let share { base.share = share }
        }
    }
}
