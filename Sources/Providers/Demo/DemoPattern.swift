/// Makes a text that matches a regular expression, for the expressions schemas use: literals, classes, groups,
/// alternatives (the first is taken), quantifiers and anchors. Gives up on look-around and back references.
///
/// Source: ECMA-262, Patterns, which JSON Schema validation §6.3.3 names.
struct DemoPattern {
    private let scalars: [Unicode.Scalar]
    private var place = 0
    /// How often an open-ended repetition repeats beyond its minimum.
    private let extra: Int
    private var depth = 0

    private init(_ pattern: String, extra: Int) {
        self.scalars = Array(pattern.unicodeScalars)
        self.extra = extra
    }

    /// A text that matches `pattern` and has from `least` to `most` characters, or nil where none was found.
    static func text(for pattern: String, least: Int, most: Int) -> String? {
        guard pattern.unicodeScalars.count <= 1000 else { return nil }
        // Each round repeats once more, until the text is long enough.
        for extra in 0...max(0, min(least, 256)) {
            var maker = DemoPattern(pattern, extra: extra)
            guard let text = maker.alternatives(), maker.place == maker.scalars.count else { return nil }
            if text.count >= least { return text.count <= most ? Self.string(text) : nil }
        }
        return nil
    }

    private static func string(_ scalars: [Unicode.Scalar]) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    private var next: Unicode.Scalar? { self.place < self.scalars.count ? self.scalars[self.place] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard self.next == scalar else { return false }
        self.place += 1
        return true
    }

    /// `a|b|c`: all are read, the first is kept.
    private mutating func alternatives() -> [Unicode.Scalar]? {
        self.depth += 1
        defer { self.depth -= 1 }
        guard self.depth < 32, let first = self.sequence() else { return nil }
        while self.take("|") {
            guard self.sequence() != nil else { return nil }
        }
        return first
    }

    private mutating func sequence() -> [Unicode.Scalar]? {
        var text: [Unicode.Scalar] = []
        while let scalar = self.next, scalar != "|", scalar != ")" {
            guard let atom = self.atom(), let times = self.quantifier(), times * max(atom.count, 1) <= 100_000 else {
                return nil
            }
            for _ in 0..<times { text.append(contentsOf: atom) }
        }
        return text
    }

    private mutating func atom() -> [Unicode.Scalar]? {
        guard let scalar = self.next else { return nil }
        self.place += 1
        switch scalar {
        case "^", "$": return []
        case ".": return ["a"]
        case "[": return self.characterClass().map { [$0] }
        case "\\": return self.escape()
        case "(":
            if self.take("?") {
                if self.take("<") {
                    // A name is skipped; look-behind has none.
                    guard self.next != "=", self.next != "!" else { return nil }
                    while let part = self.next, part != ">" { self.place += part == ">" ? 0 : 1 }
                    guard self.take(">") else { return nil }
                } else if !self.take(":") {
                    return nil
                }
            }
            guard let inner = self.alternatives(), self.take(")") else { return nil }
            return inner
        case "*", "+", "?", "{": return nil
        default: return [scalar]
        }
    }

    /// The number of times the atom before is repeated.
    private mutating func quantifier() -> Int? {
        var least = 1
        var most = 1
        switch self.next {
        case "*": (least, most) = (0, .max)
        case "+": (least, most) = (1, .max)
        case "?": (least, most) = (0, 1)
        case "{":
            guard let end = self.scalars[self.place...].firstIndex(of: "}") else { return nil }
            let bounds = Self.string(Array(self.scalars[(self.place + 1)..<end])).split(
                separator: ",",
                omittingEmptySubsequences: false
            )
            guard let first = bounds.first.flatMap({ Int($0) }), bounds.count <= 2 else { return nil }
            least = first
            most = bounds.count == 1 ? first : Int(bounds[1]) ?? .max
            self.place = end
        default: return 1
        }
        self.place += 1
        // A lazy repetition matches the same texts.
        _ = self.take("?")
        guard least <= 10_000 else { return nil }
        return min(least + self.extra, max(most, least))
    }

    /// A single character an escape stands for; a boundary stands for none.
    private mutating func escape() -> [Unicode.Scalar]? {
        guard let scalar = self.next else { return nil }
        self.place += 1
        switch scalar {
        case "b", "B", "A", "z", "Z": return []
        case "1"..."9", "k": return nil
        default:
            guard let range = self.escapedRange(scalar) else { return nil }
            return [range.lowerBound]
        }
    }

    /// What the escape `\scalar` stands for, as a range of which any member will do.
    private mutating func escapedRange(_ scalar: Unicode.Scalar) -> ClosedRange<Unicode.Scalar>? {
        switch scalar {
        case "d": return "0"..."9"
        case "w", "S", "D": return "a"..."z"
        case "s": return " "..." "
        case "W": return "-"..."-"
        case "t": return "\t"..."\t"
        case "n": return "\n"..."\n"
        case "r": return "\r"..."\r"
        case "p", "P":
            guard self.take("{") else { return nil }
            while let part = self.next, part != "}" { self.place += part == "}" ? 0 : 1 }
            return self.take("}") && scalar == "p" ? "a"..."z" : nil
        case "x": return self.hexadecimal(digits: 2)
        case "u": return self.hexadecimal(digits: 4)
        default: return scalar...scalar
        }
    }

    private mutating func hexadecimal(digits: Int) -> ClosedRange<Unicode.Scalar>? {
        guard self.place + digits <= self.scalars.count else { return nil }
        let text = Self.string(Array(self.scalars[self.place..<self.place + digits]))
        guard let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else { return nil }
        self.place += digits
        return scalar...scalar
    }

    /// A character of the class that is read up to its bracket.
    private mutating func characterClass() -> Unicode.Scalar? {
        let isNegated = self.take("^")
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        while let scalar = self.next, scalar != "]" {
            self.place += 1
            guard let start = self.classMember(scalar) else { return nil }
            guard self.next == "-", self.place + 1 < self.scalars.count, self.scalars[self.place + 1] != "]" else {
                ranges.append(start)
                continue
            }
            self.place += 1
            guard let last = self.next else { return nil }
            self.place += 1
            guard let end = self.classMember(last), start.lowerBound <= end.upperBound else { return nil }
            ranges.append(start.lowerBound...end.upperBound)
        }
        guard self.take("]") else { return nil }
        if !isNegated {
            // A letter or a digit reads better than the first sign of the class.
            let preferred = ranges.first {
                $0.lowerBound.properties.isAlphabetic || ("0"..."9").contains($0.lowerBound)
            }
            return (preferred ?? ranges.first)?.lowerBound
        }
        let candidates = "abcxyzABC0123456789 -_.,:/!".unicodeScalars
        return candidates.first { candidate in !ranges.contains { $0.contains(candidate) } }
    }

    private mutating func classMember(_ scalar: Unicode.Scalar) -> ClosedRange<Unicode.Scalar>? {
        guard scalar == "\\" else { return scalar...scalar }
        guard let escaped = self.next else { return nil }
        self.place += 1
        return self.escapedRange(escaped)
    }
}
