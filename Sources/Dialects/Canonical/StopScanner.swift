internal import Core

/// Finds stop sequences in an answer as it comes, for providers that do not stop by themselves.
///
/// Every byte is looked at once for each sequence (Knuth, Morris and Pratt, "Fast Pattern Matching in Strings", 1977), and no
/// more is held back than may still become one.
struct StopScanner: Sendable {
    private struct Pattern: Sendable {
        var bytes: [UInt8]
        /// For each length of a beginning, that of the longest shorter beginning it ends in.
        var fallback: [Int]

        init(_ text: String) {
            self.bytes = Array(text.utf8)
            self.fallback = Array(repeating: 0, count: self.bytes.count)
            var length = 0
            for at in self.bytes.indices.dropFirst() {
                length = self.step(length, self.bytes[at])
                self.fallback[at] = length
            }
        }

        /// The length of the beginning that stands at the end of the text once `byte` has come.
        func step(_ length: Int, _ byte: UInt8) -> Int {
            var length = length
            while length > 0, self.bytes[length] != byte { length = self.fallback[length - 1] }
            return self.bytes[length] == byte ? length + 1 : 0
        }
    }

    /// How far one text has come.
    struct Progress: Sendable {
        fileprivate var lengths: [Int]
        fileprivate var held: [UInt8] = []

        /// What was held back, at the end of the text.
        mutating func rest() -> String {
            defer { self.held.removeAll() }
            return String(decoding: self.held, as: UTF8.self)
        }
    }

    private let sequences: [Pattern]

    /// A scanner for the sequences of `stops` that are not empty.
    init(_ stops: [String]) { self.sequences = stops.filter { !$0.isEmpty }.map(Pattern.init) }

    /// A text of which nothing has come yet.
    var start: Progress { Progress(lengths: Array(repeating: 0, count: self.sequences.count)) }

    /// Takes the next piece of a text: what of the text is certain now, and the sequence that ends it, where there is one.
    func take(_ piece: String, _ progress: inout Progress) -> (text: String, stop: String?) {
        var bytes: [UInt8] = []
        swap(&bytes, &progress.held)
        bytes.reserveCapacity(bytes.count + piece.utf8.count)
        for byte in piece.utf8 {
            bytes.append(byte)
            var found: Int?
            for at in self.sequences.indices {
                let length = self.sequences[at].step(progress.lengths[at], byte)
                progress.lengths[at] = length
                // Of two that end here, the longer one began first.
                guard length == self.sequences[at].bytes.count, length > (found.map { self.count(of: $0) } ?? 0) else {
                    continue
                }
                found = at
            }
            guard let found else { continue }
            let text = String(decoding: bytes.dropLast(self.count(of: found)), as: UTF8.self)
            return (text, String(decoding: self.sequences[found].bytes, as: UTF8.self))
        }
        // Beginnings are of whole characters, as the sequences are.
        let certain = bytes.count - (progress.lengths.max() ?? 0)
        progress.held.append(contentsOf: bytes[certain...])
        return (String(decoding: bytes[..<certain], as: UTF8.self), nil)
    }

    private func count(of sequence: Int) -> Int { self.sequences[sequence].bytes.count }
}

/// Ends a reply at the first stop sequence in the text of each choice. What comes behind it is left out; the usage is that of
/// all the provider wrote.
struct StopCutter: Sendable {
    private let scanner: StopScanner
    /// The choice each open block belongs to.
    private var choices: [Int: Int] = [:]
    private var texts: [Int: StopScanner.Progress] = [:]
    /// Blocks that began behind the end.
    private var hidden: Set<Int> = []
    /// What ended each choice.
    private var ends: [Int: String] = [:]

    /// A cutter for one reply.
    init(_ stops: [String]) { self.scanner = StopScanner(stops) }

    /// Appends what is left of `event`.
    mutating func cut(_ event: CanonicalEvent, into events: inout [CanonicalEvent]) {
        switch event {
        case .blockStart(let block, let choice, let kind):
            guard self.ends[choice] == nil else {
                self.hidden.insert(block)
                return
            }
            self.choices[block] = choice
            if case .text = kind { self.texts[block] = self.scanner.start }
            events.append(event)
        case .delta(let block, let delta):
            guard let choice = self.choices[block], self.ends[choice] == nil else { return }
            guard case .text(let piece) = delta, var progress = self.texts.removeValue(forKey: block) else {
                events.append(event)
                return
            }
            let (text, stop) = self.scanner.take(piece, &progress)
            if !text.isEmpty { events.append(.delta(block: block, .text(text))) }
            if let stop { self.ends[choice] = stop } else { self.texts[block] = progress }
        case .blockStop(let block):
            guard self.hidden.remove(block) == nil else { return }
            let choice = self.choices.removeValue(forKey: block)
            if var progress = self.texts.removeValue(forKey: block), choice.map({ self.ends[$0] == nil }) ?? false {
                let rest = progress.rest()
                if !rest.isEmpty { events.append(.delta(block: block, .text(rest))) }
            }
            events.append(event)
        case .finish(let choice, _):
            guard let stop = self.ends[choice] else { return events.append(event) }
            events.append(.finish(choice: choice, .stopSequence(stop)))
        case .start, .usage, .heartbeat, .end: events.append(event)
        }
    }

    /// Cuts a choice of a whole answer.
    func cut(_ choice: inout CanonicalAnswer.Choice) {
        for at in choice.parts.indices {
            guard let whole = choice.parts[at].text else { continue }
            var progress = self.scanner.start
            let (text, stop) = self.scanner.take(whole, &progress)
            guard let stop else { continue }
            choice.parts[at].content = .text(text)
            choice.parts.removeSubrange((text.isEmpty ? at : at + 1)...)
            choice.stop = .stopSequence(stop)
            return
        }
    }
}

extension ReplyPlan {
    /// The most sequences that are looked for.
    private static let mostStops = 64
    /// The longest of them, in bytes.
    private static let longestStop = 4096

    /// Notes stop sequences the target will not heed, which are found in its answer instead.
    ///
    /// - Throws: what ``TranslationNotes/drop(_:_:)`` throws, for more or longer ones than are looked for.
    mutating func emulate(stops: some Collection<String>, notes: inout TranslationNotes) throws(GatewayError) {
        let wanted = stops.filter { !$0.isEmpty }
        guard !wanted.isEmpty else { return }
        let taken = wanted.filter { $0.utf8.count <= Self.longestStop }.prefix(Self.mostStops)
        if taken.count < wanted.count { try notes.drop("stop", .clampedValue) }
        notes.note("stop", .emulated)
        self.stops = Array(taken)
    }
}
