/// One whole event as places in the buffer it was found in.
package struct SSEEventView: Sendable, Hashable {
    /// The raw bytes of the event, from offset 0 up to and including its blank line.
    package var length: Int
    /// The value of the last `event` field; nil where there is none or it is empty.
    package var name: Range<Int>?
    /// The value of the `data` field, of the first one where there are several (then ``joinedData(in:)`` has the whole); nil
    /// where there is none, as in a comment that keeps the connection alive.
    package var data: Range<Int>?
    /// The number of `data` fields.
    package var dataLines: Int
    /// Where the first line starts: past a byte order mark.
    var start: Int

    /// All data lines joined by line feeds, as the standard says; empty where there is none. `bytes` is the buffer the event
    /// was found in.
    package func joinedData(in bytes: UnsafeRawBufferPointer) -> [UInt8] {
        guard let first = self.data, self.length <= bytes.count, let address = bytes.baseAddress else { return [] }
        if self.dataLines == 1 { return Array(bytes[first]) }
        let base = address.assumingMemoryBound(to: UInt8.self)
        var joined: [UInt8] = []
        joined.reserveCapacity(self.length)
        var line = self.start
        var isFirst = true
        while line < self.length {
            var end = line
            while end < self.length, base[end] != UInt8(ascii: "\n"), base[end] != UInt8(ascii: "\r") { end &+= 1 }
            if case .data(let value) = SSEField(base, line, end) {
                if !isFirst { joined.append(UInt8(ascii: "\n")) }
                isFirst = false
                joined.append(contentsOf: bytes[value])
            }
            // A CRLF counts as a line end and a blank line here, which changes nothing: the event's own end is known.
            line = end &+ 1
        }
        return joined
    }
}
