package import Core
package import NIOCore

/// What belongs to one event loop and is shared by its connections, without locks: pools, deadlines, identifiers.
package final class LoopContext {
    package let loop: any EventLoop
    package let executor: LoopExecutor
    /// Upstream connections of this loop.
    package let pool: UpstreamPool
    let sweeper: DeadlineSweeper
    let turn: TurnQueue
    /// Buffers for what this loop writes.
    package var buffers: BufferPool { self.turn.buffers }
    private var identifiers = RequestIDSource()
    private var date = HTTPDate()

    init(loop: any EventLoop, resolver: Resolver) {
        self.loop = loop
        self.turn = TurnQueue(loop: loop)
        self.executor = LoopExecutor(loop, turn: self.turn)
        self.sweeper = DeadlineSweeper(loop: loop)
        self.pool = UpstreamPool(loop: loop, sweeper: self.sweeper, turn: self.turn, resolver: resolver)
    }

    /// A new request identifier, larger than all before it on this loop.
    package func nextRequestID() -> RequestID { self.identifiers.next() }

    /// Calls `body` with the value of a `Date` field, made once a second.
    func withDate(_ body: (UnsafeRawBufferPointer) -> Void) {
        self.date.withText(unixSeconds: unixMilliseconds() / 1000, body)
    }
}
