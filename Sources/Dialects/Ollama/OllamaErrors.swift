package import Core
internal import JSON

/// Ollama's error shape, towards clients of the dialect: `{"error":"…"}`, in whole answers and in streams alike.
///
/// Source: https://docs.ollama.com/api/errors
package enum OllamaErrors {
    /// The answer that tells a client of `error`.
    package static func write(
        _ error: GatewayError,
        request: RequestID?
    ) -> (status: Int, body: [UInt8], fields: [(name: String, value: String)]) {
        var writer = JSONWriter(capacity: 128)
        writer.beginObject()
        writer.key("error")
        writer.string(error.message)
        writer.endObject()
        return (ChatErrors.status(of: error), writer.bytes, [])
    }
}
