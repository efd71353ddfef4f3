package import Core

/// A provider of the file: where it is, how to sign in, what it costs.
package struct ProviderSettings: Sendable, Hashable {
    /// Its name in the file, the part before the slash in `provider/model`.
    package var name: String
    /// What it speaks, which also says where it is unless `baseURL` does.
    package var kind: ProviderKind
    /// What the provider's own SDK takes; nil is the kind's own endpoint.
    package var baseURL: String?
    /// The keys sent to it, from the file or from the kind's environment variable; empty is none.
    package var keys: [Secret] = []
    /// The organisation its requests are billed to (`OpenAI-Organization`).
    package var organization: String?
    /// The project: of Google Cloud for `vertex`, else of OpenAI (`OpenAI-Project`).
    package var project: String?
    /// The location of a `vertex` endpoint.
    package var location: String?
    /// The AWS region of a `bedrock` endpoint.
    package var region: String?
    /// The version of the API: of Azure OpenAI (`v1` or a date), of Anthropic (`anthropic-version`).
    package var apiVersion: String?
    /// The API used where the provider has several; nil chooses the one that loses least.
    package var api: ProviderAPI?
    /// The path of a service account's key file, for `vertex`.
    package var credentials: String?
    /// The profile of the AWS configuration files, for `bedrock`.
    package var profile: String?
    /// The id of an AWS key pair, for `bedrock`; never without its secret.
    package var accessKeyID: String?
    /// The secret of the AWS key pair.
    package var secretAccessKey: Secret?
    /// The session token of temporary AWS credentials.
    package var sessionToken: Secret?
    /// The path of a PEM file with the authorities that vouch for the provider's certificate, instead of the system's.
    package var caCertificate: String?
    /// Headers sent with every request, in file order.
    package var headers: [Header] = []
    /// The price of every model of this provider that has none of its own.
    package var price: Price?
    /// Reliability settings for this provider.
    package var reliability = ReliabilityOverrides()
    /// Limits on what is sent to it.
    package var limits = Limits()

    /// A provider with nothing but its kind's defaults.
    package init(name: String, kind: ProviderKind) {
        self.name = name
        self.kind = kind
    }
}

extension ProviderSettings {
    /// A header sent with every request.
    package struct Header: Sendable, Hashable {
        /// The name, as it is sent.
        package var name: String
        /// The value, which may be a credential.
        package var value: Secret

        /// A header from its parts.
        package init(name: String, value: Secret) {
            self.name = name
            self.value = value
        }
    }
}

/// An API of a provider that has several.
package enum ProviderAPI: String, Sendable, Hashable, CaseIterable {
    /// OpenAI Chat Completions.
    case chat
    /// OpenAI Responses.
    case responses
    /// Bedrock Converse.
    case converse
    /// Bedrock InvokeModel.
    case invoke
}
