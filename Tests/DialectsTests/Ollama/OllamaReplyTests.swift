import Core
import Dialects
import Foundation
import JSON
import TestSupport
import Testing

struct OllamaReplyTests {
    @Test func readsAWholeAnswer() throws {
        let body = #"""
            {"model":"q","created_at":"t","message":{"role":"assistant","content":"hi","thinking":"hm","tool_calls":[
            {"function":{"name":"f","arguments":{"z":1.0}}},{"id":"b","function":{"name":"g","arguments":{}}}]},
            "logprobs":[{"token":"hi","logprob":-0.5}],"done":true,"done_reason":"stop","prompt_eval_count":3,
            "eval_count":4}
            """#
        let answer = try Ollama.decodeAnswer(Array(body.utf8))
        let calls = answer.choices[0].parts.compactMap { part -> ToolCall? in
            if case .toolCall(let call) = part.content { call } else { nil }
        }
        #expect(answer.model == "q")
        #expect(answer.choices[0].parts.compactMap(\.text) == ["hi"])
        #expect(answer.choices[0].parts[0].isReasoning)
        #expect(calls.map(\.name) == ["f", "g"] && calls[0].arguments == #"{"z":1.0}"# && calls[1].id == "b")
        #expect(CallID.isMade(calls[0].id))
        #expect(answer.choices[0].stop == .toolCalls)
        #expect(answer.choices[0].logprobs == ["content": [["token": "hi", "logprob": -0.5]]])
        #expect(answer.usage == Usage(freshInput: 3, output: 4))
    }

    @Test(arguments: [#"{"error":"model 'x' not found"}"#, "{}", "nothing", #"{"message":"x","done":true}"#])
    func whatIsNoAnswerIsAnError(body: String) {
        #expect(throws: GatewayError.self) { try Ollama.decodeAnswer(Array(body.utf8)) }
    }

    @Test func readsAStreamOfTextAndCalls() {
        let (events, failure) = Ollama.decodeStream([
            #"{"model":"q","message":{"role":"assistant","content":"","thinking":"h"},"done":false}"#,
            #"{"model":"q","message":{"role":"assistant","content":"","thinking":"m"},"done":false}"#,
            #"{"model":"q","message":{"role":"assistant","content":"a\u00e9"},"done":false}"#,
            #"{"model":"q","message":{"role":"assistant","content":"b"},"done":false}"#,
            #"{"model":"q","message":{"role":"assistant","content":"","tool_calls":[{"id":"c","function":{"name":"f","#
                + #""arguments":{"x":1}}}]},"done":false}"#,
            #"{"model":"q","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","#
                + #""prompt_eval_count":5,"eval_count":6}"#,
        ])
        #expect(failure == nil)
        #expect(
            Gemini.words(events) == [
                "start - q", "begin 0 of 0: thinking", "text 0: h", "text 0: m", "end 0", "begin 1 of 0: text",
                "text 1: aé", "text 1: b", "end 1", "begin 2 of 0: call c f", "arguments 2: {\"x\":1}", "end 2",
                "usage 5 6", "finish 0: toolCalls", "end",
            ]
        )
    }

    @Test func anErrorLineEndsTheStream() {
        let (events, failure) = Ollama.decodeStream([
            #"{"model":"q","message":{"role":"assistant","content":"a"},"done":false}"#, #"{"error":"out of memory"}"#,
        ])
        #expect(failure?.origin == .upstream)
        #expect(Gemini.words(events).last == "text 0: a")
        #expect(Ollama.decodeStream([]).failure?.code == .upstreamError)
        #expect(Ollama.decodeStream(["{"]).failure?.code == .upstreamError)
    }

    @Test func writesAWholeAnswer() {
        var answer = CanonicalAnswer(
            model: "up",
            choices: [
                .init(
                    parts: [
                        Part(.thinking("hm"), signature: Signature("s", family: .anthropic)), .text("a\nb"),
                        Part(.toolCall(ToolCall(id: "c", name: "f", arguments: #"{"z":1.0}"#))),
                    ],
                    stop: .toolCalls
                )
            ],
            usage: Usage(freshInput: 1, cacheRead: 2, output: 4)
        )
        #expect(
            text(OllamaAnswerEncoder.encode(answer, Ollama.style))
                == #"{"model":"up","created_at":"2023-11-14T22:13:20Z","message":{"role":"assistant","content":"a\nb","#
                + #""thinking":"hm","tool_calls":[{"id":"c","function":{"name":"f","arguments":{"z":1.0}}}]},"done":true,"#
                + #""done_reason":"stop","total_duration":0,"load_duration":0,"prompt_eval_count":3,"#
                + #""prompt_eval_duration":0,"eval_count":4,"eval_duration":0}"#
        )
        answer.model = nil
        answer.choices[0].stop = .length
        let generated = text(OllamaAnswerEncoder.encode(answer, Ollama.style, isGenerate: true))
        #expect(
            generated.hasPrefix(
                #"{"model":"alias","created_at":"2023-11-14T22:13:20Z","response":"a\nb","thinking":"hm","done":true,"#
                    + #""done_reason":"length","#
            )
        )
    }

    static let events: [CanonicalEvent] = [
        .start(id: "i", model: nil, usage: nil), .blockStart(block: 0, choice: 0, .thinking),
        .delta(block: 0, .text("hm")), .delta(block: 0, .signature(Signature("s", family: .anthropic))),
        .blockStart(block: 3, choice: 0, .toolCall(id: "c", name: "f", kind: .function)),
        .blockStart(block: 4, choice: 0, .text), .delta(block: 3, .arguments(#"{"z":"#)), .blockStop(block: 0),
        .delta(block: 4, .text("a\n")), .delta(block: 3, .arguments("1.0}")), .heartbeat, .blockStop(block: 3),
        .blockStart(block: 5, choice: 1, .text), .delta(block: 5, .text("other")), .blockStop(block: 5),
        .blockStop(block: 4), .finish(choice: 1, .length), .finish(choice: 0, .toolCalls),
        .usage(Usage(freshInput: 3, output: 4)),
    ]

    @Test func writesOneLineForEachStep() {
        let head = #"{"model":"alias","created_at":"2023-11-14T22:13:20Z","#
        #expect(
            Ollama.lines(Self.events) == [
                head + #""message":{"role":"assistant","content":"","thinking":"hm"},"done":false}"#,
                head + #""message":{"role":"assistant","content":"a\n"},"done":false}"#,
                head + #""message":{"role":"assistant","content":"","tool_calls":[{"id":"c","function":{"name":"f","#
                    + #""arguments":{"z":1.0}}}]},"done":false}"#,
                head
                    + #""message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":0,"#
                    + #""load_duration":0,"prompt_eval_count":3,"prompt_eval_duration":0,"eval_count":4,"eval_duration":0}"#,
            ]
        )
        let generated = Ollama.lines(Self.events, isGenerate: true)
        #expect(generated.count == 3)
        #expect(generated[0] == head + #""response":"","thinking":"hm","done":false}"#)
        #expect(generated[1] == head + #""response":"a\n","done":false}"#)
        #expect(generated[2].hasPrefix(head + #""response":"","done":true,"done_reason":"stop","#))
    }

    @Test func whatItWritesItReads() {
        let (events, failure) = Ollama.decodeStream(Ollama.lines(Self.events))
        #expect(failure == nil)
        let shown = Gemini.shown(events)
        #expect(shown.text == "a\n" && shown.thinking == "hm" && shown.calls == [#"f{"z":1.0}"#])
        #expect(Gemini.words(events).suffix(3) == ["usage 3 4", "finish 0: toolCalls", "end"])
    }

    @Test func anErrorIsALineOfItsOwn() {
        var encoder = OllamaStreamEncoder(Ollama.style)
        var bytes: [UInt8] = []
        let error = GatewayError(.overloaded, origin: .upstream, "too busy")
        encoder.writeHeartbeat(into: &bytes)
        encoder.writeError(error, request: nil, into: &bytes)
        #expect(text(bytes) == "{\"error\":\"too busy\"}\n")
        #expect(OllamaErrors.write(error, request: nil).status == 503)
    }

    @Test func listsRoutesAsModels() throws {
        let tags = try JSONValue(parsing: OllamaModels.tags(["a", "b"]))
        let models = try #require(tags["models"]?.asArray)
        #expect(models.compactMap { $0["name"]?.asString } == ["a", "b"])
        #expect(Set(models.compactMap { $0["digest"]?.asString }).count == 2)
        #expect(models.allSatisfy { $0["digest"]?.asString?.utf8.count == 64 })
        #expect(try JSONValue(parsing: OllamaModels.ps(["a"]))["models"]?[0]?["size_vram"] == 0)
        #expect(try JSONValue(parsing: OllamaModels.version())["version"]?.asString != nil)
        let shown = try JSONValue(parsing: OllamaModels.show("a", capabilities: ["completion"], contextLength: 8))
        #expect(shown["capabilities"] == ["completion"])
        #expect(shown["model_info"]?["turnpike.context_length"] == 8)
        #expect(try JSONValue(parsing: OllamaModels.tags([])) == ["models": []])
    }
}

/// Recorded exchanges with Ollama give what their raw text holds.
@Suite(.enabled(if: !RawRecording.of("ollama").isEmpty, "no folder of recordings"))
struct OllamaRecordingTests {
    static let all = RawRecording.of("ollama")

    private static func lines(_ recording: RawRecording) -> [String] {
        text(recording.body).components(separatedBy: "\n").filter { !$0.isEmpty }
    }

    @Test(arguments: all.filter(\.isStream))
    func streamsGiveTheirFacts(recording: RawRecording) throws {
        let lines = Self.lines(recording)
        let plain = lines.compactMap { Recording.object($0) }
        let said = plain.compactMap { ($0["message"] as? [String: Any])?["content"] as? String }.joined()
        let (events, failure) = Ollama.decodeStream(lines)
        #expect(failure == nil)
        #expect(Gemini.shown(events).text == said)
        let last = try #require(plain.last)
        let usage = "usage \(last["prompt_eval_count"] as? Int ?? 0) \(last["eval_count"] as? Int ?? 0)"
        #expect(Gemini.words(events).suffix(3) == [usage, "finish 0: stop", "end"])
        for count in 0..<lines.count {
            let (cut, failure) = Ollama.decodeStream(Array(lines.prefix(count)))
            #expect(failure?.retry == .sameTarget)
            #expect(Gemini.words(cut).last != "end")
        }
    }

    @Test(arguments: all.filter { !$0.isStream })
    func answersGiveTheirFacts(recording: RawRecording) throws {
        let plain = try #require(Recording.object(text(recording.body)))
        let message = try #require(plain["message"] as? [String: Any])
        let answer = try Ollama.decodeAnswer(recording.body)
        guard case .thinking(let thinking)? = answer.choices[0].parts.first?.content,
            case .toolCall(let call)? = answer.choices[0].parts.last?.content
        else {
            Issue.record("no call")
            return
        }
        #expect(thinking == message["thinking"] as? String)
        #expect(call == ToolCall(id: "call_gsiiy8py", name: "get_current_weather", arguments: #"{"city":"Paris"}"#))
        #expect(answer.usage?.input == plain["prompt_eval_count"] as? Int)
        #expect(answer.usage?.output == plain["eval_count"] as? Int)
        #expect(answer.choices[0].stop == .toolCalls)
    }

    @Test(arguments: all)
    func requestsAreRead(recording: RawRecording) throws {
        let request = try Ollama.decode(recording.request)
        #expect(request.stream == recording.isStream)
        #expect(request.messages.count == 1)
    }

    @Test(arguments: 1...20)
    func aDamagedStreamIsReadOrRefused(seed: Int) {
        var generator = SeededGenerator(seed: seed)
        for recording in Self.all {
            let lines = text(damaged(recording.body, using: &generator)).components(separatedBy: "\n")
            let (events, failure) = Ollama.decodeStream(lines)
            #expect(failure == nil || failure?.origin != .gateway)
            if failure != nil { #expect(Gemini.words(events).last != "end") }
        }
    }
}
