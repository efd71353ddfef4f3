/// A lazy walk over the members of one JSON object: no tree, no allocation.
///
///     var members = JSONMembers()
///     while let member = try members.next(in: body) { … }
///
/// The walk checks what it passes over itself: braces, commas, colons, keys, numbers and literals. String values are jumped
/// through, and of nested arrays and objects only the nesting is checked (at most ``JSONLimits/depth`` deep, the walked
/// object counted as one). ``JSONScan/validate(_:)`` checks a text in full; ``JSONScan/isValidUTF8(_:)`` its encoding. Members
/// come in the order of the text; a key that occurs twice comes twice.
///
/// ``next(in:)`` passes over a whole value to tell where it ends. A caller that goes on to walk through some of the values
/// has them read once instead of twice with ``nextHead(in:)``:
///
///     while let member = try members.nextHead(in: body) {
///         guard member.kind == .object, member.keyIs("usage", in: body) else { continue }
///         var usage = members.object
///         while let count = try usage.nextHead(in: body) { … }
///         members.resume(after: usage)
///     }
package struct JSONMembers: Sendable {
    /// The walk itself, which ``JSONElements`` has in common.
    var walk: JSONWalk

    /// Where the walk has come to; once ``next(in:)`` has returned nil, the offset past the closing brace, and at top level
    /// past the white space after it.
    package var end: Int { self.walk.at }

    /// A walk over the object that starts at `offset`, or after white space there. At offset 0 the object is taken to be
    /// the whole text, so that only white space may follow it.
    package init(at offset: Int = 0) {
        self.init(at: offset, topLevel: offset == 0)
    }

    /// A walk over the object that starts at `offset`; with `topLevel`, only white space may follow the object.
    @inline(__always)
    package init(at offset: Int, topLevel: Bool) {
        self.walk = JSONWalk(at: offset, depth: 1, isTopLevel: topLevel)
    }

    /// A walk inside another walk.
    @inline(__always)
    init(_ walk: JSONWalk) { self.walk = walk }

    /// The next member, or nil after the last one. `bytes` must be the same text at each call. After an error the walk
    /// stays where it was: the same error again.
    package mutating func next(in bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> JSONMember? {
        try self.step(in: bytes, leavesContainers: false)
    }

    /// The next member, of which an array or object is not read yet: its `value` is empty and stands at its first byte.
    ///
    /// The caller may then walk through it (``object``, ``array`` and `resume(after:)`), or ask for its extent
    /// (``skip(in:)``); if it does neither, the next step passes over it as ``next(in:)`` would have done.
    package mutating func nextHead(in bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> JSONMember? {
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
    ) throws(JSONSyntaxError) -> JSONMember? {
        guard
            var cursor = try self.walk.cursor(
                in: bytes,
                opening: UInt8(ascii: "{"),
                closing: UInt8(ascii: "}"),
                messages: ("expected an object", "expected ',' or '}'")
            )
        else { return nil }
        guard cursor.byte == UInt8(ascii: "\"") else { throw cursor.error("expected a key in quotes") }
        let keyStart = cursor.at &+ 1
        let keyHasEscapes = try cursor.checkString().hasEscapes
        let key = Range(uncheckedBounds: (keyStart, cursor.at &- 1))
        cursor.skipWhiteSpace()
        try cursor.expect(UInt8(ascii: ":"), "expected ':'")
        cursor.skipWhiteSpace()
        let valueStart = cursor.at
        let kind = try self.walk.takeValue(&cursor, leavesContainers: leavesContainers)
        return JSONMember(
            key: key,
            keyHasEscapes: keyHasEscapes,
            value: Range(uncheckedBounds: (valueStart, cursor.at)),
            kind: kind
        )
    }
}

/// One member of an object, as places in the text.
package struct JSONMember: Sendable, Hashable {
    /// The key as it stands in the text, without its quotes.
    package var key: Range<Int>
    /// Whether the key holds escapes, so that its text is not its name.
    package var keyHasEscapes: Bool
    /// The value, the quotes of a string and the brackets of a container included.
    package var value: Range<Int>
    /// The kind of the value.
    package var kind: JSONKind

    /// A member at these places.
    package init(key: Range<Int>, keyHasEscapes: Bool, value: Range<Int>, kind: JSONKind) {
        self.key = key
        self.keyHasEscapes = keyHasEscapes
        self.value = value
        self.kind = kind
    }

    /// Whether the member's name is `name`, after escapes are decoded. `bytes` is the text the member was found in.
    @inlinable
    @inline(__always)
    package func keyIs(_ name: StaticString, in bytes: UnsafeRawBufferPointer) -> Bool {
        if self.keyHasEscapes { return self.escapedKeyIs(name, in: bytes) }
        let count = name.utf8CodeUnitCount
        guard count == self.key.upperBound &- self.key.lowerBound, self.key.lowerBound >= 0,
            self.key.upperBound <= bytes.count, let start = bytes.baseAddress
        else { return false }
        let key = start.assumingMemoryBound(to: UInt8.self) + self.key.lowerBound
        return ByteSearch.equal(key, name.utf8Start, count: count)
    }

    @usableFromInline
    @inline(never)
    func escapedKeyIs(_ name: StaticString, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress, self.key.lowerBound >= 0, self.key.upperBound <= bytes.count else {
            return false
        }
        let base = start.assumingMemoryBound(to: UInt8.self)
        return JSONEscape.decodes(base, self.key, to: name.utf8Start, count: name.utf8CodeUnitCount)
    }
}
