/// Numbers of vectors between their JSON text and IEEE 754 binary32.
enum FloatText {
    /// The `count` numbers of a JSON array as binary32, the lowest byte first, each rounded once and correctly.
    ///
    /// - Parameter text: an array that was checked to hold `count` numbers and nothing else.
    static func littleEndian(_ text: UnsafeRawBufferPointer, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count &* 4) { buffer, written in
            let out = UnsafeMutableRawBufferPointer(buffer)
            var at = 0
            while written < count &* 4, at < text.count {
                let byte = text[at]
                guard byte == UInt8(ascii: "-") || byte &- UInt8(ascii: "0") < 10 else {
                    at &+= 1
                    continue
                }
                let value = Self.read(text, &at)
                out.storeBytes(of: value.bitPattern.littleEndian, toByteOffset: written, as: UInt32.self)
                written &+= 4
            }
        }
    }

    /// Reads the number at `at` and goes on behind it.
    private static func read(_ text: UnsafeRawBufferPointer, _ at: inout Int) -> Float {
        let start = at
        let isNegative = text[at] == UInt8(ascii: "-")
        if isNegative { at &+= 1 }
        var mantissa: UInt64 = 0
        var digits = 0
        var exponent = 0
        Self.readDigits(text, &at, &mantissa, &digits)
        if at < text.count, text[at] == UInt8(ascii: ".") {
            at &+= 1
            let point = at
            Self.readDigits(text, &at, &mantissa, &digits)
            exponent = point &- at
        }
        if at < text.count, text[at] | 0x20 == UInt8(ascii: "e") {
            at &+= 1
            var isBelow = false
            if at < text.count, text[at] == UInt8(ascii: "-") || text[at] == UInt8(ascii: "+") {
                isBelow = text[at] == UInt8(ascii: "-")
                at &+= 1
            }
            var power: UInt64 = 0
            var count = 0
            Self.readDigits(text, &at, &power, &count)
            // Longer powers are for the slow way to judge.
            let bounded = count > 4 ? 9999 : Int(power)
            exponent &+= isBelow ? -bounded : bounded
        }
        if mantissa == 0, digits == 0 { return isNegative ? -0.0 : 0.0 }
        if digits <= 19, exponent >= -22, exponent <= 22 {
            // Two roundings of a double at most, each by half a place: right for a float unless the double lies within a few
            // places of the middle between two floats.
            let whole = Double(mantissa)
            let power = Self.powers[abs(exponent)]
            let value = exponent < 0 ? whole / power : whole * power
            let below = value.bitPattern & 0x1FFF_FFFF
            if value > 1e-37, value < 1e38, below < 0x0FFF_FFF0 || below > 0x1000_0010 {
                return Float(isNegative ? -value : value)
            }
        }
        let number = UnsafeRawBufferPointer(rebasing: text[start..<at])
        return Float(String(decoding: number, as: UTF8.self)) ?? 0
    }

    /// Reads digits into `mantissa`; `digits` counts those from the first that is not zero.
    @inline(__always)
    private static func readDigits(
        _ text: UnsafeRawBufferPointer,
        _ at: inout Int,
        _ mantissa: inout UInt64,
        _ digits: inout Int
    ) {
        while at < text.count {
            let digit = text[at] &- UInt8(ascii: "0")
            guard digit < 10 else { return }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            if digit != 0 || digits > 0 { digits &+= 1 }
            at &+= 1
        }
    }

    /// The powers of ten a double holds exactly.
    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20,
        1e21, 1e22,
    ]

    /// The JSON array of what base64 of binary32 says, each number as short as it can be told from its neighbours. Infinities
    /// and what is no number become null; base64 that cannot be read becomes an empty array.
    static func numbers(ofBase64 text: [UInt8]) -> [UInt8] {
        guard let bytes = text.withUnsafeBytes({ Base64Bytes.bytes($0) }) else { return Array("[]".utf8) }
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count / 4 &* 14 &+ 2)
        out.append(UInt8(ascii: "["))
        bytes.withUnsafeBytes { bytes in
            for at in stride(from: 0, to: bytes.count &- 3, by: 4) {
                if at > 0 { out.append(UInt8(ascii: ",")) }
                let pattern = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
                let value = Float(bitPattern: pattern)
                out.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
            }
        }
        out.append(UInt8(ascii: "]"))
        return out
    }
}
