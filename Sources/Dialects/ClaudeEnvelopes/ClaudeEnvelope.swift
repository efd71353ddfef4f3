package import Core
internal import JSON

/// What the body of Anthropic's Messages API is put into where another cloud serves it.
///
/// Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html,
/// https://docs.anthropic.com/en/api/claude-on-vertex-ai and Anthropic's own SDKs for these clouds.
package enum ClaudeEnvelope: String, Sendable, Hashable, CaseIterable {
    /// Amazon Bedrock's InvokeModel: the path names the model and says whether to stream; betas stand in the body; a stream
    /// is one of AWS's event streams.
    case bedrock
    /// Google Vertex's `rawPredict` and `streamRawPredict`: the path names the model; the rest is as at Anthropic.
    case vertex
    /// Microsoft Foundry: nothing is different.
    case foundry

    /// How the messages of a provider's stream stand in its bytes.
    package var framing: StreamFraming { self == .bedrock ? .awsEventStream : .serverSentEvents }

    /// The last part of the path at the provider: `invoke`, `:streamRawPredict` …; empty where the path does not depend on
    /// the request.
    package func action(stream: Bool) -> String {
        switch self {
        case .bedrock: stream ? "invoke-with-response-stream" : "invoke"
        case .vertex: stream ? "streamRawPredict" : "rawPredict"
        case .foundry: ""
        }
    }

    /// The cloud's own name of the version of 2023.
    private var oldVersion: String {
        switch self {
        case .bedrock: "bedrock-2023-05-31"
        case .vertex: "vertex-2023-10-16"
        case .foundry: AnthropicRequestWriter.oldVersion
        }
    }

    /// What reads a provider's stream.
    package func streamDecoder(from source: ReplySource) -> any StreamDecoding {
        self == .bedrock ? ClaudeChunkDecoder(from: source) : AnthropicStreamDecoder(from: source)
    }

    /// What writes a client's stream.
    package func streamEncoder(_ style: ReplyStyle) -> any StreamEncoding {
        self == .bedrock ? ClaudeChunkEncoder(style) : AnthropicStreamEncoder(style)
    }
}

// MARK: Towards a provider

extension ClaudeEnvelope {
    /// A written Messages request as this cloud takes it. The values are copied, not written anew.
    ///
    /// Header fields that become part of the body are left out of the result's fields.
    ///
    /// - Throws: a fault of the gateway, where the request is not what ``AnthropicRequestEncoder`` writes.
    package func wrap(_ request: EncodedRequest, stream: Bool) throws(GatewayError) -> EncodedRequest {
        guard self != .foundry else { return request }
        var wrapped = request
        let version = request.fields.last { $0.name == "anthropic-version" }?.value
        let betas = Self.betas(request.fields.last { $0.name == "anthropic-beta" }?.value)
        let result = request.body.withUnsafeBytes { body in
            Result { () throws(GatewayError) in
                try self.wrap(body, version: version, betas: betas, stream: stream)
            }
        }
        wrapped.body = try result.get()
        wrapped.fields.removeAll { field in
            field.name == "anthropic-version" || (self == .bedrock && field.name == "anthropic-beta")
        }
        return wrapped
    }

