/// An event stream read in the plainest way, as the standard words it: split into lines, then line by line. The oracle for
/// the scanner.
enum SSEReference {
    struct Event: Equatable {
        var name: String?
        var data: [UInt8]?
    }

    /// Every block that a blank line ends, those without data included, and what is left when it has data.
    static func events(_ bytes: [UInt8]) -> [Event] {
        var text = bytes[...]
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        var events: [Event] = []
        var current = Event()
        let (lines, rest) = Self.lines(text)
        for line in lines {
            if line.isEmpty {
                events.append(Self.closed(current))
                current = Event()
            } else {
                Self.take(line, &current)
            }
        }
        if !rest.isEmpty { Self.take(rest, &current) }
        if current.data != nil { events.append(Self.closed(current)) }
        return events
    }

    private static func closed(_ event: Event) -> Event {
        Event(name: event.name == "" ? nil : event.name, data: event.data)
    }

    /// The whole lines, and the bytes after the last line end.
    private static func lines(_ text: ArraySlice<UInt8>) -> (whole: [[UInt8]], rest: [UInt8]) {
        var whole: [[UInt8]] = []
        var line: [UInt8] = []
        var afterReturn = false
        for byte in text {
            defer { afterReturn = byte == 0x0D }
            if byte == 0x0A, afterReturn { continue }
            if byte == 0x0A || byte == 0x0D {
                whole.append(line)
                line = []
            } else {
                line.append(byte)
            }
        }
        return (whole, line)
    }

    private static func take(_ line: [UInt8], _ event: inout Event) {
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
        let field = String(decoding: line[..<(colon ?? line.endIndex)], as: UTF8.self)
        var value = colon.map { line[($0 + 1)...] } ?? []
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch field {
        case "data": event.data = event.data.map { $0 + [0x0A] + value } ?? Array(value)
        case "event": event.name = String(decoding: value, as: UTF8.self)
        default: break
        }
    }
}
