/// Writes server-sent events.
package enum SSEEncoder {
    /// Appends one event. Line ends within `data` (LF, CRLF, CR) start new data lines, which the reader joins by LF.
    /// `event` may hold no line end; what follows one is dropped.
    package static func append(data: UnsafeRawBufferPointer, event: String? = nil, to bytes: inout [UInt8]) {
        bytes.reserveCapacity(bytes.count + data.count + 16 + (event?.utf8.count ?? 0))
        if let event {
            bytes.append(contentsOf: "event: ".utf8)
            bytes.append(contentsOf: event.utf8.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
            bytes.append(UInt8(ascii: "\n"))
        }
        Self.appendLines("data: ", data, to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Appends one event.
    package static func append(data: [UInt8], event: String? = nil, to bytes: inout [UInt8]) {
        data.withUnsafeBytes { Self.append(data: $0, event: event, to: &bytes) }
    }

    /// Appends one event.
    package static func append(data: String, event: String? = nil, to bytes: inout [UInt8]) {
        var copy = data
        copy.withUTF8 { Self.append(data: UnsafeRawBufferPointer($0), event: event, to: &bytes) }
    }

    /// Appends a comment and a blank line, which readers ignore: keeps a quiet connection alive.
    package static func comment(_ text: String, to bytes: inout [UInt8]) {
        var copy = text
        copy.withUTF8 { Self.appendLines(": ", UnsafeRawBufferPointer($0), to: &bytes) }
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Appends each line of `text` after `prefix`, ended by LF.
    private static func appendLines(_ prefix: StaticString, _ text: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        var at = 0
        while true {
            prefix.withUTF8Buffer { bytes.append(contentsOf: $0) }
            var end = at
            if let start = text.baseAddress {
                let base = start.assumingMemoryBound(to: UInt8.self)
                end = ByteSearch.first(UInt8(ascii: "\n"), base, from: at, to: text.count) ?? text.count
                end = ByteSearch.first(UInt8(ascii: "\r"), base, from: at, to: end) ?? end
            }
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[at..<end]))
            bytes.append(UInt8(ascii: "\n"))
            guard end < text.count else { return }
            let isPair = text[end] == UInt8(ascii: "\r") && end + 1 < text.count && text[end + 1] == UInt8(ascii: "\n")
            at = end + (isPair ? 2 : 1)
        }
    }
}
