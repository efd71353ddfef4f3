import Core
import Dialects
import JSON
import Testing

struct ConverseAnswerDecoderTests {
    @Test
    func readsEveryKindOfBlock() throws {
        let body = """
            {"output":{"message":{"role":"assistant","content":[\
            {"reasoningContent":{"reasoningText":{"text":"hm","signature":"sig"}}},\
            {"reasoningContent":{"redactedContent":"RXFRQkNn"}},{"text":"Hello"},{"text":""},\
            {"citationsContent":{"content":[{"text":"cited"}],"citations":[{"title":"t"}]}},\
            {"toolUse":{"toolUseId":"t1","name":"f","input":{"z":1.0,"a":12345678901234567890}}},\
            {"toolUse":{"toolUseId":"t2","name":"nova_code_interpreter","input":{},"type":"server_tool_use"}},\
            {"image":{"format":"png","source":{"bytes":"iVBORw0KGgo="}}},{"novelty":{"a":1}}]}},\
            "stopReason":"end_turn","usage":{"inputTokens":10,"outputTokens":5,"totalTokens":65,\
            "cacheReadInputTokens":20,"cacheWriteInputTokens":30,"cacheDetails":[{"ttl":"1h","inputTokens":25},\
            {"ttl":"5m","inputTokens":5}]},"metrics":{"latencyMs":1},"serviceTier":{"type":"flex"}}
            """
        let answer = try converseAnswer(Array(body.utf8))
        let parts = answer.choices[0].parts
        try #require(parts.count == 8)
        guard case .thinking("hm") = parts[0].content, case .redactedThinking = parts[1].content,
            case .toolCall(let call) = parts[4].content, case .opaque(let server) = parts[5].content,
            case .image(let image) = parts[6].content, case .opaque(let novelty) = parts[7].content
        else {
            Issue.record("the parts are of other kinds")
            return
        }
        #expect(parts[0].signature == Signature("sig", family: .anthropic))
        #expect(parts[1].signature == Signature("EqQBCg", family: .anthropic))
        #expect(parts[2].text == "Hello")
        #expect(parts[3].text == "cited")
        #expect(parts[3].citations == [Opaque(.bedrockConverse, ["title": "t"])])
        #expect(call == ToolCall(id: "t1", name: "f", arguments: #"{"z":1.0,"a":12345678901234567890}"#))
        #expect(server.value["toolUse"]?["name"] == "nova_code_interpreter")
        #expect(image == Media(.base64("iVBORw0KGgo="), type: "image/png"))
        #expect(novelty.value == ["novelty": ["a": 1]])
        // The provider says `end_turn`, but there is a call.
        #expect(answer.choices[0].stop == .toolCalls)
        var usage = Usage(freshInput: 10, cacheRead: 20, cacheWrite: 30, output: 5)
        usage.cacheWriteHour = 25
        #expect(answer.usage == usage)
        #expect(answer.serviceTier == "flex")
    }

    @Test(
        arguments: [
            ("end_turn", .stop), ("max_tokens", .length), ("stop_sequence", .stopSequence("END")),
            ("guardrail_intervened", .contentFilter), ("content_filtered", .contentFilter), ("tool_use", .stop),
            ("malformed_model_output", .malformed), ("malformed_tool_use", .malformed),
            ("model_context_window_exceeded", .contextWindow), ("never_heard_of", .other("never_heard_of")),
        ] as [(String, StopReason)]
    )
    func readsWhyItEnded(word: String, reason: StopReason) throws {
        let body = """
            {"output":{"message":{"role":"assistant","content":[{"text":"x"}]}},"stopReason":"\(word)",\
            "additionalModelResponseFields":{"stop_sequence":"END"}}
            """
        let answer = try converseAnswer(Array(body.utf8))
        #expect(answer.choices[0].stop == reason)
        #expect(answer.usage == nil)
    }

    @Test
    func neverCountsBelowZero() throws {
        let body = """
            {"output":{"message":{"content":[]}},"stopReason":"end_turn","usage":{"inputTokens":-5,"outputTokens":1,\
            "cacheWriteInputTokens":3,"cacheDetails":[{"ttl":"1h","inputTokens":9}]}}
            """
        let usage = try #require(try converseAnswer(Array(body.utf8)).usage)
        #expect(usage.freshInput == 0)
        #expect(usage.cacheWriteHour == 3)
    }

