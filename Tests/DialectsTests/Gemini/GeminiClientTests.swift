import Core
import Dialects
import Foundation
import JSON
import Testing

/// Requests of Gemini clients as they are read, and replies as they are written for them.
struct GeminiClientTests {
    @Test(arguments: [
        #"{"contents":[{"parts":[{"text":"hi"}]}],"systemInstruction":{"parts":[{"text":"be"}]},"generationConfig":{"maxOutputTokens":5,"topP":0.5,"stopSequences":["x"],"responseMimeType":"application/json","responseJsonSchema":{"type":"object"},"thinkingConfig":{"includeThoughts":true,"thinkingLevel":"LOW"}}}"#,
        #"{"contents":{"role":"user","parts":{"text":"hi"}},"system_instruction":"be","generation_config":{"max_output_tokens":"5","top_p":0.5,"stop_sequences":["x"],"response_mime_type":"application/json","response_schema":{"type":"OBJECT"},"thinking_config":{"include_thoughts":true,"thinking_level":"low"}}}"#,
    ])
    func bothSpellingsSayTheSame(body: String) throws {
        let request = try Gemini.decodeRequest(body, stream: true)
        #expect(request.stream)
        #expect(request.dialect == .gemini)
        #expect(request.messages.map(\.role) == [.user])
        #expect(request.messages[0].parts.map(\.text) == ["hi"])
        #expect(request.system.map(\.text) == ["be"])
        #expect(request.maxOutput == 5)
        #expect(request.sampling.topP?.text == "0.5")
        #expect(request.stop == ["x"])
        #expect(request.output == .jsonSchema(JSONSchemaFormat(schema: ["type": "object"])))
        #expect(request.reasoning.isShown == true)
        #expect(request.reasoning.effort == .low)
        #expect(request.extras.isEmpty)
    }

    @Test func responsesFindTheirCalls() throws {
        let request = try Gemini.decodeRequest(
            #"{"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":["#
                + #"{"functionCall":{"name":"f","args":{"n":1}}},{"functionCall":{"name":"f","args":{"n":2}}},"#
                + #"{"functionCall":{"name":"g","id":"own"}}]},{"role":"function","parts":["#
                + #"{"functionResponse":{"name":"g","id":"own","response":{"error":"no"}}},"#
                + #"{"functionResponse":{"name":"f","id":"made up","response":{"output":"one"}}},"#
                + #"{"functionResponse":{"name":"f","response":{"a":2},"parts":[{"inlineData":{"mimeType":"image/png","data":"AA"}}]}},"#
                + #"{"functionResponse":{"name":"h","response":{"output":"orphan"}}}]}]}"#
        )
        let calls = request.messages[1].parts.compactMap { part -> ToolCall? in
            guard case .toolCall(let call) = part.content else { return nil }
            return call
        }
        let results = request.messages[2].parts.compactMap { part -> ToolResult? in
            guard case .toolResult(let result) = part.content else { return nil }
            return result
        }
        #expect(request.messages[2].role == .user)
        #expect(CallID.isMade(calls[0].id) && CallID.isMade(calls[1].id) && calls[0].id != calls[1].id)
        #expect(results.map(\.callID) == ["own", calls[0].id, calls[1].id, "h"])
        #expect(results.map(\.isError) == [true, false, false, false])
        #expect(results.map { $0.parts.first?.text } == ["no", "one", #"{"a":2}"#, "orphan"])
        guard case .image(let media)? = results[2].parts.last?.content else {
            Issue.record("no image")
            return
        }
        #expect(media.source == .base64("AA=="))
        // The ids do not change when the conversation goes on.
        let again = try Gemini.decodeRequest(
            #"{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{"n":1}}}]}]}"#
        )
        guard case .toolCall(let first)? = again.messages.first?.parts.first?.content else { return }
        #expect(first.id == calls[0].id)
    }

