internal import Core
internal import JSON

/// The writing of one request for embeddings for one provider.
struct EmbeddingRequestWriter {
    private let target: EmbeddingDialect
    private let request: EmbeddingRequest
    private let model: String

    init(_ target: EmbeddingDialect, _ request: EmbeddingRequest, model: String) {
        self.target = target
        self.request = request
        self.model = model
    }

    /// What every body of the plan says alike.
    private struct Common {
        var task: String?
        var dimensions: Int?
        var truncation: EmbeddingTruncation?
    }

    func plan(notes: inout TranslationNotes) throws(GatewayError) -> EmbeddingPlan {
        try self.checkInputs(notes: &notes)
        let common = Common(
            task: try self.task(notes: &notes),
            dimensions: try self.dimensions(),
            truncation: try self.truncation(notes: &notes)
        )
        try self.checkRest(notes: &notes)
        var plan = EmbeddingPlan(bodies: [], shares: [])
        for range in self.shares() {
            plan.bodies.append(try self.body(range, common))
            plan.shares.append(range.count)
        }
        return plan
    }

    /// The inputs cut into what one request may hold each.
    private func shares() -> [Range<Int>] {
        let most = self.target.inputLimit(self.model) ?? .max
        let bytes = self.target.byteLimit ?? .max
        var shares: [Range<Int>] = []
        var start = 0
        var size = 0
        for (index, input) in self.request.inputs.enumerated() {
            let length = input.length
            // Media and text do not go into one list at Cohere.
            let isOther = index > start && self.needsOwnList(input) != self.needsOwnList(self.request.inputs[start])
            if index > start, index - start >= most || size + length > bytes || isOther {
                shares.append(start..<index)
                start = index
                size = 0
            }
            size += length
        }
        if start < self.request.inputs.count { shares.append(start..<self.request.inputs.count) }
        return shares
    }

    private func needsOwnList(_ input: EmbeddingInput) -> Bool {
        guard self.target == .cohere || self.target == .bedrockCohere, case .parts = input else { return false }
        return true
    }

    // MARK: What the target can take

    private func checkInputs(notes: inout TranslationNotes) throws(GatewayError) {
        let field = self.request.name(of: .input)
        for input in self.request.inputs {
            switch input {
            case .text: continue
            case .tokens:
                if self.target == .openAI { continue }
                throw Self.unsupported("The target embeds text, not token ids; send the text itself.", field)
            case .parts(let parts):
                if !parts.contains(where: { if case .media = $0 { true } else { false } }) {
                    if !self.takesParts { notes.note(field, .changedContent) }
                    continue
                }
                guard self.takesMedia else {
                    throw Self.unsupported("The target embeds text only; take the media out of the input.", field)
                }
                for case .media(let media) in parts { try self.check(media, field) }
                // Titan has one place for text and one for an image.
                if self.target == .bedrockTitan, parts.count(where: { if case .media = $0 { true } else { false } }) > 1
                {
                    throw Self.unsupported("The target embeds one image to an input.", field)
                }
            }
        }
    }

    private func check(_ media: Media, _ field: String) throws(GatewayError) {
        switch (media.source, self.target) {
        case (.base64, _): return
        case (.url, .gemini), (.url, .geminiBatch), (.url, .vertexEmbed), (.url, .cohere): return
        default: throw Self.unsupported("The target takes media as bytes only; send them as base64.", field)
        }
    }

    /// Whether an input may hold several pieces of text.
    private var takesParts: Bool {
        self.target == .gemini || self.target == .geminiBatch || self.target == .vertexEmbed
    }

    private var takesMedia: Bool {
        switch self.target {
        case .gemini, .geminiBatch, .vertexEmbed, .cohere: true
        case .bedrockCohere: true
        case .bedrockTitan: self.isTitanImage
        default: false
        }
    }

    private var isTitanImage: Bool {
        self.model.contains("titan-embed-image") || self.model.contains("titan-embed-g1-image")
    }
    private var isTitanFirst: Bool {
        self.model.contains("titan-embed-text-v1") || self.model.contains("titan-embed-g1-text")
    }
    /// Cohere's fourth model at Bedrock has the fields of Cohere's second API; those before it have not.
    private var isCohereFourth: Bool { self.model.contains("embed-v4") }

