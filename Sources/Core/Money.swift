/// An amount of US dollars, exact to the pico-dollar (10⁻¹² USD).
///
/// Prices are fractions of a dollar per million tokens, so a token's price is a whole number of pico-dollars and sums
/// never round. Sums are 128-bit and cannot overflow at any spend this world can pay.
package struct Money: Sendable, Hashable, Comparable {
    /// The amount in pico-dollars.
    package var picodollars: Int128

    package init(picodollars: Int128) { self.picodollars = picodollars }

    package static let zero = Money(picodollars: 0)
    private static let perDollar: Int128 = 1_000_000_000_000

    /// Reads a decimal number of dollars (`12`, `0.15`, `1e-3` is refused) from its text, never through a double.
    ///
    /// Returns nil where the text is not a plain decimal or has more than twelve decimal places.
    package init?(dollars text: some StringProtocol) {
        var digits = Substring(text).utf8[...]
        var negative = false
        if digits.first == UInt8(ascii: "-") {
            negative = true
            digits = digits.dropFirst()
        }
        var amount: Int128 = 0
        var places: Int?
        var seen = false
        for byte in digits {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                seen = true
                let (product, overflow) = amount.multipliedReportingOverflow(by: 10)
                if overflow { return nil }
                let (sum, tooMuch) = product.addingReportingOverflow(Int128(byte - UInt8(ascii: "0")))
                if tooMuch { return nil }
                amount = sum
                if let read = places {
                    if read == 12 { return nil }
                    places = read + 1
                }
            case UInt8(ascii: "."):
                if places != nil { return nil }
                places = 0
            default:
                return nil
            }
        }
        guard seen else { return nil }
        for _ in (places ?? 0)..<12 {
            let (product, overflow) = amount.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            amount = product
        }
        self.picodollars = negative ? -amount : amount
    }

    package static func < (left: Money, right: Money) -> Bool { left.picodollars < right.picodollars }
    package static func + (left: Money, right: Money) -> Money {
        Money(picodollars: left.picodollars + right.picodollars)
    }
    package static func - (left: Money, right: Money) -> Money {
        Money(picodollars: left.picodollars - right.picodollars)
    }
    package static func += (left: inout Money, right: Money) { left = left + right }
    package static func * (left: Money, count: Int) -> Money { Money(picodollars: left.picodollars * Int128(count)) }
}

extension Money: CustomStringConvertible {
    /// The amount in dollars as an exact decimal without trailing zeros: `0.00123`.
    package var description: String {
        let magnitude = self.picodollars.magnitude
        let sign = self.picodollars < 0 ? "-" : ""
        let (whole, rest) = magnitude.quotientAndRemainder(dividingBy: Money.perDollar.magnitude)
        guard rest > 0 else { return "\(sign)\(whole)" }
        let padded = String(repeating: "0", count: 12 - String(rest).count) + String(rest)
        let places = padded.reversed().drop { $0 == "0" }.reversed()
        return "\(sign)\(whole).\(String(places))"
    }
}
