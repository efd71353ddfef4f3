import Core
import Glibc
import Identity

/// The file that holds the master key where none is configured: 64 hexadecimal digits, for its owner only.
struct MasterKeyFile: Sendable {
    let path: String

    /// The key.
    ///
    /// - Parameter makesFile: whether a file is made where there is none.
    func read(makesFile: Bool) throws(SealError) -> Secret {
        if let key = try self.found() { return key }
        guard makesFile else { throw .missing(path: self.path) }
        try self.make()
        guard let key = try self.found() else { throw .missing(path: self.path) }
        return key
    }

    /// The key in the file; nil where there is no file.
    private func found() throws(SealError) -> Secret? {
        let descriptor = Glibc.open(self.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw self.failure()
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw self.failure() }
        guard status.st_mode & 0o077 == 0 else { throw .readableByOthers(path: self.path) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw self.failure() }
        // An editor may have ended the line.
        let text = bytes[..<count].prefix { $0 > 0x20 }
        guard text.count >= SealError.shortest, let key = String(validating: text, as: UTF8.self) else {
            throw .file(path: self.path, reason: "holds no master key; restore it from a copy")
        }
        return Secret(key)
    }

    /// Makes the file whole or not at all: it is written under another name, and takes its own with one step that fails
    /// where another process was first.
    private func make() throws(SealError) {
        let draft = "\(self.path).\(getpid())"
        let descriptor = Glibc.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw self.failure() }
        defer {
            close(descriptor)
            unlink(draft)
        }
        let text = Array("\(Self.freshKey())\n".utf8)
        guard fchmod(descriptor, 0o600) == 0, write(descriptor, text, text.count) == text.count, fsync(descriptor) == 0
        else { throw self.failure() }
        guard link(draft, self.path) == 0 || errno == EEXIST else { throw self.failure() }
        // A secret sealed under a key that a power cut takes away is lost: the name must be durable, too.
        let folder = Glibc.open(Self.folder(of: self.path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw self.failure() }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw self.failure() }
    }

    /// 256 random bits in hexadecimal.
    private static func freshKey() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<32).map { _ in
            let byte = UInt8.random(in: .min ... .max, using: &generator)
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private func failure() -> SealError { .file(path: self.path, reason: describe(errno)) }
}

extension DatabaseURL {
    /// The file beside the database that holds the master key where none is configured.
    package var masterKeyPath: String {
        guard let slash = self.path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return Self.masterKeyName }
        return "\(self.path[...slash])\(Self.masterKeyName)"
    }

    private static let masterKeyName = "turnpike.master"
}
