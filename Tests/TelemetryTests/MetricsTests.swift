import Core
import Telemetry
import Testing

@Suite struct MetricsTests {
    @Test func countsRequestsTokensAndTime() {
        let metrics = Metrics()
        let labels = Metrics.RequestLabels(dialect: "openai", target: "house/a\"b", status: 200, stream: true)
        metrics.record(labels, nanoseconds: 20_000_000, usage: Usage(freshInput: 3, cacheRead: 4, output: 5))
        metrics.record(labels, nanoseconds: 2_000_000_000, usage: nil)
        let text = metrics.text(openConnections: 7, openRequests: 1)
        let named = #"{dialect="openai",target="house/a\"b",status="200",stream="true""#
        for line in [
            "turnpike_requests_total\(named)} 2",
            "turnpike_tokens_total\(named),direction=\"input\"} 7",
            "turnpike_tokens_total\(named),direction=\"output\"} 5",
            "turnpike_request_duration_seconds_bucket\(named),le=\"0.025\"} 1",
            "turnpike_request_duration_seconds_bucket\(named),le=\"2.5\"} 2",
            "turnpike_request_duration_seconds_bucket\(named),le=\"+Inf\"} 2",
            "turnpike_open_connections 7",
            "turnpike_open_requests 1",
        ] {
            #expect(text.split(separator: "\n").contains(Substring(line)), "\(line)")
        }
    }

    @Test func boundsItsLabels() {
        let metrics = Metrics()
        for number in 0..<2100 {
            let labels = Metrics.RequestLabels(dialect: "openai", target: "p/\(number)", status: 200, stream: false)
            metrics.record(labels, nanoseconds: 1, usage: nil)
        }
        let text = metrics.text(openConnections: 0, openRequests: 0)
        let counted = text.split(separator: "\n").filter { $0.hasPrefix("turnpike_requests_total{") }
        #expect(counted.count == 2001)
        #expect(counted.contains { $0.contains("target=\"other\"") && $0.hasSuffix(" 100") })
    }
}
