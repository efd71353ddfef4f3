/// Finds whole lines in a growing buffer without copying, for streams of one JSON text a line
/// (https://github.com/ndjson/ndjson-spec): line ends LF and CRLF; lines of nothing but white space say nothing and are
/// passed over.
///
/// The lines and their lengths do not depend on how the input was cut. Each byte is looked at a bounded number of times.
package struct JSONLinesScanner: Sendable {
    /// Offset of the first byte of the line being looked for; only blank lines lie before it.
    private var start = 0
    /// No line feed lies in `start..<searched`.
    private var searched = 0

    /// A scanner at the start of a stream.
    package init() {}

    /// The next line that is whole and not blank, or nil if there is none yet.
    ///
    /// `bytes` always starts at the first byte not yet returned as part of a line.
    ///
    /// - Returns: where the line stands, the white space around it left out, and how many bytes it takes in all: blank
    ///   lines before it and its own end included.
    package mutating func next(in bytes: UnsafeRawBufferPointer) -> (line: Range<Int>, length: Int)? {
        guard let address = bytes.baseAddress else { return nil }
        let base = address.assumingMemoryBound(to: UInt8.self)
        while let end = ByteSearch.first(UInt8(ascii: "\n"), base, from: self.searched, to: bytes.count) {
            let line = Self.trimmed(base, self.start, end)
            if !line.isEmpty {
                self.start = 0
                self.searched = 0
                return (line, end &+ 1)
            }
            self.start = end &+ 1
            self.searched = end &+ 1
        }
        self.searched = max(self.searched, bytes.count)
        return nil
    }

    /// At the end of input: what is left, though its line end is missing.
    package mutating func finish(in bytes: UnsafeRawBufferPointer) -> (line: Range<Int>, length: Int)? {
        if let line = self.next(in: bytes) { return line }
        guard let address = bytes.baseAddress, self.start < bytes.count else { return nil }
        let line = Self.trimmed(address.assumingMemoryBound(to: UInt8.self), self.start, bytes.count)
        guard !line.isEmpty else { return nil }
        self.start = 0
        self.searched = 0
        return (line, bytes.count)
    }

    /// What stands between white space (RFC 8259 §2) in `start..<end`.
    @inline(__always)
    private static func trimmed(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Range<Int> {
        var start = start
        var end = end
        while start < end, Self.isSpace(base[start]) { start &+= 1 }
        while end > start, Self.isSpace(base[end &- 1]) { end &-= 1 }
        return Range(uncheckedBounds: (start, end))
    }

    @inline(__always)
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
}
