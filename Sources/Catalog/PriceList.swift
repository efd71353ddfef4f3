package import Core
package import TurnpikeConfiguration

/// Something that is counted and charged: one closed set for the catalogue and for the configuration's `price:`.
package typealias PriceMeter = Price.Meter

/// The class of service a request is answered in, where providers price several.
package typealias ServiceTier = Price.Tier

/// What a model costs: rates by meter, service tier and band of input size, each for one unit.
///
/// A rate that is missing is not free: `rate` falls back as providers bill, and nil means that the price is not known.
/// A rate of zero is a price.
package struct PriceList: Sendable, Hashable {
    /// The rate of one meter in one tier and band.
    package struct Entry: Sendable, Hashable {
        /// What is counted.
        package var meter: PriceMeter
        /// The class of service.
        package var tier: ServiceTier
        /// The input tokens above which the rate holds; 0 is the plain rate.
        package var above: Int
        /// The price of one unit.
        package var rate: Money
    }

    /// What rates are multiplied by where a request is served in a certain region.
    package struct Region: Sendable, Hashable {
        /// `us`, `eu`; `regional` is any region where the provider also has a global endpoint.
        package var name: String
        /// The factor in millionths: 1,100,000 is ten per cent more.
        package var millionths: Int
    }

    /// A number of searches the provider does not charge.
    package struct FreeSearches: Sendable, Hashable {
        /// How many.
        package var count: Int
        /// In which period: `day`, `month`.
        package var period: String
    }

    /// The rates, in no particular order.
    package private(set) var entries: [Entry] = []
    /// The thresholds of the bands, ascending.
    private var thresholds: [Int] = []
    /// The factors of regions.
    package var regions: [Region] = []
    /// The rates of certain hours.
    package var offPeak: OffPeakPrices?
    /// Searches that cost nothing.
    package var freeSearches: FreeSearches?

    /// No price at all, which is not the same as free.
    package init() {}

    /// The prices the configuration declares.
    ///
    /// A price of a million units that is no whole number of pico-dollars for one is rounded up.
    package init(_ price: Price) {
        self.add(price.meters, tier: .standard, above: 0)
        for (tier, prices) in price.tiers { self.add(prices.meters, tier: tier, above: 0) }
        for (threshold, prices) in price.bands { self.add(prices.meters, tier: .standard, above: threshold) }
    }

    private mutating func add(_ meters: [PriceMeter: Money], tier: ServiceTier, above: Int) {
        for (meter, price) in meters {
            let units = Int128(meter.units)
            let rate = (price.picodollars + units - 1) / units
            self.set(meter, tier: tier, above: above, to: Money(picodollars: rate))
        }
    }

    /// Whether nothing here has a price.
    package var isEmpty: Bool { self.entries.isEmpty }

    /// Sets the rate of one meter in one tier and band.
    package mutating func set(_ meter: PriceMeter, tier: ServiceTier = .standard, above: Int = 0, to rate: Money) {
        if above > 0, !self.thresholds.contains(above) {
            self.thresholds.append(above)
            self.thresholds.sort()
        }
        if let index = self.entries.firstIndex(where: { $0.meter == meter && $0.tier == tier && $0.above == above }) {
            self.entries[index].rate = rate
        } else {
            self.entries.append(Entry(meter: meter, tier: tier, above: above, rate: rate))
        }
    }

    /// The price of one unit; nil where it is not known.
    ///
    /// - The band is the highest whose threshold `inputTokens` exceeds, and holds for every meter of the request,
    ///   output included; a meter without a rate in the band keeps its plain one.
    /// - A tier without a rate of its own costs what the standard tier costs.
    /// - A meter without any rate costs what the meter it is a kind of costs: what a cache holds what fresh input
    ///   does, an hour's cache write what the default write does, reasoning what output does.
    ///
    /// - Parameters:
    ///   - meter: What is counted.
    ///   - tier: The class of service the request was answered in.
    ///   - inputTokens: All input tokens of the request, those from and into caches included.
    ///   - minuteOfWeek: When, in minutes of UTC since Monday 00:00; nil asks for the rate outside the off-peak hours.
    package func rate(
        _ meter: PriceMeter,
        tier: ServiceTier = .standard,
        inputTokens: Int = 0,
        minuteOfWeek: Int? = nil
    ) -> Money? {
        let band = self.thresholds.last { inputTokens > $0 } ?? 0
        let offPeak = minuteOfWeek.flatMap { minute in self.offPeak.flatMap { $0.holds(at: minute) ? $0 : nil } }
        var next: PriceMeter? = meter
        while let meter = next {
            if let rate = offPeak?.rates[meter] ?? self.own(meter, tier, band) { return rate }
            next = meter.fallback
        }
        return nil
    }

    private func own(_ meter: PriceMeter, _ tier: ServiceTier, _ band: Int) -> Money? {
        var best: (rank: Int, rate: Money)?
        for entry in self.entries where entry.meter == meter {
            guard entry.above == band || entry.above == 0, entry.tier == tier || entry.tier == .standard else {
                continue
            }
            // The band matters more than the tier: a long request never gets a short one's rate.
            let rank = (entry.above == band ? 2 : 0) + (entry.tier == tier ? 1 : 0)
            if best.map({ rank > $0.rank }) ?? true { best = (rank, entry.rate) }
        }
        return best?.rate
    }

    /// A rate or cost in a region, rounded up to the pico-dollar; unchanged where the region has no factor.
    package func scaled(_ money: Money, region: String?) -> Money {
        guard let region, let factor = self.regions.first(where: { $0.name == region })?.millionths else {
            return money
        }
        return Money(picodollars: (money.picodollars * Int128(factor) + 999_999) / 1_000_000)
    }
}

extension Price.Meter {
    /// The meter whose rate holds where this one has none of its own; nil where there is no such thing.
    package var fallback: Price.Meter? {
        switch self {
        case .cacheRead, .cacheWrite, .audioInput, .imageInput, .videoInput: .input
        case .cacheWriteHalfHour, .cacheWriteHour, .cacheWriteHalfDay: .cacheWrite
        case .reasoning, .audioOutput, .imageOutput: .output
        // Audio costs a multiple of text, so its cached tokens are never taken for cached text.
        case .audioCacheRead: .audioInput
        case .imageCacheRead: .cacheRead
        case .searchLow, .searchHigh: .search
        case .annotatedPage: .page
        case .input, .output, .citation, .characters, .second, .outputSecond, .videoSecond, .image, .imageTaken,
            .search, .searchUnit, .maps, .page, .codeSession, .request:
            nil
        }
    }
}
