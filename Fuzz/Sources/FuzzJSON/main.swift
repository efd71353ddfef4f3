import CFuzzer
import Glibc
import JSON

// Any bytes: no reader may trap, and the readers must agree with one another.

/// Checks one input; a broken promise traps, which the fuzzer reports.
func check(_ bytes: UnsafeRawBufferPointer) {
    var refusal: JSONSyntaxError?
    do {
        try JSONScan.validate(bytes)
    } catch {
        refusal = error
    }
    do {
        let value = try JSONValue(parsing: bytes)
        precondition(refusal == nil, "the tree accepts what the check refuses")
        precondition(JSONScan.isValidUTF8(bytes), "accepted text that is not UTF-8")
        checkTree(value, bytes)
    } catch {
        precondition(refusal == error, "tree and check refuse differently")
    }
    checkWalks(bytes)
}

/// Writing and reading back keeps the value; the lazy walks see what the tree holds.
func checkTree(_ value: JSONValue, _ bytes: UnsafeRawBufferPointer) {
    let written = value.bytes
    do {
        let again = try JSONValue(parsing: written)
        precondition(again == value && again.bytes == written, "writing changed the value")
        if case .object(let object) = value {
            var walk = JSONMembers()
            var index = 0
            while let member = try walk.next(in: bytes) {
                let key = try JSONScan.string((member.key.lowerBound - 1)..<(member.key.upperBound + 1), in: bytes)
                precondition(key == object.members[index].key, "the walk sees another key")
                precondition(member.keyIs("model", in: bytes) == (key == "model"), "keyIs disagrees with the key")
                let part = UnsafeRawBufferPointer(rebasing: bytes[member.value])
                let seen = try JSONValue(parsing: part)
                precondition(seen == object.members[index].value, "the walk sees another value")
                if case .number(let number) = object.members[index].value {
                    precondition(JSONScan.integer(member.value, in: bytes) == number.int, "integers differ")
                }
                index += 1
            }
            precondition(index == object.count && walk.end == bytes.count, "the walk ended elsewhere")
        }
        if case .array(let elements) = value {
            var walk = JSONElements()
            var index = 0
            while let element = try walk.next(in: bytes) {
                let part = UnsafeRawBufferPointer(rebasing: bytes[element.value])
                let seen = try JSONValue(parsing: part)
                precondition(seen == elements[index], "the walk sees another element")
                index += 1
            }
            precondition(index == elements.count, "the walk ended elsewhere")
        }
    } catch {
        preconditionFailure("a reader refuses what another one accepts")
    }
}

/// The walks stay within the text, and replacing a value by a valid one keeps a valid text valid.
func checkWalks(_ bytes: UnsafeRawBufferPointer) {
    var splices: [Splice] = []
    var walk = JSONMembers()
    do {
        while let member = try walk.next(in: bytes) {
            precondition(member.key.upperBound < member.value.lowerBound && member.value.upperBound <= bytes.count)
            _ = member.keyIs("model", in: bytes)
            _ = try? JSONScan.string(member.value, in: bytes)
            splices.append(Splice(range: member.value, replacement: Array("[1]".utf8)))
        }
    } catch {
        precondition(error.offset >= 0 && error.offset <= bytes.count, "an error outside the text")
        return
    }
    let edited = Splice.apply(splices, to: bytes) as [UInt8]
    precondition(edited.count == bytes.count + Splice.growth(splices), "the growth is wrong")
    let count = edited.withUnsafeBytes { countShortArrays($0) }
    precondition(count == splices.count, "splicing broke the text or missed its place")
}

/// The number of members, all of whose values are arrays of three bytes; nil where one is not, or the walk fails.
func countShortArrays(_ bytes: UnsafeRawBufferPointer) -> Int? {
    var walk = JSONMembers()
    var count = 0
    do {
        while let member = try walk.next(in: bytes) {
            guard member.kind == .array, member.value.count == 3 else { return nil }
            count += 1
        }
        return count
    } catch {
        return nil
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