    @Test(
        arguments: [
            (#"{"message":"Too many requests"}"#, "Too many requests"), ("<html>", nil), ("", nil), ("{}", nil),
            (#"{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}"#, nil),
        ] as [(String, String?)]
    )
    func findsTheErrorInASuccess(body: String, message: String?) {
        let error = #expect(throws: GatewayError.self) { try converseAnswer(Array(body.utf8)) }
        #expect(error?.origin == .upstream)
        if let message { #expect(error?.message == message) }
    }
}

struct ConverseAnswerEncoderTests {
    private static let style = ReplyStyle(id: "r", model: "m", created: 1)

    @Test
    func writesEveryKindOfPart() throws {
        var cited = Part.text("cited")
        cited.citations = [Opaque(.bedrockConverse, ["title": "t"]), Opaque(.anthropicMessages, ["a": 1])]
        let parts = [
            Part(.thinking("hm"), signature: Signature("sig", family: .anthropic)), Part(.thinking("")),
            Part(.redactedThinking, signature: Signature("EqQBCg", family: .anthropic)), .text("Hi"), cited,
            Part(.toolCall(ToolCall(id: "a b", name: "f", arguments: #"{"z":1.0,"a":2}"#))), Part(.refusal("No.")),
            Part(.image(Media(.base64("iVBORw0KGgo="), type: "image/png"))),
            Part(.opaque(Opaque(.gemini, ["executableCode": [:]]))),
        ]
        var usage = Usage(freshInput: 1, cacheRead: 2, cacheWrite: 4, output: 8)
        usage.cacheWriteHour = 3
        var answer = CanonicalAnswer(choices: [.init(parts: parts, stop: .toolCalls)], usage: usage)
        answer.serviceTier = "priority"
        let written = try JSONValue(parsing: ConverseAnswerEncoder.encode(answer, Self.style))
        let content = try #require(written["output"]?["message"]?["content"])
        let id = try #require(content[4]?["toolUse"]?["toolUseId"]?.asString)
        #expect(id.utf8.count == 24)
        #expect(
            content
                == (try converseTree(
                    """
                    [{"reasoningContent":{"reasoningText":{"text":"hm","signature":"sig"}}},\
                    {"reasoningContent":{"redactedContent":"RXFRQkNn"}},{"text":"Hi"},\
                    {"citationsContent":{"content":[{"text":"cited"}],"citations":[{"title":"t"}]}},\
                    {"toolUse":{"toolUseId":"\(id)","name":"f","input":{"z":1.0,"a":2}}},{"text":"No."},\
                    {"image":{"format":"png","source":{"bytes":"iVBORw0KGgo="}}}]
                    """
                ))
        )
        #expect(written["stopReason"] == "tool_use")
        #expect(
            written["usage"]?.text
                == #"{"inputTokens":1,"outputTokens":8,"totalTokens":15,"cacheReadInputTokens":2,"#
                + #""cacheWriteInputTokens":4,"cacheDetails":[{"ttl":"1h","inputTokens":3},{"ttl":"5m","inputTokens":1}]}"#
        )
        #expect(written["serviceTier"] == ["type": "priority"])
        #expect(written["metrics"]?["latencyMs"]?.asInt != nil)
    }

    @Test
    func givesForeignSignaturesBackAsTheyWere() throws {
        let signature = Signature("gem ini", family: .gemini)
        let answer = CanonicalAnswer(
            choices: [
                .init(
                    parts: [Part(.thinking("a"), signature: signature), Part(.redactedThinking, signature: signature)],
                    stop: .stop
                )
            ]
        )
        let written = try JSONValue(parsing: ConverseAnswerEncoder.encode(answer, Self.style))
        let content = try #require(written["output"]?["message"]?["content"])
        let body: JSONValue = [
            "messages": [["role": "user", "content": [["text": "x"]]], ["role": "assistant", "content": content]]
        ]
        let request = try converseRequest(body.text)
        #expect(request.messages[1].parts.map(\.signature) == [signature, signature])
    }

    @Test(arguments: ConverseRecording.answers)
    func readsBackWhatItWritesOfRecordings(recording: ConverseRecording) throws {
        let answer = try converseAnswer(recording.body)
        let again = try converseAnswer(ConverseAnswerEncoder.encode(answer, Self.style))
        let recorded = try JSONValue(parsing: recording.body)
        #expect("\(again)" == "\(answer)")
        #expect(answer.usage?.freshInput == recorded["usage"]?["inputTokens"]?.asInt)
        #expect(answer.usage?.output == recorded["usage"]?["outputTokens"]?.asInt)
        #expect(answer.choices[0].parts.count == recorded["output"]?["message"]?["content"]?.asArray?.count)
    }

    @Test
    func hasRecordings() {
        #expect(
            ConverseRecording.all.isEmpty || !ConverseRecording.answers.isEmpty && ConverseRecording.streams.count >= 5
        )
    }
}

struct ConverseErrorsTests {
    @Test(
        arguments: [
            (.badRequest, .client, 400, "ValidationException"), (.unsupported, .client, 400, "ValidationException"),
            (.contextLength, .client, 400, "ValidationException"),
            (.authentication, .client, 403, "UnrecognizedClientException"),
            (.badSignature, .client, 403, "InvalidSignatureException"),
            (.permission, .client, 403, "AccessDeniedException"),
            (.modelNotFound, .client, 404, "ResourceNotFoundException"),
            (.rateLimit, .upstream, 429, "ThrottlingException"), (.rateLimit, .gateway, 429, "ThrottlingException"),
            (.quotaExhausted, .upstream, 400, "ServiceQuotaExceededException"),
            (.overloaded, .upstream, 503, "ServiceUnavailableException"),
            (.upstreamTimeout, .upstream, 408, "ModelTimeoutException"),
            (.upstreamError, .upstream, 424, "ModelErrorException"),
            (.upstreamAuthentication, .upstream, 500, "InternalServerException"),
            (.gatewayFault, .gateway, 500, "InternalServerException"),
        ] as [(GatewayError.Code, GatewayError.Origin, Int, String)]
    )
    func namesTheKindInAField(code: GatewayError.Code, origin: GatewayError.Origin, status: Int, type: String) throws {
        let written = ConverseErrors.write(GatewayError(code, origin: origin, "It's \"so\"."), request: nil)
        #expect(written.status == status)
        #expect(written.fields.map { "\($0.name)=\($0.value)" } == ["x-amzn-errortype=\(type)"])
        // An overflow is led by the words clients look for.
        let lead = code == .contextLength ? "Input is too long for requested model. " : ""
        #expect(try JSONValue(parsing: written.body)["message"]?.asString == "\(lead)It's \"so\".")
    }

    @Test
    func namesTheRequestAndTheModelsStatus() throws {
        var source = RequestIDSource()
        let id = source.next(at: 1)
        let error = GatewayError(.upstreamError, origin: .upstream, "x", upstreamStatus: 502)
        let written = ConverseErrors.write(error, request: id)
        #expect(written.fields.last?.name == "x-amzn-requestid")
        #expect(written.fields.last?.value == id.description)
        #expect(try JSONValue(parsing: written.body)["originalStatusCode"] == 502)
    }

    @Test(
        arguments: [
            (.rateLimit, "throttlingException"), (.overloaded, "serviceUnavailableException"),
            (.upstreamError, "modelStreamErrorException"), (.truncatedStream, "modelStreamErrorException"),
            (.badRequest, "validationException"), (.deadline, "internalServerException"),
        ] as [(GatewayError.Code, String)]
    )
    func writesExceptionsIntoStreams(code: GatewayError.Code, type: String) throws {
        var encoder = ConverseStreamEncoder(ReplyStyle(id: "r", model: "m", created: 1))
        var bytes: [UInt8] = []
        let origin: GatewayError.Origin = code == .badRequest ? .client : .upstream
        encoder.writeError(GatewayError(code, origin: origin, "Broken."), request: nil, into: &bytes)
        let frames = try ConverseFrame.all(in: bytes)
        #expect(frames.map(\.name) == [type])
        #expect(frames.first?.isException == true)
        #expect(frames.first?.value["message"] == "Broken.")
    }
}
