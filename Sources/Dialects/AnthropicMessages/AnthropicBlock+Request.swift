internal import Core
internal import JSON

extension AnthropicBlock {
    /// The parts of a list of blocks that a client sent.
    ///
    /// - Parameter field: where the list stands, for errors.
    static func requestParts(_ value: JSONValue, at field: String) throws(GatewayError) -> [Part] {
        let blocks = try AnthropicRequestReader.list(field, value)
        var parts: [Part] = []
        parts.reserveCapacity(blocks.count)
        for (at, block) in blocks.enumerated() { try Self.append(block, at: "\(field).\(at)", to: &parts) }
        return parts
    }

    static func cache(_ value: JSONValue?) -> CacheHint? {
        guard case .object(let object)? = value else { return nil }
        return CacheHint(ttl: object["ttl"]?.asString)
    }

    private static func append(_ block: JSONValue, at field: String, to parts: inout [Part]) throws(GatewayError) {
        let object = try AnthropicRequestReader.object(field, block)
        let cache = Self.cache(object["cache_control"])
        var part: Part
        switch try AnthropicRequestReader.text("\(field).type", object["type"]) {
        case "text":
            part = Part(.text(try AnthropicRequestReader.text("\(field).text", object["text"])))
            part.citations = Self.citations(object["citations"])
        case "image":
            part = Part(.image(try Self.media(object["source"], at: "\(field).source")))
        case "document":
            try Self.appendDocument(object, cache, at: field, to: &parts)
            return
        case "search_result":
            part = Part(.document(try Self.searchResult(object, at: field)))
        case "thinking":
            part = Part(.thinking(try AnthropicRequestReader.text("\(field).thinking", object["thinking"])))
            part.signature = Self.signature(object["signature"])
        case "redacted_thinking":
            part = Part(.redactedThinking)
            part.signature = Self.signature(object["data"])
        case "tool_use":
            let input = try AnthropicRequestReader.object("\(field).input", object["input"])
            let call = ToolCall(
                id: try AnthropicRequestReader.text("\(field).id", object["id"]),
                name: try AnthropicRequestReader.text("\(field).name", object["name"]),
                arguments: JSONValue.object(input).text
            )
            part = Part(.toolCall(call))
            Self.takeSignature(of: &parts, for: &part)
        case "tool_result":
            let id = try AnthropicRequestReader.text("\(field).tool_use_id", object["tool_use_id"])
            let content = try Self.resultParts(object["content"], at: "\(field).content")
            let isError = object["is_error"]?.asBool ?? false
            part = Part(.toolResult(ToolResult(callID: id, parts: content, isError: isError)))
        default:
            part = Part(.opaque(Opaque(.anthropicMessages, block)))
        }
        part.cache = cache
        parts.append(part)
    }

    private static func signature(_ value: JSONValue?) -> Signature? {
        guard let text = value?.asString, !text.isEmpty else { return nil }
        return Signature(carried: text, native: .anthropic)
    }

    /// Gives a call the signature that our own answers put into an empty thought in front of it.
    private static func takeSignature(of parts: inout [Part], for call: inout Part) {
        guard let last = parts.last, case .thinking("") = last.content, let signature = last.signature,
            signature.family != .anthropic
        else { return }
        call.signature = signature
        parts.removeLast()
    }

    private static func resultParts(_ value: JSONValue?, at field: String) throws(GatewayError) -> [Part] {
        switch value {
        case nil, .null?: []
        case .string(let text)?: text.isEmpty ? [] : [.text(text)]
        case .some(let blocks): try Self.requestParts(blocks, at: field)
        }
    }

    private static func media(_ value: JSONValue?, at field: String) throws(GatewayError) -> Media {
        let source = try AnthropicRequestReader.object(field, value)
        switch source["type"]?.asString {
        case "base64":
            let type = try AnthropicRequestReader.text("\(field).media_type", source["media_type"])
            guard Media.isType(type) else {
                throw AnthropicRequestReader.wrong("\(field).media_type", "Input should be a media type")
            }
            return Media(.base64(try AnthropicRequestReader.text("\(field).data", source["data"])), type: type)
        case "url":
            let url = try AnthropicRequestReader.text("\(field).url", source["url"])
            guard url.hasPrefix("https://") || url.hasPrefix("http://") else {
                throw AnthropicRequestReader.wrong("\(field).url", "Input should be an http or https URL")
            }
            return Media(.url(url), type: "")
        case "file":
            return Media(.file(try AnthropicRequestReader.text("\(field).file_id", source["file_id"])), type: "")
        default:
            throw AnthropicRequestReader.wrong("\(field).type", "Input should be 'base64', 'url' or 'file'")
        }
    }

    private static func appendDocument(
        _ object: JSONObject,
        _ cache: CacheHint?,
        at field: String,
        to parts: inout [Part]
    ) throws(GatewayError) {
        let source = try AnthropicRequestReader.object("\(field).source", object["source"])
        let body: Document.Body
        switch source["type"]?.asString {
        case "text":
            body = .text(try AnthropicRequestReader.text("\(field).source.data", source["data"]))
        case "content":
            let content = try Self.resultParts(source["content"], at: "\(field).source.content")
            let texts = content.compactMap(\.text)
            guard texts.count == content.count else {
                // A document with images in it has no like: its blocks stand for themselves.
                if let title = object["title"]?.asString, !title.isEmpty { parts.append(.text(title)) }
                parts.append(contentsOf: content)
                if !parts.isEmpty { parts[parts.count - 1].cache = cache }
                return
            }
            body = .text(texts.joined(separator: "\n"))
        default:
            var media = try Self.media(.object(source), at: "\(field).source")
            if case .url = media.source { media.type = "application/pdf" }
            body = .media(media)
        }
        var document = Document(body, name: object["title"]?.asString)
        document.context = object["context"]?.asString
        document.citations = object["citations"]?["enabled"]?.asBool
        parts.append(Part(.document(document), cache: cache))
    }

    /// A search result as a document: the source stands as what is said about it.
    private static func searchResult(_ object: JSONObject, at field: String) throws(GatewayError) -> Document {
        let content = try Self.requestParts(object["content"] ?? .null, at: "\(field).content")
        var document = Document(
            .text(content.compactMap(\.text).joined(separator: "\n")),
            name: object["title"]?.asString
        )
        document.context = object["source"]?.asString
        document.citations = object["citations"]?["enabled"]?.asBool
        return document
    }
}
