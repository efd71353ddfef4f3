import NIOCore
import Testing

@testable import Transport

@Suite struct BufferPoolTests {
    @Test func fillsASentBufferAgain() {
        let pool = BufferPool()
        var first = pool.take(capacity: 100)
        first.writeString("first")
        let place = first.withUnsafeReadableBytes { $0.baseAddress }
        pool.giveBack(first)
        first = ByteBuffer()
        pool.turnEnded()
        var second = pool.take(capacity: 50)
        #expect(second.readableBytes == 0)
        second.writeString("second")
        #expect(second.withUnsafeReadableBytes { $0.baseAddress } == place)
    }

    @Test func leavesWhatIsNotSentAlone() {
        let pool = BufferPool()
        var unsent = pool.take(capacity: 100)
        unsent.writeString("unsent")
        pool.giveBack(unsent)
        pool.turnEnded()
        var next = pool.take(capacity: 100)
        next.writeString("something else")
        #expect(String(buffer: unsent) == "unsent")
        #expect(String(buffer: next) == "something else")
    }

    @Test func givesTheRoomThatIsAskedFor() {
        let pool = BufferPool()
        pool.giveBack(pool.take(capacity: 10))
        pool.turnEnded()
        #expect(pool.take(capacity: 5000).writableBytes >= 5000)
        #expect(pool.take(capacity: 1 << 20).writableBytes >= 1 << 20)
    }
}
