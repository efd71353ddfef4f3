package import NIOCore

/// Buffers for what an event loop writes, used again once it has been sent.
///
/// What is written is too long for the allocator's own quick lists, and is made anew for each request and each event. A
/// buffer is handed back while it still waits to be sent; should its bytes not have left when it is taken again, it gets
/// new ones.
package final class BufferPool {
    private var ready: [ByteBuffer] = []
    /// Handed back in this turn of the loop, so mostly not sent yet.
    private var waiting: [ByteBuffer] = []

    /// How many buffers are kept, and the largest of them in bytes.
    private static let bound = 64
    private static let largest = 16_384

    package init() {}

    /// An empty buffer with room for `capacity` bytes.
    package func take(capacity: Int) -> ByteBuffer {
        guard capacity <= Self.largest, var buffer = self.ready.popLast() else {
            return ByteBufferAllocator().buffer(capacity: capacity)
        }
        buffer.clear(minimumCapacity: capacity)
        return buffer
    }

    /// Hands a buffer back that has been given to a connection to be sent.
    func giveBack(_ buffer: ByteBuffer) {
        guard buffer.storageCapacity <= Self.largest, self.waiting.count < Self.bound else { return }
        self.waiting.append(buffer)
    }

    /// The turn is over, and what was written in it has been flushed.
    func turnEnded() {
        if self.ready.isEmpty {
            swap(&self.ready, &self.waiting)
        } else {
            self.ready.append(contentsOf: self.waiting.prefix(Self.bound - self.ready.count))
            self.waiting.removeAll(keepingCapacity: true)
        }
    }
}
