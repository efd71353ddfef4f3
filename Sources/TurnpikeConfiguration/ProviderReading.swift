import Core

extension ProviderSettings {
    /// The keys of a provider entry.
    static let fields: [Field<ProviderSettings>] = [
        Field("kind", \.kind, .word, "What it speaks; an entry named like a kind has that kind by default."),
        Field(
            "base_url",
            optional: \.baseURL,
            .url,
            """
            What the provider's own SDK takes: with the version path for OpenAI-compatible kinds (…/v1), without one \
            for anthropic, gemini, vertex, bedrock, azure-openai, cohere and ollama. The kind's own endpoint by default.
            """
        ),
        Field(
            "api_key",
            \.keys,
            .oneKey,
            """
            The key sent to it. By default the kind's environment variable, unless the entry has a base_url and a name \
            of its own: then no key is sent.
            """
        ),
        Field(
            "api_keys",
            \.keys,
            .list(of: .secret, count: 1...1000),
            "Several keys, used in turn."
        ),
        Field("organization", optional: \.organization, .text, "The organisation requests are billed to (openai)."),
        Field("project", optional: \.project, .text, "The project: of Google Cloud (vertex), of OpenAI (openai)."),
        Field("location", optional: \.location, .text, "The location of the endpoint (vertex): us-central1, global."),
        Field("region", optional: \.region, .text, "The AWS region of the endpoint (bedrock)."),
        Field(
            "api_version",
            optional: \.apiVersion,
            .text,
            "The version of the API: v1 or a date (azure-openai, anthropic)."
        ),
        Field(
            "api",
            optional: \.api,
            .word,
            part: .section("api"),
            isUsed: { $0 != .chat },
            "The API used where the provider has several; the one that loses least by default."
        ),
        Field("credentials", optional: \.credentials, .path, "The path of a service account's key file (vertex)."),
        Field("profile", optional: \.profile, .text, "The profile of the AWS configuration files (bedrock)."),
        Field("access_key_id", optional: \.accessKeyID, .text, "The id of an AWS key pair (bedrock)."),
        Field("secret_access_key", optional: \.secretAccessKey, .secret, "The secret of the AWS key pair (bedrock)."),
        Field(
            "session_token",
            optional: \.sessionToken,
            .secret,
            "The session token of temporary credentials (bedrock)."
        ),
        Field(
            "ca_certificate",
            optional: \.caCertificate,
            .path,
            "The path of a PEM file with the authorities that vouch for its certificate, instead of the system's."
        ),
        Field("headers", \.headers, .headers, "Headers sent with every request."),
        Field(
            "price",
            optional: \.price,
            .price,
            part: .section("price"),
            "The price of its models that have none of their own; 0 is free."
        ),
        Field("reliability", \.reliability, .section, "Reliability settings for this provider."),
        Field(
            "limits",
            \.limits,
            .section,
            part: .section("limits"),
            isUsed: { !$0.isEmpty },
            "Limits on what is sent to it."
        ),
    ]

    /// Whether `name` can stand before the slash of `provider/model`.
    static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && name.utf8.allSatisfy(isNameByte)
    }
}

extension Shape where Value == [ProviderSettings] {
    /// The providers, by name.
    static var providers: Shape {
        Shape(
            schema: { collection in
                let entry = collection.reference("provider") {
                    Schema(.mapping(Field.members(ProviderSettings.fields, collection, defaults: nil)))
                }
                var members = Schema.Members()
                members.patterns = [Schema.Property(name: "^[A-Za-z0-9_.-]+$", schema: entry)]
                return Schema(.mapping(members))
            },
            read: { element, reading in
                guard let entries = element.entries else {
                    reading.error(
                        at: element,
                        "\(element.kindName) is not a mapping of providers",
                        fix: "write NAME: { … }"
                    )
                    return nil
                }
                return entries.compactMap { ProviderSettings(entry: $0, reading) }
            }
        )
    }
}

extension ProviderSettings {
    /// Reads one entry; nil where its kind is not known.
    fileprivate init?(entry: Element.Entry, _ reading: Reading) {
        let place = (position: entry.position, path: entry.value.path)
        guard ProviderSettings.isName(entry.key) else {
            reading.error(
                at: place.position,
                path: place.path,
                "'\(entry.key.prefix(80))' is not a provider name",
                fix: "use letters, digits, '-', '_' and '.'"
            )
            return nil
        }
        let named = ProviderKind(rawValue: entry.key)
        // An entry without a known kind is read as any other, so that its other keys are checked all the same.
        var settings: ProviderSettings? = ProviderSettings(name: entry.key, kind: named ?? .openai)
        Field.read(ProviderSettings.fields, into: &settings, from: entry.value, title: "a provider", reading)
        guard let settings else { return nil }
        self = settings
        let written = entry.value["kind"].flatMap { $0.isBlank ? nil : $0 }
        if let written {
            // A kind that is not known is reported; what depends on it cannot be checked.
            guard case .scalar(let scalar) = written.content, ProviderKind(rawValue: scalar.text) != nil else { return }
        } else if named == nil {
            let kinds = ProviderKind.allCases.map(\.name)
            let near = nearestName(to: entry.key, among: kinds)
            reading.error(
                at: place.position,
                path: place.path,
                "provider '\(entry.key)' needs a kind",
                fix: near.map { "did you mean '\($0)'? else add kind: …" }
                    ?? "add kind: one of \(kinds.joined(separator: " "))"
            )
            return
        }
        reading.note(.kind(self.kind), at: place.position, path: place.path)
        self.check(entry, isNamedLikeKind: named == self.kind, reading)
    }

