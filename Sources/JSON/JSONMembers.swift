/// A lazy walk over the members of one JSON object: no tree, no allocation.
///
///     var members = JSONMembers()
///     while let member = try members.next(in: body) { … }
///
/// The walk checks what it passes over itself: braces, commas, colons, keys, numbers and literals. String values are jumped
/// through, and of nested arrays and objects only the nesting is checked (at most ``JSONLimits/depth`` deep, the walked
/// object counted as one). ``JSONScan/validate(_:)`` checks a text in full; ``JSONScan/isValidUTF8(_:)`` its encoding. Members
/// come in the order of the text; a key that occurs twice comes twice.
package struct JSONMembers: Sendable {
    /// Where the walk has come to; once ``next(in:)`` has returned nil, the offset past the closing brace, and at top level
    /// past the white space after it.
    package private(set) var end: Int
    private var phase = WalkPhase.before
    private let isTopLevel: Bool

    /// A walk over the object that starts at `offset`, or after white space there. At offset 0 the object is taken to be
    /// the whole text, so that only white space may follow it.
    package init(at offset: Int = 0) {
        self.init(at: offset, topLevel: offset == 0)
    }

    /// A walk over the object that starts at `offset`; with `topLevel`, only white space may follow the object.
    package init(at offset: Int, topLevel: Bool) {
        self.end = offset
        self.isTopLevel = topLevel
    }

    /// The next member, or nil after the last one. `bytes` must be the same text at each call. After an error the walk
    /// stays where it was: the same error again.
    package mutating func next(in bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> JSONMember? {
        if self.phase == .finished { return nil }
        var cursor = try JSONCursor(bytes, at: self.end)
        cursor.skipWhiteSpace()
        if self.phase == .before {
            try cursor.expect(UInt8(ascii: "{"), "expected an object")
            cursor.skipWhiteSpace()
        }
        if cursor.byte == UInt8(ascii: "}") {
            cursor.at &+= 1
            if self.isTopLevel { try cursor.expectEnd() }
            self.end = cursor.at
            self.phase = .finished
            return nil
        }
        if self.phase == .inside {
            try cursor.expect(UInt8(ascii: ","), "expected ',' or '}'")
            cursor.skipWhiteSpace()
        }
        guard cursor.byte == UInt8(ascii: "\"") else { throw cursor.error("expected a key in quotes") }
        let keyStart = cursor.at &+ 1
        let keyHasEscapes = try cursor.checkString().hasEscapes
        let key = Range(uncheckedBounds: (keyStart, cursor.at &- 1))
        cursor.skipWhiteSpace()
        try cursor.expect(UInt8(ascii: ":"), "expected ':'")
        cursor.skipWhiteSpace()
        let valueStart = cursor.at
        let kind = try cursor.skipValue(depth: 1)
        self.end = cursor.at
        self.phase = .inside
        return JSONMember(
            key: key,
            keyHasEscapes: keyHasEscapes,
            value: Range(uncheckedBounds: (valueStart, cursor.at)),
            kind: kind
        )
    }
}

/// How far a walk over a container has come.
enum WalkPhase: Sendable {
    /// The opening bracket has not been read.
    case before
    /// At least one member or element has been read.
    case inside
    /// The closing bracket has been read.
    case finished
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
    package func keyIs(_ name: StaticString, in bytes: UnsafeRawBufferPointer) -> Bool {
        let count = name.utf8CodeUnitCount
        guard let start = bytes.baseAddress, self.key.lowerBound >= 0, self.key.upperBound <= bytes.count else {
            return false
        }
        let base = start.assumingMemoryBound(to: UInt8.self)
        if self.keyHasEscapes {
            return name.withUTF8Buffer { wanted in
                guard let wanted = wanted.baseAddress else { return false }
                return JSONEscape.decodes(base, self.key, to: wanted, count: count)
            }
        }
        guard count == self.key.upperBound &- self.key.lowerBound else { return false }
        return name.withUTF8Buffer { wanted in
            for index in 0..<count where wanted[index] != base[self.key.lowerBound &+ index] { return false }
            return true
        }
    }
}
