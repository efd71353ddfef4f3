import Core
import Dialects
import JSON
import Testing

/// Schemas as Anthropic takes them, seen through the requests they stand in.
struct AnthropicSchemaTests {
    /// The schema as it is sent for the answer; nil where it cannot be.
    private static func strict(_ schema: JSONValue) throws -> JSONValue? {
        let request = Anthropic.request { $0.output = .jsonSchema(JSONSchemaFormat(schema: schema)) }
        return try Anthropic.encode(request).body["output_config"]?["format"]?["schema"]
    }

    private static func input(_ schema: JSONValue) throws -> JSONValue? {
        let request = Anthropic.request {
            $0.tools = [Tool(.function(FunctionTool(name: "f", parameters: schema)))]
        }
        return try Anthropic.encode(request).body["tools"]?[0]?["input_schema"]
    }

    @Test func everyObjectIsClosedAndBoundsAreDescribed() throws {
        let schema: JSONValue = [
            "$schema": "x", "type": "object", "title": "T",
            "properties": [
                "z": ["type": "string", "description": "Name", "minLength": 1, "maxLength": 9, "pattern": "^a"],
                "a": ["type": "array", "items": ["type": "object", "properties": [:]], "minItems": 1, "maxItems": 4],
                "d": ["type": "string", "format": "date"], "h": ["type": "string", "format": "phone"],
                "o": ["oneOf": [["type": "null"], ["const": 3]], "default": nil],
                "r": ["$ref": "#/$defs/R", "description": "gone"],
            ],
            "required": ["z"],
            "$defs": ["R": ["type": ["object", "null"], "properties": ["e": ["enum": ["a", 1, nil]]]]],
        ]
        #expect(
            try Self.strict(schema) == [
                "type": "object", "title": "T",
                "properties": [
                    "z": ["type": "string", "description": "Name\n\n{minLength: 1, maxLength: 9, pattern: \"^a\"}"],
                    "a": [
                        "type": "array",
                        "items": ["type": "object", "properties": [:], "additionalProperties": false],
                        "minItems": 1, "description": "{maxItems: 4}",
                    ],
                    "d": ["type": "string", "format": "date"],
                    "h": ["type": "string", "description": "{format: \"phone\"}"],
                    "o": ["anyOf": [["type": "null"], ["const": 3]], "default": nil],
                    "r": ["$ref": "#/$defs/R"],
                ],
                "required": ["z"],
                "$defs": [
                    "R": [
                        "type": ["object", "null"], "properties": ["e": ["enum": ["a", 1, nil]]],
                        "additionalProperties": false,
                    ]
                ],
                "additionalProperties": false,
            ]
        )
    }

    @Test(
        arguments: [
            [
                "type": "object", "properties": ["a": ["$ref": "#/$defs/A"]],
                "$defs": ["A": ["anyOf": [["$ref": "#/$defs/A"]]]],
            ],
            ["type": "object", "properties": ["a": ["$ref": "#"]]],
            ["type": "object", "properties": ["a": ["$ref": "https://a.b/c"]]],
            ["type": "object", "properties": ["a": ["$ref": "#/$defs/missing"]]],
            ["type": "object", "properties": ["a": [:]]],
            ["type": "object", "properties": ["a": true]],
            ["type": "object"],
            ["type": "object", "properties": [:], "additionalProperties": ["type": "string"]],
            ["type": "object", "properties": [:], "patternProperties": [:]],
            ["type": "object", "properties": ["a": ["not": ["type": "string"]]]],
            [
                "type": "object", "properties": ["a": ["allOf": [["$ref": "#/$defs/A"]]]],
                "$defs": ["A": ["type": "null"]],
            ],
            ["type": "object", "properties": ["a": ["enum": []]]],
            ["type": "object", "properties": ["a": ["enum": [[:]]]]],
            true,
        ] as [JSONValue]
    )
    func whatTheSubsetCannotSayIsNotSaidInIt(schema: JSONValue) throws {
        #expect(try Self.strict(schema) == nil)
    }

    @Test func aChainOfDefinitionsIsNoCircle() throws {
        var definitions = JSONObject()
        for at in 0..<2000 {
            let next: JSONValue = at == 1999 ? ["type": "null"] : ["$ref": "#/$defs/D\(at + 1)"]
            definitions.members.append(("D\(at)", next))
        }
        let schema: JSONValue = [
            "type": "object", "properties": ["a": ["$ref": "#/$defs/D0"]], "$defs": .object(definitions),
        ]
        #expect(try Self.strict(schema) != nil)
        definitions["D1999"] = ["$ref": "#/$defs/D0"]
        let circle: JSONValue = [
            "type": "object", "properties": ["a": ["$ref": "#/$defs/D0"]], "$defs": .object(definitions),
        ]
        #expect(try Self.strict(circle) == nil)
    }

    @Test func argumentsAreAnObjectAtTheRoot() throws {
        #expect(try Self.input([:]) == ["type": "object", "properties": [:]])
        #expect(try Self.input(nil) == ["type": "object", "properties": [:]])
        #expect(
            try Self.input(["properties": ["a": ["type": "string"]]])
                == ["type": "object", "properties": ["a": ["type": "string"]]]
        )
        #expect(try Self.input(["type": ["object", "null"]]) == ["type": "object"])
    }

    @Test func alternativesAtTheRootBecomeOneObject() throws {
        let schema: JSONValue = [
            "anyOf": [
                [
                    "type": "object", "properties": ["a": ["type": "string"], "b": ["type": "null"]],
                    "required": ["a", "b"],
                ],
                ["$ref": "#/$defs/X"],
            ],
            "$defs": ["X": ["type": "object", "properties": ["c": ["type": "string"]], "required": ["b"]]],
        ]
        #expect(
            try Self.input(schema)?.isEquivalent(
                to: [
                    "type": "object",
                    "properties": ["a": ["type": "string"], "b": ["type": "null"], "c": ["type": "string"]],
                    "required": ["b"],
                    "$defs": ["X": ["type": "object", "properties": ["c": ["type": "string"]], "required": ["b"]]],
                ]
            ) == true
        )
    }
}
