/// Turns an answer into steps, with whatever its model does to it.
struct DemoTransmission {
    /// What the model does to the answer.
    var behaviour: DemoBehaviour

    /// A whole answer.
    func whole(_ body: [UInt8]) -> DemoReply {
        let head = DemoStep.head(status: 200, fields: .json(length: body.count))
        let half = DemoStep.bytes(Array(body[..<(body.count / 2)]))
        switch self.behaviour {
        case .slow: return DemoReply([.pause(.seconds(2)), head, .bytes(body), .end])
        case .cut: return DemoReply([head, half, .cut])
        case .stall: return DemoReply([head, half, .stall])
        case .stallHead: return DemoReply([head, .stall])
        case .errorInStream, .errorFirst, .errorIn200: return .json(200, Self.error.body)
        case .emptyStream: return .json(200, [])
        case .badFirstEvent: return .json(200, Array("{\"id\":\"chatcmpl-demo\",\"choices\":[{\"index\":".utf8))
        default: return self.withoutAnswer ?? DemoReply([head, .bytes(body), .end])
        }
    }

    /// A stream: the data of each event in order, without the terminal `[DONE]`.
    func stream(_ events: [[UInt8]]) -> DemoReply {
        let head = DemoStep.head(status: 200, fields: .eventStream)
        let done = self.event(Array("[DONE]".utf8))
        let all = events.map(self.event)
        // At least the role and some content, and never the finish.
        let part = all[..<min(max(2, events.count / 2), max(events.count - 2, 1))]
        switch self.behaviour {
        case .slow:
            var steps = [head]
            for event in all { steps += [.pause(.milliseconds(300)), event] }
            return DemoReply(steps + [done, .end])
        case .comments:
            return DemoReply([head] + all.flatMap { [.bytes(Array(": demo\n\n".utf8)), $0] } + [done, .end])
        case .ping:
            let ping = DemoStep.bytes(Array("event: ping\ndata: {\"type\":\"ping\"}\n\n".utf8))
            return DemoReply([head] + all.flatMap { [ping, $0] } + [done, .end])
        case .cut: return DemoReply([head] + part + [.cut])
        case .stall: return DemoReply([head] + part + [.stall])
        case .stallHead: return DemoReply([head, .stall])
        case .errorInStream: return DemoReply([head] + part + [self.event(Self.error.body), .end])
        case .errorFirst: return DemoReply([head, self.event(Self.error.body), .end])
        case .errorIn200: return .json(200, Self.error.body)
        case .emptyStream: return DemoReply([head, .end])
        case .noDone: return DemoReply([head] + all + [.end])
        case .badFirstEvent:
            return DemoReply(
                [head, self.event(Array("{\"id\":\"chatcmpl-demo\",\"choices\":[{".utf8))] + all + [done, .end]
            )
        default: return self.withoutAnswer ?? DemoReply([head] + all + [done, .end])
        }
    }

    /// The answer of a model that never gets as far as an answer.
    var withoutAnswer: DemoReply? {
        switch self.behaviour {
        case .reset: DemoReply([.cut])
        case .stallFirst: DemoReply([.stall])
        case .status(let status): DemoFault.status(status).reply
        case .html: Self.page
        default: nil
        }
    }

    private static let error = DemoFault(
        500,
        "The demo fails here, as its model's name asks.",
        type: "server_error",
        code: "demo_error"
    )

    private static var page: DemoReply {
        let body = Array("<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>".utf8)
        let fields = [DemoField("content-type", "text/html"), DemoField("content-length", String(body.count))]
        return DemoReply([.head(status: 502, fields: fields), .bytes(body), .end])
    }

    private func event(_ data: [UInt8]) -> DemoStep {
        let end = self.behaviour == .crlf ? "\r\n\r\n" : "\n\n"
        return .bytes(Array("data: ".utf8) + data + Array(end.utf8))
    }
}
