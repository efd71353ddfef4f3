import NIOCore

/// What is left for the end of a turn of the event loop: tasks to go on with, then connections to flush.
///
/// Everything that arrived in one turn is read, judged and queued first, then written. A peer is woken once for many
/// writes instead of once for each, which on a busy loop is a third of a request's cost. All of it is one entry in the
/// loop's own queue, where an entry costs a lock, an allocation and several copies.
final class TurnQueue {
    private let loop: any EventLoop
    let buffers = BufferPool()
    private var jobs: [(job: UnownedJob, executor: UnownedTaskExecutor)] = []
    private var flushes: [ChannelHandlerContext] = []
    /// The storage that ``flushes`` had before, so that neither list is ever made anew.
    private var flushing: [ChannelHandlerContext] = []
    private var isScheduled = false

    init(loop: any EventLoop) { self.loop = loop }

    /// Runs `job` at the end of this turn.
    func run(_ job: UnownedJob, on executor: UnownedTaskExecutor) {
        self.jobs.append((job, executor))
        self.schedule()
    }

    /// Flushes `context` at the end of this turn.
    func flush(_ context: ChannelHandlerContext) {
        // What a stream's events bring in one turn leaves with one flush.
        if self.flushes.last === context { return }
        self.flushes.append(context)
        self.schedule()
    }

    private func schedule() {
        guard !self.isScheduled else { return }
        self.isScheduled = true
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        self.loop.execute { bound.value.endTurn() }
    }

    private func endTurn() {
        while !self.jobs.isEmpty || !self.flushes.isEmpty {
            // A job may bring further ones.
            var next = 0
            while next < self.jobs.count {
                let (job, executor) = self.jobs[next]
                next += 1
                job.runSynchronously(on: executor)
            }
            self.jobs.removeAll(keepingCapacity: true)
            swap(&self.flushes, &self.flushing)
            for context in self.flushing { context.flush() }
            self.flushing.removeAll(keepingCapacity: true)
        }
        self.buffers.turnEnded()
        self.isScheduled = false
    }
}
