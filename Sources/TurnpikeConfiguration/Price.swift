package import Core

/// What a model costs, by meter; a meter that is not named has no price, which is not the same as being free.
package struct Price: Sendable, Hashable {
    /// The price of each meter: of a million units for tokens and characters, of one unit for the rest.
    package var meters: [Meter: Money] = [:]
    /// The prices of requests whose input is larger than so many tokens, by that number; they hold for the whole
    /// request, and a meter they do not name keeps its plain price.
    package var bands: [Int: MeterPrices] = [:]
    /// The prices of other classes of service; a meter they do not name keeps its plain price.
    package var tiers: [Tier: MeterPrices] = [:]

    /// The defaults.
    package init() {}

    /// The price of nothing at all, written `price: 0`.
    package static let free: Price = {
        var price = Price()
        for meter in Meter.allCases { price.meters[meter] = .zero }
        return price
    }()

    /// The price of one meter; nil where it has none.
    package subscript(meter: Meter) -> Money? { self.meters[meter] }
}

extension Price {
    /// Prices of meters under some condition.
    package struct MeterPrices: Sendable, Hashable {
        /// The price of each meter, in the units of `Price.meters`.
        package var meters: [Meter: Money] = [:]

        /// The defaults.
        package init() {}
    }

    /// A class of service, where providers price several.
    package enum Tier: String, Sendable, Hashable, CaseIterable {
        /// What a request gets that asks for nothing else.
        case standard
        /// Answers within a day.
        case batch
        /// Slower, and may be refused when the provider is busy.
        case flex
        /// Faster and steadier.
        case priority
        /// Faster tokens.
        case fast
        /// The fastest tokens there are.
        case ultrafast
    }

    /// The sizes of input, in tokens, above which providers charge other prices.
    static let bandThresholds = [32_000, 100_000, 128_000, 200_000, 256_000, 272_000, 512_000]
}

extension Price {
    /// Something that is counted and charged.
    package enum Meter: String, Sendable, Hashable, CaseIterable {
        /// Input tokens that came from no cache, by the million.
        case input
        /// Output tokens, by the million.
        case output
        /// Input tokens read from the provider's prompt cache, by the million.
        case cacheRead = "cache_read"
        /// Input tokens written to the provider's prompt cache for its usual time, by the million.
        case cacheWrite = "cache_write"
        /// Input tokens written to the prompt cache for half an hour, by the million.
        case cacheWriteHalfHour = "cache_write_30m"
        /// Input tokens written to the prompt cache for an hour, by the million.
        case cacheWriteHour = "cache_write_1h"
        /// Input tokens written to the prompt cache for twelve hours, by the million.
        case cacheWriteHalfDay = "cache_write_12h"
        /// Reasoning tokens where they cost other than output, by the million.
        case reasoning
        /// Tokens of citations, where they are charged apart, by the million.
        case citation
        /// Audio input tokens, by the million.
        case audioInput = "audio_input"
        /// Audio output tokens, by the million.
        case audioOutput = "audio_output"
        /// Audio input tokens read from the prompt cache, by the million.
        case audioCacheRead = "audio_cache_read"
        /// Image input tokens, by the million.
        case imageInput = "image_input"
        /// Image output tokens, by the million.
        case imageOutput = "image_output"
        /// Image input tokens read from the prompt cache, by the million.
        case imageCacheRead = "image_cache_read"
        /// Video input tokens, by the million.
        case videoInput = "video_input"
        /// Characters of text to speak, by the million.
        case characters
        /// One second of audio.
        case second
        /// One second of audio or video that was made.
        case outputSecond = "output_second"
        /// One second of video that was taken in.
        case videoSecond = "video_second"
        /// One generated image.
        case image
        /// One image that was taken in.
        case imageTaken = "image_taken"
        /// One web search the provider made.
        case search
        /// One web search that brought little context.
        case searchLow = "search_low"
        /// One web search that brought much context.
        case searchHigh = "search_high"
        /// One search unit of reranking.
        case searchUnit = "search_unit"
        /// One look at a map service.
        case maps
        /// One page that was read.
        case page
        /// One page that was read and annotated.
        case annotatedPage = "annotated_page"
        /// One session of running code.
        case codeSession = "code_session"
        /// One request, whatever it holds.
        case request

        /// How many units the price is for.
        package var units: Int {
            switch self {
            case .input, .output, .cacheRead, .cacheWrite, .cacheWriteHalfHour, .cacheWriteHour, .cacheWriteHalfDay,
                .reasoning, .citation, .audioInput, .audioOutput, .audioCacheRead, .imageInput, .imageOutput,
                .imageCacheRead, .videoInput, .characters:
                1_000_000
            case .second, .outputSecond, .videoSecond, .image, .imageTaken, .search, .searchLow, .searchHigh,
                .searchUnit, .maps, .page, .annotatedPage, .codeSession, .request:
                1
            }
        }
    }
}

