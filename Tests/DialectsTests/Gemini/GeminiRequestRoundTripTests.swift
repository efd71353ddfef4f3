import Core
import Dialects
import JSON
import TestSupport
import Testing

/// What a Gemini client says means the same once it is written for a Gemini model.
struct GeminiRequestRoundTripTests {
    static let body =
        #"{"contents":[{"role":"user","parts":[{"text":"q"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]},"#
        + #"{"role":"model","parts":[{"text":"t","thought":true,"thoughtSignature":"Ci8="},{"text":"a"},"#
        + #"{"functionCall":{"id":"i","name":"f","args":{"x":1.0,"y":[1e5]}},"thoughtSignature":"Ci8="},"#
        + #"{"functionCall":{"id":"j","name":"g","args":{}}}]},{"role":"user","parts":["#
        + #"{"functionResponse":{"id":"i","name":"f","response":{"k":"v"}}},"#
        + #"{"functionResponse":{"id":"j","name":"g","response":{"error":"no"}}}]},"#
        + #"{"role":"model","parts":[{"executableCode":{"code":"1"}},{"text":"","thoughtSignature":"Ci8="}]},"#
        + #"{"role":"user","parts":[{"text":"more"}]}],"systemInstruction":{"parts":[{"text":"s"}]},"#
        + #""tools":[{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":{"type":"object","#
        + #""properties":{"x":{"type":"number"}}}},{"name":"g"}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","#
        + #""allowedFunctionNames":["f","g"]}},"generationConfig":{"temperature":0.10,"topP":1,"topK":3,"seed":9,"#
        + #""maxOutputTokens":50,"stopSequences":["z"],"candidateCount":2,"thinkingConfig":{"thinkingLevel":"HIGH","#
        + #""includeThoughts":true},"speechConfig":{"v":1}},"serviceTier":"flex","safetySettings":[{"c":"d"}]}"#

    @Test func aWholeRequestComesOutAsItWentIn() throws {
        let request = try Gemini.decodeRequest(Self.body)
        var notes = TranslationNotes(isStrict: true)
        let target = Gemini.target(.level)
        let written = try GeminiRequestEncoder.encode(request, for: target, notes: &notes).body
        #expect(text(written) == Self.body)
        #expect(notes.entries.isEmpty)
    }

    @Test(arguments: 0..<300)
    func damagedRequestsAreRefusedOrRead(seed: Int) {
        var generator = SeededGenerator(seed: seed)
        var bytes = Array(Self.body.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: bytes.indices, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0x20...0x7e, using: &generator)
            case 1: bytes.remove(at: place)
            default: bytes.insert(Array("{}[]\",:0n".utf8).randomElement(using: &generator) ?? 0, at: place)
            }
        }
        do throws(GatewayError) {
            let request = try Self.decode(bytes)
            var notes = TranslationNotes()
            let written = try GeminiRequestEncoder.encode(request, for: Gemini.target(.level), notes: &notes).body
            #expect((try? JSONValue(parsing: written)) != nil)
        } catch {
            #expect(error.origin == .client)
            #expect(error.code == .badRequest || error.code == .unsupported)
        }
    }

    /// Damages the values of a well-formed body, so that what is read has every type in every place.
    @Test(arguments: 0..<300)
    func valuesOfAnyTypeInAnyPlaceAreRefusedOrRead(seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        let tree = Self.damaged(try JSONValue(parsing: Self.body), using: &generator)
        do throws(GatewayError) {
            let request = try Self.decode(tree.bytes)
            var notes = TranslationNotes()
            let written = try GeminiRequestEncoder.encode(request, for: Gemini.target(.level), notes: &notes).body
            #expect((try? JSONValue(parsing: written)) != nil)
        } catch {
            #expect(error.origin == .client)
        }
    }

    private static func damaged(_ value: JSONValue, using generator: inout SeededGenerator) -> JSONValue {
        if Int.random(in: 0..<60, using: &generator) == 0 {
            let others: [JSONValue] = [nil, true, 1, -1.5, "", "x", [], [1, [:]], [:], ["a": nil]]
            return others.randomElement(using: &generator) ?? nil
        }
        switch value {
        case .array(let elements): return .array(elements.map { Self.damaged($0, using: &generator) })
        case .object(let object):
            var members: [(key: String, value: JSONValue)] = []
            for (key, value) in object { members.append((key, Self.damaged(value, using: &generator))) }
            return .object(JSONObject(members))
        default: return value
        }
    }

    private static func decode(_ bytes: [UInt8]) throws(GatewayError) -> CanonicalRequest {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(GatewayError) in try GeminiRequestDecoder.decode(buffer, model: "m", stream: false) }
        }
        return try result.get()
    }
}
