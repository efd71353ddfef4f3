import JSON

/// A message with its own memory, as a scanner found it.
struct ScannedMessage: Equatable {
    var headers: [String]
    var payload: [UInt8]
    var raw: [UInt8]

    init(_ view: EventStreamMessageView, in bytes: UnsafeRawBufferPointer) {
        self.headers = view.headers(in: bytes).map { "\($0.name)=\($0.value)" }
        self.payload = Array(bytes[view.payload])
        self.raw = Array(bytes[..<view.length])
    }
}

/// What a scanner made of a stream.
struct MessageScan: Equatable {
    var messages: [ScannedMessage] = []
    /// What no message covered.
    var rest: [UInt8] = []
    var fault: EventStreamFault?

    /// Feeds pieces in a growing buffer, as a connection does.
    init(_ pieces: [ArraySlice<UInt8>]) {
        var scanner = EventStreamScanner()
        for piece in pieces where self.fault == nil {
            self.rest += piece
            while self.fault == nil {
                do {
                    let message = try self.rest.withUnsafeBytes { bytes in
                        try scanner.next(in: bytes).map { ScannedMessage($0, in: bytes) }
                    }
                    guard let message else { break }
                    self.messages.append(message)
                    self.rest.removeFirst(message.raw.count)
                } catch let fault as EventStreamFault {
                    self.fault = fault
                } catch {
                    preconditionFailure("a scanner throws nothing else")
                }
            }
        }
    }

    init(_ bytes: [UInt8]) { self.init([bytes[...]]) }
}
