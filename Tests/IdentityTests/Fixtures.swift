import Identity

/// A generator whose numbers follow from its seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A digest for tests only: the bytes repeated, so that different short keys have different digests.
@Sendable func plainDigest(_ bytes: UnsafeRawBufferPointer) -> KeyDigest {
    var digest = [UInt8](repeating: 1, count: 32)
    for (index, byte) in bytes.enumerated() { digest[index % 32] = digest[index % 32] &* 31 &+ byte }
    guard let made = KeyDigest(digest) else { preconditionFailure("a digest has 32 bytes") }
    return made
}

/// A stored key for the text `key`.
func storedKey(
    _ key: String,
    id: String = "key_1",
    role: Role = .client,
    routes: [String]? = nil,
    expires: UInt64? = nil,
    revoked: UInt64? = nil
) -> StoredKey {
    StoredKey(
        digest: digest(of: key, using: plainDigest),
        record: KeyRecord(
            id: id,
            name: "test",
            account: .standard,
            role: role,
            routes: routes,
            expires: expires,
            created: 0,
            prefix: "tp-test",
            revoked: revoked
        )
    )
}
