import HTTP1

/// What the two kinds of head have in common.
protocol MessageHead {
    init()
    var table: FieldTable { get }
    var framing: BodyFraming { get }
    var keepAlive: Bool { get }
    mutating func read(_ bytes: UnsafeRawBufferPointer, length: Int, limits: HTTPLimits) throws(HTTPFault)
    /// Traps where the head does not keep what it promises about `bytes`, which are the head and nothing else.
    func verify(_ bytes: UnsafeRawBufferPointer, limits: HTTPLimits)
    /// What else the head says, for comparison.
    var details: [Int] { get }
}

/// One message as it was read, as far as it came.
struct Message: Equatable {
    var head: [UInt8]
    var fields: [HeadField]
    var framing: BodyFraming
    var keepAlive: Bool
    var details: [Int]
    var body: [UInt8] = []
    var isWhole = false
}

/// Reads messages off a growing stream as a connection does: head, body, next head, until a fault or the last message.
struct Reader<Head: MessageHead> {
    private(set) var messages: [Message] = []
    private(set) var fault: HTTPFault?
    /// Offset of the first byte of the stream not taken yet.
    private(set) var start = 0

    private let limits: HTTPLimits
    /// Whether each head is read into the value that held the one before; it must make no difference.
    private let reusesHead: Bool
    private var head = Head()
    private var scanner = HeadScanner()
    private var decoder = BodyDecoder(.none)
    private var bodyStart = 0
    private var isInBody = false
    private var isLast = false

    init(limits: HTTPLimits, reusesHead: Bool) {
        self.limits = limits
        self.reusesHead = reusesHead
    }

    /// Goes on when the stream has come up to the offset `end`.
    mutating func receive(_ stream: UnsafeRawBufferPointer, upTo end: Int) {
        do throws(HTTPFault) {
            while self.start < end, !self.isLast || self.isInBody {
                let window = UnsafeRawBufferPointer(rebasing: stream[self.start..<end])
                if self.isInBody {
                    try self.readBody(window, stream)
                } else if try !self.readHead(window) {
                    return
                }
            }
        } catch {
            precondition([400, 414, 417, 431].contains(error.status), "a fault without a status to answer")
            self.fault = error
        }
    }

    /// The stream has ended.
    mutating func finish(_ stream: UnsafeRawBufferPointer) {
        let payload = self.messages.reduce(0) { $0 + $1.body.count }
        precondition(payload <= stream.count, "more payload than input")
        guard self.fault == nil, self.isInBody else { return }
        precondition(self.start == stream.count, "an open body left bytes")
        let endsProperly = self.messages[self.messages.count - 1].framing == .untilClose
        precondition(self.decoder.endsWithConnection == endsProperly, "the end of the connection is misjudged")
    }

    /// Whether `window` holds a whole head, which is then taken.
    private mutating func readHead(_ window: UnsafeRawBufferPointer) throws(HTTPFault) -> Bool {
        guard let length = try self.scanner.end(in: Guarded.copy(window), limit: self.limits.head) else {
            precondition(window.count <= self.limits.head, "an open head over its limit")
            return false
        }
        precondition(length >= 4 && length <= window.count, "a head outside the buffer")
        precondition(length <= self.limits.head, "a head over its limit")
        let bytes = Guarded.copy(UnsafeRawBufferPointer(rebasing: window[..<length]))
        precondition(bytes.emptyLine(from: 0) == length, "the head ends elsewhere")
        if !self.reusesHead { self.head = Head() }
        try self.head.read(bytes, length: length, limits: self.limits)
        verifyFields(self.head.table, bytes, limits: self.limits)
        self.head.verify(bytes, limits: self.limits)
        self.messages.append(
            Message(
                head: Array(bytes),
                fields: Array(self.head.table.fields),
                framing: self.head.framing,
                keepAlive: self.head.keepAlive,
                details: self.head.details
            )
        )
        self.start += length
        self.bodyStart = self.start
        self.decoder = BodyDecoder(self.head.framing)
        self.isInBody = !self.decoder.isEnded
        precondition(self.isInBody == (self.head.framing != .none), "a body where none is, or none where one is")
        self.messages[self.messages.count - 1].isWhole = !self.isInBody
        self.isLast = !self.head.keepAlive
        return true
    }

    private mutating func readBody(
        _ window: UnsafeRawBufferPointer,
        _ stream: UnsafeRawBufferPointer
    ) throws(HTTPFault) {
        let last = self.messages.count - 1
        let bytes = Guarded.copy(window)
        var seen = 0
        // What came before a fault counts too, so the payload is kept as it comes.
        let taken = try self.decoder.decode(bytes) { run in
            let offset = run.baseAddress.flatMap { at in bytes.baseAddress.map { at - $0 } } ?? -1
            precondition(offset >= seen && !run.isEmpty, "payload twice, out of order or empty")
            seen = offset + run.count
            precondition(seen <= bytes.count, "payload outside the input")
            self.messages[last].body.append(contentsOf: run)
        }
        precondition(taken >= seen && taken <= bytes.count, "the decoder took bytes that are not there")
        precondition(taken == bytes.count || self.decoder.isEnded, "the decoder left bytes of an open body")
        self.start += taken
        guard self.decoder.isEnded else { return }
        self.isInBody = false
        self.messages[last].isWhole = true
        let more = try self.decoder.decode(bytes) { _ in preconditionFailure("payload after the end") }
        precondition(more == 0 && self.decoder.isEnded, "the decoder took bytes after its end")
        let raw = UnsafeRawBufferPointer(rebasing: stream[self.bodyStart..<self.start])
        switch self.messages[last].framing {
        case .length(let length):
            precondition(raw.count == length && raw.elementsEqual(self.messages[last].body), "another body")
        case .chunked:
            precondition(plainlyUnchunked(raw) == self.messages[last].body, "another payload in the chunks")
        case .none, .untilClose:
            preconditionFailure("a body without an end has ended")
        }
    }
}

/// Where a stream is cut: sizes from a generator with the seed that the input names.
struct Cuts {
    private var state: UInt64
    private let largest: UInt64

    init(seed: UInt8) {
        self.state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 | 1
        // Every eighth seed cuts after each byte, the others less and less often.
        self.largest = [1, 2, 5, 16, 40, 128, 512, 2048][Int(seed >> 1 & 7)]
    }

    /// The size of the next piece, at least 1 (xorshift64*).
    mutating func next() -> Int {
        self.state ^= self.state >> 12
        self.state ^= self.state << 25
        self.state ^= self.state >> 27
        return 1 + Int(self.state &* 0x2545_f491_4f6c_dd1d >> 33 % self.largest)
    }
}
