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
