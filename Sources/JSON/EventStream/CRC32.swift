/// The checksum of AWS event streams: CRC-32 as in IEEE 802.3 and zlib (reflected, polynomial 0xEDB88320).
///
/// Eight bytes are taken at a time through eight tables ("slicing by 8": Kounavis and Berry, A Systematic Approach to
/// Building High Performance Software-based CRC Generators, 2005).
package enum CRC32 {
    /// The checksum of `bytes`; with `previous`, that of what `previous` covers and `bytes` after it.
    package static func checksum(_ bytes: UnsafeRawBufferPointer, after previous: UInt32 = 0) -> UInt32 {
        var sum = ~previous
        Self.tables.withUnsafeBufferPointer { tables in
            var at = 0
            let count = bytes.count
            while count &- at >= 8 {
                let low = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)) ^ sum
                let high = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at &+ 4, as: UInt32.self))
                sum =
                    tables[0x700 | Int(low & 0xFF)] ^ tables[0x600 | Int(low >> 8 & 0xFF)]
                    ^ tables[0x500 | Int(low >> 16 & 0xFF)] ^ tables[0x400 | Int(low >> 24)]
                    ^ tables[0x300 | Int(high & 0xFF)] ^ tables[0x200 | Int(high >> 8 & 0xFF)]
                    ^ tables[0x100 | Int(high >> 16 & 0xFF)] ^ tables[Int(high >> 24)]
                at &+= 8
            }
            while at < count {
                sum = sum >> 8 ^ tables[Int((sum ^ UInt32(bytes[at])) & 0xFF)]
                at &+= 1
            }
        }
        return ~sum
    }

    /// Eight tables of 256 entries: the checksum of a byte followed by as many zero bytes as the table's number.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var sum = UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
            tables[byte] = sum
        }
        for entry in 256..<tables.count {
            let sum = tables[entry - 256]
            tables[entry] = sum >> 8 ^ tables[Int(sum & 0xFF)]
        }
        return tables
    }()
}
