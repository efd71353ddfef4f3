/// A moment as AWS writes it in signatures: `20261121T010203Z` (ISO 8601, basic form, UTC), made and read without
/// Foundation's calendar.
struct SigningTime: Hashable, Sendable {
    /// Sixteen ASCII bytes.
    let text: [UInt8]

    /// The moment `seconds` after the Unix epoch; before it counts as the epoch.
    init(_ seconds: Int64) {
        let seconds = max(0, seconds)
        let (year, month, day) = Self.date(ofDay: seconds / 86_400)
        let time = seconds % 86_400
        var text: [UInt8] = []
        text.reserveCapacity(16)
        Self.append(year, digits: 4, to: &text)
        Self.append(month, digits: 2, to: &text)
        Self.append(day, digits: 2, to: &text)
        text.append(UInt8(ascii: "T"))
        Self.append(time / 3600, digits: 2, to: &text)
        Self.append(time / 60 % 60, digits: 2, to: &text)
        Self.append(time % 60, digits: 2, to: &text)
        text.append(UInt8(ascii: "Z"))
        self.text = text
    }

    /// The day alone, eight bytes.
    var day: ArraySlice<UInt8> { self.text[..<8] }

    /// The Unix seconds of a text in the basic form; nil for everything else.
    static func seconds(_ text: [UInt8]) -> Int64? {
        guard text.count == 16, text[8] == UInt8(ascii: "T"), text[15] == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for digit in text[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
                value = value * 10 + Int64(digit - UInt8(ascii: "0"))
            }
            return value
        }
        guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8), let hour = number(9..<11),
            let minute = number(11..<13), let second = number(13..<15), (1...12).contains(month),
            (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        let days = Self.day(ofYear: year, month, day)
        // The 31st of a short month is another day when it is read back.
        guard Self.date(ofDay: days) == (year, month, day) else { return nil }
        return days * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// The Unix seconds of a moment in ISO 8601's extended form in UTC, as credentials' ends are written:
    /// `2026-11-21T01:02:03Z`, with or without a fraction, which is dropped.
    static func seconds(extended text: String) -> Int64? {
        var basic: [UInt8] = []
        var isFraction = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "-"), UInt8(ascii: ":"): continue
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "Z"):
                isFraction = false
                basic.append(byte)
            default: if !isFraction { basic.append(byte) }
            }
        }
        return Self.seconds(basic)
    }

    private static func append(_ value: Int64, digits: Int, to text: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    // Years that begin in March have their leap day last, which makes the lengths of months a straight line: month m
    // (March is 0) begins on day (153 m + 2) / 5. Gregorian years repeat after 400, which are 146,097 days; 719,468 days
    // lie between 1 March of the year 0 and the epoch.

    private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * march + 2) / 5 + 1)
    }

    private static func day(ofYear year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
