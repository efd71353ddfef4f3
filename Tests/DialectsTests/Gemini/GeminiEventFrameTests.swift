import Core
import Dialects
import JSON
import TestSupport
import Testing

/// Events that are alike but for their text and counts are read by what they have in common: it must not be seen.
struct GeminiEventFrameTests {
    private static func event(_ text: String, prompt: Int, output: Int, isThought: Bool = false) -> String {
        let thought = isThought ? #","thought":true"# : ""
        return
            #"{"candidates":[{"content":{"parts":[{"text":\#(JSONValue.string(text).text)\#(thought)}],"role":"model"},"#
            + #""index":0}],"usageMetadata":{"promptTokenCount":\#(prompt),"candidatesTokenCount":\#(output),"#
            + #""totalTokenCount":\#(prompt + output),"promptTokensDetails":[{"modality":"TEXT","tokenCount":\#(prompt)}]},"#
            + #""modelVersion":"g","responseId":"r"}"#
    }

    /// The same events with white space in another place each, so that no two are alike.
    private static func unlike(_ frames: [String]) -> [String] {
        frames.enumerated().map { at, frame in frame + String(repeating: " ", count: at * 7 % 5 + at) }
    }

    /// What a client sees of it and the last counts.
    private static func told(_ frames: [String]) throws -> (words: [String], usage: Usage?) {
        let (events, failure) = try Gemini.decodeStream(frames)
        #expect(failure == nil)
        var usage: Usage?
        for event in events {
            switch event {
            case .usage(let last): usage = last
            case .start(_, _, let first): usage = first ?? usage
            default: break
            }
        }
        return (Gemini.words(events).filter { !$0.hasPrefix("usage") }, usage)
    }

    @Test(arguments: 0..<40)
    func streamsAreToldTheSameWhateverTheyHaveInCommon(seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        let texts = ["a", "\"b\" \\ \n", "Grüße 🌍", "", "c}],\"x\":[{", "\u{1}", "long and longer and longer still"]
        var frames: [String] = []
        var output = 1
        for _ in 0..<Int.random(in: 1...40, using: &generator) {
            output += Int.random(in: 0...70, using: &generator)
            let text = texts.randomElement(using: &generator) ?? ""
            switch Int.random(in: 0..<20, using: &generator) {
            case 0: frames.append(Gemini.chunk(#"{"text":"without counts"}"#))
            case 1: frames.append(Gemini.chunk(#"{"functionCall":{"name":"f","args":{"n":1}},"thoughtSignature":"s"}"#))
            case 2: frames.append(Gemini.chunk(#"{"text":"signed","thoughtSignature":"s"}"#))
            case 3, 4: frames.append(Self.event(text, prompt: 9, output: output, isThought: true))
            default: frames.append(Self.event(text, prompt: 9, output: output))
            }
        }
        frames.append(Gemini.chunk(#"{"text":"."}"#, finish: "STOP"))
        let alike = try Self.told(frames)
        let apart = try Self.told(Self.unlike(frames))
        #expect(alike.words == apart.words)
        #expect(alike.usage == apart.usage)
    }

    @Test func theLastCountsAreToldWhenAStreamBreaksOff() throws {
        let frames = (1...7).map { Self.event("a", prompt: 9, output: $0 * 5) }
        let (events, failure) = try Gemini.decodeStream(frames)
        #expect(failure?.code == .truncatedStream)
        #expect(Gemini.words(events).last == "usage 9 35")
        #expect(!Gemini.words(events).contains("end"))
    }

    @Test(arguments: [
        #"{"candidates":[{"content":{"parts":[{"text":"b}],"role":"model"},"index":0}]}"#,
        #"{"candidates":[{"content":{"parts":[{"text":"b\x"}],"role":"model"},"index":0}]}"#,
        #"{"candidates":[{"content":{"parts":[{"text":"b"}],"role":"model"},"index":0}]"#,
        "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"b\n\"}],\"role\":\"model\"},\"index\":0}]}",
    ])
    func whatOnlyLooksAlikeIsAnError(event: String) throws {
        let frames = ["a", "b"].map {
            #"{"candidates":[{"content":{"parts":[{"text":"\#($0)"}],"role":"model"},"index":0}]}"#
        }
        #expect(throws: GatewayError.self) { try Gemini.decodeStream(frames + [event]) }
    }
}
