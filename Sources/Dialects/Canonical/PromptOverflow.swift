/// What the words of a context overflow say, whichever provider wrote them.
enum PromptOverflow {
    /// What stands before the limit in the words of one provider or another.
    private static let limitPhrases = [
        "maximum context length is", "maximum number of tokens allowed", "maximum context length of",
        "context window of",
        "context size", "context length is", "limit of", "limit is", "maximum of", "maximum is", "n_ctx",
    ]

    /// The size of the prompt and the limit, where the text names both.
    static func sizes(in message: String) -> (count: Int, limit: Int)? {
        let bytes = Array(message.prefix(2000).lowercased().utf8)
        let numbers = Self.numbers(in: bytes)
        var limit: Int?
        search: for phrase in Self.limitPhrases {
            guard let end = Self.end(of: Array(phrase.utf8), in: bytes) else { continue }
            // The number follows at once, but for a bracket, a sign or a short word.
            for number in numbers where number.at >= end && number.at <= end + 12 {
                limit = number.value
                break search
            }
        }
        let values = Set(numbers.map(\.value)).sorted(by: >)
        if let limit {
            guard let count = values.first, count > limit else { return nil }
            return (count, limit)
        }
        guard values.count >= 2 else { return nil }
        return (values[0], values[1])
    }

    /// The numbers that may be counts of tokens, commas within them allowed.
    private static func numbers(in bytes: [UInt8]) -> [(at: Int, value: Int)] {
        var numbers: [(at: Int, value: Int)] = []
        var at = 0
        while at < bytes.count {
            guard Self.isDigit(bytes[at]) else {
                at += 1
                continue
            }
            let start = at
            var value = 0
            var digits = 0
            while at < bytes.count {
                if Self.isDigit(bytes[at]), digits < 12 {
                    value = value * 10 + Int(bytes[at] - UInt8(ascii: "0"))
                    digits += 1
                } else if bytes[at] != UInt8(ascii: ",") || at + 1 >= bytes.count || !Self.isDigit(bytes[at + 1]) {
                    break
                }
                at += 1
            }
            // A digit inside a word is a model's name, not a count.
            let isWord = start > 0 && (Self.isLetter(bytes[start - 1]) || bytes[start - 1] == UInt8(ascii: "-"))
            if value >= 256, !isWord { numbers.append((start, value)) }
            // More digits than a count has: passed over.
            while at < bytes.count, Self.isDigit(bytes[at]) { at += 1 }
        }
        return numbers
    }

    private static func end(of phrase: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= phrase.count else { return nil }
        for start in 0...(bytes.count - phrase.count) where bytes[start...].starts(with: phrase) {
            return start + phrase.count
        }
        return nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) }
}
