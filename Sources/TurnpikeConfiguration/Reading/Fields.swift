/// A mapping whose keys are known: a type with defaults, and the table of its keys.
///
/// The table is all there is to a reader: it reads the mapping, finds unknown keys and writes the schema.
protocol Section: Sendable {
    /// The defaults.
    init()
    /// What the mapping is, for diagnostics: "unknown key 'x' in `title`".
    static var title: String { get }
    /// The name of its definition in the schema, for a mapping that stands in several places.
    static var definition: String? { get }
    /// The table of its keys.
    static var fields: [Field<Self>] { get }
}

extension Section {
    /// None: the mapping stands in one place.
    static var definition: String? { nil }
}

/// One key of a mapping: its name, what it means, and where its value goes.
struct Field<Root>: Sendable {
    /// The key, or how it begins.
    let name: String
    /// The meaning, for the schema.
    let meaning: String
    /// Whether the key has to be there.
    let isRequired: Bool
    /// Whether `name` is only how the key begins (`tag.`), so that several keys of a mapping belong to it.
    var isPrefix = false
    /// Describes the value; the root given holds the defaults.
    let schema: @Sendable (SchemaCollection, Root?) -> Schema
    /// Reads the value of an entry into the root.
    let apply: @Sendable (inout Root, Element.Entry, Reading) -> Void

    /// A key that always has a value: its default where it is blank or missing, unless it is required.
    ///
    /// - Parameters:
    ///   - part: The part of the gateway that acts on the key, where that may not be built yet.
    ///   - isUsed: Whether a value asks for the part at all (`none` does not).
    init<Value>(
        _ name: String,
        _ keyPath: any WritableKeyPath<Root, Value> & Sendable,
        _ shape: Shape<Value>,
        required: Bool = false,
        part: Part? = nil,
        isUsed: @escaping @Sendable (Value) -> Bool = { _ in true },
        _ meaning: String
    ) {
        self.name = name
        self.meaning = meaning
        self.isRequired = required
        self.schema = { collection, root in
            var schema = shape.schema(collection)
            schema.fallback = required ? nil : root.flatMap { shape.literal($0[keyPath: keyPath]) }
            return schema
        }
        self.apply = { root, entry, reading in
            guard let value = Field.value(entry, shape, required: required, reading) else { return }
            if let part, isUsed(value) { reading.note(part, at: entry.position, path: entry.value.path) }
            root[keyPath: keyPath] = value
        }
    }

    /// A key that may be left out.
    init<Value>(
        _ name: String,
        optional keyPath: any WritableKeyPath<Root, Value?> & Sendable,
        _ shape: Shape<Value>,
        required: Bool = false,
        part: Part? = nil,
        isUsed: @escaping @Sendable (Value) -> Bool = { _ in true },
        _ meaning: String
    ) {
        self.name = name
        self.meaning = meaning
        self.isRequired = required
        self.schema = { collection, _ in shape.schema(collection) }
        self.apply = { root, entry, reading in
            guard let value = Field.value(entry, shape, required: required, reading) else { return }
            if let part, isUsed(value) { reading.note(part, at: entry.position, path: entry.value.path) }
            root[keyPath: keyPath] = value
        }
    }

    /// Any number of keys that begin with `prefix`; the rest of the key is passed on with the value.
    init<Value>(
        prefix: String,
        _ shape: Shape<Value>,
        _ meaning: String,
        add: @escaping @Sendable (inout Root, String, Value) -> Void
    ) {
        self.name = prefix
        self.meaning = meaning
        self.isRequired = false
        self.isPrefix = true
        self.schema = { collection, _ in shape.schema(collection) }
        self.apply = { root, entry, reading in
            let rest = String(entry.key.dropFirst(prefix.count))
            guard let value = Field.value(entry, shape, required: true, reading) else { return }
            add(&root, rest, value)
        }
    }

    private static func value<Value>(
        _ entry: Element.Entry,
        _ shape: Shape<Value>,
        required: Bool,
        _ reading: Reading
    ) -> Value? {
        if entry.value.isBlank, !shape.acceptsBlank {
            if required { reading.error(at: entry.position, path: entry.value.path, "'\(entry.key)' has no value") }
            return nil
        }
        return shape.read(entry.value, reading)
    }

    /// Whether a key of the file belongs to this field.
    func matches(_ key: String) -> Bool {
        self.isPrefix ? key.hasPrefix(self.name) && key.utf8.count > self.name.utf8.count : key == self.name
    }
}

