import NIOCore

/// An event loop as a task executor: what runs on it stays on the loop's thread, so a request's task touches its
/// connection without locks and without a hop.
package final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop
    private let turn: NIOLoopBound<TurnQueue>

    /// - Parameter turn: where what the loop itself resumes waits for the end of the turn.
    init(_ loop: any EventLoop, turn: TurnQueue) {
        self.loop = loop
        self.turn = NIOLoopBound(turn, eventLoop: loop)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = self.asUnownedTaskExecutor()
        if self.loop.inEventLoop {
            self.turn.value.run(job, on: executor)
        } else {
            self.loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }
}
