import Core

extension Shape where Value == String {
    /// Any text that is not empty.
    static var text: Shape {
        .scalar(.text(pattern: nil), expected: "a text", literal: { .text($0) }, parse: { $0 })
    }

    /// Text of which `isRight` holds.
    static func text(
        pattern: String,
        expected: String,
        where isRight: @escaping @Sendable (String) -> Bool
    ) -> Shape {
        .scalar(.text(pattern: pattern), expected: expected, literal: { .text($0) }, parse: { isRight($0) ? $0 : nil })
    }

    /// An `http` or `https` address without credentials, query or fragment; a slash at its end is dropped.
    static var url: Shape {
        .scalar(
            .text(pattern: "^https?://[^/?#@\\s]+[^?#@\\s]*$"),
            expected: "an address such as https://api.example.com/v1 (http or https, no credentials, no query)",
            literal: { .text($0) },
            parse: { httpURL($0) }
        )
    }

    /// The path of a file.
    static var path: Shape { .text }

    /// An IANA time zone: `UTC`, `Europe/Berlin`. Its form is checked, not its existence.
    static var timeZone: Shape {
        .text(pattern: "^[A-Za-z]+([/_+-][A-Za-z0-9]+)*$", expected: "a time zone such as Europe/Berlin") { text in
            text.utf8.count <= 64 && text.utf8.first.map { !(0x30...0x39).contains($0) } == true
                && text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
                    !part.isEmpty && part.utf8.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: "+") }
                }
        }
    }
}

extension Shape where Value == Secret {
    /// A secret: any text that is not empty, never shown in a diagnostic.
    static var secret: Shape {
        Shape(
            schema: { _ in Schema(.text(pattern: nil)) },
            read: { element, reading in
                guard case .scalar(let scalar) = element.content, !element.isBlank else {
                    reading.error(at: element, "\(element.kindName) is not a text")
                    return nil
                }
                return scalar.isBroken ? nil : Secret(scalar.text)
            }
        )
    }
}

extension Shape where Value == Bool {
    /// `true` or `false` as in the core schema of YAML 1.2; `yes`, `no`, `on` and `off` are texts.
    static var flag: Shape {
        .scalar(
            .flag,
            expected: "true or false",
            literal: { .flag($0) },
            parse: { text in
                switch text {
                case "true", "True", "TRUE": true
                case "false", "False", "FALSE": false
                default: nil
                }
            }
        )
    }
}

extension Shape where Value == Int {
    /// A whole number within bounds.
    static func integer(_ range: ClosedRange<Int>) -> Shape {
        let upper = range.upperBound == .max ? "" : " and at most \(range.upperBound)"
        return .scalar(
            .integer(range),
            expected: "a whole number of at least \(range.lowerBound)\(upper)",
            literal: { .integer($0) },
            parse: { text in
                guard let number = plainInteger(text), range.contains(number) else { return nil }
                return number
            }
        )
    }

    /// A size in bytes: `64KB 1GB`, in either case, where 1 KB is 1024 bytes (as nginx counts its `k`, which is taken
    /// too); a number alone is bytes.
    static var size: Shape {
        .scalar(
            .either([
                Schema(.text(pattern: "^[0-9]+ ?([KMGTkmgt]([iI]?[bB])?|[bB])?$")), Schema(.integer(1...Int.max)),
            ]),
            expected: "a size such as 64KB, 32MB or 1GB (1KB is 1024 bytes)",
            literal: { .text(sizeText($0)) },
            parse: { byteSize($0) }
        )
    }
}

extension Shape where Value == Double {
    /// A decimal number within bounds.
    static func number(_ range: ClosedRange<Double>) -> Shape {
        let bound =
            range.upperBound.isFinite
            ? "a number from \(shortNumber(range.lowerBound)) to \(shortNumber(range.upperBound))"
            : "a number of at least \(shortNumber(range.lowerBound))"
        return .scalar(
            .number(range),
            expected: bound,
            literal: { .text(shortNumber($0)) },
            parse: { text in
                guard let number = plainDecimal(text), range.contains(number) else { return nil }
                return number
            }
        )
    }
}

