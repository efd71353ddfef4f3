import Core
import Dialects
import JSON

/// What became of a stream that a ``ChatStreamReader`` read to the end of its bytes.
struct StreamReading {
    var reader: ChatStreamReader
    /// The data of each event, in order, with what was decided about it.
    var verdicts: [(data: [UInt8], verdict: ChatStreamReader.Verdict)] = []
    /// The failure in the stream, or the one its end is.
    var failure: GatewayError?

    var isComplete: Bool { self.failure == nil }

    /// The reader after each whole event, with the offset behind the event.
    var states: [(end: Int, reader: ChatStreamReader)] = []

    /// Reads `bytes` as the whole of a stream that then ended cleanly.
    init(_ bytes: some Collection<UInt8>, quirks: ChatQuirks = .openAI, hidesUsage: Bool = false) {
        self.init(bytes, reader: ChatStreamReader(quirks: quirks, hidesUsage: hidesUsage))
    }

    /// Reads on with `reader`.
    init(_ bytes: some Collection<UInt8>, reader: ChatStreamReader) {
        self.reader = reader
        let bytes = Array(bytes)
        var scanner = SSEScanner()
        var at = 0
        var atEnd = false
        bytes.withUnsafeBytes { all in
            while self.failure == nil {
                let rest = UnsafeRawBufferPointer(rebasing: all[at...])
                guard let event = atEnd ? scanner.finish(in: rest) : scanner.next(in: rest) else {
                    if atEnd { break }
                    atEnd = true
                    continue
                }
                at += event.length
                if event.data != nil {
                    let name = event.name.map { UnsafeRawBufferPointer(rebasing: rest[$0]) }
                    let data = event.joinedData(in: rest)
                    let verdict = data.withUnsafeBytes { self.reader.receive(name: name, data: $0) }
                    self.verdicts.append((data, verdict))
                    if case .failed(let error) = verdict { self.failure = error }
                }
                if atEnd { break }
                self.states.append((at, self.reader))
            }
        }
        if self.failure == nil { self.failure = self.reader.ended() }
    }

    /// Reads a stream of the given data, each an event.
    init(events: [String], quirks: ChatQuirks = .openAI, hidesUsage: Bool = false) {
        self.init(events.map { "data: \($0)\n\n" }.joined().utf8, quirks: quirks, hidesUsage: hidesUsage)
    }
}

/// The text of the bytes.
func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

/// Reads an error answer.
func readError(
    _ status: Int,
    _ body: String,
    headers: [String: String] = [:],
    credentials: [Secret] = [],
    now: UInt64 = 0
) -> GatewayError {
    Array(body.utf8).withUnsafeBytes { bytes in
        ChatErrors.read(
            status: status,
            header: { headers[$0] },
            body: bytes,
            credentials: credentials,
            now: now
        )
    }
}

/// Reads a request.
func readRequest(_ body: String, endpoint: ChatEndpoint = .chat) throws(GatewayError) -> ChatRequestFacts {
    let bytes = Array(body.utf8)
    let result = bytes.withUnsafeBytes { bytes in
        Result<ChatRequestFacts, GatewayError> { () throws(GatewayError) in
            try ChatRequestFacts.read(bytes, endpoint: endpoint)
        }
    }
    return try result.get()
}

/// Reads a whole answer.
func readAnswer(
    _ body: String,
    quirks: ChatQuirks = .openAI,
    endpoint: ChatEndpoint = .chat
) throws(GatewayError) -> ChatAnswerFacts {
    let bytes = Array(body.utf8)
    let result = bytes.withUnsafeBytes { bytes in
        Result<ChatAnswerFacts, GatewayError> { () throws(GatewayError) in
            try ChatAnswerReader.read(bytes, quirks: quirks, endpoint: endpoint)
        }
    }
    return try result.get()
}
