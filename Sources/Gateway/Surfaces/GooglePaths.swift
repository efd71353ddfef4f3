import Core
import Dialects
import HTTP1

/// The paths of Google's SDK: of AI Studio, and of Vertex, whose project and location mean nothing here.
///
/// Sources: https://ai.google.dev/api/generate-content,
/// https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
enum GooglePaths {
    static func surface(
        _ path: UnsafeRawBufferPointer,
        _ head: RequestHead,
        _ bytes: UnsafeRawBufferPointer
    ) throws(GatewayError) -> Surface? {
        guard path.equals("/v1", at: 0) else { return nil }
        if path.isExactly("/v1beta/models") { return .models(.gemini) }
        if let surface = try Self.claude(path) { return surface }
        guard let start = Self.modelStart(of: path) else { return nil }
        // A model's name may hold colons; the method stands behind the last.
        guard let colon = PathText.last(UInt8(ascii: ":"), in: path), colon > start,
            let stream = Self.isStream(UnsafeRawBufferPointer(rebasing: path[(colon + 1)...]))
        else {
            guard path.equals("/v1beta/models/", at: 0) else { return nil }
            return .model(try PathText.decoded(UnsafeRawBufferPointer(rebasing: path[start...])), .gemini)
        }
        let name = try PathText.decoded(UnsafeRawBufferPointer(rebasing: path[start..<colon]))
        var generation = Surface.Generation(dialect: .gemini, model: name, stream: stream)
        if stream {
            let alternative = head.query.flatMap {
                PathText.parameter("alt", in: UnsafeRawBufferPointer(rebasing: bytes[$0]))
            }
            generation.isJSONArray = !(alternative?.isExactly("sse") ?? false)
        }
        return .generate(generation)
    }

    /// Where the model's name begins; nil for a path that has none.
    private static func modelStart(of path: UnsafeRawBufferPointer) -> Int? {
        for prefix in ["/v1beta/models/", "/v1/models/", "/v1beta1/publishers/google/models/"] as [StaticString] {
            let length = prefix.utf8CodeUnitCount
            if path.count > length, path.equals(prefix, at: 0) { return length }
        }
        for prefix in ["/v1/projects/", "/v1beta1/projects/"] as [StaticString] where path.equals(prefix, at: 0) {
            // …/PROJECT/locations/LOCATION/publishers/google/models/MODEL:METHOD
            let marker: StaticString = "/publishers/google/models/"
            var at = prefix.utf8CodeUnitCount
            while at + marker.utf8CodeUnitCount < path.count {
                if path[at] == UInt8(ascii: "/"), path.equals(marker, at: at) { return at + marker.utf8CodeUnitCount }
                at += 1
            }
        }
        return nil
    }

    /// Claude at Vertex: …/publishers/anthropic/models/MODEL:rawPredict.
    private static func claude(_ path: UnsafeRawBufferPointer) throws(GatewayError) -> Surface? {
        let marker: StaticString = "/publishers/anthropic/models/"
        guard path.equals("/v1/projects/", at: 0) || path.equals("/v1beta1/projects/", at: 0),
            let colon = PathText.last(UInt8(ascii: ":"), in: path)
        else { return nil }
        let action = UnsafeRawBufferPointer(rebasing: path[(colon + 1)...])
        let stream = action.isExactly("streamRawPredict")
        guard stream || action.isExactly("rawPredict"),
            let at = (0..<colon).first(where: { path[$0] == UInt8(ascii: "/") && path.equals(marker, at: $0) })
        else { return nil }
        let name = UnsafeRawBufferPointer(rebasing: path[(at + marker.utf8CodeUnitCount)..<colon])
        return .generate(
            .init(
                dialect: .anthropicMessages,
                model: try PathText.decoded(name),
                stream: stream,
                envelope: .vertex
            )
        )
    }

    private static func isStream(_ method: UnsafeRawBufferPointer) -> Bool? {
        if method.isExactly("generateContent") { return false }
        if method.isExactly("streamGenerateContent") { return true }
        return nil
    }
}
