import Core
import Testing
import TurnpikeConfiguration

/// How quantities are written.
struct QuantityTests {
    @Test(
        arguments: [
            ("250ms", Duration.milliseconds(250)), ("30s", .seconds(30)), ("10m", .seconds(600)),
            ("2h", .seconds(7200)),
            ("7d", .seconds(604_800)), ("1.5s", .milliseconds(1500)), ("0s", .zero), ("0.25m", .seconds(15)),
        ]
    )
    func readsDurations(text: String, expected: Duration) {
        #expect(load("server: { drain: \(text) }").configuration?.server.drain == expected)
    }

    @Test(arguments: ["5", "-1s", "1 s", "s", "1.s", ".5s", "1e3s", "99999999999d", "1s1", "٣s", "1.0000000000s", "5M"])
    func refusesWhatIsNoDuration(text: String) {
        #expect(errors("server: { drain: '\(text)' }").count == 1)
    }

    @Test(
        arguments: [
            ("64KB", 65536), ("1GB", 1 << 30), ("4096", 4096), ("10B", 10), ("2 MB", 2 << 20), ("1KiB", 1024),
            ("64k", 65536), ("64kb", 65536), ("1t", 1 << 40),
        ]
    )
    func readsSizes(text: String, expected: Int) {
        #expect(load("server: { body: \(text) }").configuration?.server.body == expected)
    }

    @Test(arguments: ["0", "-1KB", "1.5MB", "KB", "1XB", "1KBB", "9999999999999TB", "1  KB", "1k b"])
    func refusesWhatIsNoSize(text: String) {
        #expect(errors("server: { body: '\(text)' }").count == 1)
    }

    @Test(
        arguments: [
            ("600/m", Rate(count: 600, per: .seconds(60))), ("10/s", Rate(count: 10, per: .seconds(1))),
            ("5/10s", Rate(count: 5, per: .seconds(10))), ("1/d", Rate(count: 1, per: .seconds(86_400))),
        ]
    )
    func readsRates(text: String, expected: Rate) {
        let result = load("accounts: { a: { limits: { requests: \(text) } } }")
        #expect(result.configuration?.accounts[0].limits.requests == expected)
    }

    @Test(arguments: ["600", "0/m", "-1/m", "600/x", "600/", "/m", "1/0s", "1/ms", "1.5/s"])
    func refusesWhatIsNoRate(text: String) {
        #expect(errors("accounts: { a: { limits: { requests: '\(text)' } } }").count == 1)
    }

    @Test(arguments: [("20%", 0.2), ("0%", 0), ("100%", 1), ("0.5%", 0.005)])
    func readsPercentages(text: String, expected: Double) {
        let result = load("reliability: { retries: { share: \(text) } }")
        #expect(result.configuration?.reliability.retries.share == Percentage(fraction: expected))
    }

    @Test(arguments: ["20", "101%", "-1%", "%", "a%"])
    func refusesWhatIsNoPercentage(text: String) {
        #expect(errors("reliability: { retries: { share: '\(text)' } }").count == 1)
    }

    @Test(arguments: [("0.1", 100_000_000_000), ("0.000000000001", 1), ("3", 3_000_000_000_000)] as [(String, Int)])
    func moneyIsExact(text: String, picodollars: Int) {
        let result = load("providers: { openai: { api_key: k, price: { input: \(text) } } }")
        #expect(result.configuration?.providers[0].price?[.input] == Money(picodollars: Int128(picodollars)))
    }

