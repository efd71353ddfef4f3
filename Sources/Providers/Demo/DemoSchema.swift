internal import JSON

/// Makes a value that fits a JSON Schema.
///
/// Knows types, `enum`, `const`, `$ref` within the document, `allOf`, `anyOf`, `oneOf`, objects (`properties`,
/// `required`, `additionalProperties`, `minProperties`), arrays (`items`, `prefixItems`, `contains`, `minItems`,
/// `maxItems`, `uniqueItems`), strings (`minLength`, `maxLength`, `format`, `pattern`) and numbers (`minimum`,
/// `maximum`, both exclusive bounds, `multipleOf`). Not `not`, `if`, `dependentSchemas`, `patternProperties` and the
/// `unevaluated…` keywords. Numbers in `numbers` are used for integers and numbers they fit, so that "add 2 and 3"
/// calls `add(2, 3)`.
///
/// Source: https://json-schema.org/draft/2020-12
struct DemoSchema {
    private let root: JSONValue
    private var numbers: [JSONNumber]
    /// The references being followed: one that comes back is not followed where there is another way.
    private var open: [String] = []
    /// What is left of the work one schema may cause, however it branches.
    private var budget = 5000

    /// The depth at which a schema is given up; a recursion that must go on has no finite value anyway.
    private static let depth = 64

    private init(root: JSONValue, numbers: [JSONNumber]) {
        self.root = root
        self.numbers = numbers
    }

    /// A value that fits `schema`; `{}` where the schema has none that could be found.
    static func value(for schema: JSONValue, numbers: [JSONNumber] = []) -> JSONValue {
        var maker = DemoSchema(root: schema, numbers: numbers)
        return maker.make(schema, name: "value", variant: 0, depth: 0) ?? .object(JSONObject())
    }

    /// A value for `schema`, or nil where only an endless one would do.
    ///
    /// - Parameters:
    ///   - name: What the value is called where it stands; strings repeat it.
    ///   - variant: Which of several different values to make, for arrays of unique items.
    private mutating func make(_ schema: JSONValue, name: String, variant: Int, depth: Int) -> JSONValue? {
        self.budget -= 1
        guard depth < Self.depth, self.budget > 0 else { return nil }
        guard case .object(let object) = schema else {
            // `true` allows everything, `false` nothing.
            return schema == .bool(false) ? nil : .string(name)
        }
        if let const = object["const"] { return const }
        if case .array(let values)? = object["enum"], !values.isEmpty {
            let fitting = values.filter { Self.has($0, type: object["type"]) }
            let choices = fitting.isEmpty ? values : fitting
            return choices[variant % choices.count]
        }
        if case .string(let reference)? = object["$ref"] {
            return self.follow(reference, beside: object, name: name, variant: variant, depth: depth)
        }
        if case .array(let parts)? = object["allOf"] {
            guard let merged = self.merge(parts, into: object.without("allOf")) else { return nil }
            return self.make(.object(merged), name: name, variant: variant, depth: depth + 1)
        }
        for key in ["anyOf", "oneOf"] {
            guard case .array(let branches)? = object[key], !branches.isEmpty else { continue }
            return self.choose(branches, beside: object.without(key), name: name, variant: variant, depth: depth)
        }
        switch Self.type(of: object) {
        case "null": return .null
        case "boolean": return .bool(variant % 2 == 0)
        case "integer": return self.number(object, variant: variant, isInteger: true)
        case "number": return self.number(object, variant: variant, isInteger: false)
        case "array": return self.array(object, name: name, depth: depth)
        case "object": return self.object(object, depth: depth)
        default: return .string(DemoStrings.make(object, name: name, variant: variant))
        }
    }
}

