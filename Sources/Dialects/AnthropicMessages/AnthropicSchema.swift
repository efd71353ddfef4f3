internal import JSON

/// JSON Schemas in the form Anthropic takes them.
///
/// Schemas that the answer or a strict tool is held to are a subset: every object closed, no `oneOf`, no recursion, no
/// bounds on numbers, lengths and counts, which go into the description instead.
///
/// Source: https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs
enum AnthropicSchema {
    /// The schema within the subset, the order of its members kept; nil where it says what the subset cannot.
    static func strict(_ schema: JSONValue) -> JSONValue? {
        guard case .object(let root) = schema, !Self.isRecursive(root) else { return nil }
        return Self.adapted(schema)
    }

    /// The schema of a tool's arguments: an object at the root, without alternatives there.
    ///
    /// - Returns: the schema and whether its meaning was widened; nil where the arguments are no object.
    static func input(_ parameters: JSONValue?) -> (schema: JSONValue, isWidened: Bool)? {
        let empty: JSONValue = ["type": "object", "properties": [:]]
        guard let parameters, parameters != .null else { return (empty, false) }
        guard case .object(var object) = parameters else { return nil }
        if object.isEmpty { return (empty, false) }
        if let type = object["type"] {
            guard Self.types(type).contains("object") else { return nil }
            if type.asString == nil { object["type"] = "object" }
        } else {
            object.members.insert((key: "type", value: "object"), at: 0)
        }
        var isWidened = false
        for key in ["anyOf", "oneOf", "allOf"] {
            guard case .array(let variants)? = object[key] else { continue }
            object[key] = nil
            Self.merge(variants, into: &object, needsAll: key == "allOf")
            isWidened = true
        }
        return (.object(object), isWidened)
    }

    private static func types(_ type: JSONValue) -> [String] {
        switch type {
        case .string(let one): [one]
        case .array(let several): several.compactMap(\.asString)
        default: []
        }
    }
}

// MARK: Alternatives at the root

extension AnthropicSchema {
    /// Adds the properties of `variants` to `object`, and requires what each of them (or, with `needsAll`, any) requires.
    private static func merge(_ variants: [JSONValue], into object: inout JSONObject, needsAll: Bool) {
        var properties = object["properties"]?.asObject ?? JSONObject()
        var known = Set(properties.keys)
        var required = object["required"]?.asArray ?? []
        var common: [JSONValue]?
        let root = object
        for variant in variants {
            guard let variant = Self.resolved(variant, in: root) else {
                common = needsAll ? common : []
                continue
            }
            for (name, property) in variant["properties"]?.asObject ?? JSONObject() where known.insert(name).inserted {
                properties.members.append((name, property))
            }
            let names = variant["required"]?.asArray ?? []
            if needsAll {
                common = (common ?? []) + names
            } else if let before = common {
                let now = Set(names)
                common = before.filter(now.contains)
            } else {
                common = names
            }
        }
        var isRequired = Set(required)
        for name in common ?? [] where isRequired.insert(name).inserted { required.append(name) }
        object["properties"] = .object(properties)
        if !required.isEmpty { object["required"] = .array(required) }
    }

    /// The object a variant is, by way of one reference into the definitions.
    private static func resolved(_ variant: JSONValue, in root: JSONObject) -> JSONObject? {
        guard case .object(let object) = variant else { return nil }
        guard let reference = object["$ref"]?.asString else { return object }
        guard let (place, name) = Self.definition(reference) else { return nil }
        return root[place]?[name]?.asObject
    }

    /// Where a reference within the schema points: the place and the name of a definition.
    private static func definition(_ reference: String) -> (place: String, name: String)? {
        let parts = reference.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "#", parts[1] == "$defs" || parts[1] == "definitions" else { return nil }
        return (String(parts[1]), String(parts[2]))
    }
}

// MARK: The subset

extension AnthropicSchema {
    /// What stays as it is.
    private static let kept: Set<String> = ["type", "const", "default", "description", "title", "required"]
    /// What goes into the description.
    private static let described: Set<String> = [
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern",
        "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
    ]
    /// What cannot be said at all.
    private static let unsayable: Set<String> = [
        "not", "if", "then", "else", "patternProperties", "propertyNames", "dependentSchemas", "dependentRequired",
        "dependencies", "unevaluatedProperties", "unevaluatedItems", "prefixItems", "contains",
    ]
    private static let formats: Set<String> = [
        "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid",
    ]