    /// A client's Messages body as this cloud takes it, where both speak the same dialect.
    ///
    /// - Parameters:
    ///   - version: what the client's header `anthropic-version` says, or what is best for the model.
    ///   - betas: the betas of the client's header `anthropic-beta`. Vertex and Foundry take them as a header, which is the
    ///     caller's to send.
    ///   - model: the model for Foundry's body; nil leaves the client's.
    /// - Throws: `badRequest` where the body is no JSON object.
    package func wrap(
        _ body: UnsafeRawBufferPointer,
        version: String?,
        betas: [String] = [],
        stream: Bool,
        model: String? = nil
    ) throws(GatewayError) -> [UInt8] {
        do throws(JSONSyntaxError) {
            guard self != .foundry else {
                guard let model else { return Array(body) }
                return try MemberCopy.object(body, head: [MemberCopy.member("model", model)]) { member in
                    !member.keyIs("model", in: body)
                }
            }
            let isNew = version == AnthropicRequestWriter.newVersion
            let own = isNew ? AnthropicRequestWriter.newVersion : self.oldVersion
            var head = [MemberCopy.member("anthropic_version", own)]
            if self == .bedrock, !betas.isEmpty { head.append(MemberCopy.member("anthropic_beta", betas)) }
            if self == .vertex, stream { head.append(MemberCopy.key("stream") + Array("true".utf8)) }
            return try MemberCopy.object(body, head: head) { member in
                if member.keyIs("anthropic_beta", in: body) { return self == .bedrock && betas.isEmpty }
                return !member.keyIs("model", in: body) && !member.keyIs("stream", in: body)
                    && !member.keyIs("anthropic_version", in: body)
            }
        } catch {
            throw .badRequest("The request body is not valid JSON: \(error.message) at byte \(error.offset).")
        }
    }

    /// The names in a header `anthropic-beta`.
    package static func betas(_ value: String?) -> [String] {
        (value ?? "").split(separator: ",").map { name in
            String(name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }.filter { !$0.isEmpty }
    }
}

// MARK: From a client

/// A client's request out of its cloud's envelope.
package struct UnwrappedClaude: Sendable {
    /// The body as Anthropic itself takes it, with `model`, and with `stream` where a stream is asked for.
    package var body: [UInt8]
    /// The version of the API, as Anthropic's header has it; nil where the client named none.
    package var version: String?
    /// The betas that stood in the body.
    package var betas: [String]
}

extension ClaudeEnvelope {
    /// A client's request as Anthropic itself takes it. The values are copied, not written anew.
    ///
    /// - Parameters:
    ///   - model: the model the path names; nil leaves the body's.
    ///   - stream: whether the path asks for a stream; nil leaves what the body says.
    /// - Throws: `badRequest`, naming the field.
    package static func unwrap(
        _ body: UnsafeRawBufferPointer,
        model: String?,
        stream: Bool?
    ) throws(GatewayError) -> UnwrappedClaude {
        var unwrapped = UnwrappedClaude(body: [], betas: [])
        do throws(JSONSyntaxError) {
            var head: [[UInt8]] = []
            if let model { head.append(MemberCopy.member("model", model)) }
            if stream == true { head.append(MemberCopy.key("stream") + Array("true".utf8)) }
            var version: Range<Int>?
            var betas: Range<Int>?
            unwrapped.body = try MemberCopy.object(body, head: head) { member in
                if member.keyIs("anthropic_version", in: body) {
                    version = member.value
                    return false
                }
                if member.keyIs("anthropic_beta", in: body) {
                    betas = member.value
                    return false
                }
                if member.keyIs("model", in: body) { return model == nil }
                if member.keyIs("stream", in: body) { return stream == nil }
                return true
            }
            if let version { unwrapped.version = Self.version(try Self.value(version, body)) }
            if let betas { unwrapped.betas = Self.list(try Self.value(betas, body)) }
        } catch {
            throw .badRequest("The request body is not valid JSON: \(error.message) at byte \(error.offset).")
        }
        return unwrapped
    }

    private static func value(
        _ range: Range<Int>,
        _ body: UnsafeRawBufferPointer
    ) throws(JSONSyntaxError) -> JSONValue {
        try JSONValue(parsing: UnsafeRawBufferPointer(rebasing: body[range]))
    }

    /// The clouds' own names all stand for the version of 2023.
    private static func version(_ value: JSONValue) -> String? {
        guard let text = value.asString else { return nil }
        return text.hasPrefix("bedrock-") || text.hasPrefix("vertex-") ? AnthropicRequestWriter.oldVersion : text
    }

    private static func list(_ value: JSONValue) -> [String] {
        if let text = value.asString { return Self.betas(text) }
        return (value.asArray ?? []).compactMap(\.asString)
    }
}
