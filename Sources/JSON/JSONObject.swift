/// The members of a JSON object in their order, a key that occurs twice kept twice.
///
/// Lookup is linear: the objects of requests and answers have few members. Two objects are equal where they have the same
/// members in the same order; ``JSONValue/isEquivalent(to:)`` compares without regard to order.
package struct JSONObject: Sendable {
    /// The members in the order of the text.
    package var members: [(key: String, value: JSONValue)]

    /// An object of these members in this order.
    package init(_ members: [(key: String, value: JSONValue)] = []) { self.members = members }

    /// The value of the last member of that name. Setting replaces that member where it stands and drops earlier ones of
    /// the name, appends where there is none, and with nil removes all of the name.
    package subscript(key: String) -> JSONValue? {
        get { self.members.last { $0.key == key }?.value }
        set {
            guard let newValue else {
                self.members.removeAll { $0.key == key }
                return
            }
            guard let last = self.members.lastIndex(where: { $0.key == key }) else {
                self.members.append((key, newValue))
                return
            }
            self.members[last].value = newValue
            if let first = self.members.firstIndex(where: { $0.key == key }), first < last {
                var index = 0
                self.members.removeAll { member in
                    defer { index += 1 }
                    return index < last && member.key == key
                }
            }
        }
    }

    /// The names of the members in order.
    package var keys: [String] { self.members.map(\.key) }
    /// The number of members.
    package var count: Int { self.members.count }
    /// Whether there is no member.
    package var isEmpty: Bool { self.members.isEmpty }
}

extension JSONObject: Sequence {
    /// The members in order.
    package func makeIterator() -> IndexingIterator<[(key: String, value: JSONValue)]> { self.members.makeIterator() }
}

extension JSONObject: Hashable {
    /// Whether both have the same members in the same order.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.elementsEqual(right.members) { $0.key == $1.key && $0.value == $1.value }
    }

    /// Hashes what equality compares.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.members.count)
        for (key, value) in self.members {
            hasher.combine(key)
            hasher.combine(value)
        }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// The members in the order of the literal, duplicates kept.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.members = elements.map { (key: $0.0, value: $0.1) }
    }
}
