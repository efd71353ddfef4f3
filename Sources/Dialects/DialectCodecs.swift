package import Core

// The one place that knows every dialect's codec. A dialect that is added gets its case in each of these.
extension Dialect {
    /// A client's request in this dialect.
    ///
    /// - Parameters:
    ///   - model: the model where the path names it.
    ///   - stream: whether a stream is asked for where the path says so.
    /// - Throws: `badRequest`, naming the field.
    package func decodeRequest(
        _ body: UnsafeRawBufferPointer,
        model: String? = nil,
        stream: Bool? = nil
    ) throws(GatewayError) -> CanonicalRequest {
        switch self {
        case .openAIChat: try ChatRequestDecoder.decode(body, model: model, stream: stream)
        case .anthropicMessages: try AnthropicRequestDecoder.decode(body, model: model, stream: stream)
        case .gemini: try GeminiRequestDecoder.decode(body, model: model, stream: stream)
        case .bedrockConverse: try ConverseRequestDecoder.decode(body, model: model, stream: stream)
        }
    }

    /// A request to a provider of this dialect.
    ///
    /// - Throws: `unsupported`, naming the field the target cannot take.
    package func encodeRequest(
        _ request: CanonicalRequest,
        for target: TranslationTarget,
        notes: inout TranslationNotes
    ) throws(GatewayError) -> EncodedRequest {
        switch self {
        case .openAIChat: try ChatRequestEncoder.encode(request, for: target, notes: &notes)
        case .anthropicMessages: try AnthropicRequestEncoder.encode(request, for: target, notes: &notes)
        case .gemini: try GeminiRequestEncoder.encode(request, for: target, notes: &notes)
        case .bedrockConverse: try ConverseRequestEncoder.encode(request, for: target, notes: &notes)
        }
    }

    /// A provider's whole answer.
    ///
    /// - Throws: the error hidden in a 200, or an upstream error where it is no answer of this dialect.
    package func decodeAnswer(
        _ body: UnsafeRawBufferPointer,
        from source: ReplySource
    ) throws(GatewayError) -> CanonicalAnswer {
        switch self {
        case .openAIChat: try ChatAnswerDecoder.decode(body, from: source)
        case .anthropicMessages: try AnthropicAnswerDecoder.decode(body, from: source)
        case .gemini: try GeminiAnswerDecoder.decode(body, from: source)
        case .bedrockConverse: try ConverseAnswerDecoder.decode(body, from: source)
        }
    }

    /// A whole answer to a client.
    package func encodeAnswer(_ answer: CanonicalAnswer, _ style: ReplyStyle) -> [UInt8] {
        switch self {
        case .openAIChat: ChatAnswerEncoder.encode(answer, style)
        case .anthropicMessages: AnthropicAnswerEncoder.encode(answer, style)
        case .gemini: GeminiAnswerEncoder.encode(answer, style)
        case .bedrockConverse: ConverseAnswerEncoder.encode(answer, style)
        }
    }

    /// What reads a provider's stream.
    package func streamDecoder(from source: ReplySource) -> any StreamDecoding {
        switch self {
        case .openAIChat: ChatStreamDecoder(from: source)
        case .anthropicMessages: AnthropicStreamDecoder(from: source)
        case .gemini: GeminiStreamDecoder(from: source)
        case .bedrockConverse: ConverseStreamDecoder(from: source)
        }
    }

    /// What writes a client's stream.
    package func streamEncoder(_ style: ReplyStyle) -> any StreamEncoding {
        switch self {
        case .openAIChat: ChatStreamEncoder(style)
        case .anthropicMessages: AnthropicStreamEncoder(style)
        case .gemini: GeminiStreamEncoder(style)
        case .bedrockConverse: ConverseStreamEncoder(style)
        }
    }
}

extension Dialect {
    /// An error as a whole answer to a client: status, JSON body, and the header fields the dialect names errors in.
    package func writeError(
        _ error: GatewayError,
        request: RequestID?
    ) -> (status: Int, body: [UInt8], fields: [(name: String, value: String)]) {
        switch self {
        case .openAIChat:
            let (status, body) = ChatErrors.write(error, request: request)
            return (status, body, [])
        case .anthropicMessages: return AnthropicErrors.write(error, request: request)
        case .gemini: return GeminiErrors.write(error, request: request)
        case .bedrockConverse: return ConverseErrors.write(error, request: request)
        }
    }
}
