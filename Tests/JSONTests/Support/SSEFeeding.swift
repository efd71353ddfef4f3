import JSON

/// What a scanner returned for one event, and the raw bytes it covered.
struct ScannedEvent: Equatable {
    var name: String?
    var data: [UInt8]?
    var dataLines: Int
    var raw: [UInt8]
}

/// Feeds pieces to a scanner in a growing buffer, as a connection does, and collects the events. `rest` is what no event
/// covered.
func scan(_ pieces: [ArraySlice<UInt8>], finishing: Bool = true) -> (events: [ScannedEvent], rest: [UInt8]) {
    var scanner = SSEScanner()
    var buffer: [UInt8] = []
    var events: [ScannedEvent] = []
    func drain(_ next: (inout SSEScanner, UnsafeRawBufferPointer) -> SSEEventView?) {
        while true {
            let event = buffer.withUnsafeBytes { bytes -> ScannedEvent? in
                guard let view = next(&scanner, bytes) else { return nil }
                return ScannedEvent(
                    name: view.name.map { String(decoding: bytes[$0], as: UTF8.self) },
                    data: view.data.map { view.dataLines > 1 ? view.joinedData(in: bytes) : Array(bytes[$0]) },
                    dataLines: view.dataLines,
                    raw: Array(bytes[..<view.length])
                )
            }
            guard let event else { return }
            events.append(event)
            buffer.removeFirst(event.raw.count)
        }
    }
    for piece in pieces {
        buffer += piece
        drain { $0.next(in: $1) }
    }
    if finishing { drain { $0.finish(in: $1) } }
    return (events, buffer)
}

/// Feeds the whole input at once.
func scan(_ text: String, finishing: Bool = true) -> [ScannedEvent] {
    scan([Array(text.utf8)[...]], finishing: finishing).events
}

extension ScannedEvent {
    /// The event as the reference reader gives it.
    var plain: SSEReference.Event { SSEReference.Event(name: self.name, data: self.data) }
    /// The data as text.
    var text: String? { self.data.map { String(decoding: $0, as: UTF8.self) } }
}
