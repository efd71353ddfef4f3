/// One whole message of an AWS event stream, as places in the buffer it was found in.
///
/// The headers that say what the message is are found; each is nil where it is missing or is no string.
package struct EventStreamMessageView: Sendable, Hashable {
    /// The bytes of the whole message, from offset 0 on.
    package var length: Int
    package var payload: Range<Int>
    /// `:message-type`: `event`, `exception` or `error`.
    package var messageType: Range<Int>?
    /// `:event-type` of an event.
    package var eventType: Range<Int>?
    /// `:exception-type` of an exception.
    package var exceptionType: Range<Int>?
    /// `:error-code` of an error.
    package var errorCode: Range<Int>?
    /// `:error-message` of an error.
    package var errorMessage: Range<Int>?
    /// `:content-type` of the payload.
    package var contentType: Range<Int>?
    private var headerBytes: Range<Int>

    /// Reads the headers of the message that starts at offset 0 and is as long as its prelude says.
    init(in bytes: UnsafeRawBufferPointer, length: Int, headersLength: Int) throws(EventStreamFault) {
        self.length = length
        let headersEnd = EventStreamBounds.prelude &+ headersLength
        self.headerBytes = EventStreamBounds.prelude..<headersEnd
        self.payload = headersEnd..<length &- 4
        var headers = EventStreamHeaders(self.headerBytes)
        while let header = try headers.next(in: bytes) {
            // Only the names that begin with a colon are the framing's own.
            guard bytes[header.name.lowerBound] == UInt8(ascii: ":"), header.type == .string else { continue }
            if header.isNamed(":event-type", in: bytes) {
                try Self.set(&self.eventType, header.value)
            } else if header.isNamed(":message-type", in: bytes) {
                try Self.set(&self.messageType, header.value)
            } else if header.isNamed(":content-type", in: bytes) {
                try Self.set(&self.contentType, header.value)
            } else if header.isNamed(":exception-type", in: bytes) {
                try Self.set(&self.exceptionType, header.value)
            } else if header.isNamed(":error-code", in: bytes) {
                try Self.set(&self.errorCode, header.value)
            } else if header.isNamed(":error-message", in: bytes) {
                try Self.set(&self.errorMessage, header.value)
            }
        }
    }

    private static func set(_ place: inout Range<Int>?, _ value: Range<Int>) throws(EventStreamFault) {
        guard place == nil else { throw .headers }
        place = value
    }

    /// Whether the message says that something went wrong: an exception of the service, or an error of its framing.
    package func isFailure(in bytes: UnsafeRawBufferPointer) -> Bool {
        guard let type = self.messageType else { return self.exceptionType != nil || self.errorCode != nil }
        return !bytes[type].elementsEqual("event".utf8)
    }

    /// All headers, in order, with their own memory. `bytes` is the buffer the message was found in.
    package func headers(in bytes: UnsafeRawBufferPointer) -> [(name: String, value: EventStreamHeaderValue)] {
        var found: [(name: String, value: EventStreamHeaderValue)] = []
        var headers = EventStreamHeaders(self.headerBytes)
        // They were read when the message was found, so that nothing can be wrong with them any more.
        while let header = try? headers.next(in: bytes) {
            found.append((String(decoding: bytes[header.name], as: UTF8.self), header.value(in: bytes)))
        }
        return found
    }
}
