import Core
import NIOCore

/// Something on an event loop that must not wait for ever.
protocol DeadlineHolder: AnyObject {
    /// When ``deadlinePassed()`` is due; nil while nothing is awaited.
    var deadline: Instant? { get }
    /// Where the sweeper keeps it; owned by the sweeper.
    var sweeperIndex: Int { get set }
    func deadlinePassed()
}

/// Looks over all deadlines of one event loop twenty times a second.
///
/// A timer per request costs a heap operation and two allocations each time it is set; here setting a deadline is one
/// store. The price is a lateness of at most ``period``, which the deadlines of a gateway (seconds) do not notice. Nothing
/// ticks while there is nothing to watch.
final class DeadlineSweeper {
    static let period = TimeAmount.milliseconds(50)

    private let loop: any EventLoop
    private var holders: [any DeadlineHolder] = []
    private var ticking = false

    init(loop: any EventLoop) { self.loop = loop }

    func add(_ holder: any DeadlineHolder) {
        holder.sweeperIndex = self.holders.count
        self.holders.append(holder)
        if !self.ticking {
            self.ticking = true
            self.scheduleTick()
        }
    }

    func remove(_ holder: any DeadlineHolder) {
        let index = holder.sweeperIndex
        guard index < self.holders.count, self.holders[index] === holder else { return }
        let last = self.holders.removeLast()
        if last !== holder {
            last.sweeperIndex = index
            self.holders[index] = last
        }
    }

    private func scheduleTick() {
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        self.loop.scheduleTask(in: Self.period) { bound.value.tick() }
    }

    private func tick() {
        let now = Instant.now
        // Backwards, because a holder whose deadline passed may remove itself, which moves the last one into its place.
        var index = self.holders.count - 1
        while index >= 0 {
            if index < self.holders.count, let deadline = self.holders[index].deadline, deadline <= now {
                self.holders[index].deadlinePassed()
            }
            index -= 1
        }
        if self.holders.isEmpty {
            self.ticking = false
        } else {
            self.scheduleTick()
        }
    }
}
