package import Core
import JSON

/// Gets access tokens of Google Cloud from the credentials Google's own libraries use ("Application Default Credentials"),
/// and keeps them fresh.
///
/// 1. The key file or key of the provider's settings. 2. The file `GOOGLE_APPLICATION_CREDENTIALS` names. 3. What
/// `gcloud auth application-default login` left. 4. The metadata server of a machine on Google Cloud.
///
/// Source: Google Cloud, "How Application Default Credentials works" (AIP-4110).
package struct GoogleTokenSource: Sendable {
    /// The scope of every API of Google Cloud.
    package static let cloudPlatform = "https://www.googleapis.com/auth/cloud-platform"

    private let credentials: Secret?
    private let environment: [String: String]
    private let scope: String
    private let http: any BackgroundHTTP
    private let readFile: @Sendable (String) -> String?
    private let clock: @Sendable () -> Int64

    /// - Parameters:
    ///   - credentials: The path of a credentials file, or its JSON text itself; nil looks where Google's libraries do.
    ///   - environment: The environment of the process.
    ///   - scope: What the token is for.
    ///   - http: Makes the calls to token endpoints and the metadata server.
    ///   - clock: The time, in seconds since the Unix epoch.
    ///   - readFile: The text of a file, or nil where it cannot be read.
    package init(
        credentials: Secret? = nil,
        environment: [String: String],
        scope: String = Self.cloudPlatform,
        http: any BackgroundHTTP,
        clock: @escaping @Sendable () -> Int64 = unixSeconds,
        readFile: @escaping @Sendable (String) -> String? = CredentialFile.read
    ) {
        self.credentials = credentials
        self.environment = environment
        self.scope = scope
        self.http = http
        self.clock = clock
        self.readFile = readFile
    }

    /// The source's token, fetched when first asked for and kept fresh from then on.
    package func refreshing() -> RefreshingCredential<GoogleToken> {
        RefreshingCredential(clock: self.clock) { () async throws(GatewayError) in try await self.fetch() }
    }

    /// Fetches a token once.
    ///
    /// - Returns: The token and the Unix second it ends at.
    /// - Throws: ``GatewayError/Code/upstreamAuthentication`` with what was tried and what to set.
    package func fetch() async throws(GatewayError) -> (GoogleToken, expires: Int64?) {
        do throws(SourceFailure) {
            guard let (text, place) = try self.document() else { return try await self.fromMetadata() }
            return try await self.fromDocument(text, place)
        } catch {
            throw noCredential("No Google credentials: \(error.message)")
        }
    }

    private func variable(_ name: String) -> String? {
        guard let value = self.environment[name], !value.isEmpty else { return nil }
        return value
    }

    // MARK: Documents

    /// The text of the credentials file in force and how to name it; nil where there is none.
    private func document() throws(SourceFailure) -> (Secret, String)? {
        if let given = self.credentials?.reveal(), !given.isEmpty {
            if given.trimmedText.hasPrefix("{") { return (Secret(given), "the key in credentials") }
            return (try self.read(given, named: "credentials"), given)
        }
        if let path = self.variable("GOOGLE_APPLICATION_CREDENTIALS") {
            return (try self.read(path, named: "GOOGLE_APPLICATION_CREDENTIALS"), path)
        }
        guard let path = self.gcloudPath, let text = self.readFile(path) else { return nil }
        return (Secret(text), path)
    }

    private func read(_ path: String, named setting: String) throws(SourceFailure) -> Secret {
        guard let text = self.readFile(CredentialFile.expanded(path, home: self.variable("HOME"))) else {
            throw SourceFailure("the file \(path) that \(setting) names cannot be read.")
        }
        return Secret(text)
    }

    private var gcloudPath: String? {
        let folder = self.variable("CLOUDSDK_CONFIG") ?? self.variable("HOME").map { "\($0)/.config/gcloud" }
        return folder.map { "\($0)/application_default_credentials.json" }
    }

    private func fromDocument(
        _ text: Secret,
        _ place: String
    ) async throws(SourceFailure) -> (GoogleToken, expires: Int64?) {
        guard let document = try? JSONValue(parsing: text.reveal()), document.asObject != nil else {
            throw SourceFailure("\(place) is not JSON.")
        }
        switch document["type"]?.asString {
        case "service_account":
            let account = try GoogleServiceAccount(document, place: place)
            let assertion = try account.assertion(scope: self.scope, now: self.clock())
            return try await self.trade(
                at: account.tokenURI,
                form: [("grant_type", GoogleServiceAccount.grant), ("assertion", assertion.reveal())],
                secrets: [assertion],
                quotaProject: nil
            )
        case "authorized_user":
            guard let id = document["client_id"]?.asString, let secret = document["client_secret"]?.asString,
                let refresh = document["refresh_token"]?.asString
            else {
                throw SourceFailure("\(place) lacks client_id, client_secret or refresh_token.")
            }
            return try await self.trade(
                at: document["token_uri"]?.asString ?? GoogleServiceAccount.standardTokenURI,
                form: [
                    ("grant_type", "refresh_token"), ("client_id", id), ("client_secret", secret),
                    ("refresh_token", refresh),
                ],
                secrets: [Secret(secret), Secret(refresh)],
                quotaProject: self.variable("GOOGLE_CLOUD_QUOTA_PROJECT") ?? document["quota_project_id"]?.asString
            )
        case "external_account", "external_account_authorized_user", "impersonated_service_account":
            throw SourceFailure(
                "\(place) is of type \(document["type"]?.asString ?? ""), which is not supported yet; use a service"
                    + " account's key file, or the metadata server."
            )
        default:
            throw SourceFailure("\(place) is neither of type service_account nor authorized_user.")
        }
    }

    /// Asks a token endpoint (RFC 6749 §5).
    private func trade(
        at endpoint: String,
        form: [(name: String, value: String)],
        secrets: [Secret],
        quotaProject: String?
    ) async throws(SourceFailure) -> (GoogleToken, expires: Int64?) {
        guard isEncryptedOrLocal(endpoint) else {
            throw SourceFailure("the token_uri of the credentials must be https.")
        }
        var request = BackgroundRequest(.post, endpoint, timeout: .seconds(10))
        request.add("accept", "application/json")
        request.setForm(form)
        let response: BackgroundResponse
        do throws(BackgroundHTTPError) {
            response = try await self.http.send(request)
        } catch {
            throw SourceFailure("the token endpoint \(endpoint): \(error).")
        }
        let answer = try? JSONValue(parsing: response.body)
        guard response.status == 200 else {
            let reason = answer?["error"]?.asString ?? "no error code"
            let detail = answer?["error_description"]?.asString ?? ""
            throw SourceFailure(
                "the token endpoint \(endpoint) refused with status \(response.status):"
                    + " \(shown("\(reason) \(detail)", hiding: secrets))."
            )
        }
        return try self.token(answer, from: "the token endpoint \(endpoint)", quotaProject: quotaProject)
    }

    private func token(
        _ answer: JSONValue?,
        from place: String,
        quotaProject: String?
    ) throws(SourceFailure) -> (GoogleToken, expires: Int64?) {
        guard let answer, let token = answer["access_token"]?.asString, !token.isEmpty,
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw SourceFailure("\(place) answered without a usable access_token.")
        }
        // Without the field (it is only recommended) a token is taken to live as long as Google's do at least.
        let lifetime = min(max(answer["expires_in"]?.asDouble ?? 3600, 0), 86_400)
        return (GoogleToken(token: Secret(token), quotaProject: quotaProject), self.clock() + Int64(lifetime))
    }

    // MARK: Metadata

    private func fromMetadata() async throws(SourceFailure) -> (GoogleToken, expires: Int64?) {
        let advice =
            "set credentials in the provider's settings or GOOGLE_APPLICATION_CREDENTIALS to a service account's key"
            + " file, or run 'gcloud auth application-default login', or give the machine a service account."
        if self.variable("NO_GCE_CHECK")?.lowercased() == "true" {
            throw SourceFailure("no file is set, and NO_GCE_CHECK rules out the metadata server; \(advice)")
        }
        let host = self.variable("GCE_METADATA_HOST") ?? "metadata.google.internal"
        var request = BackgroundRequest(
            .get,
            "http://\(host)/computeMetadata/v1/instance/service-accounts/default/token",
            timeout: .seconds(3)
        )
        request.add("metadata-flavor", "Google")
        let response: BackgroundResponse
        do throws(BackgroundHTTPError) {
            response = try await self.http.send(request)
        } catch {
            let file = self.gcloudPath ?? "application_default_credentials.json"
            throw SourceFailure(
                "GOOGLE_APPLICATION_CREDENTIALS is not set, \(file) cannot be read, and the metadata server at \(host):"
                    + " \(error); \(advice)"
            )
        }
        // Something else that answers at this name, a captive portal say, must not be believed.
        guard response.value(of: "metadata-flavor") == "Google" else {
            throw SourceFailure("what answers at \(host) is not Google's metadata server; \(advice)")
        }
        guard response.status == 200 else {
            throw SourceFailure("the metadata server at \(host) answered with status \(response.status); \(advice)")
        }
        let answer = try? JSONValue(parsing: response.body)
        return try self.token(answer, from: "the metadata server at \(host)", quotaProject: nil)
    }
}
