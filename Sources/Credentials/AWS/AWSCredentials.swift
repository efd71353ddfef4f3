package import Core

/// A key pair of AWS, with a session token where it is temporary.
package struct AWSCredentials: Sendable, Hashable {
    /// The public half, which is in every signature.
    package var accessKeyID: String
    /// The half that signs.
    package var secretAccessKey: Secret
    /// What makes a temporary pair valid.
    package var sessionToken: Secret?
    /// The Unix second a temporary pair ends at; nil is a pair that does not end.
    package var expires: Int64?

    /// A pair from its parts.
    package init(accessKeyID: String, secretAccessKey: Secret, sessionToken: Secret? = nil, expires: Int64? = nil) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expires = expires
    }
}
