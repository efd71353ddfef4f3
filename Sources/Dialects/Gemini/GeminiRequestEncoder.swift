package import Core
internal import JSON

/// Writes requests for Google's `generateContent`, at AI Studio and at Vertex.
///
/// Source: https://ai.google.dev/api/generate-content and the types of the google-genai SDK.
package enum GeminiRequestEncoder {
    /// The body of the request to a Gemini model. The model and whether to stream stand in the path, not here.
    ///
    /// - Throws: `unsupported` for a part the target cannot take, and what ``TranslationNotes/drop(_:_:)`` throws.
    package static func encode(
        _ request: CanonicalRequest,
        for target: TranslationTarget,
        notes: inout TranslationNotes
    ) throws(GatewayError) -> EncodedRequest {
        var rules = ConversationRules()
        rules.takesPrefill = target.traits.prefill
        rules.takesMediaInResults = target.traits.toolResultImages
        let turns = try request.conversation(rules, for: target, notes: &notes)
        let emulates = Self.emulatesSchema(request, target)
        let tools = try request.shapedTools(
            Self.toolRules(request),
            for: target,
            emulatesSchema: emulates,
            notes: &notes
        )
        var body = GeminiRequestBody(request: request, target: target, tools: tools, notes: notes)
        body.writer.beginObject()
        try body.writeContents(turns)
        body.writeInstructions(emulatesSchema: emulates)
        try body.writeTools()
        try body.writeGenerationConfig(emulatesSchema: emulates)
        try body.writeRest()
        body.writer.endObject()
        notes = body.notes
        return EncodedRequest(body: body.writer.bytes, plan: tools.plan)
    }

    private static func toolRules(_ request: CanonicalRequest) -> ToolRules {
        var rules = ToolRules()
        rules.takesParallelSwitch = false
        // Names may be listed only where a call is forced (`FunctionCallingConfig.allowedFunctionNames`).
        if case .allowed(_, required: true) = request.toolChoice { rules.takesChoiceAllowed = true }
        rules.namePunctuation = "_.:-"
        rules.nameStartsWithLetter = true
        return rules
    }

    /// Whether JSON output has to be had by other means than `responseMimeType`: Gemini 2 refuses it beside tools.
    private static func emulatesSchema(_ request: CanonicalRequest, _ target: TranslationTarget) -> Bool {
        let collides = !request.tools.isEmpty && !target.traits.schemaWithTools
        switch request.output {
        case .text: return false
        case .jsonObject: return collides
        case .jsonSchema: return collides || !target.traits.nativeJSONSchema
        }
    }
}

/// A request's body while it is written.
struct GeminiRequestBody {
    /// What is written.
    let request: CanonicalRequest
    /// For whom.
    let target: TranslationTarget
    /// Its tools as the target takes them, and what the reply must be shaped by.
    let tools: ShapedTools
    /// What could not be carried over so far.
    var notes: TranslationNotes
    /// What is written so far.
    var writer = JSONWriter(capacity: 2048)
    /// The ids of calls that went out, so that their results name the same ones.
    var sentIDs: Set<String> = []

    /// A body with nothing in it.
    init(request: CanonicalRequest, target: TranslationTarget, tools: ShapedTools, notes: TranslationNotes) {
        self.request = request
        self.target = target
        self.tools = tools
        self.notes = notes
    }
}

// MARK: Instructions

extension GeminiRequestBody {
    /// `systemInstruction`, which has no role; nothing where there are no instructions.
    mutating func writeInstructions(emulatesSchema: Bool) {
        var texts = self.request.system.compactMap(\.text).filter { text in
            text.utf8.contains { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d }
        }
        if emulatesSchema, self.tools.plan.schemaTool == nil,
            let instruction = SchemaTool.instruction(self.request.output)
        {
            if case .jsonObject = self.request.output { self.notes.note("response_format", .emulated) }
            texts.append(instruction)
        }
        if texts.count < self.request.system.count, self.request.system.contains(where: { $0.text == nil }) {
            self.notes.note("messages.system", .changedContent)
        }
        guard !texts.isEmpty else { return }
        self.writer.key("systemInstruction")
        self.writer.beginObject()
        self.writer.key("parts")
        self.writer.beginArray()
        for text in texts {
            self.writer.beginObject()
            self.writer.key("text")
            self.writer.string(text)
            self.writer.endObject()
        }
        self.writer.endArray()
        self.writer.endObject()
    }
}

// MARK: Tools

