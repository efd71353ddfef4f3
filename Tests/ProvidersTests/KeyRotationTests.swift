import Core
import Providers
import Testing

@Suite struct KeyRotationTests {
    private static func at(_ seconds: UInt64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    private func rotation(_ count: Int) throws -> KeyRotation {
        try #require(KeyRotation((0..<count).map { Secret("key-\($0)") }))
    }

    @Test func noKeysAreNoRotation() { #expect(KeyRotation([]) == nil) }

    @Test(arguments: 1...5) func keysAreUsedInTurn(count: Int) throws {
        let rotation = try self.rotation(count)
        let used = (0..<3 * count).map { _ in rotation.next(now: Self.at(1)) }
        #expect(used.map(\.index) == (0..<3 * count).map { $0 % count })
        #expect(used.allSatisfy { $0.key == Secret("key-\($0.index)") })
    }

    @Test func aCondemnedKeyIsLeftOutUntilItsTime() throws {
        let rotation = try self.rotation(3)
        rotation.condemn(1, until: Self.at(10))
        #expect(Set((0..<9).map { _ in rotation.next(now: Self.at(9)).index }) == [0, 2])
        #expect(Set((0..<9).map { _ in rotation.next(now: Self.at(10)).index }) == [0, 1, 2])
    }

    @Test func withAllCondemnedTheOneThatIsFreeFirstIsUsed() throws {
        let rotation = try self.rotation(3)
        for (index, until) in [(0, 30), (1, 10), (2, 20)] { rotation.condemn(index, until: Self.at(UInt64(until))) }
        #expect((0..<6).map { _ in rotation.next(now: Self.at(1)).index } == [1, 1, 1, 1, 1, 1])
        #expect(Set((0..<6).map { _ in rotation.next(now: Self.at(20)).index }) == [1, 2])
    }

    @Test func anEarlierTimeDoesNotFreeAKey() throws {
        let rotation = try self.rotation(2)
        rotation.condemn(0, until: Self.at(10))
        rotation.condemn(0, until: Self.at(5))
        #expect(Set((0..<4).map { _ in rotation.next(now: Self.at(7)).index }) == [1])
    }

    @Test(arguments: [-1, 2]) func aPlaceThatIsNoneChangesNothing(index: Int) throws {
        let rotation = try self.rotation(2)
        rotation.condemn(index, until: Self.at(10))
        #expect(Set((0..<4).map { _ in rotation.next(now: Self.at(1)).index }) == [0, 1])
    }

    @Test func theOnlyKeyIsUsedWhateverHappens() throws {
        let rotation = try self.rotation(1)
        rotation.condemn(0, until: Self.at(10))
        #expect(rotation.next(now: Self.at(1)).key == Secret("key-0"))
    }

    @Test func manyTasksShareTheKeysEvenly() async throws {
        let rotation = try self.rotation(4)
        let counts = await withTaskGroup(of: [Int].self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<500).map { _ in rotation.next(now: Self.at(1)).index } }
            }
            return await group.reduce(into: [0, 0, 0, 0]) { counts, used in
                for index in used { counts[index] += 1 }
            }
        }
        #expect(counts == [1000, 1000, 1000, 1000])
    }

    @Test(
        arguments: [
            (200, nil, nil), (400, nil, nil), (500, .seconds(9), nil), (401, nil, .seconds(60)),
            (402, nil, .seconds(60)),
            (403, .seconds(1), .seconds(60)), (429, nil, .seconds(5)), (429, .seconds(17), .seconds(17)),
            (429, .zero, .seconds(1)), (429, .seconds(86_400), .seconds(3600)),
        ] as [(Int, Duration?, Duration?)]
    )
    func answersSayHowLongAKeyIsLeftOut(status: Int, retryAfter: Duration?, sentence: Duration?) {
        #expect(KeyRotation.sentence(status: status, retryAfter: retryAfter) == sentence)
    }

    @Test func showsNoKey() throws {
        var dumped = ""
        dump(try self.rotation(2), to: &dumped)
        #expect(!dumped.contains("key-0"))
    }
}
