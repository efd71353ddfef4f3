package import Core

/// What a model costs, by meter; a meter that is not named has no price, which is not the same as being free.
package struct Price: Sendable, Hashable {
    /// The price of each meter: of a million units for tokens and characters, of one unit for the rest.
    package var meters: [Meter: Money] = [:]

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
    /// Something that is counted and charged.
    package enum Meter: String, Sendable, Hashable, CaseIterable {
        /// Input tokens that came from no cache, by the million.
        case input
        /// Output tokens, by the million.
        case output
        /// Input tokens read from the provider's prompt cache, by the million.
        case cacheRead = "cache_read"
        /// Input tokens written to the provider's prompt cache, by the million.
        case cacheWrite = "cache_write"
        /// Input tokens written to the prompt cache for an hour, by the million.
        case cacheWriteHour = "cache_write_1h"
        /// Reasoning tokens where they cost other than output, by the million.
        case reasoning
        /// Audio input tokens, by the million.
        case audioInput = "audio_input"
        /// Audio output tokens, by the million.
        case audioOutput = "audio_output"
        /// Characters of text to speak, by the million.
        case characters
        /// One second of audio.
        case second
        /// One generated image.
        case image
        /// One web search the provider made.
        case search
        /// One request, whatever it holds.
        case request

        /// How many units the price is for.
        package var units: Int {
            switch self {
            case .input, .output, .cacheRead, .cacheWrite, .cacheWriteHour, .reasoning, .audioInput, .audioOutput,
                .characters:
                1_000_000
            case .second, .image, .search, .request: 1
            }
        }
    }
}

extension Price: Section {
    static let title = "a price"
    static let definition: String? = "price"

    static let fields: [Field<Price>] = Meter.allCases.map { meter in
        let unit = meter.units == 1 ? "for each" : "for a million units"
        return Field(meter.rawValue, optional: \.meters[meter], .money, "US dollars \(unit): \(meter.meaning).")
    }
}

extension Price.Meter {
    fileprivate var meaning: String {
        switch self {
        case .input: "input tokens that came from no cache"
        case .output: "output tokens"
        case .cacheRead: "input tokens read from the provider's prompt cache"
        case .cacheWrite: "input tokens written to the provider's prompt cache"
        case .cacheWriteHour: "input tokens written to the prompt cache for an hour"
        case .reasoning: "reasoning tokens, where they cost other than output"
        case .audioInput: "audio input tokens"
        case .audioOutput: "audio output tokens"
        case .characters: "characters of text to speak"
        case .second: "second of audio"
        case .image: "generated image"
        case .search: "web search the provider made"
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
