import Core
import Dialects
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct EmbeddingAnswerTests {
    /// The same two vectors in each provider's dialect.
    static let answers: [(EmbeddingDialect, String, Int?)] = [
        (
            .openAI,
            #"{"object":"list","data":[{"object":"embedding","index":1,"embedding":[3.0,-4e-2]},{"object":"embedding","#
                + #""index":0,"embedding":[1,2.50]}],"model":"m","usage":{"prompt_tokens":7,"total_tokens":7}}"#, 7
        ),
        (
            .voyage,
            #"{"object":"list","data":[{"embedding":[1,2.50],"index":0},{"embedding":[3.0,-4e-2],"index":1}],"#
                + #""usage":{"total_tokens":7}}"#, 7
        ),
        (.geminiBatch, #"{"embeddings":[{"values":[1,2.50]},{"values":[3.0,-4e-2]}]}"#, nil),
        (
            .vertexPredict,
            #"{"predictions":[{"embeddings":{"statistics":{"truncated":false,"token_count":3},"values":[1,2.50]}},"#
                + #"{"embeddings":{"values":[3.0,-4e-2],"statistics":{"token_count":4.0}}}],"metadata":{}}"#, 7
        ),
        (
            .cohere,
            #"{"id":"x","embeddings":{"float":[[1,2.50],[3.0,-4e-2]]},"texts":["a","b"],"#
                + #""meta":{"billed_units":{"input_tokens":7}}}"#, 7
        ),
        (.bedrockCohere, #"{"embeddings":[[1,2.50],[3.0,-4e-2]],"response_type":"embeddings_floats"}"#, nil),
        (.ollama, #"{"model":"m","embeddings":[[1,2.50],[3.0,-4e-2]],"prompt_eval_count":7}"#, 7),
        (.openAI, #"{"data":[{"index":0,"embedding":"AACAPwAAIEA="},{"index":1,"embedding":"AABAQArXI70="}]}"#, nil),
    ]

    @Test(arguments: EmbeddingAnswerTests.answers)
    func readsEveryProvidersVectors(_ dialect: EmbeddingDialect, _ body: String, _ tokens: Int?) throws {
        let answer = try Embed.answer(dialect, try JSONValue(parsing: body))
        #expect(answer.tokens == tokens)
        var request = EmbeddingRequest(dialect: .openAI, model: "asked")
        request.encoding = .base64
        let base64 = try Embed.write(answer, to: request)
        #expect(base64["data"]?.asArray?.map { Embed.floats($0["embedding"]?.asString) } == [[1, 2.5], [3, -0.04]])
        request.encoding = .float
        let floats = try Embed.write(answer, to: request)
        let numbers = floats["data"]?.asArray?.map { $0["embedding"]?.asArray?.compactMap(\.asDouble) ?? [] }
        #expect(numbers == [[1, 2.5], [3, -0.04]])
        #expect(floats["data"]?[1]?["index"] == 1)
        #expect(floats["model"] == "asked")
        #expect(floats["usage"]?["prompt_tokens"]?.asInt == tokens ?? 0)
    }

    @Test func keepsTheTextOfNumbers() throws {
        let text = "[0.12345678901234567890, 1E-5, -0.0]"
        let answer = try Embed.answer(.ollama, Array(#"{"embeddings":[\#(text)]}"#.utf8))
        let request = EmbeddingRequest(dialect: .openAI, model: "m")
        let bytes = EmbeddingDialect.openAI.encodeAnswer(answer, to: request, id: "x")
        #expect(String(decoding: bytes, as: UTF8.self).contains(text))
    }

    @Test func writesEveryClientsAnswer() throws {
        let answer = try Embed.answer(.ollama, ["embeddings": [[1, 2], [3, 4]], "prompt_eval_count": 5])
        func written(
            _ dialect: EmbeddingDialect,
            _ change: (inout EmbeddingRequest) -> Void = { _ in }
        ) throws -> String {
            var request = EmbeddingRequest(dialect: dialect, model: "m")
            request.inputs = [.text("a b"), .text("c")]
            change(&request)
            return try Embed.write(answer, to: request).text
        }
        #expect(
            try written(.geminiBatch)
                == #"{"embeddings":[{"values":[1,2]},{"values":[3,4]}],"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5}}"#
        )
        #expect(
            try written(.gemini)
                == #"{"embedding":{"values":[1,2]},"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5}}"#
        )
        #expect(try written(.ollama) == #"{"model":"m","embeddings":[[1,2],[3,4]],"prompt_eval_count":5}"#)
        #expect(try written(.ollamaLegacy) == #"{"embedding":[1,2]}"#)
        #expect(try written(.bedrockTitan) == #"{"embedding":[1,2],"inputTextTokenCount":5}"#)
        #expect(
            try written(.vertexPredict)
                == #"{"predictions":[{"embeddings":{"values":[1,2]}},{"embeddings":{"values":[3,4]}}],"metadata":{"billableCharacterCount":3}}"#
        )
        #expect(
            try written(.cohere)
                == #"{"id":"id-1","response_type":"embeddings_by_type","embeddings":{"float":[[1,2],[3,4]]},"texts":["a b","c"],"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":5}}}"#
        )
    }

    @Test(arguments: [
        #"{"error":{"message":"The model is overloaded","type":"server_error"}}"#, "{}", "[]", "nonsense",
        #"{"data":[{"embedding":[1,"a"]}]}"#, #"{"embeddings":[[1,2]"#, #"{"data":[]}"#,
    ])
    func aBodyWithoutVectorsIsAnError(_ body: String) {
        let error = #expect(throws: GatewayError.self) { try Embed.answer(.openAI, Array(body.utf8)) }
        #expect(error?.origin == .upstream)
    }

    @Test func mergesTheAnswersOfAPlan() throws {
        let request = try Embed.decode(.openAI, ["model": "r", "input": ["a", "b"]])
        let plan = try Embed.encode(request, .bedrockTitan, model: "amazon.titan-embed-text-v2:0").plan
        let answers = try [
            Embed.answer(.bedrockTitan, ["embedding": [1, 2], "inputTextTokenCount": 3]),
            Embed.answer(.bedrockTitan, ["embedding": [3, 4], "inputTextTokenCount": 4]),
        ]
        let merged = try plan.merge(answers)
        #expect(merged.tokens == 7)
        #expect(merged.vectors.count == 2)
        #expect(try Embed.write(merged, to: request)["data"]?[1]?["embedding"] == [3, 4])
        let error = #expect(throws: GatewayError.self) {
            try plan.merge([answers[0], try Embed.answer(.ollama, ["embeddings": [[1], [2]]])])
        }
        #expect(error?.code == .upstreamError)
    }

    /// Numbers as providers write them, and some that only hard cases look like.
    @Test func roundsEveryNumberOnceAndCorrectly() throws {
        var generator = SeededGenerator(seed: 11)
        var texts = [
            "0", "-0", "0.0", "1e400", "-1e400", "1e-60", "1.17549435e-38", "1.401298464324817e-45", "3.4028235e38",
            "16777217", "16777219", "0.1", "1.00000005960464477539", "1.000000059604644775390625",
            "1.0000000596046447753906251", "9007199791611905", "0.000000000000000000000000000000012345678", "5e-324",
            "123456789012345678901234567890",
        ]
        for _ in 0..<20_000 {
            let bits = UInt32.random(in: 0...UInt32.max, using: &generator)
            let value = Float(bitPattern: bits)
            if value.isFinite {
                texts.append("\(value)")
                texts.append("\(Double(value) + Double(value.ulp) / 2)")
                texts.append("\(Double(value) + Double(value.ulp) * Double.random(in: -1...1, using: &generator))")
            }
            texts.append("\(Double.random(in: -1...1, using: &generator))")
            texts.append("\(Float.random(in: -0.1...0.1, using: &generator))")
        }
        let body = #"{"embeddings":[[\#(texts.joined(separator: ", "))]]}"#
        let answer = try Embed.answer(.ollama, Array(body.utf8))
        var request = EmbeddingRequest(dialect: .openAI, model: "m")
        request.encoding = .base64
        let floats = Embed.floats(try Embed.write(answer, to: request)["data"]?[0]?["embedding"]?.asString)
        let expected = texts.map { Float($0) ?? .nan }
        #expect(floats.count == texts.count)
        let wrong = zip(texts, zip(floats, expected)).filter { $0.1.0.bitPattern != $0.1.1.bitPattern }.map(\.0)
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
    }

    @Test func malformedAnswersNeverCrash() throws {
        var generator = SeededGenerator(seed: 5)
        let seeds = Self.answers.map { Array($0.1.utf8) }
        for round in 0..<6000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0...Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
                let at = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0...2, using: &generator) {
                case 0: bytes[at] = UInt8.random(in: 0x20...0x7E, using: &generator)
                case 1: bytes.remove(at: at)
                default: bytes.insert(bytes[at], at: at)
                }
            }
            guard let answer = try? Embed.answer(.openAI, bytes) else { continue }
            for encoding in [EmbeddingEncoding.float, .base64] {
                var request = EmbeddingRequest(dialect: .openAI, model: "m")
                request.encoding = encoding
                // Whatever was read is written as JSON.
                _ = try Embed.write(answer, to: request)
            }
        }
    }

    /// A large answer: 2 048 vectors of 3 072 numbers, from numbers to base64.
    @Test func aLargeAnswerTakesLittleTime() throws {
        var generator = SeededGenerator(seed: 3)
        let vector = (0..<3072).map { _ in "\(Float.random(in: -0.1...0.1, using: &generator))" }
        let text = "[" + vector.joined(separator: ", ") + "]"
        var body = Array(#"{"embeddings":["#.utf8)
        for index in 0..<2048 {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body.append(contentsOf: text.utf8)
        }
        body.append(contentsOf: "]}".utf8)
        let clock = ContinuousClock()
        let start = clock.now
        let answer = try Embed.answer(.ollama, body)
        let middle = clock.now
        var request = EmbeddingRequest(dialect: .openAI, model: "m")
        request.encoding = .base64
        let bytes = EmbeddingDialect.openAI.encodeAnswer(answer, to: request, id: "x")
        let end = clock.now
        #expect(answer.vectors.count == 2048)
        #expect(bytes.count > 2048 * 3072 * 4)
        print("2048 x 3072 (\(body.count) bytes): read \(middle - start), written \(end - middle)")
        // Generous: a build without optimisation on a busy machine.
        #expect(end - start < .seconds(60))
    }
}

