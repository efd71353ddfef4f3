/// How a server that speaks OpenAI's Chat dialect differs from OpenAI itself, as data.
///
/// Only what decides how a same-dialect exchange is read or edited is here; deviations that every reader tolerates for
/// every server (usage on any chunk, repeated roles, several finish chunks, changing chunk ids, numeric error codes,
/// flat error strings) need no switch. The defaults are OpenAI's own behaviour.
package struct ChatQuirks: Sendable, Hashable {
    /// Whether the server takes `stream_options`. Where it does not, it sends usage unasked, and `stream_options` is
    /// never added to a request.
    package var acceptsStreamOptions: Bool
    /// Whether a whole stream ends with `data: [DONE]`. Where it need not, a clean end after every begun choice has its
    /// `finish_reason` counts as complete too.
    package var sendsDone: Bool
    /// Whether `completion_tokens` leaves reasoning tokens out. A `total_tokens` that decides the question wins over
    /// this.
    package var reasoningOutsideCompletion: Bool

    /// Quirks that differ from OpenAI's behaviour in what is given.
    package init(acceptsStreamOptions: Bool = true, sendsDone: Bool = true, reasoningOutsideCompletion: Bool = false) {
        self.acceptsStreamOptions = acceptsStreamOptions
        self.sendsDone = sendsDone
        self.reasoningOutsideCompletion = reasoningOutsideCompletion
    }

    /// OpenAI itself, and any server about which nothing else is known.
    package static let openAI = ChatQuirks()
}
