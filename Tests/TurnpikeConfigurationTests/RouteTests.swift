import Testing
import TurnpikeConfiguration

/// Route trees: how leaves resolve, what bounds them, what they override, and how they are printed.
struct RouteTests {
    private let providers = "providers: { openai: { api_key: k }, demo: {} }\n"

    @Test func aDeclaredProviderWinsOverARouteOfTheSameName() {
        let result = load(self.providers + "routes: { openai/a: { fallback: [ openai/a, demo/chat ] } }")
        #expect(
            result.configuration?.routes[0].node.strategy
                == .fallback([
                    RouteNode(.target(Target(provider: "openai", model: "a"))),
                    RouteNode(.target(Target(provider: "demo", model: "chat"))),
                ])
        )
    }

    @Test func aModelNameMayHoldSlashes() {
        #expect(Target(parsing: "openrouter/meta/llama") == Target(provider: "openrouter", model: "meta/llama"))
        #expect(Target(parsing: "openrouter/") == nil)
        #expect(Target(parsing: "/x") == nil)
        #expect(Target(parsing: "x") == nil)
    }

    @Test func aCatalogueNameIsALeafWhereDirectNamesAreAllowed() {
        var loader = ConfigurationLoader(environment: [:], readFile: { _ in nil })
        loader.isCatalogueName = { $0 == "gpt-4o" }
        let text = self.providers + "routes: { a: gpt-4o }\n"
        #expect(loader.load(text).configuration?.routes[0].node.strategy == .model("gpt-4o"))
        #expect(loader.load(text + "direct_names: false").configuration == nil)
        #expect(loader.load(self.providers + "routes: { a: gpt-4 }").configuration == nil)
    }

    @Test func aTreeIsAtMostSixteenNodesDeepWithTheRoutesItNames() {
        func nested(_ depth: Int, leaf: String) -> String {
            String(repeating: "{ fallback: [ ", count: depth) + leaf + String(repeating: " ] }", count: depth)
        }
        #expect(errors(self.providers + "routes: { a: \(nested(15, leaf: "demo/a")) }").isEmpty)
        #expect(
            load(self.providers + "routes: { a: \(nested(16, leaf: "demo/a")) }").errors.map(\.message)
                == ["a route tree is at most 16 nodes deep"]
        )
        let split = "routes: { a: \(nested(10, leaf: "b")), b: \(nested(10, leaf: "demo/a")) }"
        #expect(
            load(self.providers + split).errors.map(\.message)
                == ["route 'a' is 21 nodes deep with the routes it names; at most 16"]
        )
    }

    @Test func aNodeHasAtMostSixtyFourChildren() {
        func wide(_ count: Int) -> String {
            let leaves = Array(repeating: "demo/a", count: count).joined(separator: ", ")
            return self.providers + "routes: { a: { fallback: [ \(leaves) ] } }"
        }
        #expect(errors(wide(64)).isEmpty)
        #expect(load(wide(65)).errors.map(\.message) == ["a list of 65 where at most 64 may stand"])
    }

    @Test func routesThatNameEachOtherCannotGrowWithoutBound() {
        var text = self.providers + "routes:\n  r0: demo/a\n"
        for level in 1...5 {
            text +=
                "  r\(level): { fallback: [ \(Array(repeating: "r\(level - 1)", count: 10).joined(separator: ", ")) ] }\n"
        }
        text += "rules: [ { when: {}, use: { fallback: [ r3, r3, r3, r3, r3 ] } } ]\n"
        #expect(
            load(text).errors.map(\.message) == [
                "route 'r4' comes to more than 4096 targets with the routes it names",
                "route 'r5' comes to more than 4096 targets with the routes it names",
                "the rule comes to more than 4096 targets with the routes it names",
            ]
        )
    }

    @Test func eachCircleIsReportedOnce() {
        let text = "routes: { a: { fallback: [ b, c ] }, b: { fallback: [ a ] }, c: { fallback: [ d ] }, d: c, e: a }"
        let found = load(self.providers + text).errors.map(\.message)
        #expect(found.contains("routes name each other in a circle: a → b → a"))
        #expect(found.count <= 2)
    }

    @Test func overridesTakeTheirPlaceAndLeaveTheRest() throws {
        let result = load(
            """
            providers:
              openai: { api_key: k, reliability: { timeouts: { first_content: 5s }, mid_stream: none } }
            reliability: { timeouts: { connect: 1s }, breaker: none }
            routes:
              a: { fallback: [ openai/a ], reliability: { retries: { max: 0 }, hedge: { after: 800ms }, affinity: none } }
            """
        )
        let configuration = try #require(result.configuration, "\(result.errors.map(\.description))")
        #expect(configuration.reliability.breaker == nil)
        let ofProvider = configuration.providers[0].reliability.applied(to: configuration.reliability)
        #expect(ofProvider.timeouts.connect == .seconds(1))
        #expect(ofProvider.timeouts.firstContent == .seconds(5))
        #expect(ofProvider.timeouts.total == .seconds(600))
        #expect(ofProvider.midStream == .none)
        let ofRoute = configuration.routes[0].node.reliability.applied(to: ofProvider)
        #expect(ofRoute.timeouts == ofProvider.timeouts)
        #expect(ofRoute.retries.max == 0)
        #expect(ofRoute.retries.share == Percentage(fraction: 0.2))
        #expect(ofRoute.hedge?.after == .fixed(.milliseconds(800)))
        #expect(ofRoute.affinity == nil)
        #expect(ofRoute.breaker == nil)
    }

    @Test func acceptanceOfACascadeIsOneOfThree() throws {
        func accept(_ text: String) -> RouteNode.Acceptance? {
            let result = load(
                self.providers + "routes: { a: { cascade: { steps: [ demo/a, demo/b ], accept: \(text) } } }"
            )
            guard case .cascade(let cascade) = result.configuration?.routes[0].node.strategy else { return nil }
            return cascade.accept
        }
        let judge = RouteNode(.target(Target(provider: "demo", model: "judge")))
        #expect(accept("{ confidence: 0.5 }") == .confidence(0.5))
        #expect(accept("{ schema: valid }") == .schema)
        #expect(accept("{ judge: demo/judge, score: 8 }") == .judge(by: judge, score: 8))
        #expect(accept("{ judge: demo/judge }") == .judge(by: judge, score: 7))
        #expect(accept("{}") == nil)
    }

    @Test func treesArePrintedWithTheRoutesTheyName() throws {
        let result = load(
            self.providers
                + """
                routes:
                  plain: demo/a
                  deep: { fallback: [ plain, { balance: [ openai/a, demo/b ] }, plain ] }
                """
        )
        let configuration = try #require(result.configuration)
        let pending = PartsInForce.pending.contains(.strategy("fallback")) ? "  (not in force yet)" : ""
        let pendingBalance = PartsInForce.pending.contains(.strategy("balance")) ? "  (not in force yet)" : ""
        #expect(
            configuration.resolvedRoutes == [
                "plain → demo/a",
                "deep",
                "  fallback\(pending)",
                "    route plain",
                "      demo/a",
                "    balance\(pendingBalance)",
                "      openai/a",
                "      demo/b",
                "    route plain",
            ]
        )
    }
}
