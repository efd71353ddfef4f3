import Core
import Dialects
import JSON
import TestSupport
import Testing

/// Stop sequences the target does not heed, found in its answer.
struct StopSequenceTests {
    private static func plan(_ stops: [String]) -> ReplyPlan {
        var plan = ReplyPlan()
        plan.stops = stops
        return plan
    }

    /// What a client reads of `text` that comes in pieces, and how it ends.
    private static func streamed(_ pieces: [String], _ stops: [String]) -> (text: String, reason: StopReason?) {
        var shaper = ReplyShaper(Self.plan(stops))
        var events: [CanonicalEvent] = []
        shaper.shape(.blockStart(block: 0, choice: 0, .text), into: &events)
        for piece in pieces { shaper.shape(.delta(block: 0, .text(piece)), into: &events) }
        shaper.shape(.blockStop(block: 0), into: &events)
        shaper.shape(.finish(choice: 0, .length), into: &events)
        var text = ""
        var reason: StopReason?
        for event in events {
            switch event {
            case .delta(_, .text(let more)): text += more
            case .finish(_, let said): reason = said
            default: break
            }
        }
        return (text, reason)
    }

    /// The text before the stop sequence that ends first (of two, the one that began first), found the slow way.
    private static func expected(_ text: String, _ stops: [String]) -> (text: String, reason: StopReason) {
        let bytes = Array(text.utf8)
        for end in 0...bytes.count {
            let ending = stops.filter { bytes[..<end].suffix($0.utf8.count).elementsEqual($0.utf8) }
            if let stop = ending.max(by: { $0.utf8.count < $1.utf8.count }) {
                return (String(decoding: bytes[..<(end - stop.utf8.count)], as: UTF8.self), .stopSequence(stop))
            }
        }
        return (text, .length)
    }

    @Test(arguments: 0..<200)
    func theAnswerIsCutAtTheFirstWhereverItIsDivided(seed: Int) {
        var generator = SeededGenerator(seed: seed)
        let letters = ["a", "b", "aab", "é", "🌍", "\n"]
        func text(_ most: Int) -> String {
            (0..<Int.random(in: 1...most, using: &generator))
                .map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] }.joined()
        }
        let stops = (0..<Int.random(in: 1...3, using: &generator)).map { _ in text(4) }
        let pieces = (0..<Int.random(in: 1...12, using: &generator)).map { _ in text(5) }
        let found = Self.streamed(pieces, stops)
        let whole = pieces.joined()
        let expected = Self.expected(whole, stops)
        #expect(found.text == expected.text)
        #expect(found.reason == expected.reason)
        var shaper = ReplyShaper(Self.plan(stops))
        let answer = shaper.shape(CanonicalAnswer(choices: [.init(parts: [.text(whole)], stop: .length)]))
        #expect(answer.choices[0].parts.compactMap(\.text).joined() == expected.text)
        #expect(answer.choices[0].stop == expected.reason)
    }

    @Test func nothingIsHeldBackThatCannotBecomeAStop() {
        var shaper = ReplyShaper(Self.plan(["\n\nEND"]))
        var events: [CanonicalEvent] = []
        shaper.shape(.blockStart(block: 0, choice: 0, .text), into: &events)
        shaper.shape(.delta(block: 0, .text("one two\n")), into: &events)
        #expect(Gemini.words(events) == ["begin 0 of 0: text", "text 0: one two"])
    }

    @Test func callsAndTextBehindTheStopAreLeftOut() {
        var shaper = ReplyShaper(Self.plan(["END"]))
        var events: [CanonicalEvent] = []
        let stream: [CanonicalEvent] = [
            .start(id: "i", model: "m", usage: nil), .blockStart(block: 0, choice: 0, .thinking),
            .delta(block: 0, .text("END?")), .blockStop(block: 0), .blockStart(block: 1, choice: 0, .text),
            .delta(block: 1, .text("yes EN")), .delta(block: 1, .text("D no")), .delta(block: 1, .text("no")),
            .blockStop(block: 1), .blockStart(block: 2, choice: 0, .toolCall(id: "c", name: "f", kind: .function)),
            .delta(block: 2, .arguments("{}")), .blockStop(block: 2), .finish(choice: 0, .toolCalls),
            .usage(Usage(freshInput: 3, output: 9)), .end,
        ]
        for event in stream { shaper.shape(event, into: &events) }
        #expect(
            Gemini.words(events) == [
                "start i m", "begin 0 of 0: thinking", "text 0: END?", "end 0", "begin 1 of 0: text", "text 1: yes ",
                "end 1", "finish 0: stopSequence(Optional(\"END\"))", "usage 3 9", "end",
            ]
        )
    }

    @Test func whatATargetTakesIsSentAndTheRestIsLookedFor() throws {
        var request = CanonicalRequest(dialect: .anthropicMessages, model: "m")
        request.messages = [Message(.user, [.text("a")])]
        request.stop = ["1", "2", "3", "4", "5"]
        var notes = TranslationNotes(isStrict: true)
        let chat = try ChatRequestEncoder.encode(request, for: TranslationTarget(model: "m"), notes: &notes)
        #expect(try JSONValue(parsing: chat.body)["stop"] == ["1", "2", "3", "4"])
        #expect(chat.plan.stops == ["5"])
        let responses = try ResponsesRequestEncoder.encode(request, for: TranslationTarget(model: "m"), notes: &notes)
        #expect(responses.plan.stops == request.stop)
        #expect(notes.headerValue == "emulated;stop")
    }
}
