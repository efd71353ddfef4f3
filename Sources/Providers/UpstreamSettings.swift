package import Core

/// A header field of a request to an upstream.
package struct UpstreamField: Sendable, Hashable {
    /// Its name, as it is written.
    package var name: String
    /// Its value.
    package var value: Value

    /// A field.
    package init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }

    /// A value that may be shown, or one that must not be.
    package enum Value: Sendable, Hashable {
        case plain(String)
        /// A credential behind a word that may be shown (`Bearer `), which may be empty.
        case secret(prefix: String, Secret)
    }
}

/// What the operator says of one provider, as plain values.
package struct UpstreamSettings: Sendable, Hashable {
    /// The kind (`openai`, `azure-openai`, …).
    package var kind: String
    /// What the provider's own SDK takes as its base URL; nil is the kind's own.
    package var baseURL: String?
    /// Azure's API version, `v1` or a date; nil is `v1`.
    package var apiVersion: String?
    /// The organisation requests are billed to (`OpenAI-Organization`).
    package var organization: String?
    /// The project: of OpenAI (`OpenAI-Project`), of Google Cloud.
    package var project: String?
    /// The location of a Vertex endpoint.
    package var location: String?
    /// The AWS region of a Bedrock endpoint.
    package var region: String?
    /// Further header fields for every request.
    package var fields: [UpstreamField]

    /// Settings of a provider of `kind`, everything else as the kind has it.
    package init(
        kind: String,
        baseURL: String? = nil,
        apiVersion: String? = nil,
        organization: String? = nil,
        project: String? = nil,
        location: String? = nil,
        region: String? = nil,
        fields: [UpstreamField] = []
    ) {
        self.kind = kind
        self.baseURL = baseURL
        self.apiVersion = apiVersion
        self.organization = organization
        self.project = project
        self.location = location
        self.region = region
        self.fields = fields
    }
}

/// Why a provider's settings cannot be used; the message says what to change.
package struct UpstreamSettingsError: Error, Sendable, Hashable {
    /// What is wrong, for the operator.
    package var message: String

    /// An error with its message.
    package init(_ message: String) { self.message = message }
}
