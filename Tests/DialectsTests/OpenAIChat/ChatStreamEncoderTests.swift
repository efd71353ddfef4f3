import Core
import Dialects
import JSON
import Testing

struct ChatStreamEncoderTests {
    @Test func writesAStreamToTheByte() {
        let stream = encodeStream([
            .start(id: "x", model: "up", usage: nil), .blockStart(block: 3, choice: 0, .text),
            .delta(block: 3, .text("a\"")), .blockStop(block: 3), .heartbeat, .finish(choice: 0, .stop),
            .usage(Usage(freshInput: 1, output: 2)),
        ])
        let head =
            #"data: {"id":"chatcmpl-01ABC","object":"chat.completion.chunk","created":1700000000,"model":"up","choices":["#
        #expect(
            text(stream)
                == head
                + #"{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"#
                + "\"usage\":null}\n\n" + head
                + #"{"index":0,"delta":{"content":"a\""},"logprobs":null,"finish_reason":null}],"#
                + "\"usage\":null}\n\n"
                + ": keep-alive\n\n" + head + #"{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"#
                + "\"usage\":null}\n\n" + head
                + #"],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":"#
                + #"{"cached_tokens":0,"cache_write_tokens":0,"audio_tokens":0},"completion_tokens_details":"#
                + "{\"reasoning_tokens\":0,\"audio_tokens\":0}}}\n\ndata: [DONE]\n\n"
        )
    }

    @Test func usageStaysOutWhereItWasNotAskedFor() throws {
        var style = chatStyle
        style.includesUsage = false
        let stream = encodeStream(
            chatEvents(telling: [.text("x")]) + [.usage(Usage(freshInput: 1, output: 1))],
            style
        )
        for chunk in try chatChunks(stream) {
            #expect(chunk["usage"] == nil)
            #expect(chunk["choices"]?.asArray?.count == 1)
        }
    }

    @Test func callsAreNumberedFromZeroAndInterleave() throws {
        let stream = encodeStream([
            .start(id: nil, model: nil, usage: nil),
            .blockStart(block: 4, choice: 0, .toolCall(id: "a", name: "f", kind: .function)),
            .blockStart(block: 9, choice: 0, .toolCall(id: "b", name: "g", kind: .custom)),
            .delta(block: 9, .arguments("x")), .delta(block: 4, .arguments("{")), .delta(block: 4, .arguments("}")),
            .blockStart(block: 11, choice: 0, .toolCall(id: "c", name: "h", kind: .function)),
            .blockStop(block: 9), .blockStop(block: 4), .blockStop(block: 11), .finish(choice: 0, .stop),
        ])
        let calls = try chatChunks(stream).compactMap { $0["choices"]?[0]?["delta"]?["tool_calls"]?[0]?.text }
        #expect(
            calls == [
                #"{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}"#,
                #"{"index":1,"id":"b","type":"custom","custom":{"name":"g","input":""}}"#,
                #"{"index":1,"custom":{"input":"x"}}"#, #"{"index":0,"function":{"arguments":"{"}}"#,
                #"{"index":0,"function":{"arguments":"}"}}"#,
                #"{"index":2,"id":"c","type":"function","function":{"name":"h","arguments":""}}"#,
                #"{"index":2,"function":{"arguments":"{}"}}"#,
            ]
        )
        #expect(try chatChunks(stream).last?["choices"]?[0]?["finish_reason"] == "tool_calls")
    }

    @Test func everyChoiceBeginsWithItsRole() throws {
        let stream = encodeStream(
            chatEvents(telling: [.text("zero")], stop: .length) + chatEvents(telling: [.text("one")], choice: 1)
        )
        for choice in 0...1 {
            let own = try chatChunks(stream).compactMap { chunk in
                chunk["choices"]?.asArray?.first { $0["index"]?.asInt == choice }
            }
            #expect(own.first?["delta"]?["role"] == "assistant")
            #expect(own.dropFirst().allSatisfy { $0["delta"]?["role"] == nil })
            #expect(own.last?["finish_reason"] == (choice == 0 ? "length" : "stop"))
        }
    }

    @Test func errorsEndTheStreamInTheDialectsWay() {
        var encoder = ChatStreamEncoder(chatStyle)
        var bytes: [UInt8] = []
        let error = GatewayError(.overloaded, origin: .upstream, "busy")
        encoder.writeError(error, request: nil, into: &bytes)
        #expect(bytes == ChatErrors.event(error))
    }

    @Test func annotationsComeOnceBeforeTheEnd() throws {
        var cited = Part.text("cited")
        cited.citations = [Opaque(.anthropicMessages, ["url": "https://a.b", "title": "A"])]
        let stream = encodeStream(chatEvents(telling: [.text("über "), cited, cited]))
        let found = try chatChunks(stream).compactMap { $0["choices"]?[0]?["delta"]?["annotations"] }
        #expect(found.count == 1)
        let ranges = (found.first?.asArray ?? []).map { annotation in
            [annotation["url_citation"]?["start_index"]?.asInt, annotation["url_citation"]?["end_index"]?.asInt]
        }
        #expect(ranges == [[5, 10], [10, 15]])
    }

    @Test func aRefusalThatIsOnlyAReasonIsSaid() throws {
        let stream = encodeStream([.start(id: nil, model: nil, usage: nil), .finish(choice: 0, .refusal("no"))])
        let deltas = try chatChunks(stream).compactMap { $0["choices"]?[0]?["delta"] }
        #expect(deltas.contains { $0["refusal"] == "no" })
    }

    @Test func deltasOfUnknownBlocksAreLeftOut() throws {
        let stream = encodeStream([.start(id: nil, model: nil, usage: nil), .delta(block: 7, .text("x"))])
        #expect(try chatChunks(stream).count == 1)
    }

    @Test func logprobsStandBesideADelta() throws {
        let logprobs: JSONValue = ["content": [["token": "x", "logprob": -0.5]]]
        let stream = encodeStream([
            .start(id: nil, model: nil, usage: nil), .blockStart(block: 0, choice: 0, .text),
            .delta(block: 0, .text("x")), .delta(block: 0, .logprobs(logprobs)), .finish(choice: 0, .stop),
        ])
        let found = try chatChunks(stream).compactMap { $0["choices"]?[0]?["logprobs"] }.filter { $0 != .null }
        #expect(found == [logprobs])
    }

    /// However a client gathers a stream, what it sends back is what the model made.
    @Test(arguments: RoundTrip.cases, Gathering.allCases)
    func whatAClientGathersAndSendsBackIsWhatItGot(trip: RoundTrip, gathering: Gathering) throws {
        let stream = encodeStream(chatEvents(telling: trip.parts, stop: trip.stop))
        let message = gathering.message(try chatChunks(stream))
        let request = try decodeMessages("[\(message.text)]")
        #expect(request.messages[0].parts.map(\.summary) == trip.parts.map(\.summary))
    }
}

