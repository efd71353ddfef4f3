import Core
import Dialects
import JSON
import Testing

struct ToolShapingTests {
    private static func request(_ names: [String], _ choice: ToolChoice? = nil) -> CanonicalRequest {
        var request = CanonicalRequest(dialect: .openAIChat, model: "m")
        request.tools = names.map { Tool(.function(FunctionTool(name: $0))) }
        request.toolChoice = choice
        return request
    }

    private static func shaped(
        _ request: CanonicalRequest,
        _ rules: ToolRules = ToolRules(),
        traits: ModelTraits = ModelTraits(),
        emulatesSchema: Bool = false
    ) throws -> (tools: ShapedTools, notes: TranslationNotes) {
        var notes = TranslationNotes()
        let target = TranslationTarget(model: "m", traits: traits)
        let shaped = try request.shapedTools(rules, for: target, emulatesSchema: emulatesSchema, notes: &notes)
        return (shaped, notes)
    }

    @Test
    func leavesOutTheToolsThatMayNotBeCalled() throws {
        let (shaped, _) = try Self.shaped(Self.request(["a", "b", "c"], .allowed(["a", "c"], required: true)))
        #expect(shaped.tools.compactMap(\.name) == ["a", "c"])
        #expect(shaped.choice == .required)
    }

    @Test
    func saysNoneByNamingNoToolsWhereThereIsNoOtherWay() throws {
        var rules = ToolRules()
        rules.takesChoiceNone = false
        let (shaped, notes) = try Self.shaped(Self.request(["a"], ToolChoice.none), rules)
        #expect(shaped.tools.isEmpty && shaped.choice == nil)
        #expect(notes.entries.map(\.field) == ["tool_choice"])
    }

    @Test
    func namesTheToolsOfTheHistoryWhereTheTargetInsists() throws {
        var rules = ToolRules()
        rules.needsToolsForHistory = true
        var request = Self.request([])
        request.messages = [
            Message(.assistant, [Part(.toolCall(ToolCall(id: "1", name: "f", arguments: "{}")))])
        ]
        #expect(try Self.shaped(request, rules).tools.tools.compactMap(\.name) == ["f"])
        #expect(try Self.shaped(request).tools.tools.isEmpty)
    }

    @Test
    func forcesNothingOnAModelThatCannotBeForced() throws {
        var traits = ModelTraits()
        traits.forcedToolChoice = false
        let (shaped, notes) = try Self.shaped(Self.request(["a"], .named("a")), traits: traits)
        #expect(shaped.choice == .auto)
        #expect(notes.headerValue == "clamped_value;tool_choice")
    }

    @Test
    func makesASchemaAToolWhereTheTargetHasNone() throws {
        var request = Self.request([])
        request.output = .jsonSchema(JSONSchemaFormat(schema: ["type": "object"]))
        let (shaped, _) = try Self.shaped(request, emulatesSchema: true)
        #expect(shaped.tools.compactMap(\.name) == [SchemaTool.name])
        #expect(shaped.choice == .named(SchemaTool.name) && shaped.plan.schemaTool == SchemaTool.name)
        request.tools = [Tool(.function(FunctionTool(name: "a")))]
        let (beside, notes) = try Self.shaped(request, emulatesSchema: true)
        #expect(beside.tools.compactMap(\.name) == ["a"] && beside.plan.schemaTool == nil)
        #expect(notes.entries.map(\.field) == ["response_format"])
    }

    @Test
    func makesAFreeTextToolAFunctionOfOneText() throws {
        var request = Self.request([])
        request.tools = [Tool(.custom(name: "shell", description: "runs", format: nil))]
        let (shaped, _) = try Self.shaped(request)
        guard case .function(let function)? = shaped.tools.first?.kind else {
            Issue.record("the tool is no function")
            return
        }
        #expect(function.parameters?["properties"]?["input"]?["type"] == "string")
        #expect(shaped.plan.customTools == ["shell"])
    }

    @Test
    func keepsOneCallWhereSeveralCannotBeForbidden() throws {
        var rules = ToolRules()
        rules.takesParallelSwitch = false
        var request = Self.request(["a"])
        request.parallelToolCalls = false
        let (shaped, _) = try Self.shaped(request, rules)
        #expect(shaped.plan.firstCallOnly && shaped.parallel == nil)
        #expect(try Self.shaped(request).tools.parallel == false)
    }
}
