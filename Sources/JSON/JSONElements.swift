/// A lazy walk over the elements of one JSON array: no tree, no allocation. Checks what ``JSONMembers`` checks.
package struct JSONElements: Sendable {
    /// The walk itself, which ``JSONMembers`` has in common.
    var walk: JSONWalk

    /// Where the walk has come to; once ``next(in:)`` has returned nil, the offset past the closing bracket, and at top
    /// level past the white space after it.
    package var end: Int { self.walk.at }

    /// A walk over the array that starts at `offset`, or after white space there. At offset 0 the array is taken to be the
    /// whole text, so that only white space may follow it.
    package init(at offset: Int = 0) {
        self.init(at: offset, topLevel: offset == 0)
    }

    /// A walk over the array that starts at `offset`; with `topLevel`, only white space may follow the array.
    @inline(__always)
    package init(at offset: Int, topLevel: Bool) {
        self.walk = JSONWalk(at: offset, depth: 1, isTopLevel: topLevel)
    }

    /// A walk inside another walk.
    @inline(__always)
    init(_ walk: JSONWalk) { self.walk = walk }

    /// The next element, or nil after the last one. `bytes` must be the same text at each call. After an error the walk
    /// stays where it was: the same error again.
    package mutating func next(in bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> JSONElement? {
        try self.step(in: bytes, leavesContainers: false)
    }

    /// The next element, of which an array or object is not read yet, as with ``JSONMembers/nextHead(in:)``: its `value` is
    /// empty and stands at its first byte.
    package mutating func nextHead(in bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> JSONElement? {
        try self.step(in: bytes, leavesContainers: true)
    }

    /// A walk over the object that ``nextHead(in:)`` has left unread.
    @inline(__always)
    package var object: JSONMembers { JSONMembers(self.walk.inner) }

    /// A walk over the array that ``nextHead(in:)`` has left unread.
    @inline(__always)
    package var array: JSONElements { JSONElements(self.walk.inner) }

    /// Goes on behind the object that `inner`, made by ``object``, has walked to its end. A walk that was given up half-way
    /// changes nothing: what it was over counts as unread.
    @inline(__always)
    package mutating func resume(after inner: JSONMembers) { self.walk.resume(after: inner.walk) }

    /// Goes on behind the array that `inner`, made by ``array``, has walked to its end.
    @inline(__always)
    package mutating func resume(after inner: JSONElements) { self.walk.resume(after: inner.walk) }

    /// Passes over the array or object that ``nextHead(in:)`` has left unread.
    /// - Returns: where it stands, its brackets included.
    package mutating func skip(in bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> Range<Int> {
        try self.walk.skip(in: bytes)
    }

    @inline(__always)
    private mutating func step(
        in bytes: UnsafeRawBufferPointer,
        leavesContainers: Bool
    ) throws(JSONSyntaxError) -> JSONElement? {
        guard
            var cursor = try self.walk.cursor(
                in: bytes,
                opening: UInt8(ascii: "["),
                closing: UInt8(ascii: "]"),
                messages: ("expected an array", "expected ',' or ']'")
            )
        else { return nil }
        let start = cursor.at
        let kind = try self.walk.takeValue(&cursor, leavesContainers: leavesContainers)
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
