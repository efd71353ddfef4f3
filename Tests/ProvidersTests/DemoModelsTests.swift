import Core
import JSON
import Providers
import Testing

struct DemoModelsTests {
    private static let stream: JSONObject = ["stream": true]

    @Test(arguments: [400, 401, 402, 404, 429, 500, 503, 529, 599])
    func answersTheStatusItIsAskedFor(status: Int) throws {
        let reply = ask(chat(model: "demo/status-\(status)"))
        guard case .head(let sent, let fields) = reply.steps.first else {
            Issue.record("no head")
            return
        }
        #expect(sent == status)
        #expect(fields.contains(DemoField("retry-after", "1")) == (status == 429 || status == 503))
        #expect(try tree(reply)["error"]?["message"]?.asString?.isEmpty == false)
    }

    @Test(arguments: [
        "demo/status-200", "demo/status-600", "demo/status-4000", "demo/status-x", "demo/nothing", "demo/",
    ])
    func doesNotKnowOtherModels(model: String) throws {
        for anyModel in [false, true] {
            let reply = ask(chat(model: model), anyModel: anyModel)
            #expect(reply.status == 404)
            #expect(try tree(reply)["error"]?["code"] == "model_not_found")
        }
    }

    @Test
    func standsInForOtherModelsWhereItMay() throws {
        #expect(ask(chat(model: "gpt-4o")).status == 404)
        #expect(try tree(ask(chat(model: "gpt-4o"), anyModel: true))["model"] == "gpt-4o")
        #expect(try tree(ask(chat(model: "chat")))["model"] == "chat")
    }

    @Test(arguments: ["cut", "stall"])
    func breaksOffInTheMiddle(model: String) throws {
        let last: DemoStep = model == "cut" ? .cut : .stall
        let streamed = ask(chat(model: "demo/\(model)", Self.stream))
        #expect(streamed.steps.last == last)
        let reassembled = try Reassembled(streamed)
        #expect(!reassembled.text.isEmpty && reassembled.finish == nil && !reassembled.sawDone)
        let whole = ask(chat(model: "demo/\(model)"))
        #expect(whole.steps.last == last)
        guard case .head(200, let fields) = whole.steps.first else {
            Issue.record("no head")
            return
        }
        let length = fields.first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0
        #expect(whole.body.count > 0 && whole.body.count < length)
    }

    @Test(arguments: [("reset", [DemoStep.cut]), ("stall-first", [.stall])])
    func saysNothing(model: String, steps: [DemoStep]) {
        #expect(ask(chat(model: "demo/\(model)")).steps == steps)
        #expect(ask(chat(model: "demo/\(model)", Self.stream)).steps == steps)
    }

    @Test
    func isSlow() {
        let pauses = ask(chat(model: "demo/slow", Self.stream)).steps.filter { $0 == .pause(.milliseconds(300)) }
        #expect(pauses.count > 5)
        #expect(ask(chat(model: "demo/slow")).steps.first == .pause(.seconds(2)))
    }

    @Test
    func failsInAStream() throws {
        let reply = ask(chat(model: "demo/error-in-stream", Self.stream))
        let stream = try Reassembled(reply)
        #expect(!stream.text.isEmpty && stream.chunks.last?["error"]?["message"] != nil && !stream.sawDone)
        let first = try Reassembled(ask(chat(model: "demo/error-first", Self.stream)))
        #expect(first.chunks.count == 1 && first.chunks[0]["error"] != nil)
    }

    @Test(arguments: ["error-in-200", "error-first", "error-in-stream"])
    func failsInsideATwoHundred(model: String) throws {
        let reply = ask(chat(model: "demo/\(model)"))
        #expect(reply.status == 200)
        #expect(try tree(reply)["error"]?["type"] == "server_error")
        #expect(try tree(ask(chat(model: "demo/error-in-200", Self.stream)))["error"] != nil)
    }

    @Test
    func endsTooEarlyOrWithRubbish() throws {
        #expect(ask(chat(model: "demo/empty-stream", Self.stream)).body.isEmpty)
        let reply = try Reassembled(ask(chat(model: "demo/no-done", Self.stream)))
        #expect(reply.finish == "stop" && !reply.sawDone)
        #expect(throws: JSONSyntaxError.self) { try Reassembled(ask(chat(model: "demo/bad-first-event", Self.stream))) }
        #expect(throws: JSONSyntaxError.self) { try tree(ask(chat(model: "demo/bad-first-event"))) }
        let page = ask(chat(model: "demo/html"))
        #expect(page.status == 502 && page.body.starts(with: "<html>".utf8))
    }

