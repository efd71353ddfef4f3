package import JSON

extension StreamFrame {
    /// The frame in a message of an AWS event stream; `bytes` is the buffer the message was found in.
    ///
    /// An exception's name is its type, an error's its code; an error has no payload, so its words are the data.
    package init(_ message: EventStreamMessageView, in bytes: UnsafeRawBufferPointer) {
        func place(_ range: Range<Int>?) -> UnsafeRawBufferPointer? {
            range.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }
        }
        guard message.isFailure(in: bytes) else {
            self.init(name: place(message.eventType), data: UnsafeRawBufferPointer(rebasing: bytes[message.payload]))
            return
        }
        let words = message.payload.isEmpty ? message.errorMessage ?? message.payload : message.payload
        self.init(
            kind: .exception,
            name: place(message.exceptionType ?? message.errorCode),
            data: UnsafeRawBufferPointer(rebasing: bytes[words])
        )
    }
}
