import Admin
import Identity
import JSON
import StoreCompatibility
import Testing

@Suite struct AdminSurfaceTests {
    /// Every route that needs a key, with every role that is not enough, and with none.
    private static let denials: [(method: String, path: String, role: Role?)] =
        AdminRoute.all
        .filter { $0.template.hasPrefix("/admin") || $0.template == "/metrics" }
        .flatMap { route in
            ([nil] + Role.allCases.filter { $0 != .admin }).map { (route.method, route.template, $0) }
        }

    @Test(arguments: Self.denials)
    func everyRouteRefusesEveryLesserRole(method: String, path: String, role: Role?) async throws {
        let fixture = try await Fixture()
        let target = try await fixture.create(#"{"name": "target"}"#)
        let path = path.split(separator: "{id}", omittingEmptySubsequences: false).joined(separator: target.id)
        guard let role else {
            #expect(await fixture.surface.answer(AdminRequest(method, path)).status == 401)
            return
        }
        let (_, key) = try await fixture.create(#"{"name": "x", "role": "\#(role.rawValue)"}"#)
        let answer = await fixture.send(method, path, #"{"name": "made by \#(role)"}"#, key: key)
        #expect(answer.status == 403)
        #expect(answer.message.contains(role.rawValue))
        #expect(fixture.refusal(of: target.key) == nil)
        #expect(try await fixture.store.all().count == 2)
    }

    @Test(arguments: ["/admin", "/admin/", "/admin/v1", "/admin/v1/usage", "/admin/v1/keys/"])
    func whatIsNotServedUnderAdminIsDeniedBeforeItIsNotFound(path: String) async throws {
        let fixture = try await Fixture()
        #expect(await fixture.surface.answer(AdminRequest("GET", path)).status == 401)
        #expect(await fixture.surface.answer(AdminRequest("PUT", path)).status == 401)
        #expect(await fixture.send("GET", path).status == 404)
    }

    @Test func otherPathsAreNotFoundInJSON() async throws {
        let answer = await (try Fixture()).surface.answer(AdminRequest("GET", "/nothing"))
        #expect(answer.status == 404)
        #expect(answer.value["error"]?["code"] == "not_found")
    }

    @Test func aWrongMethodIsToldTheRightOnes() async throws {
        let fixture = try await Fixture()
        let answer = await fixture.send("PATCH", "/admin/v1/keys")
        #expect(answer.status == 405)
        #expect(answer.fields.first { $0.name == "allow" }?.value == "GET, HEAD, POST")
        #expect(await fixture.surface.answer(AdminRequest("POST", "/healthz")).status == 405)
        #expect(await fixture.surface.answer(AdminRequest("PATCH", "/admin/v1/keys")).status == 401)
    }

    @Test func acceptsTheAdminKeyInBothPlacesButNotTwoKeys() async throws {
        let fixture = try await Fixture()
        let (bearer, key) = ("Bearer \(fixture.adminKey)", fixture.adminKey)
        func status(_ authorization: String?, _ apiKey: String?) async -> Int {
            let request = AdminRequest("GET", "/admin/v1/keys", authorization: authorization, apiKey: apiKey)
            return await fixture.surface.answer(request).status
        }
        #expect(await status(bearer, nil) == 200)
        #expect(await status(nil, key) == 200)
        #expect(await status(bearer, key) == 200)
        #expect(await status(bearer, "other") == 401)
        #expect(await status("Bearer other", nil) == 401)
        #expect(await status("", "") == 401)
    }

    @Test func aRefusedKeyIsAskedForAsBearer() async throws {
        let answer = await (try Fixture()).surface.answer(AdminRequest("GET", "/admin/v1/keys"))
        #expect(answer.fields.contains { $0.name == "www-authenticate" && $0.value == "Bearer" })
    }

    @Test func theAdminKeyIsNotListedAndCannotBeRevoked() async throws {
        let fixture = try await Fixture()
        #expect(await fixture.send("GET", "/admin/v1/keys").value["data"] == .array([]))
        #expect(await fixture.send("DELETE", "/admin/v1/keys/key_admin").status == 404)
        #expect(await fixture.send("GET", "/admin/v1/keys").status == 200)
    }

    @Test func saysWhetherItIsReady() async throws {
        let ready = await (try Fixture()).surface.answer(AdminRequest("GET", "/readyz"))
        #expect(ready.status == 200 && ready.value["status"] == "ready")
        let draining = await (try Fixture(readiness: .notReady("draining"))).surface.answer(
            AdminRequest("GET", "/readyz")
        )
        #expect(draining.status == 503 && draining.value["reason"] == "draining")
    }

    @Test(arguments: [(.loopback, 200), (.controlSocket, 200), (.remote, 401)] as [(AdminRequest.Origin, Int)])
    func showsMetricsWithoutAKeyToThisMachineOnly(origin: AdminRequest.Origin, status: Int) async throws {
        let fixture = try await Fixture()
        let answer = await fixture.surface.answer(AdminRequest("GET", "/metrics", origin: origin))
        #expect(answer.status == status)
        #expect(answer.text.contains("turnpike_up") == (status == 200))
        #expect(await fixture.send("GET", "/metrics").status == 200)
    }

    @Test func theDescriptionNamesEveryRouteAndNothingElse() async throws {
        let answer = try await Fixture().send("GET", "/admin/openapi.json")
        let document = answer.value
        #expect(document["openapi"] == "3.1.0")
        let described = try #require(document["paths"]?.asObject).members.flatMap { path, item in
            (item.asObject?.keys ?? []).filter { $0 != "parameters" }.map { "\($0.uppercased()) \(path)" }
        }
        #expect(Set(described) == Set(AdminRoute.all.map { "\($0.method) \($0.template)" }))
        #expect(described.count == AdminRoute.all.count)
    }

    @Test func everyReferenceInTheDescriptionLeadsSomewhere() throws {
        let document = try JSONValue(parsing: OpenAPIDocument.text)
        var references: [String] = []
        func collect(_ value: JSONValue) {
            switch value {
            case .array(let elements): for element in elements { collect(element) }
            case .object(let object):
                for (name, value) in object.members {
                    if name == "$ref", let text = value.asString { references.append(text) }
                    collect(value)
                }
            default: break
            }
        }
        collect(document)
        #expect(references.count > 20)
        for reference in Set(references) {
            var place: JSONValue? = document
            for name in reference.split(separator: "/").dropFirst() { place = place?[String(name)] }
            #expect(place != nil, "\(reference)")
        }
    }

    @Test func answersHaveTheFieldsTheDescriptionRequires() async throws {
        let fixture = try await Fixture()
        let document = try JSONValue(parsing: OpenAPIDocument.text)
        func required(_ schema: String) throws -> Set<String> {
            let names = try #require(document["components"]?["schemas"]?[schema]?["required"]?.asArray)
            return Set(names.compactMap(\.asString))
        }
        let made = await fixture.send("POST", "/admin/v1/keys", #"{"name": "x"}"#)
        #expect(try Set(#require(made.value.asObject).keys) == required("MadeKey"))
        let list = await fixture.send("GET", "/admin/v1/keys")
        #expect(try Set(#require(list.value["data"]?[0]?.asObject).keys) == required("Key"))
        #expect(try Set(#require(list.value.asObject).keys) == required("Keys"))
    }
}
