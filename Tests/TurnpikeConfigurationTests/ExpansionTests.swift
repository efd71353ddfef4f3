import Core
import Testing
import TurnpikeConfiguration

/// What the environment and files put into values.
struct ExpansionTests {
    /// The key of the one provider of a file, after everything is put in.
    private func key(
        _ value: String,
        _ environment: [String: String] = [:],
        files: [String: String] = [:]
    ) throws -> String {
        let result = load("providers:\n  openai:\n    api_key: \(value)", environment: environment, files: files)
        let configuration = try #require(result.configuration, "\(result.errors.map(\.description))")
        return try #require(configuration.providers[0].keys.first).reveal()
    }

    @Test(
        arguments: [
            ("\"${A}\"", "one"),
            ("${A}", "one"),
            ("'${A}'", "one"),
            ("\"x-${A}-${B}-y\"", "x-one-two-y"),
            ("\"${NONE:-else}\"", "else"),
            ("\"${EMPTY:-else}\"", "else"),
            ("\"${A:-else}\"", "one"),
            ("\"${NONE:-a:-b}\"", "a:-b"),
            ("\"${NONE:-}${A}\"", "one"),
            ("\"$${A}\"", "${A}"),
            ("\"a$b$\"", "a$b$"),
            ("\"${NESTED}\"", "${A}"),
            ("\"${YAML}\"", "x: { y: z } # no"),
            ("file:/key", "from file"),
            ("\"file:${FOLDER}/key\"", "from file in folder"),
            ("\"${FILE}\"", "file:/key"),
        ]
    )
    func isPutIntoAValueAndNotLookedAtAgain(written: String, expected: String) throws {
        let environment = [
            "A": "one", "B": "two", "EMPTY": "", "NESTED": "${A}", "YAML": "x: { y: z } # no", "FOLDER": "/folder",
            "FILE": "file:/key",
        ]
        let files = ["/key": "from file\n", "/folder/key": "from file in folder\r\n\n"]
        #expect(try self.key(written, environment, files: files) == expected)
    }

    @Test(
        arguments: [
            Problem(
                "listen: '${PORT}'",
                "1:9: error: environment variable 'PORT' is not set; set it, or write ${PORT:-default}"
            ),
            Problem("listen: '${'", "1:9: error: '${' without a closing '}'; write $${ for a plain '${'"),
            Problem("listen: '${1A}'", "1:9: error: '${1A}' does not name a variable; write $${ for a plain '${'"),
            Problem("listen: '${}'", "1:9: error: '${}' does not name a variable; write $${ for a plain '${'"),
            Problem(
                "listen: file:/none",
                "1:9: error: file '/none' cannot be read; check that it exists and may be read"
            ),
        ]
    )
    func isAnErrorWhereItIsMissing(_ problem: Problem) {
        #expect(errors(problem.yaml) == ["turnpike.yaml:\(problem.expected)"])
    }

    @Test func keysAreNeverExpanded() {
        #expect(
            load("'${A}': 1", environment: ["A": "listen"]).errors.map(\.message) == ["unknown key '${A}' in the file"]
        )
    }

    @Test func numbersAndFlagsMayComeFromTheEnvironment() throws {
        let result = load(
            "server: { threads: '${N}', body: '${SIZE}' }\ndirect_names: '${FLAG}'\nlisten: '127.0.0.1:${PORT:-9000}'",
            environment: ["N": "2", "SIZE": "1MB", "FLAG": "false"]
        )
        let configuration = try #require(result.configuration)
        #expect(configuration.server.threads == 2)
        #expect(configuration.server.body == 1 << 20)
        #expect(!configuration.directNames)
        #expect(configuration.listen.port == 9000)
    }

    @Test func anEmptyValueIsAsIfItWereNotThere() throws {
        let result = load("state: { redis: '${R:-}', master_key: '' }\nserver:\nlisten: ~\ncache: { exact: }")
        let configuration = try #require(result.configuration)
        #expect(configuration.state == StateSettings())
        #expect(configuration.server == ServerSettings())
        #expect(configuration.listen.port == 8080)
        #expect(configuration.cache?.exact == CacheSettings.Exact())
    }

    @Test func anAliasStandsForItsAnchor() throws {
        let result = load(
            "reliability: &r { timeouts: { connect: 1s } }\nproviders: { openai: { api_key: k, reliability: *r } }"
        )
        let configuration = try #require(result.configuration)
        #expect(configuration.reliability.timeouts.connect == .seconds(1))
        #expect(configuration.providers[0].reliability.timeouts.connect == .seconds(1))
    }

    @Test func aliasesCannotBlowTheFileUp() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let copies = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(copies)]\n"
        }
        let found = load(text).errors
        #expect(found.map(\.message) == ["the document is too large once its aliases are followed"])
    }

    @Test(arguments: [70, 900, 100_000])
    func deepNestingIsRefused(depth: Int) {
        let text = "a: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(load(text).configuration == nil)
    }
}
