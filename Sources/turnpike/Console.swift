import Glibc

/// What commands say to the person who runs them. The operational log is elsewhere (``Telemetry/LineLogHandler``).
enum Console {
    /// A line on standard output.
    static func say(_ line: String) { self.write(line, to: 1) }

    /// A line on standard error.
    static func complain(_ line: String) { self.write(line, to: 2) }

    private static func write(_ line: String, to descriptor: Int32) {
        var bytes = Array((line + "\n").utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
