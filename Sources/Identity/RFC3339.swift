/// Points in time as text (RFC 3339), for answers, tables and file names; written without Foundation's calendar.
package enum RFC3339 {
    /// The UTC date and time of `milliseconds` since the Unix epoch, with milliseconds: `2026-11-21T03:46:10.123Z`.
    package static func text(_ milliseconds: UInt64) -> String {
        let (year, month, day) = Self.civil(day: Int(milliseconds / 86_400_000))
        let time = Int(milliseconds % 86_400_000)
        return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))T"
            + "\(Self.padded(time / 3_600_000, 2)):\(Self.padded(time / 60_000 % 60, 2)):"
            + "\(Self.padded(time / 1000 % 60, 2)).\(Self.padded(time % 1000, 3))Z"
    }

    /// The milliseconds since the Unix epoch of a full date and time with its zone (`2026-11-21T04:46:10+01:00`); nil
    /// for other texts and for times before 1970. A leap second counts as the second after it; digits beyond the
    /// millisecond are dropped.
    package static func milliseconds(_ text: String) -> UInt64? {
        var reader = Reader(bytes: Array(text.utf8))
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2), reader.skip(":"),
            let second = reader.number(2)
        else { return nil }
        guard (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        var fraction = 0
        if reader.skip(".") {
            guard let digits = reader.fraction() else { return nil }
            fraction = digits
        }
        var offset = 0
        if !(reader.skip("Z") || reader.skip("z")) {
            let sign = reader.skip("+") ? 1 : reader.skip("-") ? -1 : 0
            guard sign != 0, let hours = reader.number(2), reader.skip(":"), let minutes = reader.number(2), hours < 24,
                minutes < 60
            else { return nil }
            offset = sign * (hours * 60 + minutes)
        }
        guard reader.isAtEnd else { return nil }
        let seconds = Self.day(year, month, day) * 86_400 + hour * 3600 + (minute - offset) * 60 + second
        return UInt64(exactly: seconds * 1000 + fraction)
    }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        var isAtEnd: Bool { self.index == self.bytes.count }

        mutating func digit() -> Int? {
            guard self.index < self.bytes.count,
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self.bytes[self.index])
            else { return nil }
            defer { self.index += 1 }
            return Int(self.bytes[self.index] - UInt8(ascii: "0"))
        }

        mutating func number(_ digits: Int) -> Int? {
            var value = 0
            for _ in 0..<digits {
                guard let digit = self.digit() else { return nil }
                value = value * 10 + digit
            }
            return value
        }

        /// The milliseconds of one or more digits after the point.
        mutating func fraction() -> Int? {
            guard let first = self.digit() else { return nil }
            var value = first * 100
            var weight = 10
            while let digit = self.digit() {
                value += digit * weight
                weight /= 10
            }
            return value
        }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard self.index < self.bytes.count, self.bytes[self.index] == UInt8(ascii: character) else { return false }
            self.index += 1
            return true
        }
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days of a year before `month`, counted in a year that begins in March, so that the leap day comes last.
    private static func daysBefore(_ marchMonth: Int) -> Int { (153 * marchMonth + 2) / 5 }

    /// Days from the Unix epoch to a date of the Gregorian calendar.
    private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let marchYear = month > 2 ? year : year - 1
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = Self.daysBefore((month + 9) % 12) + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The date of the Gregorian calendar `day` days after the Unix epoch.
    private static func civil(day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - Self.daysBefore(marchMonth) + 1)
    }
}
