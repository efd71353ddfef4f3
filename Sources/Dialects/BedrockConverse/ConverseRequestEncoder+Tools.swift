internal import Core
internal import JSON

/// Tools, and which of them must be called.
extension ConverseRequestWriter {
    /// The tools as the family takes them.
    func shapedTools(
        emulatesSchema: Bool,
        _ notes: inout TranslationNotes
    ) throws(GatewayError) -> ShapedTools {
        var rules = ToolRules()
        rules.takesChoiceNone = self.family.takesNativeChoice
        rules.takesChoiceRequired = self.family.takesChoiceRequired
        rules.takesChoiceNamed = self.family.takesChoiceNamed
        rules.needsToolsForHistory = true
        rules.takesParallelSwitch = self.family.takesNativeChoice && self.target.traits.parallelToolSwitch
        var target = self.target
        // A forced call excludes a budget of thought, and with some models any reasoning: a forced call of the tool that
        // stands in for structured output too.
        let reasons = self.request.reasoning.isWanted || target.traits.reasoningAlwaysOn
        if self.thinksByBudget || reasons && !target.traits.forcedToolWithReasoning {
            target.traits.forcedToolChoice = false
        }
        return try self.request.shapedTools(rules, for: target, emulatesSchema: emulatesSchema, notes: &notes)
    }

    mutating func writeTools(_ shaped: ShapedTools, _ notes: inout TranslationNotes) throws(GatewayError) {
        guard !shaped.tools.isEmpty else { return }
        guard self.family.takesTools else {
            throw Self.unsupported(
                "The model '\(self.target.model)' takes no tools. Leave them out, or ask another model.",
                field: "tools"
            )
        }
        self.json.key("toolConfig")
        self.json.beginObject()
        self.json.key("tools")
        self.json.beginArray()
        for tool in shaped.tools {
            switch tool.kind {
            case .function(let function): try self.write(function, shaped.plan.names, &notes)
            case .server(let kind, let raw): try self.write(kind, raw)
            // Free-text tools were made functions.
            case .custom: continue
            }
            if self.family.takesCachePointsInTools { self.writeCachePoint(for: tool.cache) }
        }
        self.json.endArray()
        self.writeChoice(shaped)
        self.json.endObject()
    }

    private mutating func write(
        _ function: FunctionTool,
        _ names: NameTable,
        _ notes: inout TranslationNotes
    ) throws(GatewayError) {
        self.json.beginObject()
        self.json.key("toolSpec")
        self.json.beginObject()
        self.json.key("name")
        self.json.string(names.sent(function.name))
        self.json.key("description")
        // The description may not be empty, and what says nothing may not stand for it.
        let description = function.description ?? ""
        self.json.string(Self.isBlank(description) ? function.name : description)
        self.json.key("inputSchema")
        self.json.beginObject()
        self.json.key("json")
        var schema = ConverseSchema.rooted(function.parameters)
        var isStrict = function.strict == true && self.family.takesSchema && self.target.traits.nativeJSONSchema
        if self.family.wantsPlainSchemas { schema = ConverseSchema.plain(schema) }
        if self.family.takesNativeChoice {
            // Claude's own rules hold here too; what they cannot say is not strict.
            if let (fitted, isWidened) = AnthropicSchema.input(schema) {
                schema = fitted
                if isWidened { notes.note("tools.function.parameters", .changedContent) }
            }
            if isStrict, let strict = AnthropicSchema.strict(schema) { schema = strict } else { isStrict = false }
        }
        if function.strict == true, !isStrict { notes.note("tools.function.strict", .unsupportedParameter) }
        self.json.value(schema)
        self.json.endObject()
        if isStrict {
            self.json.key("strict")
            self.json.bool(true)
        }
        self.json.endObject()
        self.json.endObject()
    }

