import JSON
import Providers
import TestSupport
import Testing

struct DemoSchemaTests {
    /// What the demo answers where the answer must fit `schema`.
    private static func value(_ schema: JSONValue, question: String = "hello") throws -> JSONValue {
        let format: JSONValue = [
            "type": "json_schema", "json_schema": ["name": "s", "strict": true, "schema": schema],
        ]
        let answer = try tree(ask(chat(question, ["response_format": format])))
        return try JSONValue(parsing: try #require(answer["choices"]?[0]?["message"]?["content"]?.asString))
    }

    @Test(arguments: [
        (
            #"{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"boolean"}},"required":["b","a"]}"#,
            #"{"b":"b","a":true}"#
        ),
        (#"{"enum":["red","green"]}"#, #""red""#), (#"{"type":"integer","enum":["x",5]}"#, "5"),
        (#"{"const":{"a":[1.0]}}"#, #"{"a":[1.0]}"#),
        (#"{"type":["null","string"]}"#, #""value""#), (#"{"type":"null"}"#, "null"),
        (#"{"type":"integer","minimum":3}"#, "3"), (#"{"type":"integer","exclusiveMinimum":3,"maximum":4}"#, "4"),
        (#"{"type":"integer","maximum":-5}"#, "-5"), (#"{"type":"integer","multipleOf":7,"minimum":10}"#, "14"),
        (#"{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1}"#, "0.5"),
        (#"{"type":"string","minLength":8}"#, #""valuexxx""#), (#"{"type":"string","maxLength":2}"#, #""va""#),
        (#"{"type":"string","format":"date"}"#, #""2026-01-10""#),
        (#"{"type":"string","pattern":"^[A-Z]{3}-\\d{4}$"}"#, #""AAA-0000""#),
        (#"{"type":"string","pattern":"^(cat|dog)s?$","minLength":4}"#, #""cats""#),
        (#"{"type":"string","pattern":"^[^a-c]+@\\w{2,}$"}"#, #""x@aa""#),
        (#"{"type":"array","items":{"type":"integer"},"minItems":3,"uniqueItems":true}"#, "[1,2,3]"),
        (#"{"type":"array","prefixItems":[{"type":"string"},{"type":"boolean"}]}"#, #"["value",false]"#),
        (#"{"type":"array","items":{"type":"string"},"maxItems":0}"#, "[]"),
        (#"{"type":"object","additionalProperties":{"type":"integer"}}"#, #"{"key_1":2}"#),
        (#"{"type":"object","required":["x"],"additionalProperties":{"type":"boolean"}}"#, #"{"x":true}"#),
        (
            #"{"allOf":[{"type":"object","properties":{"a":{"type":"null"}}},{"properties":{"b":{"type":"null"}},"required":["b"]}]}"#,
            #"{"a":null,"b":null}"#
        ),
        (#"{"anyOf":[{"type":"null"},{"type":"string"}]}"#, "null"), (#"{"oneOf":[false,{"type":"boolean"}]}"#, "true"),
        (##"{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"integer","minimum":9}}}"##, "9"),
        (
            ##"{"type":"object","properties":{"a":{"$ref":"#/$defs/A","description":"x"}},"$defs":{"A":{"enum":["one"]}}}"##,
            #"{"a":"one"}"#
        ),
        (
            ##"{"$ref":"#/$defs/N","$defs":{"N":{"type":"object","properties":{"v":{"type":"null"},"next":{"anyOf":[{"$ref":"#/$defs/N"},{"type":"null"}]}},"required":["v","next"]}}}"##,
            #"{"v":null,"next":null}"#
        ),
        ("{}", #""value""#),
    ])
    func makesTheSimplestValueThatFits(schema: String, value: String) throws {
        #expect(try Self.value(try JSONValue(parsing: schema)).text == value)
    }

    @Test
    func takesNumbersFromTheQuestion() throws {
        let schema = try JSONValue(
            parsing:
                #"{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"number"},"c":{"type":"integer","maximum":1}}}"#
        )
        #expect(try Self.value(schema, question: "take 7, then 2.50.").text == #"{"a":7,"b":2.50,"c":1}"#)
    }

    @Test(arguments: [
        ##"{"$ref":"#/$defs/A","$defs":{"A":{"$ref":"#/$defs/A"}}}"##, ##"{"$ref":"#"}"##,
        ##"{"allOf":[{"$ref":"#"}]}"##, ##"{"anyOf":[{"$ref":"#"},{"$ref":"#"}]}"##,
        ##"{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}"##,
        ##"{"type":"array","items":{"$ref":"#"},"minItems":2}"##,
        #"{"$ref":"http://other/schema"}"#, ##"{"$ref":"#/nothing"}"##, #"{"not":{}}"#,
        #"{"type":"string","pattern":"(?=x)(((["}"#,
        #"{"type":"string","pattern":"[]"}"#, #"{"type":"string","pattern":"a{99999}"}"#,
        #"{"type":"string","minLength":1000000000000}"#,
        #"{"type":"array","minItems":1000000000,"items":{"type":"array","minItems":1000000000,"items":{}}}"#,
        #"{"type":"integer","minimum":5,"maximum":4}"#, #"{"type":"integer","minimum":1e300}"#,
        #"{"type":"number","multipleOf":1e-300}"#,
        #"{"enum":[]}"#, #"{"type":[]}"#, #"{"type":7,"properties":[],"required":{},"items":3}"#,
        #"{"maxItems":-3,"type":"array"}"#,
        #"{"type":"object","minProperties":1000000000}"#, #"{"type":"string","maxLength":-1}"#,
        #"{"type":"string","pattern":"^((a{1000}){1000}){1000}$"}"#, #"{"type":"string","pattern":"\\"}"#,
        #"{"type":"string","pattern":"["}"#,
    ])
    func survivesSchemasNothingFits(schema: String) throws {
        _ = try Self.value(try JSONValue(parsing: schema))
    }

    /// Random schemas of the kind structured output takes: the value passes an independent check.
    @Test(arguments: 0..<400)
    func fitsRandomSchemas(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        var schema = RandomSchema(random: random).make(depth: 0).asObject ?? JSONObject()
        schema["$defs"] = RandomSchema.definitions
        random = SeededGenerator(seed: seed)
        let value = try Self.value(.object(schema), question: "use 3 and -4.5")
        let problem = SchemaCheck(root: .object(schema)).problem(value, .object(schema))
        #expect(problem == nil, "seed \(seed): \(value.text) for \(JSONValue.object(schema).text)")
    }
}

/// Makes schemas from what strict structured output allows.
private struct RandomSchema {
    var random: SeededGenerator

    static let definitions: JSONValue = [
        "Node": [
            "type": "object",
            "properties": ["v": ["type": "integer"], "n": ["anyOf": [["$ref": "#/$defs/Node"], ["type": "null"]]]],
            "required": ["v", "n"], "additionalProperties": false,
        ],
        "Color": ["enum": ["red", "green"]],
    ]

    init(random: SeededGenerator) { self.random = random }

    func make(depth: Int) -> JSONValue {
        var copy = self
        return copy.schema(depth)
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self.random) }

    private mutating func schema(_ depth: Int) -> JSONValue {
        switch self.number(0...(depth < 4 ? 11 : 6)) {
        case 0: return ["type": "boolean"]
        case 1:
            let low = self.number(-20...20)
            return [
                "type": "integer", "minimum": .number(JSONNumber(low)),
                "maximum": .number(JSONNumber(low + self.number(0...9))),
            ]
        case 2:
            let low = self.number(-20...20)
            return [
                "type": "number", "exclusiveMinimum": .number(JSONNumber(low)),
                "exclusiveMaximum": .number(JSONNumber(low + 1)),
            ]
        case 3:
            let low = self.number(0...12)
            return [
                "type": "string", "minLength": .number(JSONNumber(low)),
                "maxLength": .number(JSONNumber(low + self.number(0...5))),
            ]
        case 4: return ["enum": ["a", 1, nil, ["x": true]]]
        case 5: return ["type": ["string", "null"]]
        case 6: return ["$ref": self.number(0...1) == 0 ? "#/$defs/Node" : "#/$defs/Color"]
        case 7, 8:
            let low = self.number(0...3)
            return [
                "type": "array", "items": self.schema(depth + 1), "minItems": .number(JSONNumber(low)),
                "maxItems": .number(JSONNumber(low + self.number(0...2))),
            ]
        case 9: return ["anyOf": .array((0...self.number(0...2)).map { _ in self.schema(depth + 1) })]
        default:
            var properties = JSONObject()
            for index in 0..<self.number(0...4) { properties["p\(index)"] = self.schema(depth + 1) }
            return [
                "type": "object", "properties": .object(properties),
                "required": .array(properties.keys.map { .string($0) }),
                "additionalProperties": false,
            ]
        }
    }
}

/// Checks a value against a schema of the kind ``RandomSchema`` makes.
private struct SchemaCheck {
    var root: JSONValue

    /// What is wrong with `value`, or nil.
    func problem(_ value: JSONValue, _ schema: JSONValue) -> String? {
        if let name = schema["$ref"]?.asString {
            guard let target = self.root["$defs"]?[String(name.dropFirst(8))] else { return "no \(name)" }
            return self.problem(value, target)
        }
        if let values = schema["enum"]?.asArray { return values.contains(value) ? nil : "not in enum" }
        if let branches = schema["anyOf"]?.asArray {
            return branches.contains { self.problem(value, $0) == nil } ? nil : "fits no branch"
        }
        let types = schema["type"]?.asArray?.compactMap(\.asString) ?? [schema["type"]?.asString ?? ""]
        let type: String
        switch value {
        case .null: type = "null"
        case .bool: type = "boolean"
        case .string: type = "string"
        case .array: type = "array"
        case .object: type = "object"
        case .number(let number): type = number.int != nil && !types.contains("number") ? "integer" : "number"
        }
        guard types.contains(type) else { return "\(type) is not \(types)" }
        return self.bounds(value, schema)
    }

    private func bounds(_ value: JSONValue, _ schema: JSONValue) -> String? {
        func bound(_ key: String) -> Double? { schema[key]?.asDouble }
        if let number = value.asDouble {
            if number < bound("minimum") ?? -.infinity || number > bound("maximum") ?? .infinity {
                return "out of range"
            }
            if number <= bound("exclusiveMinimum") ?? -.infinity || number >= bound("exclusiveMaximum") ?? .infinity {
                return "out of open range"
            }
        }
        if let text = value.asString {
            let length = Double(text.unicodeScalars.count)
            if length < bound("minLength") ?? 0 || length > bound("maxLength") ?? .infinity { return "wrong length" }
        }
        if let elements = value.asArray {
            let count = Double(elements.count)
            if count < bound("minItems") ?? 0 || count > bound("maxItems") ?? .infinity { return "wrong count" }
            for element in elements {
                if let problem = self.problem(element, schema["items"] ?? [:]) { return problem }
            }
        }
        if let object = value.asObject {
            let properties = schema["properties"]?.asObject ?? JSONObject()
            if Set(object.keys) != Set(properties.keys) { return "wrong members" }
            for member in object {
                if let schema = properties[member.key], let problem = self.problem(member.value, schema) {
                    return problem
                }
            }
        }
        return nil
    }
}
