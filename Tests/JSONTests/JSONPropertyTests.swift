import JSON
import Testing

/// Properties over random values; the argument is the seed.
struct JSONPropertyTests {
    @Test(arguments: 0..<200)
    func parsesWhatItWrote(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        let value = RandomJSON.value(&random)
        #expect(try JSONValue(parsing: value.bytes) == value)
        #expect(try JSONValue(parsing: value.bytes).bytes == value.bytes)
        try validate(value.bytes)
    }

    @Test(arguments: 0..<200)
    func parsesTheSameValueFromAnySpelling(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        let value = RandomJSON.value(&random)
        let loose = RandomJSON.loosely(value, &random)
        #expect(try JSONValue(parsing: loose) == value)
        try validate(loose)
    }

    @Test(arguments: 0..<200)
    func walksTheMembersThatTheTreeHolds(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        let object = RandomJSON.object(&random)
        let loose = RandomJSON.loosely(.object(object), &random)
        let (walked, end) = try walkMembers(loose)
        #expect(end == loose.count)
        #expect(walked.map(\.key) == object.keys)
        #expect(try walked.map { try JSONValue(parsing: $0.value) } == object.members.map(\.value))
        #expect(walked.map(\.kind) == object.members.map(\.value.kind))
    }

    @Test(arguments: 0..<300)
    func neverTrapsAndAgreesOnMutatedTexts(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        let base = RandomJSON.loosely(.object(RandomJSON.object(&random)), &random)
        for _ in 0..<30 {
            let bytes = mutated(base, &random)
            let tree = Result { try JSONValue(parsing: bytes) }
            let check = Result { try validate(bytes) }
            let walk = Result { try walkMembers(bytes) }
            switch (tree, check) {
            case (.success(let value), .success):
                #expect(try JSONValue(parsing: value.bytes) == value)
                if case .object(let object) = value {
                    // The lazy walk accepts every text the strict readers accept.
                    #expect(try walk.get().members.map(\.key) == object.keys)
                }
            case (.failure(let left), .failure(let right)):
                let places = [left, right].compactMap { ($0 as? JSONSyntaxError)?.offset }
                #expect(places.count == 2 && places[0] == places[1], "\(left) and \(right)")
                #expect(places.allSatisfy { 0...bytes.count ~= $0 })
            default: Issue.record("the tree says \(tree), the check says \(check)")
            }
        }
    }
}
