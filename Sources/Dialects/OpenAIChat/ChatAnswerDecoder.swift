package import Core
internal import JSON

/// Reads a whole answer of a server that speaks OpenAI's Chat dialect, with the liberties that compatible servers take.
///
/// Source: the chat completion object, https://platform.openai.com/docs/api-reference/chat/object.
package enum ChatAnswerDecoder {
    /// The answer in `body`, which came with status 200.
    ///
    /// - Throws: the error a server put into a 200, classified like an error answer; an upstream error where the body is
    ///   not JSON or holds no choice.
    package static func decode(
        _ body: UnsafeRawBufferPointer,
        from source: ReplySource
    ) throws(GatewayError) -> CanonicalAnswer {
        do {
            return try Self.read(body, from: source)
        } catch let error as GatewayError {
            throw error
        } catch {
            // Google's OpenAI-compatible endpoints wrap an error into a list.
            if body.first == UInt8(ascii: "[") { throw UpstreamErrors.inBand(body) }
            throw Self.broken("The provider's answer is not a whole JSON object.")
        }
    }

    private static func broken(_ message: String) -> GatewayError {
        GatewayError(.upstreamError, origin: .upstream, retry: .sameTarget, message, upstreamStatus: 200)
    }

    private static func read(
        _ body: UnsafeRawBufferPointer,
        from source: ReplySource
    ) throws -> CanonicalAnswer {
        var answer = CanonicalAnswer(choices: [])
        var choices: JSONMember?
        var sources: [Opaque] = []
        var members = JSONMembers(at: 0)
        while let member = try members.next(in: body) {
            if member.keyIs("error", in: body) {
                if ChatInBand.isError(member) { throw UpstreamErrors.inBand(body) }
            } else if member.keyIs("choices", in: body) {
                choices = member
            } else if member.keyIs("usage", in: body) {
                guard member.kind == .object else { continue }
                if let usage = try ChatUsage.read(member.value, in: body, quirks: source.quirks) {
                    answer.usage = usage
                }
            } else if member.keyIs("search_results", in: body) || member.keyIs("citations", in: body) {
                guard member.kind == .array, sources.isEmpty else { continue }
                sources = ChatSearchSources.citations(try ChatInBand.value(member.value, in: body))
            } else if member.kind == .string, member.value.count > 2 {
                if member.keyIs("id", in: body) {
                    answer.id = try JSONScan.string(member.value, in: body)
                } else if member.keyIs("model", in: body) {
                    answer.model = try JSONScan.string(member.value, in: body)
                } else if member.keyIs("service_tier", in: body) {
                    answer.serviceTier = try JSONScan.string(member.value, in: body)
                }
            }
        }
        guard let choices, choices.kind == .array else { throw UpstreamErrors.inBand(body) }
        var elements = JSONElements(at: choices.value.lowerBound)
        while let element = try elements.next(in: body) {
            guard element.kind == .object else { continue }
            let choice = try Self.choice(element.value, in: body, from: source, &answer.usage)
            answer.choices.append(choice)
        }
        guard !answer.choices.isEmpty else { throw Self.broken("The provider's answer holds no choice.") }
        if !sources.isEmpty, let text = answer.choices[0].parts.lastIndex(where: { $0.text != nil }) {
            answer.choices[0].parts[text].citations.append(contentsOf: sources)
        }
        return answer
    }

    private static func choice(
        _ place: Range<Int>,
        in body: UnsafeRawBufferPointer,
        from source: ReplySource,
        _ usage: inout Usage?
    ) throws -> CanonicalAnswer.Choice {
        var index = 0
        var word: String?
        var message: JSONValue?
        var logprobs: JSONValue?
        var members = JSONMembers(at: place.lowerBound)
        while let member = try members.next(in: body) {
            switch member.kind {
            case .object:
                if member.keyIs("message", in: body) || member.keyIs("delta", in: body) && message == nil {
                    message = try ChatInBand.value(member.value, in: body)
                } else if member.keyIs("logprobs", in: body) {
                    logprobs = try ChatInBand.value(member.value, in: body)
                } else if member.keyIs("usage", in: body), usage == nil {
                    usage = try ChatUsage.read(member.value, in: body, quirks: source.quirks)
                }
            case .number:
                if member.keyIs("index", in: body) { index = JSONScan.integer(member.value, in: body) ?? 0 }
            case .string:
                if member.keyIs("finish_reason", in: body) { word = try JSONScan.string(member.value, in: body) }
            default: break
            }
        }
        let parts = message.map { ChatAnswerMessage.parts($0, choice: index, from: source) } ?? []
        var callsTools = false
        var refusal: String?
        for part in parts {
            switch part.content {
            case .toolCall: callsTools = true
            case .refusal(let text): refusal = text
            default: break
            }
        }
        var stop = try ChatFinishWord.reason(word).derived(callsTools: callsTools)
        if stop == .stop, let refusal { stop = .refusal(refusal) }
        var choice = CanonicalAnswer.Choice(index: index, parts: parts, stop: stop)
        choice.logprobs = logprobs
        return choice
    }
}