extension Price: Section {
    static let title = "a price"
    static let definition: String? = "price"

    static let fields: [Field<Price>] =
        Meter.allCases.map { meter in
            Field(meter.rawValue, optional: \.meters[meter], .money, meter.explanation)
        }
        + Tier.allCases.filter { $0 != .standard }.map { tier in
            Field(
                tier.rawValue,
                optional: \.tiers[tier],
                .section,
                "The prices of the service tier '\(tier.rawValue)'."
            )
        }
        + Price.bandThresholds.map { threshold in
            Field(
                "above_\(threshold / 1000)k",
                optional: \.bands[threshold],
                .section,
                "The prices of a whole request with more than \(threshold) input tokens."
            )
        }
}

extension Price.MeterPrices: Section {
    static let title = "prices of meters"
    static let definition: String? = "meter_prices"

    static let fields: [Field<Price.MeterPrices>] = Price.Meter.allCases.map { meter in
        Field(meter.rawValue, optional: \.meters[meter], .money, meter.explanation)
    }
}

extension Price.Meter {
    /// What the key means, for the schema.
    fileprivate var explanation: String {
        "US dollars \(self.units == 1 ? "for each" : "for a million units"): \(self.meaning)."
    }

    private var meaning: String {
        switch self {
        case .input: "input tokens that came from no cache"
        case .output: "output tokens"
        case .cacheRead: "input tokens read from the provider's prompt cache"
        case .cacheWrite: "input tokens written to the provider's prompt cache for its usual time"
        case .cacheWriteHalfHour: "input tokens written to the prompt cache for half an hour"
        case .cacheWriteHour: "input tokens written to the prompt cache for an hour"
        case .cacheWriteHalfDay: "input tokens written to the prompt cache for twelve hours"
        case .reasoning: "reasoning tokens, where they cost other than output"
        case .citation: "tokens of citations, where they are charged apart"
        case .audioInput: "audio input tokens"
        case .audioOutput: "audio output tokens"
        case .audioCacheRead: "audio input tokens read from the prompt cache"
        case .imageInput: "image input tokens"
        case .imageOutput: "image output tokens"
        case .imageCacheRead: "image input tokens read from the prompt cache"
        case .videoInput: "video input tokens"
        case .characters: "characters of text to speak"
        case .second: "second of audio"
        case .outputSecond: "second of audio or video that was made"
        case .videoSecond: "second of video that was taken in"
        case .image: "generated image"
        case .imageTaken: "image that was taken in"
        case .search: "web search the provider made"
        case .searchLow: "web search that brought little context"
        case .searchHigh: "web search that brought much context"
        case .searchUnit: "search unit of reranking"
        case .maps: "look at a map service"
        case .page: "page that was read"
        case .annotatedPage: "page that was read and annotated"
        case .codeSession: "session of running code"
        case .request: "request, whatever it holds"
        }
    }
}

extension Shape where Value == Price {
    /// A mapping of meters, or `0`.
    static var price: Shape {
        .either(
            scalar: Shape<Money>.money.map { money, element, reading in
                if money == .zero { return Price.free }
                reading.error(
                    at: element,
                    "a price is 0 or a mapping of meters",
                    fix: "write { input: \(money), output: … }"
                )
                return nil
            },
            mapping: .section
        )
    }
}
