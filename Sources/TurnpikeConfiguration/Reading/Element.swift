/// A place in the file, both counted from 1, columns in Unicode scalars.
struct Position: Sendable, Hashable, Comparable {
    /// The line.
    var line: Int
    /// The column.
    var column: Int

    /// The first character of the file.
    static let start = Position(line: 1, column: 1)

    static func < (left: Position, right: Position) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A node of the document with its place, free of YAML: what the readers of the sections see.
struct Element: Sendable {
    /// Where it begins.
    var position: Position
    /// Where it stands in the document: `routes.chat.fallback[1]`.
    var path: String
    /// What stands there.
    var content: Content

    /// The three kinds of node.
    enum Content: Sendable {
        case scalar(Scalar)
        case sequence([Element])
        case mapping([Entry])
    }

    /// One key of a mapping with its value.
    struct Entry: Sendable {
        /// The key, which is never expanded.
        var key: String
        /// Where the key begins.
        var position: Position
        /// What stands under the key.
        var value: Element
    }

    /// A single value, its variables and file already put in.
    struct Scalar: Sendable {
        /// The value as text; the readers decide what it is.
        var text: String
        /// Whether it was written without quotes, so that `null` and `~` mean nothing at all.
        var isPlain: Bool
        /// Whether a variable or a file is part of it: then it may be a secret and is not quoted in a diagnostic.
        var isExpanded: Bool
        /// Whether a variable or a file was missing, which is already reported.
        var isBroken: Bool

        /// The text for a diagnostic, or words in its place where it may hold a secret: what a variable or a file put
        /// in, and addresses with credentials.
        var shown: String {
            if self.isExpanded { return "the value put in here" }
            if self.text.contains("@"), self.text.contains("/") { return "this address" }
            return "'\(self.text.prefix(80))'"
        }
    }

    /// Whether nothing is written here: an empty value, `null`, `~`, or a variable that is empty.
    var isBlank: Bool {
        guard case .scalar(let scalar) = self.content else { return false }
        if scalar.text.isEmpty { return !scalar.isBroken }
        guard scalar.isPlain, !scalar.isExpanded else { return false }
        return ["~", "null", "Null", "NULL"].contains(scalar.text)
    }

    /// What kind of node it is, for a diagnostic.
    var kindName: String {
        switch self.content {
        case .scalar: self.isBlank ? "nothing" : "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }

    /// The entries of a mapping; a blank value counts as the empty mapping.
    var entries: [Entry]? {
        if case .mapping(let entries) = self.content { return entries }
        return self.isBlank ? [] : nil
    }

    /// The value of a key of a mapping.
    subscript(key: String) -> Element? { self.entries?.first { $0.key == key }?.value }

    /// The path of the value of `key` below `path`.
    static func path(_ path: String, key: String) -> String {
        let isName =
            !key.isEmpty
            && key.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
        if !isName { return "\(path)[\"\(key)\"]" }
        return path.isEmpty ? key : "\(path).\(key)"
    }
}
