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
    package func withCharacters<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeTemporaryAllocation(byteCount: 26, alignment: 8) { characters in
            var bits = UInt128(self.high) << 64 | UInt128(self.low)
            for index in (0..<26).reversed() {
                characters[index] = Self.alphabet.utf8Start[Int(truncatingIfNeeded: bits & 31)]
                bits >>= 5
            }
            return body(UnsafeRawBufferPointer(characters))
        }
    }

    package var description: String { self.withCharacters { String(decoding: $0, as: UTF8.self) } }
}

/// Makes request identifiers that rise within one millisecond and across milliseconds; one for each event loop.
package struct RequestIDSource {
    private var millisecond: UInt64 = 0
    private var random: UInt128 = 0

    package init() {}

    /// The next identifier at `millisecond` (Unix time).
    package mutating func next(at millisecond: UInt64 = unixMilliseconds()) -> RequestID {
        if millisecond > self.millisecond {
            self.millisecond = millisecond
            // The top bit stays clear so that increments within the millisecond cannot overflow the 80 bits.
            self.random = UInt128.random(in: 0..<(1 << 79))
        } else {
            self.random += 1
        }
        let bits = UInt128(self.millisecond) << 80 | self.random
        return RequestID(high: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits))
    }
}
