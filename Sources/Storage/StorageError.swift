/// Another process owns the database.
package struct DatabaseLocked: Error, Sendable, Hashable, CustomStringConvertible {
    /// The database file.
    package let path: String
    /// The process that holds the lock, where it left its number.
    package let owner: Int?

    package var description: String {
        let process = self.owner.map { " (process \($0))" } ?? ""
        return """
            the database \(self.path) is in use by another turnpike\(process): one process owns a SQLite database; \
            stop the other one, or give this one a database of its own
            """
    }
}

/// Why a database could not be opened or used.
package enum StorageError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The URL names no database this build can use.
    case unsupportedURL(String)
    /// A newer turnpike has changed the schema.
    case newerSchema(path: String)
    /// The file is a SQLite database, but not one of turnpike's.
    case foreign(path: String)
    /// The file or one beside it could not be opened, made or written.
    case file(path: String, reason: String)
    /// The database refused what was asked of it.
    case database(path: String, reason: String)

    package var description: String {
        switch self {
        case .unsupportedURL(let url):
            """
            "\(url)" is not a database this build can use: write sqlite: and a file name, such as sqlite:turnpike.db \
            (other databases are not in force yet)
            """
        case .newerSchema(let path):
            """
            the database \(path) was changed by a newer turnpike, and its schema cannot go back: run that version, or \
            restore the backup that was made beside the file
            """
        case .foreign(let path):
            "\(path) is a SQLite database, but not one of turnpike's: name another file"
        case .file(let path, let reason):
            "\(path): \(reason)"
        case .database(let path, let reason):
            "the database \(path) failed: \(reason)"
        }
    }
}
