import Core
import Dialects
import JSON

/// Decodes a client's request.
func decodeChat(_ body: String) throws(GatewayError) -> CanonicalRequest {
    try decodeChat(Array(body.utf8))
}

func decodeChat(_ body: [UInt8]) throws(GatewayError) -> CanonicalRequest {
    let result = body.withUnsafeBytes { bytes in
        Result<CanonicalRequest, GatewayError> { () throws(GatewayError) in try ChatRequestDecoder.decode(bytes) }
    }
    return try result.get()
}

/// Decodes a request that holds nothing but a model and these messages.
func decodeMessages(_ messages: String) throws(GatewayError) -> CanonicalRequest {
    try decodeChat(#"{"model":"m","messages":\#(messages)}"#)
}

let chatSource = ReplySource(model: "m", seed: "seed")
let chatStyle = ReplyStyle(id: "01ABC", model: "alias", created: 1_700_000_000)

/// Decodes a provider's whole answer.
func decodeChatAnswer(
    _ body: [UInt8],
    from source: ReplySource = chatSource
) throws(GatewayError) -> CanonicalAnswer {
    let result = body.withUnsafeBytes { bytes in
        Result<CanonicalAnswer, GatewayError> { () throws(GatewayError) in
            try ChatAnswerDecoder.decode(bytes, from: source)
        }
    }
    return try result.get()
}

/// What became of a stream's frames.
struct DecodedStream {
    var events: [CanonicalEvent] = []
    var failure: GatewayError?
    var hasEnd: Bool {
        self.events.contains { event in
            if case .end = event { true } else { false }
        }
    }

    /// Decodes frames of this data, after which the connection closed.
    init(_ frames: [String], from source: ReplySource = chatSource) {
        self.init(frames.map { SSEEvent(data: Array($0.utf8)) }, from: source)
    }

    init(_ frames: [SSEEvent], from source: ReplySource = chatSource) {
        var decoder = ChatStreamDecoder(from: source)
        for frame in frames {
            do throws(GatewayError) {
                try Self.receive(frame, by: &decoder, into: &self.events)
            } catch {
                self.failure = error
                return
            }
        }
        self.failure = decoder.close(into: &self.events)
    }

    private static func receive(
        _ frame: SSEEvent,
        by decoder: inout ChatStreamDecoder,
        into events: inout [CanonicalEvent]
    ) throws(GatewayError) {
        let name = frame.name.map { Array($0.utf8) }
        let result = frame.data.withUnsafeBytes { data in
            (name ?? []).withUnsafeBytes { bytes in
                Result<Void, GatewayError> { () throws(GatewayError) in
                    try decoder.receive(StreamFrame(name: name == nil ? nil : bytes, data: data), into: &events)
                }
            }
        }
        try result.get()
    }

    /// The answer the events tell, put together by block.
    var answer: CanonicalAnswer { CanonicalAnswer(gathering: self.events) }
}

extension CanonicalAnswer {
    /// Puts events together.
    init(gathering events: [CanonicalEvent]) {
        self.init(choices: [])
        var parts: [Int: (choice: Int, part: Part)] = [:]
        var order: [Int] = []
        for event in events {
            switch event {
            case .start(let id, let model, let usage):
                self.id = id
                self.model = model
                self.usage = usage
            case .blockStart(let block, let choice, let kind):
                order.append(block)
                let content: Part.Content =
                    switch kind {
                    case .text: .text("")
                    case .thinking: .thinking("")
                    case .redactedThinking: .redactedThinking
                    case .refusal: .refusal("")
                    case .toolCall(let id, let name, let kind):
                        .toolCall(ToolCall(id: id, name: name, arguments: "", kind: kind))
                    case .whole(let part): part.content
                    }
                parts[block] = (choice, Part(content))
            case .delta(let block, let delta):
                switch (parts[block]?.part.content, delta) {
                case (.text(let text), .text(let more)): parts[block]?.part.content = .text(text + more)
                case (.thinking(let text), .text(let more)): parts[block]?.part.content = .thinking(text + more)
                case (.refusal(let text), .text(let more)): parts[block]?.part.content = .refusal(text + more)
                case (.toolCall(var call), .arguments(let more)):
                    call.arguments += more
                    parts[block]?.part.content = .toolCall(call)
                case (_, .signature(let signature)): parts[block]?.part.signature = signature
                case (_, .citation(let citation)): parts[block]?.part.citations.append(citation)
                default: break
                }
            case .finish(let choice, let reason):
                let own = order.compactMap { parts[$0] }.filter { $0.choice == choice }.map(\.part)
                self.choices.append(Choice(index: choice, parts: own, stop: reason))
            case .usage(let usage): self.usage = usage
            case .blockStop, .heartbeat, .end: break
            }
        }
    }

    /// The text of a choice.
    func text(_ choice: Int = 0) -> String {
        self.choices.first { $0.index == choice }?.parts.compactMap(\.text).joined() ?? ""
    }
}

extension Part {
    /// A part in one line, for comparing.
    var summary: String {
        let mark = self.signature.map { " [\($0.family?.name ?? "?"):\($0.value)]" } ?? ""
        let cache = self.cache.map { " cache(\($0.ttl ?? ""))" } ?? ""
        let content =
            switch self.content {
            case .text(let text): "text \(text)"
            case .image(let media): "image \(media.summary)"
            case .audio(let media): "audio \(media.summary)"
            case .video(let media): "video \(media.summary)"
            case .document(let document):
                switch document.body {
                case .text(let text): "document \(document.name ?? "") \(text)"
                case .media(let media): "document \(document.name ?? "") \(media.summary)"
                }
            case .toolCall(let call): "\(call.kind) \(call.id) \(call.name) \(call.arguments)"
            case .toolResult(let result): "result \(result.callID) \(result.parts.map(\.summary))"
            case .thinking(let text): "thinking \(text)"
            case .redactedThinking: "redacted"
            case .refusal(let text): "refusal \(text)"
            case .opaque(let opaque): "opaque \(opaque.dialect.rawValue) \(opaque.value.text)"
            }
        return content + mark + cache
    }
}

extension Media {
    var summary: String {
        switch self.source {
        case .base64(let data): "\(self.type) base64 \(data)"
        case .url(let url): "\(self.type) url \(url)"
        case .file(let id): "\(self.type) file \(id)"
        }
    }
}

extension Message {
    var summary: String { "\(self.role)\(self.name.map { " " + $0 } ?? ""): \(self.parts.map(\.summary))" }
}

/// The chunks in what an encoder wrote, `[DONE]` and comments left out.
func chatChunks(_ bytes: [UInt8]) throws -> [JSONValue] {
    var events: [SSEEvent] = []
    var decoder = SSEDecoder(limit: 1 << 24)
    try bytes.withUnsafeBytes { try decoder.receive($0) { events.append($0) } }
    try decoder.finish { events.append($0) }
    return try events.filter { $0.text != "[DONE]" }.map { try JSONValue(parsing: $0.data) }
}

/// Writes events as a stream and ends it.
func encodeStream(_ events: [CanonicalEvent], _ style: ReplyStyle = chatStyle) -> [UInt8] {
    var encoder = ChatStreamEncoder(style)
    var bytes: [UInt8] = []
    for event in events { encoder.write(event, into: &bytes) }
    encoder.writeEnd(into: &bytes)
    return bytes
}

/// The events that tell `choice` block by block, texts and arguments cut in two.
func chatEvents(telling parts: [Part], stop: StopReason = .stop, choice: Int = 0) -> [CanonicalEvent] {
    var events: [CanonicalEvent] = choice == 0 ? [.start(id: "up", model: "upstream", usage: nil)] : []
    for (at, part) in parts.enumerated() {
        let block = at * 2 + choice * 1000
        func say(_ kind: CanonicalEvent.BlockKind, _ text: String?, isCall: Bool = false) {
            events.append(.blockStart(block: block, choice: choice, kind))
            for citation in part.citations { events.append(.delta(block: block, .citation(citation))) }
            if let text {
                let middle = text.index(text.startIndex, offsetBy: text.count / 2)
                for piece in [text[..<middle], text[middle...]] {
                    events.append(.delta(block: block, isCall ? .arguments(String(piece)) : .text(String(piece))))
                }
            }
            if let signature = part.signature { events.append(.delta(block: block, .signature(signature))) }
            events.append(.blockStop(block: block))
        }
        switch part.content {
        case .text(let text): say(.text, text)
        case .thinking(let text): say(.thinking, text)
        case .redactedThinking: say(.redactedThinking, nil)
        case .refusal(let text): say(.refusal, text)
        case .toolCall(let call):
            say(.toolCall(id: call.id, name: call.name, kind: call.kind), call.arguments, isCall: true)
        default: say(.whole(part), nil)
        }
    }
    events.append(.finish(choice: choice, stop))
    return events
}
