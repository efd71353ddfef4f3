/// Where a walk over one object or array stands: what ``JSONMembers`` and ``JSONElements`` have in common.
struct JSONWalk: Sendable {
    /// The offset the walk has come to: past the last value, or at a container nobody has read yet.
    var at: Int
    /// How many containers are open, the walked one included.
    let depth: Int
    /// Whether only white space may follow the walked container.
    let isTopLevel: Bool
    /// How far the walk has come.
    var phase = Phase.before

    /// How far a walk over a container has come.
    enum Phase: Sendable {
        /// The opening bracket has not been read.
        case before
        /// At least one value has been read.
        case inside
        /// The container at the walk's offset has been announced and not read.
        case atContainer
        /// The closing bracket has been read.
        case finished
    }

    /// A walk over the container that starts at `offset`.
    @inline(__always)
    init(at offset: Int, depth: Int, isTopLevel: Bool) {
        self.at = offset
        self.depth = depth
        self.isTopLevel = isTopLevel
    }

    /// A cursor at the next key or value; nil behind the last one. The walk itself moves only at its end.
    @inline(__always)
    mutating func cursor(
        in bytes: UnsafeRawBufferPointer,
        opening: UInt8,
        closing: UInt8,
        messages: (opening: StaticString, separator: StaticString)
    ) throws(JSONSyntaxError) -> JSONCursor? {
        if self.phase == .finished { return nil }
        var cursor = try JSONCursor(bytes, at: self.at)
        if self.phase == .atContainer { try cursor.skipContainer(depth: self.depth) }
        cursor.skipWhiteSpace()
        let isFirst = self.phase == .before
        if isFirst {
            guard self.depth <= JSONLimits.depth else { throw cursor.error("nested too deeply") }
            try cursor.expect(opening, messages.opening)
            cursor.skipWhiteSpace()
        }
        if cursor.byte == closing {
            cursor.at &+= 1
            if self.isTopLevel { try cursor.expectEnd() }
            self.at = cursor.at
            self.phase = .finished
            return nil
        }
        if !isFirst {
            try cursor.expect(UInt8(ascii: ","), messages.separator)
            cursor.skipWhiteSpace()
        }
        return cursor
    }

    /// Passes over the value at `cursor`, but an array or object only unless `leavesContainers`, and moves the walk there.
    @inline(__always)
    mutating func takeValue(_ cursor: inout JSONCursor, leavesContainers: Bool) throws(JSONSyntaxError) -> JSONKind {
        guard let kind = cursor.kind else { throw cursor.error("expected a value") }
        if leavesContainers, kind == .object || kind == .array {
            self.phase = .atContainer
        } else {
            try cursor.skipValue(kind, depth: self.depth)
            self.phase = .inside
        }
        self.at = cursor.at
        return kind
    }

    /// A walk over the container announced and not read.
    @inline(__always)
    var inner: JSONWalk { JSONWalk(at: self.at, depth: self.depth &+ 1, isTopLevel: false) }

    /// Goes on behind the container `inner` was over, if it came to its end.
    @inline(__always)
    mutating func resume(after inner: JSONWalk) {
        guard self.phase == .atContainer, inner.phase == .finished else { return }
        self.at = inner.at
        self.phase = .inside
    }

    /// Passes over the container announced and not read, and tells where it stands; empty where there is none.
    mutating func skip(in bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> Range<Int> {
        let start = self.at
        guard self.phase == .atContainer else { return Range(uncheckedBounds: (start, start)) }
        var cursor = try JSONCursor(bytes, at: start)
        try cursor.skipContainer(depth: self.depth)
        self.at = cursor.at
        self.phase = .inside
        return Range(uncheckedBounds: (start, cursor.at))
    }
}
