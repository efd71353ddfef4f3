/// The tokens of one answer, in the counting every dialect is converted to.
///
/// The invariant: input = fresh + cache read + cache write; `output` includes `reasoning`.
package struct Usage: Sendable, Hashable {
    /// Input tokens that came from no cache and went into none.
    package var freshInput: Int
    /// Input tokens read from the provider's prompt cache.
    package var cacheRead: Int
    /// Input tokens written to the provider's prompt cache.
    package var cacheWrite: Int
    /// Output tokens, reasoning included.
    package var output: Int
    /// The part of `output` that was reasoning.
    package var reasoning: Int
    /// The part of `cacheWrite` that is kept for an hour rather than minutes.
    package var cacheWriteHour = 0
    /// The part of `freshInput` that was audio.
    package var audioInput = 0
    /// The part of `output` that was audio.
    package var audioOutput = 0
    /// Web searches the provider made for the answer.
    package var searches = 0

    package init(freshInput: Int = 0, cacheRead: Int = 0, cacheWrite: Int = 0, output: Int = 0, reasoning: Int = 0) {
        self.freshInput = freshInput
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
        self.output = output
        self.reasoning = reasoning
    }

    /// All input tokens.
    package var input: Int { self.freshInput + self.cacheRead + self.cacheWrite }
    /// Input and output.
    package var total: Int { self.input + self.output }
}