    private static func unsupported(_ message: String, _ field: String) -> GatewayError {
        GatewayError(.unsupported, origin: .client, message, field: field)
    }

    private func task(notes: inout TranslationNotes) throws(GatewayError) -> String? {
        let field = self.request.name(of: .task)
        switch self.target {
        case .cohere, .bedrockCohere:
            let isMedia = self.request.inputs.allSatisfy { input in
                guard case .parts(let parts) = input else { return false }
                return parts.contains { if case .media = $0 { true } else { false } }
            }
            if let task = self.request.task {
                let (text, isExact) = task.cohere
                if !isExact { try notes.drop(field, .clampedValue) }
                return text
            }
            if let text = self.request.taskText {
                if text == "image" || self.isOwn { return text }
                try notes.drop(field, .clampedValue)
            }
            // The field must be there; what is embedded without a word is most often what is searched.
            return isMedia ? "image" : "search_document"
        case .voyage:
            guard let task = self.request.task else { break }
            let (text, isExact) = task.voyage
            if !isExact { try notes.drop(field, .clampedValue) }
            return text
        case .gemini, .geminiBatch, .vertexPredict, .vertexEmbed:
            if let task = self.request.task { return task.gemini }
            if self.isGoogle(self.request.dialect) { return self.request.taskText }
        default: if self.isOwn { return self.request.taskText }
        }
        if self.request.taskText != nil { try notes.drop(field) }
        return nil
    }

    private func dimensions() throws(GatewayError) -> Int? {
        guard let dimensions = self.request.dimensions else { return nil }
        let isTaken =
            switch self.target {
            case .bedrockTitan: !self.isTitanFirst
            case .bedrockCohere: self.isCohereFourth
            case .ollamaLegacy: false
            default: true
            }
        if isTaken { return dimensions }
        // Vectors of another length than was asked for are of no use to whoever stores them.
        throw Self.unsupported(
            "The model's vectors have one length; leave '\(self.request.name(of: .dimensions))' out or name another model.",
            self.request.name(of: .dimensions)
        )
    }

    private func truncation(notes: inout TranslationNotes) throws(GatewayError) -> EmbeddingTruncation? {
        guard let truncation = self.request.truncation else { return nil }
        let field = self.request.name(of: .truncation)
        switch self.target {
        case .cohere, .bedrockCohere: return truncation
        case .voyage, .ollama, .vertexPredict, .vertexEmbed:
            if truncation == .start {
                try notes.drop(field, .clampedValue)
                return .end
            }
            return truncation
        default:
            try notes.drop(field)
            return nil
        }
    }

    private func checkRest(notes: inout TranslationNotes) throws(GatewayError) {
        if let type = self.request.numberType {
            let field = self.request.name(of: .numberType)
            let isTaken =
                switch self.target {
                case .cohere, .voyage, .mistral: true
                case .bedrockCohere: true
                case .openAI: self.isOwn
                default: false
                }
            guard isTaken else {
                throw Self.unsupported("The target's vectors are of floats, not '\(type)'.", field)
            }
        }
        if !self.request.titles.isEmpty, !self.isGoogle(self.target) { try notes.drop(self.request.name(of: .title)) }
        for key in self.request.extras.keys where !self.isWritten(key) { try notes.drop(key, .unknownParameter) }
    }

    /// Whether a field that has no place in the exchange goes out as it came in: not where it stood inside of another one.
    private func isWritten(_ key: String) -> Bool {
        self.isOwn && self.target != .geminiBatch && !key.utf8.contains(UInt8(ascii: "."))
    }

    private var isOwn: Bool { self.request.dialect == self.target }

    private func isGoogle(_ dialect: EmbeddingDialect) -> Bool {
        switch dialect {
        case .gemini, .geminiBatch, .vertexPredict, .vertexEmbed: true
        default: false
        }
    }
}

// MARK: Bodies

