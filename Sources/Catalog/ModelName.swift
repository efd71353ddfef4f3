/// A model's name taken apart, so that a rule of its family holds wherever the model is served and however its
/// provider decorates the name: `us.anthropic.claude-opus-4-8-v1:0`, `anthropic/claude-opus-4.8`,
/// `accounts/fireworks/models/deepseek-v3p1`.
struct ModelName {
    /// The family, by the word that names it; nil where none is known.
    let family: Family?
    /// The words after the family's, in lower case, cut at everything that is neither letter nor digit.
    let words: [Substring]
    /// The version as major × 100 + minor; nil where the name has none.
    let version: Int?

    /// A family of models with rules of its own.
    enum Family: String, CaseIterable {
        case claude
        case gptOSS = "gpt-oss"
        case gpt
        case chatGPT = "chatgpt"
        case gemini
        case gemma
        case grok
        case deepseek
        case magistral
        case mistral
        case ministral
        case codestral
        case devstral
        case pixtral
        case nova
        case titan
        case llama
        case qwen
        case qwq
        case glm
        case kimi
        case minimax
        case nemotron
        case command
        case sonar
        case jamba
        case palmyra
        /// OpenAI's `o1`, `o3`, `o4-mini`.
        case o
    }

    /// Takes a name apart.
    ///
    /// - Complexity: O(length of the name).
    init(_ name: some StringProtocol) {
        let lower = name.lowercased()
        let path = lower.split(separator: "/").last ?? Substring(lower)
        guard let (family, rest) = ModelName.find(in: path) else {
            self.family = nil
            self.words = ModelName.words(path)
            self.version = nil
            return
        }
        self.family = family
        self.words = ModelName.words(rest)
        self.version = ModelName.version(self.words)
    }

    /// Whether one of the words is among `wanted`.
    func has(_ wanted: String...) -> Bool { self.words.contains { word in wanted.contains { $0 == word } } }

    /// Whether the version is at least `major.minor`; a name without a version counts as the newest, because new
    /// names (`gemini-flash-latest`) stand for new models.
    func isAtLeast(_ major: Int, _ minor: Int = 0) -> Bool { (self.version ?? .max) >= major * 100 + minor }

    /// The name without what only says where and when: dates, `latest`, `default`, revisions.
    static func undated(_ name: String) -> String? {
        var rest = Substring(name)
        var isCut = false
        while let cut = rest.lastIndex(where: { $0 == "-" || $0 == "@" }) {
            let tail = rest[rest.index(after: cut)...]
            let isDigits = !tail.isEmpty && tail.utf8.allSatisfy { (0x30...0x39).contains($0) }
            if tail == "latest" || tail == "default" || (isDigits && (tail.utf8.count == 8 || tail.utf8.count == 4)) {
                rest = rest[..<cut]
            } else if isDigits, tail.utf8.count == 2, let date = ModelName.withoutDashedDate(rest) {
                rest = date
            } else {
                break
            }
            isCut = true
        }
        return isCut && !rest.isEmpty ? String(rest) : nil
    }

    /// Cuts `-2026-11-21` off the end.
    private static func withoutDashedDate(_ name: Substring) -> Substring? {
        let parts = name.utf8.suffix(11)
        guard parts.count == 11 else { return nil }
        for (index, byte) in parts.enumerated() {
            let isDash = index == 0 || index == 5 || index == 8
            guard isDash ? byte == UInt8(ascii: "-") : (0x30...0x39).contains(byte) else { return nil }
        }
        return name.dropLast(11)
    }

    /// The family whose word comes first in the name, and what follows it.
    private static func find(in path: Substring) -> (Family, Substring)? {
        var start = path.startIndex
        var isBoundary = true
        while start < path.endIndex {
            if isBoundary {
                let rest = path[start...]
                for family in Family.allCases where rest.hasPrefix(family.rawValue) {
                    let after = rest.dropFirst(family.rawValue.utf8.count)
                    if family == .o {
                        // Only with its number: `o3`, not every word that begins with an o.
                        guard let digit = after.utf8.first, (0x31...0x39).contains(digit) else { continue }
                        guard after.utf8.dropFirst().first.map({ $0 == UInt8(ascii: "-") }) ?? true else { continue }
                    }
                    return (family, after)
                }
            }
            let byte = path.utf8[start]
            isBoundary = !ModelName.isWordByte(byte)
            start = path.utf8.index(after: start)
        }
        return nil
    }

    private static func words(_ text: Substring) -> [Substring] {
        text.split { character in character.utf8.first.map { !ModelName.isWordByte($0) } ?? true }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: byte >= 0x80
        }
    }

    /// The first number of at most two digits and the one after it: `claude-3-5-sonnet` is 305, `gpt-4o-2024-…` 400.
    private static func version(_ words: [Substring]) -> Int? {
        for (index, word) in words.enumerated() {
            let bare = word.first == "v" ? word.dropFirst() : word
            let digits = bare.prefix { $0.isASCII && $0.isNumber }
            guard (1...2).contains(digits.utf8.count), let major = Int(digits) else { continue }
            // Azure writes `gpt-35-turbo`.
            if major == 35 { return 305 }
            // Fireworks writes `glm-5p1`.
            let after = bare.dropFirst(digits.utf8.count)
            if after.first == "p", let minor = Int(after.dropFirst()) { return major * 100 + minor }
            guard after.isEmpty, index + 1 < words.count, words[index + 1].utf8.count <= 2,
                let minor = Int(words[index + 1])
            else { return major * 100 }
            return major * 100 + minor
        }
        return nil
    }
}
