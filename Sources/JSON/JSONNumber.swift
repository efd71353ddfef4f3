/// A JSON number, kept as the text it was written in: 1.0, 1e400 and 12345678901234567890 come out as they went in.
package struct JSONNumber: Sendable, Hashable {
    /// The number in JSON's own grammar.
    package let text: String

    /// The number as an integer is written.
    package init(_ value: Int) { self.text = String(value) }

    /// Nil where `value` is infinite or not a number, which JSON cannot say.
    package init?(_ value: Double) {
        guard value.isFinite else { return nil }
        self.text = "\(value)"
    }

    /// Nil where `text` is not a JSON number.
    package init?(text: String) {
        var copy = text
        let isNumber = copy.withUTF8 { bytes in
            do {
                var cursor = try JSONCursor(UnsafeRawBufferPointer(bytes), at: 0)
                try cursor.checkNumber()
                return cursor.at == cursor.count
            } catch {
                return false
            }
        }
        guard isNumber else { return nil }
        self.text = text
    }

    /// `text` must have been checked against the grammar.
    init(unchecked text: String) { self.text = text }

    /// The number as an integer: nil where the text has a fraction or an exponent, or the number does not fit.
    package var int: Int? { Int(self.text) }

    /// The number as the nearest double: nil where it is out of range.
    package var double: Double? {
        guard let value = Double(self.text), value.isFinite else { return nil }
        return value
    }
}
