import Core
import Dialects
import Foundation
import JSON
import Testing

@Suite struct RerankTests {
    private static func decode(
        _ dialect: RerankDialect,
        _ body: JSONValue,
        model: String? = nil
    ) throws -> RerankRequest {
        try withBytes(body.bytes) { bytes throws(GatewayError) in try dialect.decodeRequest(bytes, model: model) }
    }

    private static func encode(
        _ request: RerankRequest,
        _ target: RerankDialect
    ) throws -> (body: String, notes: [String]) {
        var notes = TranslationNotes()
        let body = try target.encodeRequest(request, model: "m", notes: &notes)
        return (String(decoding: body, as: UTF8.self), notes.entries.map { "\($0.reason.rawValue);\($0.field)" })
    }

    private static func answer(_ dialect: RerankDialect, _ body: [UInt8], documents: Int) throws -> RerankAnswer {
        try withBytes(body) { bytes throws(GatewayError) in try dialect.decodeAnswer(bytes, documents: documents) }
    }

    static let client: JSONValue = [
        "model": "r", "query": "q", "documents": ["a", ["text": "b", "id": 7]], "top_n": 1, "max_tokens_per_doc": 50,
        "return_documents": true,
    ]

    @Test(arguments: [
        (
            RerankDialect.cohere, #"{"model":"m","query":"q","documents":["a","b"],"top_n":1,"max_tokens_per_doc":50}"#,
            ["changed_content;documents"]
        ),
        (
            .voyage, #"{"model":"m","query":"q","documents":["a","b"],"top_k":1}"#,
            ["changed_content;documents", "unsupported_parameter;max_tokens_per_doc"]
        ),
        (
            .bedrockCohere,
            #"{"query":"q","documents":["a","b"],"top_n":1,"max_tokens_per_doc":50,"api_version":2}"#,
            ["changed_content;documents"]
        ),
        (
            .bedrockAmazon, #"{"query":"q","documents":["a","b"],"top_n":1}"#,
            ["changed_content;documents", "unsupported_parameter;max_tokens_per_doc"]
        ),
        (
            .jina,
            #"{"model":"m","query":"q","documents":["a","b"],"top_n":1,"max_tokens_per_doc":50,"return_documents":false}"#,
            ["changed_content;documents"]
        ),
    ])
    func writesTheRequestForEachProvider(_ target: RerankDialect, _ body: String, _ notes: [String]) throws {
        let encoded = try Self.encode(try Self.decode(.jina, Self.client), target)
        #expect(encoded.body == body)
        #expect(encoded.notes == notes)
    }

    @Test func amazonsModelIsToldHowMany() throws {
        let request = try Self.decode(.jina, ["model": "r", "query": "q", "documents": ["a", "b", "c"]])
        #expect(try Self.encode(request, .bedrockAmazon).body.contains(#""top_n":3"#))
        #expect(try !Self.encode(request, .cohere).body.contains("top_n"))
    }

    @Test func ranksByTheMembersTheClientNames() throws {
        let request = try Self.decode(
            .jina,
            [
                "model": "r", "query": "q", "documents": [["title": "t", "body": "b"], ["x": 1]],
                "rank_fields": ["title", "body"],
            ]
        )
        #expect(try Self.encode(request, .cohere).body.contains(#"["t\nb","{\"x\":1}"]"#))
    }

    static let recordings: [(RerankDialect, String, Int)] = [
        (.cohere, "cohere/rerank", 3), (.voyage, "voyage/rerank", 4),
        (.bedrockCohere, "bedrock/rerank-cohere-invoke", 5),
    ]

