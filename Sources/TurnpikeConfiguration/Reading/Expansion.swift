/// Puts the environment and files into scalars: `${NAME}`, `${NAME:-default}`, `file:/path`, and `$${` for a plain `${`.
///
/// It works on scalars that are already parsed, so neither a variable nor a file can write YAML, and what it puts in is
/// not looked at again.
struct Expansion {
    /// The variables.
    let environment: [String: String]
    /// The content of a file; nil where it cannot be read.
    let readFile: (String) -> String?

    /// What became of a scalar.
    struct Result {
        /// The text with everything put in.
        var text: String
        /// Whether a variable or a file is part of the text.
        var isExpanded = false
        /// What could not be put in.
        var problems: [Problem] = []
    }

    /// Something that could not be put in.
    struct Problem {
        /// What is missing or wrong.
        var message: String
        /// What mends it.
        var fix: String?
    }

    /// The text with everything put in; what could not be put in is left out and reported.
    func expand(_ text: String) -> Result {
        var result = text.utf8.contains(UInt8(ascii: "$")) ? self.expandVariables(text) : Result(text: text)
        // Only what is written decides that a file is meant, not what a variable holds.
        if text.hasPrefix("file:/") || text.hasPrefix("file:${"), result.text.hasPrefix("file:/"),
            result.problems.isEmpty
        {
            let path = String(result.text.dropFirst("file:".count))
            result.isExpanded = true
            if var content = self.readFile(path) {
                while content.last?.isNewline == true { content.removeLast() }
                result.text = content
            } else {
                result.text = ""
                result.problems.append(
                    Problem(message: "file '\(path)' cannot be read", fix: "check that it exists and may be read")
                )
            }
        }
        return result
    }

    private func expandVariables(_ text: String) -> Result {
        var result = Result(text: "")
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result.text += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result.text += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let close = rest.firstIndex(of: "}") else {
                    result.problems.append(
                        Problem(message: "'${' without a closing '}'", fix: "write $${ for a plain '${'")
                    )
                    return result
                }
                self.expandVariable(rest[rest.index(rest.startIndex, offsetBy: 2)..<close], into: &result)
                rest = rest[rest.index(after: close)...]
            } else {
                result.text.append("$")
                rest = rest.dropFirst()
            }
        }
        result.text += rest
        return result
    }

    /// Puts in one variable; `body` is what stands between the braces.
    private func expandVariable(_ body: Substring, into result: inout Result) {
        var name = body
        var fallback: Substring?
        if let separator = body.firstRange(of: ":-") {
            name = body[..<separator.lowerBound]
            fallback = body[separator.upperBound...]
        }
        guard Expansion.isVariableName(name) else {
            result.problems.append(
                Problem(message: "'${\(name)}' does not name a variable", fix: "write $${ for a plain '${'")
            )
            return
        }
        result.isExpanded = true
        // As in a shell, `:-` also replaces a variable that is set but empty.
        if let value = self.environment[String(name)], fallback == nil || !value.isEmpty {
            result.text += value
        } else if let fallback {
            result.text += fallback
        } else {
            result.problems.append(
                Problem(
                    message: "environment variable '\(name)' is not set",
                    fix: "set it, or write ${\(name):-default}"
                )
            )
        }
    }

    private static func isVariableName(_ name: Substring) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
