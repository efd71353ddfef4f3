internal import JSON

/// Answers `POST /v1/chat/completions`.
///
/// Source: https://platform.openai.com/docs/api-reference/chat
enum DemoChat {
    /// The answer to the request `body`.
    static func reply(_ body: [UInt8], anyModel: Bool) throws(DemoFault) -> DemoReply {
        let request = try DemoRequest(body, anyModel: anyModel)
        let transmission = DemoTransmission(behaviour: request.behaviour)
        if let reply = transmission.withoutAnswer { return reply }
        let (stream, includeUsage) = try request.streaming()
        let answer = try Self.answer(request, seed: body)
        guard stream else { return transmission.whole(answer.chatBody) }
        return transmission.stream(data: answer.chatEvents(includeUsage: includeUsage))
    }

    /// What the demo says to `request`; its names and times follow from `seed`.
    static func answer(_ request: DemoRequest, seed: [UInt8]) throws(DemoFault) -> DemoAnswer {
        let messages = try DemoMessages(request["messages"])
        let tools = try DemoTools(request)
        let format = try DemoFormat(request["response_format"])
        let stops = try request.stops()
        let count = try request.integer("n", in: 1...128) ?? 1
        let legacyLimit = try request.integer("max_tokens", in: 1...Int.max)
        let limit = try request.integer("max_completion_tokens", in: 1...Int.max) ?? legacyLimit
        try request.check("temperature", in: 0...2)
        try request.check("top_p", in: 0...1)
        try request.check("frequency_penalty", in: -2...2)
        try request.check("presence_penalty", in: -2...2)
        var hash = DemoHash(seed)
        let id = hash.identifier("chatcmpl-demo")
        var choices: [DemoChoice] = []
        for index in 0..<count {
            var choice = DemoChoice(index: index)
            Self.fill(&choice, messages: messages, tools: tools, format: format, request: request, hash: &hash)
            if count > 1, choice.calls.isEmpty, format == .text { choice.text += " (choice \(index + 1) of \(count))" }
            choice.stop(at: stops)
            choice.limit(to: limit)
            choices.append(choice)
        }
        return DemoAnswer(
            id: id,
            created: DemoAnswer.created(&hash),
            model: request.model,
            choices: choices,
            promptTokens: messages.tokens
        )
    }

    /// Decides what one choice says or calls.
    private static func fill(
        _ choice: inout DemoChoice,
        messages: DemoMessages,
        tools: DemoTools,
        format: DemoFormat,
        request: DemoRequest,
        hash: inout DemoHash
    ) {
        let numbers = Self.numbers(in: messages.question)
        if messages.results.isEmpty {
            for tool in tools.called(for: messages.question) {
                let arguments =
                    tool.kind == .custom
                    ? Self.quoted(messages.question) : DemoSchema.value(for: tool.parameters, numbers: numbers).text
                let id = hash.identifier("call_")
                choice.calls.append(DemoCall(kind: tool.kind, id: id, name: tool.name, arguments: arguments))
            }
            if !choice.calls.isEmpty { return }
        }
        switch format {
        case .schema(let schema): choice.text = DemoSchema.value(for: schema, numbers: numbers).text
        case .object: choice.text = JSONValue.object(["answer": .string(Self.sentences(messages))]).text
        case .text:
            switch request.behaviour {
            case .long: choice.text = DemoText.words(2000)
            case .huge: choice.text = DemoText.block
            default: choice.text = Self.sentences(messages)
            }
            choice.isOneEvent = request.behaviour == .huge
        }
    }

    /// The text that quotes what was asked, or what the tools said.
    private static func sentences(_ messages: DemoMessages) -> String {
        var sentences: [String] = []
        if messages.results.isEmpty {
            sentences.append("You said: \"\(Self.quoted(messages.question))\".")
            sentences += messages.attachments
        } else {
            for result in messages.results {
                sentences.append("The tool \(result.name) answered: \"\(Self.quoted(result.text))\".")
            }
        }
        sentences.append("This is the demo, which answers without a network and without a model.")
        return sentences.joined(separator: " ")
    }

    /// As much of a text as an answer repeats.
    static func quoted(_ text: String) -> String {
        let start = text.prefix(2000)
        return start.endIndex == text.endIndex ? text : "\(start)…"
    }

    /// The numbers in a text, in order: those a tool's arguments are taken from.
    private static func numbers(in text: String) -> [JSONNumber] {
        var numbers: [JSONNumber] = []
        let pieces = text.prefix(2000).split { !($0.isASCII && ($0.isNumber || $0 == "." || $0 == "-")) }
        for piece in pieces where numbers.count < 16 {
            var piece = piece
            while piece.last == "." || piece.last == "-" { piece.removeLast() }
            if let number = JSONNumber(text: String(piece)) { numbers.append(number) }
        }
        return numbers
    }
}

/// What an answer shall look like (`response_format`).
enum DemoFormat: Equatable {
    /// Plain text.
    case text
    /// Any JSON object.
    case object
    /// JSON that fits the schema.
    case schema(JSONValue)

    /// Reads `response_format`.
    init(_ value: JSONValue?) throws(DemoFault) {
        guard let value else {
            self = .text
            return
        }
        guard case .object(let object) = value, case .string(let type)? = object["type"] else {
            throw DemoFault.bad(
                "response_format.type",
                "'response_format.type' must be a string.",
                code: "missing_required_parameter"
            )
        }
        switch type {
        case "text": self = .text
        case "json_object": self = .object
        case "json_schema": self = .schema(try Self.schema(object["json_schema"]))
        default:
            throw DemoFault.bad(
                "response_format.type",
                "'response_format.type' must be text, json_object or json_schema; not '\(type.prefix(40))'."
            )
        }
    }

    private static func schema(_ value: JSONValue?) throws(DemoFault) -> JSONValue {
        guard case .object(let format)? = value else {
            throw DemoFault.bad(
                "response_format.json_schema",
                "'response_format.json_schema' must be an object.",
                code: "missing_required_parameter"
            )
        }
        guard case .string(let name)? = format["name"], DemoNames.isValid(name) else {
            throw DemoFault.bad(
                "response_format.json_schema.name",
                "'response_format.json_schema.name' must be 1 to 64 of a-z, A-Z, 0-9, '_' and '-'."
            )
        }
        switch format["schema"] {
        case .object(let schema)?: return .object(schema)
        case nil, .null?: return .object(JSONObject())
        default:
            throw DemoFault.bad(
                "response_format.json_schema.schema",
                "'response_format.json_schema.schema' must be a JSON schema.",
                code: "invalid_type"
            )
        }
    }
}

/// Texts of a given size.
enum DemoText {
    private static let vocabulary = [
        "the", "demo", "counts", "its", "words", "one", "by", "one", "and", "says", "each", "of", "them", "in", "turn",
    ]

    /// `count` words, each with its number where a tenth is full.
    static func words(_ count: Int) -> String {
        (1...count).map { $0 % 10 == 0 ? "\($0)" : Self.vocabulary[$0 % Self.vocabulary.count] }.joined(separator: " ")
    }

    /// One mebibyte of text.
    static var block: String { String(repeating: "0123456789abcde\n", count: 65_536) }
}
