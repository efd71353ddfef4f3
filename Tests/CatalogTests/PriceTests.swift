import Catalog
import Core
import Testing
import TurnpikeConfiguration

/// Published prices, and which rate holds when.
@Suite struct PriceTests {
    private static let catalog = catalogue()

    /// Prices as their publishers' pages give them, in dollars for a million tokens.
    ///
    /// https://platform.claude.com/docs/en/about-claude/pricing, https://developers.openai.com/api/docs/pricing,
    /// https://ai.google.dev/gemini-api/docs/pricing, https://docs.x.ai/docs/models, https://aws.amazon.com/bedrock/pricing
    static let published: [(model: String, meter: PriceMeter, tier: ServiceTier, input: Int, dollars: String)] = [
        ("anthropic/claude-sonnet-4-5", .input, .standard, 0, "3"),
        ("anthropic/claude-sonnet-4-5", .output, .standard, 0, "15"),
        ("anthropic/claude-sonnet-4-5", .cacheRead, .standard, 0, "0.3"),
        ("anthropic/claude-sonnet-4-5", .cacheWrite, .standard, 0, "3.75"),
        ("anthropic/claude-sonnet-4-5", .cacheWriteHour, .standard, 0, "6"),
        ("anthropic/claude-sonnet-4-5", .cacheWriteHour, .batch, 0, "3"),
        ("anthropic/claude-sonnet-4-5", .output, .batch, 0, "7.5"),
        ("anthropic/claude-haiku-4-5", .input, .standard, 0, "1"),
        ("anthropic/claude-opus-5", .output, .fast, 0, "50"),
        ("openai/gpt-5", .input, .standard, 0, "1.25"),
        ("openai/gpt-5", .cacheRead, .standard, 0, "0.125"),
        ("openai/gpt-5", .output, .standard, 0, "10"),
        ("openai/gpt-5", .reasoning, .standard, 0, "10"),
        ("openai/gpt-5", .input, .flex, 0, "0.625"),
        ("openai/gpt-5", .output, .priority, 0, "20"),
        ("openai/gpt-4o", .input, .standard, 0, "2.5"),
        ("openai/gpt-4o", .cacheRead, .standard, 0, "1.25"),
        ("openai/gpt-5.6", .cacheWrite, .standard, 0, "5"),
        ("openai/gpt-5.6", .cacheWriteHalfHour, .standard, 0, "5"),
        ("openai/gpt-5.6", .cacheWriteHalfDay, .standard, 0, "10"),
        ("openai/gpt-5.6", .cacheWriteHalfDay, .standard, 272_001, "20"),
        ("openai/text-embedding-3-small", .input, .standard, 0, "0.02"),
        ("openai/gpt-audio", .audioOutput, .standard, 0, "64"),
        ("openai/tts-1", .characters, .standard, 0, "15"),
        ("gemini/gemini-2.5-pro", .input, .standard, 200_000, "1.25"),
        ("gemini/gemini-2.5-pro", .input, .standard, 200_001, "2.5"),
        ("gemini/gemini-2.5-pro", .output, .standard, 200_000, "10"),
        ("gemini/gemini-2.5-pro", .output, .standard, 200_001, "15"),
        ("gemini/gemini-2.5-pro", .cacheRead, .standard, 200_001, "0.25"),
        ("gemini/gemini-2.5-pro", .input, .batch, 0, "0.625"),
        ("gemini/gemini-2.5-pro", .input, .batch, 200_001, "1.25"),
        ("gemini/gemini-2.5-flash", .audioInput, .standard, 0, "1"),
        ("gemini/gemini-2.5-flash", .imageInput, .standard, 0, "0.3"),
        // From the threshold on, not only above it.
        ("xai/grok-4.3", .input, .standard, 199_999, "1.25"),
        ("xai/grok-4.3", .input, .standard, 200_000, "2.5"),
        ("bedrock/anthropic.claude-haiku-4-5-20251001-v1:0", .input, .standard, 0, "1"),
        ("bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0", .input, .standard, 0, "1.1"),
        ("groq/openai/gpt-oss-120b", .input, .standard, 0, "0.15"),
        ("cohere/embed-multilingual-light-v3.0", .input, .standard, 0, "0.1"),
    ]

    @Test(arguments: published)
    func isThePublishedPrice(model: String, meter: PriceMeter, tier: ServiceTier, input: Int, dollars: String) throws {
        let prices = try #require(PriceTests.catalog.model(model)).prices
        #expect(prices.rate(meter, tier: tier, inputTokens: input) == (try perMillion(dollars)))
    }

    @Test(arguments: [
        ("cohere/rerank-v3.5", PriceMeter.searchUnit, "0.002"), ("anthropic/claude-opus-5", .search, "0.01"),
        ("openai/whisper-1", .second, "0.0001"), ("perplexity/sonar-pro", .searchHigh, "0.014"),
        ("perplexity/sonar-pro", .search, "0.01"), ("mistral/mistral-ocr-latest", .page, "0.004"),
        // No price by size: the usual one.
        ("anthropic/claude-opus-5", .searchHigh, "0.01"),
    ])
    func isThePublishedPriceOfOneThing(model: String, meter: PriceMeter, dollars: String) throws {
        #expect(PriceTests.catalog.model(model)?.prices.rate(meter) == Money(dollars: dollars))
    }

