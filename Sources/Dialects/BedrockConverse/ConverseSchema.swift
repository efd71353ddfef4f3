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
