internal import Core
internal import JSON

extension ChatRequestReading {
    /// Notes a member that is about tools; false where it is not.
    mutating func takeTools(_ key: String, _ value: JSONValue) throws(GatewayError) -> Bool {
        switch key {
        case "tools": self.tools = value
        case "functions": self.functions = value
        case "tool_choice": self.request.toolChoice = try Self.choice(value)
        case "function_call": self.functionCall = value
        case "parallel_tool_calls": self.request.parallelToolCalls = try ChatField.bool(value, key)
        case "web_search_options": self.webSearch = value
        default: return false
        }
        return true
    }

    /// Reads the tools, of whatever age the request's way to name them is.
    mutating func readTools() throws(GatewayError) {
        if let tools = self.tools {
            for (index, tool) in try ChatField.array(tools, "tools").enumerated() {
                self.request.tools.append(try Self.tool(tool, "tools[\(index)]"))
            }
        } else if let functions = self.functions {
            for (index, function) in try ChatField.array(functions, "functions").enumerated() {
                let path = "functions[\(index)]"
                let object = try ChatField.object(function, path)
                self.request.tools.append(Tool(.function(try Self.function(object, path))))
            }
        }
        if self.request.toolChoice == nil, let call = self.functionCall {
            if case .object(let object) = call {
                let name = try ChatField.required(object, "name", in: "function_call")
                self.request.toolChoice = .named(try ChatField.word(name, "function_call.name"))
            } else {
                switch call.asString {
                case "none": self.request.toolChoice = ToolChoice.none
                case "auto": self.request.toolChoice = .auto
                default: throw ChatField.wrong("function_call", "'none', 'auto' or an object")
                }
            }
        }
        if let options = self.webSearch {
            let object = try ChatField.object(options, "web_search_options")
            let value: JSONValue = .object(["web_search_options": .object(object)])
            self.request.tools.append(Tool(.server(.webSearch, Opaque(.openAIChat, value))))
        }
    }

    private static func tool(_ value: JSONValue, _ path: @autoclosure () -> String) throws(GatewayError) -> Tool {
        let tool = try ChatField.object(value, path())
        let cache = ChatField.cacheHint(tool)
        let type = try ChatField.string(tool, "type", in: path())
        switch type {
        case "function", nil:
            let member = try ChatField.required(tool, "function", in: path())
            let object = try ChatField.object(member, "\(path()).function")
            return Tool(
                .function(try Self.function(object, "\(path()).function")),
                cache: cache ?? ChatField.cacheHint(object)
            )
        case "custom":
            let member = try ChatField.required(tool, "custom", in: path())
            let object = try ChatField.object(member, "\(path()).custom")
            let name = try ChatField.required(object, "name", in: "\(path()).custom")
            return Tool(
                .custom(
                    name: try ChatField.word(name, "\(path()).custom.name"),
                    description: try ChatField.string(object, "description", in: "\(path()).custom"),
                    format: ChatField.value(object, "format")
                ),
                cache: cache
            )
        case "web_search", "web_search_preview", "openrouter:web_search":
            return Tool(.server(.webSearch, Opaque(.openAIChat, value)), cache: cache)
        case "code_interpreter", "code_execution":
            return Tool(.server(.codeExecution, Opaque(.openAIChat, value)), cache: cache)
        default:
            return Tool(.server(.other, Opaque(.openAIChat, value)), cache: cache)
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
        }
        return tool
    }

    private static func choice(_ value: JSONValue) throws(GatewayError) -> ToolChoice {
        if case .string(let word) = value {
            switch word {
            case "auto": return .auto
            case "none": return .none
            // Mistral's word for it is `any`.
            case "required", "any": return .required
            default: throw ChatField.wrong("tool_choice", "'auto', 'none', 'required' or an object")
            }
        }
        guard case .object(let object) = value else {
            throw ChatField.wrong("tool_choice", "'auto', 'none', 'required' or an object")
        }
        switch try ChatField.required(object, "type", in: "tool_choice").asString {
        case "function": return .named(try Self.chosen(object, "function", "tool_choice"))
        case "custom": return .named(try Self.chosen(object, "custom", "tool_choice"))
        case "allowed_tools":
            let member = try ChatField.required(object, "allowed_tools", in: "tool_choice")
            return try Self.allowed(try ChatField.object(member, "tool_choice.allowed_tools"))
        default: throw ChatField.wrong("tool_choice.type", "'function', 'custom' or 'allowed_tools'")
        }
    }

    private static func allowed(_ allowed: JSONObject) throws(GatewayError) -> ToolChoice {
        let path = "tool_choice.allowed_tools"
        let isRequired: Bool
        switch ChatField.value(allowed, "mode")?.asString {
        case "auto": isRequired = false
        case "required": isRequired = true
        default: throw ChatField.wrong("\(path).mode", "'auto' or 'required'")
        }
        let list = try ChatField.array(try ChatField.required(allowed, "tools", in: path), "\(path).tools")
        var names: [String] = []
        for (index, element) in list.enumerated() {
            let tool = try ChatField.object(element, "\(path).tools[\(index)]")
            let kind = tool["type"]?.asString == "custom" ? "custom" : "function"
            names.append(try Self.chosen(tool, kind, "\(path).tools[\(index)]"))
        }
        return .allowed(names, required: isRequired)
    }

    /// The name in `{"type":kind, kind:{"name":…}}`.
    private static func chosen(
        _ object: JSONObject,
        _ kind: String,
        _ path: @autoclosure () -> String
    ) throws(GatewayError) -> String {
        let member = try ChatField.required(object, kind, in: path())
        let named = try ChatField.object(member, "\(path()).\(kind)")
        let name = try ChatField.required(named, "name", in: "\(path()).\(kind)")
        return try ChatField.word(name, "\(path()).\(kind).name")
    }
}
