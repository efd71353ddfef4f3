/// A server-sent event with its own memory.
package struct SSEEvent: Sendable, Hashable {
    /// The `event` field; nil for the default, "message".
    package var name: String?
    /// The data lines joined by line feeds.
    package var data: [UInt8]

    /// An event of this name and data.
    package init(name: String? = nil, data: [UInt8]) {
        self.name = name
        self.data = data
    }

    /// The data as text, with U+FFFD for what is not UTF-8.
    package var text: String { String(decoding: self.data, as: UTF8.self) }
}

/// An event did not end within the limit of its decoder.
package struct SSEEventTooLong: Error, Sendable, Hashable {
    /// The limit in bytes.
    package var limit: Int

    /// The error of a decoder with this limit.
    package init(limit: Int) { self.limit = limit }
}

/// Turns pieces of an event stream into events that own their data: for tests and for readers that are not on the request
/// path, where ``SSEScanner`` saves the copies. Events without data are dropped, as the standard says.
package struct SSEDecoder: Sendable {
    private var scanner = SSEScanner()
    private var pending: [UInt8] = []
    private let limit: Int

    /// A decoder that holds events of up to `limit` raw bytes.
    package init(limit: Int) { self.limit = limit }

    /// Takes the next piece of the stream and hands each event it completes to `body`.
    /// - Throws: ``SSEEventTooLong`` where an event exceeds the limit, and what `body` throws. The decoder is of no use
    ///   after an error.
    package mutating func receive(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (SSEEvent) throws -> Void
    ) throws {
        self.pending.append(contentsOf: bytes)
        try self.drain(atEnd: false, body)
    }

    /// Takes the end of the stream: an event that lacks only its blank line counts.
    package mutating func finish(_ body: (SSEEvent) throws -> Void) throws {
        try self.drain(atEnd: true, body)
        self.pending = []
        self.scanner = SSEScanner()
    }

    private mutating func drain(atEnd: Bool, _ body: (SSEEvent) throws -> Void) throws {
        var consumed = 0
        try self.pending.withUnsafeBytes { bytes in
            while true {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[consumed...])
                guard let view = atEnd ? self.scanner.finish(in: rest) : self.scanner.next(in: rest) else {
                    guard rest.count <= self.limit else { throw SSEEventTooLong(limit: self.limit) }
                    return
                }
                guard view.length <= self.limit else { throw SSEEventTooLong(limit: self.limit) }
                if view.data != nil {
                    let name = view.name.map { String(decoding: rest[$0], as: UTF8.self) }
                    try body(SSEEvent(name: name, data: view.joinedData(in: rest)))
                }
                consumed += view.length
            }
        }
        self.pending.removeFirst(consumed)
    }
}
