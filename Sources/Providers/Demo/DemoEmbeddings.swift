internal import JSON

/// Answers `POST /v1/embeddings` with unit vectors that follow from the words of the text: texts with words in common
/// lie closer together than texts without.
///
/// Source: https://platform.openai.com/docs/api-reference/embeddings
enum DemoEmbeddings {
    /// The dimensions of a vector where the request does not say.
    private static let dimensions = 256

    /// The answer to the request `body`.
    static func reply(_ body: [UInt8], anyModel: Bool) throws(DemoFault) -> DemoReply {
        let request = try DemoRequest(body, anyModel: anyModel)
        let transmission = DemoTransmission(behaviour: request.behaviour)
        if let reply = transmission.withoutAnswer { return reply }
        let texts = try DemoPrompts(request["input"], path: "input").texts
        let dimensions = try request.integer("dimensions", in: 1...4096) ?? Self.dimensions
        let isBase64: Bool
        switch request["encoding_format"] {
        case nil, .string("float")?: isBase64 = false
        case .string("base64")?: isBase64 = true
        default: throw DemoFault.bad("encoding_format", "'encoding_format' must be float or base64.")
        }
        var answer = Array("{\"object\":\"list\",\"data\":[".utf8)
        for (index, text) in texts.enumerated() {
            if index > 0 { answer.append(UInt8(ascii: ",")) }
            answer.append(contentsOf: "{\"object\":\"embedding\",\"index\":\(index),\"embedding\":".utf8)
            Self.append(Self.vector(text, dimensions: dimensions), isBase64: isBase64, to: &answer)
            answer.append(UInt8(ascii: "}"))
        }
        answer.append(contentsOf: "],\"model\":".utf8)
        answer.appendJSON(request.model)
        let tokens = texts.reduce(0) { $0 + DemoTokens.count($1) }
        answer.append(contentsOf: ",\"usage\":{\"prompt_tokens\":\(tokens),\"total_tokens\":\(tokens)}}".utf8)
        return transmission.whole(answer)
    }

    /// The sum of one random direction for each word, at length one.
    static func vector(_ text: String, dimensions: Int) -> [Float] {
        var sum = [Float](repeating: 0, count: dimensions)
        let words = text.lowercased().split { !($0.isLetter || $0.isNumber) }
        for word in words.isEmpty ? [""] : words {
            var hash = DemoHash(String(word))
            for index in sum.indices { sum[index] += Float(hash.next() >> 40) / Float(1 << 23) - 1 }
        }
        let length = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 0 else {
            sum[0] = 1
            return sum
        }
        return sum.map { $0 / length }
    }

    /// Writes a vector as a list of numbers, or as the base64 of its little-endian 32-bit floats, which official
    /// clients ask for.
    private static func append(_ vector: [Float], isBase64: Bool, to bytes: inout [UInt8]) {
        if isBase64 {
            var raw: [UInt8] = []
            raw.reserveCapacity(vector.count * 4)
            for component in vector {
                let bits = component.bitPattern
                for shift in [0, 8, 16, 24] { raw.append(UInt8(truncatingIfNeeded: bits >> UInt32(shift))) }
            }
            bytes.appendJSON(DemoMedia.encode(raw))
            return
        }
        bytes.append(UInt8(ascii: "["))
        for (index, component) in vector.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: "\(component)".utf8)
        }
        bytes.append(UInt8(ascii: "]"))
    }
}
