import Glibc
import Storage

/// A folder that goes away with the test that made it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/turnpike-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw StorageError.file(path: "/tmp", reason: "no temporary folder") }
        self.path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        for name in self.names { unlink("\(self.path)/\(name)") }
        rmdir(self.path)
    }

    /// The database of the test.
    var url: DatabaseURL {
        get throws { try DatabaseURL("sqlite:\(self.path)/test.db") }
    }

    /// The names of the files in the folder, sorted.
    var names: [String] {
        guard let folder = opendir(self.path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The bytes of one file.
    func bytes(_ name: String) throws -> [UInt8] {
        guard let file = fopen("\(self.path)/\(name)", "r") else {
            throw StorageError.file(path: name, reason: "not readable")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return bytes
    }

    /// The permission bits of one file.
    func mode(_ name: String) -> mode_t {
        var status = stat()
        guard stat("\(self.path)/\(name)", &status) == 0 else { return 0 }
        return status.st_mode & 0o777
    }
}

extension [UInt8] {
    /// Whether `text` occurs in the bytes.
    func contains(text: String) -> Bool { self.firstRange(of: Array(text.utf8)) != nil }
}
