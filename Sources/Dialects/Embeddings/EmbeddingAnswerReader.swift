internal import Core
internal import JSON

/// Reads answers of embedding endpoints. The dialects' answers differ in their members' names and never mean two things by
/// one name, so that one reader knows them all. Only what is not vectors is read as a tree.
struct EmbeddingAnswerReader {
    private let body: UnsafeRawBufferPointer
    private var answer = EmbeddingAnswer()
    /// The places the provider gave the vectors, where it did.
    private var places: [Int?] = []
    private var hasError = false

    private init(_ body: UnsafeRawBufferPointer) { self.body = body }

    /// The vectors in `body`.
    ///
    /// - Throws: the error in it, or an upstream error where there is no vector.
    static func read(_ body: UnsafeRawBufferPointer) throws(GatewayError) -> EmbeddingAnswer {
        var reader = EmbeddingAnswerReader(body)
        do throws(JSONSyntaxError) {
            try reader.readTop()
        } catch {
            throw UpstreamErrors.inBand(body)
        }
        guard !reader.hasError, !reader.answer.vectors.isEmpty else { throw UpstreamErrors.inBand(body) }
        reader.sort()
        return reader.answer
    }

    private mutating func readTop() throws(JSONSyntaxError) {
        var members = JSONMembers(at: 0)
        while let member = try members.nextHead(in: self.body) {
            if member.keyIs("data", in: self.body) || member.keyIs("predictions", in: self.body) {
                try self.readList(member, &members)
            } else if member.keyIs("embeddings", in: self.body) {
                if member.kind == .object {
                    var types = members.object
                    try self.readTypes(&types)
                    members.resume(after: types)
                } else {
                    try self.readList(member, &members)
                }
            } else if member.keyIs("embedding", in: self.body) {
                try self.readVector(member.kind, &members, at: member.value.lowerBound, member.value)
            } else if member.keyIs("model", in: self.body), member.kind == .string {
                self.answer.model = try JSONScan.string(member.value, in: self.body)
            } else if member.keyIs("usage", in: self.body) || member.keyIs("usageMetadata", in: self.body)
                || member.keyIs("meta", in: self.body)
            {
                self.readUsage(try self.tree(member, &members))
            } else if member.keyIs("prompt_eval_count", in: self.body)
                || member.keyIs("inputTextTokenCount", in: self.body)
            {
                self.take(JSONScan.integer(member.value, in: self.body))
            } else if member.keyIs("truncated", in: self.body), member.kind == .true {
                self.answer.isTruncated = true
            } else if member.keyIs("error", in: self.body), member.kind != .null {
                self.hasError = true
            }
        }
    }

    private mutating func tree(_ member: JSONMember, _ members: inout JSONMembers) throws(JSONSyntaxError) -> JSONValue
    {
        guard member.kind == .object || member.kind == .array else { return .null }
        let range = try members.skip(in: self.body)
        return try JSONValue(parsing: UnsafeRawBufferPointer(rebasing: self.body[range]))
    }

    private mutating func take(_ tokens: Int?) {
        guard let tokens else { return }
        self.answer.tokens = max(0, tokens)
    }

    private mutating func readUsage(_ value: JSONValue) {
        // Google says a name its own API never reads as `promptTokenCount`; Cohere bills what it counts under `meta`.
        let billed = value["billed_units"]
        self.take(
            value["prompt_tokens"]?.asInt ?? value["promptTokenCount"]?.asInt ?? billed?["input_tokens"]?.asInt
                ?? value["total_tokens"]?.asInt ?? value["totalTokenCount"]?.asInt
        )
        if self.answer.tokens == nil, let tokens = billed?["input_tokens"]?.asDouble { self.take(Int(exactly: tokens)) }
    }

    // MARK: Vectors

    private mutating func readList(_ member: JSONMember, _ members: inout JSONMembers) throws(JSONSyntaxError) {
        guard member.kind == .array else { return }
        var elements = members.array
        while let element = try elements.nextHead(in: self.body) {
            switch element.kind {
            case .array:
                var array = elements.array
                try self.appendNumbers(&array, from: element.value.lowerBound)
                elements.resume(after: array)
            case .object:
                var object = elements.object
                try self.readItem(&object)
                elements.resume(after: object)
            case .string: try self.appendText(element.value)
            default: break
            }
        }
        members.resume(after: elements)
    }

