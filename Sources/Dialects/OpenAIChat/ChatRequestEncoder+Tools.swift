internal import Core
internal import JSON

extension ChatRequestWriting {
    mutating func writeTools(notes: inout TranslationNotes) throws(GatewayError) {
        var search: JSONValue?
        var own: [Tool] = []
        for tool in self.shaped.tools {
            guard case .server(let kind, let opaque) = tool.kind else {
                own.append(tool)
                continue
            }
            if opaque.dialect == .openAIChat {
                if let options = opaque.value["web_search_options"] { search = options } else { own.append(tool) }
            } else if kind == .webSearch {
                search = .object([:])
            } else {
                throw GatewayError(
                    .unsupported,
                    origin: .client,
                    "A tool that the provider runs cannot be carried over to this target; remove it.",
                    field: "tools"
                )
            }
        }
        if !own.isEmpty {
            self.writer.key("tools")
            self.writer.beginArray()
            for tool in own { self.write(tool) }
            self.writer.endArray()
            if let choice = self.shaped.choice, self.target.quirks.takesToolChoice { self.write(choice) }
            if let parallel = self.shaped.parallel {
                self.writer.key("parallel_tool_calls")
                self.writer.bool(parallel)
            }
        }
        if let search, try self.takes("web_search_options", notes: &notes) {
            self.writer.key("web_search_options")
            self.writer.value(search)
        }
    }

    private mutating func write(_ tool: Tool) {
        switch tool.kind {
        case .server(_, let opaque): self.writer.value(opaque.value)
        case .function(let function):
            self.beginTool("function", function.name, function.description)
            if let parameters = function.parameters {
                self.writer.key("parameters")
                self.writer.value(parameters)
            }
            if let strict = function.strict {
                self.writer.key("strict")
                self.writer.bool(strict)
            }
            self.endTool()
        case .custom(let name, let description, let format):
            self.beginTool("custom", name, description)
            if let format {
                self.writer.key("format")
                self.writer.value(format)
            }
            self.endTool()
        }
    }

    private mutating func beginTool(_ kind: String, _ name: String, _ description: String?) {
        self.writer.beginObject()
        self.writer.key("type")
        self.writer.string(kind)
        self.writer.key(kind)
        self.writer.beginObject()
        self.writer.key("name")
        self.writer.string(self.shaped.plan.names.sent(name))
        if let description {
            self.writer.key("description")
            self.writer.string(description)
        }
    }

    private mutating func endTool() {
        self.writer.endObject()
        self.writer.endObject()
    }

    private mutating func write(_ choice: ToolChoice) {
        self.writer.key("tool_choice")
        switch choice {
        case .auto: self.writer.string("auto")
        case .none: self.writer.string("none")
        case .required: self.writer.string(self.target.quirks.requiredChoice)
        case .named(let name): self.writer.value(self.reference(name))
        case .allowed(let names, let isRequired):
            self.writer.value([
                "type": "allowed_tools",
                "allowed_tools": [
                    "mode": isRequired ? "required" : "auto",
                    "tools": .array(names.map { self.reference($0) }),
                ],
            ])
        }
    }

    private func reference(_ name: String) -> JSONValue {
        let isCustom = self.shaped.tools.contains { tool in
            if case .custom(name, _, _) = tool.kind { true } else { false }
        }
        let kind = isCustom ? "custom" : "function"
        let named: JSONValue = ["name": .string(self.shaped.plan.names.sent(name))]
        return .object(JSONObject([("type", .string(kind)), (kind, named)]))
    }
}
