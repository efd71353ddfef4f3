import Core
import Dialects
import JSON
import Testing

struct ChatErrorsTests {
    @Test(arguments: [
        (400, GatewayError.Code.badRequest, GatewayError.Retry.never), (401, .upstreamAuthentication, .otherTarget),
        (402, .quotaExhausted, .otherTarget), (403, .upstreamAuthentication, .otherTarget),
        (404, .modelNotFound, .otherTarget),
        (405, .upstreamError, .otherTarget), (408, .upstreamTimeout, .sameTarget), (409, .conflict, .sameTarget),
        (413, .bodyTooLarge, .never), (422, .badRequest, .never), (424, .upstreamError, .sameTarget),
        (425, .upstreamError, .sameTarget), (429, .rateLimit, .sameTarget), (498, .overloaded, .sameTarget),
        (500, .upstreamError, .sameTarget), (501, .upstreamError, .otherTarget), (502, .upstreamError, .sameTarget),
        (503, .overloaded, .sameTarget), (504, .upstreamTimeout, .sameTarget), (520, .upstreamError, .sameTarget),
        (524, .upstreamTimeout, .sameTarget), (529, .overloaded, .sameTarget), (301, .upstreamError, .otherTarget),
    ])
    func theStatusDecidesWhereTheBodySaysNothing(
        status: Int,
        code: GatewayError.Code,
        retry: GatewayError.Retry
    ) {
        for body in [
            "", "<html><body>Prompt is too long, insufficient_quota</body></html>", "upstream connect error", "{}",
            "[]",
        ] {
            let error = readError(status, body)
            #expect(error.code == code, "\(body)")
            #expect(error.retry == retry)
            #expect(error.upstreamStatus == status)
            #expect(!error.message.isEmpty && !error.message.contains("html") && !error.message.contains("connect"))
        }
    }

