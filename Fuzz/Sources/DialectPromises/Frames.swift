import Dialects
import JSON

/// A message of a stream with its own memory.
struct OwnedFrame: Equatable {
    var kind = StreamFrame.Kind.event
    var name: [UInt8]?
    var data: [UInt8]

    /// Hands the frame to `body` as a decoder takes it.
    func with(_ body: (StreamFrame) -> Void) {
        self.data.withUnsafeBytes { data in
            guard let name = self.name else { return body(StreamFrame(kind: self.kind, data: data)) }
            name.withUnsafeBytes { body(StreamFrame(kind: self.kind, name: $0, data: data)) }
        }
    }
}

/// Takes the messages of a stream out of its bytes, fed in pieces.
struct FrameCutter {
    let framing: StreamFraming
    private(set) var frames: [OwnedFrame] = []
    /// What is left behind the last whole message.
    private(set) var rest = 0
    private(set) var isBroken = false

    /// The messages of `bytes`, which arrive in one piece where `piece` is nil, else in pieces of 1 and of `piece` bytes.
    init(_ bytes: [UInt8], _ framing: StreamFraming, piece: Int? = nil, atEnd: Bool = true) {
        self.framing = framing
        bytes.withUnsafeBytes { self.cut($0, piece: piece, atEnd: atEnd) }
    }

    private mutating func cut(_ bytes: UnsafeRawBufferPointer, piece: Int?, atEnd: Bool) {
        var text = SSEScanner()
        var binary = EventStreamScanner()
        var start = 0
        var end = piece == nil ? bytes.count : 0
        var isShort = false
        while true {
            let window = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            var length: Int?
            switch self.framing {
            case .serverSentEvents:
                let isLast = end == bytes.count && atEnd
                if let event = isLast ? text.finish(in: window) : text.next(in: window) {
                    length = event.length
                    if event.data != nil {
                        let name = event.name.map { Array(window[$0]) }
                        self.frames.append(OwnedFrame(name: name, data: event.joinedData(in: window)))
                    }
                }
            case .awsEventStream:
                do {
                    if let message = try binary.next(in: window) {
                        length = message.length
                        let frame = StreamFrame(message, in: window)
                        let name = frame.name.map { Array($0) }
                        self.frames.append(OwnedFrame(kind: frame.kind, name: name, data: Array(frame.data)))
                    }
                } catch {
                    self.isBroken = true
                    return
                }
            }
            if let length {
                start += length
            } else if end == bytes.count {
                self.rest = bytes.count - start
                return
            } else {
                end = min(bytes.count, end + (isShort ? 1 : piece ?? 1))
                isShort.toggle()
            }
        }
    }
}

/// Writes lines of text as messages of an AWS event stream, so that mutations reach what is behind the checksums: up to
/// the first space the type (of an exception behind `!`, of an error behind `?`), then the payload.
enum WrittenMessages {
    static func bytes(of lines: UnsafeRawBufferPointer) -> [UInt8] {
        var bytes: [UInt8] = []
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            let end = line.firstIndex(of: UInt8(ascii: " ")) ?? line.endIndex
            let payload =
                end < line.endIndex
                ? UnsafeRawBufferPointer(rebasing: line[(end + 1)...]) : .init(rebasing: line[..<line.startIndex])
            let mark = line.first
            let name = mark == UInt8(ascii: "!") || mark == UInt8(ascii: "?") ? line[(line.startIndex + 1)...] : line
            let type = String(decoding: name[..<max(end, name.startIndex)], as: UTF8.self)
            let (field, kind) =
                switch mark {
                case UInt8(ascii: "!"): (":exception-type", "exception")
                case UInt8(ascii: "?"): (":error-code", "error")
                default: (":event-type", "event")
                }
            EventStreamEncoder.append(
                headers: [(field, .string(type)), (":message-type", .string(kind))],
                payload: payload,
                to: &bytes
            )
        }
        return bytes
    }
}
