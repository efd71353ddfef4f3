package import Core
internal import JSON

/// Vectors in no dialect.
package struct EmbeddingAnswer: Sendable {
    /// One for each input, in the order of the inputs.
    package var vectors: [EmbeddingVector] = []
    /// The tokens of the inputs; nil where the provider does not say.
    package var tokens: Int?
    /// The model as the provider names it.
    package var model: String?
    /// Whether an input was cut because it was too long.
    package var isTruncated = false

    /// An answer without vectors.
    package init(model: String? = nil) { self.model = model }

    /// The tokens as every other endpoint counts them; nil where the provider does not say.
    package var usage: Usage? { self.tokens.map { Usage(freshInput: $0) } }
}

/// One vector, in the form it came in: numbers keep their text, and base64 is not opened unless the client wants numbers.
package struct EmbeddingVector: Sendable, Hashable {
    /// The forms.
    package enum Values: Sendable, Hashable {
        /// A JSON array of `count` numbers.
        case numbers([UInt8], count: Int)
        /// Base64 of binary32 numbers, the lowest byte first; without quotes.
        case base64([UInt8])
    }

    package var values: Values
    /// The tokens of its input; nil where the provider does not say.
    package var tokens: Int?

    /// A vector.
    package init(_ values: Values, tokens: Int? = nil) {
        self.values = values
        self.tokens = tokens
    }

    /// How many bytes the vector takes about, as it will be written.
    func size(as encoding: EmbeddingEncoding) -> Int {
        switch (self.values, encoding) {
        case (.numbers(let text, _), .float): text.count
        case (.numbers(_, let count), .base64): count * 16 / 3 + 8
        case (.base64(let text), .base64): text.count + 2
        case (.base64(let text), .float): text.count / 16 * 3 * 14
        }
    }

    /// Writes the vector as one value.
    func write(as encoding: EmbeddingEncoding, into json: inout JSONWriter) {
        switch (self.values, encoding) {
        case (.numbers(let text, _), .float): json.raw(text)
        case (.numbers(let text, let count), .base64):
            let floats = text.withUnsafeBytes { FloatText.littleEndian($0, count: count) }
            json.raw(Self.quoted { Base64Bytes.append(floats, to: &$0) })
        case (.base64(let text), .base64): json.raw(Self.quoted { $0.append(contentsOf: text) })
        case (.base64(let text), .float): json.raw(FloatText.numbers(ofBase64: text))
        }
    }

    private static func quoted(_ content: (inout [UInt8]) -> Void) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        content(&bytes)
        bytes.append(UInt8(ascii: "\""))
        return bytes
    }
}
