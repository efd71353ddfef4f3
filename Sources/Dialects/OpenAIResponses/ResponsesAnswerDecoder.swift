package import Core
internal import JSON

/// Reads a whole answer of a server that speaks OpenAI's Responses dialect.
///
/// Source: https://platform.openai.com/docs/api-reference/responses/object
package enum ResponsesAnswerDecoder {
    /// The answer in `body`, which came with status 200.
    ///
    /// - Throws: the error of a response that failed, classified like an error answer; an upstream error where the body is not
    ///   JSON or no response.
    package static func decode(
        _ body: UnsafeRawBufferPointer,
        from source: ReplySource
    ) throws(GatewayError) -> CanonicalAnswer {
        let response: JSONValue
        do {
            response = try JSONValue(parsing: body)
        } catch {
            throw Self.broken("The provider's answer is not a whole JSON object.")
        }
        if let error = ResponsesFailure.error(in: response) { throw error }
        guard let output = response["output"]?.asArray else { throw UpstreamErrors.inBand(body) }
        var reader = ResponsesOutputReader(source)
        for (index, item) in output.enumerated() { reader.read(item, at: index) }
        var choice = CanonicalAnswer.Choice(
            parts: reader.parts,
            stop: ResponsesStop.reason(of: response, callsTools: reader.callsTools, refusal: reader.refusal)
        )
        if !reader.logprobs.isEmpty { choice.logprobs = ["content": .array(reader.logprobs)] }
        var answer = CanonicalAnswer(choices: [choice], usage: ResponsesUsage.read(response["usage"]))
        answer.id = response["id"]?.asString
        answer.model = response["model"]?.asString
        answer.serviceTier = response["service_tier"]?.asString
        answer.usage?.searches = reader.searches
        return answer
    }

    private static func broken(_ message: String) -> GatewayError {
        GatewayError(.upstreamError, origin: .upstream, retry: .sameTarget, message, upstreamStatus: 200)
    }
}

/// What a response that came with a success says of its failure.
enum ResponsesFailure {
    /// The error of `response`; nil where it did not fail.
    static func error(in response: JSONValue) -> GatewayError? {
        if let error = response["error"], !error.isNull, error != .string("") { return Self.error(of: error) }
        switch response["status"]?.asString {
        case "failed", "cancelled", "queued", "in_progress":
            return GatewayError(
                .upstreamError,
                origin: .upstream,
                retry: .sameTarget,
                "The provider did not finish its response and did not say why.",
                upstreamStatus: 200
            )
        default: return nil
        }
    }

    /// The error that `value` tells of: an object with a code and a message, or a text.
    static func error(of value: JSONValue) -> GatewayError {
        JSONValue.object(["error": value]).bytes.withUnsafeBytes { UpstreamErrors.inBand($0) }
    }
}

/// Why a response ended.
enum ResponsesStop {
    static func reason(of response: JSONValue, callsTools: Bool, refusal: String?) -> StopReason {
        if response["status"]?.asString == "incomplete" {
            switch response["incomplete_details"]?["reason"]?.asString {
            case "max_output_tokens", "max_tokens", nil: return .length
            case "content_filter": return .contentFilter
            case .some(let word): return StopReason.other(word).derived(callsTools: callsTools)
            }
        }
        let reason = StopReason.stop.derived(callsTools: callsTools)
        if let refusal, reason == .stop { return .refusal(refusal) }
        return reason
    }
}

/// Reads the items of a response.
struct ResponsesOutputReader {
    private let source: ReplySource
    private(set) var parts: [Part] = []
    private(set) var logprobs: [JSONValue] = []
    private(set) var callsTools = false
    private(set) var refusal: String?
    private(set) var searches = 0
    private var ids: Set<String> = []

    init(_ source: ReplySource) { self.source = source }