/// What whole answers and streams are told apart from errors by.
enum ChatInBand {
    /// Whether a member named `error` says that there is one.
    static func isError(_ member: JSONMember) -> Bool {
        switch member.kind {
        case .null, .false: false
        // An empty string is how some servers say that there is no error.
        case .string: member.value.count > 2
        default: true
        }
    }

    /// The tree at a place in the text.
    static func value(_ place: Range<Int>, in bytes: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> JSONValue {
        try JSONValue(parsing: UnsafeRawBufferPointer(rebasing: bytes[place]))
    }
}

/// The pages Perplexity lists beside its answers, as citations of this dialect.
enum ChatSearchSources {
    /// The citations for `search_results` (objects with `url` and `title`) or `citations` (URLs).
    static func citations(_ list: JSONValue) -> [Opaque] {
        (list.asArray ?? []).prefix(256).compactMap { entry in
            guard let url = entry.asString ?? entry["url"]?.asString else { return nil }
            let citation: JSONValue = ["url": .string(url), "title": .string(entry["title"]?.asString ?? "")]
            return Opaque(.openAIChat, ["type": "url_citation", "url_citation": citation])
        }
    }
}

/// Reads a `message` of an answer.
enum ChatAnswerMessage {
    /// The parts of `message` in the order a model makes them: reasoning, text, refusal, media, calls.
    static func parts(_ message: JSONValue, choice: Int, from source: ReplySource) -> [Part] {
        var parts: [Part] = []
        Self.readContent(message["content"], into: &parts)
        if let refusal = message["refusal"]?.asString, !refusal.isEmpty { parts.append(Part(.refusal(refusal))) }
        for image in message["images"]?.asArray ?? [] {
            if let media = Self.image(image) { parts.append(Part(.image(media))) }
        }
        if let audio = message["audio"] { Self.readAudio(audio, into: &parts) }
        if let annotations = message["annotations"]?.asArray, !annotations.isEmpty,
            let text = parts.lastIndex(where: { $0.text != nil })
        {
            parts[text].citations = annotations.map { Opaque(.openAIChat, $0) }
        }
        let firstCall = parts.count
        Self.readCalls(message, choice: choice, from: source, into: &parts)
        return Self.withReasoning(parts, firstCall: firstCall, message, from: source)
    }

    private static func withReasoning(
        _ parts: [Part],
        firstCall: Int,
        _ message: JSONValue,
        from source: ReplySource
    ) -> [Part] {
        let said = [message["reasoning_content"], message["reasoning"]].lazy
            .compactMap { $0?.asString }.first { !$0.isEmpty }
        var details = ChatReasoningDetails(native: source.family)
        for entry in message["reasoning_details"]?.asArray ?? [] {
            if case .object(let object) = entry { details.read(object) }
        }
        details.fill(with: said)
        if details.hasText || said == nil {
            return details.isEmpty ? parts : details.arranged(among: parts, firstCall: firstCall)
        }
        let thinking = said.map { [Part(.thinking($0))] } ?? []
        return thinking + (details.isEmpty ? parts : details.arranged(among: parts, firstCall: firstCall))
    }

