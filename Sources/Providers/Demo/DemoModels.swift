/// The demo's models: what each does is its name's promise.
package enum DemoModels {
    /// A model and what it does, in one line for documentation and lists.
    package struct Entry: Sendable, Hashable {
        /// The name behind `demo/`.
        package var name: String
        package var does: String

        /// The whole name, as clients ask for it.
        package var id: String { "demo/\(self.name)" }
    }

    /// Every model. `status-NNN` stands for all statuses from 400 to 599.
    package static let all: [Entry] = [
        Entry(name: "chat", does: "answers: quotes the question, calls tools, fits schemas, describes images"),
        Entry(name: "slow", does: "answers late: an event every 300 ms, a whole answer after 2 s"),
        Entry(name: "long", does: "answers with 2000 words, each an event of its stream"),
        Entry(name: "huge", does: "answers with 1 MiB of text, in a stream as one event"),
        Entry(name: "comments", does: "streams with a comment line before each event"),
        Entry(name: "crlf", does: "streams with CRLF line ends"),
        Entry(name: "ping", does: "streams with `event: ping` objects in between, which have no choices"),
        Entry(name: "cut", does: "breaks the connection off in the middle of the answer"),
        Entry(name: "reset", does: "breaks the connection off before it answers"),
        Entry(name: "stall", does: "sends half of the answer, then nothing, and keeps the connection open"),
        Entry(name: "stall-first", does: "sends nothing at all and keeps the connection open"),
        Entry(name: "stall-head", does: "sends the head of a 200, then nothing, and keeps the connection open"),
        Entry(name: "status-NNN", does: "answers with that status, 400 to 599; 429 and 503 with Retry-After: 1"),
        Entry(name: "html", does: "answers 502 with a page of HTML, as a proxy does"),
        Entry(
            name: "error-in-stream",
            does: "streams some words, then an error event; without a stream an error in a 200"
        ),
        Entry(name: "error-first", does: "a 200 whose first event is an error; without a stream an error in a 200"),
        Entry(name: "error-in-200", does: "a 200 whose whole body is an error, also where a stream was asked for"),
        Entry(name: "empty-stream", does: "a 200 with nothing in it that ends cleanly"),
        Entry(name: "no-done", does: "a stream that ends cleanly after its finish reason, without [DONE]"),
        Entry(name: "bad-first-event", does: "a 200 whose first event, or whose body, is not JSON"),
    ]

    /// The names `GET /v1/models` lists: all of them, with some statuses for the pattern.
    package static var listed: [String] {
        self.all.flatMap { entry in
            entry.name == "status-NNN" ? ["demo/status-429", "demo/status-500", "demo/status-503"] : [entry.id]
        }
    }

    /// The table as Markdown.
    package static var markdown: String {
        var lines = ["| model | does |", "|---|---|"]
        for entry in self.all { lines.append("| `\(entry.id)` | \(entry.does) |") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Whether `name`, with or without `demo/` before it, is a model of the demo.
    package static func contains(_ name: String) -> Bool { DemoBehaviour(model: name) != nil }
}

/// What a model does to the answer it would give; each case is the model of that name, described in ``DemoModels``.
enum DemoBehaviour: Hashable {
    case chat
    case slow
    case long
    case huge
    case comments
    case crlf
    case ping
    case cut
    case reset
    case stall
    case stallFirst
    case stallHead
    case status(Int)
    case html
    case errorInStream
    case errorFirst
    case errorIn200
    case emptyStream
    case noDone
    case badFirstEvent

    private static let named: [String: DemoBehaviour] = [
        "chat": .chat, "slow": .slow, "long": .long, "huge": .huge, "comments": .comments, "crlf": .crlf, "ping": .ping,
        "cut": .cut, "reset": .reset, "stall": .stall, "stall-first": .stallFirst, "stall-head": .stallHead,
        "html": .html,
        "error-in-stream": .errorInStream, "error-first": .errorFirst, "error-in-200": .errorIn200,
        "empty-stream": .emptyStream, "no-done": .noDone, "bad-first-event": .badFirstEvent,
    ]

    /// The behaviour of `model`, with or without `demo/` before it; nil for a model that is not the demo's.
    init?(model: String) {
        let name = model.hasPrefix("demo/") ? String(model.dropFirst(5)) : model
        if let behaviour = Self.named[name] {
            self = behaviour
        } else if name.hasPrefix("status-"), name.utf8.count == 10, let status = Int(name.dropFirst(7)),
            (400...599).contains(status)
        {
            self = .status(status)
        } else {
            return nil
        }
    }
}