    @Test(arguments: [
        (
            429, #"{"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}}"#,
            GatewayError.Code.quotaExhausted
        ),
        (429, #"{"error":{"message":"m","code":"billing_hard_limit_reached"}}"#, .quotaExhausted),
        (400, #"{"error":{"message":"m","code":"billing_hard_limit_reached"}}"#, .quotaExhausted),
        (403, #"{"error":"Your team has used all available credits","code":"permission-denied"}"#, .quotaExhausted),
        (
            429,
            #"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"m","details":[{"violations":[{"quotaId":"RequestsPerDay"}]}]}}"#,
            .quotaExhausted
        ),
        (400, #"{"error":{"message":"m","code":"model_not_found"}}"#, .modelNotFound),
        (404, #"{"error":{"code":"DeploymentNotFound","message":"m"}}"#, .modelNotFound),
        (400, #"{"error":{"message":"m","code":"content_policy_violation"}}"#, .contentFilter),
        (
            400, #"{"error":{"message":"m","code":null,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
            .contentFilter
        ),
        (
            403, #"{"error":{"code":403,"message":"m","metadata":{"reasons":["x"],"flagged_input":"y"}}}"#,
            .contentFilter
        ),
        (
            400, #"{"error":{"message":"Incorrect API key provided: x","code":"invalid_api_key"}}"#,
            .upstreamAuthentication
        ),
        (
            400, #"{"error":{"code":400,"message":"m","details":[{"reason":"API_KEY_INVALID"}]}}"#,
            .upstreamAuthentication
        ),
        (500, #"{"error":{"message":"The server is overloaded"}}"#, .overloaded),
        (400, #"{"error":{"code":"rate_limit_exceeded","message":"m"}}"#, .rateLimit),
        (400, #"{"message":"Too many tokens per day"}"#, .rateLimit),
    ])
    func theBodyDecidesWhereItIsClear(status: Int, body: String, code: GatewayError.Code) {
        #expect(readError(status, body).code == code)
    }

    @Test(arguments: [
        "This model's maximum context length is 8192 tokens.", "Prompt is too long: 9 tokens > 8 maximum",
        "Your input exceeds the context window of this model.",
        "input length and `max_tokens` exceed context limit: 1 + 2 > 3",
        "The input exceeds the maximum number of tokens allowed (5).", "The input token count (9) exceeds",
        "Input tokens exceeded", "Input is too long for requested model.",
        "Input tokens exceed the configured limit of 1 tokens.", "the request exceeds the available context size",
        "too many tokens: size limit exceeded", "The total length of all messages is too long.",
        "Prompt too long", "maximum input length is 4", "current length is 9 while limit is 8",
    ])
    func knowsContextLengthByItsText(text: String) throws {
        let body = JSONValue.object(["error": ["message": .string(text), "code": nil]]).text
        let error = readError(400, body)
        #expect(error.code == .contextLength)
        #expect(error.origin == .client && error.retry == .otherTarget)
        let answer = ChatErrors.write(error, request: nil)
        #expect(answer.status == 400)
        #expect(try JSONValue(parsing: answer.body)["error"]?["code"] == "context_length_exceeded")
        // In a rate limit the same words are about something else.
        #expect(readError(429, body).code == .rateLimit)
    }

    @Test(arguments: [
        "context_length_exceeded", "exceed_context_size_error", "too_many_prompt_tokens", "TOO_MANY_TOKENS",
    ])
    func knowsContextLengthByItsName(name: String) {
        #expect(readError(400, #"{"error":{"message":"m","code":"\#(name)"}}"#).code == .contextLength)
        #expect(readError(400, #"{"error":{"message":"m","type":"\#(name)","code":400}}"#).code == .contextLength)
    }

    @Test(arguments: [
        (#"{"error":{"message":"the words","param":"p"}}"#, "the words", "p"),
        (#"{"error":"the words"}"#, "the words", nil),
        (#"{"code":"c","error":"the words"}"#, "the words", nil),
        (#"{"detail":"the words"}"#, "the words", nil),
        (#"{"detail":{"message":"the words"}}"#, "the words", nil),
        (#"{"message":"the words","object":"error","param":"p"}"#, "the words", "p"),
        (#"{"Message":"the words"}"#, "the words", nil),
        (#"{"errors":[{"message":"the words"}]}"#, "the words", nil),
        (#"{"error":["the","words"]}"#, "the; words", nil),
        (#"[{"error":{"code":400,"message":"the words"}}]"#, "the words", nil),
        (#"{"error":{"error":{"message":"the words"}}}"#, "the words", nil),
        (
            #"{"error":{"code":400,"message":"Provider returned error","metadata":{"raw":"the words"}}}"#,
            "Provider returned error: the words", nil
        ),
        (
            #"{"error":{"message":"M","metadata":{"raw":"{\"error\":{\"message\":\"the words\"}}"}}}"#,
            "M: the words", nil
        ),
        (
            #"{"detail":[{"loc":["body","messages",0,"content"],"msg":"the words","type":"missing"}]}"#,
            "messages[0].content: the words", "messages[0].content"
        ),
        (#""the words""#, "the words", nil),
    ])
    func readsEveryShape(body: String, message: String, field: String?) {
        let error = readError(400, body)
        #expect(error.message == message)
        #expect(error.field == field)
        #expect(error.code == .badRequest && error.origin == .client)
    }

    @Test(arguments: [
        "null", "true", "7", "[[]]", "[1]", #"{"error":null}"#, #"{"error":{}}"#, #"{"error":[]}"#,
        #"{"error":{"message":{}}}"#,
        #"{"error":{"message":7,"code":[],"type":{},"param":[1]}}"#, #"{"detail":[]}"#, #"{"detail":[{"loc":{}}]}"#,
        #"{"error":{"details":[1,{"violations":[null]}]}}"#, "{\"error\":\"\u{0}\"}",
        #"{"error":{"message":"\ud800"}}"#,
    ])
    func neverTrapsOnAStrangeBody(body: String) throws {
        for status in [200, 400, 401, 404, 429, 500, 999] {
            let error = readError(status, body)
            _ = try JSONValue(parsing: ChatErrors.write(error, request: nil).body)
        }
    }

    @Test(arguments: [
        ("retry-after-ms", "250", Duration.milliseconds(250)), ("retry-after", "7", .seconds(7)),
        ("retry-after", "1.5", .milliseconds(1500)),
        ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", .seconds(37)),
        ("retry-after", "Sunday, 06-Nov-94 08:49:37 GMT", .seconds(37)),
        ("retry-after", "Sun Nov  6 08:49:37 1994", .seconds(37)),
        ("retry-after", "Sun, 06 Nov 1994 08:48:00 GMT", .zero),
        ("retry-after", "-5", .zero), ("retry-after", "99999999", .seconds(604_800)),
        ("x-ratelimit-reset-requests", "17ms", .milliseconds(17)), ("x-ratelimit-reset-tokens", "6m0s", .seconds(360)),
        ("anthropic-ratelimit-requests-reset", "1994-11-06T08:49:37Z", .seconds(37)),
        ("anthropic-ratelimit-tokens-reset", "1994-11-06T09:49:37.5+01:00", .seconds(37)),
    ])
    func readsTheDelayOfAHeader(name: String, value: String, delay: Duration) {
        // 1994-11-06T08:49:00Z
        let now: UInt64 = 784_111_740_000
        #expect(readError(429, "", headers: [name: value], now: now).retryAfter == delay)
    }

    @Test
    func readsUnixTimesInResetHeaders() {
        let now: UInt64 = 1_800_000_000_000
        #expect(readError(429, "", headers: ["x-ratelimit-reset": "1800000005000"], now: now).retryAfter == .seconds(5))
        #expect(readError(429, "", headers: ["x-ratelimit-reset": "1800000005"], now: now).retryAfter == .seconds(5))
        #expect(readError(429, "", headers: ["x-ratelimit-reset": "5"], now: now).retryAfter == .seconds(5))
    }

    @Test(arguments: [
        ("Please try again in 6m0s.", Duration.seconds(360)), ("Please try again in 20ms. Visit", .milliseconds(20)),
        ("Try again in 1.5s", .milliseconds(1500)), ("Please retry in 58.2s.", .milliseconds(58200)),
        ("retry after 5 seconds", .seconds(5)), ("try again in 2 minutes.", .seconds(120)),
        ("try again in 1h2m3s", .seconds(3723)),
    ])
    func readsTheDelayOfTheText(text: String, delay: Duration) {
        #expect(readError(429, #"{"error":{"message":"Rate limit. \#(text)"}}"#).retryAfter == delay)
    }

    @Test(arguments: ["try again later", "try again in a while", "retry after the moon", "try again in 5 moons", ""])
    func findsNoDelayWhereThereIsNone(text: String) {
        #expect(readError(429, #"{"error":{"message":"Rate limit. \#(text)"}}"#).retryAfter == nil)
    }

    @Test
    func prefersTheMostPreciseDelay() {
        let body = #"{"error":{"message":"try again in 9s","details":[{"retryDelay":"48.9s"}]}}"#
        let reset = ["x-ratelimit-reset-requests": "4s"]
        #expect(
            readError(429, body, headers: ["retry-after-ms": "1", "retry-after": "7"]).retryAfter == .milliseconds(1)
        )
        #expect(readError(429, body, headers: ["retry-after": "7"]).retryAfter == .seconds(7))
        #expect(readError(429, body, headers: reset).retryAfter == .milliseconds(48900))
        #expect(readError(429, #"{"error":{"message":"try again in 9s"}}"#, headers: reset).retryAfter == .seconds(9))
        #expect(readError(429, "", headers: reset).retryAfter == .seconds(4))
        let used = [
            "x-ratelimit-reset-requests": "4s", "x-ratelimit-reset-tokens": "60s",
            "x-ratelimit-remaining-requests": "0",
        ]
        #expect(readError(429, "", headers: used).retryAfter == .seconds(4))
        #expect(readError(400, "", headers: ["retry-after": "7"]).retryAfter == nil)
    }

    @Test
    func obeysWhatTheServerSaysOfRetries() {
        #expect(readError(500, "", headers: ["x-should-retry": "false"]).retry == .otherTarget)
        #expect(readError(501, "", headers: ["x-should-retry": "true"]).retry == .sameTarget)
        #expect(readError(401, "", headers: ["x-should-retry": "true"]).retry == .otherTarget)
        #expect(readError(400, "", headers: ["x-should-retry": "true"]).retry == .never)
    }
}