extension EmbeddingRequestWriter {
    private func body(_ range: Range<Int>, _ common: Common) throws(GatewayError) -> [UInt8] {
        let inputs = self.request.inputs[range]
        var json = JSONWriter(capacity: inputs.reduce(256) { $0 + $1.length + 8 })
        json.beginObject()
        switch self.target {
        case .openAI, .mistral, .voyage: self.writeOpenAI(inputs, common, &json)
        case .cohere, .bedrockCohere: self.writeCohere(inputs, common, &json)
        case .ollama: self.writeOllama(inputs, common, &json)
        case .ollamaLegacy:
            self.write("model", self.model, &json)
            self.write("prompt", inputs.first?.text ?? "", &json)
        case .bedrockTitan: self.writeTitan(inputs, common, &json)
        case .gemini: if let input = inputs.first { self.writeGemini(input, range.lowerBound, common, &json) }
        case .geminiBatch:
            json.key("requests")
            json.beginArray()
            for index in range {
                json.beginObject()
                self.writeGemini(self.request.inputs[index], index, common, &json)
                json.endObject()
            }
            json.endArray()
        case .vertexEmbed: if let input = inputs.first { self.writeEmbed(input, range.lowerBound, common, &json) }
        case .vertexPredict: self.writePredict(range, common, &json)
        }
        for (key, value) in self.request.extras where self.isWritten(key) {
            json.key(key)
            json.value(value)
        }
        json.endObject()
        return json.bytes
    }

    private func write(_ key: String, _ text: String, _ json: inout JSONWriter) {
        json.key(key)
        json.string(text)
    }

    private func write(_ key: String, _ number: Int?, _ json: inout JSONWriter) {
        guard let number else { return }
        json.key(key)
        json.number(number)
    }

    private func write(_ key: String, cuts truncation: EmbeddingTruncation?, _ json: inout JSONWriter) {
        guard let truncation else { return }
        json.key(key)
        json.bool(truncation != .never)
    }

    private func writeTexts(_ inputs: ArraySlice<EmbeddingInput>, _ json: inout JSONWriter) {
        json.beginArray()
        for input in inputs { json.string(input.text) }
        json.endArray()
    }

    private func writeOpenAI(_ inputs: ArraySlice<EmbeddingInput>, _ common: Common, _ json: inout JSONWriter) {
        self.write("model", self.model, &json)
        json.key("input")
        json.beginArray()
        for input in inputs {
            if case .tokens(let ids) = input {
                json.beginArray()
                for id in ids { json.number(id) }
                json.endArray()
            } else {
                json.string(input.text)
            }
        }
        json.endArray()
        self.write(self.target == .openAI ? "dimensions" : "output_dimension", common.dimensions, &json)
        if self.target.takesBase64, self.request.encoding == .base64 { self.write("encoding_format", "base64", &json) }
        if let type = self.request.numberType { self.write("output_dtype", type, &json) }
        if let task = common.task { self.write(self.isOwn ? self.request.name(of: .task) : "input_type", task, &json) }
        if self.target == .voyage { self.write("truncation", cuts: common.truncation, &json) }
        if self.target == .openAI, let user = self.request.user { self.write("user", user, &json) }
    }

    private func writeOllama(_ inputs: ArraySlice<EmbeddingInput>, _ common: Common, _ json: inout JSONWriter) {
        self.write("model", self.model, &json)
        json.key("input")
        self.writeTexts(inputs, &json)
        self.write("dimensions", common.dimensions, &json)
        self.write("truncate", cuts: common.truncation, &json)
    }

    private func writeCohere(_ inputs: ArraySlice<EmbeddingInput>, _ common: Common, _ json: inout JSONWriter) {
        let isNew = self.target == .cohere || self.isCohereFourth
        if self.target == .cohere { self.write("model", self.model, &json) }
        if let first = inputs.first, self.needsOwnList(first) {
            json.key("inputs")
            json.beginArray()
            for input in inputs { self.writeMixed(input, &json) }
            json.endArray()
        } else {
            json.key("texts")
            self.writeTexts(inputs, &json)
        }
        self.write("input_type", common.task ?? "search_document", &json)
        json.key("embedding_types")
        json.beginArray()
        json.string(self.request.numberType ?? "float")
        json.endArray()
        self.write("output_dimension", common.dimensions, &json)
        guard let truncation = common.truncation else { return }
        // Bedrock's fourth model has words of its own.
        let words =
            self.target == .bedrockCohere && isNew ? (start: "LEFT", end: "RIGHT") : (start: "START", end: "END")
        self.write("truncate", truncation == .never ? "NONE" : truncation == .start ? words.start : words.end, &json)
    }

