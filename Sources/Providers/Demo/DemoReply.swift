/// What a server does to answer one request as the demo would: its steps, in order.
package struct DemoReply: Sendable, Equatable {
    /// The steps; the last one is `.end`, `.cut` or `.stall`.
    package var steps: [DemoStep]

    /// A reply of these steps.
    package init(_ steps: [DemoStep]) { self.steps = steps }

    /// The status of its head, nil where it sends none.
    package var status: Int? {
        for case .head(let status, _) in self.steps { return status }
        return nil
    }

    /// All bytes of its body, up to wherever it ends.
    package var body: [UInt8] {
        var body: [UInt8] = []
        for case .bytes(let bytes) in self.steps { body.append(contentsOf: bytes) }
        return body
    }
}

/// One step of an answer.
package enum DemoStep: Sendable, Equatable {
    /// Send the head. Fields have lower-case names. With `content-length` among them the body has that length, even if
    /// it breaks off before; without, its length is open (chunked).
    case head(status: Int, fields: [DemoField])
    /// Send these bytes of the body. In a stream each is one event.
    case bytes([UInt8])
    /// Wait.
    case pause(Duration)
    /// Break the connection off: no last chunk, no clean end.
    case cut
    /// Send nothing more and wait until the peer goes away.
    case stall
    /// The answer is complete.
    case end
}

/// A header field of an answer.
package struct DemoField: Sendable, Equatable {
    /// The name, in lower case.
    package var name: String
    /// The value.
    package var value: String

    /// A field.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