    @Test func pricesMayDifferByTierAndByBandOfInput() {
        let result = load(
            "providers: { openai: { api_key: k, price: "
                + "{ input: 1, above_200k: { input: 2, output: 3 }, batch: { input: 0.5 } } } }"
        )
        let price = result.configuration?.providers[0].price
        #expect(result.errors.isEmpty)
        #expect(price?[.input] == Money(dollars: "1"))
        #expect(price?.bands.keys.sorted() == [200_000])
        #expect(
            price?.bands[200_000]?.meters == [
                .input: Money(picodollars: 2 * 1_000_000_000_000), .output: Money(picodollars: 3 * 1_000_000_000_000),
            ]
        )
        #expect(price?.tiers[.batch]?.meters[.input] == Money(dollars: "0.5"))
    }

    @Test(arguments: [
        "above_300k: { input: 1 }", "batch: 1", "standard: { input: 1 }", "batch: { batch: { input: 1 } }",
    ])
    func refusesWhatIsNoPrice(text: String) {
        #expect(errors("providers: { openai: { api_key: k, price: { \(text) } } }").count == 1)
    }

    @Test func aPriceOfNothingIsFreeOnEveryMeter() {
        let price = load("providers: { openai: { api_key: k, price: 0 } }").configuration?.providers[0].price
        #expect(price == .free)
        #expect(Price.Meter.allCases.allSatisfy { price?[$0] == .zero })
    }

    @Test(
        arguments: [
            ("true", true), ("True", true), ("TRUE", true), ("false", false), ("\"false\"", false),
        ]
    )
    func readsFlagsOfYAML12(text: String, expected: Bool) {
        #expect(load("direct_names: \(text)").configuration?.directNames == expected)
    }

    @Test(arguments: ["yes", "no", "on", "off", "y", "1", "tRUE"])
    func wordsOfYAML11AreNoFlags(text: String) {
        #expect(errors("direct_names: \(text)").count == 1)
    }

    @Test(
        arguments: [
            ("127.0.0.1:8080", "127.0.0.1", 8080, true), ("127.3.2.1:1", "127.3.2.1", 1, true),
            ("localhost:80", "localhost", 80, true), ("[::1]:8080", "::1", 8080, true),
            ("0.0.0.0:0", "0.0.0.0", 0, false), (":8080", "0.0.0.0", 8080, false), ("*:8080", "0.0.0.0", 8080, false),
            ("[2001:db8::1]:443", "2001:db8::1", 443, false),
            ("gate.example.com:65535", "gate.example.com", 65535, false),
            ("127.0.0.1.example.com:80", "127.0.0.1.example.com", 80, false), ("[::]:80", "::", 80, false),
        ]
    )
    func readsAddresses(text: String, host: String, port: Int, isLoopback: Bool) throws {
        let address = try #require(ListenAddress(parsing: text))
        #expect(address.host == host)
        #expect(address.port == port)
        #expect(address.isLoopback == isLoopback)
        #expect(ListenAddress(parsing: address.description) == address)
    }

    @Test(
        arguments: [
            "8080", "127.0.0.1", "127.0.0.1:", "a:b", "::1:80", "[::1]", "[::1]80", "[x]:80", "a:65536", "a b:80",
            "a:-1",
            "a:1:2", "a:+1", "http://a:80",
        ]
    )
    func refusesWhatIsNoAddress(text: String) {
        #expect(ListenAddress(parsing: text) == nil)
    }

    @Test(
        arguments: [
            ("https://api.example.com/v1", "https://api.example.com/v1"), ("http://[::1]:80/", "http://[::1]:80"),
            ("http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000/v1"), ("https://a.example//", "https://a.example"),
        ]
    )
    func readsBaseAddresses(text: String, expected: String) {
        let result = load("providers: { a: { kind: openai, base_url: '\(text)' } }")
        #expect(result.configuration?.providers[0].baseURL == expected)
    }

    @Test(
        arguments: [
            "api.example.com", "ftp://a", "http://", "http:///v1", "http://a b", "http://a?x=1", "http://a#b",
            "http://me:word@a", "http://a:port", "http://a:99999", "https://ä.example",
        ]
    )
    func refusesWhatIsNoBaseAddress(text: String) {
        #expect(errors("providers: { a: { kind: openai, base_url: '\(text)' } }").count == 1)
    }

    @Test func readsTimeSpansOfRules() throws {
        let result = load(
            """
            providers: { openai: { api_key: k } }
            rules:
              - { when: { time: "22:00-06:30", tokens: ">1000", budget_left: "<20%", needs: [ vision, tools ] }, use: openai/a }
              - { when: { time: { from: "08:00", days: [ mon, tue ], time_zone: Europe/Berlin } }, use: openai/a }
              - { when: { header.X-Team: [ a, b ], stream: true, account: "acme/*" }, use: openai/a }
            """
        )
        let rules = try #require(result.configuration, "\(result.errors.map(\.description))").rules
        #expect(rules[0].when.time?.from == 22 * 60)
        #expect(rules[0].when.time?.to == 6 * 60 + 30)
        #expect(rules[0].when.tokens == .above(1000))
        #expect(rules[0].when.budgetLeft == .below(Percentage(fraction: 0.2)))
        #expect(rules[0].when.needs == [.vision, .tools])
        #expect(rules[1].when.time?.days == [.monday, .tuesday])
        #expect(rules[1].when.time?.to == 24 * 60)
        #expect(rules[1].when.time?.timeZone == "Europe/Berlin")
        #expect(rules[2].when.headers == [Rule.Named(name: "x-team", patterns: ["a", "b"])])
        #expect(rules[2].when.stream == true)
    }
}
