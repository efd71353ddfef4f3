import Core
import Glibc
import JSON
package import Logging

/// The operational log: one line an event on standard error, as a JSON object or as text.
///
/// Messages are constant, what varies stands in the metadata. Prompts, answers and keys are never logged; a
/// ``Core/Secret`` in metadata shows as `[secret]`.
package struct LineLogHandler: LogHandler {
    package enum Format: Sendable {
        case json
        case text
    }

    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    package var logLevel: Logger.Level
    private let label: String
    private let format: Format
    private let write: @Sendable ([UInt8]) -> Void

    /// - Parameter write: where a line goes, its line end included; standard error by default.
    package init(
        label: String,
        level: Logger.Level,
        format: Format,
        write: @escaping @Sendable ([UInt8]) -> Void = { line in
            _ = line.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
        }
    ) {
        self.label = label
        self.logLevel = level
        self.format = format
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let provided = self.metadataProvider?.get() ?? [:]
        let all = provided.merging(self.metadata) { $1 }.merging(event.metadata ?? [:]) { $1 }
        let fields = all.sorted { $0.key < $1.key }
        let time = Timestamp.text(unixMilliseconds: unixMilliseconds())
        switch self.format {
        case .json:
            var object = JSONObject()
            object["time"] = .string(time)
            object["level"] = .string(event.level.rawValue)
            object["logger"] = .string(self.label)
            object["message"] = .string(event.message.description)
            for (name, value) in fields { object[name] = .string(value.description) }
            self.write(JSONValue.object(object).bytes + [0x0a])
        case .text:
            var line = "\(time) \(event.level.rawValue) \(event.message)"
            // Quoted, because a line break in a value would forge a line of the log.
            for (name, value) in fields { line += " \(name)=\(JSONValue.string(value.description).text)" }
            self.write(Array(line.utf8) + [0x0a])
        }
    }
}

/// A moment as RFC 3339 text in UTC with milliseconds.
enum Timestamp {
    static func text(unixMilliseconds: UInt64) -> String {
        var seconds = time_t(unixMilliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let day = "\(1900 + Int(parts.tm_year))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
        let clock = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
        return "\(day)T\(clock).\(padded(Int(unixMilliseconds % 1000), 3))Z"
    }
}
