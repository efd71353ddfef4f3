/// A problem in the configuration file: where it is, what it is, and what mends it.
package struct Diagnostic: Sendable, Hashable {
    /// How bad it is.
    package enum Severity: String, Sendable, Hashable {
        /// The file cannot be used.
        case error
        /// The file can be used, but not all of it does what it seems to.
        case warning
    }

    /// How bad it is.
    package var severity: Severity
    /// The name of the file, as it was given.
    package var file: String
    /// The line, counted from 1.
    package var line: Int
    /// The column in Unicode scalars, counted from 1.
    package var column: Int
    /// The place in the document: `routes.chat.fallback[1]`; empty for the whole.
    package var path: String
    /// What is wrong, in lower case and without a full stop; never holds a secret.
    package var message: String
    /// What mends it, where that is known.
    package var fix: String?

    /// A problem at a place; see the properties.
    package init(
        _ severity: Severity,
        file: String,
        line: Int,
        column: Int,
        path: String,
        message: String,
        fix: String? = nil
    ) {
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.path = path
        self.message = message
        self.fix = fix
    }
}

extension Diagnostic: CustomStringConvertible {
    /// One line as compilers write it: `turnpike.yaml:12:5: error: unknown key 'fallbak'; did you mean 'fallback'?`.
    package var description: String {
        let place = "\(self.file):\(self.line):\(self.column): \(self.severity.rawValue): \(self.message)"
        guard let fix = self.fix else { return place }
        return "\(place); \(fix)"
    }
}
