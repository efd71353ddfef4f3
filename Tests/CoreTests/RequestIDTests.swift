import Core
import Testing

@Suite struct RequestIDTests {
    @Test func risesWithinAMillisecondAndAcrossThem() {
        var source = RequestIDSource()
        let identifiers = [5, 5, 5, 6, 6, 4, 7].map { source.next(at: $0).description }
        #expect(identifiers == identifiers.sorted())
        #expect(Set(identifiers).count == identifiers.count)
        #expect(identifiers.allSatisfy { $0.count == 26 })
    }

    @Test func beginsWithTheTime() {
        var source = RequestIDSource()
        // 2016-07-30T23:54:10.259Z, the example of the ULID specification.
        #expect(source.next(at: 1_469_918_176_385).description.hasPrefix("01ARYZ6S41"))
    }
}