    /// A tool that runs at the provider: Bedrock's own as they came, and the two that Nova has a like of.
    private mutating func write(_ kind: ServerTool, _ raw: Opaque) throws(GatewayError) {
        if raw.dialect == .bedrockConverse {
            self.json.value(raw.value)
            return
        }
        let name: String? =
            switch kind {
            case .webSearch: "nova_grounding"
            case .codeExecution: "nova_code_interpreter"
            case .other: nil
            }
        guard let name, self.family.takesSystemTools else {
            throw Self.unsupported(
                "The model '\(self.target.model)' at Bedrock cannot run the tool '\(kind.rawValue)'. Leave it out, or ask "
                    + "a model that has it.",
                field: "tools"
            )
        }
        self.json.beginObject()
        self.json.key("systemTool")
        self.json.beginObject()
        self.json.key("name")
        self.json.string(name)
        self.json.endObject()
        self.json.endObject()
    }

    /// The choice: Converse's own word where it has one, else Claude's, which excludes Converse's.
    private mutating func writeChoice(_ shaped: ShapedTools) {
        let isSingle = shaped.parallel == false
        if isSingle || shaped.choice == .some(.none) {
            var choice: JSONObject
            switch shaped.choice {
            case .some(.none): choice = ["type": "none"]
            case .required?: choice = ["type": "any"]
            case .named(let name)?:
                choice = ["type": "tool", "name": .string(shaped.plan.names.sent(name))]
            case .auto?, .allowed?, nil: choice = ["type": "auto"]
            }
            if isSingle, shaped.choice != .some(.none) { choice["disable_parallel_tool_use"] = true }
            self.additional["tool_choice"] = .object(choice)
            return
        }
        guard let choice = shaped.choice else { return }
        let value: JSONValue
        switch choice {
        case .required: value = ["any": [:]]
        case .named(let name): value = ["tool": ["name": .string(shaped.plan.names.sent(name))]]
        // What the service does by itself is not said, so that models without a choice are not asked for one.
        case .auto, .allowed, .none: return
        }
        self.json.key("toolChoice")
        self.json.value(value)
    }
}

// MARK: Cache points

/// Where the prompt is cached: at most four points, the last ones where there are more, and none that lasts longer behind
/// one that lasts shorter (https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html).
struct ConverseCachePoints {
    private var skipped = 0
    private var takesLong = false
    private var hasShort = false

    /// No points at all.
    init() {}

    /// A plan for `marks` points.
    init(marks: Int, takesLong: Bool) {
        self.skipped = max(0, marks - 4)
        self.takesLong = takesLong
    }

    /// The next point, in the order of the prompt; nil where it is one too many.
    mutating func next(_ hint: CacheHint) -> JSONValue? {
        guard self.skipped == 0 else {
            self.skipped -= 1
            return nil
        }
        let isLong = hint.ttl == "1h" && self.takesLong && !self.hasShort
        if !isLong { self.hasShort = true }
        return isLong
            ? ["cachePoint": ["type": "default", "ttl": "1h"]] : ["cachePoint": ["type": "default"]]
    }
}

extension ConverseRequestWriter {
    func markCount(_ tools: [Tool], _ system: [Part], _ turns: [Message]) -> Int {
        guard self.family.takesCachePoints else { return 0 }
        var count = self.family.takesCachePointsInTools ? tools.count { $0.cache != nil } : 0
        count += system.count { $0.cache != nil }
        for turn in turns { count += turn.parts.count { $0.cache != nil && self.mayBeCached($0) } }
        return count
    }

    /// Whether a point may stand behind the part: not behind reasoning, and behind a document only where Claude reads
    /// its pages; the service refuses it behind those it turns into text.
    private func mayBeCached(_ part: Part) -> Bool {
        switch part.content {
        case .thinking, .redactedThinking, .video: return false
        case .document(let document):
            guard self.family.takesCitations else { return false }
            guard case .media(let media) = document.body else { return document.citations == true }
            return document.citations == true || ConverseFormat.document(media, name: document.name) == "pdf"
        default: return true
        }
    }

    mutating func writeCachePoint(after part: Part) {
        guard self.mayBeCached(part) else { return }
        self.writeCachePoint(for: part.cache)
    }

    mutating func writeCachePoint(for hint: CacheHint?) {
        guard self.family.takesCachePoints, let hint, let point = self.cachePoints.next(hint) else { return }
        self.json.value(point)
    }
}
