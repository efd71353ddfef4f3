// How quantities are written: text to value and back. All of it works on the text; money never becomes a double.

/// A whole number in plain decimal digits, with a minus sign where it is negative.
func plainInteger(_ text: some StringProtocol) -> Int? {
    let digits = text.first == "-" ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text)
}

/// A number in plain decimal notation: `5`, `0.95`; no exponent, no infinity.
func plainDecimal(_ text: some StringProtocol) -> Double? {
    guard let first = text.utf8.first, text.last?.isNumber == true,
        (0x30...0x39).contains(first) || first == UInt8(ascii: "-"),
        text.utf8.dropFirst().allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") })
    else { return nil }
    return Double(String(text))
}

/// The nanoseconds of a duration unit.
private let durationUnits: [(suffix: String, nanoseconds: Int64)] = [
    ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
]

/// Reads `250ms 30s 10m 2h 7d`, with decimals where wanted (`1.5s`); nil where it is none or longer than a century.
func parseDuration(_ text: some StringProtocol) -> Duration? {
    guard let unit = durationUnits.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
    let number = text.dropLast(unit.suffix.count)
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts[0].first != "-", let whole = plainInteger(parts[0]),
        let base = Int64(exactly: whole), base <= 100 * 366 * 86_400_000
    else { return nil }
    let (scaled, overflow) = base.multipliedReportingOverflow(by: unit.nanoseconds)
    guard !overflow, scaled <= 100 * 366 * 86_400_000_000_000 else { return nil }
    var nanoseconds = scaled
    if parts.count == 2 {
        guard (1...9).contains(parts[1].utf8.count), let decimals = plainInteger(parts[1]), parts[1].first != "-" else {
            return nil
        }
        var scale: Int64 = 1
        for _ in 0..<parts[1].utf8.count { scale *= 10 }
        let (product, overflow) = Int64(decimals).multipliedReportingOverflow(by: unit.nanoseconds)
        guard !overflow else { return nil }
        nanoseconds += product / scale
    }
    return .nanoseconds(nanoseconds)
}

/// A duration in the largest unit that divides it.
func durationText(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    if nanoseconds == 0 { return "0s" }
    let unit = durationUnits.last { nanoseconds % $0.nanoseconds == 0 } ?? durationUnits[0]
    return "\(nanoseconds / unit.nanoseconds)\(unit.suffix)"
}

/// The bytes of a size unit; `k`, `kb` and `kib` are the same 1024 bytes.
private let sizeUnits: [(letter: String, bytes: Int)] = [
    ("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30), ("t", 1 << 40),
]

/// Reads `64KB 1GB 4096`; nil where it is none, zero, or more than an integer holds.
func byteSize(_ text: some StringProtocol) -> Int? {
    let lower = text.lowercased()
    let number = lower.prefix { $0.isNumber }
    let suffix = lower.dropFirst(number.count).drop { $0 == " " }
    guard let count = plainInteger(number), count > 0, lower.count - number.count - suffix.count <= 1 else {
        return nil
    }
    if suffix.isEmpty || suffix == "b" { return count }
    guard let unit = sizeUnits.first(where: { suffix.hasPrefix($0.letter) }),
        ["", "b", "ib"].contains(suffix.dropFirst())
    else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
    return overflow ? nil : bytes
}

/// A size in the largest unit that divides it.
func sizeText(_ bytes: Int) -> String {
    guard let unit = sizeUnits.last(where: { bytes % $0.bytes == 0 }) else { return "\(bytes)B" }
    return "\(bytes / unit.bytes)\(unit.letter.uppercased())B"
}

/// Reads `20%`, from 0 to 100.
func parsePercentage(_ text: some StringProtocol) -> Percentage? {
    guard text.last == "%", let number = plainDecimal(text.dropLast()), (0...100).contains(number) else { return nil }
    return Percentage(fraction: number / 100)
}

/// A number without a needless `.0`.
func shortNumber(_ number: Double) -> String {
    // Twelve places are more than any figure of the file has, and hide what a double cannot hold exactly.
    let rounded = (number * 1e9).rounded() / 1e9
    return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
}

/// The address without a slash at its end; nil where it is no plain `http` or `https` address (RFC 3986).
func httpURL(_ text: String) -> String? {
    guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else { return nil }
    let rest = text.dropFirst(scheme.count)
    let authority = rest.prefix { $0 != "/" }
    let isPlain = rest.unicodeScalars.allSatisfy { scalar in
        (0x21...0x7E).contains(scalar.value) && !["?", "#", "@", "\\", "\""].contains(scalar)
    }
    guard isPlain, !authority.isEmpty else { return nil }
    if authority.contains(":"), authority.last != "]" {
        guard ListenAddress(parsing: authority) != nil, authority.first != ":" else { return nil }
    }
    var result = text
    while result.last == "/", result.utf8.count > scheme.utf8.count + authority.utf8.count { result.removeLast() }
    return result
}

/// A letter, a digit, `-`, `_` or `.` of ASCII.
func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
        true
    default: false
    }
}
