package import Core
import Synchronization

/// The counters behind `/metrics`, in the Prometheus text format (https://prometheus.io/docs/instrumenting/exposition_formats/).
///
/// Label sets are bounded: beyond ``bound`` combinations further ones are counted together as `other`.
package final class Metrics: Sendable {
    /// What one finished request is counted under.
    package struct RequestLabels: Sendable, Hashable {
        package var dialect: String
        /// `provider/model`, or empty where the request ended before a target was chosen.
        package var target: String
        package var status: Int
        package var stream: Bool

        package init(dialect: String, target: String, status: Int, stream: Bool) {
            self.dialect = dialect
            self.target = target
            self.status = status
            self.stream = stream
        }
    }

    fileprivate struct Counts {
        var requests = 0
        var inputTokens = 0
        var outputTokens = 0
        var seconds = 0.0
        var buckets = [Int](repeating: 0, count: Metrics.bounds.count)
    }

    private static let bound = 2000
    fileprivate static let bounds: [Double] = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

    private let counts = Mutex<[RequestLabels: Counts]>([:])

    package init() {}

    /// Counts a request once it is over.
    package func record(_ labels: RequestLabels, nanoseconds: UInt64, usage: Usage?) {
        let seconds = Double(nanoseconds) / 1e9
        self.counts.withLock { counts in
            var labels = labels
            if counts.count >= Self.bound, counts[labels] == nil { labels.target = "other" }
            counts[labels, default: Counts()].add(seconds, usage)
        }
    }

    /// All metrics as text. The gauges are read by the caller, who knows the connections.
    package func text(openConnections: Int, openRequests: Int) -> String {
        let snapshot = self.counts.withLock { $0 }
        let rows = snapshot.map { (Self.labels($0.key), $0.value) }.sorted { $0.0 < $1.0 }
        var out = ""
        func family(_ name: String, _ kind: String, _ help: String) {
            out += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
        }
        family("turnpike_requests_total", "counter", "Requests answered.")
        for (labels, counts) in rows { out += "turnpike_requests_total{\(labels)} \(counts.requests)\n" }
        family("turnpike_tokens_total", "counter", "Tokens the upstreams reported.")
        for (labels, counts) in rows where counts.inputTokens + counts.outputTokens > 0 {
            out += "turnpike_tokens_total{\(labels),direction=\"input\"} \(counts.inputTokens)\n"
            out += "turnpike_tokens_total{\(labels),direction=\"output\"} \(counts.outputTokens)\n"
        }
        family("turnpike_request_duration_seconds", "histogram", "From the request's head to its answer's end.")
        for (labels, counts) in rows {
            var total = 0
            for (bound, count) in zip(Self.bounds, counts.buckets) {
                total += count
                out += "turnpike_request_duration_seconds_bucket{\(labels),le=\"\(bound)\"} \(total)\n"
            }
            out += "turnpike_request_duration_seconds_bucket{\(labels),le=\"+Inf\"} \(counts.requests)\n"
            out += "turnpike_request_duration_seconds_sum{\(labels)} \(counts.seconds)\n"
            out += "turnpike_request_duration_seconds_count{\(labels)} \(counts.requests)\n"
        }
        family("turnpike_open_connections", "gauge", "Client connections that are open.")
        out += "turnpike_open_connections \(openConnections)\n"
        family("turnpike_open_requests", "gauge", "Requests that are being answered.")
        out += "turnpike_open_requests \(openRequests)\n"
        return out
    }

    private static func labels(_ labels: RequestLabels) -> String {
        """
        dialect="\(escaped(labels.dialect))",target="\(escaped(labels.target))",status="\(labels.status)",\
        stream="\(labels.stream)"
        """
    }

    private static func escaped(_ text: String) -> String {
        var out = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }
}

extension Metrics.Counts {
    fileprivate mutating func add(_ seconds: Double, _ usage: Usage?) {
        self.requests += 1
        self.seconds += seconds
        self.inputTokens += usage?.input ?? 0
        self.outputTokens += usage?.output ?? 0
        if let index = Metrics.bounds.firstIndex(where: { seconds <= $0 }) { self.buckets[index] += 1 }
    }
}