extension DemoSchema {
    /// The type a schema asks for; of several the first that is not null; without one, what its keywords imply.
    private static func type(of object: JSONObject) -> String {
        switch object["type"] {
        case .string(let type)?: return type
        case .array(let types)?:
            for case .string(let type) in types where type != "null" { return type }
            return "null"
        default: break
        }
        if object["properties"] != nil || object["required"] != nil || object["additionalProperties"] != nil {
            return "object"
        }
        if object["items"] != nil || object["prefixItems"] != nil || object["minItems"] != nil { return "array" }
        if object["minimum"] != nil || object["maximum"] != nil || object["multipleOf"] != nil { return "number" }
        return "string"
    }

    /// Whether a value is of the type, or of one of the types, that `type` names.
    private static func has(_ value: JSONValue, type: JSONValue?) -> Bool {
        switch type {
        case .string(let name)?:
            switch (value, name) {
            case (.null, "null"), (.bool, "boolean"), (.string, "string"), (.array, "array"), (.object, "object"),
                (.number, "number"):
                return true
            case (.number(let number), "integer"): return number.int != nil
            default: return false
            }
        case .array(let names)?: return names.contains { Self.has(value, type: $0) }
        default: return true
        }
    }

    /// Follows a reference within the document (`#`, `#/$defs/x`, RFC 6901).
    private mutating func follow(
        _ reference: String,
        beside object: JSONObject,
        name: String,
        variant: Int,
        depth: Int
    ) -> JSONValue? {
        guard let target = self.resolve(reference) else { return .string(name) }
        guard self.open.filter({ $0 == reference }).count < 2 else { return nil }
        self.open.append(reference)
        defer { self.open.removeLast() }
        let rest = object.without("$ref")
        guard case .object = target, !rest.members.allSatisfy({ Self.annotations.contains($0.key) }),
            let merged = self.merge([target], into: rest)
        else {
            return self.make(target, name: name, variant: variant, depth: depth + 1)
        }
        return self.make(.object(merged), name: name, variant: variant, depth: depth + 1)
    }

    /// Keywords that ask nothing of a value.
    private static let annotations: Set<String> = [
        "title", "description", "default", "examples", "$defs", "definitions",
    ]

    private func resolve(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#") else { return nil }
        var value = self.root
        for part in reference.dropFirst().split(separator: "/") {
            let key = part.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
                .split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
            switch value {
            case .object(let object):
                guard let next = object[key] else { return nil }
                value = next
            case .array(let list):
                guard let index = Int(key), list.indices.contains(index) else { return nil }
                value = list[index]
            default: return nil
            }
        }
        return value
    }

    /// The first branch that a value can be made for; branches that lead back to where we are come last.
    private mutating func choose(
        _ branches: [JSONValue],
        beside object: JSONObject,
        name: String,
        variant: Int,
        depth: Int
    ) -> JSONValue? {
        let ordered = branches.filter { !self.leadsBack($0) } + branches.filter(self.leadsBack)
        for branch in ordered {
            guard let merged = self.merge([branch], into: object) else { continue }
            if let value = self.make(.object(merged), name: name, variant: variant, depth: depth + 1) { return value }
        }
        return nil
    }

    private func leadsBack(_ branch: JSONValue) -> Bool {
        guard case .object(let object) = branch, case .string(let reference)? = object["$ref"] else { return false }
        return self.open.contains(reference)
    }

    /// `object` with everything `parts` ask for too, or nil where a part allows nothing.
    private func merge(_ parts: [JSONValue], into object: JSONObject) -> JSONObject? {
        var merged = object
        for part in parts {
            guard case .object(var piece) = part else {
                if part == .bool(false) { return nil }
                continue
            }
            // A reference among several parts is opened here, so that its keywords can be joined with the others'.
            var steps = 0
            while case .string(let reference)? = piece["$ref"], parts.count > 1 || !object.members.isEmpty, steps < 8,
                case .object(let target)? = self.resolve(reference), !self.open.contains(reference)
            {
                var opened = target
                for member in piece.members where member.key != "$ref" { opened[member.key] = member.value }
                piece = opened
                steps += 1
            }
            for member in piece.members {
                merged[member.key] = Self.join(member.key, merged[member.key], member.value)
            }
        }
        return merged
    }

