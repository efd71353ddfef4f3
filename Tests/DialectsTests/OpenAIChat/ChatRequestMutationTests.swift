import Core
import Dialects
import JSON
import TestSupport
import Testing

struct ChatRequestMutationTests {
    static let sample = """
        {"model":"m","stream":false,"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text",
        "text":"t"},{"type":"image_url","image_url":{"url":"data:image/png;base64,QUJD","detail":"low"}},{"type":"file",
        "file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,QQ=="}}]},{"role":"assistant","content":"c",
        "reasoning_details":[{"type":"reasoning.text","text":"w","signature":"tp1.anthropic.c2ln","index":0}],
        "tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\\"n\\":1}"},
        "extra_content":{"google":{"thought_signature":"g"}}}]},{"role":"tool","tool_call_id":"a","content":"r"}],
        "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":"auto",
        "temperature":0.5,"max_tokens":10,"stop":["x"],"response_format":{"type":"json_schema","json_schema":{"name":"n",
        "schema":{"type":"object"}}},"reasoning":{"effort":"low"},"metadata":{"k":"v"},"n":2}
        """

    /// A damaged request is read or refused as the client's fault, and what was read can be written again.
    @Test(arguments: 1...40)
    func aDamagedRequestIsReadOrRefused(seed: Int) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            var body = Array(Self.sample.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let at = Int.random(in: 0..<body.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: body[at] = UInt8.random(in: 32...126, using: &generator)
                case 1: body.replaceSubrange(at..<at + 1, with: "null".utf8)
                case 2: body[at] = Array("0123456789\"{}[]".utf8).randomElement(using: &generator) ?? 0
                default: body.removeSubrange(at..<min(body.count, at + 12))
                }
            }
            do throws(GatewayError) {
                let request = try decodeChat(body)
                var notes = TranslationNotes()
                _ = try ChatRequestEncoder.encode(request, for: TranslationTarget(model: "real"), notes: &notes)
            } catch {
                #expect(error.origin == .client)
            }
        }
    }

    /// What a client of the same dialect said arrives as it was, read and written again.
    @Test func readingWhatWasWrittenChangesNothing() throws {
        let first = try decodeChat(Self.sample)
        var notes = TranslationNotes()
        let target = TranslationTarget(model: "m")
        let once = try ChatRequestEncoder.encode(first, for: target, notes: &notes).body
        let twice = try ChatRequestEncoder.encode(try decodeChat(once), for: target, notes: &notes).body
        #expect(text(once) == text(twice))
    }
}
