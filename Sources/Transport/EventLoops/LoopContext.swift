package import Core
package import NIOCore

/// What belongs to one event loop and is shared by its connections, without locks: pools, deadlines, identifiers.
package final class LoopContext {
    package let loop: any EventLoop
    package let executor: LoopExecutor
    /// Upstream connections of this loop.
    package let pool: UpstreamPool
    let sweeper: DeadlineSweeper
    let flushes: FlushQueue
    private var identifiers = RequestIDSource()
    private var date = HTTPDate()

    init(loop: any EventLoop, resolver: Resolver) {
        self.loop = loop
        self.executor = LoopExecutor(loop)
        self.sweeper = DeadlineSweeper(loop: loop)
        self.flushes = FlushQueue(loop: loop)
        self.pool = UpstreamPool(loop: loop, sweeper: self.sweeper, flushes: self.flushes, resolver: resolver)
    }

    /// A new request identifier, larger than all before it on this loop.
    package func nextRequestID() -> RequestID { self.identifiers.next() }

    /// Appends the value of a `Date` field, made once a second.
    func appendDate(to bytes: inout [UInt8]) {
        self.date.append(to: &bytes, unixSeconds: unixMilliseconds() / 1000)
    }
}
