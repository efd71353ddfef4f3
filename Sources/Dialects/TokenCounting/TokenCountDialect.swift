package import Core
internal import JSON

/// The endpoints that count the tokens of a request, of clients and of providers.
///
/// Each takes the body of its chat dialect, or some of its members, in a wrapping of its own. So a client's request is taken
/// out of the wrapping and read as chat (``unwrap(_:)``), and a provider's is written as chat and put into it
/// (``body(of:model:)``).
package enum TokenCountDialect: String, Sendable, Hashable, CaseIterable {
    /// `POST /v1/messages/count_tokens` (https://docs.anthropic.com/en/api/messages-count-tokens). Vertex has the same body at
    /// `publishers/anthropic/models/count-tokens:rawPredict`.
    case anthropic
    /// `models/{model}:countTokens` at AI Studio (https://ai.google.dev/api/tokens).
    case gemini
    /// `:countTokens` at Vertex, which takes the members of a request where AI Studio wants a whole one
    /// (https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens).
    case vertex
    /// `/model/{id}/count-tokens` with a Converse request
    /// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html).
    case bedrock
    /// The same with the body of an InvokeModel request of Claude's.
    case bedrockInvoke
    /// `POST /v1/responses/input_tokens` (https://platform.openai.com/docs/api-reference/responses/input-tokens).
    case openAIResponses
}

/// What of a request is in the chat dialect of a counting endpoint.
package struct CountedRequest: Sendable {
    /// The body of a chat request; what only generating needs may be missing.
    package var body: [UInt8]
    /// Which chat dialect the body is in: the endpoint's own, save that Bedrock counts Claude's Messages too.
    package var dialect: TokenCountDialect
}

/// A count of tokens.
package struct TokenCount: Sendable, Hashable {
    /// All tokens of the input.
    package var total: Int
    /// Those of them that a cache holds, where the dialect says it.
    package var cached: Int?

    /// A count.
    package init(total: Int, cached: Int? = nil) {
        self.total = total
        self.cached = cached
    }
}

// MARK: Requests

extension TokenCountDialect {
    /// A client's request out of its wrapping: to be read as a chat request of the dialect that comes with it. The values are
    /// copied, not written anew.
    ///
    /// - Throws: `badRequest`, naming the field.
    package func unwrap(_ body: UnsafeRawBufferPointer) throws(GatewayError) -> CountedRequest {
        switch self {
        case .anthropic, .vertex, .openAIResponses: return CountedRequest(body: Array(body), dialect: self)
        case .gemini:
            let inner = try Self.member("generateContentRequest", "generate_content_request", in: body)
            return CountedRequest(body: Array(inner ?? body), dialect: .gemini)
        case .bedrock, .bedrockInvoke:
            guard let input = try Self.member("input", "input", in: body) else {
                throw .badRequest("The field 'input' is missing.", field: "input")
            }
            if let converse = try Self.member("converse", "converse", in: input) {
                return CountedRequest(body: Array(converse), dialect: .bedrock)
            }
            guard let invoke = try Self.member("invokeModel", "invokeModel", in: input),
                let blob = try Self.member("body", "body", in: invoke), blob.count >= 2,
                let bytes = Base64Bytes.bytes(UnsafeRawBufferPointer(rebasing: blob[1..<blob.count - 1]))
            else {
                throw .badRequest(
                    "The field 'input' must hold 'converse', or 'invokeModel' with a 'body' in base64.",
                    field: "input"
                )
            }
            return CountedRequest(body: bytes, dialect: .bedrockInvoke)
        }
    }

    /// The value of a member of the object in `body`, by either of two names.
    private static func member(
        _ name: StaticString,
        _ other: StaticString,
        in body: UnsafeRawBufferPointer
    ) throws(GatewayError) -> UnsafeRawBufferPointer? {
        do throws(JSONSyntaxError) {
            var found: Range<Int>?
            var members = JSONMembers(at: 0)
            while let member = try members.next(in: body) {
                guard member.kind != .null else { continue }
                if member.keyIs(name, in: body) || member.keyIs(other, in: body) { found = member.value }
            }
            return found.map { UnsafeRawBufferPointer(rebasing: body[$0]) }
        } catch {
            throw .badRequest("The request body is not valid JSON: \(error.message) at byte \(error.offset).")
        }
    }

    /// The body that asks a provider of this dialect for a count.
    ///
    /// - Parameters:
    ///   - request: the request as the encoder of the endpoint's chat dialect wrote it: Messages, `generateContent`, Converse,
    ///     for ``bedrockInvoke`` Messages once more, and Responses.
    ///   - model: the provider's own name of the model.
    /// - Throws: a fault of the gateway, where the request is not what the encoder writes.
    package func body(of request: EncodedRequest, model: String) throws(GatewayError) -> [UInt8] {
        let result = request.body.withUnsafeBytes { body in
            Result { () throws(JSONSyntaxError) in try self.body(of: body, request, model) }
        }
        switch result {
        case .success(let body): return body
        case .failure:
            throw GatewayError(.gatewayFault, origin: .gateway, "The request to be counted is not well-formed.")
        }
    }

