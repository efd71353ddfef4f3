import NIOCore

/// Payload on its way to a client, with room kept in front for the chunk size, so that framing it copies nothing.
package struct ChunkBuffer {
    /// Room for sixteen hexadecimal digits and CRLF.
    private static let headroom = 18

    private var buffer: ByteBuffer

    /// - Parameter pool: where the payload is written; without one, in a buffer of its own.
    package init(capacity: Int, in pool: BufferPool? = nil) {
        let room = capacity + Self.headroom + 2
        self.buffer = pool?.take(capacity: room) ?? ByteBufferAllocator().buffer(capacity: room)
        self.buffer.moveWriterIndex(to: Self.headroom)
        self.buffer.moveReaderIndex(to: Self.headroom)
    }

    package var isEmpty: Bool { self.buffer.readableBytes == 0 }
    package var count: Int { self.buffer.readableBytes }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) { self.buffer.writeBytes(bytes) }
    package mutating func append(_ bytes: [UInt8]) { self.buffer.writeBytes(bytes) }
    package mutating func append(_ text: StaticString) { self.buffer.writeStaticString(text) }

    /// The payload as one chunk (RFC 9112 §7.1).
    consuming func framed() -> ByteBuffer {
        let size = self.buffer.readableBytes
        var start = self.buffer.readerIndex - 2
        self.buffer.setInteger(0x0d0a as UInt16, at: start)
        var rest = size
        repeat {
            start -= 1
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            self.buffer.setInteger(digit < 10 ? 0x30 + digit : 0x57 + digit, at: start)
            rest >>= 4
        } while rest > 0
        self.buffer.moveReaderIndex(to: start)
        self.buffer.writeStaticString("\r\n")
        return self.buffer
    }

    /// The payload without framing, for a client that speaks HTTP/1.0.
    consuming func plain() -> ByteBuffer { self.buffer }
}
