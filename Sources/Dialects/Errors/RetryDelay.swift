/// How long an upstream asks to be left alone, in every form providers say it.
///
/// In order of trust: `retry-after-ms`, `retry-after` (RFC 9110 §10.2.3: seconds or an HTTP date), Google's
/// `RetryInfo`, the words "try again in 6m0s" of the error text, and the reset headers of the rate limits.
enum RetryDelay {
    /// Longer waits are cut to this: a week, the longest reset any provider has.
    private static let longest: Double = 7 * 86400

    /// The delay, or nil where the upstream named none.
    ///
    /// - Parameters:
    ///   - header: The value of a header field by its lower-case name.
    ///   - retryInfo: The `retryDelay` of a Google error ("48.9s").
    ///   - text: The error text.
    ///   - now: Milliseconds since the Unix epoch, against which dates are read.
    static func read(header: (String) -> String?, retryInfo: String?, text: String, now: UInt64) -> Duration? {
        if let value = header("retry-after-ms"), let milliseconds = Self.number(value) {
            return Self.duration(milliseconds / 1000)
        }
        if let value = header("retry-after"), let delay = Self.retryAfter(value, now: now) { return delay }
        if let retryInfo, let seconds = Self.seconds(Substring(retryInfo)) { return Self.duration(seconds) }
        if let delay = Self.words(text) { return delay }
        return Self.resets(header: header, now: now)
    }

    /// Seconds as a duration, from zero up to a week; nil where they are not a number.
    private static func duration(_ seconds: Double) -> Duration? {
        guard seconds.isFinite else { return nil }
        return .milliseconds(Int64((min(max(seconds, 0), Self.longest) * 1000).rounded(.up)))
    }

    private static func number(_ text: String) -> Double? {
        let trimmed = text.trimmed
        guard !trimmed.isEmpty, trimmed.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x2D })
        else {
            return nil
        }
        return Double(trimmed)
    }

    private static func retryAfter(_ value: String, now: UInt64) -> Duration? {
        if let seconds = Self.number(value) { return Self.duration(seconds) }
        if let seconds = HTTPDate.seconds(value) { return Self.duration(Double(seconds) - Double(now) / 1000) }
        // Not the standard, but seen: "2s".
        return Self.seconds(value.trimmed).flatMap(Self.duration)
    }

    /// Reads a sum of amounts with units: `6m0s`, `20ms`, `1h2m3.5s`, `48.9s`; nil where anything else is in it.
    static func seconds(_ text: Substring) -> Double? {
        var rest = Substring(text.trimmed).utf8[...]
        guard !rest.isEmpty else { return nil }
        var sum = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { (0x30...0x39).contains($0) || $0 == 0x2E }
            guard let amount = Double(Substring(digits)) else { return nil }
            rest = rest[digits.endIndex...]
            let unit = rest.prefix { $0 >= 0x61 && $0 <= 0x7A }
            guard let scale = Self.scale(of: Substring(unit)) else { return nil }
            rest = rest[unit.endIndex...]
            sum += amount * scale
        }
        return sum
    }

    /// The seconds in a unit, by its letter or its English word.
    private static func scale(of unit: Substring) -> Double? {
        switch unit {
        case "ns": 1e-9
        case "us", "µs": 1e-6
        case "ms", "millisecond", "milliseconds": 1e-3
        case "s", "sec", "secs", "second", "seconds": 1
        case "m", "min", "mins", "minute", "minutes": 60
        case "h", "hr", "hour", "hours": 3600
        case "d", "day", "days": 86400
        default: nil
        }
    }

    /// Looks for "try again in …", "retry in …", "retry after …" in an error text.
    private static func words(_ text: String) -> Duration? {
        let lower = text.lowercased()
        for phrase in ["try again in ", "retry in ", "retry after ", "wait for ", "available in "] {
            guard let start = lower.firstRange(of: phrase)?.upperBound else { continue }
            var rest = lower[start...]
            // An amount and its unit may be one word ("6m0s") or two ("5 seconds").
            let first = rest.prefix { !$0.isWhitespace && $0 != "," && $0 != ";" }
            let amount = first.last == "." ? first.dropLast() : first
            if let seconds = Self.seconds(amount) { return Self.duration(seconds) }
            guard let value = Double(amount) else { continue }
            rest = rest[first.endIndex...].drop { $0.isWhitespace }
            let unit = rest.prefix { $0.isLetter }
            if let scale = Self.scale(of: unit) { return Self.duration(value * scale) }
        }
        return nil
    }

    /// The longest wait among the limits that are used up; where no header says which those are, among all.
    private static func resets(header: (String) -> String?, now: UInt64) -> Duration? {
        var longest: Double?
        var longestOfAll: Double?
        for (prefix, suffix) in [
            ("x-ratelimit-", "-requests"), ("x-ratelimit-", "-tokens"), ("x-ratelimit-", ""),
            ("anthropic-ratelimit-requests-", "/"), ("anthropic-ratelimit-tokens-", "/"),
        ] {
            let resetName = suffix == "/" ? prefix + "reset" : prefix + "reset" + suffix
            let leftName = suffix == "/" ? prefix + "remaining" : prefix + "remaining" + suffix
            guard let value = header(resetName), let seconds = Self.reset(value, now: now) else { continue }
            longestOfAll = max(longestOfAll ?? 0, seconds)
            if header(leftName).flatMap(Self.number) == 0 { longest = max(longest ?? 0, seconds) }
        }
        return (longest ?? longestOfAll).flatMap(Self.duration)
    }

    /// The seconds until a reset: an amount with a unit, seconds, a Unix time in seconds or milliseconds, or a
    /// timestamp.
    private static func reset(_ value: String, now: UInt64) -> Double? {
        if let number = Self.number(value) {
            if number >= 1e12 { return (number - Double(now)) / 1000 }
            if number >= 1e9 { return number - Double(now) / 1000 }
            return number
        }
        if let seconds = HTTPDate.timestamp(value) { return Double(seconds) - Double(now) / 1000 }
        return Self.seconds(value.trimmed)
    }
}

extension StringProtocol {
    /// The text without white space at either end.
    var trimmed: Substring {
        var text = Substring(self)
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
