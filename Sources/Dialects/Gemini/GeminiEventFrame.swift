internal import Glibc
internal import JSON

/// What the events of one stream have in common while nothing but text comes: all but the text and the counts.
///
/// Every event repeats the whole answer around a few words. Once one was read in full, the next of the same bytes needs only
/// its text read; its counts are kept as they stand until they are asked for.
struct GeminiEventFrame {
    /// Up to the quote that opens the text.
    private var head: [UInt8] = []
    /// From the quote that closes the text to the counts, or to the end where there are none.
    private var middle: [UInt8] = []
    /// `usageMetadata` as last seen; empty where the events have none.
    private(set) var usage: [UInt8] = []
    /// What stands behind the counts.
    private var tail: [UInt8] = []
    /// How many events were learnt since one matched.
    private var misses = 0

    /// The longest event, without its text, that is worth keeping.
    private static let longest = 8192
    /// After so many events in a row that did not match, the events have nothing in common.
    private static let patience = 16

    /// Whether `event` is the learnt one with another text and other counts: the place of its text, quotes included, and
    /// whether the counts, which are kept, have changed.
    mutating func match(_ event: UnsafeRawBufferPointer) -> (text: Range<Int>, hasNewUsage: Bool)? {
        let open = self.head.count
        guard open > 0, event.count >= open + self.middle.count + self.tail.count,
            Self.stands(self.head, in: event, at: 0)
        else { return nil }
        var end = open
        while true {
            guard end < event.count, event[end] >= 0x20 else { return nil }
            if event[end] == UInt8(ascii: "\"") { break }
            end += event[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        let counts = end + self.middle.count..<max(end + self.middle.count, event.count - self.tail.count)
        guard counts.upperBound + self.tail.count == event.count, Self.stands(self.middle, in: event, at: end),
            Self.stands(self.tail, in: event, at: counts.upperBound)
        else { return nil }
        let usage = UnsafeRawBufferPointer(rebasing: event[counts])
        let isSame = Self.stands(self.usage, in: usage, at: 0) && usage.count == self.usage.count
        if !isSame {
            guard self.differsInDigits(usage) else { return nil }
            self.usage.removeAll(keepingCapacity: true)
            self.usage.append(contentsOf: usage)
        }
        self.misses = 0
        return (open - 1..<end + 1, !isSame)
    }

    private static func stands(_ part: [UInt8], in bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        guard let start = bytes.baseAddress else { return part.isEmpty }
        guard bytes.count - offset >= part.count else { return false }
        return part.withUnsafeBytes { part in
            part.baseAddress.map { memcmp(start + offset, $0, part.count) == 0 } ?? true
        }
    }

    /// Whether `other` are the counts with other numbers.
    private func differsInDigits(_ other: UnsafeRawBufferPointer) -> Bool {
        func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
        return self.usage.withUnsafeBytes { known in
            var at = 0
            var there = 0
            while at < known.count, there < other.count {
                if known[at] == other[there] {
                    at += 1
                    there += 1
                    continue
                }
                // Both must be inside a number, which may have become longer or shorter.
                guard isDigit(known[at]) || at > 0 && isDigit(known[at - 1]),
                    isDigit(other[there]) || there > 0 && isDigit(other[there - 1]),
                    isDigit(known[at]) || isDigit(other[there])
                else { return false }
                while at < known.count, isDigit(known[at]) { at += 1 }
                while there < other.count, isDigit(other[there]) { there += 1 }
            }
            return at == known.count && there == other.count
        }
    }

    /// Learns `event`, which was read in full and holds one piece of text and nothing else but counts and names.
    mutating func learn(_ event: UnsafeRawBufferPointer) {
        self.head.removeAll(keepingCapacity: true)
        guard self.misses < Self.patience, let (text, usage) = try? Self.places(in: event) else { return }
        guard event.count - text.count <= Self.longest else { return }
        self.misses += 1
        self.head.append(contentsOf: event[...text.lowerBound])
        self.middle = Array(event[(text.upperBound - 1)..<usage.lowerBound])
        self.usage = Array(event[usage])
        self.tail = Array(event[usage.upperBound...])
    }

    /// Where the text and the counts stand; nil in an event of any other form.
    private static func places(
        in event: UnsafeRawBufferPointer
    ) throws(JSONSyntaxError) -> (text: Range<Int>, usage: Range<Int>)? {
        var text: Range<Int>?
        var usage = event.count..<event.count
        var members = JSONMembers()
        while let member = try members.nextHead(in: event) {
            switch member.kind {
            case .array:
                guard text == nil, member.keyIs("candidates", in: event) else { return nil }
                var elements = members.array
                guard let element = try elements.nextHead(in: event), element.kind == .object else { return nil }
                var candidate = elements.object
                text = try Self.text(of: &candidate, in: event)
                guard text != nil else { return nil }
                elements.resume(after: candidate)
                guard try elements.nextHead(in: event) == nil else { return nil }
                members.resume(after: elements)
            case .object:
                // One that stands in front of the text would be learnt with its numbers.
                guard text != nil, member.keyIs("usageMetadata", in: event), usage.isEmpty else { return nil }
                usage = try members.skip(in: event)
            case .string: continue
            default: return nil
            }
        }
        guard let text else { return nil }
        return (text, usage)
    }

    private static func text(
        of candidate: inout JSONMembers,
        in event: UnsafeRawBufferPointer
    ) throws(JSONSyntaxError) -> Range<Int>? {
        var text: Range<Int>?
        while let member = try candidate.nextHead(in: event) {
            if member.kind == .number, member.keyIs("index", in: event) { continue }
            guard text == nil, member.kind == .object, member.keyIs("content", in: event) else { return nil }
            var content = candidate.object
            while let field = try content.nextHead(in: event) {
                if field.kind == .string, field.keyIs("role", in: event) { continue }
                guard text == nil, field.kind == .array, field.keyIs("parts", in: event) else { return nil }
                var parts = content.array
                guard let element = try parts.nextHead(in: event), element.kind == .object else { return nil }
                var part = parts.object
                while let piece = try part.nextHead(in: event) {
                    if piece.kind == .true, piece.keyIs("thought", in: event) { continue }
                    guard text == nil, piece.kind == .string, piece.keyIs("text", in: event) else { return nil }
                    text = piece.value
                }
                parts.resume(after: part)
                guard try parts.nextHead(in: event) == nil else { return nil }
                content.resume(after: parts)
            }
            candidate.resume(after: content)
        }
        return text
    }
}
