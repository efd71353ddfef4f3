import Core
import Dialects
import Foundation
import JSON
import Testing

@Suite struct TokenCountTests {
    private static func decode(_ dialect: TokenCountDialect, _ body: [UInt8], model: String?) throws -> CanonicalRequest
    {
        try withBytes(body) { bytes throws(GatewayError) in try dialect.decodeRequest(bytes, model: model) }
    }

    private static func encode(_ request: CanonicalRequest, _ target: TokenCountDialect) throws -> JSONValue {
        var notes = TranslationNotes()
        let body = try target.encodeRequest(request, for: TranslationTarget(model: "m"), notes: &notes)
        return try JSONValue(parsing: body)
    }

    static let clients: [(TokenCountDialect, String)] = [
        (.anthropic, #"{"model":"m","system":"s","messages":[{"role":"user","content":"hi"}]}"#),
        (
            .gemini,
            #"{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"systemInstruction":{"parts":[{"text":"s"}]}}"#
        ),
        (
            .gemini,
            #"{"generateContentRequest":{"model":"models/m","contents":[{"parts":[{"text":"hi"}]}],"systemInstruction":{"parts":[{"text":"s"}]}}}"#
        ),
        (
            .vertex,
            #"{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"systemInstruction":{"parts":[{"text":"s"}]}}"#
        ),
        (
            .bedrock,
            #"{"input":{"converse":{"system":[{"text":"s"}],"messages":[{"role":"user","content":[{"text":"hi"}]}]}}}"#
        ),
        (
            .bedrock,
            #"{"input":{"invokeModel":{"body":"\#(Data(#"{"anthropic_version":"bedrock-2023-05-31","max_tokens":1,"system":"s","messages":[{"role":"user","content":"hi"}]}"#.utf8).base64EncodedString())"}}}"#
        ),
        (.openAIResponses, #"{"model":"m","instructions":"s","input":"hi"}"#),
    ]

    @Test(arguments: TokenCountTests.clients)
    func readsTheSameInEachClientsDialect(_ dialect: TokenCountDialect, _ body: String) throws {
        let request = try Self.decode(dialect, Array(body.utf8), model: "m")
        #expect(request.model == "m")
        #expect(request.system.compactMap(\.text) == ["s"])
        #expect(request.messages.map { $0.parts.compactMap(\.text) } == [["hi"]])
    }

    private static var request: CanonicalRequest {
        var request = CanonicalRequest(dialect: .openAIChat, model: "asked")
        request.messages = [Message(.user, [.text("hi")])]
        request.maxOutput = 77
        request.stream = true
        request.sampling.temperature = JSONNumber(text: "0.5")
        request.tools = [Tool(.function(FunctionTool(name: "f", parameters: ["type": "object"])))]
        return request
    }

    @Test func asksAnthropic() throws {
        let body = try Self.encode(Self.request, .anthropic)
        #expect(Set(body.asObject?.keys ?? []) == ["model", "messages", "tools"])
    }

    @Test func asksGemini() throws {
        let body = try Self.encode(Self.request, .gemini)
        #expect(body.asObject?.keys == ["generateContentRequest"])
        #expect(body["generateContentRequest"]?["model"] == "models/m")
        #expect(body["generateContentRequest"]?["contents"]?[0]?["parts"]?[0]?["text"] == "hi")
        let vertex = try Self.encode(Self.request, .vertex)
        #expect(vertex["contents"]?[0]?["parts"]?[0]?["text"] == "hi")
        #expect(vertex["model"] == nil)
    }

    @Test func asksBedrock() throws {
        let body = try Self.encode(Self.request, .bedrock)
        #expect(Set(body["input"]?["converse"]?.asObject?.keys ?? []) == ["messages", "toolConfig"])
        let invoke = try Self.encode(Self.request, .bedrockInvoke)
        let blob = try #require(invoke["input"]?["invokeModel"]?["body"]?.asString)
        let inner = try JSONValue(parsing: Array(try #require(Data(base64Encoded: blob))))
        #expect(inner["anthropic_version"] == "bedrock-2023-05-31")
        #expect(inner["model"] == nil)
        #expect(inner["messages"]?[0]?["role"] == "user")
    }

    @Test func asksOpenAI() throws {
        let body = try Self.encode(Self.request, .openAIResponses)
        #expect(body["model"] == "m")
        #expect(body["input"] != nil)
        #expect(body["tools"]?[0]?["name"] == "f")
        for key in ["stream", "store", "max_output_tokens", "temperature", "include"] { #expect(body[key] == nil) }
    }

    @Test(arguments: [
        (TokenCountDialect.anthropic, #"{"input_tokens":12}"#),
        (.gemini, #"{"totalTokens":12,"cachedContentTokenCount":3}"#),
        (.bedrock, #"{"inputTokens":12}"#),
        (.openAIResponses, #"{"object":"response.input_tokens","input_tokens":12}"#),
    ])
    func answersPassThere(_ dialect: TokenCountDialect, _ body: String) throws {
        let count = try withBytes(Array(body.utf8)) { bytes throws(GatewayError) in try dialect.decodeAnswer(bytes) }
        #expect(count.total == 12)
        #expect(text(dialect.encodeAnswer(count)) == body)
    }

    @Test(arguments: TokenCountDialect.allCases)
    func whatIsNoCountIsAnError(_ dialect: TokenCountDialect) {
        for body in [#"{"error":{"message":"no"}}"#, "[]", "x"] {
            #expect(throws: GatewayError.self) {
                try withBytes(Array(body.utf8)) { bytes throws(GatewayError) in try dialect.decodeAnswer(bytes) }
            }
        }
    }

    @Test(arguments: [
        (TokenCountDialect.bedrock, "{}"), (.bedrock, #"{"input":{}}"#), (.gemini, "{}"), (.anthropic, "{}"),
    ])
    func malformedRequestsAreRefused(_ dialect: TokenCountDialect, _ body: String) {
        let error = #expect(throws: GatewayError.self) { try Self.decode(dialect, Array(body.utf8), model: "m") }
        #expect(error?.code == .badRequest)
    }

    @Test(.enabled(if: EndpointRecording.areThere, "no folder of recordings"))
    func readsRecordedCounts() throws {
        let anthropic = try #require(EndpointRecording.load("anthropic/count-tokens"))
        let request = try Self.decode(.anthropic, anthropic.request, model: nil)
        #expect(request.tools.count == 1)
        #expect(request.toolChoice == .required)
        let bedrock = try #require(EndpointRecording.load("bedrock/count-tokens"))
        #expect(try Self.decode(.bedrock, bedrock.request, model: "m").tools.first?.name == "get_weather")
        let count = try withBytes(bedrock.response) { bytes throws(GatewayError) in
            try TokenCountDialect.bedrock.decodeAnswer(bytes)
        }
        #expect(count == TokenCount(total: 375))
        // What Bedrock was asked is what it would be asked again.
        let again = try Self.encode(try Self.decode(.bedrock, bedrock.request, model: "m"), .bedrock)
        #expect(again["input"]?["converse"]?["toolConfig"]?["tools"]?[0]?["toolSpec"]?["name"] == "get_weather")
    }
}

/// How far estimates are from what providers counted.
@Suite struct TokenEstimateTests {
    /// Texts whose tokens the recordings or OpenAI's published tokenizer examples tell.
    @Test func emptyTextIsNothing() { #expect(TokenEstimate.count(text: "") == 0) }

    @Test(arguments: [
        ("Hello, world!", 3...5), ("tiktoken is great!", 4...7),
        ("The quick brown fox jumps over the lazy dog.", 9...11),
        ("お誕生日おめでとう", 6...10), ("123456789", 3...3), ("    return x\n", 3...5),
    ])
    func shortTextsAreNearTheTruth(_ text: String, _ range: ClosedRange<Int>) {
        #expect(range.contains(TokenEstimate.count(text: text)), "\(TokenEstimate.count(text: text))")
    }

    @Test func growsWithTheText() {
        let once = TokenEstimate.count(text: String(repeating: "Some words, 12 of them. ", count: 100))
        let twice = TokenEstimate.count(text: String(repeating: "Some words, 12 of them. ", count: 200))
        #expect(abs(twice - 2 * once) <= 2)
    }

    @Test func brokenUTF8IsNoCrash() {
        let bytes: [UInt8] = [0xE3, 0xF0, 0x80, 0xFF, 0x41, 0xC3]
        #expect(bytes.withUnsafeBytes { TokenEstimate.count($0) } > 0)
    }

    @Test func imagesCountByTiles() {
        func count(_ media: Media) -> Int {
            var request = CanonicalRequest(dialect: .openAIChat, model: "m")
            request.messages = [Message(.user, [Part(.image(media))])]
            var empty = request
            empty.messages[0].parts = []
            return TokenEstimate.count(request) - TokenEstimate.count(empty)
        }
        func png(_ width: UInt32, _ height: UInt32) -> String {
            var bytes: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]
            for number in [width, height] { bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) } }
            return Data(bytes + [8, 6, 0, 0, 0, 0, 0, 0, 0]).base64EncodedString()
        }
        #expect(count(Media(.url("https://e.com/a"), type: "", detail: "low")) == 85)
        #expect(count(Media(.url("https://e.com/a"), type: "")) == 765)
        // The worked examples of OpenAI's guide.
        #expect(count(Media(.base64(png(1024, 1024)), type: "image/png")) == 765)
        #expect(count(Media(.base64(png(2048, 4096)), type: "image/png")) == 1105)
        #expect(count(Media(.base64(png(100, 100)), type: "image/png")) == 255)
    }

    /// Recorded chats whose input the provider counted; without media and server tools, whose price is not in the text.
    @Test(.enabled(if: EndpointRecording.areThere, "no folder of recordings"))
    func recordedChatsAreNearTheTruth() throws {
        var ratios: [Double] = []
        for (name, family, known) in [
            ("bedrock/count-tokens", SignatureFamily.anthropic, 375), ("anthropic/count-tokens", .anthropic, 671),
            ("bedrock/invoke-claude-mid-system", .anthropic, 68),
            ("bedrock/invoke-stream-claude-tool", .anthropic, 578),
        ] {
            let recording = try #require(EndpointRecording.load(name))
            let dialect: TokenCountDialect = name == "bedrock/count-tokens" ? .bedrock : .anthropic
            let request = try withBytes(recording.request) { bytes throws(GatewayError) in
                try dialect.decodeRequest(bytes, model: "m")
            }
            let estimate = TokenEstimate.count(request, family: family)
            print("estimate of \(name): \(estimate) for \(known)")
            ratios.append(Double(estimate) / Double(known))
        }
        #expect(ratios.allSatisfy { $0 > 0.5 && $0 < 1.8 }, "\(ratios)")
    }

    /// Recorded answers of text alone, with the tokens their providers counted.
    @Test(.enabled(if: EndpointRecording.areThere, "no folder of recordings"))
    func recordedAnswersAreNearTheTruth() throws {
        let claude = try #require(EndpointRecording.load("bedrock/invoke-claude-mid-system")).answer
        let said = (claude["content"] as? [[String: Any]] ?? []).compactMap { $0["text"] as? String }.joined()
        let known = try #require((claude["usage"] as? [String: Any])?["output_tokens"] as? Int)
        let ratio = Double(TokenEstimate.count(text: said)) / Double(known)
        // Claude's newest tokenizers make more tokens of a text than others do.
        #expect(ratio > 0.65 && ratio < 1.2, "\(ratio)")

        let stream = try #require(Recording.all.first { $0.name == "openai/chat-stream-n2" })
        var texts: [Int: String] = [:]
        var tokens = 0
        for chunk in stream.chunks {
            tokens = (chunk["usage"] as? [String: Any])?["completion_tokens"] as? Int ?? tokens
            for choice in chunk["choices"] as? [[String: Any]] ?? [] {
                let piece = (choice["delta"] as? [String: Any])?["content"] as? String
                texts[choice["index"] as? Int ?? 0, default: ""] += piece ?? ""
            }
        }
        let estimate = texts.values.reduce(0) { $0 + TokenEstimate.count(text: $1) }
        #expect(tokens > 50)
        #expect(abs(Double(estimate) / Double(tokens) - 1) < 0.25, "\(estimate) for \(tokens)")
    }
}
