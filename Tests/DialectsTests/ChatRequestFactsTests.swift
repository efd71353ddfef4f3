import Core
import Dialects
import JSON
import TestSupport
import Testing

struct ChatRequestFactsTests {
    private static let messages = #""messages":[{"role":"user","content":"hi"}]"#

    /// The body after the edits for `model`.
    private static func edited(_ body: String, model: String, quirks: ChatQuirks = .openAI) throws -> String {
        let facts = try readRequest(body)
        let bytes = Array(body.utf8)
        return bytes.withUnsafeBytes { text(Splice.apply(facts.splices(model: model, quirks: quirks), to: $0)) }
    }

    @Test
    func readsWhatTheGatewayNeeds() throws {
        let body =
            #"{ "model" : "a\/b\u00e9", "stream":true, "user":"u1","metadata":{"k":"v"}, \#(Self.messages), "#
            + #""tools":[{}], "stream_options":{"include_usage":true} }"#
        let facts = try readRequest(body)
        #expect(facts.model == "a/bé")
        #expect(facts.stream && facts.includeUsage && !facts.hidesUsage)
        let bytes = Array(body.utf8)
        #expect(text(bytes[facts.modelValue]) == #""a\/b\u00e9""#)
        #expect(facts.user.map { text(bytes[$0]) } == #""u1""#)
        #expect(facts.metadata.map { text(bytes[$0]) } == #"{"k":"v"}"#)
        #expect(facts.streamOptions.map { text(bytes[$0]) } == #"{"include_usage":true}"#)
    }

