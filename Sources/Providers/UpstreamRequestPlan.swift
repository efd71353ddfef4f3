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
    /// The header fields, the credential among them, in the order they are written.
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
    /// The targets that do not depend on the model, by endpoint.
    private let targets: [ChatEndpoint: [UInt8]]

    /// How its server differs from OpenAI's.
    package var quirks: ChatQuirks { self.profile.quirks }

    /// Applies `settings` to the row of their kind.
    ///
    /// - Throws: What the operator has to change; `isNotBuilt` where the kind's dialect is still to come.
    package init(_ settings: UpstreamSettings) throws(UpstreamSettingsError) {
        guard let profile = ProviderProfile.named(settings.kind) else {
            let kinds = ProviderProfile.all.map(\.kind).joined(separator: ", ")
            throw UpstreamSettingsError("'\(settings.kind)' is no kind of provider; the kinds are \(kinds).")
        }
        if case .notBuilt(let name) = profile.dialect {
            throw UpstreamSettingsError(
                "The kind '\(settings.kind)' is known, but its dialect (\(name)) is not built yet.",
                isNotBuilt: true
            )
        }
        self.profile = profile
        self.settings = settings
        guard profile.dialect != .demo else {
            self.base = nil
            self.authority = ""
            self.fields = []
            self.targets = [:]
            return
        }
        guard let url = settings.baseURL ?? profile.baseURL else {
            throw UpstreamSettingsError("The kind '\(settings.kind)' needs a base_url; it has no endpoint of its own.")
        }
        let base = try UpstreamBase(url)
        self.base = base
        let host = base.host.contains(":") ? "[\(base.host)]" : base.host
        self.authority = base.port == (base.isSecure ? 443 : 80) ? host : "\(host):\(base.port)"
        var fields = profile.fields
        if let organization = settings.organization {
            fields.append(.init("OpenAI-Organization", .plain(organization)))
        }
        if let project = settings.project { fields.append(.init("OpenAI-Project", .plain(project))) }
        fields.append(contentsOf: settings.fields)
        self.fields = fields
        var targets: [ChatEndpoint: [UInt8]] = [:]
        for endpoint in ChatEndpoint.allCases {
            targets[endpoint] = Self.target(endpoint, base: base, profile: profile, settings: settings)
        }
        self.targets = targets
    }

    /// The request for `model` at `endpoint` with `key`, or nil for the demo, which is asked without a connection.
    ///
    /// `model` is the provider's own name; it stands in the path only where Azure's dated API versions want it there.
    package func plan(model: String, endpoint: ChatEndpoint, key: Secret?) -> UpstreamRequestPlan? {
        guard let base = self.base else { return nil }
        var fields = self.fields
        if let key, !key.isEmpty {
            switch self.profile.credential {
            case .bearer: fields.insert(.init("Authorization", .secret(prefix: "Bearer ", key)), at: 0)
            case .field(let name): fields.insert(.init(name, .secret(prefix: "", key)), at: 0)
            case .none: break
            }
        }
        return UpstreamRequestPlan(
            isSecure: base.isSecure,
            host: base.host,
            port: base.port,
            authority: self.authority,
            target: self.targets[endpoint]
                ?? Self.deploymentTarget(model, endpoint, base: base, settings: self.settings),
            fields: fields
        )
    }
}

extension Upstream {
    /// The target of `endpoint` where it is the same for every model, else nil.
    private static func target(
        _ endpoint: ChatEndpoint,
        base: UpstreamBase,
        profile: ProviderProfile,
        settings: UpstreamSettings
    ) -> [UInt8]? {
        var path = base.path
        switch profile.paths {
        case .appended: break
        case .versioned:
            if !path.hasSuffix("/v1") { path += "/v1" }
        case .azure:
            guard Self.isAzureV1(settings.apiVersion) else { return nil }
            // Both `https://x.openai.azure.com` and what the portal shows, `…/openai/v1`, are taken.
            if !path.hasSuffix("/openai/v1") { path += path.hasSuffix("/openai") ? "/v1" : "/openai/v1" }
        }
        path += "/" + endpoint.path
        if let query = base.query { path += "?" + query }
        return Array(path.utf8)
    }

    /// Azure's newer API has one version, `v1`; `preview` and `latest` are older words for it.
    private static func isAzureV1(_ version: String?) -> Bool {
        switch version {
        case nil, "v1", "preview", "latest": true
        default: false
        }
    }

    /// The target of a deployment at a dated API version.
    private static func deploymentTarget(
        _ model: String,
        _ endpoint: ChatEndpoint,
        base: UpstreamBase,
        settings: UpstreamSettings
    ) -> [UInt8] {
        var target = Array(base.path.utf8)
        if !base.path.hasSuffix("/openai") { target.append(contentsOf: "/openai".utf8) }
        target.append(contentsOf: "/deployments/".utf8)
        Self.appendEncoded(model, to: &target)
        target.append(contentsOf: "/\(endpoint.path)?".utf8)
        if let query = base.query { target.append(contentsOf: "\(query)&".utf8) }
        target.append(contentsOf: "api-version=".utf8)
        Self.appendEncoded(settings.apiVersion ?? "", to: &target)
        return target
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
