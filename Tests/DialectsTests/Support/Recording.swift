import Foundation
import JSON
import Testing

/// A recorded exchange in OpenAI's Chat dialect, from the folder TURNPIKE_RECORDINGS names, or from
/// ../shared/wire/recordings beside the package. Where there is none, the tests over recordings are skipped.
struct Recording: Sendable, CustomTestStringConvertible {
    var name: String
    var provider: String
    var status: Int
    var isStream: Bool
    var headers: [String: String]
    var body: [UInt8]

    var testDescription: String { self.name }

    var streams: Bool { self.isStream && self.status == 200 }
    /// The data of its events, the last of them unfinished or not, by a plain reading of the text.
    var events: [String] {
        let text = String(decoding: self.body, as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n")
        return text.components(separatedBy: "\n\n").compactMap { event in
            let lines = event.components(separatedBy: "\n").filter { $0.hasPrefix("data:") }
            guard !lines.isEmpty else { return nil }
            return lines.map { $0.dropFirst(5).drop { $0 == " " } }.joined(separator: "\n")
        }
    }
    /// The events and the body as plain trees.
    var chunks: [[String: Any]] { self.events.compactMap(Self.object) }
    var answer: [String: Any]? { Self.object(String(decoding: self.body, as: UTF8.self)) }

    static func object(_ text: String) -> [String: Any]? {
        try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    }

    static let all: [Recording] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder =
            ProcessInfo.processInfo.environment["TURNPIKE_RECORDINGS"].map { URL(filePath: $0) }
            ?? root.deletingLastPathComponent().appending(path: "shared/wire/recordings")
        let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(".json") }.sorted().compactMap { path in
            guard let data = try? Data(contentsOf: folder.appending(path: path)),
                let value = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                let response = value["response"] as? [String: Any], let status = response["status"] as? Int,
                let body = response["body"] as? String
            else { return nil }
            let isChat = value["api"] as? String == "chat.completions"
            guard isChat || path == "xai/err-400-auth.json" else { return nil }
            var headers: [String: String] = [:]
            for (name, field) in response["headers"] as? [String: Any] ?? [:] {
                headers[name.lowercased()] = field as? String ?? (field as? [String])?.first
            }
            return Recording(
                name: String(path.dropLast(5)),
                provider: value["provider"] as? String ?? "",
                status: status,
                isStream: value["stream"] as? Bool ?? false,
                headers: headers,
                body: Array(body.utf8)
            )
        }
    }()
}
