/// Finds whole server-sent events in a growing buffer without copying (WHATWG HTML, "Server-sent events"): line ends LF, CRLF
/// and CR, a byte order mark at the start of the stream, comments, several data lines.
///
/// A CR at the very end of the buffer may be half of a CRLF, so the scanner waits for one more byte, or for
/// ``finish(in:)``. The events and their lengths therefore do not depend on how the input was cut. Each byte is looked at a
/// bounded number of times, whatever the cuts and the line ends.
package struct SSEScanner: Sendable {
    /// Offset of the first byte of the line being looked for.
    private var line = 0
    /// Where the first line feed at or after `line` is, if it is known; else none lies in `line..<lineFeed`.
    private var lineFeed = 0
    private var lineFeedIsKnown = false
    /// No carriage return lies in `line..<noReturn`.
    private var noReturn = 0
    private var name: Range<Int>?
    private var data: Range<Int>?
    private var dataLines = 0
    /// Whether no event has been returned yet, so that a byte order mark may stand at offset 0.
    private var isAtStart = true
    private var markLength = 0

    /// A scanner at the start of a stream.
    package init() {}

    /// The next whole event (up to and including its blank line), or nil if none is whole yet.
    ///
    /// `bytes` always starts at the first byte not yet returned as part of an event. The scanner remembers how far it has
    /// looked, and starts over once it has returned an event.
    package mutating func next(in bytes: UnsafeRawBufferPointer) -> SSEEventView? {
        guard let start = bytes.baseAddress else { return nil }
        let base = start.assumingMemoryBound(to: UInt8.self)
        while let (end, next) = self.lineEnd(base, bytes.count) {
            if self.takeLine(base, end) { return self.event(length: next) }
            self.line = next
        }
        return nil
    }

    /// At the end of input: what is left, if its blank line was only waiting for a LF, or if it has a data line though its
    /// blank line is missing.
    package mutating func finish(in bytes: UnsafeRawBufferPointer) -> SSEEventView? {
        if let event = self.next(in: bytes) { return event }
        guard let start = bytes.baseAddress else { return nil }
        let base = start.assumingMemoryBound(to: UInt8.self)
        if self.line < bytes.count {
            // A line without an end, or one that ends in the CR that waited for its LF.
            let endsInReturn = base[bytes.count &- 1] == Self.carriageReturn
            let isBlank = self.takeLine(base, endsInReturn ? bytes.count &- 1 : bytes.count)
            if isBlank { return self.event(length: bytes.count) }
        }
        guard self.data != nil else { return nil }
        return self.event(length: bytes.count)
    }

    private static let carriageReturn = UInt8(ascii: "\r")

    /// The end of the line at `line` and the start of the next one, or nil where the line is not whole yet.
    @inline(__always)
    private mutating func lineEnd(_ base: UnsafePointer<UInt8>, _ count: Int) -> (end: Int, next: Int)? {
        // The next line feed is remembered across lines: where lines end in CR alone, each would search the rest anew.
        if self.lineFeed < self.line || !self.lineFeedIsKnown {
            let from = max(self.line, self.lineFeed)
            if let found = ByteSearch.first(UInt8(ascii: "\n"), base, from: from, to: count) {
                self.lineFeed = found
                self.lineFeedIsKnown = true
            } else {
                self.lineFeed = max(from, count)
                self.lineFeedIsKnown = false
            }
        }
        let bound = self.lineFeed
        if let found = ByteSearch.first(Self.carriageReturn, base, from: max(self.line, self.noReturn), to: bound) {
            guard found &+ 1 < count else {
                self.noReturn = found
                return nil
            }
            let isPair = base[found &+ 1] == UInt8(ascii: "\n")
            return (found, found &+ (isPair ? 2 : 1))
        }
        self.noReturn = bound
        return self.lineFeedIsKnown ? (bound, bound &+ 1) : nil
    }

    /// Reads the line that ends at `end`; true where it is blank, which ends the event.
    @inline(__always)
    private mutating func takeLine(_ base: UnsafePointer<UInt8>, _ end: Int) -> Bool {
        var start = self.line
        if start == 0, self.isAtStart, end >= 3, base[0] == 0xEF, base[1] == 0xBB, base[2] == 0xBF {
            self.markLength = 3
            start = 3
        }
        switch SSEField(base, start, end) {
        case .blank: return true
        case .data(let value):
            if self.dataLines == 0 { self.data = value }
            self.dataLines &+= 1
        case .event(let value): self.name = value
        case .other: break
        }
        return false
    }

    /// The event of the lines read, `length` bytes long; the scanner is ready for the next one.
    @inline(__always)
    private mutating func event(length: Int) -> SSEEventView {
        let event = SSEEventView(
            length: length,
            name: self.name?.isEmpty == true ? nil : self.name,
            data: self.data,
            dataLines: self.dataLines,
            start: self.markLength
        )
        self.line = 0
        // What is known about line ends further on stays true, at offsets counted from the next event.
        self.lineFeedIsKnown = self.lineFeedIsKnown && self.lineFeed >= length
        self.lineFeed = max(0, self.lineFeed &- length)
        self.noReturn = max(0, self.noReturn &- length)
        self.name = nil
        self.data = nil
        self.dataLines = 0
        self.isAtStart = false
        self.markLength = 0
        return event
    }
}

/// One line of an event stream, read: only what matters here.
enum SSEField {
    /// An empty line, which ends an event.
    case blank
    /// A `data` field and its value.
    case data(Range<Int>)
    /// An `event` field and its value.
    case event(Range<Int>)
    /// A comment, or a field that is of no concern here (`id`, `retry`, unknown ones).
    case other

    /// Reads the line in `start..<end`, its line end excluded.
    @inline(__always)
    init(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) {
        let count = end &- start
        if count <= 0 {
            self = .blank
        } else if count >= 4, base[start] == UInt8(ascii: "d"), base[start &+ 1] == UInt8(ascii: "a"),
            base[start &+ 2] == UInt8(ascii: "t"), base[start &+ 3] == UInt8(ascii: "a"),
            let value = Self.value(base, start &+ 4, end)
        {
            self = .data(value)
        } else if count >= 5, base[start] == UInt8(ascii: "e"), base[start &+ 1] == UInt8(ascii: "v"),
            base[start &+ 2] == UInt8(ascii: "e"), base[start &+ 3] == UInt8(ascii: "n"),
            base[start &+ 4] == UInt8(ascii: "t"), let value = Self.value(base, start &+ 5, end)
        {
            self = .event(value)
        } else {
            self = .other
        }
    }

    /// The value of a field whose name ends at `at`: empty at the end of the line, else after a colon and at most one
    /// space. Nil where the name goes on.
    @inline(__always)
    private static func value(_ base: UnsafePointer<UInt8>, _ at: Int, _ end: Int) -> Range<Int>? {
        guard at < end else { return Range(uncheckedBounds: (end, end)) }
        guard base[at] == UInt8(ascii: ":") else { return nil }
        let hasSpace = at &+ 1 < end && base[at &+ 1] == UInt8(ascii: " ")
        return Range(uncheckedBounds: (at &+ (hasSpace ? 2 : 1), end))
    }
}
