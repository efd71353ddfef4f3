import Foundation
import TurnpikeConfiguration

/// Loads a text with an environment and files given in the test.
func load(
    _ text: String,
    environment: [String: String] = [:],
    files: [String: String] = [:]
) -> ConfigurationResult {
    ConfigurationLoader(environment: environment, readFile: { files[$0] }).load(text)
}

/// The errors of a text, as `turnpike check` prints them.
func errors(_ text: String, environment: [String: String] = [:], files: [String: String] = [:]) -> [String] {
    load(text, environment: environment, files: files).errors.map(\.description)
}

/// The variables the sample file asks for.
let sampleEnvironment = [
    "ANTHROPIC_API_KEY": "key-anthropic",
    "OPENAI_API_KEY": "key-openai",
    "GEMINI_API_KEY": "key-gemini",
    "KEY_A": "key-azure-a",
    "KEY_B": "key-azure-b",
]

/// The sample file of the repository.
func sampleText() throws -> String {
    var folder = URL(filePath: #filePath)
    for _ in 0..<3 { folder.deleteLastPathComponent() }
    return try String(contentsOf: folder.appending(path: "examples/turnpike.yaml"), encoding: .utf8)
}
