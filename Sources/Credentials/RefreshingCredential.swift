package import Core
import Synchronization

/// A credential with an end: fetched when it is first asked for, held while it is good, and fetched anew in the
/// background before it ends.
///
/// However many ask at once, one fetch is under way at a time. It belongs to nobody who waits, so a caller that goes away
/// does not end it for the others. A fetch that failed is not tried again for a few seconds; until then everyone who has
/// no value gets the same error, so that a dead token service is not asked by every request.
package final class RefreshingCredential<Value: Sendable>: Sendable {
    /// What a fetch brings: the value, and the Unix second it ends at; nil is a value that does not end.
    package typealias Fetch = @Sendable () async throws(GatewayError) -> (Value, expires: Int64?)

    private let margin: Int64
    private let failureMemory: Int64
    private let clock: @Sendable () -> Int64
    private let fetch: Fetch
    private let state = Mutex(State())

    /// - Parameters:
    ///   - margin: How many seconds before its end a value is fetched anew.
    ///   - failureMemory: How many seconds a failure is remembered.
    ///   - clock: The time, in seconds since the Unix epoch.
    ///   - fetch: Brings a new value. It has to end by itself: nothing here cancels it.
    package init(
        margin: Int64 = 300,
        failureMemory: Int64 = 5,
        clock: @escaping @Sendable () -> Int64 = unixSeconds,
        fetch: @escaping Fetch
    ) {
        self.margin = margin
        self.failureMemory = failureMemory
        self.clock = clock
        self.fetch = fetch
    }

    /// The value, where one is at hand and has not ended; never waits. Asking for a value near its end starts the fetch
    /// of the next one.
    package var current: Value? {
        let now = self.clock()
        let (value, starts) = self.state.withLock { state -> (Value?, Bool) in
            guard let held = state.held, held.isUsable(at: now) else { return (nil, false) }
            return (held.value, held.isDue(at: now) && state.beginFetch(at: now))
        }
        if starts { self.startFetch() }
        return value
    }

    /// The value at hand, or the next one.
    ///
    /// - Throws: What the fetch threw; ``GatewayError/Code/clientCancelled`` where the calling task is cancelled first.
    package func value() async throws(GatewayError) -> Value {
        if let value = self.current { return value }
        let ticket = self.state.withLock { $0.takeTicket() }
        let result: Result<Value, GatewayError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.wait(continuation, ticket: ticket)
            }
        } onCancel: {
            self.leave(ticket)
        }
        return try result.get()
    }

    /// Forgets the value, because whom it was shown to refused it; the next who asks fetches another. A value fetched
    /// within the last half minute is kept: a refusal that a new value does not cure must not become a fetch per request.
    package func discard() {
        let now = self.clock()
        self.state.withLock { state in
            if let held = state.held, now - held.since >= 30 { state.held = nil }
        }
    }

    /// How many callers wait for the fetch that is under way.
    var waitingCount: Int { self.state.withLock { $0.waiting.count } }

    /// Whether a fetch is under way.
    var isFetching: Bool { self.state.withLock { $0.isFetching } }

    private func wait(_ continuation: CheckedContinuation<Result<Value, GatewayError>, Never>, ticket: UInt64) {
        let now = self.clock()
        let (answer, starts) = self.state.withLock { state -> (Result<Value, GatewayError>?, Bool) in
            // Cancelled before it waits: `leave` has come and gone, and nobody else would wake it.
            if Task.isCancelled { return (.failure(Self.cancelled), false) }
            if let held = state.held, held.isUsable(at: now) { return (.success(held.value), false) }
            if !state.isFetching, let failure = state.failure, now < failure.until {
                return (.failure(failure.error), false)
            }
            state.waiting[ticket] = continuation
            return (nil, state.beginFetch(at: now))
        }
        if let answer { continuation.resume(returning: answer) }
        if starts { self.startFetch() }
    }

    private func leave(_ ticket: UInt64) {
        let continuation = self.state.withLock { $0.waiting.removeValue(forKey: ticket) }
        continuation?.resume(returning: .failure(Self.cancelled))
    }

    private func startFetch() {
        // A task of its own, not a child: it outlives the caller that happened to start it.
        Task {
            let result: Result<(Value, expires: Int64?), GatewayError>
            do throws(GatewayError) {
                result = .success(try await self.fetch())
            } catch {
                result = .failure(error)
            }
            self.finish(result)
        }
    }

    private func finish(_ result: Result<(Value, expires: Int64?), GatewayError>) {
        let now = self.clock()
        let waiting = self.state.withLock { state in
            state.isFetching = false
            switch result {
            case .success(let (value, expires)):
                // One that has ended on arrival is all there is: it is held as long as a failure, so that it is not
                // fetched by every request.
                let end = expires.map { max($0, now + self.failureMemory) }
                state.held = Held(value, expires: end, margin: self.margin, now: now)
                state.failure = nil
            case .failure(let error):
                state.failure = (error, now + self.failureMemory)
            }
            defer { state.waiting = [:] }
            return state.waiting
        }
        let answer = result.map { $0.0 }
        for continuation in waiting.values { continuation.resume(returning: answer) }
    }

    private static var cancelled: GatewayError {
        GatewayError(.clientCancelled, origin: .client, "The request was cancelled before its credential was there.")
    }
}

extension RefreshingCredential {
    private struct State {
        var held: Held?
        var failure: (error: GatewayError, until: Int64)?
        var isFetching = false
        var waiting: [UInt64: CheckedContinuation<Result<Value, GatewayError>, Never>] = [:]
        var lastTicket: UInt64 = 0

        mutating func takeTicket() -> UInt64 {
            self.lastTicket += 1
            return self.lastTicket
        }

        /// Whether the caller is to start a fetch: none is under way, and the last one did not just fail.
        mutating func beginFetch(at now: Int64) -> Bool {
            if self.isFetching { return false }
            if let failure = self.failure, now < failure.until { return false }
            self.isFetching = true
            return true
        }
    }

    private struct Held {
        let value: Value
        let since: Int64
        let expires: Int64?
        let due: Int64?

        init(_ value: Value, expires: Int64?, margin: Int64, now: Int64) {
            self.value = value
            self.since = now
            self.expires = expires
            // Metadata services hand out what they hold, which may be near its end already. Without this pause every
            // request would ask for the next one.
            self.due = expires.map { max($0 - margin, now + min(30, max(1, ($0 - now) / 2))) }
        }

        /// Two seconds of its life are left for the way to the upstream.
        func isUsable(at now: Int64) -> Bool { self.expires.map { now < $0 - 2 } ?? true }
        func isDue(at now: Int64) -> Bool { self.due.map { now >= $0 } ?? false }
    }
}

extension RefreshingCredential: CustomStringConvertible, CustomReflectable {
    /// Says nothing of the value.
    package var description: String { "[credential]" }
    /// Empty, so that dumping it shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Seconds since the Unix epoch.
@Sendable package func unixSeconds() -> Int64 { Int64(unixMilliseconds() / 1000) }