    /// Reads the item at `index`.
    mutating func read(_ item: JSONValue, at index: Int) {
        switch item["type"]?.asString {
        case "message":
            for content in item["content"]?.asArray ?? [] { self.readContent(content) }
        case "reasoning":
            let text = ResponsesReasoning.text(of: item)
            let signature = ResponsesReasoning.signature(of: item, self.source)
            if !text.isEmpty || signature != nil { self.parts.append(Part(.thinking(text), signature: signature)) }
        case "function_call", "custom_tool_call":
            guard let call = ResponsesCall.call(in: item, at: index, self.source, &self.ids) else { return }
            self.callsTools = true
            self.parts.append(Part(.toolCall(call)))
        case "image_generation_call":
            guard let image = ResponsesImage.part(of: item) else { return }
            self.parts.append(image)
        case nil: return
        default:
            if ResponsesSearch.isSearch(item) { self.searches += 1 }
            self.parts.append(Part(.opaque(Opaque(.openAIResponses, item))))
        }
    }

    private mutating func readContent(_ content: JSONValue) {
        switch content["type"]?.asString {
        case "refusal":
            guard let text = content["refusal"]?.asString else { return }
            self.refusal = (self.refusal ?? "") + text
            self.parts.append(Part(.refusal(text)))
        case "output_text", "text":
            guard let text = content["text"]?.asString, !text.isEmpty else { return }
            var part = Part.text(text)
            part.citations = (content["annotations"]?.asArray ?? []).map { Opaque(.openAIResponses, $0) }
            self.parts.append(part)
            self.logprobs += content["logprobs"]?.asArray ?? []
        default: return
        }
    }
}

/// A reasoning item.
enum ResponsesReasoning {
    /// What open models think, or the summary of what OpenAI's do.
    static func text(of item: JSONValue) -> String {
        for key in ["content", "summary"] {
            let texts = (item[key]?.asArray ?? []).compactMap { $0["text"]?.asString }.filter { !$0.isEmpty }
            if !texts.isEmpty { return texts.joined(separator: "\n\n") }
        }
        return ""
    }

    /// The encrypted content with the item's id.
    static func signature(of item: JSONValue, _ source: ReplySource) -> Signature? {
        guard let blob = item["encrypted_content"]?.asString, !blob.isEmpty else { return nil }
        return Signature(ResponsesSignature(id: item["id"]?.asString, blob: blob).value, family: source.family)
    }
}

/// A call of a tool the client runs.
enum ResponsesCall {
    /// The call in `item`; nil where it has no name.
    static func call(
        in item: JSONValue,
        at index: Int,
        _ source: ReplySource,
        _ seen: inout Set<String>
    ) -> ToolCall? {
        guard let name = item["name"]?.asString, !name.isEmpty else { return nil }
        let isCustom = item["type"]?.asString == "custom_tool_call"
        return ToolCall(
            id: Self.id(item["call_id"]?.asString, at: index, source, &seen),
            name: name,
            arguments: item[isCustom ? "input" : "arguments"]?.asString ?? "",
            kind: isCustom ? .custom : .function
        )
    }

    /// The id of the call, or one of ours where it has none of its own.
    static func id(_ given: String?, at index: Int, _ source: ReplySource, _ seen: inout Set<String>) -> String {
        if let given, !given.isEmpty, seen.insert(given).inserted { return given }
        return CallID.made(seed: source.seed, position: index)
    }
}

/// An image the provider's own tool has made.
enum ResponsesImage {
    /// The image in `item`; nil where there is none.
    static func part(of item: JSONValue) -> Part? {
        guard let data = item["result"]?.asString, !data.isEmpty else { return nil }
        return Part(.image(Media(.base64(data), type: "image/\(item["output_format"]?.asString ?? "png")")))
    }
}

/// A search the provider's own tool has made.
enum ResponsesSearch {
    /// Whether `item` is a search, and not the opening of a page.
    static func isSearch(_ item: JSONValue) -> Bool {
        guard item["type"]?.asString == "web_search_call" else { return false }
        return item["action"]?["type"]?.asString ?? "search" == "search"
    }
}
