package import Core
internal import JSON

/// Reads Claude's stream out of the messages of InvokeModelWithResponseStream: each is an event `chunk` whose payload holds
/// one event of the Messages API as base64.
///
/// Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_PayloadPart.html
package struct ClaudeChunkDecoder: StreamDecoding {
    private var inner: AnthropicStreamDecoder

    /// A reader of one stream.
    package init(from source: ReplySource) { self.inner = AnthropicStreamDecoder(from: source) }

    package mutating func receive(
        _ frame: StreamFrame,
        into events: inout [CanonicalEvent]
    ) throws(GatewayError) {
        guard frame.kind == .event else { return try self.inner.receive(frame, into: &events) }
        guard let event = try Self.event(in: frame.data) else { return }
        let result = event.withUnsafeBytes { data in
            Result { () throws(GatewayError) in
                try self.inner.receive(StreamFrame(data: data), into: &events)
            }
        }
        try result.get()
    }

    package mutating func close(into events: inout [CanonicalEvent]) -> GatewayError? {
        self.inner.close(into: &events)
    }

    /// The event that a payload holds; nil where it holds none.
    private static func event(in payload: UnsafeRawBufferPointer) throws(GatewayError) -> [UInt8]? {
        var place: Range<Int>?
        do throws(JSONSyntaxError) {
            var members = JSONMembers(at: 0)
            while let member = try members.next(in: payload) {
                if member.kind == .string, member.keyIs("bytes", in: payload) { place = member.value }
            }
        } catch {
            throw UpstreamErrors.inBand(payload)
        }
        guard let place else {
            if let error = UpstreamErrors.inBandIfAny(payload) { throw error }
            return nil
        }
        let text = UnsafeRawBufferPointer(rebasing: payload[place.lowerBound + 1..<place.upperBound - 1])
        if let event = Base64Bytes.bytes(text) { return event }
        // A solidus may be written with an escape.
        let plain = text.filter { $0 != UInt8(ascii: "\\") }
        if plain.count < text.count, let event = plain.withUnsafeBytes({ Base64Bytes.bytes($0) }) { return event }
        throw GatewayError(
            .upstreamError,
            origin: .upstream,
            retry: .sameTarget,
            "The provider's stream holds a chunk that is not base64.",
            upstreamStatus: 200
        )
    }
}
