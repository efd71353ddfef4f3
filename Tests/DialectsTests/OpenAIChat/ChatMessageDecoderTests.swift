import Core
import Dialects
import JSON
import Testing

struct ChatMessageDecoderTests {
    @Test func instructionsAtTheHeadAreNoTurns() throws {
        let request = try decodeMessages(
            """
            [{"role":"system","content":"a"},{"role":"developer","content":[{"type":"text","text":"b"}]},
            {"role":"system","content":""},{"role":"user","content":"x","name":"eve"},{"role":"system","content":"later"}]
            """
        )
        #expect(request.system.map(\.summary) == ["text a", "text b"])
        #expect(request.messages.map(\.summary) == [#"user eve: ["text x"]"#, #"system: ["text later"]"#])
    }

    @Test func readsPartsOfEveryKind() throws {
        let request = try decodeMessages(
            """
            [{"role":"user","content":[{"type":"text","text":"t","prompt_cache_breakpoint":{"mode":"explicit","ttl":"30m"}},
            {"type":"image_url","image_url":{"url":"data:image/PNG;base64,QUJD","detail":"low"}},
            {"type":"image_url","image_url":"https://a.b/c.png"},
            {"type":"input_audio","input_audio":{"data":"QQ==","format":"mp3"}},
            {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,QQ=="}},
            {"type":"file","file":{"filename":"a.csv","file_data":"QQ=="}},
            {"type":"file","file":{"file_id":"file-1"}},
            {"type":"file","file":{"filename":"a.png","file_data":"QQ=="}},
            {"type":"video_url","video_url":{"url":"https://a.b/c.mp4"}}],"cache_control":{"type":"ephemeral"}}]
            """
        )
        #expect(
            request.messages[0].parts.map(\.summary) == [
                "text t cache(30m)", "image image/png base64 QUJD", "image  url https://a.b/c.png",
                "audio audio/mpeg base64 QQ==", "document a.pdf application/pdf base64 QQ==",
                "document a.csv text/csv base64 QQ==", "document   file file-1", "image image/png base64 QQ==",
                "video  url https://a.b/c.mp4 cache()",
            ]
        )
        guard case .image(let media) = request.messages[0].parts[1].content else { return #expect(Bool(false)) }
        #expect(media.detail == "low")
    }

    @Test(arguments: [
        "data:image/png,plain", "data:image/png;base64,", "data:", "image.png", "",
    ])
    func refusesImagesThatAreNeitherDataNorLinks(url: String) {
        let error = #expect(throws: GatewayError.self) {
            try decodeMessages(#"[{"role":"user","content":[{"type":"image_url","image_url":{"url":"\#(url)"}}]}]"#)
        }
        #expect(error?.field == "messages[0].content[0].image_url.url")
    }