    /// One keyword's value where two schemas both set it.
    private static func join(_ key: String, _ old: JSONValue?, _ new: JSONValue) -> JSONValue {
        guard let old else { return new }
        switch (key, old, new) {
        case ("properties", .object(var joined), .object(let more)), ("$defs", .object(var joined), .object(let more)):
            for member in more.members { joined[member.key] = member.value }
            return .object(joined)
        case ("required", .array(let names), .array(let more)):
            return .array(names + more.filter { !names.contains($0) })
        case ("allOf", .array(let parts), .array(let more)):
            return .array(parts + more)
        case ("minimum", .number(let one), .number(let other)), ("minLength", .number(let one), .number(let other)),
            ("minItems", .number(let one), .number(let other)):
            return (one.double ?? 0) > (other.double ?? 0) ? old : new
        case ("maximum", .number(let one), .number(let other)), ("maxLength", .number(let one), .number(let other)),
            ("maxItems", .number(let one), .number(let other)):
            return (one.double ?? 0) < (other.double ?? 0) ? old : new
        case ("enum", .array(let values), .array(let more)):
            return .array(values.filter(more.contains))
        default:
            return new
        }
    }
}

extension DemoSchema {
    private mutating func object(_ schema: JSONObject, depth: Int) -> JSONValue? {
        var required: [String] = []
        if case .array(let names)? = schema["required"] {
            for case .string(let name) in names { required.append(name) }
        }
        var properties = JSONObject()
        if case .object(let object)? = schema["properties"] { properties = object }
        var result = JSONObject()
        let most = Self.count(schema["maxProperties"]) ?? .max
        for member in properties.members {
            let isRequired = required.contains(member.key)
            // Optional members are given too, as long as there is room for the required ones.
            if !isRequired, result.members.count + required.filter({ result[$0] == nil }).count >= most { continue }
            if let value = self.make(member.value, name: member.key, variant: 0, depth: depth + 1) {
                result[member.key] = value
            } else if isRequired {
                return nil
            }
        }
        let more = schema["additionalProperties"] ?? .bool(true)
        for name in required where result[name] == nil && properties[name] == nil {
            guard let value = self.make(more, name: name, variant: 0, depth: depth + 1) else { return nil }
            result[name] = value
        }
        // A map is shown with one entry.
        var least = Self.count(schema["minProperties"]) ?? 0
        if case .object = more, properties.members.isEmpty { least = max(least, 1) }
        var number = 1
        while result.members.count < min(least, most), number <= 100 {
            guard let value = self.make(more, name: "key_\(number)", variant: number, depth: depth + 1) else { break }
            result["key_\(number)"] = value
            number += 1
        }
        return .object(result)
    }

    private mutating func array(_ schema: JSONObject, name: String, depth: Int) -> JSONValue? {
        let least = Self.count(schema["minItems"]) ?? 0
        let most = Self.count(schema["maxItems"]) ?? .max
        var result: [JSONValue] = []
        if case .array(let schemas)? = schema["prefixItems"] {
            for element in schemas.prefix(most) {
                guard let value = self.make(element, name: name, variant: result.count, depth: depth + 1) else { break }
                result.append(value)
            }
        }
        if let contained = schema["contains"], result.count < most,
            let value = self.make(contained, name: name, variant: result.count, depth: depth + 1)
        {
            result.append(value)
        }
        let items = schema["items"] ?? .bool(true)
        let wanted = min(max(least, schema["items"] == nil ? 0 : 1), most)
        let areUnique = schema["uniqueItems"] == .bool(true)
        var variant = result.count
        while result.count < wanted {
            guard let value = self.make(items, name: name, variant: variant, depth: depth + 1) else { break }
            variant += 1
            // A number of the question may be the same as one that was made up.
            if areUnique, result.contains(value), variant < 2 * wanted + 20 { continue }
            result.append(value)
        }
        return result.count < least ? nil : .array(result)
    }

