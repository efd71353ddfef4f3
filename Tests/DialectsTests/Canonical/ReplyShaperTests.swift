import Core
import Dialects
import JSON
import Testing

struct ReplyShaperTests {
    private static func shaped(_ events: [CanonicalEvent], _ plan: ReplyPlan) -> [String] {
        var shaper = ReplyShaper(plan)
        var shaped: [CanonicalEvent] = []
        for event in events { shaper.shape(event, into: &shaped) }
        return shaped.map(Self.outline)
    }

    private static func outline(_ event: CanonicalEvent) -> String {
        switch event {
        case .blockStart(let block, _, .text): "text \(block)"
        case .blockStart(let block, _, .toolCall(let id, let name, let kind)): "\(kind) \(block) \(id) \(name)"
        case .delta(let block, .text(let text)): "\(block) says \(text)"
        case .delta(let block, .arguments(let text)): "\(block) passes \(text)"
        case .blockStop(let block): "stop \(block)"
        case .finish(_, let reason): "finish \(reason)"
        default: "other"
        }
    }

    private static func call(_ block: Int, _ name: String, _ pieces: [String]) -> [CanonicalEvent] {
        [.blockStart(block: block, choice: 0, .toolCall(id: "c\(block)", name: name, kind: .function))]
            + pieces.map { .delta(block: block, .arguments($0)) } + [.blockStop(block: block)]
    }

    private static func answer(_ calls: [ToolCall]) -> CanonicalAnswer {
        let parts = calls.map { Part(.toolCall($0)) }
        return CanonicalAnswer(choices: [.init(parts: parts, stop: .toolCalls)])
    }

    @Test
    func givesToolsTheNamesTheClientKnows() {
        var plan = ReplyPlan()
        plan.names = NameTable(["get weather", "plain"], longest: 64, punctuation: "_-")
        let sent = plan.names.sent("get weather")
        #expect(sent != "get weather" && plan.names.sent("plain") == "plain")
        #expect(
            Self.shaped(Self.call(0, sent, ["{}"]), plan) == ["function 0 c0 get weather", "0 passes {}", "stop 0"]
        )
        var shaper = ReplyShaper(plan)
        let answer = shaper.shape(Self.answer([ToolCall(id: "1", name: sent, arguments: "{}")]))
        guard case .toolCall(let call)? = answer.choices.first?.parts.first?.content else {
            Issue.record("the call is gone")
            return
        }
        #expect(call.name == "get weather")
    }

    @Test
    func turnsTheToolThatStandsInForASchemaIntoText() {
        var plan = ReplyPlan()
        plan.schemaTool = SchemaTool.name
        let events = Self.call(3, SchemaTool.name, ["{\"a\"", ":1}"]) + [.finish(choice: 0, .toolCalls)]
        #expect(Self.shaped(events, plan) == ["text 3", "3 says {\"a\"", "3 says :1}", "stop 3", "finish stop"])
        var shaper = ReplyShaper(plan)
        let whole = shaper.shape(Self.answer([ToolCall(id: "1", name: SchemaTool.name, arguments: "{\"a\":1}")]))
        #expect(whole.choices[0].parts[0].text == "{\"a\":1}")
        #expect(whole.choices[0].stop == .stop)
    }

    @Test
    func givesAFreeTextToolItsText() {
        var plan = ReplyPlan()
        plan.customTools = ["shell"]
        let events = Self.call(0, "shell", ["{\"inp", "ut\":\"ls \\\"x\\\"\"}"])
        #expect(Self.shaped(events, plan) == ["custom 0 c0 shell", "0 passes ls \"x\"", "stop 0"])
    }

    @Test
    func passesOnOneCallWhereOnlyOneIsWanted() {
        var plan = ReplyPlan()
        plan.firstCallOnly = true
        let events = Self.call(0, "f", ["1"]) + Self.call(1, "g", ["2"]) + [.finish(choice: 0, .toolCalls)]
        #expect(
            Self.shaped(events, plan) == ["function 0 c0 f", "0 passes 1", "stop 0", "finish toolCalls"]
        )
        var shaper = ReplyShaper(plan)
        let calls = ["f", "g"].map { ToolCall(id: $0, name: $0, arguments: "{}") }
        #expect(shaper.shape(Self.answer(calls)).choices[0].parts.count == 1)
    }

    @Test
    func leavesAReplyAloneThatNeedsNothing() {
        #expect(ReplyPlan().isPlain)
        let events = Self.call(0, "f", ["{}"]) + [.finish(choice: 0, .toolCalls)]
        #expect(Self.shaped(events, ReplyPlan()) == ["function 0 c0 f", "0 passes {}", "stop 0", "finish toolCalls"])
    }

    @Test
    func keepsTwoCallsOfOneIdApart() {
        let call = ToolCall(id: "x", name: "f", arguments: "{}")
        var shaper = ReplyShaper(ReplyPlan())
        let ids = shaper.shape(Self.answer([call, call, call])).choices[0].parts.compactMap { part -> String? in
            guard case .toolCall(let call) = part.content else { return nil }
            return call.id
        }
        #expect(ids == ["x", "x_2", "x_3"])
    }
}
