import ArgumentParser
import Glibc
import TurnpikeConfiguration

/// Finding and reading the configuration for every command.
struct ConfigurationFile {
    /// The file that is used where it is there and none is named.
    static let standard = "turnpike.yaml"

    /// The file's path; nil where the gateway runs without one.
    let path: String?

    /// - Parameter named: the path given with `--config`.
    init(named: String?) {
        if let named {
            self.path = named
        } else {
            self.path = access(Self.standard, R_OK) == 0 ? Self.standard : nil
        }
    }

    /// Reads and validates. Without a file the providers are found from the environment, and the demo is among them.
    func load() -> ConfigurationResult {
        guard let path = self.path else {
            let found = Configuration.discovered(environment: environment(), localOllama: LocalOllama.isThere())
            return ConfigurationResult(configuration: found, diagnostics: [])
        }
        guard let text = readText(path) else {
            let missing = Diagnostic(
                .error,
                file: path,
                line: 1,
                column: 1,
                path: "",
                message: "the file cannot be read",
                fix: "check the path given with --config"
            )
            return ConfigurationResult(configuration: nil, diagnostics: [missing])
        }
        return ConfigurationLoader(file: path, environment: environment(), readFile: readText).load(text)
    }

    /// The validated configuration, with warnings shown.
    ///
    /// - Throws: exit status 78 after every problem has been shown.
    func require() throws -> Configuration {
        let result = self.load()
        for diagnostic in result.diagnostics { Console.complain(diagnostic.description) }
        guard let configuration = result.configuration else { throw ExitStatus.configuration }
        return configuration
    }
}

/// The environment of the process.
func environment() -> [String: String] {
    var found: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
        let line = String(cString: text)
        if let equals = line.firstIndex(of: "=") {
            found[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        entry += 1
    }
    return found
}

/// The text of a file of at most 16 MiB, or nil where it cannot be read or is not UTF-8.
@Sendable func readText(_ path: String) -> String? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = fread(&chunk, 1, chunk.count, file)
        if count == 0 { break }
        bytes.append(contentsOf: chunk[..<count])
        if bytes.count > 16 << 20 { return nil }
    }
    return ferror(file) == 0 ? String(validating: bytes, as: UTF8.self) : nil
}
