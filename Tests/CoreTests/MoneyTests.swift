import Core
import Testing

@Suite struct MoneyTests {
    @Test(arguments: [
        ("0.15", "0.15"), ("12", "12"), ("1000000.000000000001", "1000000.000000000001"), ("-0.5", "-0.5"),
        ("0.10", "0.1"), ("0", "0"), (".5", "0.5"),
    ])
    func readsAndWritesDecimalsExactly(text: String, written: String) throws {
        let money = try #require(Money(dollars: text))
        #expect(money.description == written)
    }

    @Test(arguments: [
        "", "-", ".", "1e3", "1,5", "0.0000000000001", "NaN", "1.2.3", " 1", "99999999999999999999999999999999999999",
        // One more than 128 bits hold, found out at the last digit.
        "170141183460469231731687303715884105728",
    ])
    func refusesWhatIsNoPlainDecimal(text: String) {
        #expect(Money(dollars: text) == nil)
    }

    @Test func sumsExactly() throws {
        let tenth = try #require(Money(dollars: "0.1"))
        let sum = (0..<10).reduce(Money.zero) { total, _ in total + tenth }
        #expect(sum == Money(dollars: "1"))
    }
}