extension Shape where Value == Duration {
    /// A time that is not negative: `250ms 30s 10m 2h 7d`.
    static var duration: Shape {
        .scalar(
            .text(pattern: "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$"),
            expected: "a duration such as 250ms, 30s, 10m, 2h or 7d",
            literal: { .text(durationText($0)) },
            parse: { parseDuration($0) }
        )
    }

    /// A time longer than nothing.
    static var timeout: Shape {
        .scalar(
            .text(pattern: "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$"),
            expected: "a duration above zero such as 250ms, 30s, 10m, 2h or 7d",
            literal: { .text(durationText($0)) },
            parse: { text in
                guard let duration = parseDuration(text), duration > .zero else { return nil }
                return duration
            }
        )
    }
}

extension Shape where Value == Percentage {
    /// A share of a whole: `20%`, from 0 to 100.
    static var percentage: Shape {
        .scalar(
            .text(pattern: "^[0-9]+(\\.[0-9]+)?%$"),
            expected: "a percentage such as 20%",
            literal: { .text("\(shortNumber($0.fraction * 100))%") },
            parse: { parsePercentage($0) }
        )
    }
}

extension Shape where Value == Rate {
    /// A number in a window of a second, minute, hour or day: `600/m`.
    static var rate: Shape {
        .scalar(.text(pattern: "^[0-9]+/[0-9]*(s|m|h|d)$"), expected: "a rate such as 10/s, 600/m, 5000/h or 100000/d")
        {
            text in
            guard let slash = text.firstIndex(of: "/"), let count = plainInteger(text[..<slash]), count > 0 else {
                return nil
            }
            let window = text[text.index(after: slash)...]
            let length = window.first?.isNumber == true ? String(window) : "1\(window)"
            guard !length.hasSuffix("ms"), let duration = parseDuration(length), duration > .zero else { return nil }
            return Rate(count: count, per: duration)
        }
    }
}

extension Shape where Value == Money {
    /// An amount of US dollars that is not negative, read from its text and so exact.
    static var money: Shape {
        .scalar(
            .money,
            expected: "an amount of US dollars such as 0.15 (plain decimal, not negative)",
            literal: { .text($0.description) },
            parse: { text in
                guard let money = Money(dollars: text), money >= .zero else { return nil }
                return money
            }
        )
    }
}

extension Shape where Value == ListenAddress {
    /// `HOST:PORT`.
    static var address: Shape {
        .scalar(
            .text(pattern: "^.*:[0-9]{1,5}$"),
            expected: "an address to listen on such as 127.0.0.1:8080, [::1]:8080 or :8080",
            literal: { .text($0.description) },
            parse: { ListenAddress(parsing: $0) }
        )
    }
}

extension Shape where Value: RawRepresentable<String> & CaseIterable & Sendable {
    /// One of the words of an enumeration.
    static var word: Shape {
        Shape(
            schema: { _ in Schema(.choice(Value.allCases.map(\.rawValue))) },
            read: { element, reading in
                guard case .scalar(let scalar) = element.content, !element.isBlank else {
                    reading.error(at: element, "\(element.kindName) is not one of \(words)")
                    return nil
                }
                if scalar.isBroken { return nil }
                if let value = Value(rawValue: scalar.text) { return value }
                reading.error(
                    at: element,
                    "\(scalar.shown) is not one of \(words)",
                    fix: scalar.isExpanded ? nil : didYouMean(scalar.text, among: Value.allCases.map(\.rawValue))
                )
                return nil
            },
            literal: { .text($0.rawValue) }
        )
    }

    private static var words: String { Value.allCases.map(\.rawValue).joined(separator: " ") }
}
