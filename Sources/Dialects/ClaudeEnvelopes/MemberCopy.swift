internal import JSON

/// Copies of an object with other members, the values that stay to the letter.
enum MemberCopy {
    /// The object in `body` with the members `head` in front of those that `keeps` says yes to.
    ///
    /// - Parameter head: members as JSON text, `"key":value`, in their order.
    static func object(
        _ body: UnsafeRawBufferPointer,
        head: [[UInt8]] = [],
        keeps: (JSONMember) -> Bool
    ) throws(JSONSyntaxError) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(head.reduce(body.count + 16) { $0 + $1.count + 1 })
        out.append(UInt8(ascii: "{"))
        for member in head {
            if out.count > 1 { out.append(UInt8(ascii: ",")) }
            out.append(contentsOf: member)
        }
        var members = JSONMembers(at: 0)
        while let member = try members.next(in: body) {
            guard keeps(member) else { continue }
            if out.count > 1 { out.append(UInt8(ascii: ",")) }
            // The key's quotes are not part of its range.
            out.append(contentsOf: body[member.key.lowerBound - 1..<member.value.upperBound])
        }
        out.append(UInt8(ascii: "}"))
        return out
    }

    /// A member with a string as its value.
    static func member(_ key: StaticString, _ text: String) -> [UInt8] {
        var bytes = Self.key(key)
        JSONWriter.appendString(text, to: &bytes)
        return bytes
    }

    /// A member with a list of strings as its value.
    static func member(_ key: StaticString, _ texts: [String]) -> [UInt8] {
        var bytes = Self.key(key)
        JSONValue.array(texts.map { .string($0) }).write(into: &bytes)
        return bytes
    }

    /// The name of a member and its colon.
    static func key(_ key: StaticString) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        bytes.append(contentsOf: UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
        bytes.append(contentsOf: "\":".utf8)
        return bytes
    }
}
