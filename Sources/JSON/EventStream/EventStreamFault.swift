/// What makes bytes no AWS event stream. Nothing after it can be read: where the next message starts is not known.
package enum EventStreamFault: Error, Sendable, Hashable {
    /// The checksum of the first eight bytes does not fit them.
    case preludeChecksum
    /// The checksum at the end does not fit the message.
    case messageChecksum
    /// The lengths contradict each other or are over the bounds (``EventStreamBounds``).
    case length
    /// The headers are cut off, of an unknown type, nameless, or say one of the message's own facts twice.
    case headers
}

/// How large the parts of a message may be; the bounds are those of AWS's own clients
/// (https://github.com/boto/botocore/blob/develop/botocore/eventstream.py).
package enum EventStreamBounds {
    /// The most bytes of headers: 128 KiB.
    package static let headers = 128 * 1024
    /// The most bytes of payload: 24 MiB.
    package static let payload = 24 * 1024 * 1024

    /// The two lengths and their checksum.
    static let prelude = 12
    /// Everything but headers and payload.
    static let overhead = 16
}
