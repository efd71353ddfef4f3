internal import Glibc

/// The last plain content chunk of a stream, to recognise the next one by.
///
/// The chunks of one stream mostly differ in the text of `delta.content` alone. A chunk that equals the last one but
/// for that text means what the last one meant, so that nothing of it needs to be read again. Only chunks that told
/// nothing but their content are learnt: one choice, no finish reason, no usage, no tool call.
struct ChatChunkTemplate: Sendable {
    /// The chunk without its text: what stands before it, then what stands behind it.
    private var frame: [UInt8] = []
    /// Where the text stood, 0 while nothing is learnt.
    private var place = 0
    /// How often in a row a chunk was learnt in vain.
    private var misses = 0

    /// The longest frame that is kept.
    private static let longest = 4096
    /// A stream whose frames differ this often in a row (OpenAI pads its chunks at random) is not worth learning.
    private static let patience = 16

    /// Whether `chunk` is the learnt one with another text, which is not empty and needs no second look.
    mutating func matches(_ chunk: UnsafeRawBufferPointer) -> Bool {
        let place = self.place
        guard place > 0, chunk.count > self.frame.count, let start = chunk.baseAddress else { return false }
        let length = chunk.count - self.frame.count
        let isSame = self.frame.withUnsafeBytes { frame in
            guard let known = frame.baseAddress else { return false }
            return memcmp(start, known, place) == 0
                && memcmp(start + place + length, known + place, frame.count - place) == 0
        }
        guard isSame else { return false }
        for offset in place..<place + length {
            // A quote may end the text, a backslash may hide one, and a control character is an error.
            let byte = chunk[offset]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { return false }
        }
        self.misses = 0
        return true
    }

    /// Learns a chunk whose text is the string at `text`, quotes included.
    mutating func learn(_ chunk: UnsafeRawBufferPointer, text: Range<Int>) {
        guard self.misses < Self.patience, chunk.count - text.count <= Self.longest else {
            self.place = 0
            return
        }
        self.misses += 1
        self.frame.removeAll(keepingCapacity: true)
        self.frame.append(contentsOf: chunk[..<(text.lowerBound + 1)])
        self.frame.append(contentsOf: chunk[(text.upperBound - 1)...])
        self.place = text.lowerBound + 1
    }
}
