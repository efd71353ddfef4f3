import Glibc

/// Ends the process with `words` where something that was promised does not hold, which the fuzzer reports with its input.
package func promise(_ holds: Bool, _ words: @autoclosure () -> String) {
    guard !holds else { return }
    let line = "BROKEN PROMISE: \(words())\n"
    _ = Array(line.utf8).withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    abort()
}

/// Numbers that follow from the input alone (SplitMix64), for what an input leaves open: cuts, traits, styles.
struct Choices: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt8) { self.state = UInt64(seed) }

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func coin() -> Bool { self.next() & 1 == 1 }
}
