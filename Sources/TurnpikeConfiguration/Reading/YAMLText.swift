import Yams

/// Turns YAML text into elements. The only file that knows the YAML library; none of its types leaves it.
struct YAMLText {
    /// What puts variables and files into scalars.
    let expansion: Expansion
    /// Where problems are reported.
    let reading: Reading

    /// The most bytes of a file.
    static let byteLimit = 8 * 1024 * 1024
    /// The most nodes of a document, aliases counted as often as they are used.
    static let nodeLimit = 200_000
    /// The deepest nesting of a document.
    static let depthLimit = 64
    /// Duplicate keys beyond this number end the reading.
    private static let duplicateLimit = 64
    /// Keys that occur again are renamed to runs of a character from here on: the end of the last private-use plane.
    private static let firstPlaceholder: UInt32 = 0x10F000

    /// The document as elements, variables and files put in; nil where it is no YAML, which is then reported.
    func read(_ text: String) -> Element? {
        guard text.utf8.count <= YAMLText.byteLimit else {
            self.reading.error(at: .start, path: "", "the file is larger than 8 MB")
            return nil
        }
        var text = text
        text.makeContiguousUTF8()
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        if let (position, scalar) = YAMLText.firstForbidden(in: text) {
            let name = String(scalar.value, radix: 16, uppercase: true)
            self.reading.error(at: position, path: "", "character U+\(name) is not allowed in YAML", fix: "remove it")
            return nil
        }
        var renamed: [Unicode.Scalar: Renamed] = [:]
        while true {
            do {
                guard let node = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot() else {
                    return Element(position: .start, path: "", content: .mapping([]))
                }
                var walk = Walk(text: self, renamed: renamed)
                return walk.element(node, path: "", depth: 0)
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                // The library names one duplicate and stops. Renaming it in the text, scalar for scalar so that every
                // place stays true, lets the rest of the file be read.
                let position = Position(line: context.mark.line, column: context.mark.column)
                guard renamed.count < YAMLText.duplicateLimit,
                    let placeholder = Unicode.Scalar(YAMLText.firstPlaceholder + UInt32(renamed.count)),
                    let key = keys.first(where: { YAMLText.rename($0, at: position, to: placeholder, in: &text) })
                else {
                    let names = keys.map { "'\($0)'" }.joined(separator: ", ")
                    self.reading.error(at: position, path: "", "duplicate key \(names)", fix: "remove one of them")
                    return nil
                }
                renamed[placeholder] = Renamed(key: key, position: position)
            } catch {
                self.report(error)
                return nil
            }
        }
    }

    /// A key that occurs again later in its mapping and was renamed to be out of the way.
    private struct Renamed {
        var key: String
        var position: Position
    }

