internal import Core
internal import JSON

/// What answers and streams of the dialect have in common.
enum CohereReply {
    /// The likelihood of a piece of text in OpenAI's shape; nil where it is none.
    ///
    /// A piece may be made of several tokens: then its likelihood is the product of theirs, the sum of the logarithms.
    static func logprobs(_ item: JSONValue?) -> JSONValue? {
        guard let list = item?["logprobs"]?.asArray, !list.isEmpty else { return nil }
        let numbers = list.compactMap { value -> JSONNumber? in
            guard case .number(let number) = value else { return nil }
            return number
        }
        guard numbers.count == list.count else { return nil }
        let sum =
            numbers.count == 1
            ? numbers[0] : JSONNumber(numbers.reduce(0) { $0 + ($1.double ?? 0) }) ?? JSONNumber(0)
        let text = item?["text"]?.asString ?? ""
        return [
            "token": .string(text), "logprob": .number(sum),
            "bytes": .array(text.utf8.map { .number(JSONNumber(Int($0))) }), "top_logprobs": [],
        ]
    }

    /// The error of an answer that says it took too long.
    static var timeout: GatewayError {
        GatewayError(
            .upstreamTimeout,
            origin: .upstream,
            retry: .sameTarget,
            "The provider took too long to make the answer.",
            upstreamStatus: 200
        )
    }
}

extension StopReason {
    /// The reason behind a `finish_reason`.
    init(cohere word: String?) {
        switch word {
        case nil, "COMPLETE": self = .stop
        case "STOP_SEQUENCE": self = .stopSequence(nil)
        case "MAX_TOKENS": self = .length
        case "TOOL_CALL": self = .toolCalls
        case "ERROR": self = .malformed
        case "ERROR_LIMIT": self = .contextWindow
        case "ERROR_TOXIC": self = .contentFilter
        case let word?: self = .other(word)
        }
    }
}

extension Usage {
    /// The tokens of an answer; nil where it does not say.
    ///
    /// Cohere counts twice: what the model read and wrote (`tokens`), with its own preamble, and what is charged for
    /// (`billed_units`). The charged ones are what a price is to be put on; `cached_tokens` is a part of the others, and
    /// has no price of its own.
    init?(cohere value: JSONValue?) {
        guard let value, value.asObject != nil else { return nil }
        func count(_ counter: JSONValue?, _ key: String) -> Int? {
            guard let number = counter?[key]?.asDouble, number.isFinite else { return nil }
            return Int(exactly: max(0, number).rounded())
        }
        let billed = value["billed_units"]
        let tokens = value["tokens"]
        if count(billed, "input_tokens") != nil || count(billed, "output_tokens") != nil {
            self.init(
                freshInput: count(billed, "input_tokens") ?? 0,
                output: count(billed, "output_tokens") ?? 0
            )
        } else if let input = count(tokens, "input_tokens") {
            let cached = min(input, count(value, "cached_tokens") ?? 0)
            self.init(freshInput: input - cached, cacheRead: cached, output: count(tokens, "output_tokens") ?? 0)
        } else {
            return nil
        }
        self.searches = count(billed, "search_units") ?? 0
    }
}
