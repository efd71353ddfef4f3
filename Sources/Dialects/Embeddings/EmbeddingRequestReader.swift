internal import Core
internal import JSON

/// The reading of one client's request for embeddings.
struct EmbeddingRequestReader {
    private let dialect: EmbeddingDialect
    private let body: JSONObject
    private let hasModel: Bool
    private var request: EmbeddingRequest
    /// Which input is read, where each has fields of its own.
    private var place = 0

    init(_ dialect: EmbeddingDialect, _ body: UnsafeRawBufferPointer, model: String?) throws(GatewayError) {
        self.dialect = dialect
        self.body = try Self.object(body)
        self.hasModel = model != nil
        self.request = EmbeddingRequest(dialect: dialect, model: model ?? "")
    }

    /// The object that a body is.
    static func object(_ body: UnsafeRawBufferPointer) throws(GatewayError) -> JSONObject {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: body)
        } catch {
            throw .badRequest("The request body is not valid JSON: \(error.message) at byte \(error.offset).")
        }
        guard case .object(let object) = value else { throw .badRequest("The request body must be a JSON object.") }
        return object
    }

    mutating func read() throws(GatewayError) -> EmbeddingRequest {
        switch self.dialect {
        case .openAI, .mistral, .voyage: try self.readOpenAI()
        case .cohere, .bedrockCohere: try self.readCohere()
        case .ollama, .ollamaLegacy: try self.readOllama()
        case .bedrockTitan: try self.readTitan()
        case .gemini, .vertexEmbed: try self.readGemini(self.body, "")
        case .geminiBatch: try self.readBatch()
        case .vertexPredict: try self.readPredict()
        }
        guard !self.request.model.isEmpty else { throw .badRequest("The field 'model' is missing.", field: "model") }
        guard !self.request.inputs.isEmpty else {
            let field = self.request.name(of: .input)
            throw .badRequest("The field '\(field)' must hold something to embed.", field: field)
        }
        return self.request
    }

    // MARK: Fields

    private static func text(_ value: JSONValue, _ field: String) throws(GatewayError) -> String {
        guard let text = value.asString else {
            throw .badRequest("The field '\(field)' must be a string.", field: field)
        }
        return text
    }

    private mutating func readModel(_ value: JSONValue) throws(GatewayError) {
        let model = try Self.text(value, "model")
        if !self.hasModel { self.request.model = model }
    }

    private mutating func readDimensions(_ value: JSONValue, _ field: String) throws(GatewayError) {
        guard let length = value.asInt, length > 0 else {
            throw .badRequest("The field '\(field)' must be a positive integer.", field: field)
        }
        self.request.dimensions = length
        self.request.names[.dimensions] = field
    }

    private mutating func readTask(_ value: JSONValue, _ field: String) throws(GatewayError) {
        let text = try Self.text(value, field)
        self.request.names[.task] = field
        self.request.task = EmbeddingTask(text)
        self.request.taskText = text
    }

    private mutating func readSwitch(_ value: JSONValue, _ field: String) throws(GatewayError) {
        guard let cuts = value.asBool else {
            throw .badRequest("The field '\(field)' must be true or false.", field: field)
        }
        self.request.truncation = cuts ? .end : .never
        self.request.names[.truncation] = field
    }

    /// A type of number: `float` and `base64` say how vectors are written.
    private mutating func readType(_ value: JSONValue, _ field: String) throws(GatewayError) {
        let text = try Self.text(value, field).lowercased()
        if let encoding = EmbeddingEncoding(rawValue: text) {
            self.request.encoding = encoding
            self.request.names[.encoding] = field
        } else {
            self.request.numberType = text
            self.request.names[.numberType] = field
        }
    }

    /// A string or a list of strings.
    private static func texts(_ value: JSONValue, _ field: String) throws(GatewayError) -> [String] {
        if let text = value.asString { return [text] }
        guard case .array(let elements) = value else {
            throw .badRequest("The field '\(field)' must be a string or a list of strings.", field: field)
        }
        var texts: [String] = []
        texts.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard let text = element.asString else {
                throw .badRequest("The field '\(field)[\(index)]' must be a string.", field: "\(field)[\(index)]")
            }
            texts.append(text)
        }
        return texts
    }
}

// MARK: OpenAI and those like it

