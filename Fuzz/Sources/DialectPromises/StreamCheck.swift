import Core
import Dialects
import JSON

/// A provider's stream: reading never traps; the cuts change nothing; the events are in order; a stream that breaks off
/// never ends well; every client's writer takes the events, and what it writes is framed and reads back.
struct StreamCheck {
    let dialect: Dialect
    var choices: Choices

    init(dialect: Dialect, choices: Choices) {
        self.dialect = dialect
        self.choices = choices
    }

    /// What came of reading frames.
    private struct Reading {
        var check: EventCheck
        var events: [CanonicalEvent] = []
        var error: GatewayError?
    }

    func check(_ body: UnsafeRawBufferPointer) {
        var choices = self.choices
        let source = self.dialect.source(&choices)
        let bytes = self.dialect == .bedrockConverse ? WrittenMessages.bytes(of: body) : Array(body)
        let whole = FrameCutter(bytes, self.dialect.framing)
        let cut = FrameCutter(bytes, self.dialect.framing, piece: 1 + Int(choices.next() % 64))
        promise(whole.frames == cut.frames, "the cuts change the frames")
        let reading = Self.read(whole.frames, self.dialect, source)
        let second = Self.read(cut.frames, self.dialect, source)
        promise(reading.check.lines == second.check.lines, "reading twice differs")

        // Any beginning of the stream: an end of its own is one the whole stream came by as well, or a close behind a finish.
        if !whole.frames.isEmpty {
            let count = Int(choices.next() % UInt64(whole.frames.count))
            let part = Self.read(Array(whole.frames[..<count]), self.dialect, source)
            if part.check.hasEnded { promise(part.error == nil, "an end beside an error") }
            if self.dialect == .anthropicMessages || self.dialect == .bedrockConverse, part.check.hasEnded {
                promise(reading.check.hasEnded, "a beginning ends, the whole does not")
                promise(
                    Array(reading.check.lines.prefix(part.check.lines.count)) == part.check.lines,
                    "a beginning ends elsewhere than the whole: \(part.check.lines) \(reading.check.lines)"
                )
            }
        }
        self.write(reading, &choices)
    }

    /// Reads as the gateway does: nothing after the end or an error, a close where neither came.
    private static func read(_ frames: [OwnedFrame], _ dialect: Dialect, _ source: ReplySource) -> Reading {
        var decoder = dialect.streamDecoder(from: source)
        var reading = Reading(check: EventCheck(maker: "\(dialect)"))
        for frame in frames {
            var events: [CanonicalEvent] = []
            var error: GatewayError?
            frame.with { frame in
                do throws(GatewayError) {
                    try decoder.receive(frame, into: &events)
                } catch let thrown {
                    error = thrown
                }
            }
            for event in events { reading.check.take(event) }
            reading.events += events
            if let error {
                reading.error = error
                return reading
            }
            if reading.check.hasEnded { return reading }
        }
        var events: [CanonicalEvent] = []
        reading.error = decoder.close(into: &events)
        for event in events { reading.check.take(event) }
        reading.events += events
        promise(
            (reading.error == nil) == reading.check.hasEnded,
            "\(dialect): \(reading.error.map { $0.message } ?? "no error") at the close after \(reading.check.lines)"
        )
        return reading
    }

    private func write(_ reading: Reading, _ choices: inout Choices) {
        var shaper = ReplyShaper(ReplyPlan.any(&choices))
        var shaped: [CanonicalEvent] = []
        for event in reading.events { shaper.shape(event, into: &shaped) }
        var check = EventCheck(maker: "the shaper behind \(self.dialect)", numbersAll: false)
        for event in shaped { check.take(event) }
        for client in Dialect.allCases {
            var style = ReplyStyle.any(&choices)
            style.isJSONArray = client == .gemini && choices.coin()
            var encoder = client.streamEncoder(style)
            var written: [UInt8] = []
            for event in shaped {
                if case .end = event { continue }
                if choices.next() % 8 == 0 { encoder.writeHeartbeat(into: &written) }
                encoder.write(event, into: &written)
            }
            if let error = reading.error {
                encoder.writeError(error, request: nil, into: &written)
            } else {
                encoder.writeEnd(into: &written)
            }
            if style.isJSONArray {
                Self.checkArray(written)
            } else {
                Self.check(written, of: client, ended: reading.error == nil, told: check.told, &choices)
            }
        }
    }

    private static func checkArray(_ written: [UInt8]) {
        let isJSON = written.withUnsafeBytes { (try? JSONScan.validate($0)) != nil }
        promise(isJSON && written.first == UInt8(ascii: "["), "no array: \(String(decoding: written, as: UTF8.self))")
    }

    /// What was written is framed to its last byte, and read again tells the same.
    private static func check(
        _ written: [UInt8],
        of client: Dialect,
        ended: Bool,
        told: Told,
        _ choices: inout Choices
    ) {
        func text() -> String { String(decoding: written, as: UTF8.self) }
        let cutter = FrameCutter(written, client.framing, atEnd: false)
        promise(!cutter.isBroken && cutter.rest == 0, "\(client) is not framed to the end: \(text())")
        for frame in cutter.frames {
            if client == .openAIChat, frame.data == Array("[DONE]".utf8) {
                promise(frame == cutter.frames.last, "\(client) goes on behind the end: \(text())")
                continue
            }
            guard let value = try? JSONValue(parsing: frame.data), value.asObject != nil else {
                promise(false, "\(client) sends an event that is no object: \(text())")
                continue
            }
            if client == .anthropicMessages {
                let type = value["type"]?.asString.map { Array($0.utf8) }
                promise(
                    type != nil && type == frame.name,
                    "\(client) names an event otherwise than its data: \(text())"
                )
            }
        }
        var source = client.source(&choices)
        source.quirks = .openAI
        let again = Self.read(cutter.frames, client, source)
        if ended {
            guard told.isWorthAnything else { return }
            promise(again.error == nil, "\(client) does not read back: \(again.error?.message ?? "") in \(text())")
            told.compare(with: again.check.told, of: client, text())
        } else {
            promise(!again.check.hasEnded, "\(client) ends well behind an error: \(text())")
        }
    }
}