    /// A length or a count; a negative one is none.
    static func count(_ value: JSONValue?) -> Int? {
        guard case .number(let number)? = value else { return nil }
        return (number.int ?? number.double.flatMap { Int(exactly: $0.rounded()) }).map { max($0, 0) }
    }

    private mutating func number(_ schema: JSONObject, variant: Int, isInteger: Bool) -> JSONValue? {
        let range = DemoRange(schema, isInteger: isInteger)
        // The numbers of the question first, each once.
        for (index, number) in self.numbers.enumerated() {
            guard !isInteger || number.int != nil, let value = number.double, range.contains(value) else { continue }
            self.numbers.remove(at: index)
            return .number(number)
        }
        guard let value = range.value(variant) else { return nil }
        if isInteger || value == value.rounded(), abs(value) < 9e15, let integer = Int(exactly: value.rounded()) {
            return .number(JSONNumber(integer))
        }
        return try? JSONValue(parsing: "\(value)")
    }
}

extension JSONObject {
    /// The object without one member.
    fileprivate func without(_ key: String) -> JSONObject {
        var rest = JSONObject()
        for member in self.members where member.key != key { rest[member.key] = member.value }
        return rest
    }
}

/// The numbers a schema allows.
private struct DemoRange {
    private var minimum = -Double.infinity
    private var maximum = Double.infinity
    private var excludesMinimum = false
    private var excludesMaximum = false
    private var step: Double?
    private let isInteger: Bool

    /// The range of a schema of numbers, or of integers.
    init(_ schema: JSONObject, isInteger: Bool) {
        self.isInteger = isInteger
        self.minimum = Self.double(schema["minimum"]) ?? -.infinity
        self.maximum = Self.double(schema["maximum"]) ?? .infinity
        // In older drafts these are flags, in newer ones bounds.
        if schema["exclusiveMinimum"] == .bool(true) { self.excludesMinimum = true }
        if schema["exclusiveMaximum"] == .bool(true) { self.excludesMaximum = true }
        if let bound = Self.double(schema["exclusiveMinimum"]), bound >= self.minimum {
            self.minimum = bound
            self.excludesMinimum = true
        }
        if let bound = Self.double(schema["exclusiveMaximum"]), bound <= self.maximum {
            self.maximum = bound
            self.excludesMaximum = true
        }
        if let step = Self.double(schema["multipleOf"]), step > 0 { self.step = step }
    }

    private static func double(_ value: JSONValue?) -> Double? {
        guard case .number(let number)? = value else { return nil }
        return number.double
    }

    /// Whether the schema allows `value`.
    func contains(_ value: Double) -> Bool {
        guard self.excludesMinimum ? value > self.minimum : value >= self.minimum else { return false }
        guard self.excludesMaximum ? value < self.maximum : value <= self.maximum else { return false }
        guard !self.isInteger || value == value.rounded() else { return false }
        guard let step = self.step else { return true }
        let ratio = value / step
        return abs(ratio - ratio.rounded()) < 1e-9
    }

    /// The `variant`th value from the lower end up, or from the upper end down where there is no lower one.
    func value(_ variant: Int) -> Double? {
        let step = self.step.map { self.isInteger && $0 < 1 ? 1 : $0 } ?? 1
        let offset = Double(variant) * step
        var candidates: [Double] = []
        if self.minimum.isFinite {
            let first = (self.minimum / step).rounded(.up) * step
            candidates += [first + offset, first + step + offset, first, first + step]
            if !self.isInteger, self.step == nil, self.maximum.isFinite {
                let share = Double(variant + 1) / Double(variant + 2)
                candidates += [self.minimum + (self.maximum - self.minimum) * share]
            }
            if self.step == nil, !self.isInteger { candidates += [self.minimum + 0.5, self.minimum] }
        } else if self.maximum.isFinite {
            let last = (self.maximum / step).rounded(.down) * step
            candidates += [last - offset, last - step - offset, self.maximum - 0.5]
        } else {
            candidates += [step + offset]
        }
        return candidates.first(where: self.contains)
    }
}