extension GeminiRequestBody {
    /// `tools` and `toolConfig`. All functions stand in one tool; what the provider runs itself, in one each, since
    /// Vertex takes one kind a tool.
    mutating func writeTools() throws(GatewayError) {
        guard !self.tools.tools.isEmpty else { return }
        var functions: [FunctionTool] = []
        var servers: [(ServerTool, Opaque)] = []
        for tool in self.tools.tools {
            switch tool.kind {
            case .function(let function): functions.append(function)
            case .custom(let name, let description, _):
                functions.append(FunctionTool(name: name, description: description))
            case .server(let kind, let value): servers.append((kind, value))
            }
        }
        if !functions.isEmpty, !servers.isEmpty, self.target.traits.reasoning == .budget {
            throw GatewayError(
                .unsupported,
                origin: .client,
                "Gemini 2.5 takes either functions or tools of its own in a request, not both: leave out one kind, or "
                    + "ask a Gemini 3 model.",
                field: "tools"
            )
        }
        self.writer.key("tools")
        self.writer.beginArray()
        if !functions.isEmpty { self.writeFunctions(functions) }
        for (kind, value) in servers { try self.writeServerTool(kind, value) }
        self.writer.endArray()
        self.writeToolConfig(hasFunctions: !functions.isEmpty, hasServers: !servers.isEmpty)
    }

    private mutating func writeFunctions(_ functions: [FunctionTool]) {
        self.writer.beginObject()
        self.writer.key("functionDeclarations")
        self.writer.beginArray()
        for function in functions {
            if function.strict == true { self.notes.note("tools.function.strict", .unsupportedParameter) }
            self.writer.beginObject()
            self.writer.key("name")
            self.writer.string(self.tools.plan.names.sent(function.name))
            if let description = function.description {
                self.writer.key("description")
                self.writer.string(description)
            }
            if let schema = function.parameters, !GeminiSchema.isEmptyObject(schema) {
                self.writer.key("parametersJsonSchema")
                self.writer.value(schema)
            }
            self.writer.endObject()
        }
        self.writer.endArray()
        self.writer.endObject()
    }

    private mutating func writeServerTool(_ kind: ServerTool, _ value: Opaque) throws(GatewayError) {
        if value.dialect == .gemini {
            self.writer.value(value.value)
            return
        }
        let name: String
        switch kind {
        case .webSearch: name = "googleSearch"
        case .codeExecution: name = "codeExecution"
        case .other:
            throw GatewayError(
                .unsupported,
                origin: .client,
                "The tool '\(value.value["type"]?.asString ?? "?")' is run by its own provider and has no like at "
                    + "Gemini: leave it out, or ask a model of that provider.",
                field: "tools"
            )
        }
        self.writer.beginObject()
        self.writer.key(name)
        self.writer.beginObject()
        self.writer.endObject()
        self.writer.endObject()
    }

    private mutating func writeToolConfig(hasFunctions: Bool, hasServers: Bool) {
        let choice = hasFunctions ? self.tools.choice : nil
        // Gemini 3 runs its own tools beside functions only where it may show what it did with them.
        let showsServerTools = hasFunctions && hasServers
        let own = self.request.dialect == .gemini ? self.request.extras["toolConfig"]?.asObject : nil
        guard choice != nil || showsServerTools || own != nil else { return }
        self.writer.key("toolConfig")
        self.writer.beginObject()
        if let choice {
            self.writer.key("functionCallingConfig")
            self.writer.beginObject()
            self.writer.key("mode")
            var names: [String] = []
            switch choice {
            case .auto: self.writer.string("AUTO")
            case .none: self.writer.string("NONE")
            case .required: self.writer.string("ANY")
            case .named(let name):
                self.writer.string("ANY")
                names = [name]
            case .allowed(let allowed, let required):
                self.writer.string(required ? "ANY" : "AUTO")
                names = required ? allowed : []
            }
            if !names.isEmpty {
                self.writer.key("allowedFunctionNames")
                self.writer.beginArray()
                for name in names { self.writer.string(self.tools.plan.names.sent(name)) }
                self.writer.endArray()
            }
            self.writer.endObject()
        }
        for (key, value) in own ?? JSONObject() where key != "includeServerSideToolInvocations" || !showsServerTools {
            self.writer.key(key)
            self.writer.value(value)
        }
        if showsServerTools {
            self.writer.key("includeServerSideToolInvocations")
            self.writer.bool(true)
        }
        self.writer.endObject()
    }
}
