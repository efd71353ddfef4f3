/// The shape of a value, for the JSON Schema of the file: what the readers of the sections say of themselves.
struct Schema: Sendable {
    /// What the value looks like.
    var form: Form
    /// What the value means, for people and editors.
    var description: String?
    /// The default as the file would write it.
    var fallback: Literal?

    /// A shape without a description.
    init(_ form: Form) { self.form = form }

    /// What a value looks like.
    indirect enum Form: Sendable {
        /// A named definition.
        case reference(String)
        /// Text, where a pattern is given of that form.
        case text(pattern: String?)
        /// One of some words.
        case choice([String])
        /// A whole number.
        case integer(ClosedRange<Int>)
        /// Any number within bounds.
        case number(ClosedRange<Double>)
        /// `true` or `false`.
        case flag
        /// An amount of money: a number or its text.
        case money
        /// A list of so many items of one shape.
        case list(Schema, count: ClosedRange<Int>)
        /// A mapping with known keys.
        case mapping(Members)
        /// Any of some shapes.
        case either([Schema])
    }

    /// The keys of a mapping.
    struct Members: Sendable {
        /// The keys by name.
        var properties: [Property] = []
        /// The keys by pattern, for names the user chooses.
        var patterns: [Property] = []
        /// The keys that have to be there.
        var required: [String] = []
        /// Exactly one of these keys has to be there.
        var exactlyOne: [String] = []
    }

    /// A key with its shape.
    struct Property: Sendable {
        /// The key, or the pattern it has to match.
        var name: String
        /// The shape of its value.
        var schema: Schema
    }

    /// A default as the file would write it.
    enum Literal: Sendable, Hashable {
        case text(String)
        case integer(Int)
        case flag(Bool)
        case list([Literal])
    }
}

/// Collects the named definitions while the readers describe themselves.
final class SchemaCollection {
    /// The definitions, each after those it refers to.
    private(set) var definitions: [Schema.Property] = []
    private var open: Set<String> = []

    /// A reference to the definition `name`, which is made on its first use; it may refer to itself.
    func reference(_ name: String, _ make: () -> Schema) -> Schema {
        if self.open.insert(name).inserted {
            let schema = make()
            self.definitions.append(Schema.Property(name: name, schema: schema))
        }
        return Schema(.reference(name))
    }
}
