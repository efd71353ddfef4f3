/// A random number generator that gives the same numbers for the same seed (SplitMix64), so that a failing property test
/// can be run again.
///
/// Source: Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators (OOPSLA 2014).
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: Int) { self.state = UInt64(truncatingIfNeeded: seed) }

    package mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// Cuts `bytes` into runs of random length, a run of one now and then; together they are `bytes`.
package func randomCuts(_ bytes: [UInt8], using generator: inout some RandomNumberGenerator) -> [ArraySlice<UInt8>] {
    var runs: [ArraySlice<UInt8>] = []
    var at = 0
    while at < bytes.count {
        let longest = Bool.random(using: &generator) ? 3 : 40
        let length = min(Int.random(in: 1...longest, using: &generator), bytes.count - at)
        runs.append(bytes[at..<at + length])
        at += length
    }
    return runs
}
