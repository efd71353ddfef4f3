import Core

extension Configuration {
    /// The configuration of a start without a file: every provider the environment has credentials for, in the order
    /// of ``ProviderKind``, then a local Ollama where the caller found one, then the demo.
    ///
    /// - Parameters:
    ///   - environment: The process's environment.
    ///   - localOllama: Whether an Ollama answers on this machine; asking it is the caller's doing.
    package static func discovered(environment: [String: String], localOllama: Bool = false) -> Configuration {
        func isSet(_ names: String...) -> Bool { names.contains { environment[$0].map { !$0.isEmpty } ?? false } }
        var configuration = Configuration()
        for kind in ProviderKind.allCases {
            var provider = ProviderSettings(name: kind.name, kind: kind)
            provider.keys = kind.keys(in: environment)
            provider.takeDefaults(from: environment)
            let isFound =
                switch kind {
                case .demo: true
                case .ollama: localOllama || !provider.keys.isEmpty || isSet("OLLAMA_HOST")
                case .vertex: provider.project != nil && provider.credentials != nil
                case .bedrock:
                    provider.region != nil
                        && (!provider.keys.isEmpty
                            || isSet("AWS_PROFILE", "AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
                            || isSet("AWS_ACCESS_KEY_ID") && isSet("AWS_SECRET_ACCESS_KEY"))
                case .azureOpenAI: !provider.keys.isEmpty && provider.baseURL != nil
                default: !provider.keys.isEmpty
                }
            if isFound { configuration.providers.append(provider) }
        }
        return configuration
    }
}
