import Synchronization

/// The bytes all request bodies in flight may take together.
package final class BodyAllowance: Sendable {
    private let left: Atomic<Int>

    package init(bytes: Int) { self.left = Atomic(bytes) }

    /// Takes `bytes` if that much is left.
    func take(_ bytes: Int) -> Bool {
        let (_, after) = self.left.subtract(bytes, ordering: .relaxed)
        if after >= 0 { return true }
        self.left.add(bytes, ordering: .relaxed)
        return false
    }

    func giveBack(_ bytes: Int) { self.left.add(bytes, ordering: .relaxed) }
}
