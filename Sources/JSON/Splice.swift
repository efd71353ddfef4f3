/// One edit of a text: the bytes in `range` give way to `replacement`. An empty range inserts, an empty replacement deletes.
package struct Splice: Sendable, Hashable {
    /// The bytes that go, counted in the text before any edit.
    package var range: Range<Int>
    /// The bytes that come in their place.
    package var replacement: [UInt8]

    /// An edit of these bytes.
    package init(range: Range<Int>, replacement: [UInt8]) {
        self.range = range
        self.replacement = replacement
    }
}

extension Splice {
    /// Hands the edited text to `piece` in order, piece by piece, without ever holding it as a whole. No piece is empty.
    /// `splices` must be sorted, lie within `bytes` and not overlap; several insertions at one place keep their order.
    package static func apply(
        _ splices: [Splice],
        to bytes: UnsafeRawBufferPointer,
        into piece: (UnsafeRawBufferPointer) -> Void
    ) {
        var at = 0
        for splice in splices {
            precondition(
                splice.range.lowerBound >= at && splice.range.upperBound <= bytes.count,
                "splices are sorted, disjoint and within the text"
            )
            if splice.range.lowerBound > at {
                piece(UnsafeRawBufferPointer(rebasing: bytes[at..<splice.range.lowerBound]))
            }
            if !splice.replacement.isEmpty { splice.replacement.withUnsafeBytes { piece($0) } }
            at = splice.range.upperBound
        }
        if at < bytes.count { piece(UnsafeRawBufferPointer(rebasing: bytes[at...])) }
    }

    /// By how many bytes `splices` make a text longer; negative where they make it shorter.
    package static func growth(_ splices: [Splice]) -> Int {
        splices.reduce(0) { $0 + $1.replacement.count - $1.range.count }
    }

    /// The edited text as one array.
    package static func apply(_ splices: [Splice], to bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(max(0, bytes.count + Self.growth(splices)))
        Self.apply(splices, to: bytes) { result.append(contentsOf: $0) }
        return result
    }
}
