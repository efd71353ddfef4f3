/// What the file says of one model; what it leaves out comes from the built-in catalogue.
package struct ModelSettings: Sendable, Hashable {
    /// The model and its provider.
    package var target = Target(provider: "", model: "")
    /// The most tokens of input and output together.
    package var context: Int?
    /// The most tokens of output.
    package var output: Int?
    /// What it can do; nil leaves the catalogue's list.
    package var capabilities: [Capability]?
    /// What it costs; nil leaves the catalogue's price.
    package var price: Price?

    /// The defaults.
    package init() {}
}

/// Something a model can do.
package enum Capability: String, Sendable, Hashable, CaseIterable {
    /// Calls functions the request describes.
    case tools
    /// Makes several calls in one answer.
    case parallelTools = "parallel_tools"
    /// Takes images.
    case vision
    /// Takes audio.
    case audioInput = "audio_input"
    /// Answers with audio.
    case audioOutput = "audio_output"
    /// Takes documents such as PDF.
    case documents
    /// Takes video.
    case video
    /// Keeps to a JSON Schema.
    case jsonSchema = "json_schema"
    /// Keeps to JSON of any shape.
    case jsonObject = "json_object"
    /// Thinks before it answers.
    case reasoning
    /// Goes on from an assistant message at the end of the request.
    case prefill
    /// Gives the likelihood of tokens.
    case logprobs
    /// Streams its answer.
    case streaming
    /// Takes system messages.
    case systemMessages = "system_messages"
    /// Searches the web itself.
    case webSearch = "web_search"
    /// Runs code itself.
    case codeExecution = "code_execution"
    /// Makes embeddings.
    case embeddings
    /// Ranks documents.
    case rerank
    /// Makes images.
    case images
    /// Makes speech from text.
    case speech
    /// Makes text from speech.
    case transcription
    /// Judges whether text is harmful.
    case moderation
}

extension ModelSettings: Section {
    static let title = "a model"

    static let fields: [Field<ModelSettings>] = [
        Field(
            "context",
            optional: \.context,
            .integer(1...1_000_000_000),
            "The most tokens of input and output together."
        ),
        Field("output", optional: \.output, .integer(1...1_000_000_000), "The most tokens of output."),
        Field(
            "capabilities",
            optional: \.capabilities,
            .list(of: .word, count: 0...100),
            "What it can do; replaces the catalogue's list."
        ),
        Field("price", optional: \.price, .price, "What it costs; replaces the catalogue's price. 0 is free."),
    ]
}
