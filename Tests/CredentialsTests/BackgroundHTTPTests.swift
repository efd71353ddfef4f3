import Core
import Credentials
import NIOPosix
import Testing

@Suite(.timeLimit(.minutes(1))) struct BackgroundHTTPTests {
    @Test func sendsMethodFieldsAndForm() async throws {
        try await LocalServer.run { _ in
            .init(status: 201, fields: [("X-Answer", "yes")], body: "done")
        } _: {
            server,
            http in
            var request = BackgroundRequest(.post, server.url + "/path?a=b", timeout: .seconds(5))
            request.add("X-Key", Secret("value"))
            request.setForm([("a b", "c&d=é"), ("empty", "")])
            let response = try await http.send(request)
            #expect(response.status == 201)
            #expect(response.value(of: "x-answer") == "yes")
            #expect(String(decoding: response.body, as: UTF8.self) == "done")
            let seen = try #require(server.requests.first)
            #expect(seen.method == "POST")
            #expect(seen.target == "/path?a=b")
            #expect(seen.value(of: "x-key") == "value")
            #expect(seen.value(of: "content-type") == "application/x-www-form-urlencoded")
            #expect(seen.body == "a%20b=c%26d%3D%C3%A9&empty=")
        }
    }

    @Test func followsNoRedirect() async throws {
        try await LocalServer.run { request in
            request.target == "/" ? .init(status: 302, fields: [("location", "/elsewhere")]) : .init(body: "followed")
        } _: { server, http in
            let response = try await http.send(BackgroundRequest(.get, server.url + "/", timeout: .seconds(5)))
            #expect(response.status == 302)
            #expect(server.requests.count == 1)
        }
    }

    @Test func bodiesAreBounded() async throws {
        let most = BackgroundResponse.largestBody
        try await LocalServer.run { request in
            .init(body: String(repeating: "x", count: request.target == "/most" ? most : most + 1))
        } _: { server, http in
            let response = try await http.send(BackgroundRequest(.get, server.url + "/most", timeout: .seconds(20)))
            #expect(response.body.count == most)
            await #expect(throws: BackgroundHTTPError.bodyTooLarge) {
                try await http.send(BackgroundRequest(.get, server.url + "/more", timeout: .seconds(20)))
            }
        }
    }

    @Test func theWholeCallHasOneTimeout() async throws {
        try await LocalServer.run { _ in
            .init(body: "a part", isUnfinished: true)
        } _: { server, http in
            await #expect(throws: BackgroundHTTPError.timedOut) {
                try await http.send(BackgroundRequest(.get, server.url + "/", timeout: .milliseconds(200)))
            }
        }
    }

    @Test func aPortNobodyListensOnIsAnError() async throws {
        try await LocalServer.run { _ in
            .init()
        } _: { _, http in
            let error = await #expect(throws: BackgroundHTTPError.self) {
                try await http.send(BackgroundRequest(.get, "http://127.0.0.1:1/", timeout: .seconds(1)))
            }
            #expect(error != .closed)
        }
    }

    @Test func refusesCallsAfterItsShutdown() async throws {
        try await LocalServer.run { _ in
            .init()
        } _: { server, http in
            _ = try await http.send(BackgroundRequest(.get, server.url + "/", timeout: .seconds(5)))
            await http.shutdown()
            await http.shutdown()
            await #expect(throws: BackgroundHTTPError.closed) {
                try await http.send(BackgroundRequest(.get, server.url + "/", timeout: .seconds(5)))
            }
        }
    }

    @Test func requestsAndResponsesShowNothingOfWhatTheyCarry() {
        var request = BackgroundRequest(.put, "http://localhost/x?token=hunter2", timeout: .seconds(1))
        request.add("authorization", Secret("hunter2"))
        request.setForm([("secret", "hunter2")])
        let response = BackgroundResponse(status: 200, fields: [("x", "hunter2")], body: Array("hunter2".utf8))
        var dumped = ""
        dump(request, to: &dumped)
        dump(response, to: &dumped)
        dumped += "\(request) \(response) \(String(reflecting: request)) \(String(reflecting: response))"
        #expect(!dumped.contains("hunter2"))
        #expect(request.description == "PUT http://localhost/x")
    }
}