    private func body(
        of body: UnsafeRawBufferPointer,
        _ request: EncodedRequest,
        _ model: String
    ) throws(JSONSyntaxError) -> [UInt8] {
        switch self {
        case .anthropic: return try Self.picked(body, Self.anthropicMembers)
        case .openAIResponses: return try Self.picked(body, Self.responsesMembers)
        case .vertex: return try Self.picked(body, Self.vertexMembers)
        case .gemini:
            let name = model.hasPrefix("models/") ? model : "models/\(model)"
            let inner = try MemberCopy.object(body, head: [MemberCopy.member("model", name)]) { member in
                !member.keyIs("model", in: body)
            }
            return Array("{\"generateContentRequest\":".utf8) + inner + Array("}".utf8)
        case .bedrock:
            let inner = try Self.picked(body, Self.converseMembers)
            return Array("{\"input\":{\"converse\":".utf8) + inner + Array("}}".utf8)
        case .bedrockInvoke:
            guard let wrapped = try? ClaudeEnvelope.bedrock.wrap(request, stream: false) else {
                throw JSONSyntaxError(offset: 0, message: "no object")
            }
            var out = Array("{\"input\":{\"invokeModel\":{\"body\":\"".utf8)
            Base64Bytes.append(wrapped.body, to: &out)
            return out + Array("\"}}}".utf8)
        }
    }

    private static func picked(
        _ body: UnsafeRawBufferPointer,
        _ names: [StaticString]
    ) throws(JSONSyntaxError) -> [UInt8] {
        try MemberCopy.object(body) { member in names.contains { member.keyIs($0, in: body) } }
    }

    private static let anthropicMembers: [StaticString] = [
        "model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control",
        "context_management", "mcp_servers", "speed",
    ]
    private static let responsesMembers: [StaticString] = [
        "model", "input", "instructions", "tools", "tool_choice", "parallel_tool_calls", "reasoning", "text",
        "truncation",
        "previous_response_id", "conversation",
    ]
    private static let vertexMembers: [StaticString] = ["contents", "systemInstruction", "tools", "generationConfig"]
    private static let converseMembers: [StaticString] = [
        "messages", "system", "toolConfig", "additionalModelRequestFields",
    ]

    /// A client's request to have its tokens counted.
    ///
    /// - Parameter model: the model where the path names it.
    /// - Throws: `badRequest`, naming the field.
    package func decodeRequest(
        _ body: UnsafeRawBufferPointer,
        model: String?
    ) throws(GatewayError) -> CanonicalRequest {
        let counted = try self.unwrap(body)
        let result = counted.body.withUnsafeBytes { body in
            Result { () throws(GatewayError) in
                switch counted.dialect {
                case .anthropic, .bedrockInvoke:
                    try AnthropicRequestDecoder.decode(body, model: model, stream: false)
                case .gemini, .vertex: try GeminiRequestDecoder.decode(body, model: model, stream: false)
                case .bedrock: try ConverseRequestDecoder.decode(body, model: model, stream: false)
                case .openAIResponses: try ResponsesRequestDecoder.decode(body, model: model, stream: false)
                }
            }
        }
        return try result.get()
    }

    /// A request that asks a provider for a count.
    ///
    /// - Throws: what the chat dialect's encoder throws.
    package func encodeRequest(
        _ request: CanonicalRequest,
        for target: TranslationTarget,
        notes: inout TranslationNotes
    ) throws(GatewayError) -> [UInt8] {
        let encoded =
            switch self {
            case .anthropic, .bedrockInvoke:
                try AnthropicRequestEncoder.encode(request, for: target, notes: &notes)
            case .gemini, .vertex: try GeminiRequestEncoder.encode(request, for: target, notes: &notes)
            case .bedrock: try ConverseRequestEncoder.encode(request, for: target, notes: &notes)
            case .openAIResponses: try ResponsesRequestEncoder.encode(request, for: target, notes: &notes)
            }
        return try self.body(of: encoded, model: target.model)
    }
}

// MARK: Answers

extension TokenCountDialect {
    /// A provider's count (status 200).
    ///
    /// - Throws: the error hidden in a 200, or an upstream error where there is no count.
    package func decodeAnswer(_ body: UnsafeRawBufferPointer) throws(GatewayError) -> TokenCount {
        guard let value = try? JSONValue(parsing: body) else { throw UpstreamErrors.inBand(body) }
        let total: Int?
        switch self {
        case .anthropic, .openAIResponses: total = value["input_tokens"]?.asInt
        case .bedrock, .bedrockInvoke: total = value["inputTokens"]?.asInt
        // A count of nought is left out, as protocol buffers do.
        case .gemini, .vertex: total = value["totalTokens"]?.asInt ?? (value["error"] == nil ? 0 : nil)
        }
        guard let total, value.asObject != nil else { throw UpstreamErrors.inBand(body) }
        return TokenCount(total: max(0, total), cached: value["cachedContentTokenCount"]?.asInt)
    }

    /// The answer to a client of this dialect.
    package func encodeAnswer(_ count: TokenCount) -> [UInt8] {
        let total = JSONValue.number(JSONNumber(count.total))
        var answer: JSONObject
        switch self {
        case .anthropic: answer = ["input_tokens": total]
        case .openAIResponses: answer = ["object": "response.input_tokens", "input_tokens": total]
        case .bedrock, .bedrockInvoke: answer = ["inputTokens": total]
        case .gemini, .vertex:
            answer = ["totalTokens": total]
            if let cached = count.cached, cached > 0 {
                answer["cachedContentTokenCount"] = .number(JSONNumber(cached))
            }
        }
        return JSONValue.object(answer).bytes
    }
}
