package import JSON

/// The JSON Schema of the configuration file (draft 2020-12), made from the tables the reader itself uses.
///
/// It describes the file as it is written, before variables are put in: so beside a number or a word it always allows
/// a text with a variable or a file in it. What only a reading can tell (whether a provider is declared) it leaves out.
package enum ConfigurationSchema {
    /// The schema as a value.
    package static var json: JSONValue {
        let collection = SchemaCollection()
        var root = Shape<Configuration>.section.schema(collection)
        root.description = "The configuration file of Turnpike."
        var object: [(key: String, value: JSONValue)] = [
            ("$schema", "https://json-schema.org/draft/2020-12/schema"),
            ("title", "turnpike.yaml"),
        ]
        object += root.members
        var definitions: [(key: String, value: JSONValue)] = [("expansion", Schema.expansion)]
        definitions += collection.definitions.map { ($0.name, $0.schema.json) }
        object.append(("$defs", .object(JSONObject(definitions))))
        return .object(JSONObject(object))
    }

    /// The schema as indented text, for `turnpike check --schema`.
    package static var text: String {
        var lines = ""
        ConfigurationSchema.append(self.json, indent: 0, to: &lines)
        return lines
    }

    /// Appends a value: what is short on one line, else one member a line.
    private static func append(_ value: JSONValue, indent: Int, to text: inout String) {
        let line = value.text
        if line.utf8.count <= 100 {
            text += line
            return
        }
        let inner = String(repeating: "  ", count: indent + 1)
        let outer = String(repeating: "  ", count: indent)
        switch value {
        case .object(let object):
            text += "{\n"
            for (index, member) in object.members.enumerated() {
                text += "\(inner)\(JSONValue.string(member.key).text): "
                ConfigurationSchema.append(member.value, indent: indent + 1, to: &text)
                text += index + 1 < object.count ? ",\n" : "\n"
            }
            text += "\(outer)}"
        case .array(let items):
            text += "[\n"
            for (index, item) in items.enumerated() {
                text += inner
                ConfigurationSchema.append(item, indent: indent + 1, to: &text)
                text += index + 1 < items.count ? ",\n" : "\n"
            }
            text += "\(outer)]"
        default:
            text += line
        }
    }
}

extension Schema {
    /// A text that gets its value from a variable or a file.
    fileprivate static let expansion: JSONValue = [
        "type": "string",
        "pattern": "\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}|^file:/",
        "description": "A value from the environment (${NAME}, ${NAME:-default}) or from a file (file:/path).",
    ]

    private static let expansionReference: JSONValue = ["$ref": "#/$defs/expansion"]

    fileprivate var json: JSONValue { .object(JSONObject(self.members)) }

    /// The keywords of the schema, the description first.
    fileprivate var members: [(key: String, value: JSONValue)] {
        var result: [(key: String, value: JSONValue)] = []
        if let description { result.append(("description", .string(description))) }
        result += self.form.keywords
        if let fallback { result.append(("default", fallback.json)) }
        return result
    }

    /// A form of its own, or a text with a variable in it.
    fileprivate static func orExpansion(_ form: JSONValue) -> [(key: String, value: JSONValue)] {
        [("anyOf", [form, Schema.expansionReference])]
    }
}

extension Schema.Form {
    fileprivate var keywords: [(key: String, value: JSONValue)] {
        switch self {
        case .reference(let name):
            return [("$ref", .string("#/$defs/\(name)"))]
        case .text(nil):
            return [("type", ["string", "number", "null"])]
        case .text(let pattern?):
            return Schema.orExpansion(["type": "string", "pattern": .string(pattern)])
        case .choice(let words):
            return Schema.orExpansion(["enum": .array(words.map { .string($0) })])
        case .integer(let range):
            var number: [(key: String, value: JSONValue)] = [
                ("type", "integer"), ("minimum", .number(JSONNumber(range.lowerBound))),
            ]
            if range.upperBound < .max { number.append(("maximum", .number(JSONNumber(range.upperBound)))) }
            return Schema.orExpansion(.object(JSONObject(number)))
        case .number(let range):
            var number: [(key: String, value: JSONValue)] = [
                ("type", "number"), ("minimum", JSONValue(floatLiteral: range.lowerBound)),
            ]
            if range.upperBound.isFinite { number.append(("maximum", JSONValue(floatLiteral: range.upperBound))) }
            return Schema.orExpansion(.object(JSONObject(number)))
        case .flag:
            return Schema.orExpansion(["type": "boolean"])
        case .money:
            return Schema.orExpansion([
                "type": ["number", "string"], "minimum": 0, "pattern": "^[0-9]+(\\.[0-9]{1,12})?$",
            ])
        case .list(let item, let count):
            var list: [(key: String, value: JSONValue)] = [("type", "array"), ("items", item.json)]
            if count.lowerBound > 0 { list.append(("minItems", .number(JSONNumber(count.lowerBound)))) }
            list.append(("maxItems", .number(JSONNumber(count.upperBound))))
            return list
        case .mapping(let members):
            return members.keywords
        case .either(let schemas):
            return [("anyOf", .array(schemas.map(\.json)))]
        }
    }
}

extension Schema.Members {
    /// A mapping; one without keys may also be left blank.
    fileprivate var keywords: [(key: String, value: JSONValue)] {
        let isEmptyAllowed = self.required.isEmpty && self.exactlyOne.isEmpty
        var result: [(key: String, value: JSONValue)] = [("type", isEmptyAllowed ? ["object", "null"] : "object")]
        if !self.properties.isEmpty {
            result.append(("properties", .object(JSONObject(self.properties.map { ($0.name, $0.schema.json) }))))
        }
        if !self.patterns.isEmpty {
            result.append(("patternProperties", .object(JSONObject(self.patterns.map { ($0.name, $0.schema.json) }))))
        }
        result.append(("additionalProperties", false))
        if !self.required.isEmpty { result.append(("required", .array(self.required.map { .string($0) }))) }
        if !self.exactlyOne.isEmpty {
            result.append(("oneOf", .array(self.exactlyOne.map { ["required": [.string($0)]] })))
        }
        return result
    }
}

extension Schema.Literal {
    fileprivate var json: JSONValue {
        switch self {
        case .text(let text): .string(text)
        case .integer(let number): .number(JSONNumber(number))
        case .flag(let flag): .bool(flag)
        case .list(let items): .array(items.map(\.json))
        }
    }
}