    /// Text, or a list of parts: Mistral puts reasoning among them.
    private static func readContent(_ content: JSONValue?, into parts: inout [Part]) {
        switch content {
        case .string(let text):
            if !text.isEmpty { parts.append(.text(text)) }
        case .array(let list):
            for element in list {
                if let text = element["text"]?.asString {
                    if !text.isEmpty { parts.append(.text(text)) }
                } else if let thinking = element["thinking"] {
                    parts.append(Part(.thinking(Self.thought(thinking))))
                } else if let media = Self.image(element) {
                    parts.append(Part(.image(media)))
                }
            }
        default: break
        }
    }

    /// The text of Mistral's reasoning: a string, or a list of texts.
    static func thought(_ value: JSONValue) -> String {
        if let text = value.asString { return text }
        return (value.asArray ?? []).compactMap { $0["text"]?.asString }.joined()
    }

    /// The image of an `image_url` part; nil where it is none, or is not readable.
    static func image(_ value: JSONValue) -> Media? {
        guard let url = value["image_url"]?["url"]?.asString ?? value["image_url"]?.asString, !url.isEmpty else {
            return nil
        }
        if let media = try? ChatContentDecoder.data(url, "") { return media }
        return url.hasPrefix("http") ? Media(.url(url), type: "") : nil
    }

    private static func readAudio(_ audio: JSONValue, into parts: inout [Part]) {
        if let transcript = audio["transcript"]?.asString, !transcript.isEmpty, parts.isEmpty {
            parts.append(.text(transcript))
        }
        if let data = audio["data"]?.asString, !data.isEmpty {
            parts.append(Part(.audio(Media(.base64(data), type: ""))))
        }
    }

    private static func readCalls(
        _ message: JSONValue,
        choice: Int,
        from source: ReplySource,
        into parts: inout [Part]
    ) {
        var seen: Set<String> = []
        var position = 0
        func id(_ given: String?) -> String {
            defer { position += 1 }
            if let given, !given.isEmpty, seen.insert(given).inserted { return given }
            return CallID.made(seed: "\(source.seed)/\(choice)", position: position)
        }
        for element in message["tool_calls"]?.asArray ?? [] {
            let isCustom = element["custom"]?.asObject != nil
            let function = element[isCustom ? "custom" : "function"]
            guard let name = function?["name"]?.asString, !name.isEmpty else { continue }
            let arguments = Self.arguments(function?[isCustom ? "input" : "arguments"])
            let kind: ToolCall.Kind = isCustom ? .custom : .function
            let call = ToolCall(id: id(element["id"]?.asString), name: name, arguments: arguments, kind: kind)
            parts.append(Part(.toolCall(call), signature: Self.signature(element)))
        }
        if let function = message["function_call"], let name = function["name"]?.asString, !name.isEmpty {
            let call = ToolCall(id: id(nil), name: name, arguments: Self.arguments(function["arguments"]))
            parts.append(Part(.toolCall(call)))
        }
    }

    /// The signature Google's endpoints of this dialect put beside a call.
    static func signature(_ call: JSONValue) -> Signature? {
        guard let text = call["extra_content"]?["google"]?["thought_signature"]?.asString, !text.isEmpty else {
            return nil
        }
        return Signature(text, family: .gemini)
    }

    /// The text of arguments; some servers send the object itself.
    static func arguments(_ value: JSONValue?) -> String {
        switch value {
        case .string(let text): text
        case .object, .array: value?.text ?? ""
        default: ""
        }
    }
}
