import Core
import Testing
import TurnpikeConfiguration

/// The start without a file, and what the environment says of providers of a file.
struct DiscoveryTests {
    private func names(_ environment: [String: String], localOllama: Bool = false) -> [String] {
        Configuration.discovered(environment: environment, localOllama: localOllama).providers.map(\.name)
    }

    @Test func anEmptyEnvironmentHasTheDemo() {
        #expect(self.names([:]) == ["demo"])
        #expect(self.names(["OPENAI_API_KEY": ""]) == ["demo"])
    }

    @Test(arguments: ProviderKind.allCases.filter { !$0.keyVariables.isEmpty })
    func aKeyInTheEnvironmentIsAProvider(kind: ProviderKind) throws {
        for variable in kind.keyVariables {
            let environment = [
                variable: "word", "AWS_REGION": "eu-west-1", "AZURE_OPENAI_ENDPOINT": "https://a.example/",
            ]
            let found = Configuration.discovered(environment: environment)
            #expect(found.providers.map(\.name) == [kind.name, "demo"])
            #expect(found.providers[0].keys.map { $0.reveal() } == ["word"])
        }
    }

    @Test func credentialsThatAreNoKeysAreFoundToo() {
        let pair = ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"]
        #expect(self.names(pair) == ["demo"], "without a region there is no endpoint")
        #expect(self.names(pair.merging(["AWS_REGION": "r"]) { $1 }) == ["bedrock", "demo"])
        #expect(self.names(["AWS_PROFILE": "p", "AWS_DEFAULT_REGION": "r"]) == ["bedrock", "demo"])
        #expect(
            self.names(["GOOGLE_APPLICATION_CREDENTIALS": "/a.json", "GOOGLE_CLOUD_PROJECT": "p"]) == [
                "vertex", "demo",
            ]
        )
        #expect(self.names(["AZURE_OPENAI_API_KEY": "k"]) == ["demo"])
        #expect(self.names([:], localOllama: true) == ["ollama", "demo"])
    }

    @Test func theOrderIsThatOfTheKinds() {
        #expect(self.names(["MISTRAL_API_KEY": "a", "OPENAI_API_KEY": "b"]) == ["openai", "mistral", "demo"])
    }

    @Test func everythingElseIsTheDefault() {
        var found = Configuration.discovered(environment: ["OPENAI_API_KEY": "k"])
        found.providers = []
        #expect(found == Configuration())
    }

    @Test func aKeyOfTheEnvironmentGoesOnlyToItsOwnProvider() throws {
        let result = load(
            """
            providers:
              openai: { base_url: https://eu.example/v1 }
              house: { kind: openai, base_url: http://127.0.0.1:1/v1 }
              second: { kind: openai }
              azure: { kind: azure-openai, base_url: https://a.example }
            """,
            environment: ["OPENAI_API_KEY": "k", "AZURE_OPENAI_API_KEY": "a"]
        )
        let providers = try #require(result.configuration).providers
        #expect(providers.map { $0.keys.map { $0.reveal() } } == [["k"], [], ["k"], ["a"]])
    }

    @Test func aProviderWithoutAKeyIsAWarning() {
        let result = load(
            "providers: { openai: {}, ollama: {}, demo: {}, house: { kind: openai, base_url: http://a } }"
        )
        #expect(
            result.diagnostics.map(\.description) == [
                "turnpike.yaml:1:14: warning: provider 'openai' has no key, so it will refuse requests; "
                    + "set OPENAI_API_KEY, or add api_key"
            ]
        )
        #expect(result.configuration != nil)
    }

    @Test func aFileWithoutProvidersIsAWarning() {
        let result = load("")
        #expect(result.warnings.map(\.path) == ["providers"])
        #expect(result.configuration == Configuration())
    }

    @Test func whatTheProvidersOwnToolsReadFillsWhatIsMissing() throws {
        let result = load(
            "providers: { vertex: {}, bedrock: {}, azure-openai: {} }",
            environment: [
                "GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": "l", "AWS_REGION": "r",
                "AZURE_OPENAI_ENDPOINT": "https://a.example/",
            ]
        )
        let providers = try #require(result.configuration, "\(result.errors.map(\.description))").providers
        #expect(providers[0].project == "p")
        #expect(providers[0].location == "l")
        #expect(providers[1].region == "r")
        #expect(providers[2].baseURL == "https://a.example")
    }

    @Test func secretsAreNotPrinted() throws {
        let result = load(
            "providers: { openai: { api_key: hidden, headers: { x-a: hidden } } }\nstate: { master_key: hidden-hidden-hidden-hidden-hidden, redis: 'redis://:hidden@a', database: 'postgres://u:hidden@a/b' }"
        )
        let configuration = try #require(result.configuration)
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("hidden"))
        #expect(!"\(configuration)".contains("hidden"))
    }
}
