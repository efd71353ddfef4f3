package import Core
package import NIOCore

/// What belongs to one event loop and is shared by its connections, without locks: pools, deadlines, identifiers.
package final class LoopContext {
    package let loop: any EventLoop
    package let executor: LoopExecutor
    /// Upstream connections of this loop.
    package let pool: UpstreamPool
    let sweeper: DeadlineSweeper
    private var identifiers = RequestIDSource()
    private var date = HTTPDate()

    init(loop: any EventLoop, resolver: Resolver) {
        self.loop = loop
        self.executor = LoopExecutor(loop)
        self.sweeper = DeadlineSweeper(loop: loop)
        self.pool = UpstreamPool(loop: loop, sweeper: self.sweeper, resolver: resolver)
    }

    /// A new request identifier, larger than all before it on this loop.
    package func nextRequestID() -> RequestID { self.identifiers.next() }

    /// Writes the value of a `Date` field, made once a second.
    func writeDate(into buffer: inout ByteBuffer) {
        self.date.write(into: &buffer, unixSeconds: unixMilliseconds() / 1000)
    }
}
