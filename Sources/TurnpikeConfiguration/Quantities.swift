/// A share of a whole, written `20%`.
package struct Percentage: Sendable, Hashable, Comparable {
    /// The share as a fraction of one.
    package var fraction: Double

    /// A share from a fraction of one: 0.2 is 20%.
    package init(fraction: Double) { self.fraction = fraction }

    package static func < (left: Percentage, right: Percentage) -> Bool { left.fraction < right.fraction }
}

/// A number of things in a window of time, written `600/m`.
package struct Rate: Sendable, Hashable {
    /// How many.
    package var count: Int
    /// In which time.
    package var window: Duration

    /// A rate from its parts.
    package init(count: Int, per window: Duration) {
        self.count = count
        self.window = window
    }
}
