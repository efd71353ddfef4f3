/// Why a text is not JSON, and where. The message never quotes the text: it may end up in an answer or a log line.
package struct JSONSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The offset, in bytes from the start of the buffer, at which the text stopped making sense.
    package var offset: Int
    /// A fixed phrase without a full stop, such as "unexpected end of input".
    package var message: String

    /// An error at `offset`; `message` must not quote the text.
    package init(offset: Int, message: String) {
        self.offset = offset
        self.message = message
    }

    /// The message and the offset, as shown to whoever sent the text.
    package var description: String { "\(self.message) at byte \(self.offset)" }
}

/// The bounds every reader of this room keeps to.
package enum JSONLimits {
    /// How many arrays and objects may be open inside one another, the outermost counted as one.
    package static let depth = 128
}

/// What sort of value stands at a place in a JSON text.
package enum JSONKind: Sendable, Hashable {
    case object
    case array
    case string
    case number
    case `true`
    case `false`
    case null
}
