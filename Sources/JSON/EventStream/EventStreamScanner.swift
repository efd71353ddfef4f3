/// Finds whole messages of an AWS event stream in a growing buffer without copying
/// (https://smithy.io/2.0/aws/amazon-eventstream.html).
///
/// A message is: total length, length of the headers and the checksum of the two (all of four bytes, the highest first),
/// the headers, the payload, and the checksum of everything before it. Both checksums are checked; each byte is looked at
/// once, whatever the cuts.
package struct EventStreamScanner: Sendable {
    /// What the prelude of the message at hand says, once it was checked.
    private var prelude: (length: Int, headersLength: Int)?

    /// A scanner at the start of a stream.
    package init() {}

    /// The next whole message, or nil if none is whole yet.
    ///
    /// `bytes` always starts at the first byte not yet returned as part of a message.
    ///
    /// - Throws: where the bytes are no message; the prelude is judged as soon as its twelve bytes are there. The scanner
    ///   is of no use after that.
    package mutating func next(in bytes: UnsafeRawBufferPointer) throws(EventStreamFault) -> EventStreamMessageView? {
        let (length, headersLength): (Int, Int)
        if let prelude = self.prelude {
            (length, headersLength) = prelude
        } else {
            guard bytes.count >= EventStreamBounds.prelude else { return nil }
            (length, headersLength) = try Self.readPrelude(bytes)
            self.prelude = (length, headersLength)
        }
        guard bytes.count >= length else { return nil }
        let covered = UnsafeRawBufferPointer(rebasing: bytes[..<(length &- 4)])
        guard bytes.bigEndian(at: length &- 4, as: UInt32.self) == CRC32.checksum(covered) else {
            throw .messageChecksum
        }
        let view = try EventStreamMessageView(in: bytes, length: length, headersLength: headersLength)
        self.prelude = nil
        return view
    }

    /// How many bytes the message at the front of the buffer has in all; nil before its prelude was read.
    package var expected: Int? { self.prelude?.length }

    private static func readPrelude(
        _ bytes: UnsafeRawBufferPointer
    ) throws(EventStreamFault) -> (length: Int, headersLength: Int) {
        let lengths = UnsafeRawBufferPointer(rebasing: bytes[..<8])
        guard bytes.bigEndian(at: 8, as: UInt32.self) == CRC32.checksum(lengths) else { throw .preludeChecksum }
        let length = Int(bytes.bigEndian(at: 0, as: UInt32.self))
        let headersLength = Int(bytes.bigEndian(at: 4, as: UInt32.self))
        guard headersLength <= EventStreamBounds.headers else { throw .length }
        let payload = length &- headersLength &- EventStreamBounds.overhead
        guard payload >= 0, payload <= EventStreamBounds.payload else { throw .length }
        return (length, headersLength)
    }
}
