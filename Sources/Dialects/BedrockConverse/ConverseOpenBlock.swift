internal import JSON

/// A block of a stream that has begun and not ended.
struct ConverseOpenBlock: Sendable {
    enum Kind: Sendable {
        case text
        case thinking
        case redacted
        case call
        /// A call of a tool the provider runs itself.
        case serverCall
        /// The result of one.
        case serverResult
        case image
    }

    /// The number on the wire.
    var index: Int
    /// The number in the canonical stream; blocks that are passed on whole get theirs when they are.
    var block: Int
    var kind: Kind
    /// What announced a block that is passed on whole.
    var head = JSONValue.null
    /// What is held until the end: a signature, which may come in pieces, an input, the bytes of an image.
    var text = ""
    /// The content of a result so far.
    var pieces: [JSONValue] = []
}
