internal import JSON

/// Gemini's two ways to write a schema: JSON Schema, and a subset of OpenAPI's with types in capitals.
enum GeminiSchema {
    /// Whether the schema allows no arguments at all; older models refuse an object without properties.
    static func isEmptyObject(_ schema: JSONValue) -> Bool {
        guard case .object(let object) = schema, object["type"]?.asString == "object" || object.isEmpty else {
            return false
        }
        return object.allSatisfy { key, value in
            switch key {
            case "type", "$schema", "title": true
            case "properties": value.asObject?.isEmpty ?? false
            case "required": value.asArray?.isEmpty ?? false
            case "additionalProperties": value == .bool(false)
            default: false
            }
        }
    }
}

// MARK: From OpenAPI

extension GeminiSchema {
    /// The JSON Schema that says what a `Schema` in OpenAPI's manner says: types in lower case, `nullable` as a type of
    /// its own, counts as numbers.
    ///
    /// Source: `Schema` of https://ai.google.dev/api/caching#Schema
    static func jsonSchema(_ schema: JSONValue) -> JSONValue {
        guard case .object(let object) = schema else { return schema }
        var converted: [(key: String, value: JSONValue)] = []
        converted.reserveCapacity(object.count)
        let isNullable = object["nullable"] == .bool(true)
        for (key, value) in object {
            switch GeminiKeys.camel(key) {
            case "type":
                guard let type = value.asString?.lowercased() else {
                    converted.append((key, value))
                    continue
                }
                guard type != "type_unspecified" else { continue }
                let name = JSONValue.string(type)
                converted.append((key, isNullable && type != "null" ? .array([name, "null"]) : name))
            case "nullable", "propertyOrdering": continue
            case "enum":
                guard isNullable, let values = value.asArray, !values.contains(.null) else {
                    converted.append((key, value))
                    continue
                }
                converted.append((key, .array(values + [.null])))
            case "properties":
                let properties = value.asObject?.map { (key: $0.key, value: Self.jsonSchema($0.value)) }
                converted.append((key, properties.map { .object(JSONObject($0)) } ?? value))
            case "items", "additionalProperties": converted.append((GeminiKeys.camel(key), Self.jsonSchema(value)))
            case "anyOf", "oneOf", "allOf", "prefixItems":
                converted.append((GeminiKeys.camel(key), .array((value.asArray ?? []).map(Self.jsonSchema))))
            case "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties":
                // Sixty-four bits are strings in the JSON of protocol buffers.
                let number = value.asString.flatMap { JSONNumber(text: $0) }
                converted.append((GeminiKeys.camel(key), number.map { .number($0) } ?? value))
            default: converted.append((key, value))
            }
        }
        return .object(JSONObject(converted))
    }
}
