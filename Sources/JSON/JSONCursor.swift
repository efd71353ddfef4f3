/// A place in a JSON text, and the steps of the grammar (RFC 8259) from there. Every other reader of this room is built
/// of these steps. A cursor does not outlive the buffer it was made over.
struct JSONCursor {
    /// The first byte of the text.
    let base: UnsafePointer<UInt8>
    /// The number of bytes in the text.
    let count: Int
    /// The offset of the next byte to read.
    var at: Int

    /// A cursor over `bytes` at `offset`.
    /// - Throws: "unexpected end of input" where nothing stands there.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(JSONSyntaxError) {
        guard let start = bytes.baseAddress, offset >= 0, offset < bytes.count else {
            throw JSONSyntaxError(offset: bytes.count, message: "unexpected end of input")
        }
        self.base = start.assumingMemoryBound(to: UInt8.self)
        self.count = bytes.count
        self.at = offset
    }

    /// The error for the byte at the cursor: the end of input where there is none.
    @inline(never)
    func error(_ message: String) -> JSONSyntaxError {
        guard self.at < self.count else {
            return JSONSyntaxError(offset: self.count, message: "unexpected end of input")
        }
        return JSONSyntaxError(offset: self.at, message: message)
    }

    /// The byte at the cursor; 0, which no grammar rule accepts outside strings, at the end.
    @inline(__always)
    var byte: UInt8 { self.at < self.count ? self.base[self.at] : 0 }

    /// Passes over white space: space, tab, line feed, carriage return and nothing else.
    @inline(__always)
    mutating func skipWhiteSpace() {
        while self.at < self.count {
            let byte = self.base[self.at]
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            self.at &+= 1
        }
    }

    /// Passes over `byte`, or throws `message`.
    @inline(__always)
    mutating func expect(_ byte: UInt8, _ message: StaticString) throws(JSONSyntaxError) {
        guard self.byte == byte else { throw self.error("\(message)") }
        self.at &+= 1
    }

    /// The kind of the value that starts at the cursor, told by its first byte; nil where no value can start.
    @inline(__always)
    var kind: JSONKind? {
        switch self.byte {
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): .number
        case UInt8(ascii: "t"): .true
        case UInt8(ascii: "f"): .false
        case UInt8(ascii: "n"): .null
        default: nil
        }
    }

    /// Checks that nothing but white space is left, and moves to the end.
    mutating func expectEnd() throws(JSONSyntaxError) {
        self.skipWhiteSpace()
        guard self.at == self.count else { throw self.error("unexpected text after the value") }
    }
}

// MARK: Scalars

extension JSONCursor {
    /// Passes over the string at the cursor without looking inside: no check of escapes or control characters.
    @inline(__always)
    mutating func skipString() throws(JSONSyntaxError) {
        guard let quote = ByteSearch.closingQuote(self.base, from: self.at &+ 1, to: self.count) else {
            throw JSONSyntaxError(offset: self.count, message: "unexpected end of input")
        }
        self.at = quote &+ 1
    }

    /// Passes over the string at the cursor, checking it: escapes are well formed and no control character stands bare.
    /// - Returns: whether there are escapes, and whether all bytes are ASCII (false may be a false alarm).
    @inline(__always)
    mutating func checkString() throws(JSONSyntaxError) -> (hasEscapes: Bool, isASCII: Bool) {
        var hasEscapes = false
        var seen: UInt64 = 0
        self.at &+= 1
        while true {
            self.at = ByteSearch.firstSpecial(self.base, from: self.at, to: self.count, seen: &seen)
            switch self.byte {
            case UInt8(ascii: "\"") where self.at < self.count:
                self.at &+= 1
                return (hasEscapes, ByteSearch.isASCII(seen))
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try self.checkEscape()
            default: throw self.error("unescaped control character in a string")
            }
        }
    }

    /// Passes over the escape at the cursor (a backslash).
    private mutating func checkEscape() throws(JSONSyntaxError) {
        self.at &+= 1
        switch self.byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            self.at &+= 1
        case UInt8(ascii: "u"):
            self.at &+= 1
            for _ in 0..<4 {
                guard self.at < self.count, JSONEscape.hexDigit(self.base[self.at]) != nil else {
                    throw self.error("expected four hexadecimal digits")
                }
                self.at &+= 1
            }
        default: throw self.error("unknown escape in a string")
        }
    }

    /// Passes over the number at the cursor.
    @inline(__always)
    mutating func checkNumber() throws(JSONSyntaxError) {
        if self.byte == UInt8(ascii: "-") { self.at &+= 1 }
        if self.byte == UInt8(ascii: "0") {
            self.at &+= 1
            guard !self.isAtDigit else { throw self.error("a number may not start with a zero") }
        } else {
            try self.checkDigits()
        }
        if self.byte == UInt8(ascii: ".") {
            self.at &+= 1
            try self.checkDigits()
        }
        if self.byte | 0x20 == UInt8(ascii: "e") {
            self.at &+= 1
            if self.byte == UInt8(ascii: "+") || self.byte == UInt8(ascii: "-") { self.at &+= 1 }
            try self.checkDigits()
        }
    }

    @inline(__always)
    private var isAtDigit: Bool { self.byte &- UInt8(ascii: "0") < 10 }

    @inline(__always)
    private mutating func checkDigits() throws(JSONSyntaxError) {
        guard self.isAtDigit else { throw self.error("expected a digit") }
        repeat { self.at &+= 1 } while self.isAtDigit
    }

    /// Passes over `true`, `false` or `null` at the cursor, told apart by `kind`.
    @inline(__always)
    mutating func checkLiteral(_ kind: JSONKind) throws(JSONSyntaxError) {
        switch kind {
        case .true: try self.checkWord("true")
        case .false: try self.checkWord("false")
        default: try self.checkWord("null")
        }
    }

    @inline(__always)
    private mutating func checkWord(_ word: StaticString) throws(JSONSyntaxError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard self.byte == word.utf8Start[index] else { throw self.error("expected a value") }
            self.at &+= 1
        }
    }
}