    @Test(arguments: [
        ("", nil), ("  ", nil), ("[]", nil), ("null", nil), ("{", nil), (#"{"model":"m",}"#, nil),
        (#"{"model":"m"} x"#, nil),
        ("{}", "model"), (#"{"model":null}"#, "model"), (#"{"model":""}"#, "model"), (#"{"model":7}"#, "model"),
        (#"{"model":"m"}"#, "messages"), (#"{"model":"m","messages":"hi"}"#, "messages"),
        (#"{"model":"m","messages":[],"stream":"yes"}"#, "stream"),
        (#"{"model":"m","messages":[],"stream":1}"#, "stream"),
        (#"{"model":"m","messages":[],"stream_options":3}"#, "stream_options"),
        (#"{"model":"m","messages":[],"stream_options":{"include_usage":"y"}}"#, "stream_options.include_usage"),
    ])
    func badInputNamesTheField(body: String, field: String?) {
        let error = #expect(throws: GatewayError.self) { try readRequest(body) }
        #expect(error?.code == .badRequest && error?.origin == .client && error?.retry == .never)
        #expect(error?.field == field)
        if let field { #expect(error?.message.contains(field) == true) }
    }

    @Test
    func refusesBytesThatAreNotUTF8() {
        let body = Array(#"{"model":"m","messages":[{"role":"user","content":""#.utf8) + [0xFF] + Array(#""}]}"#.utf8)
        body.withUnsafeBytes { bytes in
            let error = #expect(throws: GatewayError.self) { try ChatRequestFacts.read(bytes, endpoint: .chat) }
            #expect(error?.message.contains("UTF-8") == true)
        }
    }

    @Test
    func needsNoMessagesAtTheOtherEndpoints() throws {
        #expect(try readRequest(#"{"model":"m","prompt":"a"}"#, endpoint: .completions).model == "m")
        #expect(try readRequest(#"{"model":"m","input":"a"}"#, endpoint: .embeddings).model == "m")
    }

    @Test
    func theLastModelCountsAndEachIsReplaced() throws {
        let body = #"{"model":"first",\#(Self.messages),"\u006dodel":"second"}"#
        #expect(try readRequest(body).model == "second")
        #expect(try Self.edited(body, model: "x\"y") == #"{"model":"x\"y",\#(Self.messages),"\u006dodel":"x\"y"}"#)
    }

    @Test
    func leavesABodyThatNeedsNoEditAlone() throws {
        #expect(try readRequest(#"{"model":"m",\#(Self.messages)}"#).splices(model: "m", quirks: .openAI).isEmpty)
    }

    @Test(arguments: [
        ("", #""stream_options":{"include_usage":true},"#, ""),
        (#","stream_options":{}"#, "", #","stream_options":{"include_usage":true}"#),
        (#","stream_options":null"#, "", #","stream_options":{"include_usage":true}"#),
        (#","stream_options": { "x":1 }"#, "", #","stream_options": {"include_usage":true, "x":1 }"#),
        (#","stream_options":{"include_usage":false}"#, "", #","stream_options":{"include_usage":true}"#),
        (#","stream_options":{"include_usage":null,"x":1}"#, "", #","stream_options":{"include_usage":true,"x":1}"#),
        (#","stream_options":{"include_usage":true}"#, "", #","stream_options":{"include_usage":true}"#),
    ])
    func asksForUsageInStreams(options: String, start: String, expected: String) throws {
        let body = #"{"model":"m","stream":true,\#(Self.messages)\#(options)}"#
        #expect(
            try Self.edited(body, model: "n") == #"{\#(start)"model":"n","stream":true,\#(Self.messages)\#(expected)}"#
        )
        #expect(try Self.edited(body, model: "m", quirks: ChatQuirks(acceptsStreamOptions: false)) == body)
    }

    @Test(arguments: [#""stream":false"#, #""stream":null"#, #""x":1"#])
    func asksForNothingWithoutAStream(member: String) throws {
        let body = #"{"model":"m",\#(member),\#(Self.messages)}"#
        #expect(try Self.edited(body, model: "m") == body)
    }

    @Test(
        arguments: [
            (#""x":1"#, ChatNeeds()),
            (#""tools":[]"#, []),
            (#""tools":[{"type":"function"}]"#, .tools),
            (#""functions":[{"name":"f"}]"#, .tools),
            (#""response_format":{"type":"json_schema","json_schema":{}}"#, .schema),
            (#""response_format":{"json_schema":{},"type":"json_object"}"#, .jsonObject),
            (#""modalities":["text","audio"]"#, .audio),
            (#""messages":[{"role":"user","content":[{"image_url":{"url":"data:"},"type":"image_url"}]}]"#, .vision),
            (
                #""messages":[{"role":"user","content":[{"type":"input_audio"},{"type":"file"},{"type":"text"}]}]"#,
                [.audio, .documents]
            ),
        ] as [(String, ChatNeeds)]
    )
    func tellsWhatAModelMustBeAbleToDo(member: String, needs: ChatNeeds) throws {
        let body = #"{"model":"m",\#(Self.messages),\#(member)}"#
        let facts = try readRequest(body)
        #expect(Array(body.utf8).withUnsafeBytes { facts.needs(in: $0) } == needs)
    }

    /// Whatever the order and the spelling of its members: valid JSON comes out, with the new model and nothing else changed.
    @Test(arguments: 0..<300)
    func editsAreValidAndTouchNothingElse(seed: Int) throws {
        var random = SeededGenerator(seed: seed)
        var members = [
            #""model" : "m""#, Self.messages, #""temperature":0.10"#, #""big":12345678901234567890"#,
            #""é":"\ud83d\ude00""#,
            #""nested":{"model":"inner","stream_options":{"include_usage":false}}"#,
            #""list":[{"model":1},"\"model\":"]"#,
        ]
        let stream = Bool.random(using: &random)
        if stream { members.append(#""stream":true"#) }
        let options =
            [
                nil, "{}", "null", #"{"include_usage":false}"#, #"{"include_obfuscation":false}"#,
                #"{"include_usage":true}"#,
                #"{ "a":{"include_usage":false} , "include_usage" : null }"#,
            ].randomElement(using: &random) ?? nil
        if let options { members.append(#""stream_options":\#(options)"#) }
        if Bool.random(using: &random) { members.append(#""model":"again""#) }
        members.shuffle(using: &random)
        let space = ["", " ", "\n  "].randomElement(using: &random) ?? ""
        let body = "{\(space)" + members.joined(separator: "\(space),\(space)") + "\(space)}"
        let before = try #require(try JSONValue(parsing: body).asObject)
        let after = try #require(try JSONValue(parsing: Self.edited(body, model: "n/\"1")).asObject)
        var rest = after.members.map { ($0.key, $0.value) }
        if stream, options == nil { #expect(rest.removeFirst() == ("stream_options", ["include_usage": true])) }
        #expect(rest.map(\.0) == before.members.map(\.key), "seed \(seed)")
        for (old, new) in zip(before.members, rest) {
            switch old.key {
            case "model": #expect(new.1 == .string("n/\"1"))
            case "stream_options" where stream:
                #expect(new.1["include_usage"] == true)
                var left = new.1.asObject ?? JSONObject()
                var right = old.value.asObject ?? JSONObject()
                left["include_usage"] = nil
                right["include_usage"] = nil
                #expect(left == right)
            default: #expect(new.1 == old.value)
            }
        }
    }

    @Test(arguments: 0..<200)
    func neverTrapsOnACutOrDamagedBody(seed: Int) {
        var random = SeededGenerator(seed: seed)
        var body = Array(
            #"{"model":"m\u00e9","messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}],"stream":true,"stream_options":{"include_usage":false}}"#
                .utf8
        )
        if Bool.random(using: &random) { body.removeLast(Int.random(in: 1..<body.count, using: &random)) }
        for _ in 0..<Int.random(in: 0..<4, using: &random) where !body.isEmpty {
            body[Int.random(in: 0..<body.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        body.withUnsafeBytes { bytes in
            guard let facts = try? ChatRequestFacts.read(bytes, endpoint: .chat) else { return }
            _ = facts.needs(in: bytes)
            let edited = Splice.apply(facts.splices(model: "other", quirks: .openAI), to: bytes)
            // What could be read can be read again, and says the new model.
            let again = edited.withUnsafeBytes { try? ChatRequestFacts.read($0, endpoint: .chat) }
            #expect(again?.model == "other", "seed \(seed)")
        }
    }
}
