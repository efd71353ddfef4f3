import CFuzzer
import Glibc
import JSON

// The first byte of an input decides the cuts. The rest is read as a stream as it stands, again with its checksums set right
// wherever the lengths allow it (else hardly an input got past them), and as the headers and payload of a message to be written.

/// One message, or the fault that ended the stream.
enum Found: Equatable {
    case message([Header], payload: [UInt8], isFailure: Bool)
    case fault(EventStreamFault)

    struct Header: Equatable {
        var name: String
        var value: EventStreamHeaderValue
    }
}

/// All messages of `stream` when it arrives in pieces of `size` and, every other time, of one byte.
func messages(_ stream: UnsafeRawBufferPointer, size: Int) -> (found: [Found], rest: Int) {
    var scanner = EventStreamScanner()
    var found: [Found] = []
    var start = 0
    var end = 0
    var isShort = false
    while true {
        let window = UnsafeRawBufferPointer(rebasing: stream[start..<end])
        do {
            if let view = try scanner.next(in: window) {
                precondition(view.length >= 16 && view.length <= window.count, "a message outside the buffer")
                precondition(view.payload.upperBound == view.length - 4, "a payload that ends elsewhere")
                for place in [view.messageType, view.eventType, view.exceptionType, view.errorCode, view.contentType] {
                    if let place {
                        precondition(place.upperBound <= view.payload.lowerBound, "a header in the payload")
                    }
                }
                let headers = view.headers(in: window).map { Found.Header(name: $0.name, value: $0.value) }
                let payload = Array(window[view.payload])
                found.append(.message(headers, payload: payload, isFailure: view.isFailure(in: window)))
                start += view.length
                continue
            }
        } catch {
            found.append(.fault(error))
            return (found, 0)
        }
        if let expected = scanner.expected { precondition(expected > window.count, "a whole message is not returned") }
        guard end < stream.count else { return (found, stream.count - start) }
        end = min(stream.count, end + (isShort ? 1 : size))
        isShort.toggle()
    }
}

/// The stream with the checksums its messages ought to have, as far as the lengths make sense.
func mended(_ stream: UnsafeRawBufferPointer) -> [UInt8] {
    var bytes = Array(stream)
    func store(_ sum: UInt32, at offset: Int) {
        for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: sum >> UInt32(24 - 8 * index)) }
    }
    func sum(_ range: Range<Int>) -> UInt32 { bytes.withUnsafeBytes { CRC32.checksum(.init(rebasing: $0[range])) } }
    var at = 0
    while bytes.count - at >= 16 {
        // A length of which only the low bytes count keeps most mutations within the input.
        (bytes[at], bytes[at + 1]) = (0, 0)
        let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
        store(sum(at..<at + 8), at: at + 8)
        guard length >= 16, at + length <= bytes.count else { break }
        store(sum(at..<at + length - 4), at: at + length - 4)
        at += length
    }
    return bytes
}

/// Reads `stream` whole and in cuts, and compares.
func compare(_ stream: UnsafeRawBufferPointer, size: Int) {
    let whole = messages(stream, size: max(1, stream.count))
    let cut = messages(stream, size: size)
    precondition(whole.found == cut.found && whole.rest == cut.rest, "the cuts change the messages")
    // What was read is written as it was, and read again.
    for case .message(let headers, let payload, _) in whole.found {
        var written: [UInt8] = []
        EventStreamEncoder.append(headers: headers.map { ($0.name, $0.value) }, payload: payload, to: &written)
        let again = written.withUnsafeBytes { messages($0, size: size) }
        precondition(again.rest == 0 && again.found.count == 1, "a written message does not read as one")
        // A name or text that is not UTF-8 grows when it is read, and may then be cut.
        guard case .message(let seen, let data, _) = again.found[0] else {
            preconditionFailure("a fault in what was written")
        }
        precondition(data == payload && seen.count == headers.count, "a written message reads otherwise")
    }
}

/// Checks one input; a broken promise traps, which the fuzzer reports.
func check(_ input: UnsafeRawBufferPointer) {
    guard let first = input.first else { return }
    let stream = UnsafeRawBufferPointer(rebasing: input[1...])
    let size = 1 + Int(first) % 64
    compare(stream, size: size)
    mended(stream).withUnsafeBytes { compare($0, size: size) }

    let text = String(decoding: stream, as: UTF8.self)
    let name = String(text.prefix(40))
    let headers: [(String, EventStreamHeaderValue)] = [
        ("n" + name, .string(text)), ("b", .bytes(Array(stream))), ("t", .bool(first & 1 == 1)),
        ("y", .byte(Int8(bitPattern: first))), ("u", .uuid(UInt128(first) << 120)), ("i", .int64(Int64(first) << 55)),
        ("s", .int16(-1)), ("l", .int32(.min)), ("d", .timestamp(-1)),
    ]
    var written: [UInt8] = []
    EventStreamEncoder.append(headers: headers, payload: stream, to: &written)
    let back = written.withUnsafeBytes { messages($0, size: size) }
    let expected = headers.map { Found.Header(name: $0.0, value: $0.1) }
    precondition(back.rest == 0, "bytes are left of a written message")
    precondition(
        back.found == [.message(expected, payload: Array(stream), isFailure: false)],
        "what was written reads otherwise"
    )
}

var argumentCount = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&argumentCount, &arguments) { data, count in
        check(UnsafeRawBufferPointer(start: data, count: count))
        return 0
    }
)
