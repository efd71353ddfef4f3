import Core
import Dialects
import Foundation
import JSON
import TestSupport
import Testing

struct CohereReplyTests {
    @Test func readsAWholeAnswer() throws {
        let body = #"""
            {"id":"i","finish_reason":"TOOL_CALL","message":{"role":"assistant","content":[{"type":"thinking","thinking":"hm"},
            {"type":"text","text":"a"}],"tool_plan":"plan","tool_calls":[{"id":"c","type":"function","function":{"name":"f",
            "arguments":"{\"z\":1.0}"}}],"citations":[{"start":0,"end":1,"text":"a","content_index":1}]},
            "usage":{"billed_units":{"input_tokens":98.0,"output_tokens":35,"search_units":2},
            "tokens":{"input_tokens":1508,"output_tokens":67},"cached_tokens":1472},
            "logprobs":[{"text":"a","token_ids":[1],"logprobs":[-0.5]}]}
            """#
        let answer = try Cohere.decodeAnswer(Array(body.utf8))
        let parts = answer.choices[0].parts
        #expect(parts.compactMap(\.text) == ["a", "plan"])
        #expect(parts[0].isReasoning)
        #expect(parts[1].citations.count == 1)
        guard case .toolCall(let call) = parts[3].content else {
            Issue.record("no call")
            return
        }
        #expect(call == ToolCall(id: "c", name: "f", arguments: #"{"z":1.0}"#))
        #expect(answer.choices[0].stop == .toolCalls)
        var usage = Usage(freshInput: 98, output: 35)
        usage.searches = 2
        #expect(answer.usage == usage)
        #expect(
            answer.choices[0].logprobs
                == ["content": [["token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []]]]
        )
    }

    @Test(arguments: [
        ("COMPLETE", StopReason.stop), ("STOP_SEQUENCE", .stopSequence(nil)), ("MAX_TOKENS", .length),
        ("ERROR", .malformed),
        ("ERROR_TOXIC", .contentFilter), ("NEW", .other("NEW")), ("TOOL_CALL", .stop),
    ])
    func readsWhyAnAnswerEnded(word: String, stop: StopReason) throws {
        let body = #"{"id":"i","finish_reason":"\#(word)","message":{"content":[{"type":"text","text":"a"}]}}"#
        let answer = try Cohere.decodeAnswer(Array(body.utf8))
        #expect(answer.choices[0].stop == stop)
        #expect(answer.usage == nil)
    }

    @Test func countsTheTokensWhereNothingIsBilled() throws {
        let body =
            #"{"message":{"content":[]},"usage":{"tokens":{"input_tokens":10,"output_tokens":2},"cached_tokens":4}}"#
        #expect(try Cohere.decodeAnswer(Array(body.utf8)).usage == Usage(freshInput: 6, cacheRead: 4, output: 2))
    }

    @Test(arguments: [
        #"{"message":"invalid api token"}"#, "{}", "nothing", #"{"finish_reason":"TIMEOUT","message":{"content":[]}}"#,
    ])
    func whatIsNoAnswerIsAnError(body: String) {
        #expect(throws: GatewayError.self) { try Cohere.decodeAnswer(Array(body.utf8)) }
    }

    @Test func readsAStreamOfReasoningTextAndCitations() {
        let (events, failure) = Cohere.decodeStream([
            #"{"type":"message-start","id":"i","delta":{"message":{"role":"assistant"}}}"#,
            #"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}"#,
            #"{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"hm"}}}}"#,
            #"{"type":"content-end","index":0}"#,
            #"{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":""}}}}"#,
            #"{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"a"}}}}"#,
            #"{"type":"citation-start","index":0,"delta":{"message":{"citations":{"start":0,"content_index":1}}}}"#,
            #"{"type":"citation-end","index":0}"#, #"{"type":"debug","prompt":"p"}"#,
            #"{"type":"content-end","index":1}"#,
            #"{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":3,"#
                + #""output_tokens":4}}}}"#,
            "[DONE]",
        ])
        #expect(failure == nil)
        #expect(
            Gemini.words(events) == [
                "start i -", "begin 0 of 0: thinking", "text 0: hm", "end 0", "begin 1 of 0: text", "text 1: a",
                #"citation 1: {"start":0,"content_index":1}"#, "end 1", "usage 3 4", "finish 0: stop", "end",
            ]
        )
    }

    @Test(arguments: [
        #"{"type":"message-end","delta":{"finish_reason":"ERROR","error":"broke"}}"#,
        #"{"type":"message-end","delta":{"finish_reason":"TIMEOUT"}}"#, #"{"message":"internal"}"#, "{",
    ])
    func anErrorEndsTheStream(frame: String) {
        let (events, failure) = Cohere.decodeStream([#"{"type":"message-start","id":"i"}"#, frame])
        #expect(failure?.origin == .upstream)
        #expect(Gemini.words(events) == ["start i -"])
    }
}

/// Recorded exchanges with Cohere give what their raw text holds.
@Suite(.enabled(if: !RawRecording.of("cohere").isEmpty, "no folder of recordings"))
struct CohereRecordingTests {
    static let streams = RawRecording.of("cohere").filter { $0.isStream && $0.status == 200 }

    private static func frames(_ body: [UInt8]) -> [String] {
        text(body).components(separatedBy: "\n").filter { $0.hasPrefix("data:") }
            .map { String($0.dropFirst(5).drop { $0 == " " }) }
    }

    @Test(arguments: streams)
    func streamsGiveTheirFacts(recording: RawRecording) throws {
        let frames = Self.frames(recording.body)
        let plain = frames.compactMap { Recording.object($0) }
        func message(_ event: [String: Any]) -> [String: Any] {
            (event["delta"] as? [String: Any])?["message"] as? [String: Any] ?? [:]
        }
        let plan = plain.filter { $0["type"] as? String == "tool-plan-delta" }
            .compactMap { message($0)["tool_plan"] as? String }.joined()
        let arguments = plain.compactMap { event in
            ((message(event)["tool_calls"] as? [String: Any])?["function"] as? [String: Any])?["arguments"] as? String
        }.joined()
        let (events, failure) = Cohere.decodeStream(frames)
        #expect(failure == nil)
        let shown = Gemini.shown(events)
        #expect(shown.text == plan && !plan.isEmpty)
        #expect(shown.calls == ["weather\(arguments)"])
        #expect(Gemini.words(events).suffix(3) == ["usage 98 35", "finish 0: toolCalls", "end"])
        for count in 0..<(frames.count - 1) {
            let (cut, failure) = Cohere.decodeStream(Array(frames.prefix(count)))
            #expect(failure?.retry == .sameTarget)
            #expect(Gemini.words(cut).last != "end")
        }
    }

    @Test(arguments: 1...20)
    func aDamagedStreamIsReadOrRefused(seed: Int) {
        var generator = SeededGenerator(seed: seed)
        for recording in Self.streams {
            let (events, failure) = Cohere.decodeStream(Self.frames(damaged(recording.body, using: &generator)))
            if failure != nil { #expect(Gemini.words(events).last != "end") }
        }
    }
}
