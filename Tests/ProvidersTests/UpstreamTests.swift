import Core
import Dialects
import Providers
import Testing

struct UpstreamTests {
    private static func plan(
        _ settings: UpstreamSettings,
        model: String = "m",
        endpoint: ChatEndpoint = .chat,
        key: String? = "secret-key"
    ) throws -> UpstreamRequestPlan {
        try #require(try Upstream(settings).plan(model: model, endpoint: endpoint, key: key.map(Secret.init)))
    }

    @Test(arguments: [
        ("openai", "api.openai.com", "/v1/chat/completions"), ("mistral", "api.mistral.ai", "/v1/chat/completions"),
        ("groq", "api.groq.com", "/openai/v1/chat/completions"), ("deepseek", "api.deepseek.com", "/chat/completions"),
        ("xai", "api.x.ai", "/v1/chat/completions"), ("together", "api.together.xyz", "/v1/chat/completions"),
        ("fireworks", "api.fireworks.ai", "/inference/v1/chat/completions"),
        ("openrouter", "openrouter.ai", "/api/v1/chat/completions"),
        ("perplexity", "api.perplexity.ai", "/chat/completions"),
        ("cerebras", "api.cerebras.ai", "/v1/chat/completions"),
        ("nvidia", "integrate.api.nvidia.com", "/v1/chat/completions"),
        ("huggingface", "router.huggingface.co", "/v1/chat/completions"),
    ])
    func everyKindHasItsEndpoint(kind: String, host: String, path: String) throws {
        let plan = try Self.plan(UpstreamSettings(kind: kind))
        #expect(plan.isSecure && plan.port == 443)
        #expect(plan.host == host && plan.authority == host)
        #expect(plan.path == path)
        #expect(plan.fields == [UpstreamField("Authorization", .secret(prefix: "Bearer ", Secret("secret-key")))])
    }

    @Test(arguments: [
        (nil, "127.0.0.1:11434", "/v1/chat/completions"), ("http://gpu:8080/", "gpu:8080", "/v1/chat/completions"),
        ("http://gpu/v1", "gpu", "/v1/chat/completions"),
        ("https://[::1]:444/o/", "[::1]:444", "/o/v1/chat/completions"),
    ])
    func ollamaGetsItsVersion(url: String?, authority: String, path: String) throws {
        let plan = try Self.plan(UpstreamSettings(kind: "ollama", baseURL: url), key: nil)
        #expect(plan.authority == authority)
        #expect(plan.path == path)
        #expect(plan.fields.isEmpty)
    }

    @Test(arguments: [
        ("https://x.openai.azure.com", nil, "/openai/v1/chat/completions"),
        ("https://x.openai.azure.com/", "v1", "/openai/v1/chat/completions"),
        ("https://x.openai.azure.com/openai/v1/", "v1", "/openai/v1/chat/completions"),
        (
            "https://x.openai.azure.com", "2024-10-21",
            "/openai/deployments/my%2Fmodel%3Fx/chat/completions?api-version=2024-10-21"
        ),
        (
            "https://gw/azure?a=b", "2024-10-21",
            "/azure/openai/deployments/my%2Fmodel%3Fx/chat/completions?a=b&api-version=2024-10-21"
        ),
    ])
    func azureJoinsItsPathsByVersion(url: String, version: String?, path: String) throws {
        let settings = UpstreamSettings(kind: "azure-openai", baseURL: url, apiVersion: version)
        let plan = try Self.plan(settings, model: "my/model?x")
        #expect(plan.path == path)
        #expect(plan.fields == [UpstreamField("api-key", .secret(prefix: "", Secret("secret-key")))])
    }

    @Test
    func aModelOfDotsCannotClimbOutOfItsPath() throws {
        let settings = UpstreamSettings(kind: "azure-openai", baseURL: "https://x", apiVersion: "2024-10-21")
        #expect(try Self.plan(settings, model: "..").path.hasPrefix("/openai/deployments/%2E%2E/chat"))
    }

    @Test(arguments: [(ChatEndpoint.completions, "/v1/completions"), (.embeddings, "/v1/embeddings")])
    func otherEndpointsHaveTheirPaths(endpoint: ChatEndpoint, path: String) throws {
        #expect(try Self.plan(UpstreamSettings(kind: "openai"), endpoint: endpoint).path == path)
    }

    @Test
    func operatorsAddTheirFields() throws {
        let settings = UpstreamSettings(
            kind: "openai",
            organization: "o",
            project: "p",
            fields: [UpstreamField("X-Team", .plain("t"))]
        )
        #expect(
            try Self.plan(settings).fields.map(\.name)
                == ["Authorization", "OpenAI-Organization", "OpenAI-Project", "X-Team"]
        )
    }

    @Test(arguments: [
        "", "api.openai.com/v1", "ftp://x", "http://", "https:///v1", "http://user:pass@host/v1", "http://host:0/",
        "http://host:99999",
        "http://host:x", "http://host/#f", "http://ho st/", "http://[::1/", "http://[::1]x/", "http://höst/",
    ])
    func refusesABaseURLThatIsNone(url: String) {
        let error = #expect(throws: UpstreamSettingsError.self) {
            try Upstream(UpstreamSettings(kind: "openai", baseURL: url))
        }
        #expect(error?.message.contains("base_url") == true && error?.isNotBuilt == false)
    }

    @Test(arguments: ["anthropic", "gemini", "vertex", "bedrock", "cohere"])
    func saysWhichDialectsAreNotBuilt(kind: String) {
        let error = #expect(throws: UpstreamSettingsError.self) { try Upstream(UpstreamSettings(kind: kind)) }
        #expect(error?.isNotBuilt == true && error?.message.contains(kind) == true)
    }

    @Test
    func refusesWhatItDoesNotKnow() {
        #expect(throws: UpstreamSettingsError.self) { try Upstream(UpstreamSettings(kind: "opnai")) }
        #expect(throws: UpstreamSettingsError.self) { try Upstream(UpstreamSettings(kind: "azure-openai")) }
    }

    @Test
    func theDemoNeedsNoConnection() throws {
        #expect(try Upstream(UpstreamSettings(kind: "demo")).plan(model: "chat", endpoint: .chat, key: nil) == nil)
    }

    @Test
    func aPlanDoesNotShowItsCredential() throws {
        #expect(!"\(try Self.plan(UpstreamSettings(kind: "openai")))".contains("secret-key"))
    }

    @Test
    func kindsAreUniqueAndCiteTheirReference() {
        #expect(Set(ProviderProfile.all.map(\.kind)).count == ProviderProfile.all.count)
        #expect(ProviderProfile.all.allSatisfy { $0.reference.hasPrefix("https://") })
    }
}
