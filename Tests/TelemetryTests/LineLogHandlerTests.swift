import Core
import Logging
import Synchronization
import Telemetry
import Testing

/// Keeps what a log writes.
private final class Lines: Sendable {
    let all = Mutex<[String]>([])

    func logger(_ format: LineLogHandler.Format) -> Logger {
        Logger(label: "test") { label in
            LineLogHandler(label: label, level: .info, format: format) { line in
                self.all.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            }
        }
    }
}

@Suite struct LineLogHandlerTests {
    @Test(arguments: [LineLogHandler.Format.json, .text])
    func writesOneLineWhateverTheValuesHold(format: LineLogHandler.Format) {
        let lines = Lines()
        lines.logger(format).warning("constant", metadata: ["value": "a\nb\"c"])
        let written = lines.all.withLock { $0 }
        #expect(written.count == 1)
        #expect(written[0].filter { $0 == "\n" }.count == 1)
        #expect(written[0].contains(#"a\nb\"c"#))
        #expect(written[0].contains("constant"))
    }

    @Test func keepsSecretsOut() {
        let lines = Lines()
        lines.logger(.json).error("constant", metadata: ["key": "\(Secret("sk-hidden"))"])
        #expect(lines.all.withLock { !$0[0].contains("hidden") && $0[0].contains("[secret]") })
    }

    @Test func leavesOutWhatIsBelowItsLevel() {
        let lines = Lines()
        lines.logger(.json).debug("constant")
        #expect(lines.all.withLock { $0.isEmpty })
    }
}
