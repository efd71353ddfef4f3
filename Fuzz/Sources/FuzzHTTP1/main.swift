import CFuzzer
import Glibc
import HTTP1

// The first byte of an input decides the cuts and the limits, the rest is what a peer sends: the same bytes are read as
// requests and as answers, whole and cut, and both readings must agree and keep the promises of the framing.

/// Small limits, which short inputs reach, or those of a server.
func limits(seed: UInt8) -> HTTPLimits {
    seed & 1 == 1 ? HTTPLimits(head: 512, fields: 8, target: 64) : HTTPLimits()
}

/// Faults that only the cuts tell apart: a head that is over the limit and malformed behind it is refused as too long
/// when the first bytes come alone, and as malformed when all come at once.
func isSameRefusal(whole: HTTPFault?, cut: HTTPFault?) -> Bool {
    whole == cut || (whole?.status == 400 && cut?.status == 431)
}

/// Reads `stream` as messages of one kind, in one piece and in cuts, and compares.
func compare<Head: MessageHead>(_: Head.Type, _ stream: UnsafeRawBufferPointer, seed: UInt8) {
    var whole = Reader<Head>(limits: limits(seed: seed), reusesHead: true)
    whole.receive(stream, upTo: stream.count)
    whole.finish(stream)

    var cut = Reader<Head>(limits: limits(seed: seed), reusesHead: false)
    var cuts = Cuts(seed: seed)
    var end = 0
    while end < stream.count, cut.fault == nil {
        end = min(stream.count, end + cuts.next())
        cut.receive(stream, upTo: end)
    }
    cut.finish(stream)

    precondition(isSameRefusal(whole: whole.fault, cut: cut.fault), "the cuts change the refusal")
    precondition(whole.messages == cut.messages, "the cuts change the messages")
    precondition(whole.fault != nil || whole.start == cut.start, "the cuts change what is left")
}

/// Checks one input; a broken promise traps, which the fuzzer reports.
func check(_ input: UnsafeRawBufferPointer) {
    guard let seed = input.first else { return }
    let stream = UnsafeRawBufferPointer(rebasing: input[1...])
    compare(RequestHead.self, stream, seed: seed)
    compare(ResponseHead.self, stream, seed: seed)
}

var argumentCount = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&argumentCount, &arguments) { data, count in
        check(UnsafeRawBufferPointer(start: data, count: count))
        return 0
    }
)
