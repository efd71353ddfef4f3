package import Core
import TurnpikeConfiguration

/// The rates of certain hours of the week, where a provider has them.
package struct OffPeakPrices: Sendable, Hashable {
    /// A span of a day, on some days of the week, in UTC.
    package struct Window: Sendable, Hashable {
        /// The days, 0 is Monday.
        package var days: ClosedRange<Int>
        /// The minutes of the day.
        package var minutes: Range<Int>
    }

    /// When the rates hold.
    package var windows: [Window] = []
    /// The price of one unit, by meter; a meter that is not named costs what it always does.
    package var rates: [PriceMeter: Money] = [:]

    /// Whether the rates hold at a minute of the week, counted in UTC from Monday 00:00.
    package func holds(at minuteOfWeek: Int) -> Bool {
        let (day, minute) = minuteOfWeek.quotientAndRemainder(dividingBy: 1440)
        return self.windows.contains { $0.days.contains(day) && $0.minutes.contains(minute) }
    }

    /// The minute of the week, from Monday 00:00 UTC, of a time in seconds since 1970.
    package static func minuteOfWeek(secondsSince1970: Int) -> Int {
        // 1970-01-01 was a Thursday.
        let minute = (secondsSince1970 / 60 + 3 * 1440) % 10_080
        return minute < 0 ? minute + 10_080 : minute
    }
}
