import Core
import Dialects
import Testing

struct ChatUsageTests {
    private static func usage(_ raw: String, quirks: ChatQuirks = .openAI) throws -> Usage? {
        try readAnswer(
            #"{"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}],"usage":\#(raw)}"#,
            quirks: quirks
        )
        .usage
    }

    @Test(arguments: [
        (#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}"#, Usage(freshInput: 10, output: 5)),
        (
            #"{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":3},"completion_tokens_details":{"reasoning_tokens":2}}"#,
            Usage(freshInput: 3, cacheRead: 4, cacheWrite: 3, output: 5, reasoning: 2)
        ),
        // DeepSeek, Together, Mistral, a gateway in front of Anthropic, Perplexity.
        (
            #"{"prompt_tokens":10,"completion_tokens":5,"prompt_cache_hit_tokens":7,"prompt_cache_miss_tokens":3}"#,
            Usage(freshInput: 3, cacheRead: 7, output: 5)
        ),
        (
            #"{"completion_tokens":5,"prompt_cache_hit_tokens":7,"prompt_cache_miss_tokens":3}"#,
            Usage(freshInput: 3, cacheRead: 7, output: 5)
        ),
        (
            #"{"prompt_tokens":10,"completion_tokens":5,"cached_tokens":6}"#,
            Usage(freshInput: 4, cacheRead: 6, output: 5)
        ),
        (
            #"{"prompt_tokens":10,"completion_tokens":5,"num_cached_tokens":6}"#,
            Usage(freshInput: 4, cacheRead: 6, output: 5)
        ),
        (
            #"{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":0},"cache_read_input_tokens":4,"cache_creation_input_tokens":2}"#,
            Usage(freshInput: 4, cacheRead: 4, cacheWrite: 2, output: 5)
        ),
        (
            #"{"prompt_tokens":10,"completion_tokens":5,"reasoning_tokens":3}"#,
            Usage(freshInput: 10, output: 5, reasoning: 3)
        ),
        // Nonsense keeps the invariant.
        (#"{"prompt_tokens":-1,"completion_tokens":-5}"#, Usage()),
        (#"{"prompt_tokens":3,"completion_tokens":2,"cached_tokens":9}"#, Usage(cacheRead: 3, output: 2)),
        (
            #"{"prompt_tokens":3,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":2,"cache_write_tokens":9}}"#,
            Usage(cacheRead: 2, cacheWrite: 1, output: 2)
        ),
        (#"{"prompt_tokens":null,"completion_tokens":2,"prompt_tokens_details":null}"#, Usage(output: 2)),
        (#"{"prompt_tokens":9223372036854775807,"completion_tokens":2}"#, Usage(freshInput: 1 << 40, output: 2)),
    ])
    func readsEverySpelling(raw: String, expected: Usage) throws {
        let usage = try #require(try Self.usage(raw))
        #expect(usage == expected)
        #expect(usage.input == usage.freshInput + usage.cacheRead + usage.cacheWrite && usage.reasoning <= usage.output)
    }

    @Test(arguments: ["{}", "null", "[]", "7", #"{"total_tokens":3}"#, #"{"prompt_tokens":"3"}"#])
    func isNothingWithoutCounters(raw: String) throws {
        #expect(try Self.usage(raw) == nil)
    }

    @Test(arguments: [
        (#""total_tokens":636"#, false, 204), (#""total_tokens":636"#, true, 204), (#""total_tokens":500"#, true, 68),
        (#""x":1"#, true, 204), (#""x":1"#, false, 204),
    ])
    func reasoningOutsideTheCompletionIsAdded(total: String, quirk: Bool, output: Int) throws {
        let raw =
            #"{"prompt_tokens":432,"completion_tokens":68,\#(total),"completion_tokens_details":{"reasoning_tokens":136}}"#
        #expect(try Self.usage(raw, quirks: ChatQuirks(reasoningOutsideCompletion: quirk))?.output == output)
    }

    @Test
    func reasoningInsideTheCompletionIsNotAdded() throws {
        let raw =
            #"{"prompt_tokens":8,"completion_tokens":377,"total_tokens":385,"completion_tokens_details":{"reasoning_tokens":320}}"#
        #expect(try Self.usage(raw) == Usage(freshInput: 8, output: 377, reasoning: 320))
        #expect(try Self.usage(raw, quirks: ChatQuirks(reasoningOutsideCompletion: true))?.output == 377)
    }
}

struct ChatAnswerReaderTests {
    @Test(arguments: [
        "", "not json", "<html>", "[]", "null", "{}", #"{"choices":[]}"#, #"{"choices":null}"#, #"{"id":"x"}"#,
        #"{"choices":[{"index":0,"message":{"content":"cut"#, #"{"choices":[{}]} trailing"#,
    ])
    func whatIsNoAnswerIsTheUpstreamsFault(body: String) {
        let error = #expect(throws: GatewayError.self) { try readAnswer(body) }
        #expect(error?.code == .upstreamError && error?.origin == .upstream)
    }

    @Test(arguments: [
        (#"{"error":{"message":"boom","code":429}}"#, GatewayError.Code.rateLimit),
        (#"{"error":{"message":"boom","code":502},"choices":[]}"#, .upstreamError),
        (#"{"error":"boom"}"#, .upstreamError), (#"[{"error":{"message":"boom","code":503}}]"#, .overloaded),
        (#"{"object":"error","message":"boom","type":"invalid_request_error"}"#, .badRequest),
        (#"{"error":{"message":"boom","type":"overloaded_error"}}"#, .overloaded),
        (#"{"base_resp":{"status_code":1004,"status_msg":"boom"}}"#, .upstreamError),
    ])
    func anErrorInsideATwoHundredIsAnError(body: String, code: GatewayError.Code) {
        let error = #expect(throws: GatewayError.self) { try readAnswer(body) }
        #expect(error?.code == code)
        #expect(error?.message == "boom")
        #expect(error?.upstreamStatus == 200)
    }

    @Test
    func readsLegacyCompletionsAndEmbeddings() throws {
        let completion = try readAnswer(
            #"{"model":"m","choices":[{"text":"a","index":0,"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
            endpoint: .completions
        )
        #expect(
            completion
                == ChatAnswerFacts(
                    usage: Usage(freshInput: 1, output: 2),
                    finishReason: "length",
                    model: "m",
                    choices: 1
                )
        )
        let embeddings = try readAnswer(
            #"{"object":"list","model":"m","data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1]}],"usage":{"prompt_tokens":4}}"#,
            endpoint: .embeddings
        )
        #expect(embeddings == ChatAnswerFacts(usage: Usage(freshInput: 4), finishReason: nil, model: "m", choices: 2))
    }
}

struct ModelsListTests {
    @Test
    func listsModelsInTheShapeClientsRead() {
        #expect(
            text(ModelsList.write(["gpt-4o", "demo/chat", "a\"b"]))
                == #"{"object":"list","data":[{"id":"gpt-4o","object":"model","created":0,"owned_by":"turnpike"},"#
                + #"{"id":"demo/chat","object":"model","created":0,"owned_by":"demo"},"#
                + #"{"id":"a\"b","object":"model","created":0,"owned_by":"turnpike"}]}"#
        )
        #expect(
            text(ModelsList.write(model: "m", created: 5))
                == #"{"id":"m","object":"model","created":5,"owned_by":"turnpike"}"#
        )
        #expect(text(ModelsList.write([String]())) == #"{"object":"list","data":[]}"#)
    }

    @Test
    func anUnknownModelIsA404ThatNamesTheNearest() {
        let error = ModelsList.notFound("gpt-4oo", nearest: ["gpt-4o", "gpt-4"])
        #expect(error.message.contains("'gpt-4oo'") && error.message.contains("'gpt-4o', 'gpt-4'"))
        #expect(ChatErrors.write(error, request: nil).status == 404)
    }
}
