import Core
import Synchronization

/// Makes keys: a random secret, and a record with a fresh identifier.
package final class KeyMinter: Sendable {
    private let identifiers: Mutex<RequestIDSource>

    /// A minter whose identifiers rise.
    package init() { self.identifiers = Mutex(RequestIDSource()) }

    /// Makes a key at `now` (Unix milliseconds). The secret is in the result and nowhere else.
    package func mint(
        name: String,
        account: AccountPath,
        role: Role = .client,
        routes: [String]? = nil,
        expires: UInt64? = nil,
        origin: KeyRecord.Origin = .made,
        awsAccessKeyID: AWSAccessKeyID? = nil,
        at now: UInt64
    ) -> (key: APIKey, record: KeyRecord) {
        let key = APIKey()
        let id = self.identifiers.withLock { $0.next(at: now) }
        let record = KeyRecord(
            id: "key_\(id)",
            name: name,
            account: account,
            role: role,
            routes: routes,
            expires: expires,
            created: now,
            prefix: key.prefix,
            origin: origin,
            awsAccessKeyID: awsAccessKeyID
        )
        return (key, record)
    }
}
