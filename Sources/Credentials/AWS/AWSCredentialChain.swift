package import Core

/// Finds AWS credentials where AWS's own SDKs look for them, in their order, and keeps them fresh.
///
/// 1. The pair of the provider's settings. 2. The environment. 3. A web identity token (EKS service accounts). 4. The
/// shared credentials and config files. 5. The container endpoint (ECS, EKS Pod Identity). 6. The instance's metadata
/// service. A profile named in the settings is meant: then only the files are read. A source that is set up but does not
/// work ends the search with its error, so that a request is never signed by somebody it was not meant to be.
///
/// Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
package struct AWSCredentialChain: Sendable {
    /// What the provider's settings and the machine say.
    package struct Options: Sendable {
        /// The pair of the settings; with one, nothing else is looked at.
        package var pair: AWSCredentials?
        /// The profile of the settings.
        package var profile: String?
        /// The region of the endpoint, whose token service is asked.
        package var region: String?
        /// The environment of the process.
        package var environment: [String: String]

        /// Options without a pair or a profile of their own.
        package init(
            pair: AWSCredentials? = nil,
            profile: String? = nil,
            region: String? = nil,
            environment: [String: String]
        ) {
            self.pair = pair
            self.profile = profile
            self.region = region
            self.environment = environment
        }
    }

    let options: Options
    let http: any BackgroundHTTP
    let readFile: @Sendable (String) -> String?
    let clock: @Sendable () -> Int64

    /// - Parameters:
    ///   - options: Where to look.
    ///   - http: Makes the calls to token and metadata services.
    ///   - clock: The time, in seconds since the Unix epoch.
    ///   - readFile: The text of a file, or nil where it cannot be read.
    package init(
        _ options: Options,
        http: any BackgroundHTTP,
        clock: @escaping @Sendable () -> Int64 = unixSeconds,
        readFile: @escaping @Sendable (String) -> String? = CredentialFile.read
    ) {
        self.options = options
        self.http = http
        self.clock = clock
        self.readFile = readFile
    }

    /// The chain's credentials, fetched when first asked for and kept fresh from then on.
    package func refreshing() -> RefreshingCredential<AWSCredentials> {
        RefreshingCredential(clock: self.clock) { () async throws(GatewayError) in
            let found = try await self.find()
            return (found, expires: found.expires)
        }
    }

    /// Searches once.
    ///
    /// - Throws: ``GatewayError/Code/upstreamAuthentication`` with what was tried and what to set.
    package func find() async throws(GatewayError) -> AWSCredentials {
        var tried: [String] = []
        for source in self.sources {
            let outcome: Outcome
            do throws(SourceFailure) {
                outcome = try await self.ask(source)
            } catch {
                throw noCredential("No AWS credentials: \(error.message)")
            }
            switch outcome {
            case .found(let credentials): return credentials
            case .absent(let reason): tried.append(reason)
            }
        }
        throw noCredential(
            "No AWS credentials found. Tried: \(tried.joined(separator: "; ")). Set access_key_id and"
                + " secret_access_key or profile in the provider's settings, or AWS_ACCESS_KEY_ID and"
                + " AWS_SECRET_ACCESS_KEY in the environment, or give the machine a role."
        )
    }

    /// What one source says.
    enum Outcome {
        case found(AWSCredentials)
        /// Not set up, in a few words.
        case absent(String)
    }

    private enum Source {
        case settings(AWSCredentials)
        case environment
        case webIdentity
        case files
        case container
        case instance
    }

    private var sources: [Source] {
        if let pair = self.options.pair { return [.settings(pair)] }
        if self.options.profile != nil { return [.files] }
        return [.environment, .webIdentity, .files, .container, .instance]
    }

    private func ask(_ source: Source) async throws(SourceFailure) -> Outcome {
        switch source {
        case .settings(let pair): .found(pair)
        case .environment: try self.fromEnvironment()
        case .webIdentity: try await self.fromWebIdentity()
        case .files: try await self.fromFiles()
        case .container: try await self.fromContainer()
        case .instance: try await self.fromInstanceMetadata()
        }
    }

    /// A variable of the environment; an empty one counts as none.
    func variable(_ name: String) -> String? {
        guard let value = self.options.environment[name], !value.isEmpty else { return nil }
        return value
    }
}

// MARK: Environment and files

extension AWSCredentialChain {
    private func fromEnvironment() throws(SourceFailure) -> Outcome {
        guard let id = self.variable("AWS_ACCESS_KEY_ID") else {
            return .absent("environment (AWS_ACCESS_KEY_ID is not set)")
        }
        guard let secret = self.variable("AWS_SECRET_ACCESS_KEY") else {
            throw SourceFailure("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not.")
        }
        return .found(
            AWSCredentials(
                accessKeyID: id,
                secretAccessKey: Secret(secret),
                sessionToken: self.variable("AWS_SESSION_TOKEN").map(Secret.init)
            )
        )
    }

    private func fromFiles() async throws(SourceFailure) -> Outcome {
        let named = self.options.profile ?? self.variable("AWS_PROFILE") ?? self.variable("AWS_DEFAULT_PROFILE")
        let name = named ?? "default"
        let credentialsPath = self.sharedPath("AWS_SHARED_CREDENTIALS_FILE", standard: "credentials")
        let configPath = self.sharedPath("AWS_CONFIG_FILE", standard: "config")
        let config = configPath.flatMap(self.readFile).map { AWSProfiles($0, .config) } ?? AWSProfiles()
        let credentials = credentialsPath.flatMap(self.readFile).map { AWSProfiles($0, .credentials) } ?? AWSProfiles()
        let places = [credentialsPath, configPath].compactMap { $0 }.joined(separator: " nor ")
        guard let settings = config.merged(with: credentials).settings[name] else {
            if named != nil { throw SourceFailure("the profile '\(name)' is neither in \(places).") }
            return .absent("profile '\(name)' (neither in \(places))")
        }
        // A role comes before a pair: the pair may be that of another profile's role.
        if let role = settings["role_arn"] {
            guard let token = settings["web_identity_token_file"] else {
                throw SourceFailure(
                    "the profile '\(name)' assumes a role (role_arn with source_profile or credential_source), which"
                        + " is not supported yet; put temporary credentials into a profile of its own."
                )
            }
            let session = settings["role_session_name"]
            return .found(try await self.assumeRole(role, tokenFile: token, session: session))
        }
        if let id = settings["aws_access_key_id"] {
            guard let secret = settings["aws_secret_access_key"], !secret.isEmpty, !id.isEmpty else {
                throw SourceFailure("the profile '\(name)' has aws_access_key_id but no aws_secret_access_key.")
            }
            let token = settings["aws_session_token"].flatMap { $0.isEmpty ? nil : Secret($0) }
            return .found(AWSCredentials(accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: token))
        }
        for unsupported in ["credential_process", "sso_session", "sso_start_url"] where settings[unsupported] != nil {
            throw SourceFailure(
                "the profile '\(name)' uses \(unsupported), which is not supported yet; export its credentials with"
                    + " 'aws configure export-credentials' instead."
            )
        }
        if self.options.profile != nil { throw SourceFailure("the profile '\(name)' has no credentials.") }
        return .absent("profile '\(name)' (it has no credentials)")
    }

    private func sharedPath(_ variable: String, standard: String) -> String? {
        let home = self.variable("HOME")
        if let path = self.variable(variable) { return CredentialFile.expanded(path, home: home) }
        return home.map { "\($0)/.aws/\(standard)" }
    }
}
