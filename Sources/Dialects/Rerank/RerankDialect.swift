package import Core
internal import JSON

/// The wire languages of reranking, of clients and of providers.
package enum RerankDialect: String, Sendable, Hashable, CaseIterable {
    /// `POST /v2/rerank` (https://docs.cohere.com/reference/rerank).
    case cohere
    /// `POST /v1/rerank` as Jina has it (https://jina.ai/reranker) and Cohere's first API had it; vLLM, LM Studio, llama.cpp and
    /// others serve it too.
    case jina
    /// `POST /v1/rerank` at Voyage (https://docs.voyageai.com/reference/reranker-api).
    case voyage
    /// InvokeModel of Cohere Rerank at Bedrock.
    case bedrockCohere
    /// InvokeModel of Amazon Rerank at Bedrock.
    case bedrockAmazon
}

extension RerankDialect {
    /// A client's request in this dialect.
    ///
    /// - Parameter model: the model where the path names it (Bedrock); else it is read from the body.
    /// - Throws: `badRequest`, naming the field.
    package func decodeRequest(
        _ body: UnsafeRawBufferPointer,
        model: String? = nil
    ) throws(GatewayError) -> RerankRequest {
        var request = RerankRequest(dialect: self, model: model ?? "")
        var hasQuery = false
        for (key, value) in try EmbeddingRequestReader.object(body) where !value.isNull {
            switch key {
            case "model":
                let name = try Self.text(value, key)
                if model == nil { request.model = name }
            case "query":
                request.query = try Self.text(value, key)
                hasQuery = true
            case "documents": request.documents = try Self.documents(value)
            case "top_n", "top_k":
                guard let count = value.asInt, count > 0 else {
                    throw .badRequest("The field '\(key)' must be a positive integer.", field: key)
                }
                request.topN = count
                request.topName = key
            case "return_documents": request.returnsDocuments = try Self.bool(value, key)
            case "truncation": request.truncates = try Self.bool(value, key)
            case "max_tokens_per_doc":
                guard let count = value.asInt, count > 0 else {
                    throw .badRequest("The field '\(key)' must be a positive integer.", field: key)
                }
                request.maxTokensPerDocument = count
            case "rank_fields": request.rankFields = (value.asArray ?? []).compactMap(\.asString)
            // Which version of Cohere's API the body is in; Bedrock asks for it.
            case "api_version": break
            default: request.extras[key] = value
            }
        }
        guard !request.model.isEmpty else { throw .badRequest("The field 'model' is missing.", field: "model") }
        guard hasQuery else { throw .badRequest("The field 'query' is missing.", field: "query") }
        guard !request.documents.isEmpty else {
            throw .badRequest("The field 'documents' must hold a document at least.", field: "documents")
        }
        return request
    }

    private static func text(_ value: JSONValue, _ field: String) throws(GatewayError) -> String {
        guard let text = value.asString else {
            throw .badRequest("The field '\(field)' must be a string.", field: field)
        }
        return text
    }

    private static func bool(_ value: JSONValue, _ field: String) throws(GatewayError) -> Bool {
        guard let bool = value.asBool else {
            throw .badRequest("The field '\(field)' must be true or false.", field: field)
        }
        return bool
    }

    private static func documents(_ value: JSONValue) throws(GatewayError) -> [RerankDocument] {
        guard case .array(let elements) = value else {
            throw .badRequest("The field 'documents' must be a list of strings or objects.", field: "documents")
        }
        var documents: [RerankDocument] = []
        documents.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            switch element {
            case .string(let text): documents.append(.text(text))
            case .object(let object): documents.append(.object(object))
            default:
                let field = "documents[\(index)]"
                throw .badRequest("The field '\(field)' must be a string or an object.", field: field)
            }
        }
        return documents
    }
}

// MARK: Towards a provider

extension RerankDialect {
    /// A request to a provider of this dialect.
    ///
    /// - Parameter model: the provider's own name of the model.
    /// - Throws: what ``TranslationNotes/drop(_:_:)`` throws.
    package func encodeRequest(
        _ request: RerankRequest,
        model: String,
        notes: inout TranslationNotes
    ) throws(GatewayError) -> [UInt8] {
        let isBedrock = self == .bedrockCohere || self == .bedrockAmazon
        var json = JSONWriter(capacity: 1024)
        json.beginObject()
        if !isBedrock {
            json.key("model")
            json.string(model)
        }
        json.key("query")
        json.string(request.query)
        json.key("documents")
        json.beginArray()
        for index in request.documents.indices {
            let (text, isWhole) = request.text(of: index)
            if !isWhole { notes.note("documents", .changedContent) }
            json.string(text)
        }
        json.endArray()
        // Amazon's model wants to be told, even of all.
        if let count = request.topN ?? (self == .bedrockAmazon ? request.documents.count : nil) {
            json.key(self == .voyage ? "top_k" : "top_n")
            json.number(min(count, request.documents.count))
        }
        if let most = request.maxTokensPerDocument {
            if self == .cohere || self == .bedrockCohere || (self == .jina && request.dialect == .jina) {
                json.key("max_tokens_per_doc")
                json.number(most)
            } else {
                try notes.drop("max_tokens_per_doc")
            }
        }
        if let truncates = request.truncates {
            if self == .voyage || request.dialect == self {
                json.key("truncation")
                json.bool(truncates)
            } else {
                try notes.drop("truncation")
            }
        }
        if self == .bedrockCohere {
            json.key("api_version")
            json.number(2)
        }
        // The documents are known here; there is no use in having them sent back.
        if self == .jina {
            json.key("return_documents")
            json.bool(false)
        }
        for (key, value) in request.extras {
            guard request.dialect == self else {
                try notes.drop(key, .unknownParameter)
                continue
            }
            json.key(key)
            json.value(value)
        }
        json.endObject()
        return json.bytes
    }

