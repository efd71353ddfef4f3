internal import Core
internal import JSON

/// Reads single fields of a request, and says which one is not what it must be.
///
/// Paths are in the spelling of OpenAI's own errors (`messages[0].content[1].text`) and are only made for an error. Nothing
/// here quotes what a field holds.
enum ChatField {
    /// The member `key`: nil where there is none, and where it is `null`, which says the same.
    static func value(_ object: JSONObject, _ key: String) -> JSONValue? {
        guard let value = object[key] else { return nil }
        if case .null = value { return nil }
        return value
    }

    /// The error of a field that is not `what` (`a string`).
    static func wrong(_ path: String, _ what: String) -> GatewayError {
        .badRequest("The field '\(path)' must be \(what).", field: path)
    }

    /// The error of a field that is not there.
    static func missing(_ path: String) -> GatewayError {
        .badRequest("The field '\(path)' is missing.", field: path)
    }

    /// A string.
    static func string(_ value: JSONValue, _ path: @autoclosure () -> String) throws(GatewayError) -> String {
        guard case .string(let text) = value else { throw Self.wrong(path(), "a string") }
        return text
    }

    /// A string that is not empty.
    static func word(_ value: JSONValue, _ path: @autoclosure () -> String) throws(GatewayError) -> String {
        guard case .string(let text) = value, !text.isEmpty else { throw Self.wrong(path(), "a string, and not empty") }
        return text
    }

    /// `true` or `false`.
    static func bool(_ value: JSONValue, _ path: @autoclosure () -> String) throws(GatewayError) -> Bool {
        guard case .bool(let truth) = value else { throw Self.wrong(path(), "true or false") }
        return truth
    }

    /// A number, in the client's own digits.
    static func number(_ value: JSONValue, _ path: @autoclosure () -> String) throws(GatewayError) -> JSONNumber {
        guard case .number(let number) = value else { throw Self.wrong(path(), "a number") }
        return number
    }

    /// An integer of at least `least`; `100.0` is one too.
    static func integer(
        _ value: JSONValue,
        least: Int = .min,
        _ path: @autoclosure () -> String
    ) throws(GatewayError) -> Int {
        guard case .number(let number) = value, let integer = number.int ?? number.double.flatMap({ Int(exactly: $0) })
        else { throw Self.wrong(path(), "an integer") }
        guard integer >= least else { throw Self.wrong(path(), "at least \(least)") }
        return integer
    }

    /// An array.
    static func array(_ value: JSONValue, _ path: @autoclosure () -> String) throws(GatewayError) -> [JSONValue] {
        guard case .array(let elements) = value else { throw Self.wrong(path(), "an array") }
        return elements
    }

    /// An object.
    static func object(_ value: JSONValue, _ path: @autoclosure () -> String) throws(GatewayError) -> JSONObject {
        guard case .object(let object) = value else { throw Self.wrong(path(), "an object") }
        return object
    }

    /// The string at `key`, where there is one.
    static func string(
        _ object: JSONObject,
        _ key: String,
        in path: @autoclosure () -> String
    ) throws(GatewayError) -> String? {
        guard let value = Self.value(object, key) else { return nil }
        return try Self.string(value, "\(path()).\(key)")
    }

    /// The member `key`, which must be there.
    static func required(
        _ object: JSONObject,
        _ key: String,
        in path: @autoclosure () -> String
    ) throws(GatewayError) -> JSONValue {
        guard let value = Self.value(object, key) else { throw Self.missing("\(path()).\(key)") }
        return value
    }

    /// Where an object asks for the prompt up to it to be cached: OpenAI's `prompt_cache_breakpoint`, or the
    /// `cache_control` that OpenRouter and others take over from Anthropic.
    static func cacheHint(_ object: JSONObject) -> CacheHint? {
        for key in ["prompt_cache_breakpoint", "cache_control"] {
            if let hint = object[key]?.asObject { return CacheHint(ttl: hint["ttl"]?.asString) }
        }
        return nil
    }
}
