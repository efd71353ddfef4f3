import Core
import Dialects
import JSON
import Providers
import Testing

struct DemoChatTests {
    private static let weather: JSONValue = [
        "type": "function",
        "function": [
            "name": "get_weather",
            "parameters": [
                "type": "object",
                "properties": ["city": ["type": "string"], "days": ["type": "integer", "minimum": 1, "maximum": 7]],
                "required": ["city", "days"], "additionalProperties": false,
            ],
        ],
    ]
    private static let add: JSONValue = [
        "type": "function",
        "function": [
            "name": "add",
            "parameters": [
                "type": "object", "properties": ["a": ["type": "integer"], "b": ["type": "integer"]],
                "required": ["a", "b"],
            ],
        ],
    ]

    @Test
    func quotesTheQuestionAndIsTheSameEachTime() throws {
        let reply = ask(chat("The quick brown fox, naïve & 鳥"))
        #expect(reply == ask(chat("The quick brown fox, naïve & 鳥")))
        let answer = try tree(reply)
        #expect(reply.status == 200)
        #expect(answer["object"] == "chat.completion" && answer["model"] == "demo/chat")
        #expect(
            answer["choices"]?[0]?["message"]?["content"]?.asString?.contains("The quick brown fox, naïve & 鳥") == true
        )
        #expect(answer["choices"]?[0]?["message"]?["role"] == "assistant")
        #expect(answer["choices"]?[0]?["finish_reason"] == "stop")
        #expect(answer["choices"]?[0]?["logprobs"]?.isNull == true)
        let usage = try #require(answer["usage"])
        #expect(usage["prompt_tokens"] == 9)
        let total = (usage["prompt_tokens"]?.asInt ?? 0) + (usage["completion_tokens"]?.asInt ?? 0)
        #expect(usage["total_tokens"]?.asInt == total)
        #expect(try tree(ask(chat("another")))["id"] != answer["id"])
    }

    @Test(arguments: [
        "hello", "", "日本 🇩🇪👩‍👩‍👧", "\"quoted\"\n\u{0}\\", "a very long line of words that goes on and on and on and on",
    ])
    func theStreamSaysTheSame(question: String) throws {
        let whole = try tree(ask(chat(question)))
        let reply = ask(chat(question, ["stream": true, "stream_options": ["include_usage": true]]))
        let stream = try Reassembled(reply)
        #expect(stream.text == whole["choices"]?[0]?["message"]?["content"]?.asString)
        #expect(stream.role == "assistant" && stream.finish == "stop" && stream.sawDone)
        #expect(stream.usage == whole["usage"])
        #expect(stream.chunks.last?["choices"] == [])
        #expect(stream.chunks.count > 5)
        #expect(Set(stream.chunks.map { $0["id"] }).count == 1)
        #expect(try Reassembled(ask(chat(question, ["stream": true]))).usage == nil)
        guard case .end = reply.steps.last else {
            Issue.record("does not end")
            return
        }
    }

    @Test(arguments: [false, true])
    func callsToolsWithArgumentsThatFit(stream: Bool) throws {
        let request = chat("What is the weather in Bern?", ["tools": [Self.weather], "stream": .bool(stream)])
        let (name, arguments, finish) =
            stream
            ? try {
                let stream = try Reassembled(ask(request))
                #expect(stream.chunks.count > 4 && stream.text.isEmpty && stream.calls.count == 1)
                return (stream.calls[0].name, stream.calls[0].arguments, stream.finish)
            }()
            : try {
                let choice = try #require(try tree(ask(request))["choices"]?[0])
                let call = try #require(choice["message"]?["tool_calls"]?[0])
                #expect(choice["message"]?["content"]?.isNull == true && call["type"] == "function")
                #expect(call["id"]?.asString?.hasPrefix("call_") == true)
                return (
                    call["function"]?["name"]?.asString ?? "", call["function"]?["arguments"]?.asString ?? "",
                    choice["finish_reason"]?.asString
                )
            }()
        #expect(name == "get_weather" && finish == "tool_calls")
        let value = try JSONValue(parsing: arguments)
        #expect(value.asObject?.keys == ["city", "days"])
        #expect(value["city"]?.asString != nil && (1...7).contains(value["days"]?.asInt ?? 0))
    }

    @Test(
        arguments: [
            ("auto", 1), ("none", 0), ("required", 1), (["type": "function", "function": ["name": "add"]], 1),
            (
                [
                    "type": "allowed_tools",
                    "allowed_tools": [
                        "mode": "required", "tools": [["type": "function", "function": ["name": "add"]]],
                    ],
                ], 1
            ),
        ] as [(JSONValue, Int)]
    )
    func honoursTheToolChoice(choice: JSONValue, calls: Int) throws {
        let answer = try tree(ask(chat("hi", ["tools": [Self.weather, Self.add], "tool_choice": choice])))
        let made = answer["choices"]?[0]?["message"]?["tool_calls"]?.asArray ?? []
        #expect(made.count == calls)
        if choice.asObject != nil { #expect(made[0]["function"]?["name"] == "add") }
        #expect((answer["choices"]?[0]?["message"]?["content"]?.asString != nil) == (calls == 0))
    }

    @Test(arguments: [
        ("use both in parallel", true, ["get_weather", "add"]), ("use both in parallel", false, ["get_weather"]),
        ("get_weather and add", true, ["get_weather", "add"]), ("please add 2 and 3", true, ["add"]),
    ])
    func callsTwoToolsWhereBothAreWanted(question: String, parallel: Bool, names: [String]) throws {
        let request = chat(question, ["tools": [Self.weather, Self.add], "parallel_tool_calls": .bool(parallel)])
        let calls = try tree(ask(request))["choices"]?[0]?["message"]?["tool_calls"]?.asArray ?? []
        #expect(calls.map { $0["function"]?["name"]?.asString ?? "" } == names)
        #expect(Set(calls.map { $0["id"] }).count == names.count)
        if names == ["add"] { #expect(calls[0]["function"]?["arguments"] == #"{"a":2,"b":3}"#) }
        var streaming = try #require(request.asObject)
        streaming["stream"] = true
        #expect(try Reassembled(ask(.object(streaming))).calls.map(\.name) == names)
    }

    @Test
    func quotesWhatTheToolsAnswered() throws {
        let messages: JSONValue = [
            ["role": "user", "content": "add and multiply"],
            [
                "role": "assistant", "content": nil,
                "tool_calls": [
                    ["id": "1", "type": "function", "function": ["name": "add", "arguments": "{}"]],
                    ["id": "2", "type": "function", "function": ["name": "multiply", "arguments": "{}"]],
                ],
            ],
            ["role": "tool", "tool_call_id": "2", "content": "six"],
            ["role": "tool", "tool_call_id": "1", "content": [["type": "text", "text": "five"]]],
        ]
        let answer = try tree(
            ask(["model": "demo/chat", "messages": messages, "tools": [Self.add], "tool_choice": "required"])
        )
        let content = try #require(answer["choices"]?[0]?["message"]?["content"]?.asString)
        #expect(content.contains(#"multiply answered: "six""#) && content.contains(#"add answered: "five""#))
        #expect(answer["choices"]?[0]?["finish_reason"] == "stop")
    }

    @Test
    func callsCustomToolsAndLegacyFunctions() throws {
        let custom = try tree(ask(chat("run it", ["tools": [["type": "custom", "custom": ["name": "shell"]]]])))
        let call = custom["choices"]?[0]?["message"]?["tool_calls"]?[0]
        #expect(call?["custom"] == ["name": "shell", "input": "run it"])
        let legacy = try tree(ask(chat("go", ["functions": [["name": "f", "parameters": ["type": "object"]]]])))
        #expect(legacy["choices"]?[0]?["message"]?["function_call"] == ["name": "f", "arguments": "{}"])
        #expect(legacy["choices"]?[0]?["finish_reason"] == "function_call")
    }

    @Test
    func answersInJSONWhereItIsAskedTo() throws {
        let object = try tree(ask(chat("hi", ["response_format": ["type": "json_object"]])))
        let content = try #require(object["choices"]?[0]?["message"]?["content"]?.asString)
        #expect(try JSONValue(parsing: content)["answer"]?.asString?.contains("hi") == true)
    }

    @Test
    func cutsAtStopSequencesAndLimits() throws {
        let stopped = try tree(ask(chat("one two three", ["stop": ["three", "two"]])))
        #expect(stopped["choices"]?[0]?["message"]?["content"] == "You said: \"one ")
        #expect(stopped["choices"]?[0]?["finish_reason"] == "stop")
        for key in ["max_tokens", "max_completion_tokens"] {
            let cut = try tree(ask(chat("日本日本日本", [key: 4])))
            #expect(cut["choices"]?[0]?["finish_reason"] == "length")
            #expect(cut["usage"]?["completion_tokens"] == 4)
            #expect(cut["choices"]?[0]?["message"]?["content"] == "You said: \"日")
        }
        let call = try tree(ask(chat("hi", ["tools": [Self.weather], "max_tokens": 5])))
        #expect(call["choices"]?[0]?["finish_reason"] == "length")
    }

    @Test
    func givesSeveralChoices() throws {
        let choices = try tree(ask(chat("hi", ["n": 3])))["choices"]?.asArray ?? []
        #expect(choices.map { $0["index"] } == [0, 1, 2])
        #expect(Set(choices.map { $0["message"]?["content"] }).count == 3)
    }

    @Test(arguments: [
        ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAACUAAAATCAIAAAA=", "PNG image of 37×19 pixels"),
        ("data:image/gif;base64,R0lGODlhAwAFAIAAAAAAAP", "GIF image of 3×5 pixels"),
        ("data:image/jpeg;base64,/9j/4AAQSkZJRgABAQAAAQABAAD/wAARCAAHAAkDASIAAhEBAxEB", "JPEG image of 9×7 pixels"),
        ("data:image/webp;base64,UklGRhoAAABXRUJQVlA4TA0AAAAvAkAAAAcQERGIiP4HAA==", "WebP image of 3×2 pixels"),
        (
            "data:image/webp;base64,UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoEAAUAAUAmJaQAA3AA/v89WAAA",
            "WebP image of 4×5 pixels"
        ),
        (
            "data:image/webp;base64,UklGRiQAAABXRUJQVlA4WAoAAAAAAAAAEwAACQAAAAAAAAAAAAAAAAAA",
            "WebP image of 20×10 pixels"
        ),
        ("data:image/png;base64,AAAA", "an image of 3 bytes"),
        ("https://example.com/cat.png", "an image at https://example.com/cat.png"),
    ])
    func describesImages(url: String, description: String) throws {
        let content: JSONValue = [
            ["type": "text", "text": "what?"], ["type": "image_url", "image_url": ["url": .string(url)]],
        ]
        let answer = try tree(ask(["model": "demo/chat", "messages": [["role": "user", "content": content]]]))
        let text = try #require(answer["choices"]?[0]?["message"]?["content"]?.asString)
        #expect(text.contains(description), "\(text)")
        #expect(answer["usage"]?["prompt_tokens"] == 87)
    }

    @Test
    func describesAudioAndFiles() throws {
        let content: JSONValue = [
            ["type": "input_audio", "input_audio": ["data": "AAAAAAAA", "format": "wav"]],
            ["type": "file", "file": ["filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="]],
        ]
        let answer = try tree(ask(["model": "demo/chat", "messages": [["role": "user", "content": content]]]))
        let text = try #require(answer["choices"]?[0]?["message"]?["content"]?.asString)
        #expect(text.contains("wav audio of 6 bytes") && text.contains("file 'a.pdf' of 4 bytes"))
    }

    @Test(arguments: [
        (#"{"model":"demo/chat"}"#, "messages"), (#"{"model":"demo/chat","messages":[]}"#, "messages"),
        (#"{"messages":[]}"#, "model"), (#"{"model":7,"messages":[]}"#, "model"),
        (#"{"model":"demo/chat","messages":[{"content":"a"}]}"#, "messages[0].role"),
        (#"{"model":"demo/chat","messages":[{"role":"robot","content":"a"}]}"#, "messages[0].role"),
        (#"{"model":"demo/chat","messages":[{"role":"user"}]}"#, "messages[0].content"),
        (
            #"{"model":"demo/chat","messages":[{"role":"user","content":[{"type":"image"}]}]}"#,
            "messages[0].content[0].type"
        ),
        (
            #"{"model":"demo/chat","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}"#,
            "messages[0].content[0].image_url.url"
        ),
        (
            #"{"model":"demo/chat","messages":[{"role":"tool","tool_call_id":"1","content":"a"}]}"#,
            "messages[0].tool_call_id"
        ),
        (#"{"model":"demo/chat","messages":[{"role":"user","content":"a"}],"temperature":3}"#, "temperature"),
        (#"{"model":"demo/chat","messages":[{"role":"user","content":"a"}],"n":0}"#, "n"),
        (#"{"model":"demo/chat","messages":[{"role":"user","content":"a"}],"max_tokens":"x"}"#, "max_tokens"),
        (#"{"model":"demo/chat","messages":[{"role":"user","content":"a"}],"stop":[1]}"#, "stop[0]"),
        (#"{"model":"demo/chat","messages":[{"role":"user","content":"a"}],"stream":1}"#, "stream"),
        (#"{"model":"demo/chat","messages":[{"role":"user","content":"a"}],"stream_options":{}}"#, "stream_options"),
        (#"{"model":"demo/chat","messages":[{"role":"user","content":"a"}],"tool_choice":"required"}"#, "tool_choice"),
        (
            #"{"model":"demo/chat","messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{"name":"a b"}}]}"#,
            "tools[0].function.name"
        ),
        (
            #"{"model":"demo/chat","messages":[{"role":"user","content":"a"}],"response_format":{"type":"json_schema","json_schema":{}}}"#,
            "response_format.json_schema.name"
        ),
    ])
    func badInputNamesTheField(body: String, param: String) throws {
        let reply = DemoProvider.reply(path: "/v1/chat/completions", body: Array(body.utf8))
        let error = try #require(try tree(reply)["error"])
        #expect(reply.status == 400)
        #expect(error["param"]?.asString == param)
        #expect(error["type"] == "invalid_request_error" && error["message"]?.asString?.isEmpty == false)
    }

    @Test
    func callsMustBeAnswered() throws {
        let messages: JSONValue = [
            [
                "role": "assistant",
                "tool_calls": [["id": "1", "type": "function", "function": ["name": "f", "arguments": "{}"]]],
            ],
            ["role": "user", "content": "a"],
        ]
        let reply = ask(["model": "demo/chat", "messages": messages])
        #expect(reply.status == 400)
        #expect(try tree(reply)["error"]?["message"]?.asString?.contains("tool call '1'") == true)
    }

    @Test(arguments: ["", "x", "[]", "{", "null"])
    func refusesWhatIsNoJSONObject(body: String) {
        #expect(DemoProvider.reply(path: "/v1/chat/completions", body: Array(body.utf8)).status == 400)
    }

    /// What the demo sends is what the gateway's own readers take for whole.
    @Test(arguments: [false, true])
    func theGatewayReadsTheDemo(usage: Bool) throws {
        let reply = ask(chat("hi", ["stream": true, "stream_options": ["include_usage": .bool(usage)]]))
        var reader = ChatStreamReader(quirks: .openAI, hidesUsage: false)
        var decoder = SSEDecoder(limit: 1 << 20)
        try reply.body.withUnsafeBytes { bytes in
            try decoder.receive(bytes) { event in
                _ = event.data.withUnsafeBytes { reader.receive(name: nil, data: $0) }
            }
        }
        #expect(reader.ended() == nil && reader.finishReason == "stop")
        #expect((reader.usage != nil) == usage)
    }
}
