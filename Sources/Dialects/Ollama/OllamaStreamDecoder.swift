package import Core
internal import JSON

/// Reads streamed answers of Ollama's `/api/chat` and `/api/generate`, line by line.
///
/// Every line is an answer with the next piece of the text; calls come whole. The line that says `done` is the last.
package struct OllamaStreamDecoder: StreamDecoding {
    private let source: ReplySource
    private var hasStarted = false
    private var hasEnded = false
    private var blocks = 0
    private var calls = 0
    /// The block of text or reasoning that is open.
    private var open: (block: Int, isThinking: Bool)?

    /// A decoder at the start of a stream.
    package init(from source: ReplySource) { self.source = source }

    /// Appends what a line says; `frame` holds one without its end.
    ///
    /// - Throws: the error in place of an answer, or `upstreamError` for a line that is no JSON object.
    package mutating func receive(_ frame: StreamFrame, into events: inout [CanonicalEvent]) throws(GatewayError) {
        guard !self.hasEnded else { return }
        let line: OllamaLine
        do {
            line = try OllamaLine(frame.data)
        } catch {
            throw GatewayError(
                .upstreamError,
                origin: .upstream,
                retry: .sameTarget,
                "The provider sent what is not JSON.",
                upstreamStatus: 200
            )
        }
        if line.isError { throw UpstreamErrors.inBand(frame.data) }
        guard line.isAnswer || line.isDone else { return }
        if !self.hasStarted {
            self.hasStarted = true
            events.append(.start(id: nil, model: line.model, usage: nil))
        }
        if let thinking = line.thinking, !thinking.isEmpty {
            events.append(.delta(block: self.openBlock(isThinking: true, into: &events), .text(thinking)))
        }
        if let text = line.text, !text.isEmpty {
            events.append(.delta(block: self.openBlock(isThinking: false, into: &events), .text(text)))
        }
        if let logprobs = line.logprobs {
            let block = self.open?.block ?? self.openBlock(isThinking: false, into: &events)
            events.append(.delta(block: block, .logprobs(logprobs)))
        }
        for image in line.images {
            self.append(.whole(Part(.image(Media(.base64(image), type: "image/png")))), nil, into: &events)
        }
        for call in line.calls {
            let id = call.id ?? CallID.made(seed: self.source.seed, position: self.calls)
            self.calls += 1
            self.append(.toolCall(id: id, name: call.name, kind: .function), call.arguments, into: &events)
        }
        if line.isDone { self.finish(line, into: &events) }
    }

    /// What the stream lacks, or nil where its last line came.
    package mutating func close(into events: inout [CanonicalEvent]) -> GatewayError? {
        if self.hasEnded { return nil }
        return GatewayError(
            self.hasStarted ? .truncatedStream : .upstreamError,
            origin: .upstream,
            retry: .sameTarget,
            self.hasStarted
                ? "The provider's stream broke off before its end." : "The provider's stream ended without a line.",
            upstreamStatus: 200
        )
    }

    private mutating func openBlock(isThinking: Bool, into events: inout [CanonicalEvent]) -> Int {
        if let open = self.open, open.isThinking == isThinking { return open.block }
        self.closeBlock(into: &events)
        let block = self.blocks
        self.blocks += 1
        self.open = (block, isThinking)
        events.append(.blockStart(block: block, choice: 0, isThinking ? .thinking : .text))
        return block
    }

    private mutating func closeBlock(into events: inout [CanonicalEvent]) {
        guard let open = self.open else { return }
        self.open = nil
        events.append(.blockStop(block: open.block))
    }

    /// Appends a block that came whole.
    private mutating func append(
        _ kind: CanonicalEvent.BlockKind,
        _ arguments: String?,
        into events: inout [CanonicalEvent]
    ) {
        self.closeBlock(into: &events)
        let block = self.blocks
        self.blocks += 1
        events.append(.blockStart(block: block, choice: 0, kind))
        if let arguments { events.append(.delta(block: block, .arguments(arguments))) }
        events.append(.blockStop(block: block))
    }

    private mutating func finish(_ line: OllamaLine, into events: inout [CanonicalEvent]) {
        self.closeBlock(into: &events)
        self.hasEnded = true
        if let usage = line.usage { events.append(.usage(usage)) }
        events.append(.finish(choice: 0, StopReason(ollama: line.stop).derived(callsTools: self.calls > 0)))
        events.append(.end)
    }
}