    /// Takes what the environment says by default, and checks that the entry is whole.
    private mutating func check(_ entry: Element.Entry, isNamedLikeKind: Bool, _ reading: Reading) {
        let keyElements = [entry.value["api_key"], entry.value["api_keys"]].compactMap { $0 }
        if keyElements.count == 2 {
            reading.error(at: keyElements[1], "'api_keys' beside 'api_key'", fix: "keep one of them")
        }
        if (self.accessKeyID == nil) != (self.secretAccessKey == nil) {
            reading.error(at: entry.value, "an AWS key pair needs access_key_id and secret_access_key")
        }
        if self.keys.isEmpty, self.kind == .azureOpenAI || self.baseURL == nil || isNamedLikeKind {
            // A key from the environment goes to the provider it belongs to, never to a host of another name.
            self.keys = self.kind.keys(in: reading.environment)
        }
        self.takeDefaults(from: reading.environment)
        let missing: (key: String, variable: String?)? =
            switch self.kind {
            case .azureOpenAI where self.baseURL == nil: ("base_url", "AZURE_OPENAI_ENDPOINT")
            case .vertex where self.project == nil: ("project", "GOOGLE_CLOUD_PROJECT")
            case .bedrock where self.region == nil && self.baseURL == nil: ("region", "AWS_REGION")
            default: nil
            }
        if let missing {
            reading.error(
                at: entry.position,
                path: entry.value.path,
                "provider '\(self.name)' needs \(missing.key)",
                fix: missing.variable.map { "add \(missing.key): …, or set \($0)" }
            )
        }
        // A key that is written but could not be put in is an error already.
        let saysKey = keyElements.contains { !$0.isBlank }
        let isOwnEndpoint = self.baseURL == nil || self.kind == .azureOpenAI
        if self.kind.needsKey, self.kind.isInForce, self.keys.isEmpty, !saysKey, isOwnEndpoint,
            let variable = self.kind.keyVariables.first
        {
            reading.warning(
                at: entry.position,
                path: entry.value.path,
                "provider '\(self.name)' has no key, so it will refuse requests",
                fix: "set \(variable), or add api_key"
            )
        }
    }

    /// Fills what is missing from the variables the provider's own tools read.
    mutating func takeDefaults(from environment: [String: String]) {
        func variable(_ names: String...) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        switch self.kind {
        case .azureOpenAI:
            self.baseURL = self.baseURL ?? variable("AZURE_OPENAI_ENDPOINT").flatMap(httpURL)
        case .vertex:
            self.project = self.project ?? variable("GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT")
            self.location = self.location ?? variable("GOOGLE_CLOUD_LOCATION", "GOOGLE_CLOUD_REGION")
            self.credentials = self.credentials ?? variable("GOOGLE_APPLICATION_CREDENTIALS")
        case .bedrock:
            self.region = self.region ?? variable("AWS_REGION", "AWS_DEFAULT_REGION")
        default:
            break
        }
    }
}

extension ProviderKind {
    /// The key in the environment, where one of the kind's variables is set.
    func keys(in environment: [String: String]) -> [Secret] {
        let value = self.keyVariables.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        return value.map { [Secret($0)] } ?? []
    }

    /// Whether the gateway can speak to it yet.
    package var isInForce: Bool { Part.kind(self).isInForce }
}

extension Shape where Value == [Secret] {
    /// A single key.
    fileprivate static var oneKey: Shape { Shape<Secret>.secret.map { key, _, _ in [key] } }
}

extension Shape where Value == [ProviderSettings.Header] {
    /// Headers by name; those the gateway itself writes are refused (RFC 9110 §5.1 for the form).
    fileprivate static var headers: Shape {
        Shape<[(name: String, value: Secret)]>.entries(
            named: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
            expected: "a header that may be set",
            key: { name in
                !name.isEmpty
                    && name.utf8.allSatisfy { isNameByte($0) || "!#$%&'*+^`|~".utf8.contains($0) }
                    && !["host", "content-length", "transfer-encoding", "connection", "te", "upgrade", "trailer"]
                        .contains(name.lowercased())
            },
            value: .headerValue
        ).map { entries, _, _ in
            entries.map { ProviderSettings.Header(name: $0.name, value: $0.value) }
        }
    }
}

extension Shape where Value == Secret {
    /// A header value without control characters.
    fileprivate static var headerValue: Shape {
        Shape.secret.map { value, element, reading in
            let isRight = value.reveal().utf8.allSatisfy { $0 == 9 || (0x20...0x7E).contains($0) || $0 >= 0x80 }
            if !isRight { reading.error(at: element, "a header value may not hold control characters") }
            return isRight ? value : nil
        }
    }
}
