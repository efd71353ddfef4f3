/// Reading single values, and checking whole texts, without a tree.
package enum JSONScan {
    /// The string at `value` (its quotes included), decoded; a surrogate escape without its partner becomes U+FFFD.
    /// - Throws: where `value` is not a whole well-formed string of valid UTF-8.
    package static func string(
        _ value: Range<Int>,
        in bytes: UnsafeRawBufferPointer
    ) throws(JSONSyntaxError) -> String {
        guard value.lowerBound >= 0, value.upperBound <= bytes.count else {
            throw JSONSyntaxError(offset: bytes.count, message: "unexpected end of input")
        }
        var cursor = try JSONCursor(UnsafeRawBufferPointer(rebasing: bytes[..<value.upperBound]), at: value.lowerBound)
        guard cursor.byte == UInt8(ascii: "\"") else { throw cursor.error("expected a string") }
        let text = try cursor.readString()
        guard cursor.at == value.upperBound else { throw cursor.error("unexpected text after the value") }
        return text
    }

    /// Whether the string at `value` (its quotes included) is written just so: `text`, without escapes. A string that says
    /// the same with escapes is not found.
    @inline(__always)
    package static func isString(
        _ text: StaticString,
        _ value: Range<Int>,
        in bytes: UnsafeRawBufferPointer
    ) -> Bool {
        let count = text.utf8CodeUnitCount
        guard value.upperBound &- value.lowerBound == count &+ 2, value.lowerBound >= 0,
            value.upperBound <= bytes.count, let start = bytes.baseAddress
        else { return false }
        let base = start.assumingMemoryBound(to: UInt8.self) + value.lowerBound
        return base[0] == UInt8(ascii: "\"") && ByteSearch.equal(base + 1, text.utf8Start, count: count)
    }

    /// The integer at `value`: nil unless the text is an integer without fraction or exponent that fits.
    package static func integer(_ value: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Int? {
        guard value.lowerBound >= 0, value.upperBound <= bytes.count, !value.isEmpty else { return nil }
        var at = value.lowerBound
        let isNegative = bytes[at] == UInt8(ascii: "-")
        if isNegative { at &+= 1 }
        guard at < value.upperBound else { return nil }
        if bytes[at] == UInt8(ascii: "0"), value.upperBound - at > 1 { return nil }
        var result = 0
        while at < value.upperBound {
            let digit = bytes[at] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, overflowed) = result.multipliedReportingOverflow(by: 10)
            // Counting downwards for negative numbers reaches the lowest one, which has no positive counterpart.
            let (sum, spilled) =
                isNegative
                ? product.subtractingReportingOverflow(Int(digit)) : product.addingReportingOverflow(Int(digit))
            if overflowed || spilled { return nil }
            result = sum
            at &+= 1
        }
        return result
    }

    /// Whether `bytes` are well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
    package static func isValidUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress else { return true }
        return UTF8Check.isValid(start.assumingMemoryBound(to: UInt8.self), from: 0, to: bytes.count)
    }

    /// Checks that `bytes` are one JSON value (RFC 8259) and white space, in valid UTF-8, nested at most
    /// ``JSONLimits/depth`` deep. Builds no tree.
    package static func validate(_ bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) {
        var cursor = try JSONCursor(bytes, at: 0)
        try cursor.checkValue(depth: 0)
        try cursor.expectEnd()
    }
}

extension JSONCursor {
    /// Reads and decodes the string at the cursor (a quote).
    mutating func readString() throws(JSONSyntaxError) -> String {
        let start = self.at
        let (hasEscapes, isASCII) = try self.checkString()
        let content = Range(uncheckedBounds: (start &+ 1, self.at &- 1))
        guard isASCII || UTF8Check.isValid(self.base, from: content.lowerBound, to: content.upperBound) else {
            throw JSONSyntaxError(offset: start, message: "a string is not valid UTF-8")
        }
        if hasEscapes { return JSONEscape.text(self.base, content) }
        return String(
            decoding: UnsafeBufferPointer(start: self.base + content.lowerBound, count: content.count),
            as: UTF8.self
        )
    }
}