    private func writeMixed(_ input: EmbeddingInput, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("content")
        json.beginArray()
        for part in input.parts {
            json.beginObject()
            switch part {
            case .text(let text):
                self.write("type", "text", &json)
                self.write("text", text, &json)
            case .media(let media):
                self.write("type", "image_url", &json)
                json.key("image_url")
                json.beginObject()
                self.write("url", media.dataURL, &json)
                json.endObject()
            }
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private func writeTitan(_ inputs: ArraySlice<EmbeddingInput>, _ common: Common, _ json: inout JSONWriter) {
        guard let input = inputs.first else { return }
        var image: String?
        for case .media(let media) in input.parts { if case .base64(let data) = media.source { image = data } }
        let text = input.text
        if !text.isEmpty || image == nil { self.write("inputText", text, &json) }
        if let image { self.write("inputImage", image, &json) }
        guard let dimensions = common.dimensions else { return }
        if self.isTitanImage {
            json.key("embeddingConfig")
            json.beginObject()
            self.write("outputEmbeddingLength", dimensions, &json)
            json.endObject()
        } else {
            self.write("dimensions", dimensions, &json)
        }
    }

    /// The members of one request of `embedContent`.
    private func writeGemini(_ input: EmbeddingInput, _ place: Int, _ common: Common, _ json: inout JSONWriter) {
        self.write("model", self.model.hasPrefix("models/") ? self.model : "models/\(self.model)", &json)
        self.writeContent(input, &json)
        if let task = common.task { self.write("taskType", task, &json) }
        if let title = self.request.titles[place] { self.write("title", title, &json) }
        self.write("outputDimensionality", common.dimensions, &json)
    }

    private func writeContent(_ input: EmbeddingInput, _ json: inout JSONWriter) {
        json.key("content")
        json.beginObject()
        json.key("parts")
        json.beginArray()
        for part in input.parts {
            json.beginObject()
            switch part {
            case .text(let text): self.write("text", text, &json)
            case .media(let media):
                switch media.source {
                case .base64(let data):
                    json.key("inlineData")
                    json.beginObject()
                    self.write("mimeType", media.type, &json)
                    self.write("data", data, &json)
                    json.endObject()
                case .url(let url), .file(let url):
                    json.key("fileData")
                    json.beginObject()
                    if !media.type.isEmpty { self.write("mimeType", media.type, &json) }
                    self.write("fileUri", url, &json)
                    json.endObject()
                }
            }
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    private func writeEmbed(_ input: EmbeddingInput, _ place: Int, _ common: Common, _ json: inout JSONWriter) {
        self.writeContent(input, &json)
        let title = self.request.titles[place]
        guard common.task != nil || title != nil || common.dimensions != nil || common.truncation != nil else { return }
        json.key("embedContentConfig")
        json.beginObject()
        if let task = common.task { self.write("taskType", task, &json) }
        if let title { self.write("title", title, &json) }
        self.write("outputDimensionality", common.dimensions, &json)
        self.write("autoTruncate", cuts: common.truncation, &json)
        json.endObject()
    }

    private func writePredict(_ range: Range<Int>, _ common: Common, _ json: inout JSONWriter) {
        json.key("instances")
        json.beginArray()
        for index in range {
            json.beginObject()
            self.write("content", self.request.inputs[index].text, &json)
            if let task = common.task { self.write("task_type", task, &json) }
            if let title = self.request.titles[index] { self.write("title", title, &json) }
            json.endObject()
        }
        json.endArray()
        guard common.dimensions != nil || common.truncation != nil else { return }
        json.key("parameters")
        json.beginObject()
        self.write("outputDimensionality", common.dimensions, &json)
        self.write("autoTruncate", cuts: common.truncation, &json)
        json.endObject()
    }
}
