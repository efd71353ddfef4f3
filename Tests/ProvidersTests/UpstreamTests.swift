import Core
import Dialects
import Providers
import Testing

struct UpstreamTests {
    private static func plan(
        _ settings: UpstreamSettings,
        model: String = "m",
        operation: UpstreamOperation = .chat
    ) throws -> UpstreamRequestPlan {
        try #require(try Upstream(settings).plan(model: model, operation: operation))
    }

    private static let key = Secret("secret-key")

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
        #expect(plan.fields.isEmpty)
        let line = try Upstream(UpstreamSettings(kind: kind)).authorization(Self.key)
        #expect(line == UpstreamField("Authorization", .secret(prefix: "Bearer ", Self.key)))
    }

    @Test(arguments: [
        (nil, "127.0.0.1:11434", "/v1/chat/completions"), ("http://gpu:8080/", "gpu:8080", "/v1/chat/completions"),
        ("http://gpu/v1", "gpu", "/v1/chat/completions"),
        ("https://[::1]:444/o/", "[::1]:444", "/o/v1/chat/completions"),
    ])
    func ollamaGetsItsVersion(url: String?, authority: String, path: String) throws {
        let plan = try Self.plan(UpstreamSettings(kind: "ollama", baseURL: url))
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
        #expect(
            try Upstream(settings).authorization(Self.key) == UpstreamField("api-key", .secret(prefix: "", Self.key))
        )
    }

    @Test
    func aModelOfDotsCannotClimbOutOfItsPath() throws {
        let settings = UpstreamSettings(kind: "azure-openai", baseURL: "https://x", apiVersion: "2024-10-21")
        #expect(try Self.plan(settings, model: "..").path.hasPrefix("/openai/deployments/%2E%2E/chat"))
    }

    @Test(arguments: [(UpstreamOperation.completions, "/v1/completions"), (.embeddings, "/v1/embeddings")])
    func otherOperationsHaveTheirPaths(operation: UpstreamOperation, path: String) throws {
        #expect(try Self.plan(UpstreamSettings(kind: "openai"), operation: operation).path == path)
    }

    @Test(arguments: [
        ("https://api.anthropic.com", "/v1/messages"), ("http://proxy/anthropic/", "/anthropic/v1/messages"),
        ("http://proxy/v1", "/v1/messages"),
    ])
    func anthropicIsAskedForMessages(url: String, path: String) throws {
        let settings = UpstreamSettings(kind: "anthropic", baseURL: url)
        #expect(try Self.plan(settings, operation: .chatStream).path == path)
        #expect(
            try Upstream(settings).authorization(Self.key) == UpstreamField("x-api-key", .secret(prefix: "", Self.key))
        )
    }

    @Test(arguments: [
        (UpstreamOperation.chat, nil, "gemini-2.5-flash", "/v1beta/models/gemini-2.5-flash:generateContent"),
        (.chatStream, nil, "models/gemini-3-pro", "/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse"),
        (.chatStream, "http://p/v1?a=b", "x/y", "/v1/models/x%2Fy:streamGenerateContent?a=b&alt=sse"),
    ])
    func geminiHasItsModelAndMethodInThePath(
        operation: UpstreamOperation,
        url: String?,
        model: String,
        path: String
    ) throws {
        let settings = UpstreamSettings(kind: "gemini", baseURL: url)
        #expect(try Self.plan(settings, model: model, operation: operation).path == path)
    }

    @Test(arguments: [
        ("us-central1", "us-central1-aiplatform.googleapis.com"), ("global", "aiplatform.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
    ])
    func vertexHasAHostForEachLocation(location: String, host: String) throws {
        let settings = UpstreamSettings(kind: "vertex", project: "p", location: location)
        let plan = try Self.plan(settings, model: "gemini-2.5-pro")
        #expect(plan.host == host)
        #expect(
            plan.path == "/v1/projects/p/locations/\(location)/publishers/google/models/gemini-2.5-pro:generateContent"
        )
        // The project is a part of the path, not a field for OpenAI.
        #expect(plan.fields.isEmpty)
    }

    @Test
    func bedrockEncodesEveryCharacterOfAModelThatIsNotUnreserved() throws {
        let settings = UpstreamSettings(kind: "bedrock", region: "eu-west-1")
        let model = "arn:aws:bedrock:eu-west-1:1:application-inference-profile/abc"
        let plan = try Self.plan(settings, model: model, operation: .chatStream)
        #expect(plan.host == "bedrock-runtime.eu-west-1.amazonaws.com")
        let encoded = "arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Aapplication-inference-profile%2Fabc"
        #expect(plan.path == "/model/\(encoded)/converse-stream")
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
                == ["OpenAI-Organization", "OpenAI-Project", "X-Team"]
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
        #expect(error?.message.contains("base_url") == true)
    }

    @Test
    func refusesWhatItDoesNotKnow() {
        #expect(throws: UpstreamSettingsError.self) { try Upstream(UpstreamSettings(kind: "opnai")) }
        #expect(throws: UpstreamSettingsError.self) { try Upstream(UpstreamSettings(kind: "azure-openai")) }
    }

    @Test
    func theDemoNeedsNoConnection() throws {
        #expect(try Upstream(UpstreamSettings(kind: "demo")).plan(model: "chat", operation: .chat) == nil)
    }

    @Test
    func anAuthorizationDoesNotShowItsKey() throws {
        let line = try #require(try Upstream(UpstreamSettings(kind: "openai")).authorization(Self.key))
        #expect(!"\(line)".contains("secret-key"))
    }

    @Test
    func kindsAreUniqueAndCiteTheirReference() {
        #expect(Set(ProviderProfile.all.map(\.kind)).count == ProviderProfile.all.count)
        #expect(ProviderProfile.all.allSatisfy { $0.reference.hasPrefix("https://") })
    }
}
