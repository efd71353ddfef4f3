import JSON
import Testing

/// The grammar of RFC 8259, as the tree and the check without a tree both see it.
struct JSONGrammarTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-0", "10", "-1.5e+10", "1E5", "0.0", "\"\"", "\"a\"", "[]", "{}", " [ ] ",
        "\t{\r\n} ",
        "[1,2]", "[[],{}]", "{\"\":0}", "{\"a\":{\"b\":[null]}}", "\"\\u0000\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\u{7F}\"",
        "\"\\ud800\"", "{\"a\":1,\"a\":2}", "123456789012345678901234567890", "1e400", "\"日本\"",
    ])
    func acceptsWhatTheGrammarAllows(text: String) throws {
        _ = try JSONValue(parsing: text)
        try validate(Array(text.utf8))
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "NaN", "Infinity", "+1", "01", "-01", "-", "1.", ".5", "1e", "1e+", "0x10",
        "1_0", "--1",
        "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\\"", "\"\n\"", "\"\u{1F}\"", "\"\u{0}\"", "'a'",
        "[", "]", "[1",
        "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1}", "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,",
        "{\"a\":1,}", "{,}",
        "{a:1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":1]", "{\"a\"::1}", "1 2", "[] []", "{}x", "// c\n1",
        "[1 /* */]",
        "\u{FEFF}1", "\u{A0}1", "\u{B}1", "\u{C}1", "\u{0}", "1\u{0}", "[\u{0}]", "\"a\"\u{0}", "{\u{0}}", "[1,\u{0}]",
    ])
    func refusesWhatTheGrammarForbids(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
        #expect(throws: JSONSyntaxError.self) { try validate(Array(text.utf8)) }
    }

    @Test(
        arguments: [
            [0x22, 0x80, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0xE2, 0x82, 0x22], [0x22, 0xFF, 0x22], [0x7B, 0x22, 0xC1, 0x81, 0x22, 0x3A, 0x31, 0x7D],
        ] as [[UInt8]]
    )
    func refusesStringsThatAreNotUTF8(bytes: [UInt8]) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: bytes) }
        #expect(throws: JSONSyntaxError.self) { try validate(bytes) }
    }

    @Test(arguments: [("[", "]"), ("{\"a\":", "}")], [(127, true), (128, true), (129, false), (100_000, false)])
    func limitsTheDepthEverywhere(brackets: (String, String), depth: (count: Int, isAllowed: Bool)) throws {
        let text =
            String(repeating: brackets.0, count: depth.count) + (brackets.0 == "[" ? "" : "0")
            + String(repeating: brackets.1, count: depth.count)
        let bytes = Array(text.utf8)
        let isObject = brackets.0 != "["
        let expected =
            depth.isAllowed ? nil : JSONSyntaxError(offset: 128 * brackets.0.utf8.count, message: "nested too deeply")
        #expect(self.error { _ = try JSONValue(parsing: bytes) } == expected)
        #expect(self.error { try validate(bytes) } == expected)
        #expect(self.error { _ = isObject ? try walkMembers(text).count : try walkElements(text).count } == expected)
    }

    private func error(_ body: () throws -> Void) -> JSONSyntaxError? {
        do {
            try body()
            return nil
        } catch {
            return error as? JSONSyntaxError
        }
    }

    @Test
    func keepsBracketsApartAfterTheDeepestNesting() {
        let text = "{\"a\":" + String(repeating: "[", count: 127) + String(repeating: "]", count: 126) + "}}"
        #expect(throws: JSONSyntaxError(offset: 5 + 127 + 126, message: "a bracket does not match")) {
            try walkMembers(text)
        }
    }

    @Test(arguments: [
        ("", 0, "unexpected end of input"), ("{\"a\":", 5, "unexpected end of input"),
        ("{\"a\":tru", 8, "unexpected end of input"),
        ("{\"a\":trux", 8, "expected a value"), ("[1,]", 3, "expected a value"),
        ("[01]", 2, "a number may not start with a zero"),
        ("{\"a\" 1}", 5, "expected ':'"), ("{\"a\":1;", 6, "expected ',' or '}'"),
        ("1 x", 2, "unexpected text after the value"),
        ("\"\\q\"", 2, "unknown escape in a string"), ("\"a\nb\"", 2, "unescaped control character in a string"),
    ])
    func saysWhereAndWhat(text: String, offset: Int, message: String) {
        #expect(throws: JSONSyntaxError(offset: offset, message: message)) { try validate(Array(text.utf8)) }
        #expect(throws: JSONSyntaxError(offset: offset, message: message)) { try JSONValue(parsing: text) }
    }
}