// MARK: Whole values

extension JSONCursor {
    /// Passes over the value at the cursor, which is of this kind: scalars are checked, but strings are jumped through, and
    /// of arrays and objects only the nesting is checked. `depth` counts the containers open around the value.
    @inline(__always)
    mutating func skipValue(_ kind: JSONKind, depth: Int) throws(JSONSyntaxError) {
        switch kind {
        case .string: try self.skipString()
        case .number: try self.checkNumber()
        case .object, .array: try self.skipContainer(depth: depth)
        case .true, .false, .null: try self.checkLiteral(kind)
        }
    }

    /// Passes over the array or object at the cursor by matching brackets and jumping through strings.
    mutating func skipContainer(depth outer: Int) throws(JSONSyntaxError) {
        var depth = outer
        // One bit for each open container, 1 for an object; the limit of 128 is the width of the stack.
        var stack: UInt128 = 0
        var at = self.at
        while at < self.count {
            let byte = self.base[at]
            switch byte {
            case UInt8(ascii: "\""):
                guard let quote = ByteSearch.closingQuote(self.base, from: at &+ 1, to: self.count) else {
                    throw JSONSyntaxError(offset: self.count, message: "unexpected end of input")
                }
                at = quote &+ 1
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth &+= 1
                guard depth <= JSONLimits.depth else {
                    throw JSONSyntaxError(offset: at, message: "nested too deeply")
                }
                stack = stack &<< 1 | (byte == UInt8(ascii: "{") ? 1 : 0)
                at &+= 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard stack & 1 == (byte == UInt8(ascii: "}") ? 1 : 0) else {
                    throw JSONSyntaxError(offset: at, message: "a bracket does not match")
                }
                stack = stack &>> 1
                depth &-= 1
                at &+= 1
                if depth == outer {
                    self.at = at
                    return
                }
            case UInt8(ascii: ","), UInt8(ascii: ":"): at &+= 1
            default:
                // A number, a literal or white space: often a longer run without structure.
                at = ByteSearch.firstStructural(self.base, from: at &+ 1, to: self.count)
            }
        }
        throw JSONSyntaxError(offset: self.count, message: "unexpected end of input")
    }

    /// Passes over the value at the cursor and checks all of it against the grammar, UTF-8 in strings included. `depth`
    /// counts the containers open around the value. Works on a stack of bits, not by recursion.
    mutating func checkValue(depth outer: Int) throws(JSONSyntaxError) {
        var depth = outer
        var stack: UInt128 = 0
        while true {
            self.skipWhiteSpace()
            guard let kind = self.kind else { throw self.error("expected a value") }
            switch kind {
            case .string: try self.checkText()
            case .number: try self.checkNumber()
            case .true, .false, .null: try self.checkLiteral(kind)
            case .object, .array:
                depth &+= 1
                guard depth <= JSONLimits.depth else { throw self.error("nested too deeply") }
                stack = stack &<< 1 | (kind == .object ? 1 : 0)
                self.at &+= 1
                self.skipWhiteSpace()
                if self.byte == (kind == .object ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
                    self.at &+= 1
                    stack = stack &>> 1
                    depth &-= 1
                } else {
                    if kind == .object { try self.checkKey() }
                    continue
                }
            }
            // A value has ended: close what ends with it, or go on to the next one.
            while true {
                if depth == outer { return }
                self.skipWhiteSpace()
                let isObject = stack & 1 == 1
                if self.byte == UInt8(ascii: ",") {
                    self.at &+= 1
                    if isObject {
                        self.skipWhiteSpace()
                        try self.checkKey()
                    }
                    break
                }
                try self.expect(
                    isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"),
                    isObject ? "expected ',' or '}'" : "expected ',' or ']'"
                )
                stack = stack &>> 1
                depth &-= 1
            }
        }
    }

    /// Passes over a key and its colon.
    @inline(__always)
    private mutating func checkKey() throws(JSONSyntaxError) {
        guard self.byte == UInt8(ascii: "\"") else { throw self.error("expected a key in quotes") }
        try self.checkText()
        self.skipWhiteSpace()
        try self.expect(UInt8(ascii: ":"), "expected ':'")
    }

    /// Passes over a string and checks its UTF-8 too.
    @inline(__always)
    private mutating func checkText() throws(JSONSyntaxError) {
        let start = self.at
        guard try !self.checkString().isASCII else { return }
        guard UTF8Check.isValid(self.base, from: start, to: self.at) else {
            throw JSONSyntaxError(offset: start, message: "a string is not valid UTF-8")
        }
    }
}
