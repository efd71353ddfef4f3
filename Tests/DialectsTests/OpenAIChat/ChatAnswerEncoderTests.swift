import Core
import Dialects
import JSON
import Testing

struct ChatAnswerEncoderTests {
    /// Writes an answer of one choice, and parses what was written.
    private func message(_ parts: [Part], stop: StopReason = .stop) throws -> (message: JSONValue, finish: String?) {
        let answer = CanonicalAnswer(choices: [CanonicalAnswer.Choice(parts: parts, stop: stop)])
        let value = try JSONValue(parsing: ChatAnswerEncoder.encode(answer, chatStyle))
        let choice = try #require(value["choices"]?[0])
        return (try #require(choice["message"]), choice["finish_reason"]?.asString)
    }

    @Test func writesAWholeAnswer() throws {
        var usage = Usage(freshInput: 10, cacheRead: 20, cacheWrite: 5, output: 30, reasoning: 12)
        usage.audioInput = 1
        usage.audioOutput = 2
        var answer = CanonicalAnswer(
            id: "msg_1",
            model: "claude",
            choices: [CanonicalAnswer.Choice(parts: [.text("hi \"you\"")], stop: .stop)],
            usage: usage
        )
        answer.serviceTier = "default"
        #expect(
            text(ChatAnswerEncoder.encode(answer, chatStyle))
                == #"{"id":"chatcmpl-01ABC","object":"chat.completion","created":1700000000,"model":"claude","choices":["#
                + #"{"index":0,"message":{"role":"assistant","content":"hi \"you\"","refusal":null},"logprobs":null,"#
                + #""finish_reason":"stop"}],"usage":{"prompt_tokens":35,"completion_tokens":30,"total_tokens":65,"#
                + #""prompt_tokens_details":{"cached_tokens":20,"cache_write_tokens":5,"audio_tokens":1},"#
                + #""completion_tokens_details":{"reasoning_tokens":12,"audio_tokens":2}},"service_tier":"default"}"#
        )
    }

    @Test func reasoningCarriesWhatItTakesToComeBack() throws {
        let (message, _) = try self.message([
            Part(.thinking("why"), signature: Signature("sig", family: .anthropic)),
            Part(.redactedThinking, signature: Signature("blob", family: .anthropic)),
            Part(.text("so"), signature: Signature("g", family: .gemini)),
        ])
        #expect(message["reasoning_content"] == "why")
        #expect(
            message["reasoning_details"]?.text
                == #"[{"type":"reasoning.text","text":"why","signature":"tp1.anthropic.c2ln","index":0},"#
                + #"{"type":"reasoning.encrypted","data":"tp1.anthropic.YmxvYg","index":1},"#
                + #"{"type":"reasoning.encrypted","data":"tp1.gemini.Zw","for":"text","index":2}]"#
        )
    }

    @Test func writesCallsOfBothKinds() throws {
        let (message, finish) = try self.message([
            Part(
                .toolCall(ToolCall(id: "a", name: "f", arguments: "")),
                signature: Signature("raw", family: .gemini)
            ),
            Part(
                .toolCall(ToolCall(id: "b", name: "g", arguments: "free", kind: .custom)),
                signature: Signature("s", family: .openAI)
            ),
        ])
        #expect(finish == "tool_calls")
        #expect(message["content"] == .null)
        #expect(
            message["tool_calls"]?.text
                == #"[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"},"#
                + #""extra_content":{"google":{"thought_signature":"raw"}}},"#
                + #"{"id":"b","type":"custom","custom":{"name":"g","input":"free"},"#
                + #""extra_content":{"google":{"thought_signature":"tp1.openai.cw"}}}]"#
        )
    }

    @Test(arguments: [
        (StopReason.stop, "stop"), (.stopSequence("x"), "stop"), (.length, "length"), (.contextWindow, "length"),
        (.contentFilter, "content_filter"), (.pauseTurn, "stop"), (.malformed, "stop"), (.other("odd"), "stop"),
        (.toolCalls, "stop"), (.refusal(nil), "stop"),
    ])
    func endsInTheDialectsWords(stop: StopReason, word: String) throws {
        #expect(try self.message([.text("x")], stop: stop).finish == word)
    }

    @Test func aRefusalHasWords() throws {
        let (said, _) = try self.message([], stop: .refusal("no"))
        #expect(said["refusal"] == "no")
        #expect(said["content"] == .null)
        let (silent, _) = try self.message([], stop: .refusal(nil))
        #expect(silent["refusal"]?.asString?.isEmpty == false)
        let (own, _) = try self.message([Part(.refusal("mine"))], stop: .refusal("theirs"))
        #expect(own["refusal"] == "mine")
    }

    @Test func anAnswerOfNothingIsEmptyText() throws {
        #expect(try self.message([]).message["content"] == "")
    }

    @Test func citationsWithAURLBecomeAnnotations() throws {
        var cited = Part.text("grün")
        cited.citations = [
            Opaque(.anthropicMessages, ["type": "web_search_result_location", "url": "https://a.b", "title": "A"]),
            Opaque(.anthropicMessages, ["type": "char_location", "document_index": 0]),
            Opaque(.gemini, ["web": ["uri": "https://c.d", "title": "C"]]),
            Opaque(.bedrockConverse, ["title": "D", "location": ["web": ["url": "https://e.f"]]]),
        ]
        let (message, _) = try self.message([.text("Es ist "), cited])
        #expect(
            message["annotations"]?.text
                == #"[{"type":"url_citation","url_citation":{"start_index":7,"end_index":11,"url":"https://a.b","title":"A"}},"#
                + #"{"type":"url_citation","url_citation":{"start_index":7,"end_index":11,"url":"https://c.d","title":"C"}},"#
                + #"{"type":"url_citation","url_citation":{"start_index":7,"end_index":11,"url":"https://e.f","title":"D"}}]"#
        )
    }

    @Test func imagesAndAudioHaveTheirFields() throws {
        let (message, _) = try self.message([
            Part(.image(Media(.base64("QQ=="), type: "image/png"))), Part(.audio(Media(.base64("Qg=="), type: ""))),
        ])
        #expect(message["images"]?[0]?["image_url"]?["url"] == "data:image/png;base64,QQ==")
        #expect(message["audio"]?["data"] == "Qg==")
    }

    /// What a client sends back of an answer is what the model made, wherever the dialect has a place for it.
    @Test(arguments: RoundTrip.cases)
    func whatAClientSendsBackIsWhatItGot(trip: RoundTrip) throws {
        let (message, _) = try self.message(trip.parts, stop: trip.stop)
        let request = try decodeMessages("[\(message.text)]")
        #expect(request.messages[0].parts.map(\.summary) == trip.parts.map(\.summary))
    }
}

