import Core
import Dialects
import Transport

/// What a stream becomes on its way from an upstream to the client. A pure state machine around a codec; the
/// ``StreamRelay`` that drives it knows about connections, back-pressure and time.
protocol StreamPassage {
    /// Whether anything a client would see has passed.
    var hasContent: Bool { get }
    /// What the stream cost so far, as the upstream counts.
    var usage: Usage? { get }
    /// Why it ended, in OpenAI's words.
    var finishReason: String? { get }
    /// Whether a body that begins with this byte is no stream but JSON: a whole answer, or an error under a 200.
    func isJSON(first: UInt8) -> Bool

    /// Takes every whole message off the front of `bytes` and appends what the client gets of them to `out`.
    ///
    /// `bytes` always begins at the first byte that was not taken. While `isHolding`, nothing is to go out that is not
    /// needed: the answer may still fall over to another target.
    mutating func receive(_ bytes: UnsafeRawBufferPointer, isHolding: Bool, into out: inout ChunkBuffer) -> PassageStep

    /// The upstream closed properly; `rest` is what was never a whole message.
    ///
    /// Nil where the stream was whole.
    mutating func close(_ rest: UnsafeRawBufferPointer, into out: inout ChunkBuffer) -> GatewayError?

    /// Why a JSON body is no stream.
    func fault(of json: UnsafeRawBufferPointer) -> GatewayError

    /// Appends what keeps the client waiting.
    mutating func writeHeartbeat(into out: inout ChunkBuffer)
    /// Appends the terminal event of a success.
    mutating func writeEnd(into out: inout ChunkBuffer)
    /// Appends the error event of the client's dialect.
    mutating func writeError(_ error: GatewayError, request: RequestID, into out: inout ChunkBuffer)
}

/// What came of the bytes that arrived.
enum PassageStep {
    /// So many bytes were taken; more are awaited.
    case more(taken: Int)
    /// The terminal event came.
    case ended
    case failed(GatewayError)
}

extension StreamPassage {
    static func malformed(_ message: String) -> GatewayError {
        GatewayError(
            .upstreamError,
            origin: .upstream,
            retry: .otherTarget,
            "the upstream's stream is malformed: \(message)"
        )
    }

    static var wholeAnswer: GatewayError { Self.malformed("it is a whole answer where a stream was asked for") }
}