    private func report(_ error: any Error) {
        switch error {
        case YamlError.composer(_?, _, let mark, _):
            // The one composer error with a context: the library reads a single document.
            let position = Position(line: mark.line, column: mark.column)
            self.reading.error(at: position, path: "", "a second document", fix: "keep the file to one document")
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _),
            YamlError.composer(let context, let problem, let mark, _):
            let position = Position(line: mark.line, column: mark.column)
            let about = context.map { " \($0.text) that begins at line \($0.mark.line)" } ?? ""
            self.reading.error(at: position, path: "", "not valid YAML: \(problem)\(about)")
        case YamlError.reader(let problem, _, _, _):
            self.reading.error(at: .start, path: "", "not valid YAML: \(problem)")
        default:
            self.reading.error(at: .start, path: "", "not valid YAML")
        }
    }

    /// The first character YAML forbids (YAML 1.2.2 §5.1).
    private static func firstForbidden(in text: String) -> (Position, Unicode.Scalar)? {
        var position = Position.start
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A:
                position.line += 1
                position.column = 1
                continue
            case 0x09, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xFFFD, 0x10000...0x10FFFF: break
            default: return (position, scalar)
            }
            position.column += 1
        }
        return nil
    }

    /// Overwrites the key at `position` with as many copies of `placeholder`, if its text really stands there.
    private static func rename(
        _ key: String,
        at position: Position,
        to placeholder: Unicode.Scalar,
        in text: inout String
    ) -> Bool {
        var scalars = Array(text.unicodeScalars)
        var index = 0
        var line = 1
        while line < position.line, index < scalars.count {
            switch scalars[index] {
            case "\n", "\u{85}", "\u{2028}", "\u{2029}": line += 1
            case "\r": if index + 1 == scalars.count || scalars[index + 1] != "\n" { line += 1 }
            default: break
            }
            index += 1
        }
        index += position.column - 1
        if index < scalars.count, scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
        let wanted = Array(key.unicodeScalars)
        guard !wanted.isEmpty, index + wanted.count <= scalars.count,
            scalars[index..<index + wanted.count].elementsEqual(wanted)
        else { return false }
        for place in index..<index + wanted.count { scalars[place] = placeholder }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        text = String(view)
        text.makeContiguousUTF8()
        return true
    }

    /// The walk over one document.
    private struct Walk {
        let text: YAMLText
        let renamed: [Unicode.Scalar: Renamed]
        var nodes = 0

        init(text: YAMLText, renamed: [Unicode.Scalar: Renamed]) {
            self.text = text
            self.renamed = renamed
        }

        mutating func element(_ node: Node, path: String, depth: Int) -> Element? {
            let position = node.mark.map { Position(line: $0.line, column: $0.column) } ?? .start
            self.nodes += 1
            guard self.nodes <= YAMLText.nodeLimit, depth <= YAMLText.depthLimit else {
                if self.nodes <= YAMLText.nodeLimit + 1 {
                    let what =
                        depth > YAMLText.depthLimit ? "nested too deeply" : "too large once its aliases are followed"
                    self.text.reading.error(at: position, path: "", "the document is \(what)")
                    self.nodes = YAMLText.nodeLimit + 1
                }
                return nil
            }
            switch node {
            case .scalar(let scalar):
                return Element(position: position, path: path, content: .scalar(self.scalar(scalar, position, path)))
            case .sequence(let sequence):
                var items: [Element] = []
                for (index, child) in sequence.enumerated() {
                    guard let item = self.element(child, path: "\(path)[\(index)]", depth: depth + 1) else {
                        return nil
                    }
                    items.append(item)
                }
                return Element(position: position, path: path, content: .sequence(items))
            case .mapping(let mapping):
                return self.mapping(mapping, position, path, depth: depth)
            case .alias:
                self.text.reading.error(at: position, path: path, "an alias to an anchor that is not there")
                return nil
            }
        }

        private func scalar(_ scalar: Node.Scalar, _ position: Position, _ path: String) -> Element.Scalar {
            let result = self.text.expansion.expand(scalar.string)
            for problem in result.problems {
                self.text.reading.error(at: position, path: path, problem.message, fix: problem.fix)
            }
            return Element.Scalar(
                text: result.text,
                isPlain: scalar.style == .plain,
                isExpanded: result.isExpanded,
                isBroken: !result.problems.isEmpty
            )
        }

        private mutating func mapping(
            _ mapping: Node.Mapping,
            _ position: Position,
            _ path: String,
            depth: Int
        ) -> Element? {
            var entries: [Element.Entry] = []
            var dropped: [String: Position] = [:]
            for (keyNode, valueNode) in mapping {
                let keyPosition = keyNode.mark.map { Position(line: $0.line, column: $0.column) } ?? position
                guard case .scalar(let scalar) = keyNode else {
                    self.text.reading.error(at: keyPosition, path: path, "a key has to be a single value")
                    continue
                }
                let key = scalar.string
                if let mark = key.unicodeScalars.first, let earlier = self.renamed[mark] {
                    // Found in file order, so the first of three occurrences stays.
                    if dropped[earlier.key] == nil { dropped[earlier.key] = earlier.position }
                    continue
                }
                let valuePath = Element.path(path, key: key)
                guard let value = self.element(valueNode, path: valuePath, depth: depth + 1) else { return nil }
                entries.append(Element.Entry(key: key, position: keyPosition, value: value))
            }
            for entry in entries {
                guard let first = dropped[entry.key] else { continue }
                self.text.reading.error(
                    at: entry.position,
                    path: Element.path(path, key: entry.key),
                    "duplicate key '\(entry.key)', first at line \(first.line)",
                    fix: "remove one of them"
                )
            }
            return Element(position: position, path: path, content: .mapping(entries))
        }
    }
}
