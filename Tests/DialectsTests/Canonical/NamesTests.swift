import Core
import Dialects
import JSON
import TestSupport
import Testing

struct NamesTests {
    @Test(arguments: ["call_abc", "toolu_01A-b", "x"])
    func keepsAnIdThatFits(id: String) {
        #expect(CallID.fitted(id, to: .anthropic) == id)
    }

    @Test(arguments: [CallID.Rule.chat, .anthropic, .bedrock, .mistral], ["", "a b", "ünïcode", "x.y:z", "call_1"])
    func makesAnIdFitAndAlwaysTheSameWay(rule: CallID.Rule, id: String) {
        let fitted = CallID.fitted(id, to: rule)
        let isAllowed = fitted.utf8.allSatisfy { byte in
            rule.punctuation.utf8.contains(byte) || Character(Unicode.Scalar(byte)).isLetter
                || Character(Unicode.Scalar(byte)).isNumber
        }
        #expect(isAllowed && !fitted.isEmpty && fitted.utf8.count <= rule.longest)
        if let exactly = rule.exactly { #expect(fitted.utf8.count == exactly) }
        #expect(CallID.fitted(id, to: rule) == fitted)
        #expect(CallID.fitted(fitted, to: rule) == fitted)
    }

    @Test
    func keepsIdsApartThatDifferInOneCharacter() {
        let long = String(repeating: "x", count: 80)
        var seen: Set<String> = []
        for index in 0..<2000 { seen.insert(CallID.fitted("\(long)\(index)", to: .mistral)) }
        #expect(seen.count == 2000)
    }

    @Test
    func knowsTheIdsItMade() {
        let id = CallID.made(seed: "01ABC", position: 0)
        #expect(CallID.isMade(id) && !CallID.isMade("call_abc"))
        #expect(id != CallID.made(seed: "01ABC", position: 1) && id != CallID.made(seed: "01ABD", position: 0))
        #expect(CallID.fitted(id, to: .chat) == id && CallID.fitted(id, to: .bedrock) == id)
    }

    @Test
    func mapsNamesBothWays() {
        let names = ["ok_name", "has space", "has.space", String(repeating: "n", count: 200), "", "9lives"]
        let table = NameTable(names, longest: 64, startsWithLetter: true, punctuation: "_-")
        let sent = names.map { table.sent($0) }
        #expect(sent[0] == "ok_name")
        #expect(Set(sent).count == names.count)
        #expect(sent.allSatisfy { (1...64).contains($0.utf8.count) && !$0.contains(" ") && !$0.contains(".") })
        #expect(sent.allSatisfy { $0.first?.isNumber == false })
        #expect(sent.map { table.known($0) } == names)
        #expect(NameTable(["a", "b"], longest: 64, punctuation: "_-").isEmpty)
    }

    @Test(arguments: ["", "Eq+/==", "line\nbreak", "ÿ🙂"])
    func carriesAForeignSignatureThereAndBack(value: String) {
        let signature = Signature(value, family: .gemini)
        let carried = signature.carried(native: .anthropic)
        #expect(carried.hasPrefix("tp1.gemini.") && !carried.contains("\n") && !carried.contains("="))
        #expect(Signature(carried: carried, native: .anthropic) == signature)
        #expect(signature.carried(native: .gemini) == value)
    }

    @Test(arguments: ["tp1.", "tp1.gemini", "tp1.gemini.!!", "plain"])
    func takesWhatItDidNotWrapForTheClientsOwn(text: String) {
        #expect(Signature(carried: text, native: .anthropic) == Signature(text, family: .anthropic))
    }

    @Test
    func noticesEachLossOnce() throws {
        var notes = TranslationNotes()
        try notes.drop("seed")
        try notes.drop("seed")
        notes.note("n", .emulated)
        #expect(notes.headerValue == "unsupported_parameter;seed, emulated;n")
        #expect(TranslationNotes().headerValue == nil)
        var strict = TranslationNotes(isStrict: true)
        let error = #expect(throws: GatewayError.self) { try strict.drop("seed") }
        #expect(error?.field == "seed" && error?.code == .unsupported)
    }

    @Test(arguments: [
        ("{\"a\": 1.0}", "{\"a\": 1.0}"), ("", "{}"), (" \n", "{}"), ("[1]", "{\"_raw\":\"[1]\"}"),
        ("{\"a\":", "{\"_raw\":\"{\\\"a\\\":\"}"), ("{\"n\":12345678901234567890}", "{\"n\":12345678901234567890}"),
    ])
    func makesArgumentsAnObjectWithoutTouchingTheirNumbers(arguments: String, text: String) {
        var notes = TranslationNotes()
        let call = ToolCall(id: "1", name: "f", arguments: arguments)
        #expect(call.objectText(notes: &notes) == text)
        #expect(notes.entries.isEmpty == !text.contains("_raw"))
    }
}
