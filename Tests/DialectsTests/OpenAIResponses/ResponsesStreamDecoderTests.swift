import Core
import Dialects
import Foundation
import JSON
import TestSupport
import Testing

struct ResponsesStreamDecoderTests {
    private static let created =
        #"{"type":"response.created","response":{"id":"resp_1","model":"gpt","status":"in_progress"}}"#
    private static let completed =
        #"{"type":"response.completed","response":{"status":"completed","usage":{"input_tokens":4,"output_tokens":2}}}"#

    @Test func theLastEventOfAnItemCounts() throws {
        let reading = Responses.read([
            Self.created,
            #"{"type":"response.output_item.added","output_index":3,"item":{"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":""}}"#,
            #"{"type":"response.function_call_arguments.delta","output_index":3,"delta":"{\"a\""}"#,
            #"{"type":"response.output_item.done","output_index":3,"item":{"type":"function_call","id":"fc_9","call_id":"c","name":"f","arguments":"{\"a\":1.0}"}}"#,
            #"{"type":"response.output_item.done","output_index":5,"item":{"type":"message","content":[{"type":"output_text","text":"Hi","annotations":[{"type":"url_citation","url":"https://a"}]}]}}"#,
            Self.completed, "[DONE]",
        ])
        #expect(reading.failure == nil)
        #expect(reading.isOrderly)
        #expect(reading.answer.lines == ["function c f {\"a\":1.0}", "text Hi"])
        #expect(reading.answer.choices[0].parts[1].citations.count == 1)
        #expect(reading.answer.choices[0].stop == .toolCalls)
        #expect(reading.answer.id == "resp_1")
        #expect(reading.answer.usage?.total == 6)
    }

    @Test func readsAnswersThatComeInTheLastEventAlone() throws {
        let reading = Responses.read([
            #"{"type":"response.completed","response":{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"Hi"}]}]}}"#
        ])
        #expect(reading.failure == nil)
        #expect(reading.answer.lines == ["text Hi"])
    }

