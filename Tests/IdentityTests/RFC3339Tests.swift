import Identity
import Testing

@Suite struct RFC3339Tests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_164_799_999, "2024-02-28T23:59:59.999Z"), (1_795_232_770_123, "2026-11-21T03:46:10.123Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (253_402_300_799_000, "9999-12-31T23:59:59.000Z"),
        ] as [(UInt64, String)]
    )
    func writesAndReadsMoments(milliseconds: UInt64, text: String) {
        #expect(RFC3339.text(milliseconds) == text)
        #expect(RFC3339.milliseconds(text) == milliseconds)
    }

    @Test(
        arguments: [
            ("2026-11-21T04:46:10+01:00", 1_795_232_770_000), ("2026-11-20t22:16:10.5-05:30", 1_795_232_770_500),
            ("2026-11-21 03:46:10.1239Z", 1_795_232_770_123), ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ] as [(String, UInt64)]
    )
    func readsZonesFractionsAndLeapSeconds(text: String, milliseconds: UInt64) {
        #expect(RFC3339.milliseconds(text) == milliseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-11-21", "2026-11-21T03:46Z", "2026-11-21T03:46:10", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2025-02-29T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T03:60:10Z",
        "2026-11-21T03:46:61Z",
        "2026-11-21T03:46:10.Z", "2026-11-21T03:46:10Zx", "2026-11-21T03:46:10+1:00", "1969-12-31T23:59:59Z",
        "+026-11-21T03:46:10Z",
    ])
    func refusesWhatIsNoMoment(text: String) {
        #expect(RFC3339.milliseconds(text) == nil)
    }

    @Test(arguments: UInt64(0)..<30)
    func readsBackWhatItWrote(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        let milliseconds = UInt64.random(in: 0..<253_402_300_800_000, using: &generator)
        #expect(RFC3339.milliseconds(RFC3339.text(milliseconds)) == milliseconds)
    }
}
