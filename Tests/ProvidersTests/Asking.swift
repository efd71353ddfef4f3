import Core
import Dialects
import JSON
import Providers
import Testing

/// The demo's answer to a body given as a tree.
func ask(_ body: JSONValue, path: String = "/v1/chat/completions", anyModel: Bool = false) -> DemoReply {
    DemoProvider.reply(path: path, body: body.bytes, anyModel: anyModel)
}

/// A chat request for `model` about `text`, with further members.
func chat(_ text: String = "hello", model: String = "demo/chat", _ more: JSONObject = JSONObject()) -> JSONValue {
    var object: JSONObject = ["model": .string(model), "messages": [["role": "user", "content": .string(text)]]]
    for member in more { object[member.key] = member.value }
    return .object(object)
}

/// The body of a reply as a tree.
func tree(_ reply: DemoReply) throws -> JSONValue { try JSONValue(parsing: reply.body) }

/// A stream put back together, as a client would.
struct Reassembled {
    var text = ""
    var role: String?
    var finish: String?
    var calls: [(id: String, name: String, arguments: String)] = []
    var usage: JSONValue?
    var chunks: [JSONValue] = []
    var sawDone = false

    init(_ reply: DemoReply) throws {
        var decoder = SSEDecoder(limit: 4 << 20)
        var events: [[UInt8]] = []
        try reply.body.withUnsafeBytes { try decoder.receive($0) { events.append($0.data) } }
        try decoder.finish { events.append($0.data) }
        for event in events {
            if event == Array("[DONE]".utf8) {
                self.sawDone = true
                continue
            }
            let chunk = try JSONValue(parsing: event)
            self.chunks.append(chunk)
            if let usage = chunk["usage"], !usage.isNull { self.usage = usage }
            for choice in chunk["choices"]?.asArray ?? [] {
                self.finish = choice["finish_reason"]?.asString ?? self.finish
                self.role = choice["delta"]?["role"]?.asString ?? self.role
                self.text += choice["delta"]?["content"]?.asString ?? choice["text"]?.asString ?? ""
                for call in choice["delta"]?["tool_calls"]?.asArray ?? [] {
                    if let id = call["id"]?.asString {
                        self.calls.append((id, call["function"]?["name"]?.asString ?? "", ""))
                    }
                    let index = try #require(call["index"]?.asInt)
                    self.calls[index].arguments += call["function"]?["arguments"]?.asString ?? ""
                }
            }
        }
    }
}
