import Core
import Dialects
import JSON
import Testing

struct ConversationTests {
    private static func request(_ messages: [Message]) -> CanonicalRequest {
        var request = CanonicalRequest(dialect: .openAIChat, model: "m")
        request.messages = messages
        return request
    }

    private static func shaped(
        _ messages: [Message],
        _ rules: ConversationRules = ConversationRules(),
        family: SignatureFamily? = nil,
        isStrict: Bool = false
    ) throws -> (turns: [Message], notes: TranslationNotes) {
        var notes = TranslationNotes(isStrict: isStrict)
        let target = TranslationTarget(model: "m", family: family)
        return (try Self.request(messages).conversation(rules, for: target, notes: &notes), notes)
    }

    /// A short text of the turns: role and what stands in them.
    private static func outline(_ turns: [Message]) -> [String] {
        turns.map { turn in "\(turn.role): " + turn.parts.map(Self.outline).joined(separator: ", ") }
    }

    private static func outline(_ part: Part) -> String {
        switch part.content {
        case .text(let text): "'\(text)'"
        case .toolCall(let call): "call \(call.id)"
        case .toolResult(let result):
            "result \(result.callID)\(result.isError ? "!" : "") of \(result.name ?? "?") "
                + result.parts.map(Self.outline).joined(separator: "+")
        case .thinking(let text): "thinking '\(text)'" + (part.signature.map { " by \($0.value)" } ?? "")
        case .redactedThinking: "redacted \(part.signature?.value ?? "")"
        case .image: "image"
        default: "other"
        }
    }

    private static func call(_ id: String, _ name: String = "f") -> Part {
        Part(.toolCall(ToolCall(id: id, name: name, arguments: "{}")))
    }

    private static func result(_ id: String, _ parts: [Part] = [.text("ok")]) -> Part {
        Part(.toolResult(ToolResult(callID: id, parts: parts)))
    }

    @Test
    func joinsTurnsOfOneRole() throws {
        let (turns, notes) = try Self.shaped([
            Message(.user, [.text("a")]), Message(.user, [.text("b")]), Message(.assistant, [.text("c")]),
            Message(.user, [.text("d")]),
        ])
        #expect(Self.outline(turns) == ["user: 'a', 'b'", "assistant: 'c'", "user: 'd'"])
        #expect(notes.entries.isEmpty)
    }

    @Test
    func leavesTurnsApartWhereTheTargetWantsThemSo() throws {
        var rules = ConversationRules()
        rules.mergesNeighbours = false
        let (turns, _) = try Self.shaped([Message(.user, [.text("a")]), Message(.user, [.text("b")])], rules)
        #expect(Self.outline(turns) == ["user: 'a'", "user: 'b'"])
    }

    @Test
    func keepsASystemMessageInItsPlace() throws {
        let messages = [
            Message(.user, [.text("a")]), Message(.assistant, [.text("b")]), Message(.system, [.text("be brief")]),
            Message(.user, [.text("c")]),
        ]
        let (turns, notes) = try Self.shaped(messages)
        #expect(Self.outline(turns) == ["user: 'a'", "assistant: 'b'", "user: '<system>be brief</system>', 'c'"])
        #expect(notes.entries.map(\.reason) == [.emulated])
        var rules = ConversationRules()
        rules.takesMidSystem = true
        #expect(Self.outline(try Self.shaped(messages, rules).turns)[2] == "system: 'be brief'")
    }

