package import Core
internal import JSON

/// The answers of `GET /v1/models` and `GET /v1/models/{id}`.
///
/// Source: https://platform.openai.com/docs/api-reference/models
package enum ModelsList {
    /// The list of `names`, in their order.
    ///
    /// - Parameter created: The Unix time in seconds that every model carries; clients require the member.
    package static func write(_ names: some Sequence<String>, created: Int = 0) -> [UInt8] {
        var body = Array("{\"object\":\"list\",\"data\":[".utf8)
        var isFirst = true
        for name in names {
            if !isFirst { body.append(UInt8(ascii: ",")) }
            isFirst = false
            Self.append(name, created: created, to: &body)
        }
        body.append(contentsOf: "]}".utf8)
        return body
    }

    /// One model.
    package static func write(model name: String, created: Int = 0) -> [UInt8] {
        var body: [UInt8] = []
        Self.append(name, created: created, to: &body)
        return body
    }

    /// The error for a name that nothing answers to; ``ChatErrors/write(_:request:words:)`` makes it a 404.
    ///
    /// - Parameter nearest: Names the caller may have meant.
    package static func notFound(_ name: String, nearest: [String] = []) -> GatewayError {
        var message = "The model '\(String(name.prefix(200)))' does not exist here."
        if !nearest.isEmpty {
            message += " Did you mean \(nearest.map { "'\($0)'" }.joined(separator: ", "))?"
        }
        message += " GET /v1/models lists what is served."
        return GatewayError(.modelNotFound, origin: .client, message, field: "model")
    }

    private static func append(_ name: String, created: Int, to body: inout [UInt8]) {
        body.append(contentsOf: "{\"id\":\"".utf8)
        JSONWriter.appendEscaped(name, to: &body)
        body.append(contentsOf: "\",\"object\":\"model\",\"created\":\(created),\"owned_by\":\"".utf8)
        // `provider/model` belongs to its provider, every other name to the gateway that gave it.
        let owner = name.split(separator: "/", maxSplits: 1).count == 2 ? String(name.prefix { $0 != "/" }) : "turnpike"
        JSONWriter.appendEscaped(owner, to: &body)
        body.append(contentsOf: "\"}".utf8)
    }
}
