/// Writes JSON piece by piece into an array of bytes, commas in their places: for objects whose shape is known in the code.
///
///     var writer = JSONWriter()
///     writer.beginObject()
///     writer.key("model")
///     writer.string(name)
///     writer.endObject()
///
/// The writer trusts its caller to nest and to alternate keys and values properly.
package struct JSONWriter: Sendable {
    /// What has been written.
    package private(set) var bytes: [UInt8]
    private var needsComma = false

    /// A writer with room for `capacity` bytes before it allocates again.
    package init(capacity: Int = 0) {
        self.bytes = []
        self.bytes.reserveCapacity(capacity)
    }

    /// A writer that appends to `bytes`, where a new value starts.
    package init(appendingTo bytes: consuming [UInt8]) { self.bytes = bytes }

    /// Opens an object.
    package mutating func beginObject() { self.begin(UInt8(ascii: "{")) }
    /// Closes the object opened last.
    package mutating func endObject() { self.end(UInt8(ascii: "}")) }
    /// Opens an array.
    package mutating func beginArray() { self.begin(UInt8(ascii: "[")) }
    /// Closes the array opened last.
    package mutating func endArray() { self.end(UInt8(ascii: "]")) }

    /// Writes the name of the next member.
    package mutating func key(_ name: String) {
        self.separate()
        Self.appendString(name, to: &self.bytes)
        self.bytes.append(UInt8(ascii: ":"))
        self.needsComma = false
    }

    /// Writes a string.
    package mutating func string(_ text: String) {
        self.separate()
        Self.appendString(text, to: &self.bytes)
    }

    /// Writes a string of bytes that are valid UTF-8.
    package mutating func string(_ text: UnsafeRawBufferPointer) {
        self.separate()
        self.bytes.append(UInt8(ascii: "\""))
        Self.appendEscaped(text, to: &self.bytes)
        self.bytes.append(UInt8(ascii: "\""))
    }

    /// Writes an integer.
    package mutating func number(_ value: Int) {
        self.separate()
        self.bytes.append(contentsOf: String(value).utf8)
    }

    /// Writes a number as its text stands.
    package mutating func number(_ value: JSONNumber) {
        self.separate()
        self.bytes.append(contentsOf: value.text.utf8)
    }

    /// Writes a number; null where it is infinite or not a number, which JSON cannot say.
    package mutating func number(_ value: Double) {
        guard let number = JSONNumber(value) else { return self.null() }
        self.number(number)
    }

    /// Writes `true` or `false`.
    package mutating func bool(_ value: Bool) {
        self.separate()
        self.bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// Writes `null`.
    package mutating func null() {
        self.separate()
        self.bytes.append(contentsOf: "null".utf8)
    }

    /// Writes a whole tree.
    package mutating func value(_ value: JSONValue) {
        self.separate()
        value.write(into: &self.bytes)
    }

    /// Writes one value that is JSON already, as it is.
    package mutating func raw(_ json: UnsafeRawBufferPointer) {
        self.separate()
        self.bytes.append(contentsOf: json)
    }

    /// Writes one value that is JSON already, as it is.
    package mutating func raw(_ json: [UInt8]) {
        self.separate()
        self.bytes.append(contentsOf: json)
    }

    private mutating func begin(_ bracket: UInt8) {
        self.separate()
        self.bytes.append(bracket)
        self.needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        self.bytes.append(bracket)
        self.needsComma = true
    }

    @inline(__always)
    private mutating func separate() {
        if self.needsComma { self.bytes.append(UInt8(ascii: ",")) }
        self.needsComma = true
    }
}

// MARK: Strings

extension JSONWriter {
    /// Appends `text` as a JSON string, its quotes included.
    package static func appendString(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        Self.appendEscaped(text, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends the content of a JSON string that says `text`, without quotes.
    package static func appendEscaped(_ text: String, to bytes: inout [UInt8]) {
        var copy = text
        copy.withUTF8 { Self.appendEscaped(UnsafeRawBufferPointer($0), to: &bytes) }
    }

    /// Appends the content of a JSON string that says `text`, without quotes. `text` must be valid UTF-8. Escapes quotes,
    /// backslashes and control characters, and nothing else.
    package static func appendEscaped(_ text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        guard let start = text.baseAddress else { return }
        let base = start.assumingMemoryBound(to: UInt8.self)
        var at = 0
        var seen: UInt64 = 0
        while true {
            let special = ByteSearch.firstSpecial(base, from: at, to: text.count, seen: &seen)
            if special > at { bytes.append(contentsOf: UnsafeBufferPointer(start: base + at, count: special &- at)) }
            guard special < text.count else { return }
            Self.appendEscape(base[special], to: &bytes)
            at = special &+ 1
        }
    }

    private static func appendEscape(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x00..<0x20:
            let low = byte & 0x0F
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(UInt8(ascii: "0") &+ byte &>> 4)
            bytes.append(low < 10 ? UInt8(ascii: "0") &+ low : UInt8(ascii: "a") &+ low &- 10)
        default: bytes.append(byte)
        }
    }
}
