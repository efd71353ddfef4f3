internal import JSON

/// One choice of an answer.
struct DemoChoice {
    /// Its place among the choices.
    var index: Int
    /// What it says, empty where it calls tools.
    var text = ""
    /// The tools it calls.
    var calls: [DemoCall] = []
    /// Why it ended, tool calls left aside.
    var finish = "stop"
    /// Whether its text goes out as one event rather than in words.
    var isOneEvent = false

    /// An empty choice.
    init(index: Int) { self.index = index }

    /// The tokens it counts for.
    var tokens: Int { DemoTokens.count(self.text) + self.calls.reduce(0) { $0 + $1.tokens } }

    /// The finish reason as it is sent.
    var finishReason: String {
        guard let call = self.calls.first, self.finish == "stop" else { return self.finish }
        return call.kind == .legacy ? "function_call" : "tool_calls"
    }

    /// Ends the text before the first stop sequence in it.
    mutating func stop(at stops: [String]) {
        let ends = stops.compactMap { self.text.firstRange(of: $0)?.lowerBound }
        if let end = ends.min() { self.text = String(self.text[..<end]) }
    }

    /// Cuts the text, or the arguments of its last calls, to `limit` tokens.
    mutating func limit(to limit: Int?) {
        guard let limit, self.tokens > limit else { return }
        self.finish = "length"
        self.text = Self.cut(self.text, tokens: limit)
        var left = limit - DemoTokens.count(self.text)
        for index in self.calls.indices {
            left = max(0, left - DemoTokens.count(self.calls[index].name))
            self.calls[index].arguments = Self.cut(self.calls[index].arguments, tokens: left)
            left -= DemoTokens.count(self.calls[index].arguments)
        }
    }

    /// The longest start of `text` that counts at most `tokens`.
    private static func cut(_ text: String, tokens: Int) -> String {
        let (bytes, overflow) = tokens.multipliedReportingOverflow(by: 4)
        guard !overflow, text.utf8.count > bytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: bytes)
        while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
            end = text.utf8.index(before: end)
        }
        return String(text[..<end])
    }

    /// The text in pieces of a word or twelve characters at most.
    var pieces: [Substring] {
        if self.isOneEvent { return [self.text[...]] }
        var pieces: [Substring] = []
        var start = self.text.startIndex
        var length = 0
        var index = start
        while index < self.text.endIndex {
            let isSpace = self.text[index] == " "
            index = self.text.index(after: index)
            length += 1
            if isSpace || length == 12 {
                pieces.append(self.text[start..<index])
                start = index
                length = 0
            }
        }
        if start < self.text.endIndex { pieces.append(self.text[start...]) }
        return pieces
    }
}

/// A whole answer, to be written as a body or as the events of a stream.
struct DemoAnswer {
    /// The identifier of the answer, the same in every chunk.
    var id: String
    /// Unix time in seconds, which follows from the request like everything else.
    var created: Int
    /// The model as it was asked for.
    var model: String
    /// The choices in order.
    var choices: [DemoChoice]
    /// The tokens of the request.
    var promptTokens: Int

    /// A time in 2025, the same for the same request.
    static func created(_ hash: inout DemoHash) -> Int { 1_735_689_600 + Int(hash.next() % 31_536_000) }

    private var completionTokens: Int { self.choices.reduce(0) { $0 + $1.tokens } }

    /// The `usage` object.
    var usage: [UInt8] {
        let total = self.promptTokens + self.completionTokens
        let text =
            "{\"prompt_tokens\":\(self.promptTokens),\"completion_tokens\":\(self.completionTokens),"
            + "\"total_tokens\":\(total),\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
            + "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0,"
            + "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}"
        return Array(text.utf8)
    }

    /// The members every object of the answer begins with, up to its choices.
    func opening(_ object: String) -> [UInt8] {
        var opening = Array("{\"id\":".utf8)
        opening.appendJSON(self.id)
        opening.append(contentsOf: ",\"object\":\"\(object)\",\"created\":\(self.created),\"model\":".utf8)
        opening.appendJSON(self.model)
        opening.append(contentsOf: ",\"system_fingerprint\":\"fp_demo\",\"choices\":[".utf8)
        return opening
    }

    /// The body of a chat completion.
    var chatBody: [UInt8] {
        var body = self.opening("chat.completion")
        for (place, choice) in self.choices.enumerated() {
            if place > 0 { body.append(UInt8(ascii: ",")) }
            body.append(contentsOf: "{\"index\":\(choice.index),\"message\":{\"role\":\"assistant\",\"content\":".utf8)
            body.appendJSON(choice.calls.isEmpty ? choice.text : nil)
            body.append(contentsOf: ",\"refusal\":null,\"annotations\":[]".utf8)
            Self.append(choice.calls, to: &body)
            body.append(contentsOf: "},\"logprobs\":null,\"finish_reason\":".utf8)
            body.appendJSON(choice.finishReason)
            body.append(UInt8(ascii: "}"))
        }
        body.append(contentsOf: "],\"usage\":".utf8)
        body.append(contentsOf: self.usage)
        body.append(contentsOf: ",\"service_tier\":\"default\"}".utf8)
        return body
    }

