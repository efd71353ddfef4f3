import Core
import Dialects
import JSON
import Testing

@Suite struct EmbeddingRequestTests {
    static let openAI: JSONValue = [
        "model": "route", "input": ["one", "two"], "dimensions": 256, "encoding_format": "base64", "user": "u",
    ]

    /// What each provider is asked when an OpenAI client sends two texts.
    static let bodies: [(EmbeddingDialect, String, [String])] = [
        (
            .openAI, "m",
            [#"{"model":"m","input":["one","two"],"dimensions":256,"encoding_format":"base64","user":"u"}"#]
        ),
        (.mistral, "m", [#"{"model":"m","input":["one","two"],"output_dimension":256}"#]),
        (
            .voyage, "m",
            [#"{"model":"m","input":["one","two"],"output_dimension":256,"encoding_format":"base64"}"#]
        ),
        (
            .cohere, "m",
            [
                #"{"model":"m","texts":["one","two"],"input_type":"search_document","embedding_types":["float"],"#
                    + #""output_dimension":256}"#
            ]
        ),
        (
            .bedrockCohere, "cohere.embed-v4:0",
            [
                #"{"texts":["one","two"],"input_type":"search_document","embedding_types":["float"],"#
                    + #""output_dimension":256}"#
            ]
        ),
        (
            .bedrockTitan, "amazon.titan-embed-text-v2:0",
            [#"{"inputText":"one","dimensions":256}"#, #"{"inputText":"two","dimensions":256}"#]
        ),
        (
            .geminiBatch, "m",
            [
                #"{"requests":[{"model":"models/m","content":{"parts":[{"text":"one"}]},"outputDimensionality":256},"#
                    + #"{"model":"models/m","content":{"parts":[{"text":"two"}]},"outputDimensionality":256}]}"#
            ]
        ),
        (
            .vertexPredict, "text-embedding-005",
            [#"{"instances":[{"content":"one"},{"content":"two"}],"parameters":{"outputDimensionality":256}}"#]
        ),
        (
            .vertexEmbed, "gemini-embedding-2",
            [
                #"{"content":{"parts":[{"text":"one"}]},"embedContentConfig":{"outputDimensionality":256}}"#,
                #"{"content":{"parts":[{"text":"two"}]},"embedContentConfig":{"outputDimensionality":256}}"#,
            ]
        ),
        (.ollama, "m", [#"{"model":"m","input":["one","two"],"dimensions":256}"#]),
    ]

    @Test(arguments: EmbeddingRequestTests.bodies)
    func writesAnOpenAIClientsRequestForEachProvider(
        _ target: EmbeddingDialect,
        _ model: String,
        _ expected: [String]
    ) throws {
        let request = try Embed.decode(.openAI, Self.openAI)
        let (bodies, plan, notes) = try Embed.encode(request, target, model: model)
        #expect(bodies.map(\.text) == expected)
        #expect(plan.shares.reduce(0, +) == 2)
        #expect(notes.isEmpty)
    }

    /// The same request in each client's dialect.
    static let clients: [(EmbeddingDialect, String)] = [
        (.openAI, #"{"model":"r","input":"hi","dimensions":8,"input_type":"query"}"#),
        (.voyage, #"{"model":"r","input":["hi"],"output_dimension":8,"input_type":"query"}"#),
        (.cohere, #"{"model":"r","texts":["hi"],"output_dimension":8,"input_type":"search_query"}"#),
        (.gemini, #"{"content":{"parts":[{"text":"hi"}]},"outputDimensionality":8,"taskType":"RETRIEVAL_QUERY"}"#),
        (
            .geminiBatch,
            #"{"requests":[{"model":"models/r","content":{"parts":[{"text":"hi"}]},"output_dimensionality":8,"#
                + #""task_type":"RETRIEVAL_QUERY"}]}"#
        ),
        (
            .vertexEmbed,
            #"{"content":{"parts":[{"text":"hi"}]},"embedContentConfig":{"outputDimensionality":8,"#
                + #""taskType":"RETRIEVAL_QUERY"}}"#
        ),
        (
            .vertexPredict,
            #"{"instances":[{"content":"hi","task_type":"RETRIEVAL_QUERY"}],"parameters":{"outputDimensionality":8}}"#
        ),
    ]

    @Test(arguments: EmbeddingRequestTests.clients)
    func readsTheSameInEachClientsDialect(_ dialect: EmbeddingDialect, _ body: String) throws {
        let request = try Embed.decode(dialect, try JSONValue(parsing: body), model: dialect.isInPath ? "r" : nil)
        #expect(request.model == "r")
        #expect(request.inputs == [.text("hi")])
        #expect(request.dimensions == 8)
        #expect(request.task == .query)
        #expect(request.extras.isEmpty)
        let (bodies, _, notes) = try Embed.encode(request, .cohere)
        #expect(bodies[0]["input_type"] == "search_query")
        #expect(notes.isEmpty)
    }

    @Test func readsOllamasTwoEndpoints() throws {
        let new = try Embed.decode(
            .ollama,
            ["model": "r", "input": ["a", "b"], "truncate": false, "keep_alive": "5m"]
        )
        #expect(new.inputs == [.text("a"), .text("b")])
        #expect(new.truncation == .never)
        let (bodies, _, notes) = try Embed.encode(new, .voyage)
        #expect(bodies[0]["truncation"] == false)
        #expect(notes == ["unknown_parameter;keep_alive"])
        #expect(try Embed.decode(.ollamaLegacy, ["model": "r", "prompt": "a"]).inputs == [.text("a")])
    }

    @Test func readsTitansBody() throws {
        let request = try Embed.decode(.bedrockTitan, ["inputText": "a", "dimensions": 512], model: "t")
        #expect(request.inputs == [.text("a")])
        #expect(request.dimensions == 512)
    }

    @Test func tokenIdsGoToOpenAIOnly() throws {
        let request = try Embed.decode(.openAI, ["model": "r", "input": [[1, 2], [3]]])
        #expect(try Embed.encode(request, .openAI).bodies[0]["input"] == [[1, 2], [3]])
        let error = #expect(throws: GatewayError.self) { try Embed.encode(request, .cohere) }
        #expect(error?.code == .unsupported)
        #expect(error?.field == "input")
        #expect(try Embed.decode(.openAI, ["model": "r", "input": [1, 2]]).inputs == [.tokens([1, 2])])
    }

    @Test func splitsWhatOneRequestCannotHold() throws {
        var request = EmbeddingRequest(dialect: .openAI, model: "r")
        request.inputs = (0..<250).map { .text("text \($0)") }
        let counts: [(EmbeddingDialect, String, [Int])] = [
            (.geminiBatch, "m", [100, 100, 50]), (.cohere, "m", [96, 96, 58]), (.openAI, "m", [250]),
            (.vertexPredict, "text-embedding-005", [250]), (.ollama, "m", [250]),
        ]
        for (target, model, shares) in counts {
            #expect(try Embed.encode(request, target, model: model).plan.shares == shares)
        }
        #expect(try Embed.encode(request, .vertexPredict, model: "gemini-embedding-001").plan.shares.count == 250)
        // In the order of the inputs.
        let last = try Embed.encode(request, .cohere).bodies[2]["texts"]
        #expect(last?[57] == "text 249")
    }

    @Test func splitsByLengthWhereTokensAreBounded() throws {
        var request = EmbeddingRequest(dialect: .openAI, model: "r")
        request.inputs = (0..<3).map { _ in .text(String(repeating: "word ", count: 6000)) }
        #expect(try Embed.encode(request, .vertexPredict, model: "text-embedding-005").plan.shares == [1, 1, 1])
    }

    @Test(arguments: [
        (EmbeddingTask.similarity, EmbeddingDialect.cohere, "clustering", ["clamped_value;input_type"]),
        (.codeQuery, .cohere, "search_query", ["clamped_value;input_type"]),
        (.classification, .cohere, "classification", []),
        (.document, .voyage, "document", []),
        (.factVerification, .voyage, "query", ["clamped_value;input_type"]),
    ])
    func namesTheNearestTask(_ task: EmbeddingTask, _ target: EmbeddingDialect, _ text: String, _ said: [String]) throws
    {
        var request = EmbeddingRequest(dialect: .openAI, model: "r")
        request.inputs = [.text("a")]
        request.task = task
        request.taskText = "x"
        let (bodies, _, notes) = try Embed.encode(request, target)
        #expect(bodies[0]["input_type"]?.asString == text)
        #expect(notes == said)
    }

    @Test func saysWhatTheTargetHasNoPlaceFor() throws {
        let request = try Embed.decode(
            .gemini,
            ["content": ["parts": [["text": "a"]]], "taskType": "CLUSTERING", "title": "T"],
            model: "r"
        )
        let (_, _, notes) = try Embed.encode(request, .openAI)
        #expect(notes == ["unsupported_parameter;taskType", "unsupported_parameter;title"])
        let error = #expect(throws: GatewayError.self) { try Embed.encode(request, .openAI, isStrict: true) }
        #expect(error?.code == .unsupported)
    }

    @Test func refusesAnotherLengthThanTheModelHas() throws {
        let request = try Embed.decode(.openAI, ["model": "r", "input": "a", "dimensions": 8])
        let error = #expect(throws: GatewayError.self) {
            try Embed.encode(request, .bedrockTitan, model: "amazon.titan-embed-text-v1")
        }
        #expect(error?.field == "dimensions")
    }

    @Test func refusesOtherNumbersThanTheTargetHas() throws {
        let request = try Embed.decode(.cohere, ["model": "r", "texts": ["a"], "embedding_types": ["int8"]])
        #expect(try Embed.encode(request, .voyage).bodies[0]["output_dtype"] == "int8")
        let error = #expect(throws: GatewayError.self) { try Embed.encode(request, .openAI) }
        #expect(error?.field == "embedding_types")
    }

    @Test func refusesTasksThatDifferWithinABatch() throws {
        func one(_ task: JSONValue) -> JSONValue {
            ["model": "models/r", "content": ["parts": [["text": "a"]]], "taskType": task]
        }
        let error = #expect(throws: GatewayError.self) {
            try Embed.decode(.geminiBatch, ["requests": [one("RETRIEVAL_QUERY"), one("CLUSTERING")]])
        }
        #expect(error?.code == .unsupported)
        #expect(throws: GatewayError.self) {
            try Embed.decode(.geminiBatch, ["requests": [one("RETRIEVAL_QUERY"), one(nil)]])
        }
        #expect(
            try Embed.decode(.geminiBatch, ["requests": [one("CLUSTERING"), one("CLUSTERING")]]).task == .clustering
        )
    }

    @Test func carriesImages() throws {
        let request = try Embed.decode(
            .cohere,
            ["model": "r", "texts": ["t"], "images": ["data:image/png;base64,AAAA"]]
        )
        let (bodies, plan, _) = try Embed.encode(request, .geminiBatch)
        #expect(plan.shares == [2])
        #expect(
            bodies[0]["requests"]?[1]?["content"]?["parts"]?[0]?["inlineData"]
                == ["mimeType": "image/png", "data": "AAAA"]
        )
        // Text and images are lists of their own at Cohere.
        #expect(try Embed.encode(request, .cohere).plan.shares == [1, 1])
        let error = #expect(throws: GatewayError.self) { try Embed.encode(request, .openAI) }
        #expect(error?.field == "images")
    }

    @Test(arguments: [
        (EmbeddingDialect.openAI, #"{"model":"m"}"#, "input"), (.openAI, #"{"input":"a"}"#, "model"),
        (.openAI, #"{"model":"m","input":[{}]}"#, "input[0]"),
        (.openAI, #"{"model":"m","input":"a","dimensions":0}"#, "dimensions"),
        (.openAI, #"{"model":"m","input":"a","encoding_format":"hex"}"#, "encoding_format"),
        (.openAI, #"{"model":"m","input":[1,"a"]}"#, "input"),
        (.cohere, #"{"model":"m","texts":[1]}"#, "texts[0]"),
        (.cohere, #"{"model":"m","texts":["a"],"truncate":"SOME"}"#, "truncate"),
        (.geminiBatch, #"{"requests":[{"model":"models/m"}]}"#, "requests[0].content"),
        (.vertexPredict, #"{"model":"m","instances":[{}]}"#, "instances[0].content"),
    ])
    func namesTheFieldAtFault(_ dialect: EmbeddingDialect, _ body: String, _ field: String) throws {
        let error = #expect(throws: GatewayError.self) {
            try Embed.decode(dialect, try JSONValue(parsing: body), model: dialect == .vertexPredict ? "m" : nil)
        }
        #expect(error?.code == .badRequest)
        #expect(error?.field == field)
    }
}

extension EmbeddingDialect {
    /// Whether the path names the model.
    var isInPath: Bool { self == .gemini || self == .vertexEmbed || self == .vertexPredict }
}
