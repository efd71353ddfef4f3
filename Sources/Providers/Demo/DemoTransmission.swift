internal import Core
internal import Dialects

/// Turns an answer into steps, with whatever its model does to it.
struct DemoTransmission {
    /// What the model does to the answer.
    var behaviour: DemoBehaviour
    /// What the client speaks.
    var dialect = Dialect.openAIChat
    /// The cloud whose envelope a Claude client's messages stand in.
    var envelope: ClaudeEnvelope?

    /// A whole answer.
    func whole(_ body: [UInt8]) -> DemoReply {
        let head = DemoStep.head(status: 200, fields: .json(length: body.count))
        let half = DemoStep.bytes(Array(body[..<(body.count / 2)]))
        switch self.behaviour {
        case .slow: return DemoReply([.pause(.seconds(2)), head, .bytes(body), .end])
        case .cut: return DemoReply([head, half, .cut])
        case .stall: return DemoReply([head, half, .stall])
        case .stallHead: return DemoReply([head, .stall])
        case .errorInStream, .errorFirst, .errorIn200: return .json(200, self.errorBody)
        case .emptyStream: return .json(200, [])
        case .badFirstEvent: return .json(200, Array("{\"id\":\"chatcmpl-demo\",\"choices\":[{\"index\":".utf8))
        default: return self.withoutAnswer ?? DemoReply([head, .bytes(body), .end])
        }
    }

    /// A stream of OpenAI's: the data of each event in order, without the terminal `[DONE]`.
    func stream(data: [[UInt8]]) -> DemoReply {
        let events = data.map { Array("data: ".utf8) + $0 + Array("\n\n".utf8) }
        return self.stream(events, end: Array("data: [DONE]\n\n".utf8))
    }

    /// A stream: each event framed, in order, then what ends it as a success.
    func stream(_ events: [[UInt8]], end: [UInt8]) -> DemoReply {
        let head = DemoStep.head(
            status: 200,
            fields: [DemoField("content-type", "\(self.framed.streamContentType(Self.style))")]
        )
        let done: [DemoStep] = end.isEmpty ? [] : [self.step(end)]
        let all = events.map(self.step)
        // At least the role and some content, and never the finish.
        let part = all[..<min(max(2, events.count / 2), max(events.count - 2, 1))]
        switch self.behaviour {
        case .slow:
            var steps = [head]
            for event in all { steps += [.pause(.milliseconds(300)), event] }
            return DemoReply(steps + done + [.end])
        case .comments where self.takesComments:
            return DemoReply([head] + all.flatMap { [.bytes(Array(": demo\n\n".utf8)), $0] } + done + [.end])
        case .ping where self.takesComments:
            let ping = DemoStep.bytes(Array("event: ping\ndata: {\"type\":\"ping\"}\n\n".utf8))
            return DemoReply([head] + all.flatMap { [$0, ping] } + done + [.end])
        case .cut: return DemoReply([head] + part + [.cut])
        case .stall: return DemoReply([head] + part + [.stall])
        case .stallHead: return DemoReply([head, .stall])
        case .errorInStream: return DemoReply([head] + part + [self.step(self.errorEvent), .end])
        case .errorFirst: return DemoReply([head, self.step(self.errorEvent), .end])
        case .errorIn200: return .json(200, self.errorBody)
        case .emptyStream: return DemoReply([head, .end])
        case .noDone: return DemoReply([head] + all + [.end])
        case .badFirstEvent: return DemoReply([head, self.brokenEvent] + all + done + [.end])
        default: return self.withoutAnswer ?? DemoReply([head] + all + done + [.end])
        }
    }

    /// The answer of a model that never gets as far as an answer.
    var withoutAnswer: DemoReply? {
        switch self.behaviour {
        case .reset: DemoReply([.cut])
        case .stallFirst: DemoReply([.stall])
        case .status(let status): DemoFault.status(status).reply(in: self.dialect)
        case .html: Self.page
        default: nil
        }
    }

    private static let fault = DemoFault(
        500,
        "The demo fails here, as its model's name asks.",
        type: "server_error",
        code: "demo_error"
    )

    private static let style = ReplyStyle(id: "demo", model: "demo", created: 0)

    private var errorBody: [UInt8] {
        self.dialect == .openAIChat
            ? Self.fault.body : self.dialect.writeError(Self.fault.error, request: nil).body
    }

    private var errorEvent: [UInt8] {
        var event: [UInt8] = []
        if self.dialect == .openAIChat {
            event = Array("data: ".utf8) + Self.fault.body + Array("\n\n".utf8)
        } else {
            var encoder = self.envelope?.streamEncoder(Self.style) ?? self.dialect.streamEncoder(Self.style)
            encoder.writeError(Self.fault.error, request: nil, into: &event)
        }
        return event
    }

    /// The dialect whose framing its streams have.
    private var framed: Dialect { self.envelope == .bedrock ? .bedrockConverse : self.dialect }

    private var brokenEvent: DemoStep {
        let text =
            self.framed == .bedrockConverse
            ? "no message of any event stream" : "data: {\"id\":\"chatcmpl-demo\",\"choices\":[{\n\n"
        return self.step(Array(text.utf8))
    }

    /// Whether a client of the dialect skips comments and events of other names.
    private var takesComments: Bool {
        switch self.framed {
        case .openAIChat, .openAIResponses, .anthropicMessages: true
        case .gemini, .ollama, .cohere, .bedrockConverse: false
        }
    }

    private static var page: DemoReply {
        let body = Array("<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>".utf8)
        let fields = [DemoField("content-type", "text/html"), DemoField("content-length", String(body.count))]
        return DemoReply([.head(status: 502, fields: fields), .bytes(body), .end])
    }

    /// One event; its line ends made CRLF where the model asks for that. JSON holds no line feed of its own.
    private func step(_ event: [UInt8]) -> DemoStep {
        guard self.behaviour == .crlf, self.framed != .bedrockConverse else { return .bytes(event) }
        var bytes: [UInt8] = []
        for byte in event where byte != UInt8(ascii: "\r") {
            if byte == UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\r")) }
            bytes.append(byte)
        }
        return .bytes(bytes)
    }
}

extension DemoFault {
    /// The fault as every dialect but OpenAI's is told of it.
    var error: GatewayError {
        let code: GatewayError.Code =
            switch self.status {
            case 401: .authentication
            case 402: .billing
            case 403: .permission
            case 404: .modelNotFound
            case 405: .methodNotAllowed
            case 408: .requestTimeout
            case 413: .bodyTooLarge
            case 429: .rateLimit
            case 503, 529: .overloaded
            case 504: .upstreamTimeout
            case 500...: .upstreamError
            default: .badRequest
            }
        return GatewayError(code, origin: self.status >= 500 ? .upstream : .client, self.message, field: self.param)
    }

    /// The fault as an answer in `dialect`.
    func reply(in dialect: Dialect) -> DemoReply {
        guard dialect != .openAIChat else { return self.reply }
        let (_, body, fields) = dialect.writeError(self.error, request: nil)
        return .json(self.status, body, fields: self.fields + fields.map { DemoField($0.name, $0.value) })
    }
}
