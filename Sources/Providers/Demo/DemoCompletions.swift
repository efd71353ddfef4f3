internal import JSON

/// Answers `POST /v1/completions`, the legacy endpoint.
///
/// Source: https://platform.openai.com/docs/api-reference/completions
enum DemoCompletions {
    /// The answer to the request `body`.
    static func reply(_ body: [UInt8], anyModel: Bool) throws(DemoFault) -> DemoReply {
        let request = try DemoRequest(body, anyModel: anyModel)
        let transmission = DemoTransmission(behaviour: request.behaviour)
        if let reply = transmission.withoutAnswer { return reply }
        let prompts = try DemoPrompts(request["prompt"], path: "prompt").texts
        let (stream, includeUsage) = try request.streaming()
        let stops = try request.stops()
        let count = try request.integer("n", in: 1...128) ?? 1
        let limit = try request.integer("max_tokens", in: 1...Int.max)
        let echoes = try request.flag("echo") ?? false
        try request.check("temperature", in: 0...2)
        try request.check("top_p", in: 0...1)
        var hash = DemoHash(body)
        let id = hash.identifier("cmpl-demo")
        var choices: [DemoChoice] = []
        for prompt in prompts {
            for _ in 0..<count {
                var choice = DemoChoice(index: choices.count)
                switch request.behaviour {
                case .long: choice.text = DemoText.words(2000)
                case .huge: choice.text = DemoText.block
                default: choice.text = " You wrote: \"\(DemoChat.quoted(prompt))\"."
                }
                choice.isOneEvent = request.behaviour == .huge
                choice.stop(at: stops)
                choice.limit(to: limit)
                if echoes { choice.text = prompt + choice.text }
                choices.append(choice)
            }
        }
        let answer = DemoAnswer(
            id: id,
            created: DemoAnswer.created(&hash),
            model: request.model,
            choices: choices,
            promptTokens: prompts.reduce(0) { $0 + DemoTokens.count($1) }
        )
        return stream
            ? transmission.stream(data: Self.events(answer, includeUsage: includeUsage))
            : transmission.whole(Self.body(answer))
    }

    private static func append(_ text: String, of choice: DemoChoice, finish: String?, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "{\"text\":".utf8)
        bytes.appendJSON(text)
        bytes.append(contentsOf: ",\"index\":\(choice.index),\"logprobs\":null,\"finish_reason\":".utf8)
        bytes.appendJSON(finish)
        bytes.append(UInt8(ascii: "}"))
    }

    private static func body(_ answer: DemoAnswer) -> [UInt8] {
        var body = answer.opening("text_completion")
        for (place, choice) in answer.choices.enumerated() {
            if place > 0 { body.append(UInt8(ascii: ",")) }
            Self.append(choice.text, of: choice, finish: choice.finishReason, to: &body)
        }
        body.append(contentsOf: "],\"usage\":".utf8)
        body.append(contentsOf: answer.usage)
        body.append(UInt8(ascii: "}"))
        return body
    }

    private static func events(_ answer: DemoAnswer, includeUsage: Bool) -> [[UInt8]] {
        let opening = answer.opening("text_completion")
        let closing = Array((includeUsage ? "],\"usage\":null}" : "]}").utf8)
        var events: [[UInt8]] = []
        for choice in answer.choices {
            for piece in choice.pieces {
                var event = opening
                Self.append(String(piece), of: choice, finish: nil, to: &event)
                events.append(event + closing)
            }
            var event = opening
            Self.append("", of: choice, finish: choice.finishReason, to: &event)
            events.append(event + closing)
        }
        if includeUsage { events.append(opening + Array("],\"usage\":".utf8) + answer.usage + [UInt8(ascii: "}")]) }
        return events
    }
}

/// A `prompt` or an `input`: a text, a list of texts, a list of tokens, or a list of lists of tokens.
struct DemoPrompts {
    /// The texts; tokens stand for themselves, as numbers.
    var texts: [String]

    /// Reads the member at `path`, and complains about it under that name.
    init(_ value: JSONValue?, path: String) throws(DemoFault) {
        switch value {
        case nil: throw DemoFault.bad(path, "'\(path)' is missing.", code: "missing_required_parameter")
        case .string(let text)?: self.texts = [text]
        case .array(let list)? where !list.isEmpty && list.count <= 2048:
            if let tokens = Self.tokens(list) {
                self.texts = [tokens]
                return
            }
            self.texts = []
            for (index, element) in list.enumerated() {
                if case .string(let text) = element {
                    self.texts.append(text)
                } else if case .array(let inner) = element, let tokens = Self.tokens(inner) {
                    self.texts.append(tokens)
                } else {
                    throw DemoFault.bad(
                        "\(path)[\(index)]",
                        "'\(path)[\(index)]' must be a string or an array of tokens.",
                        code: "invalid_type"
                    )
                }
            }
        default:
            throw DemoFault.bad(
                path,
                "'\(path)' must be a string or an array of 1 to 2048 strings.",
                code: "invalid_type"
            )
        }
    }

    private static func tokens(_ list: [JSONValue]) -> String? {
        var words: [String] = []
        for element in list {
            guard case .number(let number) = element else { return nil }
            words.append(number.text)
        }
        return words.isEmpty ? nil : words.joined(separator: " ")
    }
}
