/// Finds the end of a message head in a growing buffer, looking at each byte once whatever the cuts.
package struct HeadScanner: Sendable {
    /// How far the buffer has been looked at.
    private var scanned = 0
    /// Where the current line begins.
    private var lineStart = 0

    package init() {}

    /// The length of the head, its final empty line included, or nil if `bytes` does not hold it whole yet.
    ///
    /// - Throws: ``HTTPFault`` 431 as soon as the head is known to be longer than `limit`, and 400 for a line that does
    ///   not end in CRLF (RFC 9112 §2.2 lets a server accept a bare LF; refusing it closes a smuggling hole).
    package mutating func end(in bytes: UnsafeRawBufferPointer, limit: Int) throws(HTTPFault) -> Int? {
        while let feed = bytes.firstOffset(of: 0x0a, from: self.scanned) {
            guard feed > self.lineStart, bytes[feed - 1] == 0x0d else {
                throw HTTPFault(400, "a line of the head does not end in CRLF")
            }
            self.scanned = feed + 1
            if feed - 1 == self.lineStart, self.lineStart > 0 {
                let length = feed + 1
                self = HeadScanner()
                guard length <= limit else { throw HeadScanner.tooLong(limit) }
                return length
            }
            self.lineStart = feed + 1
        }
        self.scanned = bytes.count
        guard bytes.count <= limit else { throw HeadScanner.tooLong(limit) }
        return nil
    }

    private static func tooLong(_ limit: Int) -> HTTPFault {
        HTTPFault(431, "the request head is over \(limit) bytes")
    }
}