    @Test func keepsTheEncryptedContentOfTheLastEvent() throws {
        let reading = Responses.read([
            Self.created,
            #"{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"early"}}"#,
            #"{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"One"}"#,
            #"{"type":"response.reasoning_summary_text.done","output_index":0,"summary_index":0,"text":"One"}"#,
            #"{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":1,"delta":"Two"}"#,
            #"{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[{"text":"One"},{"text":"Two"}],"encrypted_content":"late"}}"#,
            #"{"type":"response.output_item.added","output_index":1,"item":{"type":"reasoning","id":"rs_2","summary":[]}}"#,
            #"{"type":"response.output_item.done","output_index":1,"item":{"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"bare"}}"#,
            Self.completed,
        ])
        #expect(reading.isOrderly)
        #expect(
            reading.answer.lines == [
                "thinking One\n\nTwo [openai:{\"id\":\"rs_1\",\"encrypted_content\":\"late\"}]",
                "thinking  [openai:{\"id\":\"rs_2\",\"encrypted_content\":\"bare\"}]",
            ]
        )
    }

    @Test(
        arguments: [
            #"{"type":"error","sequence_number":1,"error":{"type":"x","code":"rate_limit_exceeded","message":"Slow down"}}"#,
            #"{"type":"error","code":"rate_limit_exceeded","message":"Slow down","param":null}"#,
            #"{"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"Slow down"}}}"#,
            #"{"error":{"code":"rate_limit_exceeded","message":"Slow down"}}"#,
        ]
    )
    func readsErrorsInEveryShape(_ event: String) throws {
        let reading = Responses.read([Self.created, event])
        #expect(reading.failure?.code == .rateLimit)
        #expect(reading.failure?.message == "Slow down")
        #expect(!reading.hasEnd)
    }

    @Test(
        arguments: [
            (#"{"reason":"max_output_tokens"}"#, StopReason.length), (#"{"reason":"content_filter"}"#, .contentFilter),
            (#"{"reason":"steered"}"#, .other("steered")),
        ]
    )
    func saysWhyAnAnswerIsIncomplete(_ details: String, _ reason: StopReason) throws {
        let last =
            #"{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":\#(details)}}"#
        #expect(Responses.read([Self.created, last]).answer.choices[0].stop == reason)
    }

    @Test func goesByTheNameOfAnEventWithoutAType() throws {
        let frames = [
            SSEEvent(name: "response.output_text.delta", data: Array(#"{"output_index":0,"delta":"Hi"}"#.utf8)),
            SSEEvent(name: "response.completed", data: Array(#"{"response":{"status":"completed"}}"#.utf8)),
        ]
        let reading = ResponsesReading(frames)
        #expect(reading.failure == nil)
        #expect(reading.answer.lines == ["text Hi"])
    }

    @Test func skipsWhatItDoesNotKnow() throws {
        let reading = Responses.read([
            Self.created, #"{"type":"response.hologram.delta","output_index":0,"delta":"x"}"#, #"{"type":"ping"}"#,
            #"{"type":"response.output_text.delta","delta":5}"#, #"{"type":7}"#, "", Self.completed,
        ])
        #expect(reading.failure == nil)
        #expect(reading.answer.lines.isEmpty)
    }

    @Test func anEmptyStreamIsAnError() {
        #expect(Responses.read([]).failure?.code == .upstreamError)
        #expect(Responses.read(["[DONE]"]).failure?.code == .upstreamError)
        #expect(Responses.read([Self.created]).failure?.code == .truncatedStream)
        #expect(Responses.read([Self.created, "{"]).failure?.code == .upstreamError)
    }

    @Test func manySmallPiecesAddUp() throws {
        var frames = [
            Self.created,
            #"{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","call_id":"c","name":"f","arguments":""}}"#,
        ]
        let piece = #"{"type":"response.function_call_arguments.delta","output_index":0,"delta":"0123456789abcdef"}"#
        frames += Array(repeating: piece, count: 20000)
        let text = String(repeating: "0123456789abcdef", count: 20000)
        frames.append(
            #"{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","call_id":"c","name":"f","arguments":"\#(text)"}}"#
        )
        frames.append(Self.completed)
        let reading = Responses.read(frames)
        #expect(reading.failure == nil)
        let bytes = Responses.write(reading.events)
        let item = try Responses.events(bytes).last?["response"]?["output"]?[0]
        #expect(item?["arguments"]?.asString == text)
    }
}

/// Every recorded stream says in the exchange what its last event says in whole.
@Suite(.enabled(if: !ResponsesRecording.all.isEmpty, "no folder of recordings"))
struct ResponsesRecordingTests {
    @Test func theRecordingsAreThere() {
        #expect(ResponsesRecording.streams.count >= 8)
    }

    /// What the raw response says, worked out without the code under test.
    private static func expected(_ response: [String: Any]) -> [String] {
        var lines: [String] = []
        for item in response["output"] as? [[String: Any]] ?? [] {
            func texts(_ key: String) -> String {
                (item[key] as? [[String: Any]] ?? []).compactMap { $0["text"] as? String }.joined(separator: "\n\n")
            }
            switch item["type"] as? String {
            case "message":
                for content in item["content"] as? [[String: Any]] ?? [] {
                    lines.append("text \(content["text"] ?? "")")
                }
            case "reasoning":
                let text = texts("content").isEmpty ? texts("summary") : texts("content")
                if !text.isEmpty || item["encrypted_content"] is String { lines.append("thinking \(text)") }
            case "function_call":
                lines.append("function \(item["call_id"] ?? "") \(item["name"] ?? "") \(item["arguments"] ?? "")")
            default: lines.append("opaque \(item["id"] ?? "")")
            }
        }
        return lines.sorted()
    }

    private static func lines(_ answer: CanonicalAnswer) -> [String] {
        (answer.choices.first?.parts ?? []).map { part in
            if case .opaque(let opaque) = part.content { return "opaque \(opaque.value["id"]?.asString ?? "")" }
            var part = part
            part.signature = nil
            return part.summary
        }.sorted()
    }

    @Test(arguments: ResponsesRecording.streams)
    func aStreamSaysWhatItsLastEventSays(_ recording: ResponsesRecording) throws {
        let reading = Responses.read(recording.frames)
        #expect(reading.failure == nil)
        #expect(reading.isOrderly)
        let response = try #require(recording.response)
        #expect(Self.lines(reading.answer) == Self.expected(response))
        let usage = response["usage"] as? [String: Any]
        #expect(reading.answer.usage?.input == usage?["input_tokens"] as? Int)
        #expect(reading.answer.usage?.output == usage?["output_tokens"] as? Int)
        let whole = try JSONSerialization.data(withJSONObject: response)
        let answer = try Responses.decode(answer: Array(whole))
        #expect(Self.lines(answer) == Self.lines(reading.answer))
        #expect(answer.choices[0].stop == reading.answer.choices[0].stop)
    }

    @Test(arguments: ResponsesRecording.all.filter { !$0.isStream && $0.status == 200 })
    func anAnswerSaysWhatItsItemsSay(_ recording: ResponsesRecording) throws {
        let answer = try Responses.decode(answer: recording.body)
        #expect(Self.lines(answer) == Self.expected(try #require(recording.response)))
    }

    @Test(arguments: ResponsesRecording.streams)
    func noCutStreamEnds(_ recording: ResponsesRecording) {
        let frames = recording.frames
        for count in 0..<frames.count - 1 {
            let reading = Responses.read(Array(frames.prefix(count)))
            // What follows the last event (`[DONE]`) is no part of the answer.
            guard !frames[..<count].contains(where: { $0.contains(#""type":"response.completed""#) }) else { break }
            #expect(!reading.hasEnd)
            #expect(reading.failure != nil)
        }
    }

    @Test(arguments: ResponsesRecording.streams, 0..<3)
    func chunksDoNotMatter(_ recording: ResponsesRecording, _ seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        var decoder = SSEDecoder(limit: 1 << 24)
        var frames: [SSEEvent] = []
        for run in randomCuts(recording.body, using: &generator) {
            try run.withUnsafeBytes { try decoder.receive($0) { frames.append($0) } }
        }
        try decoder.finish { frames.append($0) }
        let reading = ResponsesReading(frames)
        #expect("\(reading.events)" == "\(Responses.read(recording.frames).events)")
    }

    @Test(arguments: ResponsesRecording.streams, 0..<12)
    func mutatedStreamsNeverCrash(_ recording: ResponsesRecording, _ seed: Int) {
        var generator = SeededGenerator(seed: seed)
        var frames = recording.frames
        for _ in 0..<4 {
            let at = Int.random(in: 0..<frames.count, using: &generator)
            var bytes = Array(frames[at].utf8)
            if !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[place] = UInt8.random(in: 0x20...0x7E, using: &generator)
            }
            frames[at] = String(decoding: bytes, as: UTF8.self)
            frames.swapAt(at, Int.random(in: 0..<frames.count, using: &generator))
        }
        let reading = Responses.read(frames)
        #expect(reading.hasEnd == (reading.failure == nil))
    }

    @Test(arguments: ResponsesRecording.streams)
    func aRecordedStreamIsWrittenForAClientAsItWasSaid(_ recording: ResponsesRecording) throws {
        let reading = Responses.read(recording.frames)
        let written = ResponsesReading(try Responses.frames(Responses.write(reading.events)))
        #expect(written.failure == nil)
        #expect(Self.lines(written.answer) == Self.lines(reading.answer))
    }

    @Test(arguments: ResponsesRecording.all.filter { !$0.request.isEmpty })
    func aRecordedRequestKeepsItsMeaning(_ recording: ResponsesRecording) throws {
        let request = try Responses.decode(requestBytes: recording.request)
        let encoded = try Responses.encode(request)
        let again = try Responses.decode(request: encoded.body)
        #expect(again.messages.map(\.summary) == request.messages.map(\.summary))
        #expect(again.tools.map(\.name) == request.tools.map(\.name))
        #expect(encoded.body["store"] == false)
        #expect(encoded.notes.isEmpty)
    }
}
