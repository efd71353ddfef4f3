internal import Dialects
internal import JSON

/// A provider without a network: deterministic answers that follow from the request alone, and faults on demand.
///
/// The same request gives the same bytes; identifiers and times are derived from its hash. Usage is counted by one
/// rule: a token is four bytes of UTF-8, rounded up for each text, an image is 85 tokens. What each model does:
/// ``DemoModels``.
package enum DemoProvider {
    /// The answer to one request.
    ///
    /// - Parameters:
    ///   - method: The HTTP method.
    ///   - path: The path, a query behind it ignored.
    ///   - body: The whole body.
    ///   - anyModel: Whether a model the demo does not have is answered as `demo/chat` would, for a stand-in of another
    ///     provider; else it is a 404. A name that begins with `demo/` must always be one of ``DemoModels``.
    package static func reply(
        method: String = "POST",
        path: String,
        body: [UInt8],
        anyModel: Bool = false
    ) -> DemoReply {
        let path = String(path.prefix { $0 != "?" })
        // A dialect adds its paths here and its answers in a file of its own.
        switch path {
        case "/v1/chat/completions":
            return Self.posted(method, body, anyModel, DemoChat.reply)
        case "/v1/completions":
            return Self.posted(method, body, anyModel, DemoCompletions.reply)
        case "/v1/embeddings":
            return Self.posted(method, body, anyModel, DemoEmbeddings.reply)
        case "/v1/models":
            return method == "GET"
                ? .json(200, ModelsList.write(DemoModels.listed)) : DemoFault.wrongMethod("GET").reply
        default:
            if let asked = DemoDialects.asked(path) {
                return method == "POST"
                    ? DemoDialects.reply(asked, body, anyModel: anyModel)
                    : DemoFault.wrongMethod("POST").reply(in: asked.dialect)
            }
            if path.hasPrefix("/v1/models/"), method == "GET" { return Self.model(Self.decoded(path.dropFirst(11))) }
            return DemoFault(
                404,
                "The demo serves POST /v1/chat/completions, /v1/completions, /v1/embeddings, /v1/responses, "
                    + "/v1/messages, /api/chat, /v1beta/models/MODEL:generateContent and /model/MODEL/converse and /invoke, and GET /v1/models; "
                    + "not \(method) \(path.prefix(200)).",
                code: "unknown_url"
            ).reply
        }
    }

    private static func posted(
        _ method: String,
        _ body: [UInt8],
        _ anyModel: Bool,
        _ answer: ([UInt8], Bool) throws(DemoFault) -> DemoReply
    ) -> DemoReply {
        guard method == "POST" else { return DemoFault.wrongMethod("POST").reply }
        do {
            return try answer(body, anyModel)
        } catch {
            return error.reply
        }
    }

    /// The text without percent-encoding: official clients write the slash of a model's name as `%2F`.
    static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2, let value = UInt8(Substring(digits), radix: 16) {
                bytes.append(value)
                rest.removeFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func model(_ name: String) -> DemoReply {
        guard DemoModels.contains(name) else { return DemoFault.unknownModel(name).reply }
        return .json(200, ModelsList.write(model: name.hasPrefix("demo/") ? name : "demo/\(name)"))
    }
}

/// An error the demo answers with, as OpenAI would.
struct DemoFault: Error {
    /// The HTTP status.
    var status: Int
    /// What is wrong, for the caller.
    var message: String
    /// The field at fault.
    var param: String?
    /// The `type` in OpenAI's words.
    var type: String
    /// The `code` in OpenAI's words.
    var code: String?
    /// Header fields besides the usual ones.
    var fields: [DemoField] = []

    /// A fault; a bad request where nothing else is said.
    init(
        _ status: Int,
        _ message: String,
        param: String? = nil,
        type: String = "invalid_request_error",
        code: String? = nil
    ) {
        self.status = status
        self.message = message
        self.param = param
        self.type = type
        self.code = code
    }

    /// A request that cannot be understood: names the field.
    static func bad(_ param: String, _ message: String, code: String? = "invalid_value") -> DemoFault {
        DemoFault(400, message, param: param, code: code)
    }

    /// A method the path does not take.
    static func wrongMethod(_ allowed: String) -> DemoFault {
        var fault = DemoFault(405, "This path takes \(allowed) only.", code: "method_not_allowed")
        fault.fields = [DemoField("allow", allowed)]
        return fault
    }

    /// A model the demo does not have.
    static func unknownModel(_ name: String) -> DemoFault {
        DemoFault(
            404,
            "The model '\(String(name.prefix(200)))' does not exist. GET /v1/models lists those of the demo.",
            param: "model",
            code: "model_not_found"
        )
    }

    /// The error `demo/status-NNN` answers with.
    static func status(_ status: Int) -> DemoFault {
        let (type, code): (String, String?) =
            switch status {
            case 401: ("invalid_request_error", "invalid_api_key")
            case 402: ("insufficient_quota", "insufficient_quota")
            case 403: ("permission_error", "permission_denied")
            case 404: ("invalid_request_error", "model_not_found")
            case 429: ("rate_limit_error", "rate_limit_exceeded")
            case 500...: ("server_error", nil)
            default: ("invalid_request_error", nil)
            }
        var fault = DemoFault(status, "The demo answers \(status), as its model's name asks.", type: type, code: code)
        if status == 429 || status == 503 { fault.fields = [DemoField("retry-after", "1")] }
        return fault
    }

    /// The object `{"error":{…}}`.
    var body: [UInt8] {
        var body = Array("{\"error\":{\"message\":".utf8)
        body.appendJSON(self.message)
        body.append(contentsOf: ",\"type\":".utf8)
        body.appendJSON(self.type)
        body.append(contentsOf: ",\"param\":".utf8)
        body.appendJSON(self.param)
        body.append(contentsOf: ",\"code\":".utf8)
        body.appendJSON(self.code)
        body.append(contentsOf: "}}".utf8)
        return body
    }

    /// The fault as an answer.
    var reply: DemoReply { .json(self.status, self.body, fields: self.fields) }
}

extension DemoReply {
    /// A whole answer of JSON.
    static func json(_ status: Int, _ body: [UInt8], fields: [DemoField] = []) -> DemoReply {
        DemoReply([.head(status: status, fields: .json(length: body.count) + fields), .bytes(body), .end])
    }
}

extension [DemoField] {
    /// The fields of a body of JSON.
    static func json(length: Int) -> [DemoField] {
        [DemoField("content-type", "application/json"), DemoField("content-length", String(length))]
    }

    /// The fields of a stream of events.
    static var eventStream: [DemoField] {
        [DemoField("content-type", "text/event-stream; charset=utf-8"), DemoField("cache-control", "no-cache")]
    }
}

extension [UInt8] {
    /// Appends a JSON string, or `null`.
    mutating func appendJSON(_ text: String?) {
        guard let text else {
            self.append(contentsOf: "null".utf8)
            return
        }
        self.append(UInt8(ascii: "\""))
        JSONWriter.appendEscaped(text, to: &self)
        self.append(UInt8(ascii: "\""))
    }
}
