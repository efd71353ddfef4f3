import JSON
import Testing

struct JSONWriterTests {
    @Test
    func putsCommasBetweenMembersAndElements() {
        var writer = JSONWriter(capacity: 64)
        writer.beginObject()
        writer.key("a")
        writer.number(1)
        writer.key("b")
        writer.beginArray()
        writer.string("x\"y")
        writer.bool(true)
        writer.null()
        writer.number(0.5)
        writer.number(Double.nan)
        writer.beginObject()
        writer.endObject()
        writer.raw(Array("[1]".utf8))
        writer.value(["k": "v"])
        writer.endArray()
        writer.key("c")
        writer.beginArray()
        writer.endArray()
        writer.endObject()
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"a":1,"b":["x\"y",true,null,0.5,null,{},[1],{"k":"v"}],"c":[]}"#
        )
    }

    @Test
    func appendsToWhatIsThere() {
        var writer = JSONWriter(appendingTo: Array("data: ".utf8))
        writer.string("x")
        #expect(writer.bytes == Array("data: \"x\"".utf8))
    }

    @Test
    func escapesEveryControlCharacterAndNothingElse() throws {
        let text = String(String.UnicodeScalarView((0..<0x180).compactMap { Unicode.Scalar($0) }))
        var bytes: [UInt8] = []
        JSONWriter.appendString(text, to: &bytes)
        #expect(try JSONValue(parsing: bytes) == .string(text))
        #expect(bytes.allSatisfy { $0 >= 0x20 })
        let expected = 2 + text.utf8.count + (32 - 5) * 5 + 5 + 2
        #expect(bytes.count == expected)
    }

    @Test
    func writesBytesAsStrings() {
        var writer = JSONWriter()
        Array("a\\b".utf8).withUnsafeBytes { writer.string($0) }
        #expect(writer.bytes == Array(#""a\\b""#.utf8))
    }
}
