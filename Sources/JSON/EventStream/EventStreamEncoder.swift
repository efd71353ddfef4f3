/// Writes messages of an AWS event stream.
///
/// The caller keeps within ``EventStreamBounds``: a reader refuses what is larger.
package enum EventStreamEncoder {
    /// Appends one message. A name is cut after 255 bytes, a value of bytes or text after 32767.
    package static func append(
        headers: [(String, EventStreamHeaderValue)],
        payload: UnsafeRawBufferPointer,
        to bytes: inout [UInt8]
    ) {
        let start = Self.begin(&bytes)
        for (name, value) in headers { Self.append(name, value, to: &bytes) }
        Self.endHeaders(from: start, &bytes)
        bytes.append(contentsOf: payload)
        Self.end(from: start, &bytes)
    }

    /// Appends one message.
    package static func append(
        headers: [(String, EventStreamHeaderValue)],
        payload: [UInt8],
        to bytes: inout [UInt8]
    ) {
        payload.withUnsafeBytes { Self.append(headers: headers, payload: $0, to: &bytes) }
    }

    /// Appends an event of the type `type` whose payload is the JSON that `payload` appends.
    package static func appendEvent(
        _ type: StaticString,
        to bytes: inout [UInt8],
        payload: (inout [UInt8]) -> Void
    ) {
        let start = Self.begin(&bytes)
        Self.appendString(":event-type", type, to: &bytes)
        Self.appendString(":content-type", "application/json", to: &bytes)
        Self.appendString(":message-type", "event", to: &bytes)
        Self.endHeaders(from: start, &bytes)
        payload(&bytes)
        Self.end(from: start, &bytes)
    }

    /// Appends an event of the type `type` with a payload of JSON.
    package static func appendEvent(_ type: StaticString, payload: [UInt8], to bytes: inout [UInt8]) {
        Self.appendEvent(type, to: &bytes) { $0.append(contentsOf: payload) }
    }

    /// Appends an exception of the type `type` (`throttlingException`) with a payload of JSON.
    package static func appendException(_ type: String, payload: [UInt8], to bytes: inout [UInt8]) {
        let start = Self.begin(&bytes)
        Self.append(":exception-type", .string(type), to: &bytes)
        Self.appendString(":content-type", "application/json", to: &bytes)
        Self.appendString(":message-type", "exception", to: &bytes)
        Self.endHeaders(from: start, &bytes)
        bytes.append(contentsOf: payload)
        Self.end(from: start, &bytes)
    }

    /// Leaves room for the prelude, and says where the message starts.
    private static func begin(_ bytes: inout [UInt8]) -> Int {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: EventStreamBounds.prelude))
        return start
    }

    /// Writes the length of the headers, which end here.
    private static func endHeaders(from start: Int, _ bytes: inout [UInt8]) {
        let length = bytes.count - start - EventStreamBounds.prelude
        Self.store(UInt32(truncatingIfNeeded: length), at: start + 4, &bytes)
    }

    /// Writes the length of the message, which lacks only its last checksum, and both checksums.
    private static func end(from start: Int, _ bytes: inout [UInt8]) {
        Self.store(UInt32(truncatingIfNeeded: bytes.count - start + 4), at: start, &bytes)
        let prelude = bytes.withUnsafeBytes { CRC32.checksum(.init(rebasing: $0[start..<start + 8])) }
        Self.store(prelude, at: start + 8, &bytes)
        let message = bytes.withUnsafeBytes { CRC32.checksum(.init(rebasing: $0[start...])) }
        Self.append(message, to: &bytes)
    }

    private static func store(_ value: UInt32, at offset: Int, _ bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { value in
            for index in 0..<4 { bytes[offset + index] = value[index] }
        }
    }

    private static func append(_ integer: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private static func appendString(_ name: StaticString, _ value: StaticString, to bytes: inout [UInt8]) {
        bytes.append(UInt8(truncatingIfNeeded: name.utf8CodeUnitCount))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(EventStreamHeaderType.string.rawValue)
        Self.append(UInt16(truncatingIfNeeded: value.utf8CodeUnitCount), to: &bytes)
        value.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private static func append(_ name: String, _ value: EventStreamHeaderValue, to bytes: inout [UInt8]) {
        let name = Self.cut(name, to: 255)
        bytes.append(UInt8(truncatingIfNeeded: name.count))
        bytes.append(contentsOf: name)
        switch value {
        case .bool(let value):
            bytes.append((value ? EventStreamHeaderType.true : .false).rawValue)
        case .byte(let value):
            bytes.append(EventStreamHeaderType.byte.rawValue)
            bytes.append(UInt8(bitPattern: value))
        case .int16(let value):
            bytes.append(EventStreamHeaderType.int16.rawValue)
            Self.append(value, to: &bytes)
        case .int32(let value):
            bytes.append(EventStreamHeaderType.int32.rawValue)
            Self.append(value, to: &bytes)
        case .int64(let value):
            bytes.append(EventStreamHeaderType.int64.rawValue)
            Self.append(value, to: &bytes)
        case .bytes(let value):
            bytes.append(EventStreamHeaderType.bytes.rawValue)
            let kept = value.prefix(Self.longestValue)
            Self.append(UInt16(truncatingIfNeeded: kept.count), to: &bytes)
            bytes.append(contentsOf: kept)
        case .string(let value):
            bytes.append(EventStreamHeaderType.string.rawValue)
            let kept = Self.cut(value, to: Self.longestValue)
            Self.append(UInt16(truncatingIfNeeded: kept.count), to: &bytes)
            bytes.append(contentsOf: kept)
        case .timestamp(let value):
            bytes.append(EventStreamHeaderType.timestamp.rawValue)
            Self.append(value, to: &bytes)
        case .uuid(let value):
            bytes.append(EventStreamHeaderType.uuid.rawValue)
            Self.append(value, to: &bytes)
        }
    }

    /// The most bytes in the value of one header.
    private static let longestValue = 32767

    /// The first bytes of `text`, no character of it cut in two.
    private static func cut(_ text: String, to count: Int) -> Substring.UTF8View {
        let utf8 = text.utf8
        guard utf8.count > count else { return text[...].utf8 }
        var end = utf8.index(utf8.startIndex, offsetBy: count)
        while end > utf8.startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return text[..<end].utf8
    }
}
