import Foundation
import JSON
import Testing

/// Runs over a folder of recorded exchanges (JSON files with `response.body`, `response.headers`): TURNPIKE_RECORDINGS, or
/// ../shared/wire/recordings beside the package. Skipped where there is none.
@Suite(.enabled(if: !Recording.all.isEmpty, "no folder of recordings"))
struct RecordingTests {
    @Test(arguments: Recording.all)
    func readsTheRecordingItself(recording: Recording) throws {
        let value = try JSONValue(parsing: recording.file)
        try validate(recording.file)
        #expect(try JSONValue(parsing: value.bytes) == value)
        let (members, end) = try walkMembers(recording.file)
        #expect(members.map(\.key) == value.asObject?.keys)
        #expect(end == recording.file.count)
    }

    @Test(arguments: Recording.all.filter { $0.body != nil && !$0.isEventStream })
    func parsesAndKeepsEveryBody(recording: Recording) throws {
        let body = try #require(recording.body)
        // Newline-delimited JSON is a text for each line.
        let isLines = recording.contentType.contains("ndjson") || (try? JSONValue(parsing: body)) == nil
        let texts = isLines ? body.split(separator: "\n").map(String.init) : [body]
        for text in texts where !text.isEmpty {
            let value = try JSONValue(parsing: text)
            #expect(try JSONValue(parsing: value.bytes) == value)
            try validate(Array(text.utf8))
            if case .object(let object) = value {
                #expect(try walkMembers(text).map(\.key) == object.keys)
            }
        }
    }

    @Test(arguments: Recording.all.filter(\.isEventStream))
    func givesTheSameEventsForRandomCuts(recording: Recording) throws {
        let bytes = Array(try #require(recording.body).utf8)
        let whole = scan([bytes[...]])
        #expect(whole.events.contains { $0.data != nil })
        #expect(whole.events.map(\.plain) == SSEReference.events(bytes))
        #expect(whole.events.flatMap(\.raw) + whole.rest == bytes)
        for seed in 0..<5 {
            var random = SeededGenerator(seed: seed)
            #expect(scan(randomPieces(bytes, &random, longest: 1 << (3 + 2 * seed))) == whole, "seed \(seed)")
        }
        for event in whole.events where event.data?.first == UInt8(ascii: "{") {
            let data = event.data ?? []
            #expect(try JSONValue(parsing: data).asObject?.keys == walkMembers(data).members.map(\.key))
        }
    }
}

/// One recorded exchange.
struct Recording: Sendable, CustomTestStringConvertible {
    var name: String
    var file: [UInt8]
    var body: String?
    var contentType: String

    var isEventStream: Bool {
        guard let body else { return false }
        return self.contentType.hasPrefix("text/event-stream") || self.contentType.isEmpty && body.hasPrefix("data:")
    }
    var testDescription: String { self.name }

    static let all: [Recording] = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder =
            ProcessInfo.processInfo.environment["TURNPIKE_RECORDINGS"].map { URL(filePath: $0) }
            ?? root.deletingLastPathComponent().appending(path: "shared/wire/recordings")
        let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(".json") }.sorted().compactMap { path in
            guard let data = try? Data(contentsOf: folder.appending(path: path)) else { return nil }
            guard let value = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else { return nil }
            let response = value["response"] as? [String: Any]
            let headers = response?["headers"] as? [String: Any] ?? [:]
            let type = headers.first { $0.key.lowercased() == "content-type" }?.value
            return Recording(
                name: path,
                file: Array(data),
                body: response?["body"] as? String,
                contentType: (type as? String ?? (type as? [String])?.first ?? "").lowercased()
            )
        }
    }()
}