    @Test func mediaAndSignaturesAreRead() throws {
        let wrapped = "dHAxLmFudGhyb3BpYy5ZekpzYm1KdFJqQmtXRXBzTHl0NFBR"
        let request = try Gemini.decodeRequest(
            #"{"contents":[{"role":"model","parts":[{"text":"a","thought":true},{"text":"b","thought":true},"#
                + #"{"text":"","thought":true,"thoughtSignature":"\#(wrapped)"},{"text":"c","thoughtSignature":"Ci8="},"#
                + #"{"functionCall":{"name":"f"},"thought_signature":"skip_thought_signature_validator"}]},"#
                + #"{"parts":[{"inline_data":{"mime_type":"application/pdf","data":"_-8"}},"#
                + #"{"fileData":{"fileUri":"gs://b/a.mp4","mimeType":"video/mp4"}},{"executableCode":{"code":"1"}}]}]}"#
        )
        let model = request.messages[0].parts
        guard case .thinking(let thought) = model[0].content else {
            Issue.record("no reasoning")
            return
        }
        #expect(thought == "ab")
        #expect(model[0].signature == Signature("c2lnbmF0dXJl/+x=", family: .anthropic))
        #expect(model[1].signature == Signature("Ci8=", family: .gemini))
        #expect(model[2].signature == nil)
        guard case .document(let document) = request.messages[1].parts[0].content,
            case .video(let video) = request.messages[1].parts[1].content,
            case .opaque(let opaque) = request.messages[1].parts[2].content
        else {
            Issue.record("other parts")
            return
        }
        #expect(document.body == .media(Media(.base64("/+8="), type: "application/pdf")))
        #expect(video.source == .file("gs://b/a.mp4"))
        #expect(opaque == Opaque(.gemini, ["executableCode": ["code": "1"]]))
    }

