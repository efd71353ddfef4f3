/// The profiles of AWS's shared files, `~/.aws/credentials` and `~/.aws/config`.
///
/// Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
struct AWSProfiles: Sendable {
    /// The settings of every profile by its name, keys in lower case.
    private(set) var settings: [String: [String: String]] = [:]

    /// Which of the two files a text is: they name their sections differently.
    enum File {
        /// `[name]`.
        case credentials
        /// `[default]` and `[profile name]`; sections of other kinds are passed over.
        case config
    }

    /// No profiles.
    init() {}

    /// Reads a file. What is no setting is passed over, as the SDKs do: the file belongs to other tools too.
    init(_ text: String, _ file: File) {
        var profile: String?
        var indent: Int?
        for line in text.split(omittingEmptySubsequences: true, whereSeparator: \.isNewline) {
            let content = line.trimmedText
            if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
            if line.hasPrefix("[") {
                profile = Self.profile(section: content, file)
                indent = nil
                if let profile, self.settings[profile] == nil { self.settings[profile] = [:] }
                continue
            }
            // A line further in than its setting belongs to that setting's value.
            let spaces = line.utf8.prefix { $0 == 0x20 || $0 == 0x09 }.count
            if let indent, spaces > indent { continue }
            indent = spaces
            guard let profile, let equals = content.firstIndex(of: "=") else { continue }
            let key = content[..<equals].trimmedText.lowercased()
            self.settings[profile]?[key] = Self.value(content[content.index(after: equals)...])
        }
    }

    /// The settings of both files, those of `other` where both have one.
    func merged(with other: AWSProfiles) -> AWSProfiles {
        var merged = self
        for (name, settings) in other.settings {
            merged.settings[name, default: [:]].merge(settings) { _, theirs in theirs }
        }
        return merged
    }

    private static func profile(section line: String, _ file: File) -> String? {
        guard let end = line.firstIndex(of: "]") else { return nil }
        let name = line[line.index(after: line.startIndex)..<end].trimmedText
        if file == .credentials || name == "default" { return name }
        guard name.hasPrefix("profile "), case let rest = name.dropFirst(8).trimmedText, !rest.isEmpty else {
            return nil
        }
        let isQuoted = rest.count >= 2 && (rest.hasPrefix("\"") && rest.hasSuffix("\""))
        return isQuoted ? String(rest.dropFirst().dropLast()) : rest
    }

    /// A value without the comment behind it, which begins with a space.
    private static func value(_ text: Substring) -> String {
        var end = text.endIndex
        for mark in [" #", " ;", "\t#", "\t;"] {
            if let found = text.firstRange(of: mark), found.lowerBound < end { end = found.lowerBound }
        }
        return text[..<end].trimmedText
    }
}