extension EmbeddingRequestReader {
    private mutating func readOpenAI() throws(GatewayError) {
        for (key, value) in self.body where !value.isNull {
            switch key {
            case "model": try self.readModel(value)
            case "input": self.request.inputs = try Self.inputs(value)
            case "dimensions", "output_dimension": try self.readDimensions(value, key)
            case "encoding_format": try self.readEncoding(value)
            case "output_dtype": try self.readType(value, key)
            case "input_type", "task", "task_type": try self.readTask(value, key)
            case "truncation": try self.readSwitch(value, key)
            case "user":
                self.request.user = try Self.text(value, key)
                self.request.names[.user] = key
            default: self.request.extras[key] = value
            }
        }
    }

    private mutating func readEncoding(_ value: JSONValue) throws(GatewayError) {
        guard let encoding = value.asString.flatMap(EmbeddingEncoding.init(rawValue:)) else {
            throw .badRequest("The field 'encoding_format' must be 'float' or 'base64'.", field: "encoding_format")
        }
        self.request.encoding = encoding
        self.request.names[.encoding] = "encoding_format"
    }

    /// A text, texts, one input's tokens, or those of several.
    private static func inputs(_ value: JSONValue) throws(GatewayError) -> [EmbeddingInput] {
        if let text = value.asString { return [.text(text)] }
        guard case .array(let elements) = value else {
            throw .badRequest("The field 'input' must be a string, a list of strings or token ids.", field: "input")
        }
        if elements.first?.asInt != nil { return [.tokens(try Self.tokens(elements, "input"))] }
        var inputs: [EmbeddingInput] = []
        inputs.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            switch element {
            case .string(let text): inputs.append(.text(text))
            case .array(let ids): inputs.append(.tokens(try Self.tokens(ids, "input[\(index)]")))
            default:
                throw .badRequest(
                    "The field 'input[\(index)]' must be a string or a list of token ids.",
                    field: "input[\(index)]"
                )
            }
        }
        return inputs
    }

    private static func tokens(_ elements: [JSONValue], _ field: String) throws(GatewayError) -> [Int] {
        let ids = elements.compactMap(\.asInt)
        guard ids.count == elements.count, !ids.isEmpty else {
            throw .badRequest("The field '\(field)' must hold token ids, which are integers.", field: field)
        }
        return ids
    }
}

// MARK: Cohere, Ollama and Titan

extension EmbeddingRequestReader {
    private mutating func readCohere() throws(GatewayError) {
        for (key, value) in self.body where !value.isNull {
            switch key {
            case "model": try self.readModel(value)
            case "texts":
                self.request.names[.input] = key
                self.request.inputs += try Self.texts(value, key).map { .text($0) }
            case "images":
                self.request.names[.input] = key
                self.request.inputs += try Self.texts(value, key).map { .parts([.media(Self.image($0))]) }
            case "inputs":
                self.request.names[.input] = key
                self.request.inputs += try Self.mixed(value)
            case "input_type": try self.readTask(value, key)
            case "output_dimension": try self.readDimensions(value, key)
            case "embedding_types":
                let types = try Self.texts(value, key)
                if let first = types.first { try self.readType(.string(first), key) }
                // A second set of vectors has no place in other dialects.
                if types.count > 1 { self.request.extras[key] = value }
            case "truncate":
                self.request.names[.truncation] = key
                switch try Self.text(value, key).uppercased() {
                case "NONE": self.request.truncation = .never
                case "START", "LEFT": self.request.truncation = .start
                case "END", "RIGHT": self.request.truncation = .end
                default: throw .badRequest("The field 'truncate' must be NONE, START or END.", field: key)
                }
            default: self.request.extras[key] = value
            }
        }
    }

    /// The medium at a URL, which may be one that holds it.
    private static func image(_ url: String) -> Media {
        guard url.hasPrefix("data:"), let comma = url.utf8.firstIndex(of: UInt8(ascii: ",")) else {
            return Media(.url(url), type: "")
        }
        let type = url[url.index(url.startIndex, offsetBy: 5)..<comma].split(separator: ";").first ?? ""
        return Media(.base64(String(url[url.utf8.index(after: comma)...])), type: String(type))
    }

