package import Core

/// What a translation could not carry over, and whether that is allowed.
package struct TranslationNotes: Sendable {
    /// Why something was not carried over as it was.
    package enum Reason: String, Sendable, Hashable {
        /// The target has no such parameter.
        case unsupportedParameter = "unsupported_parameter"
        /// The target has it, but not with this value; the nearest it takes was sent.
        case clampedValue = "clamped_value"
        /// The target cannot do this; what was asked for was made up for in another way.
        case emulated
        /// A part of the conversation the target cannot take was changed or left out.
        case changedContent = "changed_content"
        /// A field no one knows.
        case unknownParameter = "unknown_parameter"
    }

    package struct Entry: Sendable, Hashable {
        package var reason: Reason
        /// The field in the client's own spelling (`logit_bias`, `messages[2].name`).
        package var field: String
    }

    /// In the order they came up, each once.
    package private(set) var entries: [Entry] = []
    /// Whether the client would rather be refused than answered without something (`x-turnpike-strict: true`).
    package let isStrict: Bool

    /// Nothing noted yet.
    package init(isStrict: Bool = false) { self.isStrict = isStrict }

    /// How many entries are kept; a request of a thousand odd messages says so once.
    private static let bound = 32

    /// Notes that `field` is not carried over as the client meant it.
    ///
    /// - Throws: `unsupported`, naming the field, where the client is strict.
    package mutating func drop(_ field: String, _ reason: Reason = .unsupportedParameter) throws(GatewayError) {
        if self.isStrict {
            throw GatewayError(
                .unsupported,
                origin: .client,
                "'\(field)' cannot be carried over to the target (\(reason.rawValue)), and x-turnpike-strict is set",
                field: field
            )
        }
        self.note(field, reason)
    }

    /// Notes a change that does not alter what the request means, which is therefore no reason to refuse it.
    package mutating func note(_ field: String, _ reason: Reason) {
        // A field of the client's own making may have any name; what is quoted of it fits a header.
        let entry = Entry(reason: reason, field: field.utf8.count <= 64 ? field : "\(field.prefix(60))...")
        guard self.entries.count < Self.bound, !self.entries.contains(entry) else { return }
        self.entries.append(entry)
    }

    /// The value of `x-turnpike-dropped`: `reason;field, …`; nil where nothing was dropped.
    package var headerValue: String? {
        guard !self.entries.isEmpty else { return nil }
        return self.entries.map { "\($0.reason.rawValue);\($0.field)" }.joined(separator: ", ")
    }
}
