import Catalog
import Core
import Routing
import Testing
import TurnpikeConfiguration

/// A router over `yaml`, with one model in the demo.
private func router(_ yaml: String) throws -> Router {
    let loader = ConfigurationLoader(file: "turnpike.yaml", environment: [:], readFile: { _ in nil })
    let configuration = try #require(loader.load(yaml).configuration)
    return Router(configuration, catalog: Catalog(configuration, demoModels: ["chat"]))
}

private let providers = """
    providers:
      openai: { api_key: k }
      house: { kind: openai, base_url: "http://127.0.0.1:1/v1", api_key: k }
      cohere: { api_key: k }
      demo: {}
    models:
      house/qwen3-32b: { context: 131072 }
    routes:
      chat: openai/gpt-4o
      alias: chat
      gpt-4o: house/qwen3-32b
      spread: { fallback: [ openai/gpt-4o, house/x ] }
      command: cohere/command-a

    """

@Suite struct RouterTests {
    @Test(arguments: [
        ("chat", "openai/gpt-4o"), ("alias", "openai/gpt-4o"), ("gpt-4o", "house/qwen3-32b"),
        ("openai/anything", "openai/anything"), ("house/a/b", "house/a/b"), ("qwen3-32b", "house/qwen3-32b"),
        ("gpt-4.1", "openai/gpt-4.1"), ("demo/cut", "demo/cut"),
    ])
    func findsTheTargetInTheContractsOrder(name: String, target: String) throws {
        let decision = try router(providers).decide(model: name)
        #expect(decision.candidates.map(\.description) == [target])
        #expect(decision.route == name)
    }

    @Test(arguments: ["spread"])
    func refusesWhatIsNotInForceYet(name: String) throws {
        let router = try router(providers)
        let error = #expect(throws: GatewayError.self) { try router.decide(model: name) }
        #expect(error?.code == .notInForce)
    }

    @Test func namesTheNearestWhereNothingHasTheName() throws {
        let router = try router(providers)
        let error = #expect(throws: GatewayError.self) { try router.decide(model: "chta") }
        #expect(error?.code == .modelNotFound)
        #expect(error?.message.contains("'chat'") == true)
    }

    @Test func doesNotTakeTheDemoForAPlainName() throws {
        let router = try router("providers: { demo: {} }")
        #expect(throws: GatewayError.self) { try router.decide(model: "chat") }
    }

    @Test func asksForRoutesOnlyWhereDirectNamesAreOff() throws {
        let router = try router(providers + "direct_names: false\n")
        #expect(try router.decide(model: "chat").candidates.count == 1)
        #expect(throws: GatewayError.self) { try router.decide(model: "openai/gpt-4o") }
        #expect(router.names == ["chat", "alias", "gpt-4o", "spread", "command"])
    }

    @Test func listsRoutesFirstAndNothingTwice() throws {
        let names = try router(providers).names
        #expect(names.starts(with: ["chat", "alias", "gpt-4o"]))
        #expect(Set(names).count == names.count)
        #expect(names.contains("demo/chat") && names.contains("house/qwen3-32b"))
    }
}
