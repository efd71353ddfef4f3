import Core
import Dialects
import JSON
import Testing

/// A prompt that is too long, in the words clients of each dialect look for, whichever provider refused it.
struct PromptOverflowTests {
    @Test(arguments: [
        (
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 140001 tokens.",
            "The input token count (140001) exceeds the maximum number of tokens allowed (128000)."
        ),
        (
            "prompt is too long: 200123 tokens > 200000 maximum",
            "The input token count (200123) exceeds the maximum number of tokens allowed (200000)."
        ),
        (
            "The input token count (1048580) exceeds the maximum number of tokens allowed (1048576).",
            "The input token count (1048580) exceeds the maximum number of tokens allowed (1048576)."
        ),
        (
            "The input token count exceeds the maximum number of tokens allowed.",
            "The input token count exceeds the maximum number of tokens allowed."
        ),
        (
            "Input is too long for requested model.",
            "The input token count exceeds the maximum number of tokens allowed: Input is too long for requested model."
        ),
    ])
    func geminiClientsReadGooglesWords(message: String, expected: String) throws {
        let error = GatewayError(.contextLength, origin: .client, message, field: "contents", upstreamStatus: 400)
        let written = GeminiErrors.write(error, request: nil)
        let body = try JSONValue(parsing: written.body)
        #expect(written.status == 400)
        #expect(body["error"]?["status"]?.asString == "INVALID_ARGUMENT")
        #expect(body["error"]?["message"]?.asString == expected)
    }

    @Test(arguments: [
        (
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 140001 tokens.",
            "Input is too long for requested model. It has 140001 tokens, the maximum is 128000."
        ),
        (
            "prompt is too long: 200123 tokens > 200000 maximum",
            "Input is too long for requested model. It has 200123 tokens, the maximum is 200000."
        ),
        ("Input is too long for requested model.", "Input is too long for requested model."),
        ("It is too much.", "Input is too long for requested model. It is too much."),
    ])
    func bedrockClientsReadAmazonsWords(message: String, expected: String) throws {
        let error = GatewayError(.contextLength, origin: .client, message, upstreamStatus: 400)
        let written = ConverseErrors.write(error, request: nil)
        #expect(written.status == 400)
        #expect(written.fields.first?.value == "ValidationException")
        #expect(try JSONValue(parsing: written.body)["message"]?.asString == expected)
    }

    @Test func otherErrorsKeepTheirWords() throws {
        let error = GatewayError(.badRequest, origin: .client, "300 tokens > 256 maximum")
        #expect(
            try JSONValue(parsing: GeminiErrors.write(error, request: nil).body)["error"]?["message"]?.asString
                == error.message
        )
        #expect(
            try JSONValue(parsing: ConverseErrors.write(error, request: nil).body)["message"]?.asString == error.message
        )
    }
}
