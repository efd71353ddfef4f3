internal import Core
internal import JSON

extension AnthropicRequestWriter {
    /// Writes `tools` and `tool_choice`.
    mutating func writeTools(_ shaped: ShapedTools, notes: inout TranslationNotes) throws(GatewayError) {
        guard !shaped.tools.isEmpty else { return }
        self.json.key("tools")
        self.json.beginArray()
        // The API holds an answer to no more than so many strict tools.
        var strictLeft = 20
        for (at, tool) in shaped.tools.enumerated() {
            switch tool.kind {
            case .function(let function):
                try self.writeFunction(function, tool.cache, at, &strictLeft, notes: &notes)
            case .custom(let name, let description, _):
                // Shaping has made functions of these; one that is left is told as what it would be.
                let schema: JSONValue = [
                    "type": "object", "properties": ["input": ["type": "string"]], "required": ["input"],
                ]
                let function = FunctionTool(name: name, description: description, parameters: schema)
                try self.writeFunction(function, tool.cache, at, &strictLeft, notes: &notes)
            case .server(let kind, let opaque):
                try self.writeServerTool(kind, opaque, tool.cache, at, notes: &notes)
            }
        }
        self.json.endArray()
        // Stand-ins for the tools of the history are not to be called.
        let isHistory = self.request.tools.isEmpty && shaped.plan.schemaTool == nil
        self.writeChoice(isHistory ? ToolChoice.none : shaped.choice, parallel: shaped.parallel)
    }

    private mutating func writeFunction(
        _ function: FunctionTool,
        _ cache: CacheHint?,
        _ at: Int,
        _ strictLeft: inout Int,
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        guard let (plain, isWidened) = AnthropicSchema.input(function.parameters) else {
            throw GatewayError(
                .badRequest,
                origin: .client,
                "The parameters of the function '\(function.name)' must be a JSON Schema of type 'object'.",
                field: "tools[\(at)].function.parameters"
            )
        }
        var schema = plain
        var isStrict = false
        if function.strict == true {
            if !isWidened, strictLeft > 0, self.target.traits.nativeJSONSchema,
                let closed = AnthropicSchema.strict(schema)
            {
                schema = closed
                isStrict = true
                strictLeft -= 1
            } else {
                try notes.drop("tools[\(at)].function.strict", .clampedValue)
            }
        }
        if isWidened { notes.note("tools[\(at)].function.parameters", .changedContent) }
        self.json.beginObject()
        self.json.key("name")
        self.json.string(self.plan.names.sent(function.name))
        if let description = function.description, !description.isEmpty {
            self.json.key("description")
            self.json.string(description)
        }
        self.json.key("input_schema")
        self.json.value(schema)
        if isStrict {
            self.json.key("strict")
            self.json.bool(true)
        }
        self.caches.write(cache, into: &self.json)
        self.json.endObject()
    }

    private mutating func writeChoice(_ choice: ToolChoice?, parallel: Bool?) {
        let isSingle = parallel == false
        guard choice != nil || isSingle else { return }
        self.json.key("tool_choice")
        self.json.beginObject()
        self.json.key("type")
        switch choice {
        case nil, .auto?, .allowed(_, required: false)?: self.json.string("auto")
        case .none?: self.json.string("none")
        case .required?, .allowed(_, required: true)?: self.json.string("any")
        case .named(let name)?:
            self.json.string("tool")
            self.json.key("name")
            self.json.string(self.plan.names.sent(name))
        }
        // Where no call may be made, the API takes no word about several.
        if isSingle, choice != ToolChoice.none {
            self.json.key("disable_parallel_tool_use")
            self.json.bool(true)
        }
        self.json.endObject()
    }
}

// MARK: Tools the provider runs

extension AnthropicRequestWriter {
    private mutating func writeServerTool(
        _ kind: ServerTool,
        _ opaque: Opaque,
        _ cache: CacheHint?,
        _ at: Int,
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        if opaque.dialect == .anthropicMessages {
            self.json.value(opaque.value)
            return
        }
        switch kind {
        case .webSearch:
            self.json.beginObject()
            self.json.key("type")
            self.json.string("web_search_20250305")
            self.json.key("name")
            self.json.string("web_search")
            try self.writeSearchOptions(opaque.value, notes: &notes)
            self.caches.write(cache, into: &self.json)
            self.json.endObject()
        case .codeExecution:
            self.json.beginObject()
            self.json.key("type")
            self.json.string("code_execution_20250825")
            self.json.key("name")
            self.json.string("code_execution")
            self.caches.write(cache, into: &self.json)
            self.json.endObject()
            self.use(beta: "code-execution-2025-08-25")
        case .other:
            throw GatewayError(
                .unsupported,
                origin: .client,
                "The target has no tool like this one; take it out of 'tools' or name a model of the provider that has it.",
                field: "tools[\(at)]"
            )
        }
    }

    /// Writes what OpenAI's web search is told of where the user is and where to look.
    private mutating func writeSearchOptions(
        _ options: JSONValue,
        notes: inout TranslationNotes
    ) throws(GatewayError) {
        if options["search_context_size"] != nil { try notes.drop("web_search_options.search_context_size") }
        if let domains = options["filters"]?["allowed_domains"]?.asArray, !domains.isEmpty {
            self.json.key("allowed_domains")
            self.json.value(.array(domains))
        }
        guard let location = options["user_location"]?.asObject else { return }
        let place = location["approximate"]?.asObject ?? location
        self.json.key("user_location")
        self.json.beginObject()
        self.json.key("type")
        self.json.string("approximate")
        for key in ["city", "region", "country", "timezone"] {
            guard let value = place[key]?.asString, !value.isEmpty else { continue }
            self.json.key(key)
            self.json.string(value)
        }
        self.json.endObject()
    }
}
