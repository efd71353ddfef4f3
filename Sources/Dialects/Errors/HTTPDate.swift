/// Dates in header fields, as seconds since the Unix epoch.
enum HTTPDate {
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    /// Reads an HTTP date in any of its three forms: `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`,
    /// `Sun Nov  6 08:49:37 1994`. Nil where the text is none of them.
    ///
    /// Source: RFC 9110 §5.6.7.
    static func seconds(_ text: String) -> Int? {
        let words = text.split { $0 == " " || $0 == "-" || $0 == "," }
        switch words.count {
        case 6:
            return Self.seconds(day: words[1], month: words[2], year: words[3], time: words[4])
        case 5:
            return Self.seconds(day: words[2], month: words[1], year: words[4], time: words[3])
        default:
            return nil
        }
    }

    /// Reads a timestamp such as `2026-11-21T03:04:05Z` or with an offset such as `+01:00`; fractions are dropped.
    ///
    /// Source: RFC 3339 §5.6.
    static func timestamp(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] | 0x20 == 0x74 else { return nil }
        func number(_ range: Range<Int>) -> Int? { Int(String(decoding: bytes[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let time = Self.seconds(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        else { return nil }
        var place = 19
        if bytes[place] == 0x2E {
            place += 1
            while place < bytes.count, (0x30...0x39).contains(bytes[place]) { place += 1 }
        }
        guard place < bytes.count else { return nil }
        if bytes[place] | 0x20 == 0x7A { return time }
        guard place + 6 <= bytes.count, bytes[place] == 0x2B || bytes[place] == 0x2D,
            let hours = number(place + 1..<place + 3), let minutes = number(place + 4..<place + 6)
        else { return nil }
        let offset = hours * 3600 + minutes * 60
        return bytes[place] == 0x2B ? time - offset : time + offset
    }

    private static func seconds(day: Substring, month: Substring, year: Substring, time: Substring) -> Int? {
        let clock = time.split(separator: ":")
        guard clock.count == 3, let day = Int(day), let index = Self.months.firstIndex(of: month.lowercased()),
            var year = Int(year), let hour = Int(clock[0]), let minute = Int(clock[1]), let second = Int(clock[2])
        else { return nil }
        // A year of two digits is of this century up to 69, else of the last.
        if year < 100 { year += year < 70 ? 2000 : 1900 }
        return Self.seconds(year: year, month: index + 1, day: day, hour: hour, minute: minute, second: second)
    }

    /// Seconds since the epoch of a date in the Gregorian calendar; nil where a part is out of its range.
    private static func seconds(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) -> Int? {
        guard (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day), (0..<24).contains(hour),
            (0..<60).contains(minute), (0...60).contains(second)
        else { return nil }
        // Days are counted from 1 March, so that the leap day is the last of its year.
        let shifted = month > 2 ? year : year - 1
        let monthFromMarch = (month + 9) % 12
        let days =
            365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (153 * monthFromMarch + 2) / 5 + day - 1
        // 719 468 days lie between 1 March of year 0 and 1 January 1970.
        return (days - 719_468) * 86400 + hour * 3600 + minute * 60 + second
    }
}
