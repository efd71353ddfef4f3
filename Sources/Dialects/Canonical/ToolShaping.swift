package import Core
internal import JSON

/// What a target can be told of tools.
package struct ToolRules: Sendable {
    /// Free-text tools; elsewhere they are functions with one argument, `input`.
    package var takesCustom = false
    package var takesChoiceNone = true
    package var takesChoiceRequired = true
    package var takesChoiceNamed = true
    package var takesChoiceAllowed = false
    /// A request whose history holds calls must name tools.
    package var needsToolsForHistory = false
    /// Whether more than one call in an answer can be forbidden.
    package var takesParallelSwitch = true
    package var longestName = 64
    /// Punctuation allowed in names beside letters and digits.
    package var namePunctuation = "_-"
    package var nameStartsWithLetter = false

    /// OpenAI's rules, without custom tools.
    package init() {}
}

/// The tools of a request as the target takes them; names are mapped by ``ReplyPlan/names``.
package struct ShapedTools: Sendable {
    package var tools: [Tool]
    package var choice: ToolChoice?
    /// false where several calls in one answer are to be forbidden.
    package var parallel: Bool?
    /// What the reply must be shaped by so far.
    package var plan: ReplyPlan
}

extension CanonicalRequest {
    /// The tools and the choice among them, emulated where the target lacks something.
    ///
    /// Where `emulatesSchema` and a schema is asked for, the schema becomes a tool the model is made to call.
    ///
    /// - Throws: what ``TranslationNotes/drop(_:_:)`` throws.
    package func shapedTools(
        _ rules: ToolRules,
        for target: TranslationTarget,
        emulatesSchema: Bool = false,
        notes: inout TranslationNotes
    ) throws(GatewayError) -> ShapedTools {
        var plan = ReplyPlan()
        var tools = self.tools
        var choice = self.toolChoice
        if !rules.takesCustom { tools = Self.withoutCustom(tools, plan: &plan) }
        switch choice {
        case .allowed(let names, let required) where !rules.takesChoiceAllowed:
            tools.removeAll { tool in tool.name.map { !names.contains($0) } ?? false }
            choice = required ? .required : .auto
            notes.note("tool_choice", .emulated)
        case .named(let name) where !rules.takesChoiceNamed:
            tools.removeAll { $0.name != name }
            choice = .required
            notes.note("tool_choice", .emulated)
        case .none? where !rules.takesChoiceNone:
            // Without a way to say "none", the only sure way is to name no tools.
            tools.removeAll()
            choice = nil
            notes.note("tool_choice", .emulated)
        default: break
        }
        let isForced = choice.map { $0 == .required || $0.isNamed || $0.isForcedSubset } ?? false
        if isForced, !rules.takesChoiceRequired || !target.traits.forcedToolChoice {
            try notes.drop("tool_choice", .clampedValue)
            choice = .auto
        }
        if emulatesSchema, case .jsonSchema(let format) = self.output {
            if tools.isEmpty, target.traits.forcedToolChoice, rules.takesChoiceNamed {
                let tool = FunctionTool(
                    name: SchemaTool.name,
                    description: format.description ?? "Gives the answer. Call it exactly once.",
                    parameters: format.schema
                )
                tools = [Tool(.function(tool))]
                choice = .named(SchemaTool.name)
                plan.schemaTool = SchemaTool.name
                notes.note("response_format", .emulated)
            } else {
                // The schema goes into the instructions instead; `instructions` writes it.
                try notes.drop("response_format", .emulated)
            }
        }
        if rules.needsToolsForHistory, tools.isEmpty { tools = self.historyTools }
        if tools.isEmpty { choice = nil }
        var parallel = self.parallelToolCalls
        if parallel == false, !tools.isEmpty, !rules.takesParallelSwitch {
            plan.firstCallOnly = true
            parallel = nil
            notes.note("parallel_tool_calls", .emulated)
        }
        plan.names = NameTable(
            tools.compactMap(\.name) + self.calledNames,
            longest: rules.longestName,
            startsWithLetter: rules.nameStartsWithLetter,
            punctuation: rules.namePunctuation
        )
        return ShapedTools(tools: tools, choice: choice, parallel: tools.isEmpty ? nil : parallel, plan: plan)
    }

    private static func withoutCustom(_ tools: [Tool], plan: inout ReplyPlan) -> [Tool] {
        var shaped = tools
        for (at, tool) in tools.enumerated() {
            guard case .custom(let name, let description, _) = tool.kind else { continue }
            plan.customTools.insert(name)
            let schema: JSONValue = [
                "type": "object", "properties": ["input": ["type": "string"]], "required": ["input"],
            ]
            shaped[at].kind = .function(FunctionTool(name: name, description: description, parameters: schema))
        }
        return shaped
    }

    /// The names of all calls of the conversation, each once, in order.
    private var calledNames: [String] {
        var seen: Set<String> = []
        var names: [String] = []
        for message in self.messages {
            for part in message.parts {
                if case .toolCall(let call) = part.content, seen.insert(call.name).inserted { names.append(call.name) }
            }
        }
        return names
    }

    /// Stand-ins for the tools the conversation has used.
    private var historyTools: [Tool] {
        self.calledNames.map { name in
            Tool(.function(FunctionTool(name: name, description: "No longer available; do not call it.")))
        }
    }
}

/// The tool that stands in for structured output.
package enum SchemaTool {
    package static let name = "json_output"

    /// What the instructions say where a schema can be neither sent nor made a tool.
    package static func instruction(_ output: OutputFormat) -> String? {
        switch output {
        case .text: nil
        case .jsonObject: "Answer with one JSON object and nothing else: no explanation, no code fence."
        case .jsonSchema(let format):
            "Answer with JSON that fits this JSON Schema and nothing else: no explanation, no code fence.\n"
                + format.schema.text
        }
    }
}

extension ToolChoice {
    fileprivate var isNamed: Bool {
        if case .named = self { true } else { false }
    }

    fileprivate var isForcedSubset: Bool {
        if case .allowed(_, required: true) = self { true } else { false }
    }
}

extension ToolCall {
    /// The arguments as the text of a JSON object, for dialects that carry an object: numbers and the order of keys as the
    /// model wrote them. Free text becomes `{"input": …}`; what is no object, `{"_raw": …}`.
    package func objectText(notes: inout TranslationNotes) -> String {
        if self.kind == .custom { return JSONValue.object(["input": .string(self.arguments)]).text }
        let isBlank = self.arguments.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
        if isBlank { return "{}" }
        var text = self.arguments
        let isObject = text.withUTF8 { bytes -> Bool in
            let raw = UnsafeRawBufferPointer(bytes)
            let first = raw.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0a && $0 != 0x0d }
            guard first == UInt8(ascii: "{") else { return false }
            do {
                try JSONScan.validate(raw)
                return true
            } catch {
                return false
            }
        }
        if isObject { return text }
        notes.note("messages.tool_calls.arguments", .changedContent)
        return JSONValue.object(["_raw": .string(self.arguments)]).text
    }
}
