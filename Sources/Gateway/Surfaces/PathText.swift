import Core
import HTTP1

/// Reads paths and queries.
enum PathText {
    /// A part of a path, percent-decoded once: names may hold slashes and colons.
    ///
    /// - Throws: `badRequest` for a `%` without two hexadecimal digits, and for what is not UTF-8.
    static func decoded(_ bytes: UnsafeRawBufferPointer) throws(GatewayError) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var at = 0
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "%") {
                guard at + 2 < bytes.count, let high = Self.digit(bytes[at + 1]), let low = Self.digit(bytes[at + 2])
                else {
                    throw GatewayError(.badRequest, origin: .client, "the path holds a '%' without two hex digits")
                }
                decoded.append(high << 4 | low)
                at += 3
            } else {
                decoded.append(bytes[at])
                at += 1
            }
        }
        guard let name = String(validating: decoded, as: UTF8.self) else {
            throw GatewayError(.badRequest, origin: .client, "the model name in the path is not UTF-8")
        }
        return name
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    /// The value of the first parameter `name` of a query, as it is written; nil where there is none.
    static func parameter(_ name: StaticString, in query: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        var start = 0
        while start < query.count {
            var end = start
            while end < query.count, query[end] != UInt8(ascii: "&") { end += 1 }
            let parameter = UnsafeRawBufferPointer(rebasing: query[start..<end])
            let length = name.utf8CodeUnitCount
            if parameter.count > length, parameter[length] == UInt8(ascii: "="), parameter.equals(name, at: 0) {
                return UnsafeRawBufferPointer(rebasing: parameter[(length + 1)...])
            }
            start = end + 1
        }
        return nil
    }

    /// The offset of the last `byte`.
    static func last(_ byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? { bytes.lastIndex(of: byte) }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are `text`, no more and no less.
    func isExactly(_ text: StaticString) -> Bool {
        self.count == text.utf8CodeUnitCount && self.equals(text, at: 0)
    }

    /// Whether the bytes end in `text`.
    func ends(in text: StaticString) -> Bool {
        let start = self.count - text.utf8CodeUnitCount
        return start >= 0 && self.equals(text, at: start)
    }
}
