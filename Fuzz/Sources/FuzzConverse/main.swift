import CFuzzer
import DialectPromises
import Dialects
import Glibc

// Requests, answers and streams in this dialect: DialectPromises says what an input is, and what must hold of it.

var argumentCount = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = CommandLine.unsafeArgv
exit(
    LLVMFuzzerRunDriver(&argumentCount, &arguments) { data, count in
        DialectFuzz.check(UnsafeRawBufferPointer(start: data, count: count), of: .bedrockConverse)
        return 0
    }
)
