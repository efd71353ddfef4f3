import Core
import Dialects
import Identity
import Transport

/// What is known of a request when it is over: the one thing that metrics, log, and later ledger and budgets are fed.
///
/// An object, so that nothing of it is copied where it is only looked at.
final class Settlement {
    let id: RequestID
    let received: Instant
    var principal: Principal?
    /// What the client speaks.
    var dialect = Dialect.openAIChat
    /// The name the client asked for.
    var model = ""
    var stream = false
    var route = ""
    /// The target of the last attempt.
    var target: TargetRuntime?
    var attempts = 0
    var usage: Usage?
    var finishReason: String?
    /// From the last attempt's beginning to its whole answer, or to a stream's first content.
    var upstreamNanoseconds: UInt64 = 0
    var status = 0
    var error: GatewayError?
    /// What the operator has to know of the error and the client must not.
    var detail: String?
    /// How the upstream named an error of the caller's own making.
    var words: ChatErrorWords?

    init(request: ServerRequest) {
        self.id = request.id
        self.received = request.received
    }

    func begin(_ target: TargetRuntime) {
        self.target = target
        self.attempts += 1
    }

    /// What the gateway itself took so far.
    var gatewayNanoseconds: UInt64 {
        let all = Instant.now.nanoseconds(since: self.received)
        return all > self.upstreamNanoseconds ? all - self.upstreamNanoseconds : 0
    }
}
