/// The name of one request: a ULID, 26 characters of Crockford's base 32, ordered by time.
///
/// Source: https://github.com/ulid/spec
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
    /// 48 bits of milliseconds, then 80 random bits.
    private let high: UInt64
    private let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    private static let alphabet: StaticString = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

    /// Calls `body` with the 26 ASCII characters.
    package func withCharacters(_ body: (UnsafeRawBufferPointer) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: 26, alignment: 8) { characters in
            var low = self.low
            var high = self.high
            for index in (0..<26).reversed() {
                characters[index] = Self.alphabet.utf8Start[Int(truncatingIfNeeded: low & 31)]
                low = low >> 5 | high << 59
                high >>= 5
            }
            body(UnsafeRawBufferPointer(characters))
        }
    }

    package var description: String {
        var text = ""
        self.withCharacters { text = String(decoding: $0, as: UTF8.self) }
        return text
    }
}

/// Makes request identifiers that rise within one millisecond and across milliseconds; one for each event loop.
package struct RequestIDSource {
    private var millisecond: UInt64 = 0
    private var random: UInt128
    /// Odd, so that the steps from millisecond to millisecond visit every value before one comes again.
    private let step: UInt128

    /// A source whose sequence nobody else has: seeded once from the system, which spares a system call a millisecond.
    /// Identifiers name requests; they are no secrets.
    package init() {
        self.random = UInt128.random(in: 0..<(1 << 79))
        self.step = UInt128.random(in: 0..<(1 << 78)) << 1 | 1
    }

    /// The next identifier at `millisecond` (Unix time).
    package mutating func next(at millisecond: UInt64 = unixMilliseconds()) -> RequestID {
        if millisecond > self.millisecond {
            self.millisecond = millisecond
            // The top bit stays clear so that increments within the millisecond cannot overflow the 80 bits.
            self.random = (self.random &+ self.step) & ((1 << 79) - 1)
        } else {
            self.random += 1
        }
        let bits = UInt128(self.millisecond) << 80 | self.random
        return RequestID(high: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits))
    }
}
