import JSON
import Testing

struct JSONScanTests {
    private func string(_ text: String) throws -> String {
        try Array(text.utf8).withUnsafeBytes { try JSONScan.string(0..<$0.count, in: $0) }
    }

    @Test(arguments: [
        (#""""#, ""), (#""plain""#, "plain"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#""\u0041\u00e9\u65E5""#, "Aé日"),
        (#""\ud83d\ude00!""#, "😀!"), (#""\ud83d""#, "\u{FFFD}"), (#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}"),
        (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\ud83dx""#, "\u{FFFD}x"), (#""\ud83d\n""#, "\u{FFFD}\n"),
        (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
        (#""\uDBFF\uDFFF""#, "\u{10FFFF}"), (#""\u0000""#, "\u{0}"),
        ("\"a longer text with é and 日本 in it\"", "a longer text with é and 日本 in it"),
        (#""a longer text with an escape: \u00e9 and 日本""#, "a longer text with an escape: é and 日本"),
    ])
    func decodesStrings(text: String, expected: String) throws {
        // Scalars, not characters: string equality would hide a change of normal form.
        #expect(Array(try self.string(text).unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test(arguments: ["", "a", "\"a", "\"a\"b", "\"a\"\"", "\"\\q\"", "\"\n\"", "\"\\u12\"", "\"\\\"", "\"\\u123\\\""])
    func refusesWhatIsNotOneString(text: String) {
        #expect(throws: JSONSyntaxError.self) { try self.string(text) }
    }

    @Test
    func looksAtTheRangeOnly() throws {
        try Array(#"["abc","d"]"#.utf8).withUnsafeBytes { bytes in
            let text = try JSONScan.string(1..<6, in: bytes)
            #expect(text == "abc")
            #expect(throws: JSONSyntaxError.self) { try JSONScan.string(1..<5, in: bytes) }
            #expect(throws: JSONSyntaxError.self) { try JSONScan.string(1..<99, in: bytes) }
        }
    }

    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("7", 7), ("-12", -12), ("9223372036854775807", Int.max),
            ("-9223372036854775808", Int.min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("1.0", nil), ("1e3", nil), ("01", nil),
            ("-01", nil), ("-", nil), ("", nil),
            ("+1", nil), ("1 ", nil), ("\"1\"", nil), ("null", nil), ("99999999999999999999", nil),
        ] as [(String, Int?)]
    )
    func readsExactIntegers(text: String, expected: Int?) {
        Array(text.utf8).withUnsafeBytes { bytes in
            #expect(JSONScan.integer(0..<bytes.count, in: bytes) == expected)
            #expect(JSONScan.integer(0..<(bytes.count + 1), in: bytes) == nil)
        }
    }

    @Test(
        arguments: [
            ([], true), ([0x7F], true), ([0xC2, 0x80], true), ([0xDF, 0xBF], true), ([0xE0, 0xA0, 0x80], true),
            ([0xED, 0x9F, 0xBF], true),
            ([0xEE, 0x80, 0x80], true), ([0xEF, 0xBF, 0xBF], true), ([0xF0, 0x90, 0x80, 0x80], true),
            ([0xF4, 0x8F, 0xBF, 0xBF], true),
            ([0x80], false), ([0xBF], false), ([0xC0, 0x80], false), ([0xC1, 0xBF], false), ([0xC2], false),
            ([0xC2, 0x41], false), ([0xC2, 0xC2], false),
            ([0xE0, 0x9F, 0xBF], false), ([0xE0, 0x80, 0x80], false), ([0xED, 0xA0, 0x80], false),
            ([0xED, 0xBF, 0xBF], false), ([0xE2, 0x82], false),
            ([0xE2, 0x82, 0x41], false), ([0xF0, 0x8F, 0xBF, 0xBF], false), ([0xF4, 0x90, 0x80, 0x80], false),
            ([0xF5, 0x80, 0x80, 0x80], false),
            ([0xF0, 0x90, 0x80], false), ([0xF0, 0x90, 0x80, 0xC0], false), ([0xF8, 0x88, 0x80, 0x80, 0x80], false),
            ([0xFE], false), ([0xFF], false),
        ] as [([UInt8], Bool)]
    )
    func tellsUTF8AtEveryAlignment(sequence: [UInt8], isValid: Bool) {
        for before in 0..<40 {
            for after in [0, 1, 9, 40] {
                let bytes = [UInt8](repeating: 0x61, count: before) + sequence + [UInt8](repeating: 0x62, count: after)
                #expect(
                    bytes.withUnsafeBytes { JSONScan.isValidUTF8($0) } == isValid,
                    "before \(before), after \(after)"
                )
            }
        }
    }

    @Test(arguments: 0..<200)
    func agreesWithTheStandardLibraryOnUTF8(seed: Int) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            var bytes: [UInt8] = []
            for _ in 0..<random.below(30) {
                if random.once(in: 3) {
                    bytes.append(UInt8(random.below(256)))
                } else {
                    bytes += Array(["a", "é", "日", "😀", "plain text in between"].pick(&random).utf8)
                }
            }
            let isValid = bytes.withUnsafeBytes { JSONScan.isValidUTF8($0) }
            #expect(isValid == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
        }
    }
}