    private static func adapted(_ schema: JSONValue) -> JSONValue? {
        guard case .object(let object) = schema else { return nil }
        var adapted = JSONObject()
        var limits: [String] = []
        for (key, value) in object {
            switch key {
            case "$defs", "definitions", "properties":
                guard let schemas = Self.adaptedMembers(value) else { return nil }
                adapted.members.append((key, schemas))
            case "$ref":
                adapted.members.append((key, value))
            case "items":
                guard let items = Self.adapted(value) else { return nil }
                adapted.members.append((key, items))
            case "anyOf", "oneOf", "allOf":
                guard let variants = Self.adaptedElements(value) else { return nil }
                let name = key == "oneOf" ? "anyOf" : key
                guard adapted[name] == nil else { return nil }
                if key == "allOf", variants.contains(where: { $0["$ref"] != nil }) { return nil }
                adapted.members.append((name, .array(variants)))
            case "enum":
                guard case .array(let cases) = value, !cases.isEmpty, cases.allSatisfy(Self.isPlain) else { return nil }
                adapted.members.append((key, value))
            case "minItems" where value.asInt == 0 || value.asInt == 1:
                adapted.members.append((key, value))
            case "format":
                if let format = value.asString, Self.formats.contains(format) {
                    adapted.members.append((key, value))
                } else {
                    limits.append("\(key): \(value.text)")
                }
            case "additionalProperties":
                // A map of any keys is what a closed object cannot be.
                guard value == .bool(false) else { return nil }
            default:
                if Self.unsayable.contains(key) { return nil }
                if Self.kept.contains(key) {
                    adapted.members.append((key, value))
                } else if Self.described.contains(key) {
                    limits.append("\(key): \(value.text)")
                }
            }
        }
        if adapted["$ref"] != nil {
            // Nothing may stand beside a reference but the definitions.
            adapted.members.removeAll { !["$ref", "$defs", "definitions"].contains($0.key) }
            return .object(adapted)
        }
        let isSaid = ["type", "anyOf", "allOf", "enum", "const"].contains { adapted[$0] != nil }
        guard isSaid else { return nil }
        if let type = adapted["type"], Self.types(type).contains("object") {
            // An object without properties is one of any properties.
            guard adapted["properties"] != nil else { return nil }
            adapted["additionalProperties"] = false
        }
        Self.describe(limits, in: &adapted)
        return .object(adapted)
    }

    private static func describe(_ limits: [String], in schema: inout JSONObject) {
        guard !limits.isEmpty else { return }
        let text = "{\(limits.joined(separator: ", "))}"
        if let description = schema["description"]?.asString, !description.isEmpty {
            schema["description"] = .string("\(description)\n\n\(text)")
        } else {
            schema["description"] = .string(text)
        }
    }

    private static func adaptedMembers(_ value: JSONValue) -> JSONValue? {
        guard case .object(let object) = value else { return nil }
        var adapted = JSONObject()
        adapted.members.reserveCapacity(object.count)
        for (name, schema) in object {
            guard let schema = Self.adapted(schema) else { return nil }
            adapted.members.append((name, schema))
        }
        return .object(adapted)
    }

    private static func adaptedElements(_ value: JSONValue) -> [JSONValue]? {
        guard case .array(let elements) = value, !elements.isEmpty else { return nil }
        var adapted: [JSONValue] = []
        adapted.reserveCapacity(elements.count)
        for element in elements {
            guard let element = Self.adapted(element) else { return nil }
            adapted.append(element)
        }
        return adapted
    }

    private static func isPlain(_ value: JSONValue) -> Bool {
        switch value {
        case .array, .object: false
        default: true
        }
    }
}

// MARK: Recursion

extension AnthropicSchema {
    /// Whether a definition leads back to itself, or a reference points where it cannot be followed.
    private static func isRecursive(_ root: JSONObject) -> Bool {
        var references: [String: Set<String>] = [:]
        for place in ["$defs", "definitions"] {
            for (name, schema) in root[place]?.asObject ?? JSONObject() {
                var found: Set<String> = []
                Self.collect(schema, into: &found)
                references["#/\(place)/\(name)"] = found
            }
        }
        var used: Set<String> = []
        Self.collect(.object(root), into: &used)
        guard used.allSatisfy({ references[$0] != nil }) else { return true }
        // Definitions are taken away as soon as they lead to nothing that is left (Kahn 1962); a circle is what remains.
        var open: [String: Int] = [:]
        var users: [String: [String]] = [:]
        for (name, found) in references {
            open[name] = found.count
            for other in found { users[other, default: []].append(name) }
        }
        var done = open.filter { $0.value == 0 }.map(\.key)
        var left = references.count
        while let name = done.popLast() {
            left -= 1
            for user in users[name] ?? [] {
                guard let count = open[user] else { continue }
                open[user] = count - 1
                if count == 1 { done.append(user) }
            }
        }
        return left > 0
    }

    private static func collect(_ value: JSONValue, into found: inout Set<String>) {
        switch value {
        case .object(let object):
            for (key, member) in object {
                if key == "$ref", let reference = member.asString {
                    found.insert(reference)
                } else {
                    Self.collect(member, into: &found)
                }
            }
        case .array(let elements):
            for element in elements { Self.collect(element, into: &found) }
        default: break
        }
    }
}