    private static func mixed(_ value: JSONValue) throws(GatewayError) -> [EmbeddingInput] {
        var inputs: [EmbeddingInput] = []
        for (index, element) in (value.asArray ?? []).enumerated() {
            guard let content = element["content"]?.asArray else {
                throw .badRequest("The field 'inputs[\(index)].content' must be a list.", field: "inputs[\(index)]")
            }
            var parts: [EmbeddingPart] = []
            for part in content {
                if let text = part["text"]?.asString {
                    parts.append(.text(text))
                } else if let url = part["image_url"]?["url"]?.asString ?? part["image_url"]?.asString {
                    parts.append(.media(Self.image(url)))
                } else {
                    throw .badRequest(
                        "The field 'inputs[\(index)].content' may hold text and image_url.",
                        field: "inputs[\(index)]"
                    )
                }
            }
            inputs.append(Self.input(parts))
        }
        return inputs
    }

    /// The parts as an input: a lone text is a text.
    private static func input(_ parts: [EmbeddingPart]) -> EmbeddingInput {
        if parts.count == 1, case .text(let text) = parts[0] { return .text(text) }
        return .parts(parts)
    }

    private mutating func readOllama() throws(GatewayError) {
        for (key, value) in self.body where !value.isNull {
            switch key {
            case "model": try self.readModel(value)
            case "input", "prompt":
                self.request.names[.input] = key
                self.request.inputs = try Self.texts(value, key).map { .text($0) }
            case "dimensions": try self.readDimensions(value, key)
            case "truncate": try self.readSwitch(value, key)
            default: self.request.extras[key] = value
            }
        }
    }

    private mutating func readTitan() throws(GatewayError) {
        var parts: [EmbeddingPart] = []
        self.request.names[.input] = "inputText"
        for (key, value) in self.body where !value.isNull {
            switch key {
            case "inputText": parts.append(.text(try Self.text(value, key)))
            case "inputImage": parts.append(.media(Media(.base64(try Self.text(value, key)), type: "")))
            case "dimensions": try self.readDimensions(value, key)
            case "embeddingConfig":
                if let length = value["outputEmbeddingLength"] {
                    try self.readDimensions(length, "embeddingConfig.outputEmbeddingLength")
                }
            case "embeddingTypes":
                if let first = try Self.texts(value, key).first { try self.readType(.string(first), key) }
            default: self.request.extras[key] = value
            }
        }
        if !parts.isEmpty { self.request.inputs = [Self.input(parts)] }
    }
}

// MARK: Google

extension EmbeddingRequestReader {
    /// One request of `embedContent`; `path` is where it stands.
    private mutating func readGemini(_ object: JSONObject, _ path: String) throws(GatewayError) {
        self.request.names[.input] = "content"
        for (key, value) in GeminiKeys.camel(object) where !value.isNull {
            let field = path + key
            switch key {
            case "model":
                guard path.isEmpty, !self.hasModel else { continue }
                let name = try Self.text(value, field)
                self.request.model = name.hasPrefix("models/") ? String(name.dropFirst("models/".count)) : name
            case "content":
                self.request.inputs.append(Self.input(try Self.parts(value, field)))
            case "taskType": try self.readTask(value, field)
            case "title":
                self.readTitle(try Self.text(value, field), field)
            case "outputDimensionality": try self.readDimensions(value, field)
            case "autoTruncate": try self.readSwitch(value, field)
            case "embedContentConfig":
                guard case .object(var inner) = value else {
                    throw .badRequest("The field '\(field)' must be an object.", field: field)
                }
                // What to embed stands outside.
                inner["content"] = nil
                try self.readGemini(inner, "\(field).")
            default: self.request.extras[field] = value
            }
        }
    }

    private static func parts(_ value: JSONValue, _ field: String) throws(GatewayError) -> [EmbeddingPart] {
        if let text = value.asString { return [.text(text)] }
        guard let content = GeminiKeys.members(value), let list = content["parts"] else {
            throw .badRequest("The field '\(field).parts' is missing.", field: "\(field).parts")
        }
        var parts: [EmbeddingPart] = []
        for (index, element) in (list.asArray ?? [list]).enumerated() {
            let part = GeminiKeys.members(element)
            if let text = part?["text"]?.asString ?? element.asString {
                parts.append(.text(text))
            } else if let blob = GeminiKeys.members(part?["inlineData"]), let data = blob["data"]?.asString {
                let type = blob["mimeType"]?.asString ?? ""
                parts.append(.media(Media(.base64(GeminiBase64.standard(data)), type: type)))
            } else if let file = GeminiKeys.members(part?["fileData"]), let url = file["fileUri"]?.asString {
                parts.append(.media(Media(.url(url), type: file["mimeType"]?.asString ?? "")))
            } else {
                let place = "\(field).parts[\(index)]"
                throw .badRequest("The field '\(place)' must hold text, inlineData or fileData.", field: place)
            }
        }
        guard !parts.isEmpty else { throw .badRequest("The field '\(field).parts' is empty.", field: "\(field).parts") }
        return parts
    }

