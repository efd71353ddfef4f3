/// How a value of one type is written in the file: reads it, reporting what is wrong, and describes itself for the
/// JSON Schema. Readers of sections are put together from shapes, so the schema cannot drift from what is read.
struct Shape<Value>: Sendable {
    /// Describes the shape; a closure, because shapes may contain themselves.
    let schema: @Sendable (SchemaCollection) -> Schema
    /// Whether a blank value is a value too (a mapping without keys), not merely left out.
    var acceptsBlank = false
    /// Reads a value; nil where it is wrong, which is then reported.
    let read: @Sendable (Element, Reading) -> Value?
    /// A value as the file would write it, for the defaults in the schema.
    var literal: @Sendable (Value) -> Schema.Literal? = { _ in nil }
}

extension Shape {
    /// A single value that `parse` understands; `expected` completes "… is not".
    static func scalar(
        _ form: Schema.Form,
        expected: String,
        literal: @escaping @Sendable (Value) -> Schema.Literal? = { _ in nil },
        parse: @escaping @Sendable (String) -> Value?
    ) -> Shape {
        Shape(
            schema: { _ in Schema(form) },
            read: { element, reading in
                guard case .scalar(let scalar) = element.content, !element.isBlank else {
                    reading.error(at: element, "\(element.kindName) is not \(expected)")
                    return nil
                }
                if scalar.isBroken { return nil }
                if let value = parse(scalar.text) { return value }
                reading.error(at: element, "\(scalar.shown) is not \(expected)")
                return nil
            },
            literal: literal
        )
    }

    /// The same shape with every value passed on to `transform`, which reports what it refuses.
    func map<Other>(_ transform: @escaping @Sendable (Value, Element, Reading) -> Other?) -> Shape<Other> {
        let read = self.read
        return Shape<Other>(
            schema: self.schema,
            acceptsBlank: self.acceptsBlank,
            read: { element, reading in
                guard let value = read(element, reading) else { return nil }
                return transform(value, element, reading)
            }
        )
    }

    /// One shape for a single value and another for a mapping.
    static func either(scalar: Shape, mapping: Shape) -> Shape {
        Shape(
            schema: { Schema(.either([scalar.schema($0), mapping.schema($0)])) },
            acceptsBlank: mapping.acceptsBlank,
            read: { element, reading in
                if case .scalar = element.content, !element.isBlank { return scalar.read(element, reading) }
                return mapping.read(element, reading)
            },
            literal: { scalar.literal($0) ?? mapping.literal($0) }
        )
    }

    /// A list of values.
    static func list<Item>(
        of item: Shape<Item>,
        count: ClosedRange<Int> = 0...10_000
    ) -> Shape where Value == [Item] {
        Shape(
            schema: { Schema(.list(item.schema($0), count: count)) },
            read: { element, reading in
                guard case .sequence(let elements) = element.content else {
                    reading.error(at: element, "\(element.kindName) is not a list", fix: "write [ … ]")
                    return nil
                }
                guard count.contains(elements.count) else {
                    let bound =
                        elements.count < count.lowerBound
                        ? "at least \(count.lowerBound)" : "at most \(count.upperBound)"
                    reading.error(at: element, "a list of \(elements.count) where \(bound) may stand")
                    return nil
                }
                return elements.compactMap { item.read($0, reading) }
            },
            literal: { values in
                let literals = values.compactMap(item.literal)
                return literals.count == values.count ? .list(literals) : nil
            }
        )
    }

    /// A single value, or a list of at least one.
    static func oneOrMore<Item>(of item: Shape<Item>) -> Shape where Value == [Item] {
        let list = Shape.list(of: item, count: 1...1000)
        return Shape(
            schema: { Schema(.either([item.schema($0), list.schema($0)])) },
            read: { element, reading in
                if case .sequence = element.content { return list.read(element, reading) }
                return item.read(element, reading).map { [$0] }
            },
            literal: { $0.count == 1 ? item.literal($0[0]) : list.literal($0) }
        )
    }

    /// A mapping from names the user chooses; `key` checks the name and `value` reads what stands under it.
    static func entries<Item>(
        named pattern: String,
        expected: String,
        key: @escaping @Sendable (String) -> Bool,
        value: Shape<Item>
    ) -> Shape where Value == [(name: String, value: Item)] {
        Shape(
            schema: { collection in
                var members = Schema.Members()
                members.patterns = [Schema.Property(name: pattern, schema: value.schema(collection))]
                return Schema(.mapping(members))
            },
            read: { element, reading in
                guard let entries = element.entries else {
                    reading.error(at: element, "\(element.kindName) is not a mapping")
                    return nil
                }
                return entries.compactMap { entry in
                    guard key(entry.key) else {
                        let shown = "'\(entry.key.prefix(80))'"
                        reading.error(at: entry.position, path: entry.value.path, "\(shown) is not \(expected)")
                        return nil
                    }
                    if entry.value.isBlank, !value.acceptsBlank {
                        reading.error(at: entry.position, path: entry.value.path, "'\(entry.key)' has no value")
                        return nil
                    }
                    return value.read(entry.value, reading).map { (entry.key, $0) }
                }
            }
        )
    }
}
