import Core
import Dialects
import JSON
import Testing

/// What the assistant said before, and what requests of one conversation have in common.
struct ResponsesHistoryTests {
    private static func input(_ messages: [Message]) throws -> JSONValue? {
        try Responses.encode(Responses.request { $0.messages = messages }).body["input"]
    }

    @Test func theAssistantsTextIsAPlainString() throws {
        let turn = Message(.assistant, [.text("Grüße"), .text(" and more."), Part(.refusal(" No."))])
        let input = try Self.input([Message(.user, [.text("a")]), turn, Message(.user, [.text("b")])])
        #expect(
            input?.asArray?[1].text
                == #"{"type":"message","role":"assistant","content":"Grüße and more. No."}"#
        )
    }

    @Test func thePhaseOfAMessageIsKept() throws {
        let items: JSONValue = [
            ["role": "user", "content": "a"],
            [
                "type": "message", "role": "assistant", "phase": "commentary",
                "content": [["type": "output_text", "text": "Looking."]],
            ],
            ["type": "message", "role": "assistant", "phase": "final_answer", "content": "Done."],
            ["role": "assistant", "content": "Plain."], ["role": "user", "content": "b"],
        ]
        let request = try Responses.decode(input: items)
        let sent = try #require(try Responses.encode(request).body["input"]?.asArray)
        #expect(sent.map { $0["phase"]?.asString } == [nil, "commentary", "final_answer", nil, nil])
        #expect(sent.map { $0["content"]?.asString } == ["a", "Looking.", "Done.", "Plain.", "b"])
    }

    @Test func theKeyOfTheCacheIsCarriedToOpenAIAlone() throws {
        let request = try decodeChat(
            #"{"model":"m","prompt_cache_key":"k","messages":[{"role":"user","content":"a"}]}"#
        )
        #expect(request.cacheKey == "k")
        let (body, _, notes) = try Responses.encode(request, isStrict: true)
        #expect(body["prompt_cache_key"]?.asString == "k")
        #expect(notes.isEmpty)
        let anthropic = try Anthropic.encode(request, isStrict: true)
        #expect(anthropic.notes.isEmpty)
        #expect(!anthropic.body.text.contains("cache"))
        for family in [SignatureFamily.openAI, nil] {
            var notes = TranslationNotes(isStrict: true)
            let target = TranslationTarget(model: "m", family: family)
            let body = try JSONValue(parsing: ChatRequestEncoder.encode(request, for: target, notes: &notes).body)
            #expect(body["prompt_cache_key"]?.asString == (family == nil ? nil : "k"))
            #expect(notes.entries.isEmpty)
        }
        let responses = try Responses.decode(request: ["model": "m", "input": "a", "prompt_cache_key": "k"])
        #expect(responses.cacheKey == "k")
    }

    @Test(arguments: [("20.0", "20"), ("2e1", "20"), ("20", "20"), ("20.5", "20.5"), ("1e300", "1e300")])
    func aCountOfTokensToChooseFromIsAnInteger(said: String, sent: String) throws {
        let request = try Gemini.decodeRequest(
            #"{"contents":[{"role":"user","parts":[{"text":"a"}]}],"generationConfig":{"topK":\#(said)}}"#
        )
        #expect(request.sampling.topK?.text == sent)
        #expect(try Anthropic.encode(request).body["top_k"] == .number(#require(JSONNumber(text: sent))))
    }
}
