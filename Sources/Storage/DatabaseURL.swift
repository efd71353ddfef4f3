/// Where a SQLite database is: `sqlite:` and a path, relative (`sqlite:turnpike.db`) or absolute
/// (`sqlite:/var/lib/turnpike.db`, `sqlite:///var/lib/turnpike.db`).
package struct DatabaseURL: Sendable, Hashable {
    /// The database file.
    package let path: String

    /// What is used where nothing is configured.
    package static let standard = "sqlite:turnpike.db"

    /// Reads a URL.
    ///
    /// - Throws: ``StorageError/unsupportedURL(_:)``; the error does not quote the password a URL may hold.
    package init(_ url: String) throws(StorageError) {
        guard url.hasPrefix("sqlite:") else { throw .unsupportedURL(Self.shown(url)) }
        var path = url.dropFirst("sqlite:".count)
        if path.hasPrefix("//") {
            path = path.dropFirst(2)
            guard path.hasPrefix("/") else { throw .unsupportedURL(url) }
        }
        guard !path.isEmpty, !path.hasPrefix(":"), !path.hasSuffix("/"), !path.utf8.contains(0) else {
            throw .unsupportedURL(url)
        }
        self.path = String(path)
    }

    /// The file whose lock says which process owns the database.
    package var lockPath: String { self.path + ".lock" }

    /// The socket over which the owning process takes commands.
    package var socketPath: String { self.path + ".sock" }

    private static func shown(_ url: String) -> String {
        guard let colon = url.firstIndex(of: ":") else { return url.contains("@") ? "…" : url }
        return "\(url[...colon])…"
    }
}
