package import Core
import Synchronization

/// Several API keys of one provider, used in turn. A key the provider refused is left out for a while.
///
/// With every key left out, the one whose time is up first is used all the same: a gateway that refuses by itself could
/// never find out that the provider has changed its mind.
package final class KeyRotation: Sendable {
    private let keys: [Secret]
    private let turn = Atomic<Int>(0)
    /// Until when each key is left out; read only while `latest` says that one may be.
    private let condemned: Mutex<[UInt64]>
    private let latest = Atomic<UInt64>(0)

    /// - Parameter keys: The keys, in the order they are used; nil where there are none.
    package init?(_ keys: [Secret]) {
        if keys.isEmpty { return nil }
        self.keys = keys
        self.condemned = Mutex(Array(repeating: 0, count: keys.count))
    }

    /// How many keys there are.
    package var count: Int { self.keys.count }

    /// The key to use next, and its place for ``condemn(_:until:)``.
    package func next(now: Instant) -> (index: Int, key: Secret) {
        if self.keys.count == 1 { return (0, self.keys[0]) }
        let turn = self.turn.wrappingAdd(1, ordering: .relaxed).oldValue
        // Read as unsigned, so that a counter that has come round does not make a negative place.
        let first = Int(UInt(bitPattern: turn) % UInt(self.keys.count))
        guard self.latest.load(ordering: .acquiring) > now.nanoseconds else { return (first, self.keys[first]) }
        let index = self.condemned.withLock { condemned in
            var least = first
            for step in 0..<condemned.count {
                let index = (first + step) % condemned.count
                if condemned[index] <= now.nanoseconds { return index }
                if condemned[index] < condemned[least] { least = index }
            }
            return least
        }
        return (index, self.keys[index])
    }

    /// Leaves the key at `index` out until `until`. The later of two times holds.
    package func condemn(_ index: Int, until: Instant) {
        guard self.keys.indices.contains(index) else { return }
        self.condemned.withLock { $0[index] = max($0[index], until.nanoseconds) }
        self.latest.max(until.nanoseconds, ordering: .acquiringAndReleasing)
    }

    /// How long an answer of the provider says to leave a key out; nil where it says nothing against the key.
    ///
    /// - Parameters:
    ///   - status: The HTTP status of the answer.
    ///   - retryAfter: How long the provider asked to be left alone, where it did.
    package static func sentence(status: Int, retryAfter: Duration?) -> Duration? {
        switch status {
        // Revoked, without money, without permission: nothing that passes in seconds, but an operator may mend it.
        case 401, 402, 403: .seconds(60)
        case 429: min(max(retryAfter ?? .seconds(5), .seconds(1)), .seconds(3600))
        default: nil
        }
    }
}
