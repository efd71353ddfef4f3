package import Core

/// An OAuth 2 access token of Google Cloud.
package struct GoogleToken: Sendable, Hashable {
    /// The token, sent as `Authorization: Bearer`.
    package var token: Secret
    /// The project the credentials' use is counted against, sent as `x-goog-user-project`; only a user's own credentials
    /// name one.
    package var quotaProject: String?

    /// A token from its parts.
    package init(token: Secret, quotaProject: String? = nil) {
        self.token = token
        self.quotaProject = quotaProject
    }
}
