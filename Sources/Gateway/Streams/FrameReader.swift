import Core
import Dialects
import JSON

/// Takes the messages of a stream out of its bytes, whichever framing they stand in.
struct FrameReader {
    /// One message; in server-sent events nil stands for a comment.
    enum Frame {
        case whole(StreamFrame)
        /// Several data lines, joined.
        case joined(name: UnsafeRawBufferPointer?, data: [UInt8])
    }

    private enum Scanner {
        case serverSentEvents(SSEScanner)
        case eventStream(EventStreamScanner)
        case lines(JSONLinesScanner)
    }

    private var scanner: Scanner

    init(_ framing: StreamFraming) {
        self.scanner =
            switch framing {
            case .serverSentEvents: .serverSentEvents(SSEScanner())
            case .awsEventStream: .eventStream(EventStreamScanner())
            case .jsonLines: .lines(JSONLinesScanner())
            }
    }

    /// The first whole message in `bytes` and its length, or nil where none is whole yet. `bytes` always begins behind the
    /// last message returned.
    ///
    /// - Throws: an upstream error where the framing is broken.
    mutating func next(in bytes: UnsafeRawBufferPointer) throws(GatewayError) -> (frame: Frame?, length: Int)? {
        switch self.scanner {
        case .serverSentEvents(var scanner):
            let event = scanner.next(in: bytes)
            self.scanner = .serverSentEvents(scanner)
            return event.map { (Self.frame(of: $0, bytes), $0.length) }
        case .eventStream(var scanner):
            let message: EventStreamMessageView?
            do throws(EventStreamFault) {
                message = try scanner.next(in: bytes)
            } catch {
                throw TranslatedPassage.malformed("\(error)")
            }
            self.scanner = .eventStream(scanner)
            return message.map { (.whole(StreamFrame($0, in: bytes)), $0.length) }
        case .lines(var scanner):
            let line = scanner.next(in: bytes)
            self.scanner = .lines(scanner)
            return line.map { (.whole(StreamFrame(data: UnsafeRawBufferPointer(rebasing: bytes[$0.line]))), $0.length) }
        }
    }

    /// At the end of input: the last event or line, where it lacks its end. A broken-off message of an AWS event stream is
    /// none.
    mutating func finish(in rest: UnsafeRawBufferPointer) -> (frame: Frame?, length: Int)? {
        switch self.scanner {
        case .serverSentEvents(var scanner):
            let event = scanner.finish(in: rest)
            self.scanner = .serverSentEvents(scanner)
            return event.map { (Self.frame(of: $0, rest), $0.length) }
        case .eventStream:
            return nil
        case .lines(var scanner):
            let line = scanner.finish(in: rest)
            self.scanner = .lines(scanner)
            return line.map { (.whole(StreamFrame(data: UnsafeRawBufferPointer(rebasing: rest[$0.line]))), $0.length) }
        }
    }

    private static func frame(of event: SSEEventView, _ raw: UnsafeRawBufferPointer) -> Frame? {
        guard let data = event.data else { return nil }
        let name = event.name.map { UnsafeRawBufferPointer(rebasing: raw[$0]) }
        guard event.dataLines > 1 else {
            return .whole(StreamFrame(name: name, data: UnsafeRawBufferPointer(rebasing: raw[data])))
        }
        return .joined(name: name, data: event.joinedData(in: raw))
    }
}
