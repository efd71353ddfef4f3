internal import Core
internal import JSON

/// What answers and streams of the dialect have in common.
enum OllamaReply {
    /// Writes a call, its arguments as an object, with its id, which older clients and servers pass over.
    static func write(_ call: ToolCall, name: String, notes: inout TranslationNotes, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("id")
        writer.string(call.id)
        writer.key("function")
        writer.beginObject()
        writer.key("name")
        writer.string(name)
        writer.key("arguments")
        var arguments = call.objectText(notes: &notes)
        arguments.withUTF8 { writer.raw(UnsafeRawBufferPointer($0)) }
        writer.endObject()
        writer.endObject()
    }

    /// Writes the members every line begins with.
    static func writeHead(model: String, created: Int, to writer: inout JSONWriter) {
        writer.key("model")
        writer.string(model)
        writer.key("created_at")
        writer.string(Self.time(created))
    }

    /// Writes the members of the last line: why it ended, and what it came to. Durations are in nanoseconds; what no one
    /// has measured is 0.
    static func writeEnd(_ stop: StopReason, _ usage: Usage?, to writer: inout JSONWriter) {
        writer.key("done")
        writer.bool(true)
        writer.key("done_reason")
        writer.string(stop.ollamaWord)
        for key in ["total_duration", "load_duration"] {
            writer.key(key)
            writer.number(0)
        }
        writer.key("prompt_eval_count")
        writer.number(usage?.input ?? 0)
        writer.key("prompt_eval_duration")
        writer.number(0)
        writer.key("eval_count")
        writer.number(usage?.output ?? 0)
        writer.key("eval_duration")
        writer.number(0)
    }

    /// The time `seconds` after 1970 began, in RFC 3339.
    static func time(_ seconds: Int) -> String {
        let day = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let second = seconds - day * 86_400
        // Days counted from 1 March of the year 0, so that the leap day is the last of its year
        // (https://howardhinnant.github.io/date_algorithms.html#civil_from_days).
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        let date = [year, month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1]
        let time = [second / 3600, second / 60 % 60, second % 60]
        func joined(_ numbers: [Int], _ separator: String) -> String {
            numbers.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: separator)
        }
        return "\(joined(date, "-"))T\(joined(time, ":"))Z"
    }

    /// Likelihoods in OpenAI's shape as the dialect has them: the list alone.
    static func logprobs(_ value: JSONValue) -> JSONValue? {
        guard let list = value["content"], list.asArray?.isEmpty == false else { return nil }
        return list
    }
}

extension StopReason {
    /// The reason behind a `done_reason`.
    init(ollama word: String?) {
        switch word {
        case nil, "stop": self = .stop
        case "length": self = .length
        case "content_filter": self = .contentFilter
        case let word?: self = .other(word)
        }
    }

    /// The `done_reason`. The dialect has no words for calls, which are a stop, nor for filters, whose word is OpenAI's:
    /// clients pass it on as a text.
    var ollamaWord: String {
        switch self {
        case .length, .contextWindow: "length"
        case .contentFilter: "content_filter"
        default: "stop"
        }
    }
}

extension Usage {
    /// The tokens of the last line; nil where it does not say. A prompt the server still had in memory is not counted.
    init?(ollamaPrompt prompt: Int?, answer: Int?) {
        guard prompt != nil || answer != nil else { return nil }
        self.init(freshInput: max(0, prompt ?? 0), output: max(0, answer ?? 0))
    }
}

/// One line of a stream, or a whole answer.
struct OllamaLine {
    var model: String?
    /// The text, of a message or of `/api/generate`.
    var text: String?
    var thinking: String?
    var calls: [Call] = []
    /// Images the model made, as base64.
    var images: [String] = []
    /// The list of likelihoods.
    var logprobs: JSONValue?
    var isDone = false
    var stop: String?
    var promptTokens: Int?
    var answerTokens: Int?
    /// Whether the line holds an answer at all.
    var isAnswer = false
    var isError = false

    struct Call {
        /// nil where the server gave none.
        var id: String?
        var name: String
        /// The text of an object.
        var arguments: String
    }

    /// Reads a line. Unknown members are passed over.
    init(_ bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) {
        var members = JSONMembers()
        while let member = try members.nextHead(in: bytes) {
            if member.keyIs("message", in: bytes), member.kind == .object {
                self.isAnswer = true
                var message = members.object
                while let part = try message.nextHead(in: bytes) { try self.takePart(part, &message, bytes) }
                members.resume(after: message)
            } else if member.keyIs("response", in: bytes), member.kind == .string {
                self.isAnswer = true
                self.text = try JSONScan.string(member.value, in: bytes)
            } else if member.keyIs("thinking", in: bytes), member.kind == .string {
                self.thinking = try JSONScan.string(member.value, in: bytes)
            } else if member.keyIs("model", in: bytes), member.kind == .string {
                self.model = try JSONScan.string(member.value, in: bytes)
            } else if member.keyIs("done", in: bytes) {
                self.isDone = member.kind == .true
            } else if member.keyIs("done_reason", in: bytes), member.kind == .string {
                self.stop = try JSONScan.string(member.value, in: bytes)
            } else if member.keyIs("prompt_eval_count", in: bytes) {
                self.promptTokens = JSONScan.integer(member.value, in: bytes)
            } else if member.keyIs("eval_count", in: bytes) {
                self.answerTokens = JSONScan.integer(member.value, in: bytes)
            } else if member.keyIs("logprobs", in: bytes), member.kind == .array {
                let range = try members.skip(in: bytes)
                let list = try JSONValue(parsing: UnsafeRawBufferPointer(rebasing: bytes[range]))
                if list.asArray?.isEmpty == false { self.logprobs = ["content": list] }
            } else if member.keyIs("error", in: bytes), member.kind != .null {
                self.isError = true
            }
        }
    }

    private mutating func takePart(
        _ part: JSONMember,
        _ message: inout JSONMembers,
        _ bytes: UnsafeRawBufferPointer
    ) throws(JSONSyntaxError) {
        if part.keyIs("content", in: bytes), part.kind == .string {
            self.text = try JSONScan.string(part.value, in: bytes)
        } else if part.keyIs("thinking", in: bytes), part.kind == .string {
            self.thinking = try JSONScan.string(part.value, in: bytes)
        } else if part.keyIs("tool_calls", in: bytes), part.kind == .array {
            let range = try message.skip(in: bytes)
            let list = try JSONValue(parsing: UnsafeRawBufferPointer(rebasing: bytes[range]))
            for call in list.asArray ?? [] { self.take(call) }
        } else if part.keyIs("images", in: bytes), part.kind == .array {
            let range = try message.skip(in: bytes)
            let list = try JSONValue(parsing: UnsafeRawBufferPointer(rebasing: bytes[range]))
            self.images += (list.asArray ?? []).compactMap(\.asString).filter { !$0.isEmpty }
        }
    }

    private mutating func take(_ call: JSONValue) {
        guard let function = call["function"], let name = function["name"]?.asString, !name.isEmpty else { return }
        let arguments: String
        switch function["arguments"] {
        case .string(let text)?: arguments = text
        case .object(let object)?: arguments = JSONValue.object(object).text
        default: arguments = "{}"
        }
        let id = call["id"]?.asString ?? ""
        self.calls.append(Call(id: id.isEmpty ? nil : id, name: name, arguments: arguments))
    }

    /// The tokens of the answer; nil where the line does not say.
    var usage: Usage? { Usage(ollamaPrompt: self.promptTokens, answer: self.answerTokens) }
}
