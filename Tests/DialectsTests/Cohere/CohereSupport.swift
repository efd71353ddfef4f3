import Core
import Dialects
import JSON

/// What tests of the Cohere codec write and read with.
enum Cohere {
    static let source = ReplySource(model: "m", seed: "seed")

    static func encode(
        _ request: CanonicalRequest,
        strict: Bool = false,
        _ change: (inout ModelTraits) -> Void = { _ in }
    ) throws -> (body: String, encoded: EncodedRequest, notes: TranslationNotes) {
        var traits = ModelTraits()
        change(&traits)
        var notes = TranslationNotes(isStrict: strict)
        let target = TranslationTarget(model: "command", traits: traits)
        let encoded = try CohereRequestEncoder.encode(request, for: target, notes: &notes)
        return (text(encoded.body), encoded, notes)
    }

    static func decodeAnswer(_ body: [UInt8]) throws(GatewayError) -> CanonicalAnswer {
        let result = body.withUnsafeBytes { bytes in
            Result<CanonicalAnswer, GatewayError> { () throws(GatewayError) in
                try CohereAnswerDecoder.decode(bytes, from: Self.source)
            }
        }
        return try result.get()
    }

    /// What a stream of events of this data comes to, and how it ends.
    static func decodeStream(_ frames: [String]) -> (events: [CanonicalEvent], failure: GatewayError?) {
        var decoder = CohereStreamDecoder(from: Self.source)
        var events: [CanonicalEvent] = []
        for frame in frames {
            var failure: GatewayError?
            Array(frame.utf8).withUnsafeBytes { bytes in
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
}