    @Test func resultsInARowAreOneTurn() throws {
        let request = try decodeMessages(
            """
            [{"role":"user","content":"x"},{"role":"assistant","content":"","tool_calls":[
            {"id":"a","type":"function","function":{"name":"f","arguments":"{\\"n\\":1.0}"}},
            {"id":"b","type":"custom","custom":{"name":"g","input":"free"}}]},
            {"role":"tool","tool_call_id":"a","content":"1"},
            {"role":"tool","tool_call_id":"b","content":[{"type":"text","text":"2"},
            {"type":"image_url","image_url":{"url":"data:image/png;base64,QQ=="}}]},
            {"role":"user","content":"y"}]
            """
        )
        #expect(
            request.messages.map(\.summary) == [
                #"user: ["text x"]"#, #"assistant: ["function a f {\"n\":1.0}", "custom b g free"]"#,
                #"user: ["result a [\"text 1\"]", "result b [\"text 2\", \"image image/png base64 QQ==\"]"]"#,
                #"user: ["text y"]"#,
            ]
        )
    }

    @Test func emptyIDsStillFindEachOther() throws {
        let request = try decodeMessages(
            """
            [{"role":"assistant","tool_calls":[{"id":"","function":{"name":"f","arguments":{"a":1.50}}}]},
            {"role":"tool","tool_call_id":"","content":"r"}]
            """
        )
        #expect(request.messages[0].parts.map(\.summary) == [#"function call f {"a":1.50}"#])
        #expect(request.messages[1].parts.map(\.summary) == [#"result call ["text r"]"#])
    }

    @Test func reasoningStandsWhereItStood() throws {
        let request = try decodeMessages(
            """
            [{"role":"assistant","content":"T","refusal":"R","reasoning_content":"AB","reasoning_details":[
            {"type":"reasoning.text","text":"A","signature":"tp1.anthropic.c2ln","index":0},
            {"type":"reasoning.encrypted","data":"tp1.anthropic.YmxvYg","index":2},
            {"type":"reasoning.text","text":"B","index":4}],
            "tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"},
            "extra_content":{"google":{"thought_signature":"raw"}}}]}]
            """
        )
        #expect(
            request.messages[0].parts.map(\.summary) == [
                "thinking A [anthropic:sig]", "text T", "redacted [anthropic:blob]", "refusal R", "thinking B",
                "function a f {} [gemini:raw]",
            ]
        )
    }

    @Test func fragmentsOfOneIndexAreOne() throws {
        let request = try decodeMessages(
            """
            [{"role":"assistant","content":"T","reasoning_details":[
            {"type":"reasoning.text","text":"A","index":0},{"type":"reasoning.text","text":"B","index":0},
            {"type":"reasoning.encrypted","data":"tp1.gemini.c2ln","for":"text","index":1},
            {"type":"reasoning.text","signature":"tp1.gemini.c2ln","index":0}]}]
            """
        )
        #expect(request.messages[0].parts.map(\.summary) == ["thinking AB [gemini:sig]", "text T [gemini:sig]"])
    }

    @Test func aTextSignatureWithoutItsTextStandsAlone() throws {
        let request = try decodeMessages(
            """
            [{"role":"assistant","content":"","reasoning_details":[
            {"type":"reasoning.encrypted","data":"tp1.gemini.c2ln","for":"text","index":0}],
            "tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]}]
            """
        )
        #expect(request.messages[0].parts.map(\.summary) == ["text  [gemini:sig]", "function a f {}"])
    }

    @Test func unsignedReasoningComesFirst() throws {
        let request = try decodeMessages(#"[{"role":"assistant","content":"T","reasoning":"why"}]"#)
        #expect(request.messages[0].parts.map(\.summary) == ["thinking why", "text T"])
    }

    @Test func anEntryWithoutItsTextTakesTheOneBesideIt() throws {
        let request = try decodeMessages(
            """
            [{"role":"assistant","content":"T","reasoning_content":"why","reasoning_details":[
            {"type":"reasoning.text","signature":"s","index":0}]}]
            """
        )
        #expect(request.messages[0].parts.map(\.summary) == ["thinking why [?:s]", "text T"])
    }

    @Test func openRoutersFormatsSayWhoseASignatureIs() throws {
        let request = try decodeMessages(
            """
            [{"role":"assistant","content":null,"reasoning_details":[
            {"type":"reasoning.text","text":"A","signature":"s","format":"anthropic-claude-v1","index":0},
            {"type":"reasoning.encrypted","data":"g","id":"call_1","format":"google-gemini-v1","index":0}],
            "tool_calls":[{"id":"call_1","function":{"name":"f","arguments":"{}"}}]}]
            """
        )
        #expect(
            request.messages[0].parts.map(\.summary) == ["thinking A [anthropic:s]", "function call_1 f {} [gemini:g]"]
        )
    }

    @Test func anEndlessIndexPutsAnEntryLast() throws {
        let request = try decodeMessages(
            """
            [{"role":"assistant","content":"T","reasoning_details":[
            {"type":"reasoning.text","text":"A","index":9223372036854775807},
            {"type":"reasoning.text","text":"B","index":-5},{"type":"odd","index":1}]}]
            """
        )
        #expect(request.messages[0].parts.map(\.summary) == ["thinking B", "text T", "thinking A"])
    }
}
