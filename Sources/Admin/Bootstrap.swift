package import Core
package import Identity
package import Logging
import ServiceLifecycle

/// What a start finds or makes: the keys in memory, the admin key, and the key of the printed example.
///
/// Rules:
/// - The admin key is made at the first start and returned that once. Where `TURNPIKE_ADMIN_KEY` is set it is used
///   instead, at the first start and at every later one: a value that differs from the stored key takes its place, and
///   the former one is refused. Taking the variable away again keeps the last key. An empty value counts as not set.
/// - A start without a configuration makes one client key named `quickstart`. Keys that earlier such starts made and
///   nobody has used are taken out; one that was used stays, so an application that was given it goes on working.
package struct Bootstrap: Sendable {
    /// The keys of the node; its ring checks requests.
    package let keys: KeyDirectory
    /// The admin key where this start made it: to be printed, once.
    package let newAdminKey: Secret?
    /// The client key where this start made one: to be printed, once.
    package let quickstartKey: Secret?
    /// Writes down the first use of keys; to be run with the other services.
    package let firstUses: FirstUseWriter

    /// The name of the variable that sets the admin key.
    package static let adminKeyVariable = "TURNPIKE_ADMIN_KEY"

    /// Fills the ring from `store` and makes what is missing.
    ///
    /// - Parameters:
    ///   - store: where keys live.
    ///   - adminKey: the value of `TURNPIKE_ADMIN_KEY`, if set.
    ///   - quickstart: whether the gateway starts without a configuration.
    ///   - hasher: SHA-256.
    ///   - seal: opens and seals the secrets of AWS pairs.
    ///   - logger: told when the first use of a key could not be written.
    ///   - now: Unix milliseconds.
    /// - Throws: ``AdminKeyError`` where the variable's value cannot be a key; ``SealError`` where the secret of a key's
    ///   AWS pair does not open; what the store throws.
    package static func start(
        store: some KeyStore & AdminKeyStore,
        adminKey: Secret?,
        quickstart: Bool,
        hasher: @escaping KeyHasher,
        seal: any SecretSealing,
        logger: Logger,
        now: @escaping @Sendable () -> UInt64 = unixMilliseconds
    ) async throws -> Bootstrap {
        let given = try adminKey.flatMap { $0.isEmpty ? nil : $0 }.map { try Self.checked($0) }
        for key in try await store.all()
        where quickstart && key.record.origin == .quickstart && key.record.firstUsed == nil {
            try await store.delete(id: key.record.id)
        }
        let firstUses = FirstUseWriter(store: store, logger: logger, now: now)
        let ring = try KeyRing(try await store.all(), seal: seal, onFirstUse: firstUses.report)
        let keys = KeyDirectory(store: store, ring: ring, hasher: hasher, seal: seal, now: now)

        let stored = try await store.adminKey()
        var made: APIKey?
        let inForce: KeyDigest
        if let given {
            inForce = digest(of: given.reveal(), using: hasher)
            if inForce != stored { try await store.setAdminKey(inForce) }
        } else if let stored {
            inForce = stored
        } else {
            let key = APIKey()
            inForce = key.digest(using: hasher)
            try await store.setAdminKey(inForce)
            made = key
        }
        ring.insert(StoredKey(digest: inForce, record: Self.adminRecord))

        let example =
            quickstart ? try await keys.create(KeyDraft(name: "quickstart"), origin: .quickstart).key : nil
        return Bootstrap(
            keys: keys,
            newAdminKey: made?.secret,
            quickstartKey: example?.secret,
            firstUses: firstUses
        )
    }

    /// The admin key in the ring. It is not among the stored keys, so it is neither listed nor revoked: setting another
    /// takes its place.
    private static let adminRecord = KeyRecord(
        id: KeyDirectory.adminKeyID,
        name: "admin",
        account: .root,
        role: .admin,
        created: 0,
        prefix: "",
        firstUsed: 0
    )

    /// An admin key must be hard to guess and fit a header field.
    private static func checked(_ key: Secret) throws(AdminKeyError) -> Secret {
        let bytes = key.reveal().utf8
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .unprintable }
        guard bytes.count >= AdminKeyError.shortest else { throw .tooShort(bytes.count) }
        guard bytes.count <= CredentialPlaces.limit else { throw .tooLong(bytes.count) }
        return key
    }
}

/// Why the value of `TURNPIKE_ADMIN_KEY` cannot be the admin key. Never quotes it.
package enum AdminKeyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// It has this few characters.
    case tooShort(Int)
    /// It has this many characters.
    case tooLong(Int)
    /// It holds white space, control characters or characters outside ASCII.
    case unprintable

    /// The fewest characters of an admin key.
    package static let shortest = 32

    package var description: String {
        let fix = "for example the output of: openssl rand -hex 32"
        return switch self {
        case .tooShort(let count):
            "TURNPIKE_ADMIN_KEY has \(count) characters; an admin key needs \(Self.shortest) or more, \(fix)"
        case .tooLong(let count):
            "TURNPIKE_ADMIN_KEY has \(count) characters; an admin key has at most \(CredentialPlaces.limit), \(fix)"
        case .unprintable:
            "TURNPIKE_ADMIN_KEY may hold printable ASCII characters only, and no spaces, \(fix)"
        }
    }
}

/// Writes the first use of each key to the store, away from the request that made it.
///
/// The queue is bounded: a use that does not fit is forgotten, which only means that an unused example key may be taken
/// for one.
package struct FirstUseWriter: Service {
    private let store: any KeyStore
    private let logger: Logger
    private let now: @Sendable () -> UInt64
    private let uses: AsyncStream<String>
    private let queue: AsyncStream<String>.Continuation

    /// A writer with an empty queue.
    init(store: any KeyStore, logger: Logger, now: @escaping @Sendable () -> UInt64) {
        self.store = store
        self.logger = logger
        self.now = now
        (self.uses, self.queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(4096))
    }

    /// Queues the first use of the key `id`; returns at once.
    @Sendable func report(_ id: String) { self.queue.yield(id) }

    /// Takes no more uses: ``run()`` ends once it has written what is queued.
    package func finish() { self.queue.finish() }

    /// Writes until shutdown, then what is still queued.
    package func run() async throws {
        await withGracefulShutdownHandler {
            for await id in self.uses {
                do {
                    try await self.store.recordFirstUse(id: id, at: self.now())
                } catch {
                    self.logger.warning(
                        "the first use of a key was not stored",
                        metadata: ["key": "\(id)", "error": "\(error)"]
                    )
                }
            }
        } onGracefulShutdown: {
            self.finish()
        }
    }
}
