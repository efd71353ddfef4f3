import Glibc

/// The current time as an IMF-fixdate (RFC 9110 §5.6.7), formatted once a second.
struct HTTPDate {
    private var second: UInt64 = 0
    private var text: [UInt8] = []

    mutating func withText(unixSeconds: UInt64, _ body: (UnsafeRawBufferPointer) -> Void) {
        if unixSeconds != self.second {
            self.second = unixSeconds
            self.text = HTTPDate.format(unixSeconds)
        }
        self.text.withUnsafeBytes(body)
    }

    private static func format(_ unixSeconds: UInt64) -> [UInt8] {
        var time = time_t(unixSeconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)])"
        return Array(
            "\(day) \(1900 + parts.tm_year) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT".utf8
        )
    }
}
