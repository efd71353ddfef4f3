internal import JSON

/// The arguments of a call that Vertex streams in pieces, each with the JSON path it belongs to (RFC 9535), put
/// together. A string may come in several pieces.
///
/// Source: `FunctionCall.partialArgs` of the google-genai SDK.
struct GeminiPartialArguments {
    private var root = JSONValue.object(JSONObject())
    private var openPath: String?
    private var openText = ""

    /// Elements an array may lack before the one that is set; a gap so large is no real one.
    private static let largestGap = 1024
    private static let longestPath = 64

    private enum Step {
        case key(String)
        case index(Int)
    }

    /// Takes the next piece.
    mutating func take(_ piece: JSONValue) {
        guard let path = piece["jsonPath"]?.asString else { return }
        if path != self.openPath { self.closeString() }
        if let text = piece["stringValue"]?.asString {
            self.openPath = path
            self.openText += text
            if piece["willContinue"]?.asBool != true { self.closeString() }
            return
        }
        self.closeString()
        if let number = piece["numberValue"] {
            self.set(number, at: path)
        } else if let bool = piece["boolValue"] {
            self.set(bool, at: path)
        } else if piece["nullValue"] != nil {
            self.set(.null, at: path)
        }
    }

    /// The whole arguments as JSON text.
    mutating func finished() -> String {
        self.closeString()
        return self.root.text
    }

    private mutating func closeString() {
        guard let path = self.openPath else { return }
        self.openPath = nil
        self.set(.string(self.openText), at: path)
        self.openText = ""
    }

    private mutating func set(_ value: JSONValue, at path: String) {
        guard let steps = Self.steps(path), !steps.isEmpty, steps.count <= Self.longestPath else { return }
        Self.set(value, steps[...], in: &self.root)
    }

    private static func set(_ value: JSONValue, _ steps: ArraySlice<Step>, in node: inout JSONValue) {
        guard let step = steps.first else {
            node = value
            return
        }
        switch step {
        case .key(let key):
            var object = node.asObject ?? JSONObject()
            // Emptied first, so that the members are changed in place and not copied.
            node = .null
            var place = object.members.count - 1
            while place >= 0, object.members[place].key != key { place -= 1 }
            if place < 0 {
                place = object.members.count
                object.members.append((key, .null))
            }
            Self.set(value, steps.dropFirst(), in: &object.members[place].value)
            node = .object(object)
        case .index(let index):
            var array = node.asArray ?? []
            node = .null
            if index <= array.count + Self.largestGap {
                while array.count <= index { array.append(.null) }
                Self.set(value, steps.dropFirst(), in: &array[index])
            }
            node = .array(array)
        }
    }

    /// The steps of `$.a.b[0]['c d']`; nil where it is anything else.
    private static func steps(_ path: String) -> [Step]? {
        let bytes = Array(path.utf8)
        guard bytes.first == UInt8(ascii: "$") else { return nil }
        var steps: [Step] = []
        var at = 1
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: ".") {
                let start = at + 1
                at = start
                while at < bytes.count, bytes[at] != UInt8(ascii: "."), bytes[at] != UInt8(ascii: "[") { at += 1 }
                guard at > start else { return nil }
                steps.append(.key(String(decoding: bytes[start..<at], as: UTF8.self)))
            } else if bytes[at] == UInt8(ascii: "["), at + 1 < bytes.count {
                at += 1
                let quote = bytes[at]
                if quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") {
                    var name: [UInt8] = []
                    at += 1
                    while at < bytes.count, bytes[at] != quote {
                        if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count { at += 1 }
                        name.append(bytes[at])
                        at += 1
                    }
                    at += 1
                    steps.append(.key(String(decoding: name, as: UTF8.self)))
                } else {
                    let start = at
                    while at < bytes.count, bytes[at] != UInt8(ascii: "]") { at += 1 }
                    guard let index = Int(String(decoding: bytes[start..<at], as: UTF8.self)), index >= 0 else {
                        return nil
                    }
                    steps.append(.index(index))
                }
                guard at < bytes.count, bytes[at] == UInt8(ascii: "]") else { return nil }
                at += 1
            } else {
                return nil
            }
        }
        return steps
    }
}
