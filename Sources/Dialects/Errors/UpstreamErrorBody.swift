internal import JSON

/// What an error body says, whatever its shape.
///
/// The shapes: OpenAI's `{"error":{message,type,param,code}}`; flat strings (`{"error":"…","code":"…"}`, xAI, Ollama);
/// `{"detail":…}` as text or as a list of `{loc,msg,type}` (Mistral, FastAPI servers); `{"message":…}` at the top
/// (Mistral, Cohere, vLLM); Google's `{"error":{code,message,status,details}}`, also inside an array; numeric codes
/// (OpenRouter, Perplexity); the upstream's own words in `metadata.raw` (OpenRouter); `innererror` (Azure); `base_resp`
/// (MiniMax).
struct UpstreamErrorBody {
    /// The text, empty where the body has none.
    var message = ""
    /// The kind of error in the server's words.
    var type: String?
    /// The code in the server's words; a number as its digits.
    var code: String?
    /// The request field at fault.
    var param: String?
    /// A status inside the body, where it is one of an error (400–599).
    var status: Int?
    /// Google's `RetryInfo.retryDelay`.
    var retryDelay: String?
    /// The reasons and quota names of Google's details, and Azure's inner code.
    var marks: [String] = []

    /// The largest body that is parsed; an error is never longer, and what is longer is classified by its status alone.
    private static let limit = 256 * 1024

    /// A body that says nothing yet.
    init() {}

    /// Reads `bytes`, or nil where they are no JSON or say nothing of an error.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count <= Self.limit, let value = try? JSONValue(parsing: bytes) else { return nil }
        self.init(value)
    }

    /// Reads a parsed body, or nil where it says nothing of an error.
    init?(_ value: JSONValue) {
        var value = value
        // Google wraps the error of a list-shaped stream into a list.
        if case .array(let elements) = value, let first = elements.first { value = first }
        switch value {
        case .object(let object):
            guard self.read(object) else { return nil }
        case .string(let text) where !text.isEmpty:
            self.message = text
        default:
            return nil
        }
    }

    private mutating func read(_ object: JSONObject) -> Bool {
        // The outer level first, so that the inner one, which is more precise, overwrites it.
        self.take(object)
        var found = !self.message.isEmpty
        switch object["error"] {
        case .object(let error)?:
            found = true
            self.take(error)
            // Some gateways wrap another's error once more.
            if case .object(let inner)? = error["error"] { self.take(inner) }
            if case .object(let inner)? = error["message"] { self.take(inner) }
        case .string(let text)? where !text.isEmpty:
            found = true
            self.message = text
        case .array(let list)?:
            found = true
            self.message = list.compactMap(\.words).joined(separator: "; ")
        case .bool(true)?, .number?:
            found = true
        default: break
        }
        switch object["detail"] {
        case .string(let text)?:
            found = true
            self.message = text
        case .object(let detail)?:
            found = true
            self.take(detail)
        case .array(let list)?:
            found = true
            self.readValidation(list)
        default: break
        }
        if case .array(let list)? = object["errors"], case .object(let first)? = list.first {
            found = true
            self.take(first)
        }
        if case .object(let base)? = object["base_resp"], let status = base["status_code"]?.integer, status != 0 {
            found = true
            self.code = String(status)
            self.message = base["status_msg"]?.words ?? self.message
        }
        return found
    }

    /// Takes over what one object says.
    private mutating func take(_ object: JSONObject) {
        for key in ["message", "Message", "error_message", "msg"] {
            if case .string(let text)? = object[key], !text.isEmpty {
                self.message = text
                break
            }
        }
        if let type = object["type"]?.words, type != "error" { self.type = type }
        if let status = object["status"]?.words, Int(status) == nil { self.type = self.type ?? status }
        if let type = object["error_type"]?.words { self.type = self.type ?? type }
        if let code = object["code"]?.words { self.code = code }
        if let param = object["param"]?.words { self.param = param }
        for key in ["code", "status", "status_code", "originalStatusCode"] {
            if let status = object[key]?.integer, (400...599).contains(status) { self.status = status }
        }
        // AWS: `com.amazon.bedrock#ThrottlingException`.
        if let kind = object["__type"]?.words?.split(separator: "#").last { self.type = String(kind) }
        if case .object(let details)? = object["details"], let code = details["error_code"]?.words {
            self.marks.append(code)
        }
        if case .object(let inner)? = object["innererror"], let code = inner["code"]?.words { self.marks.append(code) }
        if case .object(let metadata)? = object["metadata"] { self.readMetadata(metadata) }
        if case .array(let details)? = object["details"] { self.readDetails(details) }
    }

    /// OpenRouter's metadata: what the provider behind it said, and why its moderation refused.
    private mutating func readMetadata(_ metadata: JSONObject) {
        if let raw = metadata["raw"]?.words, !raw.isEmpty, raw != self.message {
            var words = raw
            // Where the provider's answer was JSON, it is quoted whole.
            if raw.utf8.first == UInt8(ascii: "{"), let value = try? JSONValue(parsing: raw),
                let inner = UpstreamErrorBody(value)
            {
                words = inner.message
                self.retryDelay = inner.retryDelay ?? self.retryDelay
            }
            self.message = self.message.isEmpty ? words : "\(self.message): \(words)"
        }
        if metadata["flagged_input"] != nil { self.marks.append("moderation_blocked") }
    }

    /// Google's details: `ErrorInfo.reason`, `RetryInfo.retryDelay`, `QuotaFailure.violations[].quotaId`.
    private mutating func readDetails(_ details: [JSONValue]) {
        for case .object(let detail) in details {
            if let reason = detail["reason"]?.words { self.marks.append(reason) }
            if let delay = detail["retryDelay"]?.words { self.retryDelay = delay }
            guard case .array(let violations)? = detail["violations"] else { continue }
            for case .object(let violation) in violations {
                if let quota = violation["quotaId"]?.words { self.marks.append(quota) }
            }
        }
    }

    /// A validation report: the first entry names the field, all of them make the message.
    private mutating func readValidation(_ list: [JSONValue]) {
        var messages: [String] = []
        for case .object(let entry) in list.prefix(8) {
            var field = ""
            if case .array(let path)? = entry["loc"] {
                for step in path.dropFirst(path.first?.words == "body" ? 1 : 0) {
                    if let index = step.integer {
                        field += "[\(index)]"
                    } else if let name = step.words {
                        field += field.isEmpty ? name : ".\(name)"
                    }
                }
            }
            if self.param == nil, !field.isEmpty { self.param = field }
            guard let text = entry["msg"]?.words else { continue }
            messages.append(field.isEmpty ? text : "\(field): \(text)")
        }
        if !messages.isEmpty { self.message = messages.joined(separator: "; ") }
    }
}

extension JSONValue {
    /// The text of a string or of a number; nil for everything else.
    fileprivate var words: String? {
        switch self {
        case .string(let text): text
        case .number(let number): number.text
        default: nil
        }
    }

    /// The integer of a number, or of a string that is one.
    fileprivate var integer: Int? {
        switch self {
        case .string(let text): Int(text)
        case .number(let number): number.int
        default: nil
        }
    }
}
