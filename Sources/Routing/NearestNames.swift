/// Names close to one that does not exist, for an error message that helps.
enum NearestNames {
    /// At most `count` of `names` within a third of the name's length in edits, or that contain it or its last part;
    /// the nearest first.
    static func of(_ name: String, among names: some Sequence<String>, count: Int = 3) -> [String] {
        let wanted = Array(name.lowercased().utf8.prefix(64))
        let allowed = max(2, wanted.count / 3)
        var scored: [(distance: Int, name: String)] = []
        for candidate in names {
            // The lengths alone rule out most of a catalogue of thousands.
            guard abs(min(candidate.utf8.count, 64) - wanted.count) <= allowed else { continue }
            let distance = self.distance(wanted, Array(candidate.lowercased().utf8.prefix(64)))
            if distance <= allowed { scored.append((distance, candidate)) }
        }
        return scored.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(count).map(\.name)
    }

    /// Levenshtein distance in bytes.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let substituted = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
