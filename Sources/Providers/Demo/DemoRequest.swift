internal import JSON

/// A request body as the demo reads it: whole, as a tree, each complaint naming its field.
struct DemoRequest {
    /// The whole body.
    let object: JSONObject
    /// The model as it was asked for.
    let model: String
    /// What that model does.
    let behaviour: DemoBehaviour

    /// Reads what every endpoint shares.
    init(_ body: [UInt8], anyModel: Bool) throws(DemoFault) {
        guard let value = try? JSONValue(parsing: body) else {
            throw DemoFault(400, "The request body is not valid JSON.")
        }
        guard case .object(let object) = value else { throw DemoFault(400, "The request body must be a JSON object.") }
        self.object = object
        switch object["model"] {
        case .string(let model)? where !model.isEmpty: self.model = model
        case nil, .null?: throw DemoFault.bad("model", "You must provide a model.", code: "missing_required_parameter")
        default: throw DemoFault.bad("model", "'model' must be a string that is not empty.", code: "invalid_type")
        }
        if let behaviour = DemoBehaviour(model: self.model) {
            self.behaviour = behaviour
        } else if anyModel, !self.model.hasPrefix("demo/") {
            self.behaviour = .chat
        } else {
            throw DemoFault.unknownModel(self.model)
        }
    }

    /// The member, with null as absent.
    subscript(_ key: String) -> JSONValue? { Self.present(self.object[key]) }

    /// The value, with null as absent.
    static func present(_ value: JSONValue?) -> JSONValue? { value == .null ? nil : value }

    /// A member that is true or false, nil where it is absent.
    func flag(_ key: String) throws(DemoFault) -> Bool? {
        guard let value = self[key] else { return nil }
        guard case .bool(let flag) = value else {
            throw DemoFault.bad(key, "'\(key)' must be true or false.", code: "invalid_type")
        }
        return flag
    }

    /// A member that is an integer in `range`, nil where it is absent.
    func integer(_ key: String, in range: ClosedRange<Int>) throws(DemoFault) -> Int? {
        guard let value = self[key] else { return nil }
        guard case .number(let number) = value, let integer = number.int else {
            throw DemoFault.bad(key, "'\(key)' must be an integer.", code: "invalid_type")
        }
        guard range.contains(integer) else {
            throw DemoFault.bad(key, "'\(key)' must be between \(range.lowerBound) and \(range.upperBound).")
        }
        return integer
    }

    /// Checks a number the demo has no use for.
    func check(_ key: String, in range: ClosedRange<Double>) throws(DemoFault) {
        guard let value = self[key] else { return }
        guard case .number(let number) = value, let double = number.double else {
            throw DemoFault.bad(key, "'\(key)' must be a number.", code: "invalid_type")
        }
        guard range.contains(double) else {
            throw DemoFault.bad(key, "'\(key)' must be between \(range.lowerBound) and \(range.upperBound).")
        }
    }

    /// The stop sequences: a string, or up to four.
    func stops() throws(DemoFault) -> [String] {
        switch self["stop"] {
        case nil: return []
        case .string(let text)?: return text.isEmpty ? [] : [text]
        case .array(let list)?:
            guard list.count <= 4 else { throw DemoFault.bad("stop", "'stop' takes at most four sequences.") }
            var stops: [String] = []
            for (index, element) in list.enumerated() {
                guard case .string(let text) = element else {
                    throw DemoFault.bad("stop[\(index)]", "'stop[\(index)]' must be a string.", code: "invalid_type")
                }
                if !text.isEmpty { stops.append(text) }
            }
            return stops
        default: throw DemoFault.bad("stop", "'stop' must be a string or an array of strings.", code: "invalid_type")
        }
    }

    /// Whether to stream, and whether usage is wanted in the stream.
    func streaming() throws(DemoFault) -> (stream: Bool, includeUsage: Bool) {
        let stream = try self.flag("stream") ?? false
        guard let options = self["stream_options"] else { return (stream, false) }
        guard stream else {
            throw DemoFault.bad("stream_options", "'stream_options' is only allowed when 'stream' is true.")
        }
        guard case .object(let object) = options else {
            throw DemoFault.bad("stream_options", "'stream_options' must be an object.", code: "invalid_type")
        }
        switch Self.present(object["include_usage"]) {
        case nil: return (stream, false)
        case .bool(let flag)?: return (stream, flag)
        default:
            throw DemoFault.bad(
                "stream_options.include_usage",
                "'stream_options.include_usage' must be true or false.",
                code: "invalid_type"
            )
        }
    }
}

/// Counts tokens by the demo's rule.
enum DemoTokens {
    /// Four bytes of UTF-8 are a token; what is left over is one more.
    static func count(_ text: String) -> Int { (text.utf8.count + 3) / 4 }

    /// An image costs the same whatever its size.
    static let image = 85
}
