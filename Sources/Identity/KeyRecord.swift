/// What is known of a key besides the key itself.
package struct KeyRecord: Sendable, Hashable {
    /// `key_` and a ULID, so identifiers sort by the time the keys were made.
    package var id: String
    /// What the owner calls the key; not unique.
    package var name: String
    /// The account that pays for what the key does.
    package var account: AccountPath
    /// What the key may do.
    package var role: Role
    /// The routes the key may ask for; nil allows every route.
    package var routes: [String]?
    /// When the key stops working, in Unix milliseconds; nil for never.
    package var expires: UInt64?
    /// When the key was made, in Unix milliseconds.
    package var created: UInt64
    /// The first characters of the key, for its owner to recognise it by.
    package var prefix: String
    /// When the key was revoked, in Unix milliseconds; nil while it works.
    package var revoked: UInt64?
    /// When the key was first accepted, in Unix milliseconds; nil if it never was.
    package var firstUsed: UInt64?
    /// How the key came to be.
    package var origin: Origin
    /// What a client that signs as for AWS names itself with; nil for a key without a pair.
    package var awsAccessKeyID: AWSAccessKeyID?

    /// How a key came to be.
    package enum Origin: String, Sendable, Hashable {
        /// Somebody asked for it.
        case made
        /// A start without a configuration made it for the printed example.
        case quickstart
    }

    /// What is known of a key; a fresh one needs neither expiry, revocation nor use.
    package init(
        id: String,
        name: String,
        account: AccountPath,
        role: Role = .client,
        routes: [String]? = nil,
        expires: UInt64? = nil,
        created: UInt64,
        prefix: String,
        revoked: UInt64? = nil,
        firstUsed: UInt64? = nil,
        origin: Origin = .made,
        awsAccessKeyID: AWSAccessKeyID? = nil
    ) {
        self.id = id
        self.name = name
        self.account = account
        self.role = role
        self.routes = routes
        self.expires = expires
        self.created = created
        self.prefix = prefix
        self.revoked = revoked
        self.firstUsed = firstUsed
        self.origin = origin
        self.awsAccessKeyID = awsAccessKeyID
    }
}

/// What the holder of a key may do.
package enum Role: String, Sendable, Hashable, CaseIterable {
    /// Ask models, nothing else.
    case client
    /// Read what the admin API shows, change nothing.
    case viewer
    /// Manage the subtree of accounts below its own.
    case accountAdmin = "account-admin"
    /// Everything.
    case admin

    /// Whether requests to models are answered: a viewer's key looks, it does not spend.
    package var mayAskModels: Bool { self != .viewer }
}

/// Whoever a request comes from, once its key was accepted.
///
/// An immutable object made when the key is loaded and shared by all its requests: handing it to a request costs one
/// reference count, however long its texts are.
package final class Principal: Sendable {
    /// The identifier of the key, for records and logs.
    package let keyID: String
    /// The account that pays.
    package let account: AccountPath
    /// What the key may do.
    package let role: Role
    /// The routes the key may ask for; nil allows every route.
    package let routes: Set<String>?

    /// What the holder of a key may do; see the fields.
    package init(keyID: String, account: AccountPath, role: Role, routes: Set<String>? = nil) {
        self.keyID = keyID
        self.account = account
        self.role = role
        self.routes = routes
    }

    /// Whether the key may ask for the route (or model name) `name`.
    package func mayUse(route name: String) -> Bool { self.routes?.contains(name) ?? true }
}
