internal import Core
internal import JSON

/// An item of an answer's `output`, as far as it has come.
///
/// Texts are kept escaped, as the inside of JSON strings: a stream writes each of them three times.
///
/// Source: the `ResponseOutputItem` types of OpenAI's API reference.
struct ResponsesItem: Sendable {
    enum Kind: Sendable {
        case reasoning
        case message
        case function(callID: String, name: String)
        case custom(callID: String, name: String)
        /// An image in base64.
        case image(String)
        /// An item only this dialect knows, as it came.
        case whole(JSONValue)
    }

    /// A part of a message.
    struct Content: Sendable {
        var isRefusal: Bool
        var text: [UInt8] = []
        var annotations: [JSONValue] = []
        var logprobs: [JSONValue] = []
        /// The characters of the text, by which annotations are placed.
        var length = 0

        /// Writes the part.
        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.key("type")
            writer.string(self.isRefusal ? "refusal" : "output_text")
            if self.isRefusal {
                writer.key("refusal")
                writer.raw(ResponsesItem.quoted(self.text))
            } else {
                writer.key("annotations")
                writer.value(.array(self.annotations))
                writer.key("logprobs")
                writer.value(.array(self.logprobs))
                writer.key("text")
                writer.raw(ResponsesItem.quoted(self.text))
            }
            writer.endObject()
        }
    }

    enum Status: String, Sendable {
        case inProgress = "in_progress"
        case completed
        case incomplete
    }

    var id: String
    var kind: Kind
    var status = Status.inProgress
    /// A call's arguments or input, or the summary of reasoning.
    var text: [UInt8] = []
    var contents: [Content] = []
    /// The `encrypted_content` of reasoning.
    var encrypted: String?

    /// An item that begins.
    init(_ kind: Kind, id: String) {
        self.kind = kind
        self.id = id
    }

    /// The item's id by its place in the output: the same throughout a stream.
    static func id(_ kind: Kind, _ style: ReplyStyle, at index: Int) -> String {
        let prefix =
            switch kind {
            case .reasoning: "rs"
            case .message: "msg"
            case .function: "fc"
            case .custom: "ctc"
            case .image: "ig"
            case .whole: "item"
            }
        return "\(prefix)_\(style.id)_\(index)"
    }

    /// A JSON string of text that is escaped already.
    static func quoted(_ text: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count + 2)
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text)
        bytes.append(UInt8(ascii: "\""))
        return bytes
    }

    /// The inside of a JSON string that says `text`.
    static func escaped(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 16)
        JSONWriter.appendEscaped(text, to: &bytes)
        return bytes
    }

    /// The ids of calls this dialect takes.
    static let callIDs = CallID.Rule(punctuation: "_-", longest: 64)

    /// The kind of item that is `call`.
    static func kind(of call: ToolCall) -> Kind {
        let id = CallID.fitted(call.id, to: Self.callIDs)
        return call.kind == .custom ? .custom(callID: id, name: call.name) : .function(callID: id, name: call.name)
    }

    /// Writes the item.
    func write(to writer: inout JSONWriter) {
        if case .whole(let value) = self.kind { return writer.value(value) }
        writer.beginObject()
        writer.key("id")
        writer.string(self.id)
        writer.key("type")
        switch self.kind {
        case .reasoning: self.writeReasoning(to: &writer)
        case .message:
            writer.string("message")
            self.writeStatus(to: &writer)
            writer.key("content")
            writer.beginArray()
            for content in self.contents { content.write(to: &writer) }
            writer.endArray()
            writer.key("role")
            writer.string("assistant")
        case .function(let callID, let name):
            writer.string("function_call")
            self.writeStatus(to: &writer)
            self.writeCall(callID, name, "arguments", to: &writer)
        case .custom(let callID, let name):
            writer.string("custom_tool_call")
            self.writeStatus(to: &writer)
            self.writeCall(callID, name, "input", to: &writer)
        case .image(let data):
            writer.string("image_generation_call")
            self.writeStatus(to: &writer)
            writer.key("result")
            writer.string(data)
        case .whole: break
        }
        writer.endObject()
    }

    private func writeStatus(to writer: inout JSONWriter) {
        writer.key("status")
        writer.string(self.status.rawValue)
    }

    /// Reasoning has no status: Azure refuses an item that is handed back with one.
    private func writeReasoning(to writer: inout JSONWriter) {
        writer.string("reasoning")
        writer.key("summary")
        writer.beginArray()
        if !self.text.isEmpty {
            writer.beginObject()
            writer.key("type")
            writer.string("summary_text")
            writer.key("text")
            writer.raw(Self.quoted(self.text))
            writer.endObject()
        }
        writer.endArray()
        if let encrypted = self.encrypted {
            writer.key("encrypted_content")
            writer.string(encrypted)
        }
    }

    private func writeCall(_ callID: String, _ name: String, _ key: String, to writer: inout JSONWriter) {
        writer.key(key)
        writer.raw(Self.quoted(self.text))
        writer.key("call_id")
        writer.string(callID)
        writer.key("name")
        writer.string(name)
    }
}

/// A source an answer cites.
enum ResponsesAnnotation {
    /// The annotation for `citation`, which belongs to the text at `range` (in characters); nil where no URL is known.
    static func value(_ citation: Opaque, of range: Range<Int>) -> JSONValue? {
        if citation.dialect == .openAIResponses { return citation.value }
        var range = range
        for place in Self.places(citation.value) {
            guard let url = place["url"]?.asString ?? place["uri"]?.asString, url.hasPrefix("http") else { continue }
            if let start = place["start_index"]?.asInt, let end = place["end_index"]?.asInt, 0 <= start, start <= end {
                range = start..<end
            }
            let title = place["title"]?.asString ?? citation.value["title"]?.asString ?? ""
            return [
                "type": "url_citation", "start_index": .number(JSONNumber(range.lowerBound)),
                "end_index": .number(JSONNumber(range.upperBound)), "url": .string(url), "title": .string(title),
            ]
        }
        return nil
    }

    /// Where the dialects keep a citation's URL: in the citation (Anthropic), in `url_citation` (Chat), in `web` (Gemini), in
    /// `location.web` (Bedrock).
    private static func places(_ value: JSONValue) -> [JSONValue] {
        [value, value["url_citation"], value["web"], value["location"]?["web"]].compactMap(\.self)
    }
}
