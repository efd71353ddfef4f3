package import JSON

/// A request to order documents by how well they answer a query, in no dialect.
package struct RerankRequest: Sendable {
    /// The dialect the client speaks.
    package var dialect: RerankDialect
    /// The name the client asked for.
    package var model: String
    package var query = ""
    package var documents: [RerankDocument] = []
    /// How many of the best are wanted; nil is all.
    package var topN: Int?
    /// The client's spelling of ``topN``.
    package var topName = "top_n"
    /// Whether the documents are to stand in the answer; nil is the client's dialect's own way, which is no.
    package var returnsDocuments: Bool?
    /// The most tokens of each document that count.
    package var maxTokensPerDocument: Int?
    /// Whether documents that are too long are cut; nil is the provider's own way.
    package var truncates: Bool?
    /// The members of documents that count, where documents are objects.
    package var rankFields: [String] = []
    /// Fields of the client's dialect that have no place here, in the client's order and spelling.
    package var extras = JSONObject()

    /// An empty request.
    package init(dialect: RerankDialect, model: String) {
        self.dialect = dialect
        self.model = model
    }

    /// The search units the request costs at least where the provider does not say: one for every hundred documents
    /// (https://docs.cohere.com/docs/how-does-cohere-pricing-work).
    package var leastSearchUnits: Int { max(1, (self.documents.count + 99) / 100) }

    /// The text of the document at `index` as it is ranked, and whether the document says more than that.
    func text(of index: Int) -> (text: String, isWhole: Bool) {
        switch self.documents[index] {
        case .text(let text): return (text, true)
        case .object(let object):
            let fields = self.rankFields.isEmpty ? ["text"] : self.rankFields
            let texts = fields.compactMap { object[$0]?.asString }
            if texts.count == fields.count, !texts.isEmpty {
                return (texts.joined(separator: "\n"), object.count == fields.count)
            }
            return (JSONValue.object(object).text, true)
        }
    }
}

/// A document to be ranked.
package enum RerankDocument: Sendable, Hashable {
    case text(String)
    /// An object, of which `text` or the named members count.
    case object(JSONObject)
}

/// The ranking, in no dialect.
package struct RerankAnswer: Sendable {
    /// One document's place in the ranking.
    package struct Result: Sendable, Hashable {
        /// The document's place in the request.
        package var index: Int
        /// How well it answers the query, as the provider wrote it.
        package var score: JSONNumber

        /// A result.
        package init(index: Int, score: JSONNumber) {
            self.index = index
            self.score = score
        }
    }

    /// The best first.
    package var results: [Result] = []
    /// The provider's id of the answer.
    package var id: String?
    /// The model as the provider names it.
    package var model: String?
    /// Search units that are billed; nil where the provider does not say.
    package var searchUnits: Int?
    /// Tokens of query and documents; nil where the provider does not say.
    package var tokens: Int?

    /// An empty ranking.
    package init() {}
}
