import JSON
import Yams

/// Judges values by the part of JSON Schema (draft 2020-12) that the configuration's schema uses.
struct SchemaValidator {
    let schema: JSONValue

    /// What is wrong with a value, one line each.
    func problems(_ value: JSONValue, _ schema: JSONValue, at path: String) -> [String] {
        if let reference = schema["$ref"]?.asString {
            return self.problems(value, self.definition(reference), at: path)
        }
        if let any = schema["anyOf"]?.asArray {
            let results = any.map { self.problems(value, $0, at: path) }
            if !results.contains([]) {
                return ["\(path): none of \(any.count): \(results.map { $0.joined(separator: ", ") })"]
            }
        }
        var found: [String] = []
        if let allowed = schema["type"],
            !(allowed.asArray ?? [allowed]).contains(where: { $0.asString.map(value.isOf) ?? false })
        {
            return ["\(path): not \(allowed.text)"]
        }
        if let words = schema["enum"]?.asArray, !words.contains(value) { found.append("\(path): not one of \(words)") }
        if let pattern = schema["pattern"]?.asString, let text = value.asString,
            let regex = try? Regex(pattern), text.firstMatch(of: regex) == nil
        {
            found.append("\(path): not like \(pattern)")
        }
        if let least = schema["minimum"]?.asDouble, let number = value.asDouble, number < least {
            found.append("\(path): small")
        }
        if let most = schema["maximum"]?.asDouble, let number = value.asDouble, number > most {
            found.append("\(path): large")
        }
        if let items = value.asArray {
            if let least = schema["minItems"]?.asInt, items.count < least { found.append("\(path): few") }
            if let most = schema["maxItems"]?.asInt, items.count > most { found.append("\(path): many") }
            if let item = schema["items"] {
                for (index, element) in items.enumerated() {
                    found += self.problems(element, item, at: "\(path)[\(index)]")
                }
            }
        }
        if let object = value.asObject { found += self.problems(of: object, schema, at: path) }
        return found
    }

    private func problems(of object: JSONObject, _ schema: JSONValue, at path: String) -> [String] {
        var found: [String] = []
        for (key, value) in object {
            let patterns = schema["patternProperties"]?.asObject?.members ?? []
            let pattern = patterns.first { member in
                (try? Regex(member.key)).map { key.firstMatch(of: $0) != nil } ?? false
            }
            if let property = schema["properties"]?[key] ?? pattern?.value {
                found += self.problems(value, property, at: "\(path).\(key)")
            } else if schema["additionalProperties"]?.asBool == false {
                found.append("\(path): unknown \(key)")
            }
        }
        for key in schema["required"]?.asArray ?? [] where object[key.asString ?? ""] == nil {
            found.append("\(path): lacks \(key)")
        }
        if let ways = schema["oneOf"]?.asArray {
            let fitting = ways.count { way in
                way["required"]?.asArray?.allSatisfy { object[$0.asString ?? ""] != nil } ?? false
            }
            if fitting != 1 { found.append("\(path): \(fitting) of one") }
        }
        return found
    }

    /// The keys of the mapping at a path of keys, `*` for a key by pattern, `[]` for an item.
    func keys(at path: [String]) -> [String] {
        var schemas = [self.schema]
        for step in path {
            schemas = schemas.flatMap(self.alternatives).flatMap { schema -> [JSONValue] in
                switch step {
                case "*": schema["patternProperties"]?.asObject?.members.map(\.value) ?? []
                case "[]": schema["items"].map { [$0] } ?? []
                default: schema["properties"]?[step].map { [$0] } ?? []
                }
            }
        }
        return schemas.flatMap(self.alternatives).flatMap { schema in
            let patterns = schema["patternProperties"]?.asObject?.keys ?? []
            return (schema["properties"]?.asObject?.keys ?? [])
                + patterns.map { $0.dropFirst().replacing("\\.", with: ".") + "*" }
        }
    }

    /// The paths of keys without a description.
    func undescribed(_ schema: JSONValue, at path: String) -> [String] {
        var found: [String] = []
        for (key, value) in schema["properties"]?.asObject?.members ?? [] {
            if value["description"]?.asString?.isEmpty ?? true { found.append("\(path).\(key)") }
            found += self.undescribed(value, at: "\(path).\(key)")
        }
        for key in ["patternProperties", "$defs"] {
            for (name, value) in schema[key]?.asObject?.members ?? [] {
                found += self.undescribed(value, at: "\(path)/\(name)")
            }
        }
        for value in schema["anyOf"]?.asArray ?? [] { found += self.undescribed(value, at: path) }
        if let items = schema["items"] { found += self.undescribed(items, at: "\(path)[]") }
        return found
    }

    private func alternatives(_ schema: JSONValue) -> [JSONValue] {
        if let reference = schema["$ref"]?.asString { return self.alternatives(self.definition(reference)) }
        return schema["anyOf"]?.asArray?.flatMap(self.alternatives) ?? [schema]
    }

    private func definition(_ reference: String) -> JSONValue {
        self.schema["$defs"]?[String(reference.dropFirst("#/$defs/".count))] ?? .null
    }
}

extension JSONValue {
    fileprivate func isOf(type: String) -> Bool {
        switch (type, self) {
        case ("object", .object), ("array", .array), ("string", .string), ("number", .number), ("boolean", .bool),
            ("null", .null):
            true
        case ("integer", .number(let number)): number.int != nil
        default: false
        }
    }
}

extension Node {
    /// The node as JSON, its scalars typed by the core schema of YAML 1.2.
    var json: JSONValue {
        switch self {
        case .mapping(let mapping):
            .object(JSONObject(mapping.map { (key: $0.key.scalar?.string ?? "", value: $0.value.json) }))
        case .sequence(let sequence): .array(sequence.map(\.json))
        case .alias: .null
        case .scalar(let scalar): scalar.json
        }
    }
}

extension Node.Scalar {
    fileprivate var json: JSONValue {
        guard self.style == .plain else { return .string(self.string) }
        switch self.string {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default:
            guard let number = try? JSONValue(parsing: self.string), case .number = number else {
                return .string(self.string)
            }
            return number
        }
    }
}
