import Core
import Dialects
import Providers
import Transport
import TurnpikeConfiguration

/// One configured provider as it is asked: its place, its dialect, its credential, its quirks, its deadlines.
final class ProviderRuntime: Sendable {
    let name: String
    let upstream: Upstream
    /// How its server differs from the dialect's own.
    let quirks: ChatQuirks
    let endpoint: Endpoint
    /// The operator's choice among its APIs.
    private let choice: ProviderAPI?
    /// Whether its endpoint is the provider's own, rather than a server that is compatible with it.
    private let isOwn: Bool
    let credential: UpstreamCredential
    /// Everything that must never be repeated to a client: keys and the values of configured header fields.
    let secrets: [Secret]
    let delays: ProviderDelays

    init(
        _ settings: ProviderSettings,
        reliability: Reliability,
        services: CredentialServices
    ) throws(PolicyError) {
        self.name = settings.name
        self.secrets =
            settings.keys + settings.headers.map(\.value)
            + [settings.secretAccessKey, settings.sessionToken].compactMap(\.self)
        self.delays = ProviderDelays(reliability.timeouts)
        let values = UpstreamSettings(
            kind: settings.kind.name,
            baseURL: settings.baseURL,
            apiVersion: settings.apiVersion,
            organization: settings.organization,
            project: settings.project,
            location: settings.location,
            region: settings.region,
            fields: settings.headers.map { UpstreamField($0.name, .secret(prefix: "", $0.value)) }
        )
        do {
            self.upstream = try Upstream(values)
        } catch {
            throw PolicyError(description: "provider '\(settings.name)': \(error.message)")
        }
        self.quirks = self.upstream.quirks
        self.choice = settings.api
        self.isOwn = settings.baseURL == nil || settings.name == settings.kind.name || settings.kind == .azureOpenAI
        self.credential = UpstreamCredential(settings, upstream: self.upstream, services: services)
        guard let plan = self.upstream.plan(model: "", operation: .chat) else {
            self.endpoint = Endpoint(.inProcess(DemoHandler()))
            return
        }
        do {
            let tls = plan.isSecure ? try UpstreamTLS(certificateAuthority: settings.caCertificate) : nil
            self.endpoint = Endpoint(.host(plan.host, port: plan.port), tls: tls)
        } catch {
            let path = settings.caCertificate.map { " '\($0)'" } ?? ""
            throw PolicyError(
                description: "provider '\(settings.name)': the certificates to trust\(path) cannot be read"
            )
        }
    }
}

extension ProviderRuntime {
    /// How a request for `model` of a client that speaks `client` is sent.
    func api(for client: Dialect, model: String, _ traits: ModelTraits) -> UpstreamAPI {
        self.upstream.profile.api(for: client, model: model, traits, choice: self.choice, isOwn: self.isOwn)
    }

    /// An upstream's error without anything secret in its text, wherever in the answer it stood.
    func scrubbed(_ error: GatewayError) -> GatewayError {
        guard error.origin != .gateway else { return error }
        var error = error
        error.message = UpstreamText.scrubbed(error.message, credentials: self.secrets)
        return error
    }
}

/// The timeouts of one provider, ready for arithmetic.
struct ProviderDelays: Sendable {
    let connect: Duration
    let firstContent: Delay
    let betweenChunks: Delay
    let response: Delay
    let total: Delay
    let commitAfter: Delay

    init(_ timeouts: Reliability.Timeouts) {
        self.connect = timeouts.connect
        self.firstContent = Delay(timeouts.firstContent)
        self.betweenChunks = Delay(timeouts.betweenChunks)
        self.response = Delay(timeouts.response)
        self.total = Delay(timeouts.total)
        self.commitAfter = Delay(timeouts.commitAfter)
    }
}