@Suite(.enabled(if: EndpointRecording.areThere, "no folder of recordings"))
struct EmbeddingRecordingTests {
    @Test func readsOpenAIsBase64() throws {
        let recording = try #require(EndpointRecording.load("openai/embeddings"))
        let request = try withBytes(recording.request) { bytes throws(GatewayError) in
            try EmbeddingDialect.openAI.decodeRequest(bytes)
        }
        #expect(request.encoding == .base64)
        #expect(request.dimensions == 128)
        let answer = try Embed.answer(.openAI, recording.response)
        let item = try #require((recording.answer["data"] as? [[String: Any]])?.first)
        let expected = Embed.floats(item["embedding"] as? String)
        #expect(expected.count == 128)
        #expect(answer.tokens == (recording.answer["usage"] as? [String: Any])?["prompt_tokens"] as? Int)
        // As base64 it is the same text; as numbers the same floats.
        #expect(
            try Embed.write(answer, to: request)["data"]?[0]?["embedding"]?.asString == item["embedding"] as? String
        )
        var gemini = EmbeddingRequest(dialect: .gemini, model: "m")
        gemini.inputs = request.inputs
        let values = try Embed.write(answer, to: gemini)["embedding"]?["values"]?.asArray ?? []
        #expect(values.compactMap(\.asDouble).map { Float($0) } == expected)
    }

    @Test func readsGeminisValues() throws {
        let recording = try #require(EndpointRecording.load("gemini/embed-content"))
        let request = try withBytes(recording.request) { bytes throws(GatewayError) in
            try EmbeddingDialect.geminiBatch.decodeRequest(bytes, model: "asked")
        }
        #expect(request.inputs == [.text("Hello, world!")])
        #expect(request.task == .query)
        let answer = try Embed.answer(.geminiBatch, recording.response)
        let expected =
            ((recording.answer["embeddings"] as? [[String: Any]])?.first?["values"] as? [NSNumber])?.map(\.floatValue)
        var client = EmbeddingRequest(dialect: .openAI, model: "m")
        client.encoding = .base64
        #expect(Embed.floats(try Embed.write(answer, to: client)["data"]?[0]?["embedding"]?.asString) == expected)
        #expect(expected?.count == 768)
    }
}