    @Test(arguments: [("long", 2000), ("huge", 1), ("comments", 5), ("crlf", 5)])
    func streamsOddlyButWell(model: String, events: Int) throws {
        let stream = try Reassembled(ask(chat(model: "demo/\(model)", Self.stream)))
        #expect(stream.sawDone && stream.finish == "stop" && stream.chunks.count >= events)
        let whole = try tree(ask(chat(model: "demo/\(model)")))
        #expect(stream.text == whole["choices"]?[0]?["message"]?["content"]?.asString)
        if model == "huge" { #expect(stream.text.utf8.count == 1 << 20) }
    }

    @Test
    func everyModelOfTheTableIsServedAndListed() throws {
        for entry in DemoModels.all {
            let name = entry.id.replacing("NNN", with: "500")
            #expect(DemoModels.contains(name), "\(name)")
            #expect(DemoModels.markdown.contains("| `\(entry.id)` | \(entry.does) |"))
        }
        let list = try tree(DemoProvider.reply(method: "GET", path: "/v1/models", body: []))
        #expect(list["data"]?.asArray?.map { $0["id"]?.asString } == DemoModels.listed)
        #expect(DemoModels.listed.allSatisfy(DemoModels.contains))
        let one = try tree(DemoProvider.reply(method: "GET", path: "/v1/models/demo%2Fchat?x=1", body: []))
        #expect(one["id"] == "demo/chat" && one["object"] == "model")
        #expect(DemoProvider.reply(method: "GET", path: "/v1/models/none", body: []).status == 404)
    }

    @Test(arguments: [
        ("GET", "/v1/chat/completions", 405), ("POST", "/v1/models", 405), ("POST", "/v1/nothing", 404),
        ("GET", "/", 404),
        ("POST", "/v1/chat/completions?api-version=1", 400),
    ])
    func refusesOtherPathsAndMethods(method: String, path: String, status: Int) throws {
        let reply = DemoProvider.reply(method: method, path: path, body: [])
        #expect(reply.status == status)
        #expect(try tree(reply)["error"]?["message"] != nil)
    }

    @Test
    func completesPrompts() throws {
        let path = "/v1/completions"
        let whole = try tree(ask(["model": "demo/chat", "prompt": ["one", "two"], "n": 2], path: path))
        #expect(whole["object"] == "text_completion")
        #expect(whole["choices"]?.asArray?.map { $0["index"] } == [0, 1, 2, 3])
        #expect(whole["choices"]?[3]?["text"] == " You wrote: \"two\".")
        let stream = try Reassembled(ask(["model": "demo/chat", "prompt": "one", "stream": true], path: path))
        #expect(stream.text == " You wrote: \"one\"." && stream.finish == "stop" && stream.sawDone)
        let echoed = try tree(ask(["model": "demo/chat", "prompt": "one", "echo": true, "max_tokens": 1], path: path))
        #expect(echoed["choices"]?[0]?["text"] == "one You")
        #expect(echoed["choices"]?[0]?["finish_reason"] == "length")
        #expect(ask(["model": "demo/chat"], path: path).status == 400)
    }

    @Test
    func embedsTexts() throws {
        func vectors(_ input: JSONValue, _ more: JSONObject = JSONObject()) throws -> [[Double]] {
            var object: JSONObject = ["model": "demo/chat", "input": input]
            for member in more { object[member.key] = member.value }
            let answer = try tree(ask(.object(object), path: "/v1/embeddings"))
            return answer["data"]?.asArray?.map { $0["embedding"]?.asArray?.compactMap(\.asDouble) ?? [] } ?? []
        }
        func product(_ left: [Double], _ right: [Double]) -> Double { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }
        let all = try vectors(["the cat sat on the mat", "the cat sat on a mat", "where is my invoice"])
        #expect(all.count == 3 && all.allSatisfy { $0.count == 256 && abs(product($0, $0) - 1) < 1e-4 })
        #expect(product(all[0], all[1]) > product(all[0], all[2]) + 0.3)
        #expect(try vectors("x", ["dimensions": 3])[0].count == 3)
        let base64 = try tree(
            ask(["model": "demo/chat", "input": "x", "encoding_format": "base64"], path: "/v1/embeddings")
        )
        #expect(base64["data"]?[0]?["embedding"]?.asString?.utf8.count == 1368)
        #expect(ask(["model": "demo/chat", "input": []], path: "/v1/embeddings").status == 400)
    }
}
