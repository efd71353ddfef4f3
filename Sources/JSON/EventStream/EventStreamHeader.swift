/// The value of a header of an event-stream message
/// (https://smithy.io/2.0/aws/amazon-eventstream.html).
package enum EventStreamHeaderValue: Sendable, Hashable {
    case bool(Bool)
    case byte(Int8)
    case int16(Int16)
    case int32(Int32)
    case int64(Int64)
    /// At most 32767 bytes.
    case bytes([UInt8])
    /// At most 32767 bytes of UTF-8.
    case string(String)
    /// Milliseconds since 1970.
    case timestamp(Int64)
    /// The sixteen bytes of a UUID, first byte highest.
    case uuid(UInt128)
}

/// The number that stands for a header's type on the wire.
enum EventStreamHeaderType: UInt8 {
    case `true` = 0
    case `false` = 1
    case byte = 2
    case int16 = 3
    case int32 = 4
    case int64 = 5
    case bytes = 6
    case string = 7
    case timestamp = 8
    case uuid = 9
}

/// A walk over the headers of a message.
struct EventStreamHeaders {
    /// One header as places in the message.
    struct Entry {
        var name: Range<Int>
        var type: EventStreamHeaderType
        /// The value without its length.
        var value: Range<Int>
    }

    private var at: Int
    private let end: Int

    /// A walk over the headers that stand at `range`.
    init(_ range: Range<Int>) {
        self.at = range.lowerBound
        self.end = range.upperBound
    }

    /// The next header, or nil behind the last one.
    mutating func next(in bytes: UnsafeRawBufferPointer) throws(EventStreamFault) -> Entry? {
        guard self.at < self.end else { return nil }
        let nameLength = Int(bytes[self.at])
        let name = self.at &+ 1..<self.at &+ 1 &+ nameLength
        guard nameLength > 0, name.upperBound < self.end,
            let type = EventStreamHeaderType(rawValue: bytes[name.upperBound])
        else { throw .headers }
        var start = name.upperBound &+ 1
        let length: Int
        switch type {
        case .true, .false: length = 0
        case .byte: length = 1
        case .int16: length = 2
        case .int32: length = 4
        case .int64, .timestamp: length = 8
        case .uuid: length = 16
        case .bytes, .string:
            guard start &+ 2 <= self.end else { throw .headers }
            length = Int(bytes.bigEndian(at: start, as: UInt16.self))
            start &+= 2
        }
        guard start &+ length <= self.end else { throw .headers }
        self.at = start &+ length
        return Entry(name: name, type: type, value: start..<start &+ length)
    }
}

extension EventStreamHeaders.Entry {
    /// The value with its own memory; U+FFFD stands for what is not UTF-8 in a string.
    func value(in bytes: UnsafeRawBufferPointer) -> EventStreamHeaderValue {
        let at = self.value.lowerBound
        return switch self.type {
        case .true: .bool(true)
        case .false: .bool(false)
        case .byte: .byte(Int8(bitPattern: bytes[at]))
        case .int16: .int16(bytes.bigEndian(at: at, as: Int16.self))
        case .int32: .int32(bytes.bigEndian(at: at, as: Int32.self))
        case .int64: .int64(bytes.bigEndian(at: at, as: Int64.self))
        case .bytes: .bytes(Array(bytes[self.value]))
        case .string: .string(String(decoding: bytes[self.value], as: UTF8.self))
        case .timestamp: .timestamp(bytes.bigEndian(at: at, as: Int64.self))
        case .uuid: .uuid(bytes.bigEndian(at: at, as: UInt128.self))
        }
    }

    /// Whether the header's name is `name`.
    func isNamed(_ name: StaticString, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard name.utf8CodeUnitCount == self.name.count, let start = bytes.baseAddress else { return false }
        let own = start.assumingMemoryBound(to: UInt8.self) + self.name.lowerBound
        return ByteSearch.equal(own, name.utf8Start, count: self.name.count)
    }
}

extension UnsafeRawBufferPointer {
    /// The integer whose highest byte stands at `offset`.
    func bigEndian<Integer: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as _: Integer.Type) -> Integer {
        Integer(bigEndian: self.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }
}
