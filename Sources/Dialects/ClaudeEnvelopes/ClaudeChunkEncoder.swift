package import Core
internal import JSON

/// Writes Claude's stream as the messages of InvokeModelWithResponseStream: each event of the Messages API as base64 in an
/// event `chunk`, the last one with the counts of tokens that Bedrock adds.
///
/// Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_PayloadPart.html
package struct ClaudeChunkEncoder: StreamEncoding {
    private var inner: AnthropicStreamEncoder
    private var usage = Usage()
    /// What the inner writer wrote and is not passed on yet.
    private var scratch: [UInt8] = []

    /// A writer of one stream.
    package init(_ style: ReplyStyle) { self.inner = AnthropicStreamEncoder(style) }

    package mutating func write(_ event: CanonicalEvent, into bytes: inout [UInt8]) {
        switch event {
        case .start(_, _, let usage?): self.usage = usage
        case .usage(let usage): self.usage = usage
        default: break
        }
        self.inner.write(event, into: &self.scratch)
        self.passOn(into: &bytes)
    }

    package mutating func writeEnd(into bytes: inout [UInt8]) {
        self.inner.writeEnd(into: &self.scratch)
        self.passOn(into: &bytes)
    }

    package mutating func writeError(_ error: GatewayError, request: RequestID?, into bytes: inout [UInt8]) {
        let (type, payload) = ConverseErrors.exception(error)
        EventStreamEncoder.appendException(type, payload: payload, to: &bytes)
    }

    package mutating func writeHeartbeat(into bytes: inout [UInt8]) {
        self.inner.writeHeartbeat(into: &self.scratch)
        self.passOn(into: &bytes)
    }

    /// Puts every event of the scratch into a message of its own.
    private mutating func passOn(into bytes: inout [UInt8]) {
        guard !self.scratch.isEmpty else { return }
        let usage = self.usage
        self.scratch.withUnsafeBytes { all in
            var scanner = SSEScanner()
            var at = 0
            while at < all.count {
                let rest = UnsafeRawBufferPointer(rebasing: all[at...])
                guard let event = scanner.next(in: rest) else { break }
                if let data = event.data {
                    let name = event.name.map { UnsafeRawBufferPointer(rebasing: rest[$0]) }
                    let isLast = name.map { $0.elementsEqual("message_stop".utf8) } ?? false
                    let text = UnsafeRawBufferPointer(rebasing: rest[data])
                    EventStreamEncoder.appendEvent("chunk", to: &bytes) { bytes in
                        bytes.append(contentsOf: "{\"bytes\":\"".utf8)
                        if isLast {
                            Base64Bytes.append(Self.last(usage), to: &bytes)
                        } else {
                            Base64Bytes.append(text, to: &bytes)
                        }
                        bytes.append(contentsOf: "\"}".utf8)
                    }
                }
                at += event.length
            }
        }
        self.scratch.removeAll(keepingCapacity: true)
    }

    /// The last event, with what Bedrock adds to it. How long the model took is not known here and not made up.
    private static func last(_ usage: Usage) -> [UInt8] {
        var metrics: JSONObject = [
            "inputTokenCount": .number(JSONNumber(usage.freshInput)),
            "outputTokenCount": .number(JSONNumber(usage.output)),
        ]
        if usage.cacheRead > 0 { metrics["cacheReadInputTokenCount"] = .number(JSONNumber(usage.cacheRead)) }
        if usage.cacheWrite > 0 { metrics["cacheWriteInputTokenCount"] = .number(JSONNumber(usage.cacheWrite)) }
        let event: JSONValue = ["type": "message_stop", "amazon-bedrock-invocationMetrics": .object(metrics)]
        return event.bytes
    }
}
