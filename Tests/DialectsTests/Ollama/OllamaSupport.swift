import Core
import Dialects
import Foundation
import JSON
import TestSupport
import Testing

/// What tests of the Ollama codec write and read with.
enum Ollama {
    static let source = ReplySource(model: "m", seed: "seed")
    static let style = ReplyStyle(id: "01ABC", model: "alias", created: 1_700_000_000)

    static func decode(_ body: String) throws(GatewayError) -> CanonicalRequest {
        try Self.decode(Array(body.utf8))
    }

    static func decode(_ body: [UInt8]) throws(GatewayError) -> CanonicalRequest {
        let result = body.withUnsafeBytes { bytes in
            Result<CanonicalRequest, GatewayError> { () throws(GatewayError) in try OllamaRequestDecoder.decode(bytes) }
        }
        return try result.get()
    }

    static func encode(
        _ request: CanonicalRequest,
        strict: Bool = false,
        _ change: (inout ModelTraits) -> Void = { _ in }
    ) throws -> (body: String, encoded: EncodedRequest, notes: TranslationNotes) {
        var traits = ModelTraits()
        change(&traits)
        var notes = TranslationNotes(isStrict: strict)
        let target = TranslationTarget(model: "real", traits: traits)
        let encoded = try OllamaRequestEncoder.encode(request, for: target, notes: &notes)
        return (text(encoded.body), encoded, notes)
    }

    static func decodeAnswer(_ body: [UInt8]) throws(GatewayError) -> CanonicalAnswer {
        let result = body.withUnsafeBytes { bytes in
            Result<CanonicalAnswer, GatewayError> { () throws(GatewayError) in
                try OllamaAnswerDecoder.decode(bytes, from: Self.source)
            }
        }
        return try result.get()
    }

    /// What a stream of these lines comes to, and how it ends.
    static func decodeStream(_ lines: [String]) -> (events: [CanonicalEvent], failure: GatewayError?) {
        var decoder = OllamaStreamDecoder(from: Self.source)
        var events: [CanonicalEvent] = []
        for line in lines {
            var failure: GatewayError?
            Array(line.utf8).withUnsafeBytes { bytes in
                do throws(GatewayError) {
                    try decoder.receive(StreamFrame(data: bytes), into: &events)
                } catch {
                    failure = error
                }
            }
            if let failure { return (events, failure) }
        }
        let failure = decoder.close(into: &events)
        return (events, failure)
    }

    /// The lines a client gets of these events.
    static func lines(_ events: [CanonicalEvent], isGenerate: Bool = false) -> [String] {
        var encoder = OllamaStreamEncoder(Self.style, isGenerate: isGenerate)
        var bytes: [UInt8] = []
        for event in events { encoder.write(event, into: &bytes) }
        encoder.writeEnd(into: &bytes)
        #expect(bytes.last == UInt8(ascii: "\n"))
        return text(bytes.dropLast()).components(separatedBy: "\n")
    }
}

/// A recorded exchange of a provider whose API is not OpenAI's, from the folder the other recordings are in.
struct RawRecording: Sendable, CustomTestStringConvertible {
    var name: String
    var status: Int
    var isStream: Bool
    var request: [UInt8]
    var body: [UInt8]

    var testDescription: String { self.name }

    static func of(_ provider: String) -> [RawRecording] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder =
            ProcessInfo.processInfo.environment["TURNPIKE_RECORDINGS"].map { URL(filePath: $0) }
            ?? root.deletingLastPathComponent().appending(path: "shared/wire/recordings")
        let place = folder.appending(path: provider)
        let files = ((try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []).sorted()
        return files.compactMap { file in
            guard let data = try? Data(contentsOf: place.appending(path: file)),
                let value = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                let api = value["api"] as? String, api.hasSuffix("chat"),
                let response = value["response"] as? [String: Any], let status = response["status"] as? Int,
                let body = response["body"] as? String, let request = value["request"] as? [String: Any],
                let sent = try? JSONSerialization.data(withJSONObject: request["body"] ?? [:])
            else { return nil }
            return RawRecording(
                name: "\(provider)/\(file.dropLast(5))",
                status: status,
                isStream: value["stream"] as? Bool ?? false,
                request: Array(sent),
                body: Array(body.utf8)
            )
        }
    }
}

/// The bytes with a few of them damaged.
func damaged(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    var body = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !body.isEmpty {
        let at = Int.random(in: 0..<body.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: body[at] = UInt8.random(in: 32...126, using: &generator)
        case 1: body.replaceSubrange(at..<at + 1, with: "null".utf8)
        case 2: body[at] = Array("0123456789\"{}[]".utf8).randomElement(using: &generator) ?? 0
        default: body.removeSubrange(at..<min(body.count, at + 12))
        }
    }
    return body
}
