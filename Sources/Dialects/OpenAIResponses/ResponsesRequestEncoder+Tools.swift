internal import Core
internal import JSON

extension ResponsesRequestWriting {
    mutating func writeTools(notes: inout TranslationNotes) throws(GatewayError) {
        guard !self.shaped.tools.isEmpty else { return }
        self.writer.key("tools")
        self.writer.beginArray()
        for tool in self.shaped.tools { try self.write(tool) }
        self.writer.endArray()
        if let choice = self.shaped.choice { self.write(choice) }
        if let parallel = self.shaped.parallel {
            self.writer.key("parallel_tool_calls")
            self.writer.bool(parallel)
        }
    }

    private mutating func write(_ tool: Tool) throws(GatewayError) {
        switch tool.kind {
        case .function(let function):
            self.beginTool("function", function.name, function.description)
            self.writer.key("parameters")
            self.writer.value(function.parameters ?? ["type": "object", "properties": [:]])
            // Strict is the default here and nowhere else, so it is always said.
            self.writer.key("strict")
            self.writer.bool(function.strict ?? false)
            self.writer.endObject()
        case .custom(let name, let description, let format):
            self.beginTool("custom", name, description)
            if let format {
                self.writer.key("format")
                self.writer.value(ResponsesGrammar.flat(format))
            }
            self.writer.endObject()
        case .server(let kind, let opaque):
            if opaque.dialect == .openAIResponses { return self.writer.value(opaque.value) }
            switch kind {
            case .webSearch: self.writer.value(Self.webSearch(opaque))
            case .codeExecution:
                self.writer.value(["type": "code_interpreter", "container": ["type": "auto"]])
            case .other:
                throw GatewayError(
                    .unsupported,
                    origin: .client,
                    "A tool that the provider runs cannot be carried over to this target; remove it.",
                    field: "tools"
                )
            }
        }
    }

    private mutating func beginTool(_ kind: String, _ name: String, _ description: String?) {
        self.writer.beginObject()
        self.writer.key("type")
        self.writer.string(kind)
        self.writer.key("name")
        self.writer.string(self.shaped.plan.names.sent(name))
        if let description {
            self.writer.key("description")
            self.writer.string(description)
        }
    }

    /// The search of another dialect, with where it is made from and where it may look.
    private static func webSearch(_ opaque: Opaque) -> JSONValue {
        var tool: JSONObject = ["type": "web_search"]
        // Chat keeps its options in a field beside the tools.
        let said = opaque.value["web_search_options"] ?? opaque.value
        if let domains = said["allowed_domains"]?.asArray, !domains.isEmpty {
            tool.members.append(("filters", ["allowed_domains": .array(domains)]))
        }
        if let size = said["search_context_size"]?.asString {
            tool.members.append(("search_context_size", .string(size)))
        }
        if case .object(let location)? = said["user_location"] {
            var place: JSONObject = ["type": "approximate"]
            let members = location["approximate"]?.asObject ?? location
            for key in ["country", "region", "city", "timezone"] {
                if let value = members[key], !value.isNull { place.members.append((key, value)) }
            }
            tool.members.append(("user_location", .object(place)))
        }
        return .object(tool)
    }

    private mutating func write(_ choice: ToolChoice) {
        self.writer.key("tool_choice")
        switch choice {
        case .auto: self.writer.string("auto")
        case .none: self.writer.string("none")
        case .required: self.writer.string("required")
        case .named(let name): self.writer.value(self.reference(name))
        case .allowed(let names, let isRequired):
            // Tools the provider runs stay allowed: the choice names only those the client runs.
            let servers = self.shaped.tools.compactMap { tool -> JSONValue? in
                guard case .server(_, let opaque) = tool.kind, let type = opaque.value["type"]?.asString,
                    opaque.dialect == .openAIResponses
                else { return nil }
                return ["type": .string(type)]
            }
            self.writer.value([
                "type": "allowed_tools", "mode": isRequired ? "required" : "auto",
                "tools": .array(names.map { self.reference($0) } + servers),
            ])
        }
    }

    private func reference(_ name: String) -> JSONValue {
        let isCustom = self.shaped.tools.contains { tool in
            if case .custom(name, _, _) = tool.kind { true } else { false }
        }
        return ["type": isCustom ? "custom" : "function", "name": .string(self.shaped.plan.names.sent(name))]
    }
}