    /// One element of a list: OpenAI's `{index, embedding}`, Gemini's `{values}`, Vertex's `{embeddings: {values, …}}`.
    private mutating func readItem(_ item: inout JSONMembers) throws(JSONSyntaxError) {
        let count = self.answer.vectors.count
        var place: Int?
        while let member = try item.nextHead(in: self.body) {
            if member.keyIs("index", in: self.body) {
                place = JSONScan.integer(member.value, in: self.body)
            } else if member.keyIs("embedding", in: self.body) || member.keyIs("embeddings", in: self.body)
                || member.keyIs("values", in: self.body)
            {
                try self.readVector(member.kind, &item, at: member.value.lowerBound, member.value)
            } else if member.keyIs("statistics", in: self.body), member.kind == .object {
                self.readStatistics(try self.tree(member, &item))
            }
        }
        if self.answer.vectors.count == count + 1 { self.places[count] = place }
    }

    /// The value of a member: an array of numbers, base64, or an object that holds the array as `values`.
    private mutating func readVector(
        _ kind: JSONKind,
        _ members: inout JSONMembers,
        at start: Int,
        _ value: Range<Int>
    ) throws(JSONSyntaxError) {
        switch kind {
        case .array:
            var array = members.array
            try self.appendNumbers(&array, from: start)
            members.resume(after: array)
        case .object:
            var object = members.object
            var statistics = JSONValue.null
            while let member = try object.nextHead(in: self.body) {
                if member.keyIs("values", in: self.body), member.kind == .array {
                    var array = object.array
                    try self.appendNumbers(&array, from: member.value.lowerBound)
                    object.resume(after: array)
                } else if member.keyIs("statistics", in: self.body), member.kind == .object {
                    statistics = try self.tree(member, &object)
                }
            }
            members.resume(after: object)
            self.readStatistics(statistics)
        case .string: try self.appendText(value)
        default: break
        }
    }

    /// Vectors by the type of their numbers, of which the first is taken: one type is asked for.
    private mutating func readTypes(_ types: inout JSONMembers) throws(JSONSyntaxError) {
        var isRead = false
        while let member = try types.nextHead(in: self.body) {
            guard !isRead, member.kind == .array else { continue }
            isRead = true
            try self.readList(member, &types)
        }
    }

    private mutating func readStatistics(_ value: JSONValue) {
        if value["truncated"]?.asBool == true { self.answer.isTruncated = true }
        guard let number = value["token_count"] ?? value["tokenCount"], let last = self.answer.vectors.indices.last
        else {
            return
        }
        // Vertex writes its counts as floating point.
        guard let count = number.asInt ?? number.asDouble.flatMap({ Int(exactly: $0) }) else { return }
        self.answer.vectors[last].tokens = max(0, count)
        self.take((self.answer.tokens ?? 0) + max(0, count))
    }

    private mutating func appendNumbers(_ array: inout JSONElements, from start: Int) throws(JSONSyntaxError) {
        var count = 0
        while let element = try array.nextHead(in: self.body) {
            guard element.kind == .number else {
                throw JSONSyntaxError(offset: element.value.lowerBound, message: "a vector holds what is no number")
            }
            count &+= 1
        }
        let text = Array(self.body[start..<array.end])
        self.append(EmbeddingVector(.numbers(text, count: count)))
    }

    private mutating func appendText(_ value: Range<Int>) throws(JSONSyntaxError) {
        guard value.count >= 2 else { return }
        // Base64 needs no escapes, save that some writers put one before a solidus.
        let text = self.body[value.lowerBound + 1..<value.upperBound - 1].filter { $0 != UInt8(ascii: "\\") }
        guard Base64Bytes.isAlphabet(text) else {
            throw JSONSyntaxError(offset: value.lowerBound, message: "a vector is not base64")
        }
        self.append(EmbeddingVector(.base64(text)))
    }

    private mutating func append(_ vector: EmbeddingVector) {
        self.answer.vectors.append(vector)
        self.places.append(nil)
    }

    /// Puts the vectors where the provider says they belong.
    private mutating func sort() {
        let places = self.places.compactMap(\.self)
        guard places.count == self.places.count, !zip(places, places.indices).allSatisfy(==),
            Set(places) == Set(places.indices)
        else { return }
        var sorted = self.answer.vectors
        for (from, to) in places.enumerated() { sorted[to] = self.answer.vectors[from] }
        self.answer.vectors = sorted
    }
}