/// How clients put deltas together.
enum Gathering: CaseIterable, Sendable {
    /// As OpenAI's own client does: strings are joined, elements of lists with an `index` merged by their place.
    case official
    /// Calls by their index; every other list is appended to.
    case appending

    func message(_ chunks: [JSONValue]) -> JSONValue {
        var message = JSONObject()
        for chunk in chunks {
            guard let delta = chunk["choices"]?[0]?["delta"]?.asObject else { continue }
            self.merge(delta, into: &message)
        }
        return .object(message)
    }

    private func merge(_ delta: JSONObject, into message: inout JSONObject) {
        for (key, value) in delta.members {
            guard let known = message[key], known != .null else {
                if case .array(let list) = value {
                    message[key] = .array(self.joined([], list, key))
                } else {
                    message[key] = value
                }
                continue
            }
            switch (known, value) {
            case (.string(let one), .string(let more)): message[key] = .string(key == "type" ? more : one + more)
            case (.array(let list), .array(let more)): message[key] = .array(self.joined(list, more, key))
            case (.object(var one), .object(let more)):
                self.merge(more, into: &one)
                message[key] = .object(one)
            default: message[key] = value
            }
        }
    }

    private func joined(_ list: [JSONValue], _ more: [JSONValue], _ key: String) -> [JSONValue] {
        var list = list
        for element in more {
            let index = element["index"]?.asInt
            if let index, list.indices.contains(index), self == .official || key == "tool_calls",
                case .object(var known) = list[index], case .object(let delta) = element
            {
                self.merge(delta, into: &known)
                list[index] = .object(known)
            } else {
                list.append(element)
            }
        }
        return list
    }
}