    private static func append(_ calls: [DemoCall], to body: inout [UInt8]) {
        guard let first = calls.first else { return }
        if first.kind == .legacy {
            body.append(contentsOf: ",\"function_call\":{\"name\":".utf8)
            body.appendJSON(first.name)
            body.append(contentsOf: ",\"arguments\":".utf8)
            body.appendJSON(first.arguments)
            body.append(UInt8(ascii: "}"))
            return
        }
        body.append(contentsOf: ",\"tool_calls\":[".utf8)
        for (place, call) in calls.enumerated() {
            if place > 0 { body.append(UInt8(ascii: ",")) }
            let (type, text) = call.kind == .custom ? ("custom", "input") : ("function", "arguments")
            body.append(contentsOf: "{\"id\":".utf8)
            body.appendJSON(call.id)
            body.append(contentsOf: ",\"type\":\"\(type)\",\"\(type)\":{\"name\":".utf8)
            body.appendJSON(call.name)
            body.append(contentsOf: ",\"\(text)\":".utf8)
            body.appendJSON(call.arguments)
            body.append(contentsOf: "}}".utf8)
        }
        body.append(UInt8(ascii: "]"))
    }
}

extension DemoAnswer {
    /// The data of each event of a chat stream, choices one after the other, without the terminal `[DONE]`.
    func chatEvents(includeUsage: Bool) -> [[UInt8]] {
        let opening = self.opening("chat.completion.chunk")
        // Where usage was asked for, every other chunk says that it has none.
        let closing = Array((includeUsage ? "],\"usage\":null}" : "]}").utf8)
        var events: [[UInt8]] = []
        func add(_ index: Int, finish: String? = nil, delta: (inout [UInt8]) -> Void) {
            var event = opening
            event.append(contentsOf: "{\"index\":\(index),\"delta\":{".utf8)
            delta(&event)
            event.append(contentsOf: "},\"logprobs\":null,\"finish_reason\":".utf8)
            event.appendJSON(finish)
            event.append(UInt8(ascii: "}"))
            event.append(contentsOf: closing)
            events.append(event)
        }
        for choice in self.choices {
            add(choice.index) { event in
                let content = choice.calls.isEmpty ? "\"\"" : "null"
                event.append(contentsOf: "\"role\":\"assistant\",\"content\":\(content),\"refusal\":null".utf8)
            }
            for piece in choice.calls.isEmpty ? choice.pieces : [] {
                add(choice.index) { event in
                    event.append(contentsOf: "\"content\":".utf8)
                    event.appendJSON(String(piece))
                }
            }
            for (place, call) in choice.calls.enumerated() {
                for delta in Self.deltas(of: call, at: place) { add(choice.index) { $0.append(contentsOf: delta) } }
            }
            add(choice.index, finish: choice.finishReason) { _ in }
        }
        if includeUsage {
            events.append(opening + Array("],\"usage\":".utf8) + self.usage + [UInt8(ascii: "}")])
        }
        return events
    }

    /// The deltas of one call: the first names it, the others bring its arguments in pieces of eight characters.
    private static func deltas(of call: DemoCall, at place: Int) -> [[UInt8]] {
        let (type, text) = call.kind == .custom ? ("custom", "input") : ("function", "arguments")
        var first: [UInt8]
        if call.kind == .legacy {
            first = Array("\"function_call\":{\"name\":".utf8)
            first.appendJSON(call.name)
            first.append(contentsOf: ",\"arguments\":\"\"}".utf8)
        } else {
            first = Array("\"tool_calls\":[{\"index\":\(place),\"id\":".utf8)
            first.appendJSON(call.id)
            first.append(contentsOf: ",\"type\":\"\(type)\",\"\(type)\":{\"name\":".utf8)
            first.appendJSON(call.name)
            first.append(contentsOf: ",\"\(text)\":\"\"}}]".utf8)
        }
        var deltas = [first]
        var rest = call.arguments[...]
        while !rest.isEmpty {
            let piece = rest.prefix(8)
            rest = rest[piece.endIndex...]
            var delta: [UInt8]
            if call.kind == .legacy {
                delta = Array("\"function_call\":{\"arguments\":".utf8)
                delta.appendJSON(String(piece))
                delta.append(UInt8(ascii: "}"))
            } else {
                delta = Array("\"tool_calls\":[{\"index\":\(place),\"\(type)\":{\"\(text)\":".utf8)
                delta.appendJSON(String(piece))
                delta.append(contentsOf: "}}]".utf8)
            }
            deltas.append(delta)
        }
        return deltas
    }
}