    @Test func offPeakHoursHaveTheirOwnPrices() throws {
        let prices = try #require(PriceTests.catalog.model("deepseek/deepseek-v4-pro")).prices
        // 2026-11-20 was a Friday, 2026-11-21 a Saturday.
        let peak = OffPeakPrices.minuteOfWeek(secondsSince1970: 1_795_143_600 + 2 * 3600)
        #expect(peak / 1440 == 4)
        #expect(prices.rate(.output) == (try perMillion("3.96")))
        for (hour, dollars) in [(0, "1.98"), (2, "3.96"), (5, "1.98"), (7, "3.96"), (10, "1.98"), (23, "1.98")] {
            let friday = 4 * 1440 + hour * 60
            #expect(prices.rate(.output, minuteOfWeek: friday) == (try perMillion(dollars)), "\(hour) o'clock")
            #expect(prices.rate(.output, minuteOfWeek: friday + 1440) == (try perMillion("1.98")), "Saturday")
        }
    }

    @Test func knowsTheMinuteOfTheWeek() {
        // 1970-01-01 00:00 was a Thursday, 2026-11-21 06:45 a Saturday.
        #expect(OffPeakPrices.minuteOfWeek(secondsSince1970: 0) == 3 * 1440)
        #expect(OffPeakPrices.minuteOfWeek(secondsSince1970: 1_795_243_500) == 5 * 1440 + 6 * 60 + 45)
        #expect(OffPeakPrices.minuteOfWeek(secondsSince1970: 4 * 86_400) == 0)
    }

    @Test func aRegionMultipliesWhatIsPaid() throws {
        let prices = try #require(PriceTests.catalog.model("anthropic/claude-opus-5")).prices
        let input = try #require(prices.rate(.input))
        #expect(prices.scaled(input, region: "us") == (try perMillion("5.5")))
        #expect(prices.scaled(input, region: "eu") == input)
        #expect(prices.scaled(input, region: nil) == input)
        #expect(prices.scaled(Money(picodollars: 1), region: "us") == Money(picodollars: 2))
    }

    @Test func freeSearchesAreKnown() throws {
        let quota = try #require(PriceTests.catalog.model("gemini/gemini-2.5-flash")?.prices.freeSearches)
        #expect((quota.count, quota.period) == (1500, "day"))
    }

    @Test func whatHasNoPriceFallsBackAsProvidersBill() {
        var prices = PriceList()
        #expect(prices.isEmpty)
        #expect(prices.rate(.input) == nil)
        prices.set(.input, to: Money(picodollars: 100))
        prices.set(.output, to: Money(picodollars: 500))
        #expect(prices.rate(.cacheRead) == Money(picodollars: 100))
        #expect(prices.rate(.cacheWriteHour) == Money(picodollars: 100))
        #expect(prices.rate(.reasoning) == Money(picodollars: 500))
        #expect(prices.rate(.audioCacheRead) == Money(picodollars: 100))
        prices.set(.cacheWrite, to: Money(picodollars: 125))
        #expect(prices.rate(.cacheWriteHour) == Money(picodollars: 125))
        // What is counted singly has nothing to fall back on.
        #expect(prices.rate(.image) == nil)
        #expect(prices.rate(.search) == nil)
        // Nothing is a price.
        prices.set(.cacheRead, to: .zero)
        #expect(prices.rate(.cacheRead) == .zero)
    }

    @Test func aBandHoldsForTheWholeRequestAndATierFallsBack() {
        var prices = PriceList()
        prices.set(.input, to: Money(picodollars: 10))
        prices.set(.output, to: Money(picodollars: 50))
        prices.set(.cacheRead, to: Money(picodollars: 1))
        prices.set(.input, above: 1000, to: Money(picodollars: 20))
        prices.set(.output, above: 1000, to: Money(picodollars: 70))
        prices.set(.input, above: 5000, to: Money(picodollars: 40))
        prices.set(.input, tier: .batch, to: Money(picodollars: 5))
        prices.set(.output, tier: .batch, above: 1000, to: Money(picodollars: 35))
        #expect(prices.rate(.output, inputTokens: 1000) == Money(picodollars: 50))
        #expect(prices.rate(.output, inputTokens: 1001) == Money(picodollars: 70))
        // The highest band that is crossed; a meter it leaves out keeps its plain rate.
        #expect(prices.rate(.input, inputTokens: 6000) == Money(picodollars: 40))
        #expect(prices.rate(.cacheRead, inputTokens: 6000) == Money(picodollars: 1))
        #expect(prices.rate(.input, tier: .batch) == Money(picodollars: 5))
        #expect(prices.rate(.output, tier: .batch) == Money(picodollars: 50))
        #expect(prices.rate(.output, tier: .batch, inputTokens: 2000) == Money(picodollars: 35))
        // A long request in a tier without long prices pays the long price, not the tier's short one.
        #expect(prices.rate(.input, tier: .batch, inputTokens: 2000) == Money(picodollars: 20))
    }
}