    @Test
    func putsResultsInTheOrderOfTheirCallsAndNamesThem() throws {
        let (turns, notes) = try Self.shaped([
            Message(.user, [.text("q")]),
            Message(.assistant, [.text("t"), Self.call("1", "f"), Self.call("2", "g")]),
            Message(.user, [Self.result("2")]), Message(.user, [Self.result("1")]), Message(.user, [.text("more")]),
        ])
        #expect(
            Self.outline(turns) == [
                "user: 'q'", "assistant: 't', call 1, call 2", "user: result 1 of f 'ok', result 2 of g 'ok', 'more'",
            ]
        )
        #expect(notes.entries.isEmpty)
    }

    @Test
    func makesUpAResultThatIsMissing() throws {
        let (turns, notes) = try Self.shaped([
            Message(.user, [.text("q")]), Message(.assistant, [Self.call("1"), Self.call("2")]),
            Message(.user, [Self.result("2"), .text("go on")]),
        ])
        #expect(turns.count == 3)
        #expect(Self.outline(turns)[2] == "user: result 1! of f '[no output]', result 2 of f 'ok', 'go on'")
        #expect(notes.headerValue == "changed_content;messages.tool_calls")
    }

    @Test
    func turnsAResultNobodyAskedForIntoText() throws {
        let (turns, notes) = try Self.shaped([Message(.user, [Self.result("9"), .text("q")])])
        #expect(Self.outline(turns) == ["user: '[result of the tool call 9]', 'ok', 'q'"])
        #expect(notes.entries.map(\.field) == ["messages.tool_call_id"])
    }

    @Test
    func givesCallsOfOneIdNamesOfTheirOwn() throws {
        let (turns, _) = try Self.shaped([
            Message(.user, [.text("q")]), Message(.assistant, [Self.call("x")]), Message(.user, [Self.result("x")]),
            Message(.assistant, [Self.call("x"), Self.call("x")]),
            Message(.user, [Self.result("x", [.text("one")]), Self.result("x", [.text("two")])]),
        ])
        #expect(Self.outline(turns)[1] == "assistant: call x")
        #expect(Self.outline(turns)[3] == "assistant: call x_2, call x_3")
        #expect(Self.outline(turns)[4] == "user: result x_2 of f 'one', result x_3 of f 'two'")
    }

    @Test
    func movesAnImageOutOfAResultWhereTheTargetTakesNone() throws {
        var rules = ConversationRules()
        rules.takesMediaInResults = false
        let image = Part(.image(Media(.base64("AAAA"), type: "image/png")))
        let (turns, notes) = try Self.shaped(
            [
                Message(.user, [.text("q")]), Message(.assistant, [Self.call("1")]),
                Message(.user, [Self.result("1", [.text("see"), image])]),
            ],
            rules
        )
        #expect(Self.outline(turns)[2] == "user: result 1 of f 'see'+'[attachment 1 below]', image")
        #expect(notes.entries.map(\.reason) == [.emulated])
    }

    @Test
    func leavesOutBlankTextAndTheTurnsItLeavesEmpty() throws {
        let (turns, _) = try Self.shaped([
            Message(.user, [.text("a")]), Message(.assistant, [.text(" \n")]), Message(.user, [.text(""), .text("b")]),
        ])
        #expect(Self.outline(turns) == ["user: 'a', 'b'"])
    }

    @Test
    func beginsWithTheUser() throws {
        let (turns, notes) = try Self.shaped([Message(.assistant, [.text("hello")]), Message(.user, [.text("a")])])
        #expect(Self.outline(turns) == ["user: '.'", "assistant: 'hello'", "user: 'a'"])
        #expect(notes.entries.map(\.field) == ["messages[0]"])
        #expect(Self.outline(try Self.shaped([]).turns) == ["user: '.'"])
    }

    @Test
    func dropsABegunAnswerWhereTheTargetCannotGoOnFromIt() throws {
        let messages = [Message(.user, [.text("a")]), Message(.assistant, [.text("The answer is")])]
        let (turns, notes) = try Self.shaped(messages)
        #expect(Self.outline(turns) == ["user: 'a'"])
        #expect(notes.entries.map(\.field) == ["messages[1]"])
        let error = #expect(throws: GatewayError.self) { try Self.shaped(messages, isStrict: true) }
        #expect(error?.code == .unsupported && error?.field == "messages[1]")
        var rules = ConversationRules()
        rules.takesPrefill = true
        #expect(try Self.shaped(messages, rules).turns.count == 2)
    }

    @Test
    func keepsTheReasoningOfItsOwnFamilyAlone() throws {
        let own = Signature("s1", family: .anthropic)
        let foreign = Signature("s2", family: .gemini)
        let messages = [
            Message(.user, [.text("q")]),
            Message(
                .assistant,
                [
                    Part(.thinking(""), signature: own), Part(.redactedThinking, signature: own),
                    Part(.thinking("b"), signature: foreign), Part(.thinking("c")),
                    Part(.redactedThinking, signature: foreign), Part(.text("t"), signature: foreign),
                ]
            ),
            Message(.user, [.text("r")]),
        ]
        let (turns, notes) = try Self.shaped(messages, family: .anthropic, isStrict: true)
        #expect(Self.outline(turns)[1] == "assistant: thinking '' by s1, redacted s1, 't'")
        #expect(turns[1].parts[2].signature == nil)
        #expect(notes.entries.isEmpty)
        var rules = ConversationRules()
        rules.takesUnsignedThinking = true
        let replayed = try Self.shaped(messages, rules).turns
        #expect(Self.outline(replayed)[1] == "assistant: thinking '', thinking 'b', thinking 'c', 't'")
    }
}
