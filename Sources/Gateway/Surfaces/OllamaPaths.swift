import Dialects
import HTTP1

/// The paths of Ollama's own API.
///
/// Source: https://docs.ollama.com/api
enum OllamaPaths {
    static func surface(_ path: UnsafeRawBufferPointer) -> Surface? {
        if path.isExactly("/") { return .ollama(.greeting) }
        guard path.equals("/api/", at: 0) else { return nil }
        if path.isExactly("/api/chat") { return .generate(.init(dialect: .ollama)) }
        if path.isExactly("/api/generate") { return .generate(.init(dialect: .ollama, isGenerate: true)) }
        if path.isExactly("/api/tags") { return .models(.ollama) }
        if path.isExactly("/api/version") { return .ollama(.version) }
        return nil
    }
}
