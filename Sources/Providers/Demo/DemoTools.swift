internal import JSON

/// A tool call the demo makes.
struct DemoCall {
    /// How the call is written.
    enum Kind {
        /// `tool_calls[]` with `function{name,arguments}`.
        case function
        /// `tool_calls[]` with `custom{name,input}`.
        case custom
        /// The legacy `function_call{name,arguments}`.
        case legacy
    }

    /// How the call is written.
    var kind: Kind
    /// What the result must refer to.
    var id: String
    /// The tool called.
    var name: String
    /// The arguments as JSON text, or the input of a custom tool.
    var arguments: String

    /// The tokens it counts for.
    var tokens: Int { DemoTokens.count(self.name) + DemoTokens.count(self.arguments) }
}

/// The tools of a chat request and how they may be used, checked.
struct DemoTools {
    /// One tool.
    struct Tool {
        var kind: DemoCall.Kind
        var name: String
        var parameters: JSONValue
    }

    private enum Choice {
        case none
        case auto
        case required
        case named(String)
    }

    private var tools: [Tool] = []
    private var choice = Choice.auto
    private var mayCallSeveral = true

    /// Reads `tools`, `tool_choice`, `parallel_tool_calls`, and the legacy `functions` and `function_call`.
    init(_ request: DemoRequest) throws(DemoFault) {
        if let value = request["tools"] {
            guard case .array(let list) = value else {
                throw DemoFault.bad("tools", "'tools' must be an array.", code: "invalid_type")
            }
            for (index, element) in list.enumerated() {
                self.tools.append(try Self.tool(element, path: "tools[\(index)]"))
            }
        } else if let value = request["functions"] {
            guard case .array(let list) = value else {
                throw DemoFault.bad("functions", "'functions' must be an array.", code: "invalid_type")
            }
            for (index, element) in list.enumerated() {
                self.tools.append(try Self.function(element, kind: .legacy, path: "functions[\(index)]"))
            }
            self.mayCallSeveral = false
        }
        if let parallel = try request.flag("parallel_tool_calls") {
            self.mayCallSeveral = self.mayCallSeveral && parallel
        }
        if let value = request["tool_choice"] { try self.readChoice(value, path: "tool_choice") }
        if let value = request["function_call"] { try self.readChoice(value, path: "function_call") }
        if case .named(let name) = self.choice, !self.tools.contains(where: { $0.name == name }) {
            throw DemoFault.bad("tool_choice", "'tool_choice' names '\(name)', which is not among the tools.")
        }
    }

    /// The tools to call for `question`: none, one, or two where the question speaks of both or asks for parallel
    /// calls.
    func called(for question: String) -> [Tool] {
        switch self.choice {
        case .none: return []
        case .named(let name): return self.tools.filter { $0.name == name }.prefix(1).map(\.self)
        case .auto, .required: break
        }
        guard let first = self.tools.first else { return [] }
        let lower = question.lowercased()
        let named = self.tools.filter { lower.contains($0.name.lowercased()) }
        if self.mayCallSeveral, self.tools.count > 1 {
            if named.count > 1 { return Array(named.prefix(2)) }
            if lower.contains("parallel") { return Array(self.tools.prefix(2)) }
        }
        return [named.first ?? first]
    }

    private static func tool(_ value: JSONValue, path: String) throws(DemoFault) -> Tool {
        guard case .object(let object) = value, case .string(let type)? = object["type"] else {
            throw DemoFault.bad("\(path).type", "'\(path).type' must be a string.", code: "missing_required_parameter")
        }
        switch type {
        case "function":
            guard let function = object["function"] else {
                throw DemoFault.bad(
                    "\(path).function",
                    "'\(path).function' is missing.",
                    code: "missing_required_parameter"
                )
            }
            return try Self.function(function, kind: .function, path: "\(path).function")
        case "custom":
            guard case .object(let custom)? = object["custom"] else {
                throw DemoFault.bad(
                    "\(path).custom",
                    "'\(path).custom' is missing.",
                    code: "missing_required_parameter"
                )
            }
            return Tool(kind: .custom, name: try Self.name(custom, path: "\(path).custom"), parameters: .null)
        default:
            throw DemoFault.bad("\(path).type", "'\(path).type' must be function or custom; not '\(type.prefix(40))'.")
        }
    }

    private static func function(
        _ value: JSONValue,
        kind: DemoCall.Kind,
        path: String
    ) throws(DemoFault) -> Tool {
        guard case .object(let function) = value else {
            throw DemoFault.bad(path, "'\(path)' must be an object.", code: "invalid_type")
        }
        let name = try Self.name(function, path: path)
        var parameters = JSONValue.object(JSONObject())
        if let value = DemoRequest.present(function["parameters"]) {
            guard case .object = value else {
                throw DemoFault.bad(
                    "\(path).parameters",
                    "'\(path).parameters' must be a JSON schema.",
                    code: "invalid_type"
                )
            }
            parameters = value
        }
        return Tool(kind: kind, name: name, parameters: parameters)
    }

    private static func name(_ object: JSONObject, path: String) throws(DemoFault) -> String {
        guard case .string(let name)? = object["name"] else {
            throw DemoFault.bad("\(path).name", "'\(path).name' must be a string.", code: "missing_required_parameter")
        }
        guard DemoNames.isValid(name) else {
            throw DemoFault.bad("\(path).name", "'\(path).name' must be 1 to 64 of a-z, A-Z, 0-9, '_' and '-'.")
        }
        return name
    }

    private mutating func readChoice(_ value: JSONValue, path: String) throws(DemoFault) {
        guard !self.tools.isEmpty || value == .string("none") || value == .string("auto") else {
            throw DemoFault.bad(path, "'\(path)' is only allowed when tools are given.")
        }
        switch value {
        case .string("none"): self.choice = .none
        case .string("auto"): self.choice = .auto
        case .string("required") where path == "tool_choice": self.choice = .required
        case .object(let object): try self.readChoice(object, path: path)
        default: throw DemoFault.bad(path, "'\(path)' must be none, auto, required, or an object that names a tool.")
        }
    }

    private mutating func readChoice(_ object: JSONObject, path: String) throws(DemoFault) {
        if case .object(let allowed)? = object["allowed_tools"], case .array(let list)? = allowed["tools"] {
            let names = list.compactMap(Self.nameOfReference)
            self.tools.removeAll { !names.contains($0.name) }
            self.choice = allowed["mode"] == .string("required") ? .required : .auto
        } else if let name = Self.nameOfReference(.object(object)) {
            self.choice = .named(name)
        } else {
            throw DemoFault.bad("\(path).function.name", "'\(path).function.name' must be a string.")
        }
    }

    /// The name in `{type, function:{name}}`, `{type, custom:{name}}` or `{name}`.
    private static func nameOfReference(_ value: JSONValue) -> String? {
        guard case .object(let object) = value else { return nil }
        for key in ["function", "custom"] {
            if case .object(let inner)? = object[key], case .string(let name)? = inner["name"] { return name }
        }
        if case .string(let name)? = object["name"] { return name }
        return nil
    }
}

/// The names OpenAI takes for tools and schemas.
enum DemoNames {
    /// Whether `name` is 1 to 64 letters, digits, `_` and `-`.
    static func isValid(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            }
    }
}