    /// A provider's answer (status 200).
    ///
    /// - Parameter documents: how many documents were sent.
    /// - Throws: the error hidden in a 200, or an upstream error where it is no ranking of these documents.
    package func decodeAnswer(
        _ body: UnsafeRawBufferPointer,
        documents: Int
    ) throws(GatewayError) -> RerankAnswer {
        guard let value = try? JSONValue(parsing: body), value["error"].map(\.isNull) ?? true,
            let list = (value["results"] ?? value["data"])?.asArray
        else { throw UpstreamErrors.inBand(body) }
        var answer = RerankAnswer()
        answer.results.reserveCapacity(list.count)
        for element in list {
            guard let index = element["index"]?.asInt, (0..<documents).contains(index),
                case .number(let score)? = element["relevance_score"] ?? element["score"]
            else {
                throw GatewayError(
                    .upstreamError,
                    origin: .upstream,
                    retry: .otherTarget,
                    "The provider's ranking names a document that was not sent, or gives it no score.",
                    upstreamStatus: 200
                )
            }
            answer.results.append(RerankAnswer.Result(index: index, score: score))
        }
        answer.id = value["id"]?.asString
        answer.model = value["model"]?.asString
        let billed = value["meta"]?["billed_units"]
        answer.searchUnits = Self.count(billed?["search_units"])
        answer.tokens =
            Self.count(value["usage"]?["total_tokens"]) ?? Self.count(value["usage"]?["prompt_tokens"])
            ?? Self.count(billed?["input_tokens"]) ?? Self.count(value["meta"]?["tokens"]?["input_tokens"])
        return answer
    }

    /// A count, which Cohere's types have as floating point.
    private static func count(_ value: JSONValue?) -> Int? {
        guard let value else { return nil }
        return (value.asInt ?? value.asDouble.flatMap { Int(exactly: $0) }).map { max(0, $0) }
    }
}

// MARK: Towards a client

extension RerankDialect {
    /// The answer to a client of this dialect, cut to as many results as it asked for.
    ///
    /// - Parameters:
    ///   - id: our id of the request.
    ///   - model: the name to give the model; nil is the one the client used.
    package func encodeAnswer(
        _ answer: RerankAnswer,
        to request: RerankRequest,
        model: String? = nil,
        id: String
    ) -> [UInt8] {
        let results = answer.results.prefix(request.topN ?? answer.results.count)
        var json = JSONWriter(capacity: 128 + results.count * 64)
        json.beginObject()
        if self == .voyage || self == .jina {
            json.key("object")
            json.string("list")
            json.key("model")
            json.string(model ?? request.model)
        }
        if self == .cohere || self == .jina {
            json.key("id")
            json.string(id)
        }
        json.key(self == .voyage ? "data" : "results")
        json.beginArray()
        for result in results {
            json.beginObject()
            json.key("index")
            json.number(result.index)
            json.key("relevance_score")
            json.number(result.score)
            if request.returnsDocuments == true, request.documents.indices.contains(result.index) {
                self.write(request.documents[result.index], &json)
            }
            json.endObject()
        }
        json.endArray()
        if self == .voyage || self == .jina {
            json.key("usage")
            json.beginObject()
            json.key("total_tokens")
            json.number(answer.tokens ?? 0)
            json.endObject()
        }
        if self == .cohere || (self == .jina && answer.searchUnits != nil) {
            json.key("meta")
            json.beginObject()
            if self == .cohere {
                json.key("api_version")
                json.value(["version": "2"])
            }
            json.key("billed_units")
            json.beginObject()
            json.key("search_units")
            json.number(answer.searchUnits ?? request.leastSearchUnits)
            json.endObject()
            json.endObject()
        }
        json.endObject()
        return json.bytes
    }

    private func write(_ document: RerankDocument, _ json: inout JSONWriter) {
        json.key("document")
        switch document {
        case .text(let text):
            // Voyage gives the text itself, the others an object.
            json.value(self == .voyage ? .string(text) : ["text": .string(text)])
        case .object(let object): json.value(.object(object))
        }
    }
}
