import Core
import Dialects
import Foundation
import JSON
import Testing

/// A recorded exchange of an endpoint other than chat.
struct EndpointRecording: Sendable {
    var request: [UInt8]
    var response: [UInt8]
    /// The answer as a plain tree.
    var answer: [String: Any] { Recording.object(String(decoding: self.response, as: UTF8.self)) ?? [:] }

    /// The recording of that name; nil where there is no folder of recordings.
    static func load(_ name: String) -> EndpointRecording? {
        var root = URL(filePath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let folder =
            ProcessInfo.processInfo.environment["TURNPIKE_RECORDINGS"].map { URL(filePath: $0) }
            ?? root.deletingLastPathComponent().appending(path: "shared/wire/recordings")
        guard let data = try? Data(contentsOf: folder.appending(path: "\(name).json")),
            let value = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let response = value["response"] as? [String: Any]
        else { return nil }
        var body = (response["body"] as? String).map { Array($0.utf8) } ?? []
        if let framed = response["body_base64"] as? String, let data = Data(base64Encoded: framed) {
            body = Array(data)
        }
        let asked = (value["request"] as? [String: Any])?["body"] as? [String: Any] ?? [:]
        let request = (try? JSONSerialization.data(withJSONObject: asked)) ?? Data()
        return EndpointRecording(request: Array(request), response: body)
    }

    static var areThere: Bool { Self.load("openai/embeddings") != nil }
}

/// Calls with typed errors over bytes.
func withBytes<Value>(
    _ bytes: [UInt8],
    _ body: (UnsafeRawBufferPointer) throws(GatewayError) -> Value
) throws(GatewayError) -> Value {
    let result = bytes.withUnsafeBytes { buffer in
        Result<Value, GatewayError> { () throws(GatewayError) in try body(buffer) }
    }
    return try result.get()
}

/// Embeddings in forms that are easy to compare.
enum Embed {
    static func decode(_ dialect: EmbeddingDialect, _ body: JSONValue, model: String? = nil) throws -> EmbeddingRequest
    {
        try withBytes(body.bytes) { bytes throws(GatewayError) in try dialect.decodeRequest(bytes, model: model) }
    }

    static func answer(_ dialect: EmbeddingDialect, _ body: [UInt8]) throws -> EmbeddingAnswer {
        try withBytes(body) { bytes throws(GatewayError) in try dialect.decodeAnswer(bytes) }
    }

    static func answer(_ dialect: EmbeddingDialect, _ body: JSONValue) throws -> EmbeddingAnswer {
        try Self.answer(dialect, body.bytes)
    }

    /// The bodies for a target, and what was noted.
    static func encode(
        _ request: EmbeddingRequest,
        _ target: EmbeddingDialect,
        model: String = "m",
        isStrict: Bool = false
    ) throws -> (bodies: [JSONValue], plan: EmbeddingPlan, notes: [String]) {
        var notes = TranslationNotes(isStrict: isStrict)
        let plan = try target.encodeRequests(request, model: model, notes: &notes)
        let said = notes.entries.map { "\($0.reason.rawValue);\($0.field)" }
        return (try plan.bodies.map { try JSONValue(parsing: $0) }, plan, said)
    }

    /// The answer as the client of `request` sees it.
    static func write(_ answer: EmbeddingAnswer, to request: EmbeddingRequest) throws -> JSONValue {
        try JSONValue(parsing: request.dialect.encodeAnswer(answer, to: request, id: "id-1"))
    }

    /// The numbers that base64 of binary32 says, by Foundation's reading.
    static func floats(_ base64: String?) -> [Float] {
        let data = Array(Data(base64Encoded: base64 ?? "") ?? Data())
        return stride(from: 0, to: data.count, by: 4).map { at in
            Float(bitPattern: data[at..<at + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
        }
    }
}