    @Test(.enabled(if: EndpointRecording.areThere, "no folder of recordings"), arguments: RerankTests.recordings)
    func readsRecordedExchanges(_ dialect: RerankDialect, _ name: String, _ documents: Int) throws {
        let recording = try #require(EndpointRecording.load(name))
        let request = try withBytes(recording.request) { bytes throws(GatewayError) in
            try dialect.decodeRequest(bytes, model: dialect == .bedrockCohere ? "m" : nil)
        }
        #expect(request.documents.count == documents)
        // What is written for the provider is what the provider was asked.
        var notes = TranslationNotes()
        let body = try JSONValue(parsing: try dialect.encodeRequest(request, model: request.model, notes: &notes))
        #expect(body.isEquivalent(to: try JSONValue(parsing: recording.request)), "\(body)")
        #expect(notes.entries.isEmpty)

        let answer = try Self.answer(dialect, recording.response, documents: documents)
        let list = (recording.answer["results"] ?? recording.answer["data"]) as? [[String: Any]] ?? []
        #expect(answer.results.map(\.index) == list.map { $0["index"] as? Int })
        #expect(answer.results.map(\.score.double) == list.map { ($0["relevance_score"] as? NSNumber)?.doubleValue })
        let meta = (recording.answer["meta"] as? [String: Any])?["billed_units"] as? [String: Any]
        #expect(answer.searchUnits == meta?["search_units"] as? Int)
        #expect(answer.tokens == (recording.answer["usage"] as? [String: Any])?["total_tokens"] as? Int)
        // And written for a client of the dialect, it reads the same again.
        let again = try Self.answer(dialect, dialect.encodeAnswer(answer, to: request, id: "i"), documents: documents)
        #expect(again.results == answer.results)
        #expect(dialect == .bedrockCohere || again.tokens == answer.tokens)
    }

    @Test func writesTheAnswerForEachClient() throws {
        let body = Array(
            #"{"results":[{"index":1,"relevance_score":0.90},{"index":0,"relevance_score":0.1}],"meta":{"billed_units":{"search_units":1.0}}}"#
                .utf8
        )
        let answer = try Self.answer(.cohere, body, documents: 2)
        func written(_ dialect: RerankDialect, returns: Bool = true) throws -> String {
            var request = try Self.decode(.jina, Self.client)
            request.returnsDocuments = returns
            return String(decoding: dialect.encodeAnswer(answer, to: request, id: "i"), as: UTF8.self)
        }
        #expect(
            try written(.jina)
                == #"{"object":"list","model":"r","id":"i","results":[{"index":1,"relevance_score":0.90,"document":{"text":"b","id":7}}],"usage":{"total_tokens":0},"meta":{"billed_units":{"search_units":1}}}"#
        )
        #expect(
            try written(.cohere, returns: false)
                == #"{"id":"i","results":[{"index":1,"relevance_score":0.90}],"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1}}}"#
        )
        #expect(
            try written(.voyage, returns: false)
                == #"{"object":"list","model":"r","data":[{"index":1,"relevance_score":0.90}],"usage":{"total_tokens":0}}"#
        )
        #expect(try written(.bedrockCohere, returns: false) == #"{"results":[{"index":1,"relevance_score":0.90}]}"#)
    }

    @Test(arguments: [
        #"{"results":[{"index":9,"relevance_score":0.9}]}"#, #"{"results":[{"index":0}]}"#, "{}", "x",
        #"{"message":"invalid request"}"#, #"{"error":"no","results":[]}"#,
    ])
    func whatIsNoRankingIsAnError(_ body: String) {
        let error = #expect(throws: GatewayError.self) { try Self.answer(.cohere, Array(body.utf8), documents: 2) }
        #expect(error?.origin == .upstream || error?.code == .badRequest)
    }

    @Test(arguments: [
        (#"{"query":"q","documents":["a"]}"#, "model"), (#"{"model":"m","documents":["a"]}"#, "query"),
        (#"{"model":"m","query":"q"}"#, "documents"), (#"{"model":"m","query":"q","documents":[1]}"#, "documents[0]"),
        (#"{"model":"m","query":"q","documents":["a"],"top_n":0}"#, "top_n"),
    ])
    func namesTheFieldAtFault(_ body: String, _ field: String) throws {
        let error = #expect(throws: GatewayError.self) { try Self.decode(.jina, try JSONValue(parsing: body)) }
        #expect(error?.field == field)
    }
}
