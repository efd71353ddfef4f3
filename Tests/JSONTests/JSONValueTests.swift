import JSON
import Testing

struct JSONValueTests {
    @Test(arguments: [
        "1.0", "1e400", "12345678901234567890", "-0", "1E+2", #"{"b":1,"a":2,"b":3}"#, #"{"a":[1.50,-0.0,1e-7],"":{}}"#,
        #"["\"\\\n\u0001\u001f","é😀"]"#,
        "[]", "{}", "[[[]]]", "null", "true", "false", "\"\u{7F}/\u{2028}\"",
    ])
    func writesACompactDocumentByteForByte(text: String) throws {
        #expect(try JSONValue(parsing: text).bytes == Array(text.utf8))
    }

    @Test
    func readsEveryKind() throws {
        let value = try JSONValue(
            parsing: #"{"s":"x","n":-3,"d":2.5,"t":true,"z":null,"a":[1,"two"],"o":{"k":{"l":1}}}"#
        )
        #expect(value["s"]?.asString == "x")
        #expect(value["n"]?.asInt == -3)
        #expect(value["d"]?.asDouble == 2.5)
        #expect(value["d"]?.asInt == nil)
        #expect(value["t"]?.asBool == true)
        #expect(value["z"]?.isNull == true)
        #expect(value["a"]?[1] == "two")
        #expect(value["a"]?[2] == nil)
        #expect(value["o"]?["k"]?["l"] == 1)
        #expect(value["missing"] == nil)
        #expect(value[0] == nil)
        #expect(value["s"]?["x"] == nil)
    }

    @Test
    func keepsNumbersAsText() {
        #expect(JSONNumber(text: "1e400")?.double == nil)
        #expect(JSONNumber(text: "1.0")?.int == nil)
        #expect(JSONNumber(text: "1.0")?.double == 1)
        #expect(JSONNumber(text: "12345678901234567890")?.int == nil)
        #expect(JSONNumber(text: "-9223372036854775808")?.int == Int.min)
        #expect(JSONNumber(1.5)?.text == "1.5")
        #expect(JSONNumber(.infinity) == nil)
        #expect(JSONNumber(.nan) == nil)
    }

    @Test(arguments: ["", "01", "1.", "+1", "0x1", "nan", " 1", "1 ", "1\u{0}", "--1"])
    func refusesTextThatIsNoNumber(text: String) {
        #expect(JSONNumber(text: text) == nil)
    }

    @Test(arguments: [
        0.1, 1e21, Double.leastNonzeroMagnitude, -0.0, Double.greatestFiniteMagnitude, 1e16, 123456789.125,
    ])
    func writesDoublesAsNumbersThatReadBack(value: Double) throws {
        let number = try #require(JSONNumber(value))
        #expect(JSONNumber(text: number.text)?.double == value)
    }

    @Test
    func buildsFromLiterals() {
        let value: JSONValue = ["a": [1, 2.5, "x", true, nil], "b": ["c": "\(1 + 1)"]]
        #expect(value.text == #"{"a":[1,2.5,"x",true,null],"b":{"c":"2"}}"#)
    }

    @Test
    func setsMembersWhereTheyStand() throws {
        var value = try JSONValue(parsing: #"{"a":1,"b":2,"a":3,"c":4}"#)
        #expect(value["a"] == 3)
        value["a"] = 5
        #expect(value.text == #"{"b":2,"a":5,"c":4}"#)
        value["d"] = "new"
        value["b"] = nil
        #expect(value.text == #"{"a":5,"c":4,"d":"new"}"#)
        var other: JSONValue = 1
        other["a"] = 1
        #expect(other == 1)
    }

    @Test
    func iteratesInOrder() {
        let object: JSONObject = ["b": 1, "a": 2]
        #expect(object.map { "\($0.key)=\($0.value)" } == ["b=1", "a=2"])
        #expect(object.keys == ["b", "a"])
        #expect(object != ["a": 2, "b": 1])
        #expect(object == ["b": 1, "a": 2])
    }

    @Test(arguments: [
        (#"{"a":1,"b":[1.0]}"#, #"{"b":[1],"a":1e0}"#, true), (#"{"a":1,"a":2}"#, #"{"a":2}"#, true),
        (#"{"a":1}"#, #"{"a":2}"#, false),
        (#"{"a":1}"#, #"{"a":1,"b":null}"#, false), ("[1,2]", "[2,1]", false),
        ("9007199254740993", "9007199254740992", false), ("1", "\"1\"", false),
        ("null", "false", false), ("[1]", "[1,1]", false),
    ])
    func comparesMeaning(left: String, right: String, isEquivalent: Bool) throws {
        let (left, right) = (try JSONValue(parsing: left), try JSONValue(parsing: right))
        #expect(left.isEquivalent(to: right) == isEquivalent)
        #expect(right.isEquivalent(to: left) == isEquivalent)
    }
}
