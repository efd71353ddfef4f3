import CFuzzer
import Glibc
import JSON

// The first byte of an input decides the cuts, the rest is the stream: the events must not depend on the cuts, must cover the
// stream without a gap, and must say what the owning decoder says.

/// One event: its name, its data, its raw length.
struct Found: Equatable {
    var name: [UInt8]?
    var data: [UInt8]?
    var length: Int
}

/// All events of `stream` when it arrives in pieces of `size` and, every other time, of one byte.
func events(_ stream: UnsafeRawBufferPointer, size: Int) -> (found: [Found], rest: Int) {
    var scanner = SSEScanner()
    var found: [Found] = []
    var start = 0
    var end = 0
    var isShort = false
    while true {
        let window = UnsafeRawBufferPointer(rebasing: stream[start..<end])
        if let view = end < stream.count ? scanner.next(in: window) : scanner.finish(in: window) {
            precondition(view.length > 0 && view.length <= window.count, "an event outside the buffer")
            let data = view.data.map { view.dataLines > 1 ? view.joinedData(in: window) : Array(window[$0]) }
            precondition(view.dataLines != 1 || data == view.joinedData(in: window), "joined data differs")
            found.append(Found(name: view.name.map { Array(window[$0]) }, data: data, length: view.length))
            start += view.length
        } else if end == stream.count {
            return (found, stream.count - start)
        } else {
            end = min(stream.count, end + (isShort ? 1 : size))
            isShort.toggle()
        }
    }
}

/// Checks one input; a broken promise traps, which the fuzzer reports.
func check(_ input: UnsafeRawBufferPointer) {
    guard let first = input.first else { return }
    let stream = UnsafeRawBufferPointer(rebasing: input[1...])
    let whole = events(stream, size: max(1, stream.count))
    let cut = events(stream, size: 1 + Int(first) % 64)
    precondition(whole.found == cut.found && whole.rest == cut.rest, "the cuts change the events")
    precondition(whole.found.reduce(whole.rest) { $0 + $1.length } == stream.count, "bytes were lost")

    var decoder = SSEDecoder(limit: stream.count)
    var decoded: [SSEEvent] = []
    do {
        try decoder.receive(stream) { decoded.append($0) }
        try decoder.finish { decoded.append($0) }
    } catch {
        preconditionFailure("the decoder refuses an event within its limit")
    }
    precondition(decoded.map(\.data) == whole.found.compactMap(\.data), "the decoder sees other data")

    // What the encoder writes reads back, but for line ends, which all become LF.
    var encoded: [UInt8] = []
    SSEEncoder.append(data: stream, event: "name", to: &encoded)
    encoded.withUnsafeBytes { encoded in
        let back = events(encoded, size: 7)
        precondition(back.found.count == 1 && back.rest == 0, "an event does not read back as one")
        precondition(back.found[0].name == Array("name".utf8), "the name is lost")
        if !stream.contains(UInt8(ascii: "\r")) {
            precondition(back.found[0].data == Array(stream), "the data changed")
        }
    }
}

var argumentCount = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&argumentCount, &arguments) { data, count in
        check(UnsafeRawBufferPointer(start: data, count: count))
        return 0
    }
)
