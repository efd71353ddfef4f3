package import Core
package import Dialects

/// Where a request goes and what its head holds, but for what every request has (`Host`, the framing of the body).
package struct UpstreamRequestPlan: Sendable, Hashable {
    /// Whether the connection is encrypted.
    package var isSecure: Bool
    /// The host name or address to connect to, which is also the name in the certificate.
    package var host: String
    /// The port to connect to.
    package var port: Int
    /// The value of the `Host` field: the host, with its port where that is not the scheme's own.
    package var authority: String
    /// The request target in origin form: path and query, percent-encoded ASCII.
    package var target: [UInt8]
    /// The header fields in the order they are written; the credential is not among them.
    package var fields: [UpstreamField]

    /// The target as text.
    package var path: String { String(decoding: self.target, as: UTF8.self) }
}

/// One provider as it is asked: its row of the table with the operator's settings applied and checked, once.
package struct Upstream: Sendable, Hashable {
    /// The row of the provider's kind.
    package let profile: ProviderProfile
    /// Where it is; the demo has no place.
    private let base: UpstreamBase?
    private let settings: UpstreamSettings
    private let authority: String
    /// The fields that do not depend on the key.
    private let fields: [UpstreamField]
    /// How its server differs from OpenAI's.
    package var quirks: ChatQuirks { self.profile.quirks }

    /// Applies `settings` to the row of their kind.
    ///
    /// - Throws: What the operator has to change.
    package init(_ settings: UpstreamSettings) throws(UpstreamSettingsError) {
        guard let profile = ProviderProfile.named(settings.kind) else {
            let kinds = ProviderProfile.all.map(\.kind).joined(separator: ", ")
            throw UpstreamSettingsError("'\(settings.kind)' is no kind of provider; the kinds are \(kinds).")
        }
        self.profile = profile
        self.settings = settings
        guard profile.speech != .demo else {
            self.base = nil
            self.authority = ""
            self.fields = []
            return
        }
        guard let url = settings.baseURL ?? profile.baseURL ?? Self.regionalURL(profile, settings) else {
            throw UpstreamSettingsError("The kind '\(settings.kind)' needs a base_url; it has no endpoint of its own.")
        }
        let base = try UpstreamBase(url)
        self.base = base
        let host = base.host.contains(":") ? "[\(base.host)]" : base.host
        self.authority = base.port == (base.isSecure ? 443 : 80) ? host : "\(host):\(base.port)"
        var fields = profile.fields
        // Of OpenAI; elsewhere a project is a part of the path.
        if profile.paths == .appended || profile.paths == .versioned {
            if let organization = settings.organization {
                fields.append(.init("OpenAI-Organization", .plain(organization)))
            }
            if let project = settings.project { fields.append(.init("OpenAI-Project", .plain(project))) }
        }
        fields.append(contentsOf: settings.fields)
        self.fields = fields
    }

    /// The endpoint of a provider that has one in each region; nil for any other.
    private static func regionalURL(_ profile: ProviderProfile, _ settings: UpstreamSettings) -> String? {
        switch profile.paths {
        case .bedrock: return settings.region.map { "https://bedrock-runtime.\($0).amazonaws.com" }
        case .vertex:
            switch settings.location ?? Self.defaultLocation {
            case "global": return "https://aiplatform.googleapis.com"
            case "us", "eu": return "https://aiplatform.\(settings.location ?? "us").rep.googleapis.com"
            case let location: return "https://\(location)-aiplatform.googleapis.com"
            }
        default: return nil
        }
    }

    /// Where Vertex is asked when nothing else is said: what Google's own SDK takes.
    private static let defaultLocation = "global"

    /// The request for `model`, without its credential; nil for the demo, which is asked without a connection.
    ///
    /// - Parameter model: the provider's own name.
    package func plan(model: String, operation: UpstreamOperation) -> UpstreamRequestPlan? {
        guard let base = self.base else { return nil }
        return UpstreamRequestPlan(
            isSecure: base.isSecure,
            host: base.host,
            port: base.port,
            authority: self.authority,
            target: self.target(model, operation, base),
            fields: self.fields
        )
    }

    /// The field that carries `key`; nil where the kind takes none.
    package func authorization(_ key: Secret) -> UpstreamField? {
        switch self.profile.credential {
        case .bearer, .aws, .google: .init("Authorization", .secret(prefix: "Bearer ", key))
        case .field(let name): .init(name, .secret(prefix: "", key))
        case .none: nil
        }
    }
}

/// What is asked of a provider.
package enum UpstreamOperation: Sendable, Hashable, CaseIterable {
    case chat
    case chatStream
    case completions
    case embeddings
    /// OpenAI's Responses, whole or as a stream.
    case responses
    /// Ollama's own chat, whole or as a stream.
    case ollamaChat
    /// Claude in the envelope of another cloud.
    case claude
    case claudeStream

    /// The path behind the version in OpenAI's API.
    fileprivate var openAIPath: String {
        switch self {
        case .chat, .chatStream: ChatEndpoint.chat.path
        case .completions: ChatEndpoint.completions.path
        case .embeddings: ChatEndpoint.embeddings.path
        case .responses: "responses"
        case .ollamaChat, .claude, .claudeStream: ""
        }
    }
}

