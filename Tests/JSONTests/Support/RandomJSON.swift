import JSON

/// Random JSON values, and texts that say them in a roundabout way.
enum RandomJSON {
    private static let words = [
        "", "a", "model", "stream", "content", "é", "日本", "😀", "\u{7F}", "\u{0}", "\n\t\"", "\\", "\\\\\"", "/",
        "a long text that does not fit into a small string, by far", "\u{2028}", "\u{FFFD}", "{\"a\":[1]}", "]}",
    ]
    private static let numbers = [
        "0", "-0", "1", "-1", "1.0", "1e400", "12345678901234567890", "9223372036854775807", "-9223372036854775808",
        "1E+2", "1e-2", "0.1", "-0.0e0", "3.141592653589793238462643",
    ]

    static func text(_ random: inout SeededGenerator) -> String {
        (0..<random.below(4)).map { _ in self.words.pick(&random) }.joined()
    }

    static func value(_ random: inout SeededGenerator, depth: Int = 4) -> JSONValue {
        switch random.below(depth == 0 ? 5 : 8) {
        case 0: return .null
        case 1: return .bool(random.once(in: 2))
        case 2: return .number(JSONNumber(text: self.numbers.pick(&random)) ?? JSONNumber(0))
        case 3, 4: return .string(self.text(&random))
        case 5: return .array((0..<random.below(5)).map { _ in self.value(&random, depth: depth - 1) })
        default: return .object(self.object(&random, depth: depth - 1))
        }
    }

    static func object(_ random: inout SeededGenerator, depth: Int = 3) -> JSONObject {
        JSONObject((0..<random.below(6)).map { _ in (self.text(&random), self.value(&random, depth: depth)) })
    }

    /// `value` with random white space and with characters escaped that need not be.
    static func loosely(_ value: JSONValue, _ random: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        self.space(&bytes, &random)
        switch value {
        case .null, .bool, .number: value.write(into: &bytes)
        case .string(let text): self.string(text, &bytes, &random)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes += self.loosely(element, &random)
            }
            self.space(&bytes, &random)
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (index, (key, value)) in object.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                self.space(&bytes, &random)
                self.string(key, &bytes, &random)
                self.space(&bytes, &random)
                bytes.append(UInt8(ascii: ":"))
                bytes += self.loosely(value, &random)
            }
            self.space(&bytes, &random)
            bytes.append(UInt8(ascii: "}"))
        }
        self.space(&bytes, &random)
        return bytes
    }

    private static func space(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        while random.once(in: 3) { bytes.append([0x20, 0x0A, 0x0D, 0x09].pick(&random)) }
    }

    private static func string(_ text: String, _ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            if random.once(in: 4) {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: random.once(in: 2))
                    bytes += Array(("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
                }
            } else {
                JSONWriter.appendEscaped(String(scalar), to: &bytes)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

/// One to four random edits: bytes changed, removed, doubled, or the end cut off.
func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var result = bytes
    let telling = Array("{}[]\",:\\0-.eEtfnu \n\r".utf8) + [0x00, 0x1F, 0x80, 0xC0, 0xED, 0xF4, 0xFF]
    for _ in 0...random.below(4) where !result.isEmpty {
        let at = random.below(result.count)
        switch random.below(5) {
        case 0: result.remove(at: at)
        case 1: result.insert(telling.pick(&random), at: at)
        case 2: result.removeSubrange(at...)
        case 3: result.insert(contentsOf: result[at..<min(result.count, at + 8)], at: at)
        default: result[at] = random.once(in: 3) ? UInt8(random.below(256)) : telling.pick(&random)
        }
    }
    return result
}
