import Core
import Glibc

// CodecBench list                     the names of all scenes
// CodecBench time NAME SIZE           one line: bytes read, bytes written, nanoseconds of the best turn
// CodecBench turns NAME SIZE COUNT    does it that often, to be counted from outside

func say(_ line: String) {
    _ = Array("\(line)\n".utf8).withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
}

/// CPU time of this thread, so that other work on the machine counts for little.
func nanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

let arguments = CommandLine.arguments
do {
    switch (arguments.dropFirst().first, arguments.count) {
    case ("list", _):
        for name in Scene.names() { say(name) }
    case ("time", 4):
        let scene = try Scene(arguments[2], size: Int(arguments[3]) ?? 1024)
        var best = Int.max
        var written = scene.turn()
        let end = nanoseconds() + 300_000_000
        var turns = 0
        while turns < 3 || nanoseconds() < end {
            let start = nanoseconds()
            written = scene.turn()
            best = min(best, nanoseconds() - start)
            turns += 1
        }
        say("\(scene.bytes) \(written) \(best)")
    case ("turns", 5):
        let scene = try Scene(arguments[2], size: Int(arguments[3]) ?? 1024)
        var written = 0
        for _ in 0..<(Int(arguments[4]) ?? 1) { written += scene.turn() }
        say("\(scene.bytes) \(written)")
    default:
        say("usage: CodecBench list | time NAME SIZE | turns NAME SIZE COUNT")
        exit(64)
    }
} catch {
    say("refused: \(error.message)")
    exit(1)
}
