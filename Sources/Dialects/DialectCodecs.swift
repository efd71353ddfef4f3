package import Core

// The one place that knows every dialect's codec. A dialect that is added gets its case in each of these. No path leads to a
// client of Cohere's dialect; where a switch must say something for one all the same, it says what OpenAI's clients get.
extension Dialect {
    private static var noClient: GatewayError {
        GatewayError(.notFound, origin: .client, "no client is served in this dialect")
    }

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
        case .openAIResponses: try ResponsesRequestDecoder.decode(body, model: model, stream: stream)
        case .anthropicMessages: try AnthropicRequestDecoder.decode(body, model: model, stream: stream)
        case .gemini: try GeminiRequestDecoder.decode(body, model: model, stream: stream)
        case .cohere: throw Self.noClient
        case .ollama: try OllamaRequestDecoder.decode(body, model: model, stream: stream)
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
        case .openAIResponses: try ResponsesRequestEncoder.encode(request, for: target, notes: &notes)
        case .anthropicMessages: try AnthropicRequestEncoder.encode(request, for: target, notes: &notes)
        case .gemini: try GeminiRequestEncoder.encode(request, for: target, notes: &notes)
        case .cohere: try CohereRequestEncoder.encode(request, for: target, notes: &notes)
        case .ollama: try OllamaRequestEncoder.encode(request, for: target, notes: &notes)
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
        case .openAIResponses: try ResponsesAnswerDecoder.decode(body, from: source)
        case .anthropicMessages: try AnthropicAnswerDecoder.decode(body, from: source)
        case .gemini: try GeminiAnswerDecoder.decode(body, from: source)
        case .cohere: try CohereAnswerDecoder.decode(body, from: source)
        case .ollama: try OllamaAnswerDecoder.decode(body, from: source)
        case .bedrockConverse: try ConverseAnswerDecoder.decode(body, from: source)
        }
    }

    /// A whole answer to a client.
    package func encodeAnswer(_ answer: CanonicalAnswer, _ style: ReplyStyle) -> [UInt8] {
        switch self {
        case .openAIChat, .cohere: ChatAnswerEncoder.encode(answer, style)
        case .openAIResponses: ResponsesAnswerEncoder.encode(answer, style)
        case .anthropicMessages: AnthropicAnswerEncoder.encode(answer, style)
        case .gemini: GeminiAnswerEncoder.encode(answer, style)
        case .ollama: OllamaAnswerEncoder.encode(answer, style, isGenerate: style.isGenerate)
        case .bedrockConverse: ConverseAnswerEncoder.encode(answer, style)
        }
    }

    /// How the messages of a stream stand in its bytes.
    package var framing: StreamFraming {
        switch self {
        case .openAIChat, .openAIResponses, .anthropicMessages, .gemini, .cohere: .serverSentEvents
        case .ollama: .jsonLines
        case .bedrockConverse: .awsEventStream
        }
    }

    /// What reads a provider's stream.
    package func streamDecoder(from source: ReplySource) -> any StreamDecoding {
        switch self {
        case .openAIChat: ChatStreamDecoder(from: source)
        case .openAIResponses: ResponsesStreamDecoder(from: source)
        case .anthropicMessages: AnthropicStreamDecoder(from: source)
        case .gemini: GeminiStreamDecoder(from: source)
        case .cohere: CohereStreamDecoder(from: source)
        case .ollama: OllamaStreamDecoder(from: source)
        case .bedrockConverse: ConverseStreamDecoder(from: source)
        }
    }

    /// What writes a client's stream.
    package func streamEncoder(_ style: ReplyStyle) -> any StreamEncoding {
        switch self {
        case .openAIChat, .cohere: ChatStreamEncoder(style)
        case .openAIResponses: ResponsesStreamEncoder(style)
        case .anthropicMessages: AnthropicStreamEncoder(style)
        case .gemini: GeminiStreamEncoder(style, isArray: style.isJSONArray)
        case .ollama: OllamaStreamEncoder(style, isGenerate: style.isGenerate)
        case .bedrockConverse: ConverseStreamEncoder(style)
        }
    }
}

extension Dialect {
    /// An error as a whole answer to a client: status, JSON body, and the header fields the dialect names errors in.
    ///
    /// - Parameter words: how the upstream named an error of the caller's making, for clients of OpenAI's dialect.
    package func writeError(
        _ error: GatewayError,
        request: RequestID?,
        words: ChatErrorWords? = nil
    ) -> (status: Int, body: [UInt8], fields: [(name: String, value: String)]) {
        switch self {
        case .openAIChat, .openAIResponses, .cohere:
            let (status, body) = ChatErrors.write(error, request: request, words: words)
            return (status, body, [])
        case .anthropicMessages: return AnthropicErrors.write(error, request: request)
        case .gemini: return GeminiErrors.write(error, request: request)
        case .ollama: return OllamaErrors.write(error, request: request)
        case .bedrockConverse: return ConverseErrors.write(error, request: request)
        }
    }
}

extension Dialect {
    /// The content type of a whole answer and of an error.
    package var contentType: StaticString { "application/json" }

    /// The content type of a stream.
    package func streamContentType(_ style: ReplyStyle) -> StaticString {
        switch self {
        case .openAIChat, .openAIResponses, .anthropicMessages, .cohere: "text/event-stream; charset=utf-8"
        case .gemini: style.isJSONArray ? "application/json" : "text/event-stream"
        case .ollama: "application/x-ndjson"
        case .bedrockConverse: "application/vnd.amazon.eventstream"
        }
    }

    /// The answer to a client that asks which models there are.
    package func modelList(_ names: [String]) -> [UInt8] {
        switch self {
        case .openAIChat, .openAIResponses, .bedrockConverse, .cohere: ModelsList.write(names)
        case .anthropicMessages: AnthropicModels.list(names)
        case .gemini: GeminiModels.list(names)
        case .ollama: OllamaModels.tags(names)
        }
    }

    /// The answer to a client that asks for one model.
    package func model(_ name: String) -> [UInt8] {
        switch self {
        case .openAIChat, .openAIResponses, .bedrockConverse, .cohere: ModelsList.write(model: name)
        case .anthropicMessages: AnthropicModels.model(name)
        case .gemini: GeminiModels.model(name)
        case .ollama: OllamaModels.show(name)
        }
    }
}
