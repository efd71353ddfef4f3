import Glibc

/// A point on the monotonic clock, in nanoseconds: cheap to read and to compare, which the request path does often.
package struct Instant: Sendable, Hashable, Comparable {
    /// Nanoseconds since an arbitrary start.
    package var nanoseconds: UInt64

    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// The present moment (`CLOCK_MONOTONIC`).
    package static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec))
    }

    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The moment `duration` later; a negative duration gives an earlier one.
    package func advanced(by duration: Duration) -> Instant {
        Instant(nanoseconds: UInt64(max(0, Int64(clamping: self.nanoseconds) &+ duration.nanoseconds)))
    }

    /// The time from `earlier` to this moment, never negative.
    package func duration(since earlier: Instant) -> Duration {
        .nanoseconds(
            Int64(clamping: self.nanoseconds > earlier.nanoseconds ? self.nanoseconds &- earlier.nanoseconds : 0)
        )
    }
}

/// A duration ready for arithmetic on instants. `Duration` counts in 128-bit attoseconds, and dividing those on every
/// request is what this spares.
package struct Delay: Sendable, Hashable, Comparable {
    package var nanoseconds: UInt64

    /// A negative duration counts as none.
    package init(_ duration: Duration) { self.nanoseconds = UInt64(max(0, duration.nanoseconds)) }

    package static func < (left: Delay, right: Delay) -> Bool { left.nanoseconds < right.nanoseconds }
}

extension Instant {
    /// The moment `delay` later.
    package func advanced(by delay: Delay) -> Instant {
        Instant(nanoseconds: self.nanoseconds &+ delay.nanoseconds)
    }

    /// Nanoseconds from `earlier` to this moment, never negative.
    package func nanoseconds(since earlier: Instant) -> UInt64 {
        self.nanoseconds > earlier.nanoseconds ? self.nanoseconds &- earlier.nanoseconds : 0
    }
}

/// Milliseconds since the Unix epoch (`CLOCK_REALTIME`): for identifiers, records and log lines, never for intervals.
package func unixMilliseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec) &* 1000 &+ UInt64(time.tv_nsec) / 1_000_000
}

extension Duration {
    /// The duration in whole nanoseconds, saturating at ±292 years.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = self.components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        return scaled &+ attoseconds / 1_000_000_000
    }
}