    private mutating func readBatch() throws(GatewayError) {
        for (key, value) in self.body where !value.isNull {
            guard key == "requests", case .array(let requests) = value else {
                if key == "model" { try self.readModel(value) } else { self.request.extras[key] = value }
                continue
            }
            for (index, element) in requests.enumerated() {
                guard case .object(let object) = element else {
                    throw .badRequest("The field 'requests[\(index)]' must be an object.", field: "requests[\(index)]")
                }
                if self.request.model.isEmpty, let name = object["model"]?.asString {
                    self.request.model = name.hasPrefix("models/") ? String(name.dropFirst("models/".count)) : name
                }
                let before = self.takeOptions()
                self.place = index
                try self.readGemini(object, "requests[\(index)].")
                guard self.request.inputs.count == index + 1 else {
                    let field = "requests[\(index)].content"
                    throw .badRequest("The field '\(field)' is missing.", field: field)
                }
                if index > 0 { try self.checkOptions(before, "requests") }
            }
        }
        self.request.names[.input] = "requests"
    }

    private mutating func readPredict() throws(GatewayError) {
        for (key, value) in self.body where !value.isNull {
            switch key {
            case "instances":
                self.request.names[.input] = key
                for (index, element) in (value.asArray ?? []).enumerated() { try self.readInstance(element, index) }
            case "parameters":
                guard let parameters = GeminiKeys.members(value) else {
                    throw .badRequest("The field 'parameters' must be an object.", field: key)
                }
                for (key, value) in parameters where !value.isNull {
                    switch key {
                    case "outputDimensionality": try self.readDimensions(value, "parameters.\(key)")
                    case "autoTruncate": try self.readSwitch(value, "parameters.\(key)")
                    default: self.request.extras["parameters.\(key)"] = value
                    }
                }
            default: self.request.extras[key] = value
            }
        }
    }

    private mutating func readInstance(_ value: JSONValue, _ index: Int) throws(GatewayError) {
        let path = "instances[\(index)]"
        guard let instance = GeminiKeys.members(value), let content = instance["content"]?.asString else {
            throw .badRequest("The field '\(path).content' must be a string.", field: "\(path).content")
        }
        self.request.inputs.append(.text(content))
        let dimensions = self.request.dimensions
        let before = self.takeOptions()
        self.place = index
        if let task = instance["taskType"], !task.isNull { try self.readTask(task, "\(path).task_type") }
        if let title = instance["title"]?.asString { self.readTitle(title, "\(path).title") }
        if index > 0 { try self.checkOptions(Options(task: before.task, dimensions: nil), "instances") }
        self.request.dimensions = dimensions
    }

    private mutating func readTitle(_ title: String, _ field: String) {
        self.request.titles[self.place] = title
        if self.request.names[.title] == nil { self.request.names[.title] = field }
    }

    /// What Google's dialects say of each input by itself, and every other dialect of all together.
    private struct Options: Equatable {
        var task: String?
        var dimensions: Int?
    }

    /// The options of the inputs so far, which the next input starts without.
    private mutating func takeOptions() -> Options {
        let options = Options(task: self.request.taskText, dimensions: self.request.dimensions)
        self.request.task = nil
        self.request.taskText = nil
        self.request.dimensions = nil
        return options
    }

    private func checkOptions(_ options: Options, _ field: String) throws(GatewayError) {
        guard options == Options(task: self.request.taskText, dimensions: self.request.dimensions) else {
            throw GatewayError(
                .unsupported,
                origin: .client,
                "All of '\(field)' must have the same task type and dimensions; send others in a request of their own.",
                field: field
            )
        }
    }
}
