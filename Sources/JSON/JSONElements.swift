/// A lazy walk over the elements of one JSON array: no tree, no allocation. Checks what ``JSONMembers`` checks.
package struct JSONElements: Sendable {
    /// Where the walk has come to; once ``next(in:)`` has returned nil, the offset past the closing bracket, and at top
    /// level past the white space after it.
    package private(set) var end: Int
    private var phase = WalkPhase.before
    private let isTopLevel: Bool

    /// A walk over the array that starts at `offset`, or after white space there. At offset 0 the array is taken to be the
    /// whole text, so that only white space may follow it.
    package init(at offset: Int = 0) {
        self.init(at: offset, topLevel: offset == 0)
    }

    /// A walk over the array that starts at `offset`; with `topLevel`, only white space may follow the array.
    package init(at offset: Int, topLevel: Bool) {
        self.end = offset
        self.isTopLevel = topLevel
    }

    /// The next element, or nil after the last one. `bytes` must be the same text at each call. After an error the walk
    /// stays where it was: the same error again.
    package mutating func next(in bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> JSONElement? {
        if self.phase == .finished { return nil }
        var cursor = try JSONCursor(bytes, at: self.end)
        cursor.skipWhiteSpace()
        if self.phase == .before {
            try cursor.expect(UInt8(ascii: "["), "expected an array")
            cursor.skipWhiteSpace()
        }
        if cursor.byte == UInt8(ascii: "]") {
            cursor.at &+= 1
            if self.isTopLevel { try cursor.expectEnd() }
            self.end = cursor.at
            self.phase = .finished
            return nil
        }
        if self.phase == .inside {
            try cursor.expect(UInt8(ascii: ","), "expected ',' or ']'")
            cursor.skipWhiteSpace()
        }
        let start = cursor.at
        let kind = try cursor.skipValue(depth: 1)
        self.end = cursor.at
        self.phase = .inside
        return JSONElement(value: Range(uncheckedBounds: (start, cursor.at)), kind: kind)
    }
}

/// One element of an array, as a place in the text.
package struct JSONElement: Sendable, Hashable {
    /// The value, the quotes of a string and the brackets of a container included.
    package var value: Range<Int>
    /// The kind of the value.
    package var kind: JSONKind

    /// An element at this place.
    package init(value: Range<Int>, kind: JSONKind) {
        self.value = value
        self.kind = kind
    }
}
