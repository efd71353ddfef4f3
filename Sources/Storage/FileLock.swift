import Glibc

/// An exclusive lock on a file, held until this value goes away or the process ends (`flock`, so a crash frees it).
///
/// The file stays where it is afterwards: removing it would let two processes hold locks on two files of one name.
struct FileLock: ~Copyable, Sendable {
    private let descriptor: CInt

    /// Takes the lock, and writes this process's number into the file for whoever finds it taken.
    ///
    /// - Throws: ``DatabaseLocked`` where another holder has it; ``StorageError`` where the file cannot be used.
    init(_ lockPath: String, for path: String) throws {
        let descriptor = Glibc.open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw StorageError.file(path: lockPath, reason: describe(errno)) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            let owner = Self.owner(descriptor)
            Glibc.close(descriptor)
            if reason == EWOULDBLOCK { throw DatabaseLocked(path: path, owner: owner) }
            throw StorageError.file(path: lockPath, reason: describe(reason))
        }
        // The number is a courtesy to the reader of an error message: failing to write it is no failure.
        let number = Array("\(getpid())\n".utf8)
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, number, number.count, 0)
        self.descriptor = descriptor
    }

    deinit { Glibc.close(self.descriptor) }

    private static func owner(_ descriptor: CInt) -> Int? {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int(String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}

/// The system's words for an error number.
func describe(_ number: CInt) -> String { String(cString: strerror(number)) }
