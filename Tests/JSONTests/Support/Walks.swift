import JSON

/// A member as the lazy walk sees it, its places turned into text.
struct WalkedMember: Equatable {
    var key: String
    var value: String
    var kind: JSONKind
}

/// All members of the object at `offset` and the offset at which the walk ended.
func walkMembers(_ bytes: [UInt8], at offset: Int = 0) throws -> (members: [WalkedMember], end: Int) {
    try bytes.withUnsafeBytes { buffer in
        var walk = JSONMembers(at: offset)
        var found: [WalkedMember] = []
        while let member = try walk.next(in: buffer) {
            let quoted = (member.key.lowerBound - 1)..<(member.key.upperBound + 1)
            found.append(
                WalkedMember(
                    key: try JSONScan.string(quoted, in: buffer),
                    value: String(decoding: buffer[member.value], as: UTF8.self),
                    kind: member.kind
                )
            )
        }
        return (found, walk.end)
    }
}

func walkMembers(_ text: String, at offset: Int = 0) throws -> [WalkedMember] {
    try walkMembers(Array(text.utf8), at: offset).members
}

/// All elements of the array at `offset` as text.
func walkElements(_ text: String, at offset: Int = 0) throws -> [String] {
    try Array(text.utf8).withUnsafeBytes { buffer in
        var walk = JSONElements(at: offset)
        var found: [String] = []
        while let element = try walk.next(in: buffer) {
            found.append(String(decoding: buffer[element.value], as: UTF8.self))
        }
        return found
    }
}

func validate(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try JSONScan.validate($0) }
}

extension JSONValue {
    /// The kind a walk must report for this value.
    var kind: JSONKind {
        switch self {
        case .null: .null
        case .bool(let value): value ? .true : .false
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }
}
