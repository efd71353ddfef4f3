/// Ids of tool calls, which every dialect allows other characters and lengths for.
///
/// Mapping is by a hash of the original, so the same id is mapped the same way on every turn, and both sides of a
/// conversation agree without any state.
package enum CallID {
    /// Which ids a dialect takes.
    package struct Rule: Sendable, Hashable {
        /// Punctuation allowed beside letters and digits.
        package var punctuation: String
        package var longest: Int
        /// The one length that is allowed, where there is only one.
        package var exactly: Int?

        /// A rule.
        package init(punctuation: String, longest: Int, exactly: Int? = nil) {
            self.punctuation = punctuation
            self.longest = longest
            self.exactly = exactly
        }

        package static let chat = Rule(punctuation: "_-", longest: 40)
        package static let anthropic = Rule(punctuation: "_-", longest: 64)
        package static let bedrock = Rule(punctuation: "_.:-", longest: 64)
        package static let mistral = Rule(punctuation: "", longest: 9, exactly: 9)
    }

    private static let mark = "call_tp"

    /// An id for the call at `position` of the reply to the request `seed`, for providers that give none.
    package static func made(seed: String, position: Int) -> String {
        "\(Self.mark)\(Self.digits(of: "\(seed)/\(position)", count: 20))"
    }

    /// Whether the id is one of ours, which the provider of the call has never seen.
    package static func isMade(_ id: String) -> Bool { id.hasPrefix(Self.mark) }

    /// The id in a form that `rule` allows: as it is where it can be.
    package static func fitted(_ id: String, to rule: Rule) -> String {
        let fits = id.utf8.allSatisfy { byte in
            Self.isAlphanumeric(byte) || rule.punctuation.utf8.contains(byte)
        }
        let length = id.utf8.count
        if fits, length > 0, length <= rule.longest, rule.exactly.map({ $0 == length }) ?? true { return id }
        return Self.digits(of: id, count: rule.exactly ?? 24)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }

    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// `count` letters and digits that depend on every byte of `text` (FNV-1a over two lanes; ids are not secrets).
    private static func digits(of text: String, count: Int) -> String {
        var left: UInt64 = 0xcbf2_9ce4_8422_2325
        var right: UInt64 = 0x9e37_79b9_7f4a_7c15
        for byte in text.utf8 {
            left = (left ^ UInt64(byte)) &* 0x100_0000_01b3
            right = (right ^ UInt64(byte)) &* 0x9fb2_1c65_1e98_df25
            right ^= right >> 29
        }
        var digits: [UInt8] = []
        digits.reserveCapacity(count)
        for position in 0..<count {
            if position % 2 == 0 {
                digits.append(Self.alphabet[Int(left % 62)])
                left = left / 62 ^ (right << 17)
            } else {
                digits.append(Self.alphabet[Int(right % 62)])
                right = right / 62 ^ (left << 23)
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }
}

/// Names of tools as a target takes them, with the way back. Empty where every name could be kept.
package struct NameTable: Sendable, Hashable {
    private var sent: [String: String] = [:]
    private var known: [String: String] = [:]

    /// No name was changed.
    package init() {}

    /// Maps those of `names` that `allows` refuses or that are over `longest` bytes.
    ///
    /// - Parameter allows: whether a byte may stand in a name beside letters and digits.
    package init(_ names: [String], longest: Int, startsWithLetter: Bool = false, punctuation: String) {
        var taken = Set(names)
        for name in names where self.sent[name] == nil {
            guard let mapped = Self.mapped(name, longest, startsWithLetter, punctuation, taken) else { continue }
            taken.insert(mapped)
            self.sent[name] = mapped
            self.known[mapped] = name
        }
    }

    package var isEmpty: Bool { self.sent.isEmpty }

    /// The name as it goes to the target.
    package func sent(_ name: String) -> String { self.sent[name] ?? name }

    /// The name as the client knows it.
    package func known(_ name: String) -> String { self.known[name] ?? name }

    private static func mapped(
        _ name: String,
        _ longest: Int,
        _ startsWithLetter: Bool,
        _ punctuation: String,
        _ taken: Set<String>
    ) -> String? {
        var bytes: [UInt8] = []
        var changed = false
        for byte in name.utf8 {
            let isAllowed: Bool
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): isAllowed = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): isAllowed = !(startsWithLetter && bytes.isEmpty)
            default:
                isAllowed =
                    punctuation.utf8.contains(byte)
                    && !(startsWithLetter && bytes.isEmpty && byte != UInt8(ascii: "_"))
            }
            if !isAllowed { changed = true }
            bytes.append(isAllowed ? byte : UInt8(ascii: "_"))
        }
        guard changed || bytes.isEmpty || bytes.count > longest else { return nil }
        // A hash keeps two names apart that differ only in what was replaced or cut.
        var attempt = 0
        while true {
            let suffix = "_" + CallID.fitted("\(name)#\(attempt)", to: .init(punctuation: "", longest: 0)).prefix(6)
            let mapped = String(decoding: bytes.prefix(longest - suffix.utf8.count), as: UTF8.self) + suffix
            if !taken.contains(mapped) { return mapped }
            attempt += 1
        }
    }
}