extension Upstream {
    private func target(_ model: String, _ operation: UpstreamOperation, _ base: UpstreamBase) -> [UInt8] {
        var path = Array(base.path.utf8)
        var query = base.query
        switch self.profile.paths {
        case .appended:
            path.append(contentsOf: "/\(operation.openAIPath)".utf8)
        case .versioned where operation == .ollamaChat:
            // A base URL that ends in `/v1` is the compatible API's; its own stands beside it.
            if base.path.hasSuffix("/v1") { path.removeLast(3) }
            path.append(contentsOf: "/api/chat".utf8)
        case .versioned:
            if !base.path.hasSuffix("/v1") { path.append(contentsOf: "/v1".utf8) }
            path.append(contentsOf: "/\(operation.openAIPath)".utf8)
        case .azure where Self.isAzureV1(self.settings.apiVersion):
            // Both `https://x.openai.azure.com` and what the portal shows, `…/openai/v1`, are taken.
            if !base.path.hasSuffix("/openai/v1") {
                path.append(contentsOf: (base.path.hasSuffix("/openai") ? "/v1" : "/openai/v1").utf8)
            }
            path.append(contentsOf: "/\(operation.openAIPath)".utf8)
        case .azure where operation == .responses:
            // The dated versions name no deployment here: the model stands in the body.
            path.append(contentsOf: (base.path.hasSuffix("/openai") ? "/responses" : "/openai/responses").utf8)
            query = Self.joined(query, "api-version=" + Self.encoded(self.settings.apiVersion ?? ""))
        case .azure:
            if !base.path.hasSuffix("/openai") { path.append(contentsOf: "/openai".utf8) }
            path.append(contentsOf: "/deployments/".utf8)
            Self.appendEncoded(model, to: &path)
            path.append(contentsOf: "/\(operation.openAIPath)".utf8)
            query = Self.joined(query, "api-version=" + Self.encoded(self.settings.apiVersion ?? ""))
        case .anthropic:
            path.append(contentsOf: (base.path.hasSuffix("/v1") ? "/messages" : "/v1/messages").utf8)
        case .gemini:
            let hasVersion = ["/v1beta", "/v1", "/v1alpha"].contains { base.path.hasSuffix($0) }
            path.append(contentsOf: (hasVersion ? "/models/" : "/v1beta/models/").utf8)
            query = Self.appendGoogle(model, operation, to: &path, query)
        case .vertex:
            let hasVersion = ["/v1", "/v1beta1"].contains { base.path.hasSuffix($0) }
            let project = Self.encoded(self.settings.project ?? "")
            let location = Self.encoded(self.settings.location ?? Self.defaultLocation)
            path.append(contentsOf: (hasVersion ? "/projects/" : "/v1/projects/").utf8)
            if operation == .claude || operation == .claudeStream {
                path.append(contentsOf: "\(project)/locations/\(location)/publishers/anthropic/models/".utf8)
                Self.appendEncoded(model, to: &path)
                path.append(contentsOf: ":\(ClaudeEnvelope.vertex.action(stream: operation == .claudeStream))".utf8)
                break
            }
            path.append(contentsOf: "\(project)/locations/\(location)/publishers/google/models/".utf8)
            query = Self.appendGoogle(model, operation, to: &path, query)
        case .cohere:
            path.append(contentsOf: (base.path.hasSuffix("/v2") ? "/chat" : "/v2/chat").utf8)
        case .bedrock:
            path.append(contentsOf: "/model/".utf8)
            Self.appendEncoded(model, to: &path)
            switch operation {
            case .claude, .claudeStream:
                path.append(contentsOf: "/\(ClaudeEnvelope.bedrock.action(stream: operation == .claudeStream))".utf8)
            case .chatStream: path.append(contentsOf: "/converse-stream".utf8)
            default: path.append(contentsOf: "/converse".utf8)
            }
        }
        if let query { path.append(contentsOf: "?\(query)".utf8) }
        return path
    }

    /// Appends the model and the method of Google's API; the query becomes what is returned.
    private static func appendGoogle(
        _ model: String,
        _ operation: UpstreamOperation,
        to path: inout [UInt8],
        _ query: String?
    ) -> String? {
        // Both `gemini-2.5-flash` and the resource name `models/gemini-2.5-flash` are usual.
        Self.appendEncoded(model.hasPrefix("models/") ? String(model.dropFirst(7)) : model, to: &path)
        guard operation == .chatStream else {
            path.append(contentsOf: ":generateContent".utf8)
            return query
        }
        path.append(contentsOf: ":streamGenerateContent".utf8)
        return Self.joined(query, "alt=sse")
    }

    private static func joined(_ query: String?, _ more: String) -> String { query.map { "\($0)&\(more)" } ?? more }

    /// Azure's newer API has one version, `v1`; `preview` and `latest` are older words for it.
    private static func isAzureV1(_ version: String?) -> Bool {
        switch version {
        case nil, "v1", "preview", "latest": true
        default: false
        }
    }

    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        Self.appendEncoded(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Percent-encodes everything but the unreserved characters of RFC 3986 §2.3: a model name cannot change the path.
    private static func appendEncoded(_ text: String, to target: inout [UInt8]) {
        let digits = Array("0123456789ABCDEF".utf8)
        // A segment of dots alone would climb.
        let onlyDots = text.utf8.allSatisfy { $0 == UInt8(ascii: ".") }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: ".") where onlyDots: target.append(contentsOf: "%2E".utf8)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                target.append(byte)
            default:
                target.append(UInt8(ascii: "%"))
                target.append(digits[Int(byte >> 4)])
                target.append(digits[Int(byte & 15)])
            }
        }
    }
}
