internal import Core
internal import JSON

extension ResponsesRequestReading {
    mutating func readTools(_ value: JSONValue) throws(GatewayError) {
        var tools: [Tool] = []
        for (index, tool) in try ChatField.array(value, "tools").enumerated() {
            tools.append(try Self.tool(tool, "tools[\(index)]"))
        }
        self.request.tools = tools
    }

    private static func tool(_ value: JSONValue, _ path: @autoclosure () -> String) throws(GatewayError) -> Tool {
        let tool = try ChatField.object(value, path())
        let type = try ChatField.string(try ChatField.required(tool, "type", in: path()), "\(path()).type")
        let cache = ChatField.cacheHint(tool)
        switch type {
        case "function": return Tool(.function(try Self.function(tool, path())), cache: cache)
        case "custom":
            let name = try ChatField.required(tool, "name", in: path())
            return Tool(
                .custom(
                    name: try ChatField.word(name, "\(path()).name"),
                    description: try ChatField.string(tool, "description", in: path()),
                    format: ChatField.value(tool, "format").map(ResponsesGrammar.nested)
                ),
                cache: cache
            )
        case "web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11":
            return Tool(.server(.webSearch, Opaque(.openAIResponses, value)))
        case "code_interpreter": return Tool(.server(.codeExecution, Opaque(.openAIResponses, value)))
        default: return Tool(.server(.other, Opaque(.openAIResponses, value)))
        }
    }

    private static func function(
        _ object: JSONObject,
        _ path: @autoclosure () -> String
    ) throws(GatewayError) -> FunctionTool {
        let name = try ChatField.required(object, "name", in: path())
        var tool = FunctionTool(name: try ChatField.word(name, "\(path()).name"))
        tool.description = try ChatField.string(object, "description", in: path())
        if let parameters = ChatField.value(object, "parameters") {
            tool.parameters = .object(try ChatField.object(parameters, "\(path()).parameters"))
        }
        if let strict = ChatField.value(object, "strict") {
            tool.strict = try ChatField.bool(strict, "\(path()).strict")
        } else {
            // Strict is this dialect's default, in which OpenAI mends a schema that is not fit for it. Anyone else refuses
            // such a schema, so only one that is fit is called strict.
            tool.strict = tool.parameters.map(ResponsesStrictSchema.isFit) ?? false
        }
        return tool
    }

    func choice(_ value: JSONValue) throws(GatewayError) -> ToolChoice {
        if case .string(let word) = value {
            switch word {
            case "auto": return .auto
            case "none": return .none
            case "required": return .required
            default: throw ChatField.wrong("tool_choice", "'auto', 'none', 'required' or an object")
            }
        }
        guard case .object(let object) = value else {
            throw ChatField.wrong("tool_choice", "'auto', 'none', 'required' or an object")
        }
        let type = try ChatField.required(object, "type", in: "tool_choice")
        switch try ChatField.string(type, "tool_choice.type") {
        case "function", "custom":
            let name = try ChatField.required(object, "name", in: "tool_choice")
            return .named(try ChatField.word(name, "tool_choice.name"))
        case "allowed_tools":
            let isRequired: Bool
            switch ChatField.value(object, "mode")?.asString {
            case "auto": isRequired = false
            case "required": isRequired = true
            default: throw ChatField.wrong("tool_choice.mode", "'auto' or 'required'")
            }
            let tools = try ChatField.required(object, "tools", in: "tool_choice")
            var names: [String] = []
            for (index, tool) in try ChatField.array(tools, "tool_choice.tools").enumerated() {
                let path = "tool_choice.tools[\(index)]"
                // A tool the provider runs has no name here; it is there whether it is listed or not.
                guard let name = try ChatField.string(try ChatField.object(tool, path), "name", in: path) else {
                    continue
                }
                names.append(name)
            }
            return .allowed(names, required: isRequired)
        default:
            // One of the tools the provider runs is forced. Where it is the only tool, any tool is that one.
            if self.request.tools.count == 1, self.request.tools[0].name == nil { return .required }
            throw Self.unsupported(
                "tool_choice",
                "A tool that the provider runs cannot be forced beside others; use 'required' or 'auto'."
            )
        }
    }
}

/// The grammar of a free-text tool: flat in this dialect, and one level deeper in Chat, whose shape the exchange has.
enum ResponsesGrammar {
    /// The format in Chat's shape.
    static func nested(_ format: JSONValue) -> JSONValue {
        guard format["type"]?.asString == "grammar", format["grammar"] == nil, case .object(let object) = format else {
            return format
        }
        let rest = JSONObject(object.members.filter { $0.key != "type" })
        return ["type": "grammar", "grammar": .object(rest)]
    }

    /// The format in this dialect's shape.
    static func flat(_ format: JSONValue) -> JSONValue {
        guard format["type"]?.asString == "grammar", case .object(let grammar)? = format["grammar"] else {
            return format
        }
        return .object(JSONObject([(key: "type", value: "grammar")] + grammar.members))
    }
}

/// Whether a schema keeps to what strict tools demand: every object closed, and all of its properties required.
///
/// Source: https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
enum ResponsesStrictSchema {
    /// Whether `schema` is fit for a strict tool.
    static func isFit(_ schema: JSONValue) -> Bool {
        switch schema {
        case .array(let list): return list.allSatisfy(Self.isFit)
        case .object(let object):
            var properties: JSONObject?
            var required: Set<String> = []
            var isClosed = false
            var isObject = false
            for (key, value) in object.members {
                switch key {
                case "properties":
                    guard case .object(let held) = value else { return false }
                    properties = held
                    guard held.members.allSatisfy({ Self.isFit($0.value) }) else { return false }
                case "$defs", "definitions":
                    guard case .object(let held) = value else { return false }
                    guard held.members.allSatisfy({ Self.isFit($0.value) }) else { return false }
                case "required": required = Set((value.asArray ?? []).compactMap(\.asString))
                case "additionalProperties": isClosed = value == .bool(false)
                case "type": isObject = value == .string("object") || (value.asArray ?? []).contains("object")
                case "items", "anyOf": guard Self.isFit(value) else { return false }
                // What strict schemas do not know.
                case "allOf", "oneOf", "not", "if", "then", "else", "patternProperties", "dependentRequired",
                    "dependentSchemas", "default":
                    return false
                default: break
                }
            }
            guard isObject || properties != nil else { return true }
            return isClosed && (properties?.members.allSatisfy { required.contains($0.key) } ?? true)
        default: return true
        }
    }
}
