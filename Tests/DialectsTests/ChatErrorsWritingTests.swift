import Core
import Dialects
import JSON
import Testing

struct ChatErrorsWritingTests {
    @Test(arguments: [
        (GatewayError.Code.badRequest, 400, nil as String?), (.unsupported, 400, "unsupported"),
        (.authentication, 401, "invalid_api_key"),
        (.permission, 403, "permission_denied"), (.billing, 402, "insufficient_quota"), (.notFound, 404, "not_found"),
        (.methodNotAllowed, 405, "method_not_allowed"), (.modelNotFound, 404, "model_not_found"),
        (.conflict, 409, "conflict"),
        (.requestTimeout, 408, "request_timeout"), (.bodyTooLarge, 413, "request_too_large"),
        (.headTooLarge, 431, "head_too_large"),
        (.contextLength, 400, "context_length_exceeded"), (.contentFilter, 400, "content_filter"),
        (.rateLimit, 429, "rate_limit_exceeded"),
        (.quotaExhausted, 429, "insufficient_quota"), (.overloaded, 503, "overloaded"),
        (.upstreamAuthentication, 502, "upstream_auth"),
        (.upstreamTimeout, 504, "upstream_timeout"), (.upstreamError, 502, "upstream_error"),
        (.network, 502, "upstream_unreachable"),
        (.truncatedStream, 502, "truncated_stream"), (.deadline, 504, "deadline_exceeded"),
        (.clientCancelled, 499, "client_cancelled"),
        (.shuttingDown, 503, "shutting_down"), (.notInForce, 400, "not_in_force"),
        (.gatewayFault, 500, "gateway_error"),
    ])
    func everyKindHasItsStatusAndCode(code: GatewayError.Code, status: Int, name: String?) throws {
        let answer = ChatErrors.write(
            GatewayError(code, origin: .gateway, "the \"message\"\n", field: "f"),
            request: nil
        )
        #expect(answer.status == status)
        let error = try #require(try JSONValue(parsing: answer.body)["error"]?.asObject)
        #expect(error.keys == ["message", "type", "param", "code"])
        #expect(error["message"] == "the \"message\"\n")
        #expect(error["param"] == "f")
        #expect(error["code"] == name.map { .string($0) } ?? .null)
        #expect(error["type"]?.asString?.isEmpty == false)
    }

    @Test
    func namesTheRequest() throws {
        var source = RequestIDSource()
        let id = source.next(at: 1)
        let body = ChatErrors.write(GatewayError(.gatewayFault, origin: .gateway, "m"), request: id).body
        #expect(try JSONValue(parsing: body)["error"]?["request_id"]?.asString == id.description)
    }

    @Test
    func anErrorOfTheCallersMakingKeepsItsStatusAndWords() throws {
        let text =
            #"{"error":{"message":"no","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}"#
        let error = readError(422, text)
        let words = Array(text.utf8).withUnsafeBytes { ChatErrors.words($0) }
        #expect(words == ChatErrorWords(type: "invalid_request_error", code: "unsupported_parameter"))
        let answer = ChatErrors.write(error, request: nil, words: words)
        #expect(answer.status == 422)
        #expect(try JSONValue(parsing: answer.body).isEquivalent(to: JSONValue(parsing: text)))
    }

    @Test
    func wordsAreOnlyWordsAndOnlyForTheCallersErrors() throws {
        let words = Array(#"{"error":{"code":400,"type":"a b"}}"#.utf8).withUnsafeBytes { ChatErrors.words($0) }
        #expect(words == ChatErrorWords())
        let answer = ChatErrors.write(
            readError(401, ""),
            request: nil,
            words: ChatErrorWords(type: "t", code: "invalid_api_key")
        )
        #expect(answer.status == 502)
        #expect(try JSONValue(parsing: answer.body)["error"]?["code"] == "upstream_auth")
    }

    @Test
    func theGatewaysOwnKeyIsNeverTheClientsFault() throws {
        let key = "sk-abcdefghijklmnop"
        let error = readError(
            401,
            #"{"error":{"message":"Incorrect API key provided: sk-abc*******mnop."}}"#,
            credentials: [Secret(key)]
        )
        #expect(error.origin == .upstream)
        let answer = ChatErrors.write(error, request: nil)
        #expect(answer.status == 502)
        #expect(!text(answer.body).contains("sk-abc"))
    }

    @Test
    func theEventIsOneWholeEvent() throws {
        let event = ChatErrors.event(GatewayError(.truncatedStream, origin: .upstream, "line\nline"))
        #expect(text(event).hasPrefix("data: {\"error\":{"))
        #expect(text(event).hasSuffix("}}\n\n"))
        #expect(event.dropLast(2).allSatisfy { $0 != 10 })
        #expect(try JSONValue(parsing: Array(event.dropFirst(6)))["error"]?["message"] == "line\nline")
    }
}

struct UpstreamTextTests {
    @Test(arguments: [
        ("Incorrect API key provided: sk-proj-abc123DEF456ghi.", "Incorrect API key provided: [redacted]."),
        ("key <not-a-r****key> is wrong", "key <[redacted]> is wrong"),
        ("You can find your key at https://x.example/keys?key=1, please", "You can find your key at [url], please"),
        ("(see http://10.0.0.1:8000/v1)", "(see [url])"),
        ("connect to 10.1.2.3:8000 failed", "connect to [address] failed"),
        ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer [redacted]"),
        ("api_key=abcdefgh12345678 rejected", "api_key=[redacted] rejected"),
        ("key AIzaSyA1234567890abcdefghijklmnopqrstu", "key [redacted]"),
        ("token 0123456789abcdef0123456789abcdef", "token [redacted]"),
        ("in organization org-AbCdEfGh12345678 on tokens per min", "in organization [redacted] on tokens per min"),
        ("tab\there\u{1}", "tab here "),
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        ),
        (
            "The model `meta-llama/Llama-3.3-70B-Instruct-Turbo` has 1.2.3 and 8192 tokens",
            "The model `meta-llama/Llama-3.3-70B-Instruct-Turbo` has 1.2.3 and 8192 tokens"
        ),
        ("messages[0].content: asian food, é日 2 * 3 ** 4", "messages[0].content: asian food, é日 2 * 3 ** 4"),
    ])
    func removesWhatMustNotBeShown(text: String, expected: String) {
        #expect(UpstreamText.scrubbed(text) == expected)
    }

    @Test
    func removesTheCredentialsThatWereSentToTheLetter() {
        let secret = Secret("plainword")
        #expect(
            UpstreamText.scrubbed("no plainword, noplainwordno", credentials: [secret])
                == "no [redacted], no[redacted]no"
        )
    }

    @Test
    func cutsLongTextsBetweenCharacters() {
        let text = UpstreamText.scrubbed(String(repeating: "日本 ", count: 5000))
        #expect(text.utf8.count <= 2000 && text.utf8.count > 1990)
        #expect(!text.contains("\u{FFFD}"))
    }
}
