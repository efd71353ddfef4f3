import Glibc

/// The place of a Unix-domain socket that only the owner of the process may open, at no moment anybody else.
///
/// A socket file gets its mode when it is bound, from a mask that belongs to the whole process. So it is bound inside a
/// folder that is closed to others, given its mode there, and moved to its place.
package struct ControlSocket: Sendable {
    /// Where commands find the socket.
    package let path: String
    private let folder: String

    /// The longest path of a socket in bytes (`sun_path` less its end).
    package static let limit = 107

    /// Where the socket is bound before it is moved.
    package var bindPath: String { "\(self.folder)/s" }

    /// Takes the path of the socket; nil where it or the one it is bound at is too long.
    package init?(path: String) {
        self.path = path
        let parent = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        self.folder = "\(parent).tp\(getpid())"
        guard path.utf8.count <= Self.limit, self.bindPath.utf8.count <= Self.limit else { return nil }
    }

    /// Makes the closed folder.
    package func prepare() throws(SystemError) {
        // One left by a crashed process of the same number is in the way.
        self.removeFolder()
        guard mkdir(self.folder, 0o700) == 0 else { throw SystemError(self.folder) }
    }

    /// Gives the bound socket its mode and moves it to its place, over a stale one.
    package func publish() throws(SystemError) {
        guard chmod(self.bindPath, 0o600) == 0 else { throw SystemError(self.bindPath) }
        guard rename(self.bindPath, self.path) == 0 else { throw SystemError(self.path) }
        self.removeFolder()
    }

    /// Takes the socket and the folder away.
    package func remove() {
        unlink(self.path)
        self.removeFolder()
    }

    private func removeFolder() {
        unlink(self.bindPath)
        rmdir(self.folder)
    }
}

/// A call to the system that failed.
package struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What the call was about and the system's words.
    package let description: String

    /// The last error of this thread, about `subject`.
    init(_ subject: String) { self.description = "\(subject): \(String(cString: strerror(errno)))" }

    /// A failure about `subject` that the system has no number for.
    init(_ subject: String, _ reason: String) { self.description = "\(subject): \(reason)" }
}