extension Field {
    /// Reads the keys of a mapping into `root` by a table; keys in `others` are read elsewhere.
    ///
    /// A root that is nil stays so: then the mapping is only searched for unknown keys.
    static func read(
        _ table: [Field],
        into root: inout Root?,
        from element: Element,
        title: String,
        others: [String] = [],
        _ reading: Reading
    ) {
        guard let entries = element.entries else {
            reading.error(
                at: element,
                "\(element.kindName) where \(title), a mapping, belongs",
                fix: "write KEY: VALUE"
            )
            return
        }
        for entry in entries where !others.contains(entry.key) {
            if let field = table.first(where: { $0.matches(entry.key) }) {
                guard var value = root else { continue }
                field.apply(&value, entry, reading)
                root = value
            } else {
                let known = others + table.map { $0.isPrefix ? "\($0.name)*" : $0.name }
                let fix = didYouMean(entry.key, among: known) ?? "known: \(known.joined(separator: " "))"
                reading.error(
                    at: entry.position,
                    path: entry.value.path,
                    "unknown key '\(entry.key.prefix(80))' in \(title)",
                    fix: entry.key == "<<" ? "YAML 1.2 has no merge keys; repeat what they stand for" : fix
                )
            }
        }
        for field in table where field.isRequired && !entries.contains(where: { field.matches($0.key) }) {
            reading.error(at: element, "'\(field.name)' is missing in \(title)", fix: "add \(field.name): …")
        }
    }

    /// The keys of a table for the schema; `root` holds the defaults.
    static func members(_ table: [Field], _ collection: SchemaCollection, defaults root: Root?) -> Schema.Members {
        var members = Schema.Members()
        for field in table {
            var schema = field.schema(collection, root)
            schema.description = field.meaning
            if field.isPrefix {
                let pattern =
                    "^" + field.name.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "\\.")
                members.patterns.append(Schema.Property(name: pattern, schema: schema))
            } else {
                members.properties.append(Schema.Property(name: field.name, schema: schema))
                if field.isRequired { members.required.append(field.name) }
            }
        }
        return members
    }
}

extension Shape where Value: Section {
    /// A mapping read by the table of its type.
    static var section: Shape {
        Shape(
            schema: { collection in
                let make = { Schema(.mapping(Field.members(Value.fields, collection, defaults: Value()))) }
                return Value.definition.map { collection.reference($0, make) } ?? make()
            },
            acceptsBlank: true,
            read: { element, reading in
                var value: Value? = Value()
                Field.read(Value.fields, into: &value, from: element, title: Value.title, reading)
                return value
            }
        )
    }
}

/// One of the keys of which a mapping has exactly one, and what becomes of its value.
struct Alternative<Value>: Sendable {
    /// The key.
    let name: String
    /// The meaning, for the schema.
    let meaning: String
    /// The part of the gateway that acts on the key, where that may not be built yet.
    let part: Part?
    /// Describes the value.
    let schema: @Sendable (SchemaCollection) -> Schema
    /// Reads the value; nil where it is wrong, which is then reported.
    let read: @Sendable (Element, Reading) -> Value?

    /// A key whose value `make` turns into what the mapping stands for.
    init<Content>(
        _ name: String,
        _ shape: Shape<Content>,
        part: Part? = nil,
        _ meaning: String,
        make: @escaping @Sendable (Content) -> Value
    ) {
        self.name = name
        self.meaning = meaning
        self.part = part
        self.schema = shape.schema
        self.read = { element, reading in shape.read(element, reading).map(make) }
    }
}

extension Shape {
    /// A mapping with exactly one of some keys, and beside it any of `fields`.
    ///
    /// The table is a closure because nodes may contain themselves.
    static func exactlyOne(
        title: String,
        of alternatives: @escaping @Sendable () -> [Alternative<Value>],
        beside fields: @escaping @Sendable () -> [Field<Value>] = { [] }
    ) -> Shape {
        Shape(
            schema: { collection in
                var members = Field.members(fields(), collection, defaults: nil)
                for alternative in alternatives() {
                    var schema = alternative.schema(collection)
                    schema.description = alternative.meaning
                    members.properties.append(Schema.Property(name: alternative.name, schema: schema))
                    members.exactlyOne.append(alternative.name)
                }
                return Schema(.mapping(members))
            },
            read: { element, reading in
                let alternatives = alternatives()
                let names = alternatives.map(\.name)
                let fields = fields()
                guard let entries = element.entries else {
                    reading.error(at: element, "\(element.kindName) where \(title), a mapping, belongs")
                    return nil
                }
                let chosen = entries.filter { names.contains($0.key) }
                var value: Value?
                for entry in chosen {
                    guard let alternative = alternatives.first(where: { $0.name == entry.key }) else { continue }
                    if let part = alternative.part { reading.note(part, at: entry.position, path: entry.value.path) }
                    value = alternative.read(entry.value, reading)
                }
                if let second = chosen.dropFirst().first {
                    reading.error(
                        at: second.position,
                        path: second.value.path,
                        "'\(second.key)' beside '\(chosen[0].key)': \(title) has exactly one of \(names.joined(separator: " "))",
                        fix: "nest one below the other"
                    )
                }
                let isMisspelt = entries.contains { entry in
                    !names.contains(entry.key) && !fields.contains { $0.matches(entry.key) }
                }
                if chosen.isEmpty, !isMisspelt {
                    reading.error(
                        at: element,
                        "\(title) without any of \(names.joined(separator: " "))",
                        fix: "add one of them"
                    )
                }
                Field.read(fields, into: &value, from: element, title: title, others: names, reading)
                return value
            }
        )
    }
}
