/// A JSON value as a tree: for what has to be translated, and for configuration and tests. The request path of a body that
/// is passed through uses ``JSONMembers`` and ``Splice`` instead.
///
/// Key order, duplicate keys and the text of numbers are kept, so parsing and writing a compact document gives the same
/// bytes, save for escapes that were not needed.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

// MARK: Looking inside

extension JSONValue {
    /// The value of the member `key` (the last one of that name): nil where there is none or this is no object. Setting
    /// does nothing on a value that is not an object.
    package subscript(key: String) -> JSONValue? {
        get {
            guard case .object(let object) = self else { return nil }
            return object[key]
        }
        set {
            guard case .object(var object) = self else { return }
            // Emptied first, so that the members are changed in place and not copied.
            self = .null
            object[key] = newValue
            self = .object(object)
        }
    }

    /// The element at `index`: nil where there is none or this is no array.
    package subscript(index: Int) -> JSONValue? {
        guard case .array(let array) = self, array.indices.contains(index) else { return nil }
        return array[index]
    }

    /// The text, where this is a string.
    package var asString: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The integer, where this is a number written as one that fits.
    package var asInt: Int? {
        guard case .number(let number) = self else { return nil }
        return number.int
    }

    /// The nearest double, where this is a number within range.
    package var asDouble: Double? {
        guard case .number(let number) = self else { return nil }
        return number.double
    }

    /// The truth value, where this is one.
    package var asBool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements, where this is an array.
    package var asArray: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members, where this is an object.
    package var asObject: JSONObject? {
        guard case .object(let object) = self else { return nil }
        return object
    }

    /// Whether this is `null`.
    package var isNull: Bool { self == .null }

    /// Whether the two say the same: members compared without regard to order, the last of duplicates alone, and numbers by
    /// value. Meant for tests: quadratic in the number of members.
    package func isEquivalent(to other: JSONValue) -> Bool {
        switch (self, other) {
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isEquivalent(to: $1) }
        case (.object(let left), .object(let right)):
            guard Set(left.keys) == Set(right.keys) else { return false }
            return left.keys.allSatisfy { key in
                guard let mine = left[key], let theirs = right[key] else { return false }
                return mine.isEquivalent(to: theirs)
            }
        case (.number(let left), .number(let right)):
            if left == right { return true }
            if let left = left.int, let right = right.int { return left == right }
            guard let left = left.double, let right = right.double else { return false }
            return left == right
        default: return self == other
        }
    }
}

// MARK: Literals

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// `null`.
    package init(nilLiteral: ()) { self = .null }
    /// `true` or `false`.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An integer.
    package init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
    /// The literal must be finite.
    package init(floatLiteral value: Double) {
        precondition(value.isFinite, "JSON has no infinity")
        self = .number(JSONNumber(unchecked: "\(value)"))
    }
    /// A string.
    package init(stringLiteral value: String) { self = .string(value) }
    /// An array.
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// An object, in the order of the literal.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements.map { (key: $0.0, value: $0.1) }))
    }
}

// MARK: Parsing

extension JSONValue {
    /// The one value of a JSON text (RFC 8259), nested at most ``JSONLimits/depth`` deep.
    /// - Throws: where the text is anything else, not valid UTF-8 included.
    package init(parsing bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) {
        var cursor = try JSONCursor(bytes, at: 0)
        cursor.skipWhiteSpace()
        let value = try cursor.readValue(depth: 0)
        try cursor.expectEnd()
        self = value
    }

    /// The one value of a JSON text.
    package init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(JSONSyntaxError) in try JSONValue(parsing: buffer) }
        }
        self = try result.get()
    }

    /// The one value of a JSON text.
    package init(parsing text: String) throws(JSONSyntaxError) {
        var copy = text
        let result = copy.withUTF8 { buffer in
            Result { () throws(JSONSyntaxError) in try JSONValue(parsing: UnsafeRawBufferPointer(buffer)) }
        }
        self = try result.get()
    }
}

extension JSONCursor {
    /// Reads the value at the cursor. `depth` counts the containers open around it, which also bounds the recursion.
    fileprivate mutating func readValue(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        guard let kind = self.kind else { throw self.error("expected a value") }
        switch kind {
        case .string: return .string(try self.readString())
        case .number:
            let start = self.at
            try self.checkNumber()
            let digits = UnsafeBufferPointer(start: self.base + start, count: self.at &- start)
            return .number(JSONNumber(unchecked: String(decoding: digits, as: UTF8.self)))
        case .true, .false, .null:
            try self.checkLiteral(kind)
            return kind == .null ? .null : .bool(kind == .true)
        case .array: return try self.readArray(depth: depth &+ 1)
        case .object: return try self.readObject(depth: depth &+ 1)
        }
    }

    private mutating func readArray(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        guard depth <= JSONLimits.depth else { throw self.error("nested too deeply") }
        var elements: [JSONValue] = []
        self.at &+= 1
        self.skipWhiteSpace()
        if self.byte == UInt8(ascii: "]") {
            self.at &+= 1
            return .array(elements)
        }
        while true {
            elements.append(try self.readValue(depth: depth))
            self.skipWhiteSpace()
            if self.byte == UInt8(ascii: ",") {
                self.at &+= 1
                self.skipWhiteSpace()
                continue
            }
            try self.expect(UInt8(ascii: "]"), "expected ',' or ']'")
            return .array(elements)
        }
    }

    private mutating func readObject(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        guard depth <= JSONLimits.depth else { throw self.error("nested too deeply") }
        var members: [(key: String, value: JSONValue)] = []
        self.at &+= 1
        self.skipWhiteSpace()
        if self.byte == UInt8(ascii: "}") {
            self.at &+= 1
            return .object(JSONObject(members))
        }
        while true {
            guard self.byte == UInt8(ascii: "\"") else { throw self.error("expected a key in quotes") }
            let key = try self.readString()
            self.skipWhiteSpace()
            try self.expect(UInt8(ascii: ":"), "expected ':'")
            self.skipWhiteSpace()
            members.append((key, try self.readValue(depth: depth)))
            self.skipWhiteSpace()
            if self.byte == UInt8(ascii: ",") {
                self.at &+= 1
                self.skipWhiteSpace()
                continue
            }
            try self.expect(UInt8(ascii: "}"), "expected ',' or '}'")
            return .object(JSONObject(members))
        }
    }
}

// MARK: Writing

extension JSONValue: CustomStringConvertible {
    /// Appends the value as compact JSON.
    package func write(into bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let number): bytes.append(contentsOf: number.text.utf8)
        case .string(let text): JSONWriter.appendString(text, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            var isFirst = true
            for element in elements {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                element.write(into: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            var isFirst = true
            for (key, value) in object.members {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                JSONWriter.appendString(key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                value.write(into: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// The value as compact JSON.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        self.write(into: &result)
        return result
    }

    /// The value as compact JSON.
    package var text: String { String(decoding: self.bytes, as: UTF8.self) }

    /// The value as compact JSON.
    package var description: String { self.text }
}
