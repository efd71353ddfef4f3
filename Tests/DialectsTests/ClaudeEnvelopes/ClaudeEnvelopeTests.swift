import Core
import Dialects
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct ClaudeEnvelopeTests {
    /// A written request for a stream as the cloud takes it.
    private static func wrapped(
        _ envelope: ClaudeEnvelope,
        fields: [(name: String, value: String)] = [("anthropic-version", "2023-06-01")]
    ) throws -> EncodedRequest {
        let body =
            #"{"model":"claude","max_tokens":5,"stream":true,"messages":[{"role":"user", "content":"h\u00e9"}],"top_k":1.0}"#
        return try envelope.wrap(EncodedRequest(body: Array(body.utf8), fields: fields), stream: true)
    }

    @Test func wrapsForBedrock() throws {
        let request = try Self.wrapped(
            .bedrock,
            fields: [("anthropic-version", "2023-06-01"), ("anthropic-beta", "a-1, b-2")]
        )
        #expect(
            text(request.body)
                == #"{"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["a-1","b-2"],"max_tokens":5,"messages":[{"role":"user", "content":"h\u00e9"}],"top_k":1.0}"#
        )
        #expect(request.fields.isEmpty)
    }

    @Test func wrapsForVertex() throws {
        let request = try Self.wrapped(
            .vertex,
            fields: [("anthropic-version", "2023-06-01"), ("anthropic-beta", "a-1")]
        )
        #expect(
            text(request.body)
                == #"{"anthropic_version":"vertex-2023-10-16","stream":true,"max_tokens":5,"messages":[{"role":"user", "content":"h\u00e9"}],"top_k":1.0}"#
        )
        #expect(request.fields.map(\.name) == ["anthropic-beta"])
    }

    @Test func leavesFoundryAsItIs() throws {
        let request = try Self.wrapped(.foundry)
        #expect(text(request.body).hasPrefix(#"{"model":"claude","#))
        #expect(request.fields.map(\.name) == ["anthropic-version"])
    }

    @Test(arguments: [ClaudeEnvelope.bedrock, .vertex])
    func asksForTheNewestVersionByItsOwnName(_ envelope: ClaudeEnvelope) throws {
        let request = try Self.wrapped(envelope, fields: [("anthropic-version", "2026-10-21")])
        #expect(try JSONValue(parsing: request.body)["anthropic_version"] == "2026-10-21")
    }

    @Test func unwrapsAClientsBody() throws {
        let body = Array(
            #"{"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["a"],"messages":[],"max_tokens":1.50e1}"#.utf8
        )
        let plain = try withBytes(body) { bytes throws(GatewayError) in
            try ClaudeEnvelope.unwrap(bytes, model: "anthropic/x:0", stream: true)
        }
        #expect(text(plain.body) == #"{"model":"anthropic/x:0","stream":true,"messages":[],"max_tokens":1.50e1}"#)
        #expect(plain.version == "2023-06-01")
        #expect(plain.betas == ["a"])
    }

    @Test func theNewestVersionStaysTheNewest() throws {
        let body = Array(#"{"anthropic_version":"2026-10-21","stream":true,"messages":[]}"#.utf8)
        let plain = try withBytes(body) { bytes throws(GatewayError) in
            try ClaudeEnvelope.unwrap(bytes, model: "m", stream: nil)
        }
        #expect(plain.version == "2026-10-21")
        #expect(text(plain.body) == #"{"model":"m","stream":true,"messages":[]}"#)
    }

    @Test(arguments: ["[]", "{", "x", #"{"a":1,}"#])
    func whatIsNoObjectIsRefused(_ body: String) {
        let error = #expect(throws: GatewayError.self) {
            try withBytes(Array(body.utf8)) { bytes throws(GatewayError) in
                try ClaudeEnvelope.unwrap(bytes, model: "m", stream: nil)
            }
        }
        #expect(error?.code == .badRequest)
    }

    @Test(
        .enabled(if: EndpointRecording.areThere, "no folder of recordings"),
        arguments: [
            "bedrock/invoke-claude-mid-system", "bedrock/invoke-stream-claude-tool",
        ]
    )
    func recordedBodiesSurviveTheWayThereAndBack(_ name: String) throws {
        let recording = try #require(EndpointRecording.load(name))
        let plain = try withBytes(recording.request) { bytes throws(GatewayError) in
            try ClaudeEnvelope.unwrap(bytes, model: "m", stream: false)
        }
        let request = try withBytes(plain.body) { bytes throws(GatewayError) in
            try AnthropicRequestDecoder.decode(bytes, model: nil, stream: nil)
        }
        #expect(request.model == "m")
        let again = try withBytes(plain.body) { bytes throws(GatewayError) in
            try ClaudeEnvelope.bedrock.wrap(bytes, version: plain.version, betas: plain.betas, stream: false)
        }
        #expect(try JSONValue(parsing: again).isEquivalent(to: try JSONValue(parsing: recording.request)))
    }
}

@Suite struct ClaudeChunkTests {
    /// The messages of an event stream.
    private static func frames(_ bytes: [UInt8]) throws -> [(name: String?, isFailure: Bool, data: [UInt8])] {
        var scanner = EventStreamScanner()
        var frames: [(name: String?, isFailure: Bool, data: [UInt8])] = []
        try bytes.withUnsafeBytes { all in
            var at = 0
            while at < all.count {
                let rest = UnsafeRawBufferPointer(rebasing: all[at...])
                guard let message = try scanner.next(in: rest) else { break }
                let frame = StreamFrame(message, in: rest)
                frames.append((frame.name.map { text($0) }, frame.kind == .exception, Array(frame.data)))
                at += message.length
            }
            #expect(at == all.count)
        }
        return frames
    }

    /// What the decoder makes of frames, one event to a line, and its failure.
    private static func read(
        _ frames: [(name: String?, isFailure: Bool, data: [UInt8])]
    ) -> (lines: [String], events: [CanonicalEvent], failure: GatewayError?) {
        var decoder = ClaudeChunkDecoder(from: Anthropic.source)
        var events: [CanonicalEvent] = []
        for frame in frames {
            do throws(GatewayError) {
                try withBytes(frame.data) { data throws(GatewayError) in
                    try decoder.receive(
                        StreamFrame(kind: frame.isFailure ? .exception : .event, data: data),
                        into: &events
                    )
                }
            } catch {
                return (events.map { String(describing: $0) }, events, error)
            }
        }
        let failure = decoder.close(into: &events)
        return (events.map { String(describing: $0) }, events, failure)
    }

    static let events: [CanonicalEvent] = [
        .start(id: "msg_1", model: "claude", usage: Usage(freshInput: 9, cacheRead: 4)),
        .blockStart(block: 0, choice: 0, .text), .delta(block: 0, .text("Hé\n")), .blockStop(block: 0),
        .blockStart(block: 1, choice: 0, .toolCall(id: "toolu_1", name: "f", kind: .function)),
        .delta(block: 1, .arguments("{\"a\":")), .delta(block: 1, .arguments("1}")), .blockStop(block: 1),
        .finish(choice: 0, .toolCalls), .usage(Usage(freshInput: 9, cacheRead: 4, output: 7)), .end,
    ]

    private static func write(_ events: [CanonicalEvent]) -> [UInt8] {
        var encoder = ClaudeChunkEncoder(Anthropic.style)
        var bytes: [UInt8] = []
        for event in events {
            if case .end = event { continue }
            encoder.write(event, into: &bytes)
        }
        encoder.writeEnd(into: &bytes)
        return bytes
    }

    @Test func whatIsWrittenReadsTheSame() throws {
        let frames = try Self.frames(Self.write(Self.events))
        #expect(frames.allSatisfy { $0.name == "chunk" && !$0.isFailure })
        let read = Self.read(frames)
        #expect(read.failure == nil)
        #expect(read.lines.last == "end")
        // The same as the plain stream, event by event.
        let plain = AnthropicReading(try Anthropic.frames(Anthropic.write(Self.events)))
        #expect(read.lines == plain.lines)
    }

    @Test func theLastChunkHasBedrocksCounts() throws {
        let frames = try Self.frames(Self.write(Self.events))
        let last = try #require(Recording.object(text(frames.last?.data ?? []))?["bytes"] as? String)
        let event = Recording.object(text(Data(base64Encoded: last) ?? Data()))
        let metrics = event?["amazon-bedrock-invocationMetrics"] as? [String: Int]
        #expect(event?["type"] as? String == "message_stop")
        #expect(metrics == ["inputTokenCount": 9, "outputTokenCount": 7, "cacheReadInputTokenCount": 4])
    }

    @Test func noCutEndsTheStreamAsASuccess() throws {
        let frames = try Self.frames(Self.write(Self.events))
        for count in 0..<frames.count {
            let read = Self.read(Array(frames.prefix(count)))
            #expect(read.failure != nil, "after \(count) frames")
            #expect(!read.lines.contains("end"))
        }
    }

    @Test func errorsAreExceptions() throws {
        var encoder = ClaudeChunkEncoder(Anthropic.style)
        var bytes: [UInt8] = []
        encoder.writeHeartbeat(into: &bytes)
        encoder.writeError(GatewayError(.rateLimit, origin: .upstream, "Slow down."), request: nil, into: &bytes)
        let frames = try Self.frames(bytes)
        #expect(frames.map(\.name) == ["chunk", "throttlingException"])
        #expect(frames[1].isFailure)
        #expect(Self.read(frames).failure?.message == "Slow down.")
    }

    @Test func aChunkThatIsNoBase64IsAnError() {
        let read = Self.read([(name: "chunk", isFailure: false, data: Array(#"{"bytes":"!!!"}"#.utf8))])
        #expect(read.failure?.code == .upstreamError)
    }

    @Test(.enabled(if: EndpointRecording.areThere, "no folder of recordings"))
    func readsARecordedStream() throws {
        let recording = try #require(EndpointRecording.load("bedrock/invoke-stream-claude-tool"))
        let frames = try Self.frames(recording.response)
        let read = Self.read(frames)
        #expect(read.failure == nil)
        let arguments = read.events.reduce(into: "") { arguments, event in
            if case .delta(_, .arguments(let piece)) = event { arguments += piece }
        }
        #expect(try JSONValue(parsing: arguments) == ["location": "Florence, Italy"])
        var usage: Usage?
        for case .usage(let seen) in read.events { usage = seen }
        #expect(usage?.freshInput == 578)
        #expect(usage?.output == 54)
        // Written for a client of the same API and read once more, it is still the same.
        #expect(Self.read(try Self.frames(Self.write(read.events))).lines == read.lines)
    }
}
