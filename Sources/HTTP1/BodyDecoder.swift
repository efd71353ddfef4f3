/// Takes the framing off a message body, incrementally: any cut of the input gives the same payload.
///
/// Chunked bodies are read strictly (RFC 9112 §7.1): hexadecimal sizes of at most 15 digits, CRLF line ends, chunk
/// extensions and trailers within bounds and dropped.
package struct BodyDecoder: Sendable {
    private enum State: Sendable, Hashable {
        case ended
        case length(Int)
        case untilClose
        case size(value: Int, digits: Int)
        case extensions(value: Int, seen: Int, quoted: Bool)
        case sizeFeed(value: Int)
        case data(left: Int)
        case dataReturn
        case dataFeed
        case trailer(seen: Int, part: TrailerPart)
        case trailerFeed(seen: Int, last: Bool)
    }

    /// Where in a line of the trailers the decoder is.
    private enum TrailerPart: Sendable, Hashable {
        case start
        case name
        case value
    }

    private var state: State
    /// Bytes a chunk's extensions, and all trailers together, may take.
    private static let bound = 4096

    package init(_ framing: BodyFraming) {
        switch framing {
        case .none: self.state = .ended
        case .length(let length): self.state = length == 0 ? .ended : .length(length)
        case .chunked: self.state = .size(value: 0, digits: 0)
        case .untilClose: self.state = .untilClose
        }
    }

    /// Whether the whole body has been read.
    package var isEnded: Bool { self.state == .ended }

    /// Whether a closed connection is the proper end of the body.
    package var endsWithConnection: Bool { self.state == .untilClose }

    /// Takes all that is left of a body whose length is known, where `available` bytes hold it.
    ///
    /// Returns how many bytes that is; nil, and nothing is taken, where there are fewer or the length is not known.
    package mutating func takeRest(available: Int) -> Int? {
        guard case .length(let left) = self.state, left <= available else { return nil }
        self.state = .ended
        return left
    }

    /// Reads from `bytes`, hands every run of payload to `payload` in order, and returns how many bytes it took: all of
    /// them, unless the body ended before.
    package mutating func decode(
        _ bytes: UnsafeRawBufferPointer,
        _ payload: (UnsafeRawBufferPointer) -> Void
    ) throws(HTTPFault) -> Int {
        var at = 0
        while at < bytes.count {
            switch self.state {
            case .ended:
                return at
            case .untilClose:
                payload(UnsafeRawBufferPointer(rebasing: bytes[at...]))
                return bytes.count
            case .length(let left):
                let take = min(left, bytes.count - at)
                payload(UnsafeRawBufferPointer(rebasing: bytes[at..<at + take]))
                at += take
                self.state = take == left ? .ended : .length(left - take)
            case .data(let left):
                let take = min(left, bytes.count - at)
                payload(UnsafeRawBufferPointer(rebasing: bytes[at..<at + take]))
                at += take
                self.state = take == left ? .dataReturn : .data(left: left - take)
            default:
                try self.step(bytes[at])
                at += 1
            }
        }
        return at
    }

    /// One byte of chunk framing.
    private mutating func step(_ byte: UInt8) throws(HTTPFault) {
        switch self.state {
        case .size(let value, let digits):
            if let digit = BodyDecoder.hexadecimal(byte) {
                guard digits < 15 else { throw HTTPFault(400, "a chunk size has over 15 digits") }
                self.state = .size(value: value << 4 | digit, digits: digits + 1)
            } else if digits > 0, byte == 0x0d {
                self.state = .sizeFeed(value: value)
            } else if digits > 0, byte == 0x3b {
                self.state = .extensions(value: value, seen: 0, quoted: false)
            } else {
                throw HTTPFault(400, "a chunk does not begin with its size in hexadecimal")
            }
        case .extensions(let value, let seen, let quoted):
            if byte == 0x0d {
                guard !quoted else { throw HTTPFault(400, "a chunk extension has an open quote") }
                self.state = .sizeFeed(value: value)
            } else {
                guard CharacterClass.isFieldValue(byte) else {
                    throw HTTPFault(400, "a chunk extension holds a control character")
                }
                guard seen < BodyDecoder.bound else {
                    throw HTTPFault(400, "chunk extensions are over \(BodyDecoder.bound) bytes")
                }
                self.state = .extensions(value: value, seen: seen + 1, quoted: byte == 0x22 ? !quoted : quoted)
            }
        case .sizeFeed(let value):
            guard byte == 0x0a else { throw HTTPFault(400, "a chunk size does not end in CRLF") }
            self.state = value == 0 ? .trailer(seen: 0, part: .start) : .data(left: value)
        case .dataReturn:
            guard byte == 0x0d else { throw HTTPFault(400, "a chunk is longer than its size") }
            self.state = .dataFeed
        case .dataFeed:
            guard byte == 0x0a else { throw HTTPFault(400, "a chunk does not end in CRLF") }
            self.state = .size(value: 0, digits: 0)
        case .trailer(let seen, let part):
            if byte == 0x0d, part != .name {
                self.state = .trailerFeed(seen: seen, last: part == .start)
            } else {
                guard seen < BodyDecoder.bound else {
                    throw HTTPFault(400, "trailers are over \(BodyDecoder.bound) bytes")
                }
                self.state = .trailer(seen: seen + 1, part: try BodyDecoder.next(part, byte))
            }
        case .trailerFeed(let seen, let last):
            guard byte == 0x0a else { throw HTTPFault(400, "a trailer does not end in CRLF") }
            self.state = last ? .ended : .trailer(seen: seen, part: .start)
        case .ended, .length, .untilClose, .data:
            preconditionFailure("payload states are handled by decode")
        }
    }

    /// A trailer is a field line: a token, a colon, a value without control characters.
    private static func next(_ part: TrailerPart, _ byte: UInt8) throws(HTTPFault) -> TrailerPart {
        if part == .value, CharacterClass.isFieldValue(byte) { return .value }
        if part == .name, byte == 0x3a { return .value }
        if part != .value, CharacterClass.isToken(byte) { return .name }
        throw HTTPFault(400, "a trailer is not a field line")
    }

    private static func hexadecimal(_ byte: UInt8) -> Int? {
        switch byte {
        case 0x30...0x39: Int(byte - 0x30)
        case 0x41...0x46: Int(byte - 0x37)
        case 0x61...0x66: Int(byte - 0x57)
        default: nil
        }
    }
}
