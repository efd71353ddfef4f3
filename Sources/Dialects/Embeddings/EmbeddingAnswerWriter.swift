internal import JSON

/// The writing of one answer to a client who asked for embeddings.
struct EmbeddingAnswerWriter {
    private let answer: EmbeddingAnswer
    private let request: EmbeddingRequest
    private let model: String
    private let id: String
    private var json: JSONWriter

    init(_ answer: EmbeddingAnswer, _ request: EmbeddingRequest, model: String, id: String) {
        self.answer = answer
        self.request = request
        self.model = model
        self.id = id
        self.json = JSONWriter(capacity: answer.vectors.reduce(512) { $0 + $1.size(as: request.encoding) + 64 })
    }

    mutating func write(_ dialect: EmbeddingDialect) -> [UInt8] {
        self.json.beginObject()
        switch dialect {
        case .openAI, .mistral, .voyage: self.writeOpenAI()
        case .cohere, .bedrockCohere: self.writeCohere(isBedrock: dialect == .bedrockCohere)
        case .ollama:
            self.text("model", self.model)
            self.list("embeddings") { vector, json in vector.write(as: .float, into: &json) }
            self.number("prompt_eval_count", self.answer.tokens)
        case .ollamaLegacy: self.first()
        case .bedrockTitan:
            self.first()
            self.number("inputTextTokenCount", self.answer.tokens ?? 0)
        case .gemini, .vertexEmbed:
            self.json.key("embedding")
            self.json.beginObject()
            self.json.key("values")
            self.firstVector()
            self.json.endObject()
            self.metadata()
            if dialect == .vertexEmbed {
                self.json.key("truncated")
                self.json.bool(self.answer.isTruncated)
            }
        case .geminiBatch:
            self.list("embeddings") { vector, json in
                json.beginObject()
                json.key("values")
                vector.write(as: .float, into: &json)
                json.endObject()
            }
            self.metadata()
        case .vertexPredict: self.writePredict()
        }
        self.json.endObject()
        return self.json.bytes
    }

    private mutating func text(_ key: String, _ text: String) {
        self.json.key(key)
        self.json.string(text)
    }

    private mutating func number(_ key: String, _ number: Int?) {
        guard let number else { return }
        self.json.key(key)
        self.json.number(number)
    }

    private mutating func list(_ key: String, _ element: (EmbeddingVector, inout JSONWriter) -> Void) {
        self.json.key(key)
        self.json.beginArray()
        for vector in self.answer.vectors { element(vector, &self.json) }
        self.json.endArray()
    }

    private mutating func first() {
        self.json.key("embedding")
        self.firstVector()
    }

    private mutating func firstVector() {
        guard let vector = self.answer.vectors.first else { return self.json.raw(Array("[]".utf8)) }
        vector.write(as: .float, into: &self.json)
    }

    private mutating func metadata() {
        guard let tokens = self.answer.tokens else { return }
        self.json.key("usageMetadata")
        self.json.beginObject()
        self.number("promptTokenCount", tokens)
        self.number("totalTokenCount", tokens)
        self.json.endObject()
    }

    private mutating func writeOpenAI() {
        self.text("object", "list")
        self.json.key("data")
        self.json.beginArray()
        for (index, vector) in self.answer.vectors.enumerated() {
            self.json.beginObject()
            self.text("object", "embedding")
            self.number("index", index)
            self.json.key("embedding")
            vector.write(as: self.request.encoding, into: &self.json)
            self.json.endObject()
        }
        self.json.endArray()
        self.text("model", self.model)
        self.json.key("usage")
        self.json.beginObject()
        self.number("prompt_tokens", self.answer.tokens ?? 0)
        self.number("total_tokens", self.answer.tokens ?? 0)
        self.json.endObject()
    }

    private mutating func writeCohere(isBedrock: Bool) {
        self.text("id", self.id)
        // Who names no type at Bedrock is answered in the form of Cohere's first API.
        if isBedrock, self.request.names[.encoding] == nil, self.request.names[.numberType] == nil {
            self.text("response_type", "embeddings_floats")
            self.list("embeddings") { vector, json in vector.write(as: .float, into: &json) }
        } else {
            self.text("response_type", "embeddings_by_type")
            self.json.key("embeddings")
            self.json.beginObject()
            let encoding = self.request.encoding
            self.list(self.request.numberType ?? encoding.rawValue) { vector, json in
                vector.write(as: encoding, into: &json)
            }
            self.json.endObject()
        }
        self.json.key("texts")
        self.json.beginArray()
        for case .text(let text) in self.request.inputs { self.json.string(text) }
        self.json.endArray()
        guard !isBedrock else { return }
        self.json.key("meta")
        self.json.beginObject()
        self.json.key("api_version")
        self.json.beginObject()
        self.text("version", "2")
        self.json.endObject()
        if let tokens = self.answer.tokens {
            self.json.key("billed_units")
            self.json.beginObject()
            self.number("input_tokens", tokens)
            self.json.endObject()
        }
        self.json.endObject()
    }

    private mutating func writePredict() {
        let isTruncated = self.answer.isTruncated
        self.list("predictions") { vector, json in
            json.beginObject()
            json.key("embeddings")
            json.beginObject()
            if let tokens = vector.tokens {
                json.key("statistics")
                json.beginObject()
                json.key("truncated")
                json.bool(isTruncated)
                json.key("token_count")
                json.number(tokens)
                json.endObject()
            }
            json.key("values")
            vector.write(as: .float, into: &json)
            json.endObject()
            json.endObject()
        }
        // What Vertex bills old models by: characters without white space.
        let characters = self.request.inputs.reduce(0) { sum, input in
            sum + input.text.unicodeScalars.count { !$0.properties.isWhitespace }
        }
        self.json.key("metadata")
        self.json.beginObject()
        self.number("billableCharacterCount", characters)
        self.json.endObject()
    }
}
