package import Core

/// The wire languages of embeddings, of clients and of providers.
package enum EmbeddingDialect: String, Sendable, Hashable, CaseIterable {
    /// `POST /v1/embeddings` (https://platform.openai.com/docs/api-reference/embeddings), and every server compatible with it.
    case openAI
    /// `models/{model}:embedContent` (https://ai.google.dev/api/embeddings).
    case gemini
    /// `models/{model}:batchEmbedContents`.
    case geminiBatch
    /// Vertex's `:predict` of text embedding models
    /// (https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api).
    case vertexPredict
    /// Vertex's `:embedContent`
    /// (https://docs.cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/projects.locations.publishers.models/embedContent).
    case vertexEmbed
    /// InvokeModel of Amazon Titan
    /// (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html).
    case bedrockTitan
    /// InvokeModel of Cohere Embed (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html).
    case bedrockCohere
    /// `POST /v2/embed` (https://docs.cohere.com/reference/embed).
    case cohere
    /// `POST /v1/embeddings` at Mistral (https://docs.mistral.ai/api/#tag/embeddings).
    case mistral
    /// `POST /api/embed` (https://github.com/ollama/ollama/blob/main/docs/api.md).
    case ollama
    /// `POST /api/embeddings`, which Ollama keeps for old clients: one text, one vector.
    case ollamaLegacy
    /// `POST /v1/embeddings` at Voyage (https://docs.voyageai.com/reference/embeddings-api).
    case voyage

    /// The most inputs one request may hold; nil where there is no bound worth keeping.
    ///
    /// - Parameter model: the provider's name of the model.
    func inputLimit(_ model: String) -> Int? {
        switch self {
        case .openAI: 2048
        case .geminiBatch: 100
        // Gemini's own model takes one instance at a time, the older ones 250.
        case .vertexPredict: model.contains("gemini-embedding") ? 1 : 250
        case .gemini, .vertexEmbed, .bedrockTitan, .ollamaLegacy: 1
        case .cohere, .bedrockCohere: 96
        case .voyage: 1000
        case .mistral, .ollama: nil
        }
    }

    /// The most bytes of text one request should hold beside its first input; nil where there is no bound worth keeping.
    var byteLimit: Int? {
        switch self {
        // 20 000 tokens to a request, of which a byte count gives a safe estimate.
        case .vertexPredict: 50_000
        // 300 000 tokens to a request.
        case .openAI: 750_000
        default: nil
        }
    }

    /// Whether a provider of this dialect can be asked for base64.
    var takesBase64: Bool { self == .openAI || self == .voyage }
}

extension EmbeddingDialect {
    /// A client's request in this dialect.
    ///
    /// - Parameter model: the model where the path names it (Gemini, Vertex, Bedrock); else it is read from the body.
    /// - Throws: `badRequest`, naming the field.
    package func decodeRequest(
        _ body: UnsafeRawBufferPointer,
        model: String? = nil
    ) throws(GatewayError) -> EmbeddingRequest {
        var reader = try EmbeddingRequestReader(self, body, model: model)
        return try reader.read()
    }

    /// The requests to a provider of this dialect that together answer `request`: as many as the provider's limits ask for.
    ///
    /// - Parameter model: the provider's own name of the model.
    /// - Throws: `unsupported` for what the target cannot embed; what ``TranslationNotes/drop(_:_:)`` throws.
    package func encodeRequests(
        _ request: EmbeddingRequest,
        model: String,
        notes: inout TranslationNotes
    ) throws(GatewayError) -> EmbeddingPlan {
        let writer = EmbeddingRequestWriter(self, request, model: model)
        return try writer.plan(notes: &notes)
    }

    /// A provider's answer (status 200) to one request.
    ///
    /// - Throws: the error hidden in a 200, or an upstream error where it is no answer of this dialect.
    package func decodeAnswer(_ body: UnsafeRawBufferPointer) throws(GatewayError) -> EmbeddingAnswer {
        try EmbeddingAnswerReader.read(body)
    }

    /// The answer to a client of this dialect.
    ///
    /// - Parameters:
    ///   - request: what the client asked, which says how it wants its vectors.
    ///   - model: the name to give the model; nil is the one the client used.
    ///   - id: our id of the request, for dialects whose answers have one.
    package func encodeAnswer(
        _ answer: EmbeddingAnswer,
        to request: EmbeddingRequest,
        model: String? = nil,
        id: String
    ) -> [UInt8] {
        var writer = EmbeddingAnswerWriter(answer, request, model: model ?? request.model, id: id)
        return writer.write(self)
    }
}
