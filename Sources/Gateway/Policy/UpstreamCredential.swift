import Core
package import Credentials
import Providers
import TurnpikeConfiguration

/// What the gateway needs from outside to sign in at providers.
package struct CredentialServices: Sendable {
    /// The environment of the process, where AWS and Google look for credentials.
    package var environment: [String: String]
    /// Asks token and metadata services.
    package var http: any BackgroundHTTP

    package init(environment: [String: String], http: any BackgroundHTTP) {
        self.environment = environment
        self.http = http
    }
}

/// How one provider is signed in at.
enum UpstreamCredential: Sendable {
    case none
    /// Keys used in turn, each as the field line that carries it.
    case keys(KeyRotation, lines: [[UInt8]])
    case aws(RefreshingCredential<AWSCredentials>, SigV4Signer)
    case google(RefreshingCredential<GoogleToken>)

    init(_ settings: ProviderSettings, upstream: Upstream, services: CredentialServices) {
        if let rotation = KeyRotation(settings.keys), !settings.keys.allSatisfy(\.isEmpty) {
            let lines = settings.keys.map { key in
                upstream.authorization(key).map { FieldLine.bytes(of: $0) } ?? []
            }
            self = .keys(rotation, lines: lines)
            return
        }
        switch upstream.profile.credential {
        case .aws(let service):
            let pair = settings.accessKeyID.flatMap { id in
                settings.secretAccessKey.map { secret in
                    AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: settings.sessionToken)
                }
            }
            let options = AWSCredentialChain.Options(
                pair: pair,
                profile: settings.profile,
                region: settings.region,
                environment: services.environment
            )
            self = .aws(
                AWSCredentialChain(options, http: services.http).refreshing(),
                SigV4Signer(region: settings.region ?? "us-east-1", service: service)
            )
        case .google:
            let source = GoogleTokenSource(
                credentials: settings.credentials.map { Secret($0) },
                environment: services.environment,
                http: services.http
            )
            self = .google(source.refreshing())
        case .bearer, .field, .none:
            self = .none
        }
    }

    /// What the next request signs in with, where that is at hand: most often, and without anything to wait for.
    var held: SignIn? {
        switch self {
        case .none: SignIn(proof: .line([]))
        case .keys(let rotation, let lines): Self.signIn(rotation, lines)
        case .aws(let credential, let signer): credential.current.map { SignIn(proof: .signature($0, signer)) }
        case .google(let credential): credential.current.map(Self.signIn)
        }
    }

    /// What the next request signs in with.
    ///
    /// - Throws: `upstreamAuthentication` with what was tried and what to set.
    func signIn() async throws(GatewayError) -> SignIn {
        if let held = self.held { return held }
        switch self {
        case .none: return SignIn(proof: .line([]))
        case .keys(let rotation, let lines): return Self.signIn(rotation, lines)
        case .aws(let credential, let signer):
            return SignIn(proof: .signature(try await credential.value(), signer))
        case .google(let credential):
            return Self.signIn(try await credential.value())
        }
    }

    private static func signIn(_ rotation: KeyRotation, _ lines: [[UInt8]]) -> SignIn {
        let index = rotation.next(now: .now).index
        return SignIn(proof: .line(lines[index]), key: index)
    }

    private static func signIn(_ token: GoogleToken) -> SignIn {
        var line = FieldLine.bytes(of: .init("authorization", .secret(prefix: "Bearer ", token.token)))
        if let project = token.quotaProject {
            line.append(contentsOf: FieldLine.bytes(of: .init("x-goog-user-project", .plain(project))))
        }
        return SignIn(proof: .line(line))
    }

    /// Tells of a refusal: a key that was refused is left alone for a while, a token is fetched anew.
    ///
    /// - Returns: whether another key of the same provider is worth a try.
    func refused(_ signIn: SignIn, _ error: GatewayError) -> Bool {
        guard let status = error.upstreamStatus else { return false }
        switch self {
        case .none: return false
        case .keys(let rotation, _):
            guard let index = signIn.key, rotation.count > 1,
                let sentence = KeyRotation.sentence(status: status, retryAfter: error.retryAfter)
            else { return false }
            rotation.condemn(index, until: Instant.now.advanced(by: sentence))
            return true
        case .aws(let credential, _):
            if error.code == .upstreamAuthentication { credential.discard() }
            return false
        case .google(let credential):
            if error.code == .upstreamAuthentication { credential.discard() }
            return false
        }
    }

    /// How many keys there are to try.
    var keyCount: Int {
        if case .keys(let rotation, _) = self { rotation.count } else { 1 }
    }
}

/// What one request signs in with.
struct SignIn: Sendable {
    enum Proof: Sendable {
        /// A whole field line, or nothing.
        case line([UInt8])
        /// A signature over the request.
        case signature(AWSCredentials, SigV4Signer)
    }

    var proof: Proof
    /// The place of the key among the provider's, where it has several.
    var key: Int?
}

/// A field as a line of a head.
enum FieldLine {
    static func bytes(of field: UpstreamField) -> [UInt8] {
        let value =
            switch field.value {
            case .plain(let text): text
            case .secret(let prefix, let secret): prefix + secret.reveal()
            }
        return Array("\(field.name): \(value)\r\n".utf8)
    }
}
