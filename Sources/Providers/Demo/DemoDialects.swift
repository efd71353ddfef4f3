internal import Core
internal import Dialects
internal import JSON

/// The demo in other dialects than OpenAI's: the request is translated to OpenAI's, answered, and the answer translated
/// back, by the codecs the gateway itself uses.
enum DemoDialects {
    /// What a path asks for.
    struct Asked {
        var dialect: Dialect
        /// The model, where the path names it.
        var model: String?
        /// Whether a stream is asked for, where the path says so.
        var stream: Bool?
        /// The cloud whose envelope a Claude client's messages stand in.
        var envelope: ClaudeEnvelope?
    }

    /// What `path` asks for; nil for a path of no other dialect.
    static func asked(_ path: String) -> Asked? {
        switch path {
        case "/v1/messages": return Asked(dialect: .anthropicMessages)
        case "/v1/responses": return Asked(dialect: .openAIResponses)
        case "/api/chat": return Asked(dialect: .ollama)
        default: break
        }
        if path.hasPrefix("/model/") {
            for (ending, stream) in [("/converse", false), ("/converse-stream", true)] where path.hasSuffix(ending) {
                let model = DemoProvider.decoded(path.dropFirst(7).dropLast(ending.count))
                return Asked(dialect: .bedrockConverse, model: model, stream: stream)
            }
            for (ending, stream) in [("/invoke", false), ("/invoke-with-response-stream", true)]
            where path.hasSuffix(ending) {
                let model = DemoProvider.decoded(path.dropFirst(7).dropLast(ending.count))
                return Asked(dialect: .anthropicMessages, model: model, stream: stream, envelope: .bedrock)
            }
        }
        for (ending, stream) in [(":rawPredict", false), (":streamRawPredict", true)] {
            guard path.hasSuffix(ending), let start = path.firstRange(of: "/models/") else { continue }
            let model = DemoProvider.decoded(path[start.upperBound...].dropLast(ending.count))
            return Asked(dialect: .anthropicMessages, model: model, stream: stream, envelope: .vertex)
        }
        for (ending, stream) in [(":generateContent", false), (":streamGenerateContent", true)] {
            guard path.hasSuffix(ending), let start = path.firstRange(of: "/models/") else { continue }
            let model = DemoProvider.decoded(path[start.upperBound...].dropLast(ending.count))
            return Asked(dialect: .gemini, model: model, stream: stream)
        }
        return nil
    }

    /// The answer to the request `body`.
    static func reply(_ asked: Asked, _ body: [UInt8], anyModel: Bool) -> DemoReply {
        do {
            let request = try Self.decoded(asked, body)
            let demo = try DemoRequest(try Self.chat(request), anyModel: anyModel)
            let transmission = DemoTransmission(
                behaviour: demo.behaviour,
                dialect: asked.dialect,
                envelope: asked.envelope
            )
            if let reply = transmission.withoutAnswer { return reply }
            let answer = try DemoChat.answer(demo, seed: body)
            let style = ReplyStyle(id: answer.id, model: answer.model, created: answer.created)
            guard request.stream else { return transmission.whole(try Self.body(of: answer, asked.dialect, style)) }
            let encoder = asked.envelope?.streamEncoder(style) ?? asked.dialect.streamEncoder(style)
            let (events, end) = try Self.events(of: answer, encoder)
            return transmission.stream(events, end: end)
        } catch let fault as DemoFault {
            return fault.reply(in: asked.dialect)
        } catch let error as GatewayError {
            let (status, body, fields) = asked.dialect.writeError(error, request: nil)
            return .json(status, body, fields: fields.map { DemoField($0.name, $0.value) })
        } catch {
            return DemoFault(500, "The demo could not answer.").reply(in: asked.dialect)
        }
    }

    private static func decoded(_ asked: Asked, _ body: [UInt8]) throws -> CanonicalRequest {
        try body.withUnsafeBytes { bytes in
            guard asked.envelope != nil else {
                return try asked.dialect.decodeRequest(bytes, model: asked.model, stream: asked.stream)
            }
            let unwrapped = try ClaudeEnvelope.unwrap(bytes, model: asked.model, stream: asked.stream)
            return try unwrapped.body.withUnsafeBytes { try asked.dialect.decodeRequest($0) }
        }
    }

    /// The request in OpenAI's dialect; what that cannot carry, the demo has no use for.
    private static func chat(_ request: CanonicalRequest) throws -> [UInt8] {
        var notes = TranslationNotes()
        let target = TranslationTarget(model: request.model)
        return try Dialect.openAIChat.encodeRequest(request, for: target, notes: &notes).body
    }

    private static func body(of answer: DemoAnswer, _ dialect: Dialect, _ style: ReplyStyle) throws -> [UInt8] {
        let source = ReplySource(model: answer.model, seed: answer.id)
        let decoded = try answer.chatBody.withUnsafeBytes { bytes in
            try Dialect.openAIChat.decodeAnswer(bytes, from: source)
        }
        return dialect.encodeAnswer(decoded, style)
    }

    /// The events of a stream, each framed, and what ends it.
    private static func events(
        of answer: DemoAnswer,
        _ encoder: any StreamEncoding
    ) throws -> (events: [[UInt8]], end: [UInt8]) {
        var decoder = Dialect.openAIChat.streamDecoder(from: ReplySource(model: answer.model, seed: answer.id))
        var encoder = encoder
        var events: [[UInt8]] = []
        for data in answer.chatEvents(includeUsage: true) + [Array("[DONE]".utf8)] {
            var decoded: [CanonicalEvent] = []
            try data.withUnsafeBytes { try decoder.receive(StreamFrame(data: $0), into: &decoded) }
            var event: [UInt8] = []
            for canonical in decoded {
                if case .end = canonical { continue }
                encoder.write(canonical, into: &event)
            }
            if !event.isEmpty { events.append(event) }
        }
        var end: [UInt8] = []
        encoder.writeEnd(into: &end)
        return (events, end)
    }
}
