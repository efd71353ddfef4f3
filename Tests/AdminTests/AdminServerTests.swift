import Admin
import Core
import Glibc
import Identity
import JSON
import Storage
import Testing

@Suite struct AdminServerTests {
    private func bearer(_ fixture: Fixture) -> [(name: String, value: String)] {
        [("authorization", "Bearer \(fixture.adminKey)")]
    }

    @Test func servesTheSameAnswersOverAConnection() async throws {
        let fixture = try await Fixture()
        try await withServer(fixture) { client throws in
            let made = try await client.send(
                "POST",
                "/admin/v1/keys",
                fields: self.bearer(fixture),
                body: Array(#"{"name": "live"}"#.utf8)
            )
            #expect(made.status == 201)
            let key = try #require(try JSONValue(parsing: made.body)["key"]?.asString)
            #expect(fixture.refusal(of: key) == nil)
            let list = try await client.send("GET", "/admin/v1/keys?limit=1", fields: [("x-api-key", fixture.adminKey)])
            #expect(list.status == 200)
            #expect(String(decoding: list.body, as: UTF8.self).contains("live"))
            let denied = try await client.send("GET", "/admin/v1/keys", fields: [("x-api-key", key)])
            #expect(denied.status == 403)
        }
        #expect(!fixture.log.contents.contains(fixture.adminKey))
    }

    @Test func everyAnswerCarriesTheSecurityFields() async throws {
        let fixture = try await Fixture()
        try await withServer(fixture) { client throws in
            for target in ["/healthz", "/nothing", "/admin/v1/keys"] {
                let fields = try await client.send("GET", target).fields
                for (name, value) in [
                    ("cache-control", "no-store"), ("x-content-type-options", "nosniff"),
                    ("referrer-policy", "no-referrer"),
                ] {
                    #expect(fields.first { $0.name == name }?.value == value, "\(target)")
                }
                #expect(fields.contains { $0.name == "content-security-policy" })
            }
        }
    }

    @Test func answersHeadWithoutABody() async throws {
        let fixture = try await Fixture()
        try await withServer(fixture) { client throws in
            let answer = try await client.send("HEAD", "/healthz")
            #expect(answer.status == 200)
            #expect(answer.body.isEmpty)
            #expect(answer.fields.first { $0.name == "content-length" }?.value == "15")
        }
    }

    @Test func showsMetricsToLoopbackButNotThroughAProxy() async throws {
        let fixture = try await Fixture()
        try await withServer(fixture) { client throws in
            #expect(try await client.send("GET", "/metrics").status == 200)
            #expect(
                try await client.send("GET", "/metrics", fields: [("x-forwarded-for", "203.0.113.9")]).status == 401
            )
            #expect(try await client.send("GET", "/metrics", fields: [("forwarded", "for=203.0.113.9")]).status == 401)
        }
    }

    @Test func boundsTheBodyWhetherItsLengthIsToldOrNot() async throws {
        let fixture = try await Fixture()
        try await withServer(fixture) { client throws in
            let body = [UInt8](repeating: UInt8(ascii: " "), count: 65_537)
            let told = try await client.send("POST", "/admin/v1/keys", fields: self.bearer(fixture), body: body)
            #expect(told.status == 413)
            let head = """
                POST /admin/v1/keys HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \(fixture.adminKey)\r\n\
                transfer-encoding: chunked\r\nconnection: close\r\n\r\n10001\r\n
                """
            let untold = try await client.exchange(Array(head.utf8) + body + Array("\r\n0\r\n\r\n".utf8))
            #expect(String(decoding: untold.prefix(12), as: UTF8.self) == "HTTP/1.1 413")
        }
    }

    @Test func doesNotWaitForeverForABody() async throws {
        let fixture = try await Fixture()
        try await withServer(fixture, bodyTime: .milliseconds(50)) { client throws in
            let head = """
                POST /admin/v1/keys HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \(fixture.adminKey)\r\n\
                content-length: 10\r\nconnection: close\r\n\r\n{
                """
            let answer = try await client.exchange(Array(head.utf8))
            #expect(String(decoding: answer.prefix(12), as: UTF8.self) == "HTTP/1.1 408")
        }
    }

    @Test func refusesAHeadOverTheBound() async throws {
        let fixture = try await Fixture()
        try await withServer(fixture) { client throws in
            let long = [(name: "x-long", value: String(repeating: "x", count: 40_000))]
            let answer = try? await client.send("GET", "/healthz", fields: long)
            #expect(answer?.status != 200)
            let many = (0..<200).map { (name: "x-\($0)", value: "x") }
            #expect((try? await client.send("GET", "/healthz", fields: many))?.status != 200)
            #expect(try await client.send("GET", "/healthz").status == 200)
        }
    }

    @Test func theControlSocketNeedsNoKeyAndIsItsOwnersOnly() async throws {
        let fixture = try await Fixture()
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/test.db.sock"
        try await withServer(fixture, socketPath: path) { _ throws in
            #expect(folder.names == ["test.db.sock"])
            #expect(folder.mode("test.db.sock") == 0o600)
            let client = LiveClient(ControlClient(socketPath: path))
            let made = try await client.send("POST", "/admin/v1/keys", body: Array(#"{"name": "socket"}"#.utf8))
            #expect(made.status == 201)
            let key = try #require(try JSONValue(parsing: made.body)["key"]?.asString)
            let id = try #require(try JSONValue(parsing: made.body)["id"]?.asString)
            #expect(fixture.refusal(of: key) == nil)
            #expect(try await client.send("DELETE", "/admin/v1/keys/\(id)").status == 204)
            #expect(fixture.refusal(of: key) == .revoked)
        }
        #expect(folder.names.isEmpty)
        await #expect(throws: SystemError.self) {
            try await LiveClient(ControlClient(socketPath: path)).send("GET", "/healthz")
        }
    }

    @Test func takesThePlaceOfASocketACrashLeftBehind() async throws {
        let fixture = try await Fixture()
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/test.db.sock"
        let stale = try #require(ControlSocket(path: path))
        try stale.prepare()
        close(open(stale.bindPath, O_CREAT | O_RDWR, 0o600))
        close(open(path, O_CREAT | O_RDWR, 0o600))
        try await withServer(fixture, socketPath: path) { _ throws in
            #expect(try await LiveClient(ControlClient(socketPath: path)).send("GET", "/healthz").status == 200)
        }
        #expect(folder.names.isEmpty)
    }

    @Test func servesWithoutAControlSocketWhereItsPathIsTooLong() async throws {
        let fixture = try await Fixture()
        let path = "/tmp/\(String(repeating: "x", count: 120)).sock"
        try await withServer(fixture, socketPath: path) { client throws in
            #expect(try await client.send("GET", "/healthz").status == 200)
        }
        #expect(fixture.log.contents.contains("no control socket"))
    }
}
