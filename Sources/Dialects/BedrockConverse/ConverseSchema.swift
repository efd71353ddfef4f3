internal import JSON

/// JSON Schemas as the families behind Converse take them. The order of members is kept: caches depend on it.
enum ConverseSchema {
    /// The schema of a tool's arguments: an object at its root, as Converse demands.
    static func rooted(_ schema: JSONValue?) -> JSONValue {
        guard case .object(var object)? = schema, !object.isEmpty else {
            return ["type": "object", "properties": [:]]
        }
        if object["type"] == nil { object = JSONObject([("type", "object")] + object.members) }
        return .object(object)
    }

    /// The schema with nothing at its root but `type`, `properties` and `required`, and references written out, as Nova
    /// wants it (https://docs.aws.amazon.com/nova/latest/userguide/tool-use-definition.html).
    static func plain(_ schema: JSONValue) -> JSONValue {
        guard case .object(let object) = schema else { return schema }
        let definitions = Definitions(object)
        var members: [(key: String, value: JSONValue)] = []
        for (key, value) in object where ["type", "properties", "required"].contains(key) {
            members.append((key, definitions.isEmpty ? value : definitions.inlined(value)))
        }
        return .object(JSONObject(members))
    }

    /// The schema with every object closed to other properties, and what Claude's constrained decoding does not know
    /// moved into descriptions (https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs).
    static func closed(_ schema: JSONValue) -> JSONValue {
        switch schema {
        case .object(let object): .object(Self.closed(object))
        case .array(let elements): .array(elements.map { Self.closed($0) })
        default: schema
        }
    }

    private static func closed(_ object: JSONObject) -> JSONObject {
        var members: [(key: String, value: JSONValue)] = []
        var hints: [String] = []
        for (key, value) in object {
            switch key {
            case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
                "maxItems", "uniqueItems", "minProperties", "maxProperties":
                hints.append("\(key): \(value.text)")
            case "minItems" where (value.asInt ?? 0) > 1: hints.append("\(key): \(value.text)")
            case "properties", "$defs", "definitions", "patternProperties":
                guard case .object(let named) = value else { fallthrough }
                members.append((key, .object(JSONObject(named.map { (key: $0.key, value: Self.closed($0.value)) }))))
            case "enum", "const", "default", "examples", "required", "type", "$ref", "additionalProperties":
                members.append((key, value))
            case "oneOf": members.append(("anyOf", Self.closed(value)))
            default: members.append((key, Self.closed(value)))
            }
        }
        var closed = JSONObject(members)
        if !hints.isEmpty {
            let hint = "(\(hints.joined(separator: ", ")))"
            closed["description"] = .string((closed["description"]?.asString).map { "\($0) \(hint)" } ?? hint)
        }
        if closed["type"]?.asString == "object" || closed["properties"] != nil {
            closed["additionalProperties"] = .bool(false)
        }
        return closed
    }
}

/// The named parts of a schema, to be written where they are referred to.
private struct Definitions {
    private var named: [String: JSONValue] = [:]

    init(_ schema: JSONObject) {
        for place in ["$defs", "definitions"] {
            guard case .object(let object)? = schema[place] else { continue }
            for (key, value) in object { self.named["#/\(place)/\(key)"] = value }
        }
    }

    var isEmpty: Bool { self.named.isEmpty }

    /// The most values written for one schema: references that double at each step would fill the memory.
    private static let bound = 20_000

    func inlined(_ value: JSONValue) -> JSONValue {
        var left = Self.bound
        return self.inlined(value, within: [], left: &left)
    }

    /// - Parameter within: the references being written out, of which one that comes again is any object.
    private func inlined(_ value: JSONValue, within: [String], left: inout Int) -> JSONValue {
        left -= 1
        guard left > 0 else { return ["type": "object"] }
        switch value {
        case .array(let elements):
            var copy: [JSONValue] = []
            for element in elements { copy.append(self.inlined(element, within: within, left: &left)) }
            return .array(copy)
        case .object(let object):
            if case .string(let reference)? = object["$ref"], let target = self.named[reference] {
                if within.contains(reference) { return ["type": "object"] }
                return self.inlined(target, within: within + [reference], left: &left)
            }
            var members: [(key: String, value: JSONValue)] = []
            for (key, value) in object { members.append((key, self.inlined(value, within: within, left: &left))) }
            return .object(JSONObject(members))
        default: return value
        }
    }
}
