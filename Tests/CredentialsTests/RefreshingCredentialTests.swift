import Core
import Testing

@testable import Credentials

/// A credential with the standard margin and failure memory.
private func made<Value: Sendable>(
    at clock: ManualClock,
    fetch: @escaping RefreshingCredential<Value>.Fetch
) -> RefreshingCredential<Value> {
    RefreshingCredential(clock: { clock.now }, fetch: fetch)
}

@Suite(.timeLimit(.minutes(1))) struct RefreshingCredentialTests {
    @Test func aHundredCallersShareOneFetch() async throws {
        let gate = Gate()
        let fetches = Counter()
        let credential = made(at: ManualClock(0)) { () async throws(GatewayError) -> (Int, expires: Int64?) in
            await gate.pass()
            return (fetches.raise(), expires: 1000)
        }
        let values = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { try await credential.value() } }
            try await until(credential.waitingCount == 100)
            gate.open()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == Array(repeating: 1, count: 100))
        #expect(fetches.value == 1)
        #expect(credential.current == 1)
    }

    @Test func aCancelledCallerLeavesTheFetchToTheOthers() async throws {
        let gate = Gate()
        let credential = made(at: ManualClock(0)) { () async throws(GatewayError) -> (Int, expires: Int64?) in
            await gate.pass()
            return (7, expires: nil)
        }
        // The one that starts the fetch is the one that goes away.
        let leaver = Task { try await credential.value() }
        try await until(credential.waitingCount == 1)
        let stayer = Task { try await credential.value() }
        try await until(credential.waitingCount == 2)
        leaver.cancel()
        let error = await #expect(throws: GatewayError.self) { try await leaver.value }
        #expect(error?.code == .clientCancelled)
        gate.open()
        #expect(try await stayer.value == 7)
    }

    @Test func aCallerCancelledBeforehandDoesNotWait() async {
        let credential = made(at: ManualClock(0)) { () async throws(GatewayError) -> (Int, expires: Int64?) in
            await Gate().pass()
            return (7, expires: nil)
        }
        let error = await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await #expect(throws: GatewayError.self) { try await credential.value() }
        }.value
        #expect(error?.code == .clientCancelled)
        #expect(credential.waitingCount == 0)
    }

    @Test func isFetchedAnewInTheBackgroundBeforeItEnds() async throws {
        let clock = ManualClock(0)
        let fetches = Counter()
        let gate = Gate()
        let credential = made(at: clock) { () async throws(GatewayError) -> (Int, expires: Int64?) in
            let number = fetches.raise()
            if number == 2 { await gate.pass() }
            return (number, expires: clock.now + 1000)
        }
        #expect(credential.current == nil)
        #expect(try await credential.value() == 1)
        clock.set(699)
        #expect(credential.current == 1)
        #expect(!credential.isFetching)
        #expect(fetches.value == 1)
        clock.set(700)
        // The old one is served while the new one is on its way, and asking again starts no second fetch.
        for _ in 0..<10 { #expect(credential.current == 1) }
        #expect(try await credential.value() == 1)
        try await until(fetches.value >= 2)
        gate.open()
        try await until(credential.current != 1)
        #expect(credential.current == 2)
        #expect(fetches.value == 2)
    }

    @Test func anEndedValueIsNotServed() async throws {
        let clock = ManualClock(0)
        let fetches = Counter()
        let credential = made(at: clock) { () async throws(GatewayError) -> (Int, expires: Int64?) in
            (fetches.raise(), expires: clock.now + 1000)
        }
        #expect(try await credential.value() == 1)
        clock.set(998)
        #expect(credential.current == nil)
        #expect(try await credential.value() == 2)
    }

    @Test func aValueThatIsShortLivedFromTheStartIsNotFetchedByEveryRequest() async throws {
        let clock = ManualClock(0)
        let fetches = Counter()
        // 100 seconds are within the margin from the first moment on.
        let credential = made(at: clock) { () async throws(GatewayError) -> (Int, expires: Int64?) in
            (fetches.raise(), expires: clock.now + 100)
        }
        #expect(try await credential.value() == 1)
        for _ in 0..<100 { #expect(credential.current == 1) }
        clock.set(29)
        #expect(credential.current == 1)
        #expect(!credential.isFetching)
        #expect(fetches.value == 1)
        clock.set(30)
        #expect(credential.current == 1)
        try await until(fetches.value >= 2)
    }

    @Test func aValueThatHasEndedOnArrivalIsNotFetchedByEveryRequest() async throws {
        let clock = ManualClock(1000)
        let fetches = Counter()
        let credential = made(at: clock) { () async throws(GatewayError) -> (Int, expires: Int64?) in
            (fetches.raise(), expires: 900)
        }
        #expect(try await credential.value() == 1)
        #expect(try await credential.value() == 1)
        #expect(!credential.isFetching)
        clock.set(1005)
        #expect(try await credential.value() == 2)
    }

    @Test func aFailureIsRememberedForAWhile() async throws {
        let clock = ManualClock(0)
        let fetches = Counter()
        let credential = made(at: clock) { () async throws(GatewayError) -> (Int, expires: Int64?) in
            if fetches.raise() == 1 { throw GatewayError(.upstreamAuthentication, origin: .gateway, "first") }
            return (2, expires: nil)
        }
        #expect(await message { () async throws(GatewayError) in try await credential.value() } == "first")
        clock.set(4)
        #expect(await message { () async throws(GatewayError) in try await credential.value() } == "first")
        #expect(fetches.value == 1)
        clock.set(5)
        #expect(try await credential.value() == 2)
    }

    @Test func aFailedRefreshLeavesTheOldValueInForce() async throws {
        let clock = ManualClock(0)
        let fetches = Counter()
        let credential = made(at: clock) { () async throws(GatewayError) -> (Int, expires: Int64?) in
            if fetches.raise() == 2 { throw GatewayError(.upstreamAuthentication, origin: .gateway, "second") }
            return (fetches.value, expires: clock.now + 1000)
        }
        #expect(try await credential.value() == 1)
        clock.set(800)
        #expect(credential.current == 1)
        try await until(fetches.value >= 2)
        // Whether the failure has been noted yet or not, the old value is what one gets.
        #expect(try await credential.value() == 1)
        try await until(!credential.isFetching)
        clock.set(900)
        try await until(credential.current != 1)
        #expect(credential.current == 3)
    }

    @Test func aRefusedValueIsForgottenUnlessItIsNew() async throws {
        let clock = ManualClock(0)
        let fetches = Counter()
        let credential = made(at: clock) { () async throws(GatewayError) -> (Int, expires: Int64?) in
            (fetches.raise(), expires: nil)
        }
        #expect(try await credential.value() == 1)
        clock.set(29)
        credential.discard()
        #expect(credential.current == 1)
        clock.set(30)
        credential.discard()
        #expect(credential.current == nil)
        #expect(try await credential.value() == 2)
    }

    @Test func showsNothingOfItsValue() async throws {
        let credential = made(at: ManualClock(0)) { () async throws(GatewayError) -> (String, expires: Int64?) in
            ("hunter2", expires: nil)
        }
        _ = try await credential.value()
        var dumped = ""
        dump(credential, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        #expect(!"\(credential) \(String(reflecting: credential))".contains("hunter2"))
    }
}
