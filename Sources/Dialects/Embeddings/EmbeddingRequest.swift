package import JSON

/// A request for embeddings in no dialect: what every ``EmbeddingDialect`` is read to and written from.
package struct EmbeddingRequest: Sendable {
    /// The dialect the client speaks.
    package var dialect: EmbeddingDialect
    /// The name the client asked for.
    package var model: String
    /// What is to be embedded; one vector comes back for each.
    package var inputs: [EmbeddingInput] = []
    /// The length the vectors are to have; nil is the model's own.
    package var dimensions: Int?
    /// How the client wants its vectors written.
    package var encoding = EmbeddingEncoding.float
    /// The type of a vector's numbers where it is not `float`: `int8`, `uint8`, `binary`, `ubinary`.
    package var numberType: String?
    /// What the vectors are for.
    package var task: EmbeddingTask?
    /// What the client wrote for it, where that is no task known here.
    package var taskText: String?
    /// The titles of documents, by the inputs' places.
    package var titles: [Int: String] = [:]
    /// What becomes of an input that is too long; nil is the provider's own way.
    package var truncation: EmbeddingTruncation?
    /// Who the end user is, opaque.
    package var user: String?
    /// Fields of the client's dialect that have no place here, in the client's order and spelling.
    package var extras = JSONObject()
    /// The client's spelling of the fields it gave.
    package var names: [EmbeddingField: String] = [:]

    /// An empty request.
    package init(dialect: EmbeddingDialect, model: String) {
        self.dialect = dialect
        self.model = model
    }

    /// The client's spelling of `field`, for what is told of it.
    func name(of field: EmbeddingField) -> String { self.names[field] ?? field.rawValue }
}

/// A field of a request for embeddings; the raw value is OpenAI's spelling, or that of most others.
package enum EmbeddingField: String, Sendable, Hashable {
    case input, dimensions, user, title
    case encoding = "encoding_format"
    case numberType = "output_dtype"
    case task = "input_type"
    case truncation = "truncate"
}

/// How the numbers of a vector are written.
package enum EmbeddingEncoding: String, Sendable, Hashable {
    /// A JSON array.
    case float
    /// Base64 of the numbers as IEEE 754 binary32, the lowest byte first.
    case base64
}

/// What becomes of an input that is too long.
package enum EmbeddingTruncation: Sendable, Hashable {
    /// It is an error.
    case never
    /// Its start is left out.
    case start
    /// Its end is left out.
    case end
}

/// One thing to embed.
package enum EmbeddingInput: Sendable, Hashable {
    case text(String)
    /// Ids of tokens of the model's own tokenizer.
    case tokens([Int])
    /// Text and media that make one vector together.
    case parts([EmbeddingPart])
}

/// A piece of an input.
package enum EmbeddingPart: Sendable, Hashable {
    case text(String)
    case media(Media)
}

/// What vectors are for: models that know it embed a question unlike its answer.
package enum EmbeddingTask: Sendable, Hashable, CaseIterable {
    case query, document, similarity, classification, clustering, questionAnswering, factVerification, codeQuery

    /// The task that `text` names in any provider's spelling: Google's task types, Cohere's and Voyage's input types, Jina's
    /// tasks.
    package init?(_ text: String) {
        switch text.lowercased() {
        case "query", "search_query", "retrieval_query", "retrieval.query": self = .query
        case "document", "search_document", "retrieval_document", "retrieval.passage", "passage": self = .document
        case "semantic_similarity", "text-matching": self = .similarity
        case "classification": self = .classification
        case "clustering", "separation": self = .clustering
        case "question_answering": self = .questionAnswering
        case "fact_verification": self = .factVerification
        case "code_retrieval_query", "code.query": self = .codeQuery
        default: return nil
        }
    }

    /// Google's spelling (https://ai.google.dev/api/embeddings#v1beta.TaskType).
    var gemini: String {
        switch self {
        case .query: "RETRIEVAL_QUERY"
        case .document: "RETRIEVAL_DOCUMENT"
        case .similarity: "SEMANTIC_SIMILARITY"
        case .classification: "CLASSIFICATION"
        case .clustering: "CLUSTERING"
        case .questionAnswering: "QUESTION_ANSWERING"
        case .factVerification: "FACT_VERIFICATION"
        case .codeQuery: "CODE_RETRIEVAL_QUERY"
        }
    }

    /// Cohere's spelling, and whether it says the same (https://docs.cohere.com/reference/embed). What has no name of its own
    /// becomes the nearest: a query of some kind is a query, and what compares like with like is a clustering.
    var cohere: (text: String, isExact: Bool) {
        switch self {
        case .query: ("search_query", true)
        case .document: ("search_document", true)
        case .classification: ("classification", true)
        case .clustering: ("clustering", true)
        case .similarity: ("clustering", false)
        case .questionAnswering, .factVerification, .codeQuery: ("search_query", false)
        }
    }

    /// Voyage's spelling, and whether it says the same; no text where the vectors are best made without a prompt
    /// (https://docs.voyageai.com/reference/embeddings-api).
    var voyage: (text: String?, isExact: Bool) {
        switch self {
        case .query: ("query", true)
        case .document: ("document", true)
        case .questionAnswering, .factVerification, .codeQuery: ("query", false)
        case .similarity, .classification, .clustering: (nil, false)
        }
    }
}
