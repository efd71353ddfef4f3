import Core
import Dialects
import Identity
import Transport

/// What is known of a request when it is over: the one value that metrics, log, and later ledger and budgets are fed.
struct Settlement {
    let id: RequestID
    let received: Instant
    var principal: Principal?
    /// The name the client asked for.
    var model = ""
    var stream = false
    var route = ""
    /// `provider/model` of the last attempt.
    var target = ""
    var attempts = 0
    var usage: Usage?
    var finishReason: String?
    /// From the last attempt's beginning to its whole answer, or to a stream's first content.
    var upstreamTime = Duration.zero
    var status = 0
    var error: GatewayError?
    /// How the upstream named an error of the caller's own making.
    var words: ChatErrorWords?

    init(request: ServerRequest) {
        self.id = request.id
        self.received = request.received
    }

    mutating func begin(_ target: TargetRuntime) {
        self.target = target.name
        self.attempts += 1
    }

    /// What the gateway itself took so far.
    var gatewayTime: Duration { Instant.now.duration(since: self.received) - self.upstreamTime }
}