    @Test func toolsAndSchemasAreRead() throws {
        let request = try Gemini.decodeRequest(
            #"{"contents":"q","tools":[{"functionDeclarations":[{"name":"f","description":"d","parameters":{"type":"OBJECT","#
                + #""properties":{"type":{"type":"STRING","nullable":true,"enum":["a"]},"l":{"type":"ARRAY","items":{"type":"NUMBER"},"#
                + #""minItems":"1"}},"propertyOrdering":["l"],"required":["l"]}},{"name":"g","parametersJsonSchema":{"type":"object"}}]},"#
                + #"{"googleSearch":{},"urlContext":{}}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","#
                + #""allowedFunctionNames":["f","g"]},"retrievalConfig":{"languageCode":"de"}}}"#
        )
        #expect(request.tools.compactMap(\.name) == ["f", "g"])
        guard case .function(let function) = request.tools[0].kind else { return }
        #expect(
            function.parameters?.text
                == #"{"type":"object","properties":{"type":{"type":["string","null"],"enum":["a",null]},"#
                + #""l":{"type":"array","items":{"type":"number"},"minItems":1}},"required":["l"]}"#
        )
        #expect(request.toolChoice == .allowed(["f", "g"], required: true))
        guard case .server(let kind, let value) = request.tools[2].kind,
            case .server(let other, _) = request.tools[3].kind
        else {
            Issue.record("no server tools")
            return
        }
        #expect(kind == .webSearch)
        #expect(other == .other)
        #expect(value.value == ["googleSearch": [:]])
        let body = try Gemini.encode(request)
        #expect(body["toolConfig"]?["retrievalConfig"]?["languageCode"] == "de")
        #expect(body["tools"]?[1] == ["googleSearch": [:]])
    }

    @Test func whatHasNoPlaceIsKeptForGemini() throws {
        let request = try Gemini.decodeRequest(
            #"{"contents":"q","safetySettings":[{"category":"X"}],"cachedContent":"c","labels":{"a":"b"},"serviceTier":"FLEX","#
                + #""generationConfig":{"speechConfig":{"v":1},"temperature":0.5,"mediaResolution":"LOW"}}"#
        )
        let body = try Gemini.encode(request, for: Gemini.target(isVertex: true))
        #expect(body["safetySettings"]?[0]?["category"] == "X")
        #expect(body["cachedContent"] == "c")
        #expect(body["labels"]?["a"] == "b")
        #expect(body["serviceTier"] == "flex")
        #expect(
            body["generationConfig"]?.text == #"{"temperature":0.5,"speechConfig":{"v":1},"mediaResolution":"LOW"}"#
        )
    }

    @Test(arguments: [
        ("[]", nil as String?), ("{", nil), ("{}", "contents"), (#"{"contents":[]}"#, "contents"),
        (#"{"contents":[1]}"#, "contents[0]"), (#"{"contents":[{"role":"bot","parts":[]}]}"#, "contents[0].role"),
        (#"{"contents":[{"parts":[1]}]}"#, "contents[0].parts[0]"),
        (#"{"contents":[{"parts":[{"functionCall":{}}]}]}"#, "contents[0].parts[0].functionCall.name"),
        (#"{"contents":[{"parts":[{"inlineData":{}}]}]}"#, "contents[0].parts[0].inlineData.data"),
        (#"{"contents":"q","generationConfig":{"temperature":"hot"}}"#, "generationConfig.temperature"),
        (#"{"contents":"q","generationConfig":{"maxOutputTokens":1.5}}"#, "generationConfig.maxOutputTokens"),
        (#"{"contents":"q","tools":[{"functionDeclarations":[{}]}]}"#, "tools[0].functionDeclarations[0].name"),
    ])
    func malformedRequestsNameTheField(body: String, field: String?) {
        let error = #expect(throws: GatewayError.self) { try Gemini.decodeRequest(body) }
        #expect(error?.code == .badRequest)
        #expect(error?.origin == .client)
        #expect(error?.field == field)
    }

    @Test func theModelIsReadFromTheBodyWhereThePathHasNone() throws {
        #expect(try Gemini.decodeRequest(#"{"contents":"q","model":"models/x"}"#, model: nil).model == "x")
        let error = #expect(throws: GatewayError.self) { try Gemini.decodeRequest(#"{"contents":"q"}"#, model: nil) }
        #expect(error?.field == "model")
    }

    // MARK: Replies

    /// A canonical answer with something of everything.
    static let answer: CanonicalAnswer = {
        let gemini = Signature("Ci8=", family: .gemini)
        var cited = Part.text("hi")
        cited.citations = [Opaque(.gemini, ["groundingMetadata": ["webSearchQueries": ["q"]]])]
        var usage = Usage(freshInput: 10, cacheRead: 5, output: 20, reasoning: 7)
        usage.searches = 1
        return CanonicalAnswer(
            id: "req_1",
            model: "g",
            choices: [
                .init(
                    parts: [
                        Part(.thinking("hm"), signature: gemini), cited,
                        Part(.toolCall(ToolCall(id: "c", name: "f", arguments: #"{"x":1.0}"#)), signature: gemini),
                        Part(.image(Media(.base64("AAAA"), type: "image/png"))),
                        Part(.opaque(Opaque(.gemini, ["executableCode": ["code": "1"]]))),
                    ],
                    stop: .toolCalls
                ), .init(index: 1, parts: [.text("b")], stop: .length),
            ],
            usage: usage
        )
    }()

    @Test func answersComeBackAsTheyWere() throws {
        let body = GeminiAnswerEncoder.encode(Self.answer, Gemini.style)
        let again = try Gemini.decodeAnswer(text(body))
        #expect(again.id == "req_1")
        #expect(again.model == "g")
        #expect(again.usage == Self.answer.usage)
        #expect(again.choices.map(\.stop) == [.toolCalls, .length])
        #expect(GeminiAnswerEncoder.encode(again, Gemini.style) == body)
        #expect(text(body).contains(#"{"text":"hm","thought":true,"thoughtSignature":"Ci8="}"#))
        #expect(text(body).contains(#""finishReason":"STOP","index":0,"groundingMetadata":{"webSearchQueries":["q"]}"#))
    }

    static let events: [CanonicalEvent] = [
        .start(id: "x", model: "claude", usage: Usage(freshInput: 3)), .blockStart(block: 1, choice: 0, .thinking),
        .delta(block: 1, .text("hm")), .delta(block: 1, .signature(Signature("s/+", family: .anthropic))),
        .blockStop(block: 1), .heartbeat, .blockStart(block: 5, choice: 0, .text),
        .blockStart(block: 6, choice: 1, .text), .delta(block: 6, .text("other")),
        .delta(block: 5, .text("a\n\u{2028}")),
        .delta(block: 5, .text("")),
        .delta(block: 5, .citation(Opaque(.anthropicMessages, ["url": "https://e.org/", "title": "E"]))),
        .blockStop(block: 6), .blockStop(block: 5),
        .blockStart(block: 7, choice: 0, .toolCall(id: "c1", name: "f", kind: .function)),
        .blockStart(block: 8, choice: 0, .toolCall(id: "c2", name: "g", kind: .custom)),
        .delta(block: 7, .arguments("{\"a\":\n")), .delta(block: 8, .arguments("free")),
        .delta(block: 7, .arguments("1.0}")), .blockStop(block: 7), .blockStop(block: 8),
        .blockStart(block: 9, choice: 0, .whole(Part(.opaque(Opaque(.anthropicMessages, ["x": 1]))))),
        .blockStop(block: 9),
        .finish(choice: 1, .length), .finish(choice: 0, .toolCalls),
        .usage(Usage(freshInput: 3, output: 9, reasoning: 2)),
    ]

    private func stream(isArray: Bool, error: GatewayError? = nil) -> [UInt8] {
        var encoder = GeminiStreamEncoder(Gemini.style, isArray: isArray)
        var bytes: [UInt8] = []
        for event in Self.events { encoder.write(event, into: &bytes) }
        encoder.writeHeartbeat(into: &bytes)
        if let error {
            encoder.writeError(error, request: nil, into: &bytes)
        } else {
            encoder.writeEnd(into: &bytes)
        }
        return bytes
    }

    @Test func streamsHoldNothingButData() throws {
        let written = text(self.stream(isArray: false))
        let frames = written.components(separatedBy: "\r\n\r\n")
        #expect(frames.last == "")
        #expect(frames.dropLast().allSatisfy { $0.hasPrefix("data: {") && !$0.contains("\n") && !$0.contains("\r") })
        let (events, failure) = try Gemini.decodeStream(frames.dropLast().map { String($0.dropFirst(6)) })
        #expect(failure == nil)
        #expect(Gemini.shown(events).text == "a\n\u{2028}")
        #expect(Gemini.shown(events).thinking == "hm")
        #expect(Gemini.shown(events).calls == [#"f{"a":1.0}"#, #"g{"input":"free"}"#])
        #expect(Gemini.shown(events, choice: 1).text == "other")
        #expect(Gemini.words(events).suffix(3) == ["finish 0: toolCalls", "finish 1: length", "end"])
        let last = try JSONValue(parsing: String(frames[frames.count - 2].dropFirst(6)))
        #expect(last["candidates"]?[0]?["finishReason"] == "STOP")
        #expect(last["candidates"]?[1]?["finishReason"] == "MAX_TOKENS")
        #expect(
            last["usageMetadata"]?.text
                == #"{"promptTokenCount":3,"candidatesTokenCount":7,"totalTokenCount":12,"thoughtsTokenCount":2}"#
        )
        #expect(
            last["candidates"]?[0]?["groundingMetadata"]?.text
                == #"{"groundingChunks":[{"web":{"uri":"https://e.org/","title":"E"}}]}"#
        )
        #expect(frames.dropLast().filter { $0.contains("finishReason") }.count == 1)
        #expect(frames.dropLast().allSatisfy { $0.contains(#""responseId":"req_1""#) && $0.contains("claude") })
    }

    @Test func arraysAreOneJSONText() throws {
        let whole = try JSONValue(parsing: self.stream(isArray: true))
        let frames = text(self.stream(isArray: false)).components(separatedBy: "\r\n\r\n").dropLast()
        #expect(whole.asArray?.map(\.text) == frames.map { String($0.dropFirst(6)) })
        let busy = GatewayError(.overloaded, origin: .upstream, "busy")
        let broken = try JSONValue(parsing: self.stream(isArray: true, error: busy))
        #expect(broken.asArray?.last?["error"]?["status"] == "UNAVAILABLE")
        #expect(text(self.stream(isArray: false, error: busy)).contains("\r\n\r\ndata: {\"error\":{\"code\":503,"))
    }

    @Test func foreignSignaturesComeHome() throws {
        let written = text(self.stream(isArray: false))
        let carried = try #require(
            try JSONValue(
                parsing: String(written.components(separatedBy: "\r\n\r\n")[1].dropFirst(6))
            )["candidates"]?[0]?["content"]?["parts"]?[0]?["thoughtSignature"]?.asString
        )
        // What stands there must be base64, or the SDK fails on it.
        #expect(carried.utf8.count % 4 == 0)
        let body =
            #"{"contents":[{"role":"model","parts":[{"text":"hm","thought":true,"thoughtSignature":"\#(carried)"}]}]}"#
        #expect(try Gemini.decodeRequest(body).messages[0].parts[0].signature == Signature("s/+", family: .anthropic))
    }

    @Test(arguments: [
        (GatewayError.Code.badRequest, 400, "INVALID_ARGUMENT"), (.authentication, 401, "UNAUTHENTICATED"),
        (.permission, 403, "PERMISSION_DENIED"), (.modelNotFound, 404, "NOT_FOUND"),
        (.rateLimit, 429, "RESOURCE_EXHAUSTED"), (.gatewayFault, 500, "INTERNAL"), (.upstreamError, 502, "UNAVAILABLE"),
        (.overloaded, 503, "UNAVAILABLE"), (.deadline, 504, "DEADLINE_EXCEEDED"), (.clientCancelled, 499, "CANCELLED"),
    ])
    func errorsTakeGooglesShape(code: GatewayError.Code, status: Int, word: String) throws {
        let error = GatewayError(code, origin: .gateway, "a \"b\"", field: "contents", retryAfter: .milliseconds(1050))
        let written = GeminiErrors.write(error, request: nil)
        #expect(written.status == status)
        let body = try JSONValue(parsing: written.body)["error"]
        #expect(body?["code"]?.asInt == status)
        #expect(body?["status"]?.asString == word)
        #expect(body?["message"] == "a \"b\"")
        #expect(body?["details"]?[1]?["fieldViolations"]?[0]?["field"] == "contents")
        #expect(body?["details"]?[2]?["retryDelay"] == "1.050s")
        #expect(text(written.body).hasPrefix("{\"error\":"))
    }
}
