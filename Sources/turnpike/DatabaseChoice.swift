import Core
import Storage
import TurnpikeConfiguration

/// Which database a command works on.
enum DatabaseChoice {
    /// The one given with `--database`, else the one the configuration names.
    ///
    /// - Throws: ``StorageError`` for a kind of database that is not in force yet.
    static func url(named: String?, in configuration: @autoclosure () throws -> Configuration) throws -> DatabaseURL {
        if let named { return try DatabaseURL(named) }
        switch try configuration().state.database {
        case .sqlite(let path): return try DatabaseURL("sqlite:\(path)")
        case .postgres: return try DatabaseURL("postgres:")
        }
    }
}

/// The key that seals stored secrets.
enum MasterKey {
    /// The name of the variable that holds it where the configuration names none.
    static let variable = "TURNPIKE_MASTER_KEY"

    /// The one the configuration names, else that of the variable; nil where a file of the process's own holds it.
    static func configured(in configuration: Configuration?) -> Secret? {
        if let key = configuration?.state.masterKey { return key }
        return Self.ofTheEnvironment
    }

    /// The one `file` names where there is such a file, else that of the variable. A file with problems names none here: the
    /// command that needs the file itself shows them.
    static func configured(beside file: ConfigurationFile) -> Secret? {
        Self.configured(in: file.path == nil ? nil : file.load().configuration)
    }

    private static var ofTheEnvironment: Secret? {
        environment()[Self.variable].flatMap { $0.isEmpty ? nil : Secret($0) }
    }
}
