import Core
import Credentials
import Synchronization

/// A clock that stands until it is moved.
final class ManualClock: Sendable {
    private let seconds: Mutex<Int64>

    init(_ seconds: Int64) { self.seconds = Mutex(seconds) }

    var now: Int64 { self.seconds.withLock { $0 } }
    func set(_ seconds: Int64) { self.seconds.withLock { $0 = seconds } }
}

/// Holds back whoever passes until it is opened.
final class Gate: Sendable {
    private let state = Mutex<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = self.state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = self.state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// A count that several tasks raise.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { self.count.load(ordering: .sequentiallyConsistent) }
    @discardableResult func raise() -> Int { self.count.add(1, ordering: .sequentiallyConsistent).newValue }
}

/// A client that never has an answer, for what must not ask.
struct NoHTTP: BackgroundHTTP {
    func send(_ request: BackgroundRequest) async throws(BackgroundHTTPError) -> BackgroundResponse {
        throw .failed("nothing is asked here")
    }
}

/// The message of the error `body` throws; nil where it throws none.
func message<Value>(_ body: () async throws(GatewayError) -> Value) async -> String? {
    do throws(GatewayError) {
        _ = try await body()
        return nil
    } catch {
        return error.message
    }
}

/// Lets others run until `condition` holds, or the test's time is up.
func until(_ condition: @autoclosure () -> Bool) async throws {
    while !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}