/// An answer's parts as they must come back.
struct RoundTrip: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var parts: [Part]
    var stop = StopReason.stop

    static let call = Part(.toolCall(ToolCall(id: "a", name: "f", arguments: #"{"b":1.0,"a":"é\n"}"#)))
    static let signed = Part(.thinking("first"), signature: Signature("s+/=", family: .anthropic))

    static let cases = [
        RoundTrip(testDescription: "text", parts: [.text("hello")]),
        RoundTrip(testDescription: "call", parts: [Self.call], stop: .toolCalls),
        RoundTrip(testDescription: "signed thinking and calls", parts: [Self.signed, .text("T"), Self.call]),
        RoundTrip(testDescription: "unsigned thinking", parts: [Part(.thinking("x")), .text("T")]),
        RoundTrip(
            testDescription: "thinking that is not shown",
            parts: [Part(.thinking(""), signature: Signature("only", family: .anthropic)), Self.call]
        ),
        RoundTrip(
            testDescription: "thinking between text and call",
            parts: [
                .text("T"), Self.signed, Part(.redactedThinking, signature: Signature("b", family: .anthropic)),
                Self.call,
            ]
        ),
        RoundTrip(
            testDescription: "two thoughts around a text",
            parts: [Self.signed, .text("T"), Part(.thinking("second"), signature: Signature("t", family: .anthropic))]
        ),
        RoundTrip(
            testDescription: "signed text of Gemini",
            parts: [Part(.thinking("x")), Part(.text("T"), signature: Signature("g", family: .gemini))]
        ),
        RoundTrip(
            testDescription: "a signature on empty text before a signed call",
            parts: [
                Part(.text(""), signature: Signature("g", family: .gemini)),
                Part(Self.call.content, signature: Signature("h", family: .gemini)),
            ]
        ),
        RoundTrip(
            testDescription: "free text",
            parts: [Part(.toolCall(ToolCall(id: "c", name: "g", arguments: "free\u{7}", kind: .custom)))]
        ),
        RoundTrip(testDescription: "refusal", parts: [Part(.refusal("no"))], stop: .refusal("no")),
        RoundTrip(
            testDescription: "blocks of another dialect",
            parts: [
                Part(.opaque(Opaque(.anthropicMessages, ["type": "server_tool_use", "id": "s"]))), Self.signed,
                Part(.opaque(Opaque(.anthropicMessages, ["type": "web_search_tool_result", "n": 2.50]))), .text("T"),
            ],
            stop: .pauseTurn
        ),
        RoundTrip(
            testDescription: "an image",
            parts: [.text("here"), Part(.image(Media(.base64("QQ=="), type: "image/png")))]
        ),
    ]
}
