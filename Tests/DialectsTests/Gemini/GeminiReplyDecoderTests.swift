import Core
import Dialects
import JSON
import Testing

/// Answers and streams of a Gemini model, as they are read.
struct GeminiReplyDecoderTests {
    @Test func piecesOfTextAreOneBlock() throws {
        let (events, failure) = try Gemini.decodeStream([
            #"{"candidates":[{"content":{"parts":[{"text":"a","thought":true}],"role":"model"}}],"responseId":"r","modelVersion":"g"}"#,
            Gemini.chunk(#"{"text":"b","thought":true},{"text":"c"}"#), Gemini.chunk(#"{"text":"d\u00e9"}"#),
            Gemini.chunk(#"{"text":""}"#, finish: "STOP"),
        ])
        #expect(failure == nil)
        #expect(
            Gemini.words(events) == [
                "start r g", "begin 0 of 0: thinking", "text 0: a", "text 0: b", "end 0", "begin 1 of 0: text",
                "text 1: c", "text 1: dé", "end 1", "finish 0: stop", "end",
            ]
        )
    }

    @Test func signaturesStayWhereTheyWere() throws {
        let (events, _) = try Gemini.decodeStream([
            Gemini.chunk(#"{"text":"a"}"#), Gemini.chunk(#"{"text":"","thoughtSignature":"one"},{"text":"b"}"#),
            Gemini.chunk(#"{"functionCall":{"name":"f","args":{"x":1.0},"id":"i"},"thoughtSignature":"two"}"#),
            Gemini.chunk(#"{"thoughtSignature":"three"}"#, finish: "STOP"),
        ])
        #expect(
            Gemini.words(events) == [
                "start - -", "begin 0 of 0: text", "text 0: a", "signature 0: one of gemini", "end 0",
                "begin 1 of 0: text", "text 1: b", "end 1", "begin 2 of 0: call i f", "signature 2: two of gemini",
                #"arguments 2: {"x":1.0}"#, "end 2", "begin 3 of 0: text", "signature 3: three of gemini", "end 3",
                "finish 0: toolCalls", "end",
            ]
        )
    }

    @Test func callsWithoutAnIDGetOneThatIsOurs() throws {
        let answer = try Gemini.decodeAnswer(
            Gemini.chunk(
                #"{"functionCall":{"name":"f"}},{"functionCall":{"name":"g","args":{},"id":""}}"#,
                finish: "STOP"
            )
        )
        let calls = answer.choices[0].parts.compactMap { part -> ToolCall? in
            guard case .toolCall(let call) = part.content else { return nil }
            return call
        }
        #expect(calls.map(\.name) == ["f", "g"])
        #expect(calls.map(\.arguments) == ["{}", "{}"])
        #expect(calls.allSatisfy { CallID.isMade($0.id) })
        #expect(calls[0].id != calls[1].id)
        #expect(answer.choices[0].stop == .toolCalls)
    }

    @Test func candidatesAreChoices() throws {
        let (events, failure) = try Gemini.decodeStream([
            #"{"candidates":[{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"b"}]},"index":1}]}"#,
            #"{"candidates":[{"content":{"parts":[{"text":"B"}]},"index":1,"finishReason":"MAX_TOKENS"}]}"#,
            #"{"candidates":[{"content":{"parts":[{"text":"A"}]},"finishReason":"STOP","index":0}]}"#,
        ])
        #expect(failure == nil)
        #expect(Gemini.shown(events, choice: 0).text == "aA")
        #expect(Gemini.shown(events, choice: 1).text == "bB")
        #expect(Gemini.words(events).filter { $0.hasPrefix("finish") } == ["finish 0: stop", "finish 1: length"])
        let (_, cut) = try Gemini.decodeStream([
            #"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"},{"content":{},"index":1}]}"#
        ])
        #expect(cut?.code == .truncatedStream)
    }

    @Test func aFinishInEveryEventEndsNothing() throws {
        let (events, failure) = try Gemini.decodeStream([
            Gemini.chunk(#"{"text":"a"}"#, finish: "STOP"), Gemini.chunk(#"{"text":"b"}"#, finish: "STOP"),
            #"{"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2,"totalTokenCount":3}}"#,
        ])
        #expect(failure == nil)
        #expect(Gemini.shown(events).text == "ab")
        #expect(Gemini.words(events).suffix(4) == ["usage 1 2", "end 0", "finish 0: stop", "end"])
    }

    @Test(arguments: [
        ("\"STOP\"", StopReason.stop), ("\"MAX_TOKENS\"", .length), ("\"SAFETY\"", .contentFilter),
        ("\"RECITATION\"", .contentFilter), ("\"BLOCKLIST\"", .contentFilter),
        ("\"PROHIBITED_CONTENT\"", .contentFilter),
        ("\"SPII\"", .contentFilter), ("\"IMAGE_SAFETY\"", .contentFilter), ("\"MALFORMED_FUNCTION_CALL\"", .malformed),
        ("\"UNEXPECTED_TOOL_CALL\"", .malformed), ("\"OTHER\"", .other("OTHER")), ("\"NEW_ONE\"", .other("NEW_ONE")),
        ("1", .stop), ("2", .length), ("3", .contentFilter), ("10", .malformed), ("99", .other("99")),
    ])
    func finishReasonsAreRead(word: String, stop: StopReason) throws {
        let body = "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},\"finishReason\":\(word)}]}"
        #expect(try Gemini.decodeAnswer(body).choices[0].stop == stop)
    }

    @Test(arguments: [
        // prompt, cached, candidates, thoughts, tools, total; input, cacheRead, output, reasoning
        ([10, 4, 20, 30, 0, 60], [10, 4, 50, 30]), ([10, 0, 20, 5, 0, 30], [10, 0, 20, 5]),
        ([10, 0, 20, 30, 7, 67], [17, 0, 50, 30]), ([17, 0, 20, 30, 7, 67], [17, 0, 50, 30]),
        ([10, 99, 1, 0, 0, 11], [10, 10, 1, 0]), ([10, 0, -5, 0, 0, 10], [10, 0, 0, 0]),
        ([15, 0, -1, 2, 0, 17], [15, 0, 2, 2]),
    ])
    func usageIsCounted(counts: [Int], expected: [Int]) throws {
        let names = [
            "promptTokenCount", "cachedContentTokenCount", "candidatesTokenCount", "thoughtsTokenCount",
            "toolUsePromptTokenCount", "totalTokenCount",
        ]
        let members = zip(names, counts).map { "\"\($0)\":\($1)" }.joined(separator: ",")
        let answer = try Gemini.decodeAnswer(
            "{\"usageMetadata\":{\(members)},\"candidates\":[{\"finishReason\":\"STOP\"}]}"
        )
        let usage = try #require(answer.usage)
        #expect([usage.input, usage.cacheRead, usage.output, usage.reasoning] == expected)
    }

    @Test func audioAndSearchesAreCounted() throws {
        let answer = try Gemini.decodeAnswer(
            #"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP","groundingMetadata":"#
                + #"{"webSearchQueries":["x","y"]}}],"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":30,"#
                + #""totalTokenCount":130,"promptTokensDetails":[{"modality":"TEXT","tokenCount":60},"#
                + #"{"modality":"AUDIO","tokenCount":40}],"candidatesTokensDetails":[{"tokenCount":25,"modality":4}]}}"#
        )
        #expect(answer.usage?.audioInput == 40)
        #expect(answer.usage?.audioOutput == 25)
        #expect(answer.usage?.searches == 2)
        #expect(answer.choices[0].parts[0].citations.first?.value["groundingMetadata"]?["webSearchQueries"]?[1] == "y")
    }

    @Test func partsOfOtherKindsComeWhole() throws {
        let (events, _) = try Gemini.decodeStream([
            Gemini.chunk(#"{"text":"a"},{"executableCode":{"code":"1"},"thoughtSignature":"s"}"#),
            Gemini.chunk(
                #"{"codeExecutionResult":{"output":"2"}},{"inlineData":{"mimeType":"image/png","data":"AAAA"}},"#
                    + #"{"inlineData":{"mimeType":"image/png","data":"BBBB"},"thought":true},{},{"text":"b"}"#,
                finish: "STOP"
            ),
        ])
        #expect(
            Gemini.words(events) == [
                "start - -", "begin 0 of 0: text", "text 0: a", "end 0",
                #"begin 1 of 0: opaque {"executableCode":{"code":"1"},"thoughtSignature":"s"}"#, "end 1",
                #"begin 2 of 0: opaque {"codeExecutionResult":{"output":"2"}}"#, "end 2",
                "begin 3 of 0: image image/png", "end 3",
                #"begin 4 of 0: opaque {"inlineData":{"mimeType":"image/png","data":"BBBB"},"thought":true}"#, "end 4",
                "begin 5 of 0: text", "text 5: b", "end 5", "finish 0: stop", "end",
            ]
        )
    }

    @Test func streamedArgumentsAreAssembled() throws {
        func piece(_ partial: String, continues: Bool = true) -> String {
            Gemini.chunk(
                "{\"functionCall\":{\"partialArgs\":[\(partial)]\(continues ? ",\"willContinue\":true" : "")}}"
            )
        }
        let (events, failure) = try Gemini.decodeStream([
            Gemini.chunk(#"{"functionCall":{"name":"f","id":"i","willContinue":true}}"#),
            piece(#"{"jsonPath":"$.a.b[0]","stringValue":"x","willContinue":true}"#),
            piece(#"{"jsonPath":"$.a.b[0]","stringValue":"y"},{"jsonPath":"$.a.b[1]","numberValue":1.50}"#),
            piece(#"{"jsonPath":"$['c d']","boolValue":true},{"jsonPath":"$.n","nullValue":"NULL_VALUE"}"#),
            piece(
                #"{"jsonPath":"nonsense","stringValue":"z"},{"jsonPath":"$.b[99999999]","numberValue":1}"#,
                continues: false
            ),
            Gemini.chunk(#"{"functionCall":{"name":"g","args":{"k":1}}}"#, finish: "STOP"),
        ])
        #expect(failure == nil)
        #expect(
            Gemini.shown(events).calls == [#"f{"a":{"b":["xy",1.50]},"c d":true,"n":null,"b":[]}"#, #"g{"k":1}"#]
        )
    }

    @Test func aRefusedPromptIsAnAnswerWithoutContent() throws {
        let body =
            #"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5}}"#
        let answer = try Gemini.decodeAnswer(body)
        #expect(answer.choices.count == 1)
        #expect(answer.choices[0].stop == .contentFilter)
        #expect(answer.choices[0].parts.isEmpty)
        let (events, failure) = try Gemini.decodeStream([body])
        #expect(failure == nil)
        #expect(Gemini.words(events) == ["start - -", "finish 0: contentFilter", "end"])
    }

    @Test(arguments: [
        #"{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"3s"}]}}"#,
        #"[{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"3s"}]}}]"#,
    ])
    func errorsInsideATwoHundredAreThrown(body: String) throws {
        let error = #expect(throws: GatewayError.self) { try Gemini.decodeAnswer(body) }
        #expect(error?.code == .rateLimit)
        #expect(error?.retryAfter == .seconds(3))
        let late = #expect(throws: GatewayError.self) {
            try Gemini.decodeStream([Gemini.chunk(#"{"text":"a"}"#), body])
        }
        #expect(late?.code == .rateLimit)
    }

    @Test func whatIsNoAnswerIsAnError() {
        for body in ["{}", "[]", "", "{\"a\":1}", "null", "{\"candidates\":", "<html>"] {
            let error = #expect(throws: GatewayError.self) { try Gemini.decodeAnswer(body) }
            #expect(error?.code == .upstreamError, "\(body)")
        }
    }

    @Test func aListOfAnswersIsReadAsOne() throws {
        let list = "[\(Gemini.chunk(#"{"text":"a"}"#)),\r\n\(Gemini.chunk(#"{"text":"b"}"#, finish: "STOP"))]"
        let answer = try Gemini.decodeAnswer(list)
        #expect(answer.choices[0].parts.map(\.text) == ["ab"])
    }

    @Test func likelihoodsTakeOpenAIsShape() throws {
        let answer = try Gemini.decodeAnswer(
            #"{"candidates":[{"content":{"parts":[{"text":"é"}]},"finishReason":"STOP","logprobsResult":"#
                + #"{"chosenCandidates":[{"token":"é","logProbability":-0.5}],"topCandidates":[{"candidates":"#
                + #"[{"token":"x","logProbability":-1e-3}]}]}}]}"#
        )
        #expect(
            answer.choices[0].logprobs?.text
                == #"{"content":[{"token":"é","logprob":-0.5,"bytes":[195,169],"top_logprobs":"#
                + #"[{"token":"x","logprob":-1e-3,"bytes":[120]}]}]}"#
        )
    }

    @Test func anEmptyStreamIsAnErrorAndStrangeEventsAreSkipped() throws {
        #expect(try Gemini.decodeStream([] as [String]).failure?.code == .upstreamError)
        let (events, failure) = try Gemini.decodeStream([
            "{\"ping\":1}", "", " ", Gemini.chunk(#"{"text":"a"}"#, finish: "STOP"), "[DONE]",
        ])
        #expect(failure == nil)
        #expect(Gemini.shown(events).text == "a")
    }
}
